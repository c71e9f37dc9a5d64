//! `gerai move`: from a data folder to PostgreSQL.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::bail;
use gateway::{
    clock::Stopwatch,
    vault::{Vault, random},
    verify::{Report, verify_with},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use storage::{
    Copied, Move, Place, Progress,
    postgres::{Deadlines, PostgresPlace},
};

use super::output::{self, counted, printable};
use crate::{bootstrap, config::Config};

/// The exit code where something is wrong with the rows.
const SOMETHING_IS_WRONG: u8 = 2;
/// Rounds beside an open shop: more would only come closer to what the last one has to copy.
const OPEN_ROUNDS_MAX: usize = 3;
/// A round that wrote less than this part of all rows was the last beside an open shop.
const SMALL_PART: u64 = 50;
const THREADS_MAX: usize = 16;

/// From where to where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Copies nearly everything while the shop goes on, then asks you to stop it, and copies what has changed
since: only for that last step, and for checking all of it, the shop is closed. Stopped or killed, it goes
on where it was when it is started again. The database has to be empty. At the end every row was compared,
`gerai verify` has found nothing wrong there, and the data folder says where its rows are now; keys and
retailers' files stay in it. Needs the master key. Examples:
  gerai move --from sqlite:./gerai-data --to postgres://gerai@db.example/gerai
  gerai move --from sqlite:/var/lib/gerai --to postgres://gerai@db.example/gerai \\
      --config /etc/gerai/gerai.toml --no-wait")]
pub(crate) struct Args {
    /// The data folder, as sqlite:DIR
    #[arg(long, value_name = "sqlite:DIR", value_parser = folder)]
    from: PathBuf,
    /// The database, as `storage.url` in the configuration
    #[arg(long, value_name = "postgres://URL", value_parser = url)]
    to: String,
    /// The shop's configuration: where its master key is, and what it says under [storage]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// While the shop is open, copy what there is and end; run it again when the shop is stopped
    #[arg(long)]
    no_wait: bool,
    /// Print JSON, for machines
    #[arg(long)]
    json: bool,
}

fn folder(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:") {
        Some(folder) if !folder.is_empty() => Ok(PathBuf::from(folder)),
        Some(_) | None => Err("rows are moved from a data folder, sqlite:DIR".to_owned()),
    }
}

/// What is wrong with the URL itself is told later, without the password that may be in it.
fn url(text: &str) -> Result<String, String> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        Ok(text.to_owned())
    } else {
        Err("rows are moved to PostgreSQL, postgres://user@server/database".to_owned())
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(args.config.as_deref())?.with_rows_at("--to", &args.to)?;
    config.data.clone_from(&args.from);
    let to = match config.place() {
        Place::Postgres(place) => patient(place),
        Place::Folder(_) | Place::Memory(_) => bail!("rows are moved to PostgreSQL"),
    };
    let shop = Shop {
        vault: bootstrap::vault_for_reading(&Place::Folder(args.from.clone()), &config)?,
        folder: &args.from,
        to: to.shown(),
        storage: said(&args.to, &to),
        json: args.json,
    };
    let mut moving = Move::begin(&args.from, &to, random()?)?;
    let found = moving.copied();
    if found > 0 {
        shop.say(&format!("{} are there already; going on\n", counted(found, "row")));
    }
    if moving.is_open() && !shop.while_open(&mut moving, args.no_wait)? {
        return Ok(ExitCode::SUCCESS);
    }
    shop.last_step(moving)
}

/// Whoever moves has time, unlike whoever serves.
fn patient(place: PostgresPlace) -> PostgresPlace {
    place.with_deadlines(Deadlines {
        statement: Duration::ZERO,
        idle_in_transaction: Duration::ZERO,
        ..Deadlines::default()
    })
}

/// The URL as it was given, unless a password is in it.
fn said(url: &str, place: &PostgresPlace) -> String {
    let has_password = PostgresPlace::new(url).is_ok_and(|place| place.has_password());
    if has_password { place.shown() } else { url.to_owned() }
}

/// What is moved, and for whom.
struct Shop<'a> {
    vault: Vault,
    folder: &'a Path,
    to: String,
    /// What the configuration is to say.
    storage: String,
    json: bool,
}

