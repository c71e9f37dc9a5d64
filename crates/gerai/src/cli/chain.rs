//! `gerai chain`: the signed roots of the chain of events (rule 18).

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use clap::Subcommand;
use domain::time::Timestamp;
use gateway::roots::{ExportedRoot, PublicKey};
use serde_json::json;
use storage::sqlite::Reader;

use super::{
    output::{self, counted, people},
    place::{Located, Where},
};
use crate::bootstrap::{self, key_file::sync_folder};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// What can be done with roots.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the signed roots to a file, to be kept on another host
    #[command(after_help = "\
For each minute in which something happened the gateway signs a root: 32 bytes that say all that was
booked until then. Whoever holds the database and its keys could write its history anew, but not so
that it fits a root that is kept elsewhere. So copy roots to another host, daily or oftener, and have
`gerai verify --roots FILE` compare them. A line of the file is one root with its signature and the
public key, as JSON; it holds no personal data. The minute that is not over has no root yet. Examples:
  gerai chain export --output roots-1.jsonl --config /etc/gerai/gerai.toml
  gerai chain export --since 1441 --output roots-2.jsonl     from root 1441 on
  gerai verify --roots roots-1.jsonl                          later, or after a restore")]
    Export(Export),
    /// Print the public key that roots are signed with
    #[command(after_help = "\
An Ed25519 key, as 64 hexadecimal digits. Write it down where the exported roots are kept: a file of
roots is this installation's where this key signed it. Example:
  gerai chain key --data ./gerai-data")]
    Key(Key),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// Only roots from this number on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    since: i64,
    /// A new file
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Export(args) => export(&args),
        Command::Key(args) => {
            let located = args.place.locate()?;
            let key = key(&located, &located.reader()?)?.to_hex();
            if args.place.json {
                return output::json(&json!({ "key": key }));
            }
            output::say(&format!("{key}\n"));
            Ok(())
        }
    }
}

fn key(located: &Located, reader: &Reader) -> anyhow::Result<PublicKey> {
    let vault = bootstrap::vault_for_reading(&located.place(), &located.config)?;
    PublicKey::of(&reader.directory()?, &vault)?.ok_or_else(|| {
        anyhow!("this installation has no key for roots yet; starting the server makes it")
    })
}

fn export(args: &Export) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    let reader = located.reader()?;
    let key = key(&located, &reader)?;
    let path = &args.output;
    let file = File::create_new(path).with_context(|| format!("cannot make {}", path.display()))?;
    let written = match write(file, path, &reader, &key, args.since) {
        Ok(written) => written,
        Err(error) => {
            // Half a file would look like a whole one.
            drop(std::fs::remove_file(path));
            return Err(error);
        }
    };
    if args.place.json {
        return output::json(&json!({
            "file": path,
            "roots": written.count,
            "last": written.last.as_ref().map(|(no, _)| no),
            "key": key.to_hex(),
        }));
    }
    let to = match written.last {
        Some((no, minute)) => format!(
            ", up to root {no} of {} WIB\nthe next time: --since {}",
            people(Timestamp::from_millis(minute.saturating_mul(60_000))),
            no + 1
        ),
        None => String::new(),
    };
    let count = counted(written.count, "root");
    output::say(&format!("{}: {count}{to}\nkey {}\n", path.display(), key.to_hex()));
    Ok(())
}

struct Written {
    count: u64,
    /// The last root's number and minute.
    last: Option<(i64, i64)>,
}

/// Writes roots as lines of JSON, durably.
fn write(
    file: File,
    path: &Path,
    reader: &Reader,
    key: &PublicKey,
    since: i64,
) -> anyhow::Result<Written> {
    let cannot = || format!("cannot write {}", path.display());
    let mut out = BufWriter::new(file);
    let mut written = Written { count: 0, last: None };
    let mut after = since.saturating_sub(1);
    let mut before = reader.root(after)?.map_or([0; 32], |row| row.root);
    loop {
        let page = reader.roots_after(after, PAGE)?;
        for row in &page {
            serde_json::to_writer(&mut out, &ExportedRoot::new(row, &before, key))?;
            out.write_all(b"\n").with_context(cannot)?;
            (after, before) = (row.no, row.root);
            written.count += 1;
            written.last = Some((row.no, row.minute));
        }
        if page.len() < PAGE {
            break;
        }
    }
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error);
    file.and_then(|file| file.sync_all()).and_then(|()| sync_folder(path)).with_context(cannot)?;
    Ok(written)
}
