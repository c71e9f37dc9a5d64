//! `gerai payout`: what merchants were paid.

use anyhow::bail;
use clap::Subcommand;
use gateway::admin::{AdminCommand, AdminReply, MerchantName, PayoutDecide, PayoutRecord};
use serde::Serialize;

use super::{
    output::{self, At, people, people_or_dash, rupiah},
    place::Where,
};

/// What can be done with payouts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write down that the bank was told to pay a merchant
    #[command(after_help = "\
Gerai moves no money: record the payout, give the transfer to the bank, and confirm it when the bank's
statement shows it. Until then it is in transit. More than the merchant's active balance is refused
(`gerai balance`). The same reference and amount again change nothing.
Examples:
  gerai payout record G000000001 250000 --reference PAY-20261125-1
  gerai payout record 'Toko Maju' 250000 --reference PAY-20261125-1 --reason 'weekly payout'")]
    Record(Record),
    /// Write down that a payout arrived: it is on the bank's statement
    #[command(after_help = "\
Example:
  gerai payout confirm 7")]
    Confirm(Decide),
    /// Write down that a payout came back: the merchant's balance has the money again
    #[command(after_help = "\
A bank may notice days later that an account is closed: a payout that was confirmed can be returned, too.
Example:
  gerai payout return 7 --reason 'account closed, bank note 4711'")]
    Return(Return),
    /// List payouts in transit, oldest first; or with --all every payout, newest first
    #[command(after_help = "\
Examples:
  gerai payout list
  gerai payout list --all --json")]
    List(List),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Record {
    /// The merchant id, or the merchant's name where only one has it
    merchant: String,
    /// How much, in whole rupiah
    amount: i64,
    /// Its dialect, where two dialects use the same id or the merchant has several
    #[arg(long = "dialect", alias = "brand")]
    brand: Option<String>,
    /// What the bank is told; once per merchant
    #[arg(long)]
    reference: String,
    /// Why, where it is not plain; it is kept in the books
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// Its number, as `payout list` shows it
    no: i64,
    /// Why, where it is not plain; it is kept in the books
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Return {
    /// Its number, as `payout list` shows it
    no: i64,
    /// Why; it is kept in the books
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Those that arrived or came back, too
    #[arg(long)]
    all: bool,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Record(args) => {
            let record = PayoutRecord {
                merchant: MerchantName { merchant: args.merchant, brand: args.brand },
                amount: args.amount,
                reference: args.reference,
                reason: args.reason,
                by: String::new(),
            };
            tell(&args.place, AdminCommand::PayoutRecord(record))
        }
        Command::Confirm(args) => {
            let decide = PayoutDecide { no: args.no, reason: args.reason, by: String::new() };
            tell(&args.place, AdminCommand::PayoutConfirm(decide))
        }
        Command::Return(args) => {
            let decide = PayoutDecide { no: args.no, reason: Some(args.reason), by: String::new() };
            tell(&args.place, AdminCommand::PayoutReturn(decide))
        }
        Command::List(args) => list(&args),
    }
}

fn tell(place: &Where, command: AdminCommand) -> anyhow::Result<()> {
    let AdminReply::Payout(reply) = place.locate()?.admin(command)? else {
        bail!("the gateway answers in a way not known");
    };
    if place.json {
        return output::json(&reply);
    }
    let already = if reply.changed { "" } else { " already" };
    output::say(&format!(
        "payout {} of {} to {} is {}{already}; the active balance is {}\n",
        reply.no,
        rupiah(reply.amount),
        reply.merchant_id,
        reply.state,
        rupiah(reply.active),
    ));
    Ok(())
}

/// A payout.
#[derive(Debug, Serialize)]
struct Line {
    no: i64,
    merchant_id: String,
    amount: i64,
    state: &'static str,
    reference: String,
    recorded_at: At,
    recorded_by: String,
    decided_at: Option<At>,
    decided_by: Option<String>,
}

fn list(args: &List) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let rows = reader.directory()?;
    let limit = usize::from(args.limit);
    let payouts = if args.all {
        reader.payouts(i64::MAX, limit)?
    } else {
        reader.payouts_in_transit(limit)?
    };
    let lines: Vec<_> = payouts
        .into_iter()
        .map(|row| {
            let account = rows.accounts.iter().find(|account| account.no == row.account);
            let (decided_at, decided_by) =
                row.decided.map(|decided| (At(decided.at), decided.by)).unzip();
            Line {
                no: row.no,
                merchant_id: account.map_or_else(
                    || format!("account {}", row.account),
                    |row| row.public_id.clone(),
                ),
                amount: row.amount.get(),
                state: row.state.name(),
                reference: row.reference,
                recorded_at: At(row.recorded_at),
                recorded_by: row.recorded_by,
                decided_at,
                decided_by,
            }
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
                line.merchant_id,
                rupiah(line.amount),
                line.state.to_owned(),
                line.reference,
                people(line.recorded_at.0),
                line.recorded_by,
                people_or_dash(line.decided_at.map(|at| at.0)),
                line.decided_by.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    let heads = [
        "no",
        "merchant",
        "amount",
        "state",
        "reference",
        "recorded (WIB)",
        "by",
        "decided (WIB)",
        "by",
    ];
    let nothing = if args.all { "no payout was recorded" } else { "no payout is in transit" };
    output::table(heads, &rows, nothing);
    Ok(())
}
