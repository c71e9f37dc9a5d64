//! `gerai reconcile`: a retailer's end-of-day files beside our records.

mod close;
mod missing;
mod open;
mod progress;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use domain::{retailer::RetailerKey, time::BusinessDate};
use gateway::admin::{AdminReply, ReconciledReply};
use indicatif::{ProgressBar, ProgressStyle};
use reconcile::{Outcome, Row, Totals, report};

pub(super) use self::close::closed;
use super::{
    output,
    place::{Located, Where},
};
use crate::{
    control::Act,
    reconcile::{Day, Failed, Going, run as run_day},
};

/// Which files, and what is to be done.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads a retailer's files for one day by their profiles ([reconcile.NAME] in the configuration), beside a
running server, and tells what agrees with our records and what does not. Nothing is changed without
--apply, which in production needs a second person. The same file again posts nothing; another version
of it posts what is different. Examples:
  gerai reconcile indomaret IDM20261120.csv --config /etc/gerai/gerai.toml
  gerai reconcile indomaret IDM20261120.csv --format csv --output differences.csv
  gerai reconcile indomaret IDM20261120.csv --apply --reason 'the day of 20 November'
  gerai reconcile indomaret --open       what waits for somebody
  gerai reconcile --close 17 --as clawback --reason 'the payer has the cash back, ticket 21'
  gerai reconcile --missing              files that did not come by their hour")]
pub(crate) struct Args {
    /// The retailer's key: indomaret
    #[arg(required_unless_present_any = ["missing", "close"])]
    retailer: Option<String>,
    /// The files of one day, all of them
    #[arg(required_unless_present_any = ["missing", "open", "close"])]
    files: Vec<PathBuf>,
    /// Read them by this profile; otherwise their names tell
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The business date, where the names do not say it: 2026-11-21
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<BusinessDate>,
    /// Other files of this day are still to come: say nothing of what these do not mention
    #[arg(long)]
    partial: bool,
    /// How rows are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Into this file instead of to the terminal; it must not be there yet
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Post what came out of it
    #[arg(long, requires = "files")]
    apply: bool,
    /// Agree to so many sales that only the files tell of, where they are many
    #[arg(long, value_name = "N", requires = "apply")]
    yes_create: Option<u64>,
    /// Why; whoever approves it in production reads it
    #[arg(long)]
    reason: Option<String>,
    /// List what waits for somebody
    #[arg(long, conflicts_with_all = ["files", "apply"])]
    open: bool,
    /// Name the files that did not come by their hour
    #[arg(long, conflicts_with_all = ["files", "apply", "open"])]
    missing: bool,
    /// Close what waits under this number of --open; in production that takes a second person
    #[arg(long, value_name = "NO", requires_all = ["verdict", "reason"],
        conflicts_with_all = ["retailer", "files", "apply", "open", "missing"])]
    close: Option<i64>,
    /// What it was
    #[arg(long = "as", value_name = "WHAT", value_enum, requires = "close")]
    verdict: Option<close::Verdict>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// RFC 4180, safe to open in a spreadsheet
    Csv,
    /// A JSON value a line
    Jsonl,
}

