//! `gerai payment show`.

mod print;

use domain::payment::{ExpiredBy, State, Taking};
use serde::Serialize;
use storage::{AttemptRow, NotificationRow, SaleRow};

use super::{
    find::{Found, Named},
    names,
};
use crate::cli::{
    keys::lines,
    output::{self, At},
};

/// Which payment, and how much of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show what was sent to the merchant and what came back, too
    #[arg(long)]
    exchanges: bool,
    #[command(flatten)]
    named: Named,
}

/// A payment, as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    no: i64,
    id: String,
    code: String,
    merchant_id: String,
    order_id: String,
    state: &'static str,
    /// Its order id was used again since it was closed.
    superseded: bool,
    retailer: String,
    amount: i64,
    fee: i64,
    total: i64,
    opened_at: At,
    expires_at: At,
    held_until: Option<At>,
    closed_at: Option<At>,
    expired_by: Option<&'static str>,
    paid: Option<Paid>,
    /// None where the master key is missing or the data was erased.
    payer_name: Option<String>,
    receipt_lines: Vec<String>,
    /// The other codes of its order.
    siblings: Vec<Sibling>,
    sales: Vec<Sale>,
    notifications: Vec<Notification>,
    /// What could not be shown, and why.
    hidden: Option<String>,
}

#[derive(Debug, Serialize)]
struct Paid {
    retailer: String,
    sale: i64,
    at: At,
    till_at: At,
    business_date: String,
    final_after: At,
    is_final: bool,
}

#[derive(Debug, Serialize)]
struct Sibling {
    id: String,
    code: String,
    retailer: String,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct Sale {
    no: i64,
    counter: String,
    sale: String,
    retailer: String,
    state: &'static str,
    amount: i64,
    outlet: String,
    terminal: String,
    receipt_no: Option<String>,
    till_at: At,
    received_at: At,
}

#[derive(Debug, Serialize)]
struct Notification {
    no: i64,
    announcement: &'static str,
    url: Option<String>,
    /// By which way a payer is told, where it is a bill.
    to_payer: Option<&'static str>,
    state: &'static str,
    attempts: u32,
    due_at: Option<At>,
    tries: Vec<Try>,
}

#[derive(Debug, Serialize)]
struct Try {
    at: At,
    took_ms: i64,
    status: Option<u16>,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<Seen>,
}

/// What an attempt left behind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Seen {
    /// What was sent and what came back.
    Exchange(gateway::request::Exchange),
    /// The same as a text, from before it was a record; or why it cannot be shown.
    Text(String),
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let found = args.named.find(&args.named.place.locate()?)?;
    let shown = gather(&found, args.exchanges)?;
    if args.named.place.json {
        return output::json(&shown);
    }
    print::print(&shown);
    Ok(())
}

fn gather(found: &Found, with_exchanges: bool) -> anyhow::Result<Shown> {
    let payment = &found.row.payment;
    let (personal, hidden) = match &found.lookup {
        None => (None, Some("no master key, so names are not shown".to_owned())),
        Some(lookup) => match lookup.personal(&found.reader, &found.row) {
            Ok(personal) => (Some(personal), None),
            Err(error) => (None, Some(error.to_string())),
        },
    };
    let sales = found.reader.sales_of(payment.no)?;
    let mut notifications = Vec::new();
    for row in found.reader.notifications_of(payment.no)? {
        let tries = found.reader.attempts_of(row.no)?;
        notifications.push(notification(found, &row, &tries, with_exchanges));
    }
    let (payer_name, receipt_lines) =
        personal.map(|one| (one.payer_name, one.receipt_lines)).unwrap_or_default();
    Ok(Shown {
        no: payment.no.get(),
        id: payment.id.to_string(),
        code: payment.code.to_string(),
        merchant_id: names::merchant(&found.rows, payment.account),
        order_id: payment.order.to_string(),
        state: payment.state.name(),
        superseded: payment.superseded,
        retailer: payment.opened_for.to_string(),
        amount: payment.amount.get(),
        fee: payment.fee.payer_part().get(),
        total: payment.total().get(),
        opened_at: At(payment.opened_at),
        expires_at: At(payment.expires_at),
        held_until: match &payment.state {
            State::Reserved(hold) => Some(At(hold.until)),
            State::Opening
            | State::Pending
            | State::Paid(_)
            | State::Settled(_)
            | State::Reversed(..)
            | State::ClawedBack(..)
            | State::Cancelled(_)
            | State::Expired(..) => None,
        },
        closed_at: payment.state.closed_at().map(At),
        expired_by: expired_by(&payment.state),
        paid: payment.state.taking().map(paid),
        payer_name,
        receipt_lines,
        siblings: siblings(found)?,
        sales: sales.iter().map(|row| sale(found, row)).collect(),
        notifications,
        hidden,
    })
}

