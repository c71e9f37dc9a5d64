//! `gerai statement`: what a merchant was owed, got and paid.
//!
//! A statement is made of the ledger's entries, event by event, and is printed only if its sums are
//! the ledger's.

mod lines;
mod page;
mod sheet;
mod withheld;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use domain::{
    ids::AccountNo,
    time::{BusinessDate, DAY, Span, Timestamp, WIB},
};
use gateway::admin::{MerchantName, find_account};
use storage::{Directory, sqlite::Reader};

use self::{
    lines::{Line, Range, Sums, walk},
    withheld::{Bases, Withheld},
};
use super::{place::Where, reconcile::date};

/// Whose statement, and from when to when.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Days are those of western Indonesian time, by when something was posted. A merchant with several
dialects gets one statement over all of them, unless --dialect names one. Lines after the closing one
only tell: open advances, and the tax kept back from our fees (`gerai merchant set`). Examples:
  gerai statement G000000001 --from 2026-11-01 --to 2026-11-30 > november.csv
  gerai statement G000000001 --from 2026-11-01 --to 2026-11-30 --format html --output november.html")]
pub(crate) struct Args {
    /// The merchant id, or the merchant's name where only one has it
    merchant: String,
    /// One of its dialects only
    #[arg(long = "dialect", alias = "brand")]
    brand: Option<String>,
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: BusinessDate,
    /// The last day
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: BusinessDate,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Into this file instead of to the terminal; it must not be there yet
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// RFC 4180, safe to open in a spreadsheet
    Csv,
    /// A page to print
    Html,
}

/// Whose statement it is, and what it begins and ends with.
#[derive(Debug, Clone)]
struct Head {
    merchant: String,
    /// The vendors' names for it.
    ids: Vec<String>,
    from: BusinessDate,
    to: BusinessDate,
    opening: Owed,
    closing: Owed,
    sums: Sums,
    /// What of the active balance at the end was advanced and is not covered yet.
    advanced: i64,
    /// Taxes that the merchant keeps back from our fees.
    withheld: Vec<Withheld>,
}

/// What a merchant is owed, in whole rupiah; below zero where the merchant owes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Owed {
    pending: i64,
    active: i64,
}

impl Owed {
    const fn total(self) -> i64 {
        self.pending.saturating_add(self.active)
    }
}

/// A statement, of which is known that it is right.
struct Statement<'r> {
    reader: &'r Reader,
    accounts: Vec<AccountNo>,
    range: Range,
    head: Head,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.from > args.to {
        bail!("{} is after {}", args.from, args.to);
    }
    let reader = args.place.locate()?.reader()?;
    let rows = reader.directory()?;
    let (merchant, accounts) = accounts(&rows, args)?;
    let statement = Statement::of(&reader, merchant, accounts, (args.from, args.to))?;
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            let file = File::create_new(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    statement.write(&mut out, args.format)?;
    Ok(out.flush()?)
}

impl<'r> Statement<'r> {
    /// Of these accounts, each with the vendor's name for it, from the first day to the last.
    fn of(
        reader: &'r Reader,
        merchant: String,
        accounts: Vec<(AccountNo, String)>,
        (from, to): (BusinessDate, BusinessDate),
    ) -> anyhow::Result<Self> {
        let (accounts, ids): (Vec<_>, Vec<_>) = accounts.into_iter().unzip();
        let end = begin(to.after()).plus(Span::millis(-1));
        let range = Range {
            after: reader.last_event_at(begin(from).plus(Span::millis(-1)))?,
            last: reader.last_event_at(end)?,
        };
        let (mut sums, mut bases) = (Sums::default(), Bases::default());
        walk(reader, &accounts, range, &mut |line| {
            sums.add(line);
            bases.add(line);
            Ok(())
        })?;
        let mut kept = withheld::kept(&reader.directory()?)?;
        kept.retain(|(account, _)| accounts.contains(account));
        let mut advanced = 0;
        for account in &accounts {
            advanced += reader.advanced_at(*account, end)?;
        }
        let opening = owed(reader, &accounts, range.after)?;
        let closing = owed(reader, &accounts, range.last)?;
        let withheld = bases.taxes(&kept);
        let head = Head { merchant, ids, from, to, opening, closing, sums, advanced, withheld };
        agree(&head)?;
        Ok(Self { reader, accounts, range, head })
    }

