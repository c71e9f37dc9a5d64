//! `gerai verify`.

use std::process::ExitCode;

use gateway::{clock::Stopwatch, verify::verify};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{
    output::{self, counted, printable},
    place::Where,
};
use crate::bootstrap;

/// The exit code where something is wrong with the rows; errors of the command itself exit with 1.
const SOMETHING_IS_WRONG: u8 = 2;

/// Which data.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads every row beside a running server or without one, and needs the master key. Checks the chain of
events, that every posting balances, every payment against its history, every sale, and the books as
a whole. Exits with 0 when all is well, with 2 when something is wrong, and names the rows.
Examples:
  gerai verify --data ./gerai-data
  gerai verify --config /etc/gerai/gerai.toml --json")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let located = args.place.locate()?;
    let mut reader = located.reader()?;
    let vault = bootstrap::vault_for_reading(&located.place(), &located.config)?;
    let last = reader.sequences()?;
    let rows = [last.payment, last.event, last.entry, last.sale].into_iter().sum::<i64>();

    // Drawn on stderr, and only where that is a terminal.
    let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(0));
    let style = "{bar:40} {percent:>3} % of {human_len} rows, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let stopwatch = Stopwatch::start();
    let report = verify(&mut reader, &vault, &mut |seen| bar.set_position(seen))?;
    let took = stopwatch.elapsed();
    bar.finish_and_clear();

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
            "findings_count": report.findings_count,
            "findings": findings,
        }))?;
    } else {
        let looked_at = format!(
            "{}, {}, {} and {} in {:.1} s",
            counted(report.payments, "payment"),
            counted(report.events, "event"),
            counted(report.entries, "posting"),
            counted(report.sales, "sale"),
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
