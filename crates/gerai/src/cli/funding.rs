//! `gerai funding`: what retailers transferred.

use anyhow::bail;
use clap::Subcommand;
use gateway::admin::{AdminCommand, AdminReply, DayCompared, FundingRecord, FundingReply};
use serde::Serialize;

use super::{
    output::{self, At, people, rupiah},
    place::Where,
};

/// What can be done with retailers' transfers.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write down that a retailer's transfer arrived at the bank
    #[command(after_help = "\
A transfer is for one business day of one retailer; a transfer for several days is recorded once for
each, under the same reference. When what arrived and what the retailer kept cover all payments of
that day that stand in its file, their money is funded, and available to their merchants some business
days later. The same reference and the same sums again change nothing.
More than the retailer owes for the day is refused: it may be the wrong day. If it did arrive, --keep-difference
books what is too much as a difference.
Examples:
  gerai funding record alfamart 2026-11-20 103000 --reference BCA-20261121-17
  gerai funding record alfamart 2026-11-20 102000 --commission 1000 --reference BCA-20261121-17")]
    Record(Record),
    /// List transfers, newest first; or with --days what each day holds and lacks
    #[command(after_help = "\
Examples:
  gerai funding list
  gerai funding list --days      matched, funded and still owed, by retailer and day
  gerai funding list --differences   days whose transfers are not what their files say
  gerai funding list --json --limit 1000")]
    List(List),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Record {
    /// Whose: alfamart
    retailer: String,
    /// For which business day of the retailer: 2026-11-20
    date: String,
    /// What arrived, in whole rupiah
    amount: i64,
    /// What the retailer kept as its commission, where it settles net
    #[arg(long, value_name = "RUPIAH", default_value_t = 0)]
    commission: i64,
    /// What the bank calls the transfer
    #[arg(long)]
    reference: String,
    /// Keep more than the retailer owes as a difference
    #[arg(long)]
    keep_difference: bool,
    /// Why, where it is not plain; it is kept in the books
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Days instead of transfers
    #[arg(long)]
    days: bool,
    /// Days whose transfers and commission are not what their files say
    #[arg(long)]
    differences: bool,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Record(args) => record(args),
        Command::List(args) if args.days || args.differences => days(&args),
        Command::List(args) => list(&args),
    }
}

fn record(args: Record) -> anyhow::Result<()> {
    let record = FundingRecord {
        retailer: args.retailer,
        business_date: args.date,
        amount: args.amount,
        commission: args.commission,
        reference: args.reference,
        keep_difference: args.keep_difference,
        reason: args.reason,
        by: String::new(),
    };
    let reply = args.place.locate()?.admin(AdminCommand::FundingRecord(record))?;
    let AdminReply::Funding(reply) = reply else {
        bail!("the gateway answers in a way not known");
    };
    if args.place.json {
        return output::json(&reply);
    }
    output::say(&told(&reply));
    Ok(())
}

fn told(reply: &FundingReply) -> String {
    let FundingReply { no, retailer, business_date, matched, funded, .. } = reply;
    let is = if reply.changed { "is recorded" } else { "was recorded before" };
    let day = format!("{retailer} {business_date}");
    let missing = matched - funded;
    let so = if *matched == 0 {
        "nothing of that day is matched yet".to_owned()
    } else if missing > 0 {
        format!("Rp {missing} are missing before what is matched of that day is funded")
    } else {
        "what is matched of that day is funded".to_owned()
    };
    let more = match reply.difference {
        0 => String::new(),
        difference => format!("\nRp {difference} more than was owed are kept as a difference"),
    };
    let owed = reply.owed;
    let compared = reply
        .compared
        .as_ref()
        .map_or_else(|| "no file of that day was posted yet".to_owned(), beside_file);
    format!(
        "funding {no} of {day} {is}; {so}\nRp {owed} are still owed for that day{more}\n{compared}\n"
    )
}

