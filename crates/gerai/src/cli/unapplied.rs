//! `gerai unapplied`: cash that fits no payment (rule 10).

mod codes;

use clap::Subcommand;
use gateway::admin::{
    AdminCommand, AdminReply, PaymentName, RefundCodeOrder, RefundCodeReply, RuledReply,
    UnappliedMatch, UnappliedRefund,
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
    /// Give cash back to the payer: record a bank transfer, or issue a refund code
    #[command(after_help = "\
A bank transfer: transfer the money first, this only records it. A refund code: the payer gets the cash
at a counter of the network that took it, for the code and a PIN. The PIN is shown this once, to whoever
carries the command out; `gerai unapplied show` tells the code. Let them reach the payer by two ways,
such as a message and a call. Refund codes are turned on under [refund_codes]. In production either way
takes two persons. Examples:
  gerai unapplied refund 3 --bank-reference BCA-20261121-77 --reason 'paid twice, ticket 20'
  gerai unapplied refund 3 --code --reason 'paid twice, ticket 20'")]
    Refund(Refund),
    /// Show cash with its refund codes and all that happened to them
    #[command(after_help = "\
The code is told while it can be paid out; the PIN never is. Example:
  gerai unapplied show 3")]
    Show(Show),
    /// List refund codes, newest first
    #[command(after_help = "\
A suspect code was reserved at a counter, and the counter never said that it handed the cash over. Ask
the retailer, then `confirm` or `release` it. Examples:
  gerai unapplied codes
  gerai unapplied codes --suspect")]
    Codes(Codes),
    /// Say that a suspect pay-out of a refund code took place
    #[command(after_help = "\
The retailer has handed the cash over, as its receipt or its file says; it owes that much less. In
production this takes two persons. Example:
  gerai unapplied confirm 3 --reason 'receipt of shop T123, ticket 20'")]
    Confirm(Decide),
    /// Withdraw a refund code, or say that its suspect pay-out did not take place
    #[command(after_help = "\
The cash waits again as before, and the code is dead. In production this takes two persons. Example:
  gerai unapplied release 3 --reason 'the shop counted its till, ticket 20'")]
    Release(Decide),
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
    #[arg(long, value_name = "TEXT", required_unless_present = "code")]
    bank_reference: Option<String>,
    /// Issue a refund code instead
    #[arg(long, conflicts_with = "bank_reference")]
    code: bool,
    /// Why; it is written into the history
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The cash, by its number
    no: i64,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Codes {
    /// Only those whose pay-out was never confirmed, oldest first
    #[arg(long)]
    suspect: bool,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// The cash, by its number
    no: i64,
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
        Command::Refund(Refund { no, bank_reference, code: _, reason, place }) => {
            let command = match bank_reference {
                Some(bank_reference) => {
                    let reason = reason.clone();
                    AdminCommand::UnappliedRefund(UnappliedRefund { no, bank_reference, reason })
                }
                None => AdminCommand::RefundCodeIssue(order(no, &reason)),
            };
            rule(&place, command, reason)
        }
        Command::Show(args) => codes::show(&args.place, args.no),
        Command::Codes(args) => codes::list(&args.place, args.suspect, usize::from(args.limit)),
        Command::Confirm(args) => {
            let command = AdminCommand::RefundCodeConfirm(order(args.no, &args.reason));
            rule(&args.place, command, args.reason)
        }
        Command::Release(args) => {
            let command = AdminCommand::RefundCodeRelease(order(args.no, &args.reason));
            rule(&args.place, command, args.reason)
        }
    }
}

fn order(no: i64, reason: &str) -> RefundCodeOrder {
    RefundCodeOrder { no, reason: reason.to_owned(), refund_code: None }
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
        Some(AdminReply::RefundCode(reply)) => issued(place.json, &reply),
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

/// Tells of a refund code that was issued. Nothing tells its PIN again.
pub(super) fn issued(json: bool, reply: &RefundCodeReply) -> anyhow::Result<()> {
    let expires_at = domain::time::Timestamp::from_millis(reply.expires_at_ms);
    let pin = reply.pin.expose();
    if json {
        return output::json(&serde_json::json!({
            "no": reply.no,
            "refund_code": reply.refund_code,
            "amount": reply.amount,
            "expires_at": At(expires_at),
            "pin": pin,
        }));
    }
    let (no, amount) = (reply.no, rupiah(reply.amount));
    let until = people(expires_at);
    output::say(&format!(
        "a refund code for unapplied cash {no}, {amount}, is issued, good until {until} WIB\n\
         PIN: {pin}\n\
         The PIN is shown this once. Tell it to the payer yourself, by a call. The code is shown by\n  \
         gerai unapplied show {no}\n\
         and goes to the payer by another way.\n"
    ));
    Ok(())
}
