//! What an operator decides about what waits: unapplied cash and refused reversals.

use super::{
    AdminError, AdminReply, DisputeAccept, DisputeReject, PaymentName, RuledReply, UnappliedMatch,
    UnappliedRefund, checks, payment,
};
use crate::{
    Gateway,
    request::{PaymentRef, Ruling, RulingError, RulingRequest},
};

/// Puts unapplied cash to a payment.
pub(super) async fn match_cash(
    gateway: &Gateway,
    order: UnappliedMatch,
) -> Result<AdminReply, AdminError> {
    let payment = lasting(gateway, &order.payment).await?;
    let payment = payment::by_text(&payment)?;
    rule(gateway, order.no, Ruling::Match { cash: order.no, payment }, &order.reason).await
}

/// Writes a bank transfer down.
pub(super) async fn refund(
    gateway: &Gateway,
    order: UnappliedRefund,
) -> Result<AdminReply, AdminError> {
    let bank_reference = checks::name("the bank's reference", &order.bank_reference)?;
    let ruling = Ruling::Refund { cash: order.no, bank_reference };
    rule(gateway, order.no, ruling, &order.reason).await
}

/// Grants a refused reversal.
pub(super) async fn accept(
    gateway: &Gateway,
    order: DisputeAccept,
) -> Result<AdminReply, AdminError> {
    rule(gateway, order.no, Ruling::Accept { dispute: order.no }, &order.reason).await
}

/// Leaves a reversal refused.
pub(super) async fn reject(
    gateway: &Gateway,
    order: DisputeReject,
) -> Result<AdminReply, AdminError> {
    rule(gateway, order.no, Ruling::Reject { dispute: order.no }, &order.reason).await
}

async fn rule(
    gateway: &Gateway,
    no: i64,
    ruling: Ruling,
    reason: &str,
) -> Result<AdminReply, AdminError> {
    let reason = checks::reason(reason)?;
    let request = RulingRequest { ruling, reason, received_at: gateway.clock().now() };
    let ruled = gateway.rule(request).await.map_err(refused)?;
    let (payment, payment_state) = ruled.payment.unzip();
    Ok(AdminReply::Ruled(RuledReply {
        no,
        state: ruled.state.to_owned(),
        amount: ruled.amount.get(),
        payment: payment.map(|id| id.to_string()),
        payment_state: payment_state.map(str::to_owned),
    }))
}

fn refused(error: RulingError) -> AdminError {
    match error {
        RulingError::NoSuchPayment => AdminError::NoSuchPayment,
        RulingError::Refused { state, why } => AdminError::Refused { state, why: why.to_string() },
        RulingError::Unavailable(why) => AdminError::Unavailable(why),
        error @ (RulingError::UnknownCash(_)
        | RulingError::CashDone { .. }
        | RulingError::UnknownDispute(_)
        | RulingError::DisputeDone { .. }
        | RulingError::NothingBooked) => AdminError::Ruling(error),
    }
}

/// The id of a payment that there is: an order id may be another payment's when the command is
/// approved.
pub(super) async fn lasting(gateway: &Gateway, name: &PaymentName) -> Result<String, AdminError> {
    let (account, payment) = payment::find(gateway, name).await?;
    // Of an order with several codes the one that was named, not the one that counts.
    let found = match (account, payment) {
        (Some(account), payment @ PaymentRef::Order(_)) => {
            gateway.payment(Some(account), payment).await?
        }
        (_, payment) => gateway.payment(None, payment).await?,
    };
    found.map(|view| view.payment.id.to_string()).ok_or(AdminError::NoSuchPayment)
}

/// Refuses what could never be approved: cash that does not wait.
pub(super) async fn cash_waits(gateway: &Gateway, no: i64) -> Result<(), AdminError> {
    let found = gateway.read(move |reader| reader.unapplied_by_no(no)).await?;
    let error = match found {
        Some(cash) if cash.state == storage::UnappliedState::Open => return Ok(()),
        Some(cash) => RulingError::CashDone { no, state: cash.state.name() },
        None => RulingError::UnknownCash(no),
    };
    Err(AdminError::Ruling(error))
}

/// Refuses what could never be approved: a dispute that does not wait.
pub(super) async fn dispute_waits(gateway: &Gateway, no: i64) -> Result<(), AdminError> {
    let found = gateway.read(move |reader| reader.dispute(no)).await?;
    let error = match found {
        Some(row) if row.state == storage::DisputeState::Open => return Ok(()),
        Some(row) => RulingError::DisputeDone { no, state: row.state.name() },
        None => RulingError::UnknownDispute(no),
    };
    Err(AdminError::Ruling(error))
}
