//! A checkout, read back.

use domain::ids::{AccountNo, CheckoutToken, OrderId, PaymentNo};

use super::{
    super::{Result, Row, cells::Cells},
    sealed,
};
use crate::{CheckoutRow, CheckoutState};

/// A row of `checkout_columns`.
pub(in super::super) fn checkout(row: &Row<'_>) -> Result<CheckoutRow> {
    let mut cells = Cells::new("checkout", row);
    Ok(CheckoutRow {
        no: cells.int()?,
        shard: cells.num()?,
        token: CheckoutToken::from_bytes(cells.array()?),
        account: AccountNo::new(cells.int()?),
        order: cells.parsed(OrderId::new)?,
        amount: cells.rupiah()?,
        opened_at: cells.time()?,
        expires_at: cells.time()?,
        keep_until: cells.time()?,
        state: state(&mut cells)?,
        offer: sealed(&mut cells)?,
    })
}

/// What is missing or left over is an error.
fn state(cells: &mut Cells<'_>) -> Result<CheckoutState> {
    let state = cells.int()?;
    let payment = cells.int_or_null()?.map(PaymentNo::new);
    let closed_at = cells.time_or_null()?;
    Ok(match (state, payment, closed_at) {
        (0, None, None) => CheckoutState::Open,
        (1, Some(payment), None) => CheckoutState::Chosen(payment),
        (2, None, Some(at)) => CheckoutState::Cancelled(at),
        (3, None, Some(at)) => CheckoutState::Expired(at),
        (4, None, Some(at)) => CheckoutState::Revoked(at),
        _ => return Err(cells.corrupt("its columns are no state")),
    })
}
