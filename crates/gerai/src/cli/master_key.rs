//! `gerai master-key`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{output, place::Where};
use crate::{bootstrap::key_file::KeyFile, control::Act};

/// What can be done with the master key.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a key in a new file
    #[command(after_help = "\
Everything secret in the database is sealed under this key: without it a backup is worthless, with it
a stolen backup is an open book. Keep a copy apart from the backups. Example:
  gerai master-key new /etc/gerai/master.key")]
    New(New),
    /// Replace the key, while everything runs
    #[command(after_help = "\
The new key is written beside the old one first (NAME.new), then every key in the database is sealed
anew in one commit, then the file is replaced. After a crash in between, the next start finishes.
Older backups still need the old key: keep a copy of it for as long as you keep them. Example:
  gerai master-key rotate --config /etc/gerai/gerai.toml --reason 'yearly'")]
    Rotate(Rotate),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// Why; production asks for it, and for a second person (`gerai approve`)
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// The file to be made; readable by its owner only
    file: PathBuf,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::New(new) => {
            KeyFile::at(&new.file).create()?;
            output::say(&format!(
                "made {}; keep a copy apart from the backups\n",
                new.file.display()
            ));
            Ok(())
        }
        Command::Rotate(rotate) => {
            let json = rotate.place.json;
            let located = rotate.place.locate()?;
            match located.guarded(Act::RotateMasterKey, rotate.reason, json)? {
                Some(_) => done(json),
                None => Ok(()),
            }
        }
    }
}

/// Says that it was replaced.
pub(super) fn done(json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&serde_json::json!({ "master_key": "replaced" }));
    }
    output::say(
        "the master key was replaced; copy the new one, and keep the old one for older backups\n",
    );
    Ok(())
}
