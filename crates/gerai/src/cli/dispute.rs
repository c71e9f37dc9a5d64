//! `gerai dispute`: reversals that were refused (rule 8).

use clap::Subcommand;
use gateway::admin::{AdminCommand, DisputeAccept, DisputeReject};
use serde::Serialize;
use storage::DisputeRow;

use super::{
    output::{self, At, people},
    place::Where,
    unapplied,
};

/// What can be done with reversals that were refused.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List refused reversals that wait for an operator, oldest first
    #[command(after_help = "\
A till wanted a sale back, too late or for another reason, and was refused. Ask the retailer what
became of the cash. Examples:
  gerai dispute list
  gerai dispute list --all --json    what was decided, too, newest first")]
    List(List),
    /// Grant a refused reversal after all: the retailer took the money back
    #[command(after_help = "\
The payment is clawed back: what its merchant got for it is taken from its balance, which may go
below zero, and no fee is due on it. A payment can be clawed back when it is final. The merchant's
API has no word for this: tell the merchant. In production this takes two persons. Example:
  gerai dispute accept 2 --reason 'the cashier gave the cash back, letter of 21 November'")]
    Accept(Decide),
    /// Leave a reversal refused
    #[command(after_help = "\
Example:
  gerai dispute reject 2 --reason 'the retailer withdrew it, mail of 22 November'")]
    Reject(Decide),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// What was decided, too, newest first
    #[arg(long)]
    all: bool,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// The dispute, by its number
    no: i64,
    /// Why; it is written into the payment's history
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// A dispute, as it is shown.
#[derive(Debug, Serialize)]
struct Dispute {
    no: i64,
    state: &'static str,
    sale: i64,
    payment: Option<i64>,
    why: String,
    received_at: At,
}

impl From<DisputeRow> for Dispute {
    fn from(row: DisputeRow) -> Self {
        Self {
            no: row.no,
            state: row.state.name(),
            sale: row.sale.get(),
            payment: row.payment.map(domain::ids::PaymentNo::get),
            why: row.why,
            received_at: At(row.received_at),
        }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(args) => list(&args),
        Command::Accept(args) => {
            let order = DisputeAccept { no: args.no, reason: args.reason.clone() };
            unapplied::rule(&args.place, AdminCommand::DisputeAccept(order), args.reason)
        }
        Command::Reject(args) => {
            let order = DisputeReject { no: args.no, reason: args.reason.clone() };
            unapplied::rule(&args.place, AdminCommand::DisputeReject(order), args.reason)
        }
    }
}

fn list(args: &List) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let limit = usize::from(args.limit);
    let rows = if args.all { reader.disputes(limit)? } else { reader.disputes_open(limit)? };
    let lines: Vec<_> = rows.into_iter().map(Dispute::from).collect();
    if args.place.json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.no.to_string(),
                line.state.to_owned(),
                people(line.received_at.0),
                line.sale.to_string(),
                line.payment.map_or_else(|| "-".to_owned(), |no| no.to_string()),
                line.why,
            ]
        })
        .collect();
    let heads = ["no", "state", "received (WIB)", "sale", "payment", "because"];
    output::table(heads, &rows, "no refused reversal waits for an operator");
    Ok(())
}