pub(super) fn date(text: &str) -> Result<BusinessDate, &'static str> {
    BusinessDate::parse(text).ok_or("a day is written 2026-11-21")
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    if args.missing {
        return missing::run(&located, args);
    }
    if let (Some(no), Some(verdict)) = (args.close, args.verdict) {
        return close::run(&located, args, no, verdict);
    }
    let retailer = RetailerKey::new(args.retailer.as_deref().unwrap_or_default())?;
    let terms = located.config.retailers.get(retailer);
    let terms = terms.ok_or_else(|| anyhow!("there is no retailer `{retailer}`"))?;
    if args.open {
        return open::run(&located, retailer, args);
    }
    let profiles = &located.config.profiles;
    let mut day = Day::of(profiles, retailer, &args.files, args.profile.as_deref(), args.date)?;
    day.is_partial = args.partial;

    // Drawn on stderr, and only where that is a terminal.
    let bar = ProgressBar::new(0);
    let style = "{bar:40} {percent:>3} % of two readings, {bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let reader = located.reader()?;
    let going = Going::new(located.now(), &bar);
    // An order is made before the look, so that what is looked at is what will be posted.
    let mut order = if args.apply { Some(day.order()?) } else { None };
    let (mut sheet, mut rows) = (Sheet::new(args)?, 0);
    run_day(&reader, &day, terms, &going, |row| sheet.row(row).map_err(Failed))
        .inspect_err(|_| bar.finish_and_clear())
        .and_then(|totals| {
            bar.finish_and_clear();
            if let Some(order) = &mut order {
                let found = totals.of(Outcome::TheirsOnly);
                (order.creates, order.creates_sum) = (found.rows, found.theirs);
                order.agreed = args.yes_create;
                rows = totals.each().map(|(_, total)| total.rows).sum();
            }
            sheet.finish(&totals)
        })?;
    drop(reader);
    match order {
        Some(order) => {
            let act = Act::Reconcile(Box::new(order));
            let post = || located.guarded(act, args.reason.clone(), args.place.json);
            let reply = progress::watched(&located, rows, post)??;
            match reply {
                Some(AdminReply::Reconciled(reply)) => done(args.place.json, &reply),
                Some(_) => bail!("the gateway answers in a way not known"),
                None => Ok(()),
            }
        }
        None if args.format == Format::Table && args.output.is_none() => {
            output::say("this was a dry run: nothing is changed without --apply\n");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Where rows go.
enum Sheet {
    Table(report::Table<Box<dyn Write>>),
    Csv(report::Csv<Box<dyn Write>>),
    Json(report::Json<Box<dyn Write>>),
}

impl Sheet {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let out: Box<dyn Write> = match &args.output {
            Some(path) => {
                let file = File::create_new(path)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        Ok(match args.format {
            Format::Table => Self::Table(report::Table::new(out)),
            Format::Csv => Self::Csv(report::Csv::new(out)?),
            Format::Jsonl => Self::Json(report::Json::new(out)),
        })
    }

    fn row(&mut self, row: &Row<'_>) -> anyhow::Result<()> {
        // People look at what is not as it should be; programs get everything.
        match self {
            Self::Table(_) if !row.outcome.is_odd() => Ok(()),
            Self::Table(table) => Ok(table.row(row)?),
            Self::Csv(csv) => Ok(csv.row(row)?),
            Self::Json(json) => Ok(json.row(row)?),
        }
    }

    fn finish(self, totals: &Totals) -> anyhow::Result<()> {
        let mut out = match self {
            Self::Table(table) => table.finish(totals)?,
            Self::Csv(csv) => csv.finish()?,
            Self::Json(json) => json.finish(totals)?,
        };
        Ok(out.flush()?)
    }
}

/// Says what posting came to.
pub(super) fn done(json: bool, reply: &ReconciledReply) -> anyhow::Result<()> {
    if json {
        return output::json(reply);
    }
    let mut fields = vec![
        ("posted", format!("{} of {}", reply.business_date, reply.retailer)),
        ("lines in the files", reply.lines.to_string()),
        ("as before", reply.unchanged.to_string()),
        ("written down", reply.posted.to_string()),
        ("payments matched", reply.matched.to_string()),
        ("paid by the files", reply.paid.to_string()),
        ("unapplied cash", reply.unapplied.to_string()),
    ];
    if reply.unmatched > 0 {
        fields.push(("not matched any more", reply.unmatched.to_string()));
    }
    if reply.stuck > 0 {
        fields.push(("could not be booked", reply.stuck.to_string()));
    }
    if reply.not_final > 0 {
        let what = "a till can still take them back; run it once more in half an hour";
        fields.push(("not matched yet", format!("{}: {what}", reply.not_final)));
    }
    output::fields(&fields);
    Ok(())
}

/// The day on which a retailer's newest file was about.
fn newest(located: &Located, retailer: RetailerKey) -> anyhow::Result<Option<BusinessDate>> {
    Ok(located.reader()?.newest_file(retailer)?.map(|file| file.business_date))
}
