//! `gerai unapplied`: cash that fits no payment (rule 10).

use clap::Subcommand;
use gateway::admin::{
    AdminCommand, AdminReply, PaymentName, RuledReply, UnappliedMatch, UnappliedRefund,
};
use serde::Serialize;
use storage::UnappliedRow;

use super::{
    output::{self, At, people, rupiah},
    place::Where,
};
use crate::control::Act;

/// What can be done with cash that fits no payment.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List cash that waits for an operator, oldest first
    #[command(after_help = "\
A till took this cash, and it fits no payment: too late, twice, too much or too little, for a payment
that was cancelled, or for a code nobody knows. Put it to a payment, or give it back. Examples:
  gerai unapplied list
  gerai unapplied list --all --json    what was matched, refunded or reversed, too")]
    List(List),
    /// Put cash to a payment, which is paid by it; its merchant is told
    #[command(after_help = "\
The payment owes exactly this cash, and waits for it or has expired. Where its order id was used
again, nobody could be told: refund the cash instead. In production this takes two persons. Example:
  gerai unapplied match 3 8127740588870520 --reason 'typed the code wrong, ticket 19'")]
    Match(Match),
    /// Write down that cash was given back to the payer by a bank transfer
    #[command(after_help = "\
Transfer the money first: this only records it. In production this takes two persons. Example:
  gerai unapplied refund 3 --bank-reference BCA-20261121-77 --reason 'paid twice, ticket 20'")]
    Refund(Refund),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// What does not wait any more, too, newest first
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
pub(crate) struct Match {
    /// The cash, by its number
    no: i64,
    /// The payment, by its id or its code
    payment: String,
    /// Why; it is written into the payment's history
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Refund {
    /// The cash, by its number
    no: i64,
    /// The bank's name for the transfer
    #[arg(long, value_name = "TEXT")]
    bank_reference: String,
    /// Why; it is written into the history
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// Cash, as it is shown.
#[derive(Debug, Serialize)]
struct Cash {
    no: i64,
    state: &'static str,
    sale: i64,
    code: String,
    payment: Option<i64>,
    retailer: String,
    amount: i64,
    why: String,
    business_date: String,
    received_at: At,
}

impl From<UnappliedRow> for Cash {
    fn from(row: UnappliedRow) -> Self {
        Self {
            no: row.no,
            state: row.state.name(),
            sale: row.sale.get(),
            code: row.code.to_string(),
            payment: row.payment.map(domain::ids::PaymentNo::get),
            retailer: row.retailer.to_string(),
            amount: row.amount.get(),
            why: row.why,
            business_date: row.business_date.to_string(),
            received_at: At(row.received_at),
        }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(args) => list(&args),
        Command::Match(args) => {
            let order = UnappliedMatch {
                no: args.no,
                payment: PaymentName::Text(args.payment),
                reason: args.reason.clone(),
            };
            rule(&args.place, AdminCommand::UnappliedMatch(order), args.reason)
        }
        Command::Refund(args) => {
            let order = UnappliedRefund {
                no: args.no,
                bank_reference: args.bank_reference,
                reason: args.reason.clone(),
            };
            rule(&args.place, AdminCommand::UnappliedRefund(order), args.reason)
        }
    }
}

fn list(args: &List) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let limit = usize::from(args.limit);
    let rows =
        if args.all { reader.unapplied_all(limit)? } else { reader.unapplied_open(limit)? };
    let lines: Vec<_> = rows.into_iter().map(Cash::from).collect();
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
                line.retailer,
                line.business_date,
                line.code,
                line.sale.to_string(),
                line.payment.map_or_else(|| "-".to_owned(), |no| no.to_string()),
                line.amount.to_string(),
                line.why,
            ]
        })
        .collect();
    let heads = [
        "no",
        "state",
        "received (WIB)",
        "retailer",
        "business date",
        "code",
        "sale",
        "payment",
        "rupiah",
        "because",
    ];
    output::table(heads, &rows, "no cash waits for an operator");
    Ok(())
}

/// Has what waits decided, or proposes it.
pub(super) fn rule(place: &Where, command: AdminCommand, reason: String) -> anyhow::Result<()> {
    let located = place.locate()?;
    let act = Act::Admin(Box::new(command));
    match located.guarded(act, Some(reason), place.json)? {
        Some(AdminReply::Ruled(reply)) => ruled(place.json, &reply),
        Some(_) => anyhow::bail!("the gateway answers in a way not known"),
        None => Ok(()),
    }
}

/// Tells what became of what waited.
pub(super) fn ruled(json: bool, reply: &RuledReply) -> anyhow::Result<()> {
    if json {
        return output::json(reply);
    }
    let payment = match (&reply.payment, &reply.payment_state) {
        (Some(id), Some(state)) => format!("; payment {id} is {state}"),
        (_, _) => String::new(),
    };
    let (no, state, amount) = (reply.no, &reply.state, rupiah(reply.amount));
    output::say(&format!("number {no}, {amount}, is {state}{payment}\n"));
    Ok(())
}
