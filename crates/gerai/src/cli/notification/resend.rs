//! `gerai notification resend`.

use std::collections::BTreeMap;

use anyhow::bail;
use domain::time::Timestamp;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use storage::{Directory, NotificationRow, sqlite::Reader};

use super::{
    list::{self, Line, one},
    target::Targets,
    which::{Range, State},
};
use crate::{
    cli::{
        output::{self, counted},
        payment::names,
        place::{Located, Where},
    },
    control::{Answer, Ask, REDELIVER_MAX, Redeliver, Redelivered},
};

/// So many are shown one by one in a dry run.
const SHOWN_MAX: usize = 20;
/// So many that are not sent again are named with why.
const NAMED_MAX: usize = 20;

/// Which notifications, and whether they are sent.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["no", "failed", "state"])))]
pub(crate) struct Args {
    /// The notification, by its number
    no: Option<i64>,
    /// All that failed since an outage began
    #[arg(long, requires = "since")]
    failed: bool,
    /// All in this state
    #[arg(long, value_enum, requires = "since")]
    state: Option<State>,
    #[command(flatten)]
    range: Range,
    /// Send them; otherwise it only tells what would be sent
    #[arg(long, requires = "reason")]
    apply: bool,
    /// Why; it goes into the log
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    let reader = located.reader()?;
    let rows = reader.directory()?;
    let found = find(args, &reader, &rows, located.now())?;
    if !args.apply {
        return dry_run(args, &located, &reader, &found);
    }
    drop(reader);
    let reason = args.reason.clone().unwrap_or_default();
    let redelivered = send(&located, &found, &reason)?;
    told(args, &redelivered)
}

/// What is meant, oldest first.
fn find(
    args: &Args,
    reader: &Reader,
    rows: &Directory,
    now: Timestamp,
) -> anyhow::Result<Vec<NotificationRow>> {
    if let Some(no) = args.no {
        if args.range.merchant.is_some() || args.range.since.is_some() || args.range.until.is_some()
        {
            bail!("a number names one notification; leave --merchant, --since and --until out");
        }
        return Ok(vec![one(reader, no)?]);
    }
    let state = if args.failed { Some(State::Failed) } else { args.state };
    let mut filter = args.range.filter(reader, rows, now)?;
    filter.state = state.map(State::stored);
    filter.rows_max = REDELIVER_MAX;
    let mut found = Vec::new();
    loop {
        let page = reader.notifications_after(&filter)?;
        let Some(last) = page.last() else { return Ok(found) };
        filter.after = last.no;
        found.extend(page);
    }
}

fn dry_run(
    args: &Args,
    located: &Located,
    reader: &Reader,
    found: &[NotificationRow],
) -> anyhow::Result<()> {
    let rows = &reader.directory()?;
    let targets = Targets::new(located, reader, rows);
    let shown = found.iter().take(SHOWN_MAX).map(|row| Line::read(reader, rows, &targets, row));
    let shown = shown.collect::<anyhow::Result<Vec<_>>>()?;
    let mut merchants: BTreeMap<String, u64> = BTreeMap::new();
    for row in found {
        *merchants.entry(names::merchant(rows, row.account)).or_default() += 1;
    }
    if args.place.json {
        let numbers: Vec<_> = found.iter().map(|row| row.no.get()).collect();
        return output::json(&json!({
            "applied": false,
            "found": numbers.len(),
            "merchants": merchants,
            "numbers": numbers,
        }));
    }
    list::print(shown);
    if found.len() > SHOWN_MAX {
        output::say(&format!("and {} more\n", found.len() - SHOWN_MAX));
    }
    for (merchant, count) in merchants {
        output::say(&format!("{merchant}: {}\n", counted(count, "notification")));
    }
    output::say("this was a dry run: nothing is sent without --apply\n");
    Ok(())
}

fn send(located: &Located, found: &[NotificationRow], reason: &str) -> anyhow::Result<Redelivered> {
    // Drawn on stderr, and only where that is a terminal.
    let bar = ProgressBar::new(u64::try_from(found.len()).unwrap_or(0));
    let style = "{bar:40} {percent:>3} % of {human_len} notifications, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let mut sum = Redelivered::default();
    for chunk in found.chunks(REDELIVER_MAX) {
        let order = Redeliver {
            numbers: chunk.iter().map(|row| row.no.get()).collect(),
            reason: reason.to_owned(),
        };
        let answer = located.ask(Ask::Redeliver(order)).inspect_err(|_| bar.finish_and_clear())?;
        let Answer::Redelivered(redelivered) = answer else {
            bail!("the gateway answers in a way not known");
        };
        sum.due += redelivered.due;
        sum.left.extend(redelivered.left);
        bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    Ok(sum)
}

fn told(args: &Args, redelivered: &Redelivered) -> anyhow::Result<()> {
    if args.place.json {
        let left = redelivered.left.iter().map(|(no, why)| json!({ "no": no, "why": why }));
        return output::json(&json!({
            "applied": true,
            "due": redelivered.due,
            "left": left.collect::<Vec<_>>(),
        }));
    }
    output::say(&format!("{} due now\n", counted(redelivered.due, "notification")));
    for (no, why) in redelivered.left.iter().take(NAMED_MAX) {
        output::say(&format!("{no} is left as it is: {why}\n"));
    }
    if let Some(more @ 1..) = redelivered.left.len().checked_sub(NAMED_MAX) {
        output::say(&format!("and {more} more are left as they are\n"));
    }
    Ok(())
}
