//! `gerai migrate`.

use anyhow::bail;
use storage::{Migrated, Place};

use super::{output, place::Where};

/// Which database.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Starting the server does the same. This does it without one: before nodes of a new release are started,
or as another user of PostgreSQL, who may change tables. Where several do it at once, one does it and the
others wait. Example:
  gerai migrate --config /etc/gerai/gerai.toml")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let place = args.place.locate()?.place();
    let shown = match &place {
        Place::Folder(folder) if !folder.join("gerai.db").is_file() => {
            bail!("{} holds no gerai database; starting the server makes one", folder.display())
        }
        Place::Folder(folder) => folder.display().to_string(),
        Place::Memory(name) => name.clone(),
        Place::Postgres(place) => place.shown(),
    };
    let migrated = storage::migrate(&place)?;
    let steps: Vec<_> = migrated.steps().collect();
    let Migrated { from, to } = migrated;
    if args.place.json {
        return output::json(&serde_json::json!({
            "place": shown, "from": from, "to": to, "steps": steps,
        }));
    }
    output::say(&if steps.is_empty() {
        format!("{shown}: schema {to}, nothing to do\n")
    } else {
        format!("{shown}: schema {from} is now {to}\n  {}\n", steps.join("\n  "))
    });
    Ok(())
}
