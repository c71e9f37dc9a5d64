//! What an own event says: the same bytes however often and wherever it is read.
//!
//! No member is about the payer. Whatever may change after the event is taken from the event's own
//! row; the rest stands in rows that never change again.

use domain::{
    own_event::OwnKind,
    payment::{Payment, Taking, approval_code},
    time::Timestamp,
};
use gateway::{directory::Account, own_events::OwnEvent};
use serde::{Deserialize, Serialize};
use storage::{OwnEventRow, SaleRow};

use crate::api::instant;

#[derive(Debug, Serialize)]
struct Body<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    number: i64,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    account: Whose<'a>,
    payment: Option<About<'a>>,
    counter: Option<Counter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<Endpoint>,
}

#[derive(Debug, Serialize)]
struct Whose<'a> {
    merchant_id: &'a str,
    dialect: &'a str,
}

#[derive(Debug, Serialize)]
struct About<'a> {
    id: String,
    order_id: Option<&'a str>,
    status: Option<&'static str>,
    code: &'a str,
    retailer: &'a str,
    amount: i64,
    fee: i64,
    fee_borne_by: Option<&'static str>,
    total: i64,
    opened_at: String,
    expires_at: String,
    taken_by: Option<&'a str>,
    paid_at: Option<String>,
    business_date: Option<String>,
    final_after: Option<String>,
}

#[derive(Debug, Serialize)]
struct Counter<'a> {
    retailer: &'a str,
    outlet: &'a str,
    terminal: &'a str,
    till_at: String,
    receipt_number: Option<&'a str>,
    received_at: String,
    amount: Option<i64>,
    approval_code: Option<String>,
}

#[derive(Debug, Serialize)]
struct Endpoint {
    url: String,
    failures: u32,
    since: String,
    why: String,
}

/// What a counter that asked said of itself; it is in no other row.
#[derive(Debug, Deserialize)]
struct Asked {
    retailer: String,
    outlet: String,
    terminal: String,
    till_at: i64,
    receipt_number: Option<String>,
}

/// What is known of an endpoint that does not answer.
#[derive(Debug, Deserialize)]
struct Failing {
    endpoint: String,
    failures: u32,
    since: i64,
    why: String,
}

/// The event's name for merchants: it stays the same over every attempt, and has no full stop.
pub(super) fn id(row: &OwnEventRow) -> String {
    format!("evt_{}", hex::encode(row.digest))
}

/// The event as JSON, in one line.
pub(crate) fn body(account: &Account, event: &OwnEvent) -> Vec<u8> {
    let row = &event.row;
    let detail = row.detail.as_deref();
    let asked: Option<Asked> = detail_of(row, OwnKind::Inquired, detail);
    let failing: Option<Failing> = detail_of(row, OwnKind::Failing, detail);
    let counter = match (&asked, &event.sale) {
        (Some(asked), _) => Some(who_asked(asked, row.at)),
        (None, Some(sale)) => Some(counter(row.kind, sale)),
        (None, None) => None,
    };
    let body = Body {
        id: id(row),
        kind: row.kind.name(),
        timestamp: instant(row.at),
        number: row.no,
        data: Data {
            account: Whose { merchant_id: &account.public_id, dialect: &account.brand },
            payment: event.payment.as_ref().map(|payment| about(payment, row)),
            counter,
            endpoint: failing.map(|failing| Endpoint {
                url: failing.endpoint,
                failures: failing.failures,
                since: instant(Timestamp::from_millis(failing.since)),
                why: failing.why,
            }),
        },
    };
    // A struct of texts and numbers has no value that JSON lacks.
    serde_json::to_vec(&body).unwrap_or_default()
}

fn detail_of<'a, T: Deserialize<'a>>(
    row: &OwnEventRow,
    kind: OwnKind,
    detail: Option<&'a str>,
) -> Option<T> {
    serde_json::from_str(detail?).ok().filter(|_| row.kind == kind)
}

fn about<'a>(payment: &'a Payment, row: &OwnEventRow) -> About<'a> {
    let taking = payment.state.taking().filter(|_| tells_taking(row.kind));
    About {
        id: payment.id.to_string(),
        order_id: (!row.superseded).then(|| payment.order.as_str()),
        status: row.status,
        code: payment.code.as_str(),
        retailer: payment.opened_for.as_str(),
        amount: payment.amount.get(),
        fee: payment.fee.amount.get(),
        fee_borne_by: (payment.fee.amount.get() > 0).then(|| payment.fee.bearer.name()),
        total: payment.total().get(),
        opened_at: instant(payment.opened_at),
        expires_at: instant(payment.expires_at),
        taken_by: taking.map(|taking| taking.retailer.as_str()),
        paid_at: taking.map(|taking| instant(taking.paid_at)),
        business_date: taking.map(|taking| taking.business_date.to_string()),
        final_after: taking.map(|Taking { final_after, .. }| instant(*final_after)),
    }
}

/// Whether a kind tells how the cash was taken. From then on that stays as it is: what was told as
/// paid is never open again (rule 6).
const fn tells_taking(kind: OwnKind) -> bool {
    match kind {
        OwnKind::Paid
        | OwnKind::Final
        | OwnKind::Reversed
        | OwnKind::Settled
        | OwnKind::ClawedBack
        | OwnKind::UnappliedMatched => true,
        OwnKind::Opened
        | OwnKind::Inquired
        | OwnKind::Expired
        | OwnKind::Cancelled
        | OwnKind::Disputed
        | OwnKind::DisputeRejected
        | OwnKind::UnappliedRecorded
        | OwnKind::UnappliedReversed
        | OwnKind::RefundRecorded
        | OwnKind::RefundIssued
        | OwnKind::RefundPaid
        | OwnKind::RefundSuspect
        | OwnKind::RefundReturned
        | OwnKind::Failing => false,
    }
}

fn who_asked(asked: &Asked, received_at: Timestamp) -> Counter<'_> {
    Counter {
        retailer: &asked.retailer,
        outlet: &asked.outlet,
        terminal: &asked.terminal,
        till_at: instant(Timestamp::from_millis(asked.till_at)),
        receipt_number: asked.receipt_number.as_deref(),
        received_at: instant(received_at),
        amount: None,
        approval_code: None,
    }
}

fn counter(kind: OwnKind, row: &SaleRow) -> Counter<'_> {
    let sale = &row.sale;
    // Whether a disputed sale was ever approved is what the dispute is about.
    let is_approved = !matches!(kind, OwnKind::Disputed | OwnKind::DisputeRejected);
    Counter {
        retailer: sale.retailer.as_str(),
        outlet: &row.outlet,
        terminal: &row.terminal,
        till_at: instant(sale.till_at),
        receipt_number: row.receipt_no.as_deref(),
        received_at: instant(sale.received_at),
        amount: Some(sale.amount.get()),
        approval_code: is_approved.then(|| approval_code(sale.no, sale.till_at)),
    }
}