fn siblings(found: &Found) -> anyhow::Result<Vec<Sibling>> {
    let Some(first) = found.row.payment.family else { return Ok(Vec::new()) };
    let family = found.reader.family(first)?;
    let others = family.into_iter().filter(|row| row.payment.no != found.row.payment.no);
    let sibling = |row: storage::PaymentRow| Sibling {
        id: row.payment.id.to_string(),
        code: row.payment.code.to_string(),
        retailer: row.payment.opened_for.to_string(),
        state: row.payment.state.name(),
    };
    Ok(others.map(sibling).collect())
}

fn expired_by(state: &State) -> Option<&'static str> {
    match state {
        State::Expired(_, ExpiredBy::Deadline) => Some("deadline"),
        State::Expired(_, ExpiredBy::Merchant) => Some("command"),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_) => None,
    }
}

fn paid(taking: &Taking) -> Paid {
    Paid {
        retailer: taking.retailer.to_string(),
        sale: taking.sale.get(),
        at: At(taking.paid_at),
        till_at: At(taking.till_at),
        business_date: taking.business_date.to_string(),
        final_after: At(taking.final_after),
        is_final: taking.is_final,
    }
}

fn sale(found: &Found, row: &SaleRow) -> Sale {
    Sale {
        no: row.sale.no.get(),
        counter: names::partner(&found.rows, row.sale.partner),
        sale: row.sale.key.to_string(),
        retailer: row.sale.retailer.to_string(),
        state: row.sale.state.name(),
        amount: row.sale.amount.get(),
        outlet: row.outlet.clone(),
        terminal: row.terminal.clone(),
        receipt_no: row.receipt_no.clone(),
        till_at: At(row.sale.till_at),
        received_at: At(row.sale.received_at),
    }
}

fn notification(
    found: &Found,
    row: &NotificationRow,
    tries: &[AttemptRow],
    with_exchanges: bool,
) -> Notification {
    let urls = match &found.row.notify_urls {
        Some(urls) => lines(urls),
        None => names::account(&found.rows, row.account)
            .map(|account| lines(&account.notification_urls))
            .unwrap_or_default(),
    };
    let target = usize::try_from(row.target).unwrap_or(usize::MAX);
    let waits = row.state == storage::NotificationState::Due;
    let tries = tries.iter().map(|row| Try {
        at: At(row.at),
        took_ms: row.took_ms,
        status: row.status,
        verdict: row.verdict.clone(),
        exchange: with_exchanges.then(|| exchange(found, row)),
    });
    Notification {
        no: row.no.get(),
        announcement: names::news(row.news),
        url: urls.into_iter().nth(target),
        to_payer: storage::channel_at(row.target).map(domain::bill::Channel::title),
        state: names::notification(row.state),
        attempts: row.attempts,
        due_at: waits.then_some(At(row.due_at)),
        tries: tries.collect(),
    }
}

/// What was sent and what came back, or why it cannot be shown.
fn exchange(found: &Found, row: &AttemptRow) -> Seen {
    let Some(lookup) = &found.lookup else { return Seen::Text("no master key".to_owned()) };
    match lookup.unseal(&found.reader, &row.exchange) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_or_else(
            |_| Seen::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Seen::Exchange,
        ),
        Err(error) => Seen::Text(error.to_string()),
    }
}
