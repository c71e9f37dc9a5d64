//! Refund codes (rule 35): issued, confirmed, released. In production each takes two persons; the PIN
//! is made when a command is carried out, and goes to whoever carries it out, while the code is told
//! to whoever looks the cash up. So nobody who proposes alone holds both.

use domain::refund::RefundState;
use storage::RefundRow;

use super::{AdminError, AdminReply, RefundCodeOrder, RefundCodeReply, checks, waiting};
use crate::{
    Gateway,
    pins::new_pin,
    request::{Ruling, RulingError, RulingRequest, Unavailable},
};

/// Issues a refund code.
pub(super) async fn issue(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<AdminReply, AdminError> {
    let reason = checks::reason(&order.reason)?;
    let pin = new_pin()?;
    let ruling = Ruling::IssueRefundCode { cash: order.no, pin: pin.clone() };
    let request = RulingRequest { ruling, reason, received_at: gateway.clock().now() };
    let ruled = gateway.rule(request).await.map_err(waiting::refused)?;
    let issued = ruled.refund.ok_or(AdminError::Unavailable(Unavailable::Storage))?;
    Ok(AdminReply::RefundCode(RefundCodeReply {
        no: order.no,
        refund_code: issued.no,
        amount: ruled.amount.get(),
        expires_at_ms: issued.expires_at.millis(),
        pin,
    }))
}

/// Says that a suspect pay-out took place.
pub(super) async fn confirm(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<AdminReply, AdminError> {
    let ruling = Ruling::ConfirmPayOut { cash: order.no, code: order.refund_code };
    waiting::rule(gateway, order.no, ruling, &order.reason).await
}

/// Withdraws a code, or says that a suspect pay-out did not take place.
pub(super) async fn release(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<AdminReply, AdminError> {
    let ruling = Ruling::ReleaseRefundCode { cash: order.no, code: order.refund_code };
    waiting::rule(gateway, order.no, ruling, &order.reason).await
}

/// Refuses what could never be approved: a code where none is issued, or for too much.
pub(super) async fn can_be_issued(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<RefundCodeOrder, AdminError> {
    let terms = gateway.refund_terms();
    let terms = terms.ok_or(AdminError::Ruling(RulingError::RefundCodesOff))?;
    let no = order.no;
    waiting::cash_waits(gateway, no).await?;
    let cash = gateway.read(move |reader| reader.unapplied_by_no(no)).await?;
    if cash.is_some_and(|cash| cash.amount > terms.cap) {
        return Err(AdminError::Ruling(RulingError::OverCap { cap: terms.cap }));
    }
    checks::reason(&order.reason)?;
    Ok(order)
}

/// Refuses what could never be approved: a pay-out that nobody doubts.
pub(super) async fn is_suspect(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<RefundCodeOrder, AdminError> {
    stands(gateway, order, |state| matches!(state, RefundState::Suspect(_))).await
}

/// Refuses what could never be approved: a code that is being paid out, or is over.
pub(super) async fn can_be_released(
    gateway: &Gateway,
    order: RefundCodeOrder,
) -> Result<RefundCodeOrder, AdminError> {
    let fits = |state: &RefundState| matches!(state, RefundState::Open | RefundState::Suspect(_));
    stands(gateway, order, fits).await
}

async fn stands(
    gateway: &Gateway,
    order: RefundCodeOrder,
    fits: fn(&RefundState) -> bool,
) -> Result<RefundCodeOrder, AdminError> {
    let cash = order.no;
    let found: Option<RefundRow> = gateway.read(move |reader| reader.refund_of(cash)).await?;
    let error = match found {
        Some(row) if fits(&row.refund.state) => {
            checks::reason(&order.reason)?;
            return Ok(RefundCodeOrder { refund_code: Some(row.no), ..order });
        }
        Some(row) => RulingError::RefundStands { cash, state: row.refund.state.name() },
        None => RulingError::NoRefundCode(cash),
    };
    Err(AdminError::Ruling(error))
}
