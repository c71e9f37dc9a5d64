//! `gerai verify`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};
use gateway::{
    clock::Stopwatch,
    roots::ExportedRoot,
    vault::Vault,
    verify::{Exported, Report, verify_with},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use storage::sqlite::Reader;

use super::{
    output::{self, counted, printable},
    place::Where,
};
use crate::bootstrap;

/// The exit code where something is wrong with the rows; errors of the command itself exit with 1.
const SOMETHING_IS_WRONG: u8 = 2;
/// More connections than that wait for the disk only.
const THREADS_MAX: usize = 16;
/// A root takes some 700 bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// Which data.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads every row beside a running server or without one, and needs the master key. Checks the chain of
events and its signed roots, that every posting balances, every payment against its history and its
postings, every sale, what waits for an operator, what persons decided, retailers' files and the copies
that are kept of them, transfers, payouts, and the books as a whole. Exits with 0 when all is well, with 2 when something is wrong, and names the rows. Whoever holds the master
key could make all of that fit; only roots that are kept on another host (`gerai chain export`) tell
then. Examples:
  gerai verify --data ./gerai-data
  gerai verify --config /etc/gerai/gerai.toml --json
  gerai verify --roots roots-1.jsonl     compares with roots that were exported, too")]
pub(crate) struct Args {
    /// A file that `gerai chain export` wrote
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// How many threads read [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=16))]
    threads: Option<u8>,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let located = args.place.locate()?;
    let threads = match args.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX),
    };
    let mut readers = (0..threads).map(|_| located.reader()).collect::<anyhow::Result<Vec<_>>>()?;
    let vault = bootstrap::vault_for_reading(&located.place(), &located.config)?;
    let reader = readers.first().ok_or_else(|| anyhow!("nobody reads"))?;
    let last = reader.sequences()?;
    // A payment's events are read with it once more.
    let rows = [last.payment, last.event, last.event, last.entry, last.sale];

    // Drawn on stderr, and only where that is a terminal.
    let bar = ProgressBar::new(u64::try_from(rows.into_iter().sum::<i64>()).unwrap_or(0));
    let style = "{bar:40} {percent:>3} % of {human_len} rows, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let stopwatch = Stopwatch::start();
    let mut report = verify_with(&mut readers, &vault, &mut |seen| bar.set_position(seen))?;
    let took = stopwatch.elapsed();
    bar.finish_and_clear();
    let files = match readers.first() {
        Some(reader) => super::files::verify(reader, &located.folder, &mut report)?,
        None => 0,
    };
    let mut compared = None;
    if let (Some(path), Some(reader)) = (&args.roots, readers.first()) {
        compared = Some(compare(path, reader, &vault, &mut report)?);
    }

    if args.place.json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| json!({ "place": finding.place, "what": finding.what }))
            .collect();
        output::json(&json!({
            "clean": report.is_clean(),
            "payments": report.payments,
            "events": report.events,
            "entries": report.entries,
            "sales": report.sales,
            "roots": report.roots,
            "files": files,
            "roots_compared": compared,
            "findings_count": report.findings_count,
            "findings": findings,
        }))?;
    } else {
        let compared = compared.map_or_else(String::new, |count| {
            format!(", compared with {}", counted(count, "exported root"))
        });
        let looked_at = format!(
            "{}, {}, {}, {}, {} and {} in {:.1} s{compared}",
            counted(report.payments, "payment"),
            counted(report.events, "event"),
            counted(report.entries, "posting"),
            counted(report.sales, "sale"),
            counted(report.roots, "root"),
            counted(files, "retailers' file"),
            took.as_secs_f64(),
        );
        let mut lines: Vec<_> = report
            .findings
            .iter()
            .map(|finding| format!("{}: {}", printable(&finding.place), printable(&finding.what)))
            .collect();
        let named = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if let Some(more @ 1..) = report.findings_count.checked_sub(named) {
            lines.push(format!("and {more} more"));
        }
        lines.push(if report.is_clean() {
            format!("all is well: {looked_at}\n")
        } else {
            format!("{} wrong among {looked_at}\n", counted(report.findings_count, "thing"))
        });
        output::say(&lines.join("\n"));
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(SOMETHING_IS_WRONG) })
}

/// Compares with the roots in a file; how many there were.
fn compare(
    path: &Path,
    reader: &Reader,
    vault: &Vault,
    report: &mut Report,
) -> anyhow::Result<u64> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(cannot)?);
    let mut exported = Exported::new(reader, vault)?;
    let mut line = Vec::new();
    for no in 1_u64.. {
        line.clear();
        let length =
            file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).with_context(cannot)?;
        if length == 0 {
            break;
        }
        let not_one = || format!("line {no} of {} is no exported root", path.display());
        let root: ExportedRoot = serde_json::from_slice(&line).with_context(not_one)?;
        exported.compare(&root)?.with_context(not_one)?;
    }
    let count = exported.add_to(report);
    if count == 0 {
        bail!("{} holds no roots", path.display());
    }
    Ok(count)
}
