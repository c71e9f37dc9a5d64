//! `gerai master-key`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{output, place::Where};
use crate::{bootstrap::key_file::KeyFile, control};

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
  gerai master-key rotate --config /etc/gerai/gerai.toml")]
    Rotate(Where),
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
        Command::Rotate(place) => {
            place.locate()?.ask(control::Ask::RotateMasterKey)?;
            if place.json {
                return output::json(&serde_json::json!({ "master_key": "replaced" }));
            }
            output::say(
                "the master key was replaced; copy the new one, and keep the old one for older \
                 backups\n",
            );
            Ok(())
        }
    }
}