    fn write(&self, out: &mut dyn Write, format: Format) -> anyhow::Result<()> {
        let mut each = |take: &mut dyn FnMut(&Line, Owed) -> anyhow::Result<()>| {
            let mut owed = self.head.opening;
            walk(self.reader, &self.accounts, self.range, &mut |line| {
                owed.pending += line.pending;
                owed.active += line.active;
                take(line, owed)
            })
        };
        match format {
            Format::Csv => sheet::write(out, &self.head, &mut each),
            Format::Html => page::write(out, &self.head, &mut each),
        }
    }
}

/// Goes through the lines with what is owed after each.
type Each<'a> =
    &'a mut dyn FnMut(&mut dyn FnMut(&Line, Owed) -> anyhow::Result<()>) -> anyhow::Result<()>;

/// When a day begins in western Indonesia.
fn begin(date: BusinessDate) -> Timestamp {
    let midnight = i64::from(date.days()).saturating_mul(DAY.as_millis());
    Timestamp::from_millis(midnight.saturating_sub(WIB.as_millis()))
}

/// The merchant's name, and its accounts with the vendors' names for them.
fn accounts(rows: &Directory, args: &Args) -> anyhow::Result<(String, Vec<(AccountNo, String)>)> {
    let named =
        |merchant: &str| MerchantName { merchant: merchant.to_owned(), brand: args.brand.clone() };
    // A name that several accounts of one merchant share is no riddle here.
    let called = rows.merchants.iter().filter(|row| row.name == args.merchant);
    let called: Vec<_> = called.map(|row| row.no).collect();
    let merchant = match called.as_slice() {
        [one] => *one,
        _ => find_account(rows, &named(&args.merchant))?.merchant,
    };
    let is_wanted = |brand: &str| args.brand.as_ref().is_none_or(|wanted| wanted == brand);
    let accounts = rows.accounts.iter().filter(|row| row.merchant == merchant);
    let accounts = accounts.filter(|row| is_wanted(&row.brand));
    let accounts: Vec<_> =
        accounts.map(|row| (row.no, format!("{} {}", row.brand, row.public_id))).collect();
    if accounts.is_empty() {
        bail!("{} has no account there", args.merchant);
    }
    let name = rows.merchants.iter().find(|row| row.no == merchant);
    Ok((name.map_or_else(|| args.merchant.clone(), |row| row.name.clone()), accounts))
}

fn owed(
    reader: &Reader,
    accounts: &[AccountNo],
    after: domain::ids::EventNo,
) -> anyhow::Result<Owed> {
    let mut sum = Owed::default();
    for account in accounts {
        let held = reader.balances_after(*account, after)?;
        sum.pending -= held.pending.get();
        sum.active -= held.active.get();
    }
    Ok(sum)
}

/// What the lines say is what the ledger says, or nothing is printed.
fn agree(head: &Head) -> anyhow::Result<()> {
    let Head { opening, closing, sums, .. } = head;
    let computed =
        Owed { pending: opening.pending + sums.pending, active: opening.active + sums.active };
    if computed != *closing {
        bail!(
            "the lines add up to {} pending and {} active, the ledger says {} and {}: run `gerai \
             verify`",
            computed.pending,
            computed.active,
            closing.pending,
            closing.active
        );
    }
    if opening.total() + sums.net() != closing.total() {
        bail!(
            "payments, fees, reversals, clawbacks and payouts add up to {}, the ledger's change is \
             {}: run `gerai verify`",
            sums.net(),
            closing.total() - opening.total()
        );
    }
    Ok(())
}