impl Shop<'_> {
    /// What people are told on the way.
    fn say(&self, text: &str) {
        if !self.json {
            output::say(text);
        }
    }

    /// Copies what can be copied beside those who pay; whether it goes on.
    fn while_open(&self, moving: &mut Move, no_wait: bool) -> anyhow::Result<bool> {
        self.say("the shop is open: copying beside it\n");
        for _ in 0..OPEN_ROUNDS_MAX {
            let copied = self.round(moving)?;
            if copied.written <= copied.kept / SMALL_PART {
                break;
            }
        }
        if no_wait {
            let rows = counted(moving.copied(), "row");
            if self.json {
                output::json(&json!({ "moved": false, "rows": moving.copied() }))?;
            }
            self.say(&format!(
                "{rows} are in {} so far. Now stop the shop, and give this command again: it copies what \
                 has changed since\n",
                self.to
            ));
            return Ok(false);
        }
        self.say("now stop the shop: waiting for that, to copy what has changed since\n");
        moving.hold()?;
        Ok(true)
    }

    fn round(&self, moving: &mut Move) -> anyhow::Result<Copied> {
        let bar = Bar::new("copying")?;
        let stopwatch = Stopwatch::start();
        let copied = moving.copy(&mut |progress| bar.show(progress))?;
        bar.clear();
        let seconds = stopwatch.elapsed().as_secs_f64();
        let written = counted(copied.written, "row");
        self.say(&format!("copied {written} in {seconds:.1} s; {} were there\n", copied.kept));
        Ok(copied)
    }

    /// With the shop closed: the rest, the check, and the end.
    fn last_step(&self, mut moving: Move) -> anyhow::Result<ExitCode> {
        let stopwatch = Stopwatch::start();
        self.round(&mut moving)?;
        let bar = Bar::new("comparing")?;
        let counts = moving.check(&mut |progress| bar.show(progress))?;
        bar.clear();
        let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
        let compared = format!("{} of {} tables", counted(rows, "row"), moving.tables());
        self.say(&format!("compared {compared}\n"));
        let report = self.verify(&moving)?;
        if !report.is_clean() {
            return self.wrong(&report);
        }
        moving.finish()?;
        let took = stopwatch.elapsed();
        if self.json {
            output::json(&json!({
                "moved": true,
                "to": self.to,
                "rows": rows,
                "tables": counts.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
                "payments": report.payments,
                "events": report.events,
                "entries": report.entries,
                "last_step_ms": u64::try_from(took.as_millis())?,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let (folder, to) = (self.folder.display(), &self.to);
        self.say(&format!(
            "\nEverything is in {to}: {compared}, and nothing is wrong with {}, {} and {}. The last step \
             took {:.1} s.\n\
             {folder} holds the master key and retailers' files as before; its gerai.db is old from now \
             on and is not opened any more.\n\n\
             What to do next: write in the configuration\n\n  data = \"{folder}\"\n  storage = \"{}\"\n\n\
             with the password in `storage.password_file` or GERAI_STORAGE_PASSWORD, start the shop, and \
             have the database backed up. gerai.db can go to the old backups.\n",
            counted(report.payments, "payment"),
            counted(report.events, "event"),
            counted(report.entries, "posting"),
            took.as_secs_f64(),
            self.storage,
        ));
        Ok(ExitCode::SUCCESS)
    }

    /// What `gerai verify` finds in the target.
    fn verify(&self, moving: &Move) -> anyhow::Result<Report> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let mut readers = (0..threads).map(|_| moving.reader()).collect::<Result<Vec<_>, _>>()?;
        let bar = Bar::new("verifying")?;
        let all = moving.copied();
        let mut report = verify_with(&mut readers, &self.vault, &mut |done| {
            bar.show(Progress { table: "", done, all });
        })?;
        bar.clear();
        if let Some(reader) = readers.first() {
            super::files::verify(reader, self.folder, &mut report)?;
        }
        Ok(report)
    }

    fn wrong(&self, report: &Report) -> anyhow::Result<ExitCode> {
        if self.json {
            let findings: Vec<_> = report
                .findings
                .iter()
                .map(|finding| json!({ "place": finding.place, "what": finding.what }))
                .collect();
            output::json(&json!({ "moved": false, "findings": findings }))?;
        }
        for finding in &report.findings {
            self.say(&format!("{}: {}\n", printable(&finding.place), printable(&finding.what)));
        }
        self.say(&format!(
            "{} wrong with the rows, which are the same in both places: see what `gerai verify` says of {}. \
             It was not closed, and the shop can be started from it as before; this command goes on when \
             it is given again\n",
            counted(report.findings_count, "thing"),
            self.folder.display()
        ));
        Ok(ExitCode::from(SOMETHING_IS_WRONG))
    }
}

/// Drawn on stderr, and only where that is a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(what: &'static str) -> anyhow::Result<Self> {
        let bar = ProgressBar::new(0);
        let style =
            "{prefix} {bar:30} {percent:>3} % of {human_len} rows, {per_sec}, {eta} left {msg}";
        bar.set_style(ProgressStyle::with_template(style)?);
        bar.set_prefix(what);
        Ok(Self(bar))
    }

    fn show(&self, Progress { table, done, all }: Progress<'_>) {
        self.0.set_length(all.max(done));
        self.0.set_position(done);
        if self.0.message() != table {
            self.0.set_message(table.to_owned());
        }
    }

    fn clear(self) {
        self.0.finish_and_clear();
    }
}
