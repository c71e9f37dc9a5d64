//! What an operator decides about what waits: unapplied cash and refused reversals.

use domain::difference::Verdict;

use super::{
    AdminError, AdminReply, DifferenceClose, DisputeAccept, DisputeReject, PaymentName, RuledReply,
    UnappliedMatch, UnappliedRefund, checks, payment,
};
use crate::{
    Gateway,
    request::{CloseLine, PaymentRef, Ruling, RulingError, RulingRequest},
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

/// Closes a difference between a retailer's file and ours.
pub(super) async fn close(
    gateway: &Gateway,
    order: DifferenceClose,
) -> Result<AdminReply, AdminError> {
    let (no, verdict) = (order.no, verdict(&order.verdict)?);
    let by = if order.by.is_empty() { "the operator".to_owned() } else { order.by };
    let found = gateway.read(move |reader| {
        let Some(line) = reader.file_line(no)? else { return Ok(None) };
        let sale = line.sale.map(|sale| reader.our_sale(sale)).transpose()?.flatten();
        Ok(Some((line, sale)))
    });
    let (line, sale) = found.await?.ok_or(AdminError::Ruling(RulingError::UnknownLine(no)))?;
    let our_date = sale.as_ref().and_then(|sale| sale.business_date).or(line.our_date);
    let close = CloseLine {
        line: no,
        verdict,
        by,
        sale: line.sale,
        posted_at: order.posted_at_ms.map(domain::time::Timestamp::from_millis),
        payment: line.payment.or(sale.and_then(|sale| sale.payment)),
        days: [Some(line.day.1), line.our_date, our_date]
            .into_iter()
            .flatten()
            .map(|date| (line.day.0, date))
            .collect(),
    };
    rule(gateway, no, Ruling::Close(Box::new(close)), &order.reason).await
}

/// What somebody says of a difference.
fn verdict(text: &str) -> Result<Verdict, AdminError> {
    let known = Verdict::named(text).filter(|verdict| *verdict != Verdict::Undone);
    known.ok_or_else(|| AdminError::Bad {
        what: "what it was",
        value: text.chars().take(100).map(|c| if c.is_control() { '?' } else { c }).collect(),
        why: "is none of ours, theirs, clawback and write-off".to_owned(),
    })
}

/// Refuses what could never be approved: a line that does not wait, or something nobody says.
pub(super) async fn can_be_closed(
    gateway: &Gateway,
    order: DifferenceClose,
) -> Result<DifferenceClose, AdminError> {
    checks::reason(&order.reason)?;
    verdict(&order.verdict)?;
    let no = order.no;
    let found = gateway.read(move |reader| reader.file_line(no)).await?;
    let error = match found {
        Some(line) if line.state == storage::LineState::Open => {
            return Ok(DifferenceClose { posted_at_ms: Some(line.posted_at.millis()), ..order });
        }
        Some(line) => RulingError::LineDone { no, state: line.state.name() },
        None => RulingError::UnknownLine(no),
    };
    Err(AdminError::Ruling(error))
}

pub(super) async fn rule(
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

pub(super) fn refused(error: RulingError) -> AdminError {
    match error {
        RulingError::NoSuchPayment => AdminError::NoSuchPayment,
        RulingError::Refused { state, why } => AdminError::Refused { state, why: why.to_string() },
        RulingError::Unavailable(why) => AdminError::Unavailable(why),
        error @ (RulingError::UnknownCash(_)
        | RulingError::CashDone { .. }
        | RulingError::UnknownDispute(_)
        | RulingError::DisputeDone { .. }
        | RulingError::UnknownLine(_)
        | RulingError::LineDone { .. }
        | RulingError::NotFinal(_)
        | RulingError::Changed(_)
        | RulingError::TooMuch { .. }
        | RulingError::Difference(_)
        | RulingError::RefundCodesOff
        | RulingError::OverCap { .. }
        | RulingError::NoCounterPays
        | RulingError::NoCodeLeft
        | RulingError::NoRefundCode(_)
        | RulingError::RefundStands { .. }
        | RulingError::OtherCode { .. }
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