/// What the files of a day say, and how its transfers differ from that.
fn beside_file(compared: &DayCompared) -> String {
    let DayCompared { lines, total, commission, arrived, kept, .. } = compared;
    let says = match commission {
        Some(commission) => format!("Rp {total} and a commission of Rp {commission}"),
        None => format!("Rp {total}"),
    };
    let came =
        format!("its {lines} lines say {says}; Rp {arrived} arrived, and Rp {kept} were kept");
    if compared.agrees() {
        return format!("{came}: they agree");
    }
    let by = |what: &str, differs: i64| match differs {
        0 => None,
        more @ 1.. => Some(format!("{what} Rp {more} too much")),
        less => Some(format!("{what} Rp {} too little", less.unsigned_abs())),
    };
    let differs: Vec<_> = [
        by("together", compared.sum_differs),
        by("the commission", compared.commission_differs),
        by("what arrived", compared.net_differs),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{came}: {}", differs.join(", "))
}

/// A transfer.
#[derive(Debug, Serialize)]
struct Transfer {
    no: i64,
    retailer: String,
    business_date: String,
    amount: i64,
    commission: i64,
    difference: i64,
    reference: String,
    recorded_at: At,
    recorded_by: String,
}

fn list(args: &List) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let lines: Vec<_> = reader
        .fundings(i64::MAX, usize::from(args.limit))?
        .into_iter()
        .map(|row| Transfer {
            no: row.no,
            retailer: row.day.0.to_string(),
            business_date: row.day.1.to_string(),
            amount: row.amount.get(),
            commission: row.commission.get(),
            difference: row.difference.get(),
            reference: row.reference,
            recorded_at: At(row.recorded_at),
            recorded_by: row.recorded_by,
        })
        .collect();
    if args.place.json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.no.to_string(),
                line.retailer,
                line.business_date,
                rupiah(line.amount),
                rupiah(line.commission),
                rupiah(line.difference),
                line.reference,
                people(line.recorded_at.0),
                line.recorded_by,
            ]
        })
        .collect();
    let heads = [
        "no",
        "retailer",
        "business date",
        "arrived",
        "commission",
        "too much",
        "reference",
        "recorded (WIB)",
        "by",
    ];
    output::table(heads, &rows, "no retailer's transfer was recorded");
    Ok(())
}

/// A retailer's day.
#[derive(Debug, Serialize)]
struct Day {
    retailer: String,
    business_date: String,
    matched: i64,
    waiting: i64,
    funded: i64,
    owed: i64,
    funded_on: Option<String>,
    /// What its files say beside its transfers; none while there is no file.
    file: Option<DayCompared>,
}

fn days(args: &List) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let mut lines = Vec::new();
    for row in reader.retailer_days(usize::from(args.limit))? {
        let file = DayCompared::new(reader.file_says(row.day)?, reader.transferred(row.day)?);
        if args.differences && file.is_none_or(|file| file.agrees()) {
            continue;
        }
        lines.push(Day {
            retailer: row.day.0.to_string(),
            business_date: row.day.1.to_string(),
            matched: row.matched,
            waiting: row.waiting,
            funded: row.funded,
            owed: reader.owed(row.day)?.get(),
            funded_on: row.funded_on.map(|date| date.to_string()),
            file,
        });
    }
    if args.place.json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let of_file = |what: &dyn Fn(DayCompared) -> Option<i64>| {
                line.file.and_then(what).map_or_else(|| "-".to_owned(), rupiah)
            };
            [
                line.retailer,
                line.business_date,
                rupiah(line.matched),
                line.waiting.to_string(),
                rupiah(line.funded),
                rupiah(line.owed),
                line.funded_on.unwrap_or_else(|| "-".to_owned()),
                of_file(&|file| Some(file.total)),
                of_file(&|file| file.commission),
                of_file(&|file| Some(file.sum_differs)),
                of_file(&|file| Some(file.commission_differs)),
            ]
        })
        .collect();
    let heads = [
        "retailer",
        "business date",
        "matched",
        "payments waiting",
        "funded",
        "owed",
        "on",
        "files say",
        "commission",
        "sum differs",
        "commission differs",
    ];
    output::table(heads, &rows, "no retailer's file or transfer was recorded");
    Ok(())
}
