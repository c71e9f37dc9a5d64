//! `GET /v1/payments/{id}` and `POST /v1/payments/{id}/siblings`.

use dialect::Shell;
use domain::{
    ids::PaymentId,
    payment::{ExpiredBy, Payment, State},
    retailer::RetailerKey,
    time::Timestamp,
};
use gateway::{
    directory::Account,
    request::{PaymentRef, PaymentView, Sibling, SiblingRequest},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{fault::Fault, instant};

/// A merchant wants its order to be payable at another chain too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    retailer: String,
}

/// A payment of this account, by its id: this very one, whichever of its order's codes counts.
pub(super) async fn show(
    shell: &Shell,
    account: &Account,
    id: &str,
) -> Result<(StatusCode, Value), Fault> {
    let view = find(shell, account, id).await?;
    told(shell, &view, StatusCode::OK).await
}

/// Another code for the order of a payment; the one that is there where its network has one.
pub(super) async fn sibling(
    shell: &Shell,
    account: &Account,
    id: &str,
    body: &[u8],
    received_at: Timestamp,
) -> Result<(StatusCode, Value), Fault> {
    let view = find(shell, account, id).await?;
    let wish = read(body)
        .ok_or_else(|| Fault::Bad("the body is {\"retailer\": \"indomaret\"}".to_owned()))?;
    let retailer = RetailerKey::new(&wish.retailer)
        .map_err(|error| Fault::Bad(format!("retailer: {error}")))?;
    let payment = PaymentRef::Id(view.payment.id);
    let request = SiblingRequest { account: account.no, payment, retailer, received_at };
    match shell.gateway().open_sibling(request).await? {
        Sibling::New(view) => told(shell, &view, StatusCode::CREATED).await,
        Sibling::There(view) => told(shell, &view, StatusCode::OK).await,
    }
}

fn read(body: &[u8]) -> Option<Wish> {
    // Serde would take a list of a struct's values for the struct, too.
    let is_object = body.trim_ascii_start().starts_with(b"{");
    serde_json::from_slice(body).ok().filter(|_| is_object)
}

async fn find(shell: &Shell, account: &Account, id: &str) -> Result<PaymentView, Fault> {
    let id: PaymentId = id.parse().map_err(|_| Fault::NotFound)?;
    let found = shell.gateway().payment(None, PaymentRef::Id(id)).await?;
    found.filter(|view| view.payment.account == account.no).ok_or(Fault::NotFound)
}

async fn told(
    shell: &Shell,
    view: &PaymentView,
    status: StatusCode,
) -> Result<(StatusCode, Value), Fault> {
    let payment = &view.payment;
    let order = shell.gateway().order_of(payment).await?;
    let others = order.iter().map(|view| &view.payment).filter(|other| other.no != payment.no);
    let siblings: Vec<_> = others.map(|other| brief(shell, other)).collect();
    let mut value = brief(shell, payment);
    if let Value::Object(members) = &mut value {
        let more = json!({
            "order_id": payment.order.as_str(),
            "amount": payment.amount.get(),
            "fee": payment.fee.amount.get(),
            "fee_borne_by": (payment.fee.amount.get() > 0).then(|| payment.fee.bearer.name()),
            "payer_hands_over": payment.total().get(),
            "opened_at": instant(payment.opened_at),
            "expires_at": instant(payment.expires_at),
            "closed_at": payment.state.closed_at().map(instant),
            "expired_by": expired_by(&payment.state),
            "paid": paid(payment),
            "siblings": siblings,
        });
        if let Value::Object(more) = more {
            members.extend(more);
        }
    }
    Ok((status, value))
}

/// What names a payment, and how it stands.
fn brief(shell: &Shell, payment: &Payment) -> Value {
    json!({
        "id": payment.id.to_string(),
        "code": payment.code.as_str(),
        "retailer": payment.opened_for.as_str(),
        "state": state(payment),
        "payment_url": shell.payment_url(&payment.id),
    })
}

/// The state in our own words. A payment whose news is held back is pending for its merchant
/// everywhere (rule 6).
fn state(payment: &Payment) -> &'static str {
    match payment.state {
        State::Paid(taking) if payment.holds_back(&taking) => State::Pending.name(),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => payment.state.name(),
    }
}

/// Where and when the cash was taken, by both clocks, and from when on no reversal is accepted.
fn paid(payment: &Payment) -> Value {
    match payment.state.taking() {
        Some(taking) if state(payment) != State::Pending.name() => json!({
            "retailer": taking.retailer.as_str(),
            "at": instant(taking.paid_at),
            "till_at": instant(taking.till_at),
            "business_date": taking.business_date.to_string(),
            "approval_code": taking.approval_code(),
            "final_after": instant(taking.final_after),
            "is_final": taking.is_final,
        }),
        Some(_) | None => Value::Null,
    }
}

fn expired_by(state: &State) -> Option<&'static str> {
    match state {
        State::Expired(_, ExpiredBy::Deadline) => Some("deadline"),
        State::Expired(_, ExpiredBy::Merchant) => Some("merchant"),
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
