//! Checkouts.

use domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::{
    super::{Result, columns::checkout_columns},
    changed_one,
};
use crate::{CheckoutRow, CheckoutState};

const INSERT: &str = concat!(
    "insert into checkout (",
    checkout_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
);

const UPDATE: &str = "update checkout set keep_until = ?2, state = ?3, payment_no = ?4, \
    closed_at = ?5 where no = ?1";

/// New checkouts.
pub(super) fn insert(conn: &Connection, rows: &[CheckoutRow]) -> Result<()> {
    for row in rows {
        let (state, payment, closed_at) = of_state(row.state);
        conn.prepare_cached(INSERT)?.execute(params![
            row.no,
            row.shard,
            row.token.bytes(),
            row.account.get(),
            row.order.as_str(),
            row.amount.get(),
            row.opened_at.millis(),
            row.expires_at.millis(),
            row.keep_until.millis(),
            state,
            payment,
            closed_at,
            row.offer.data_key,
            row.offer.bytes,
        ])?;
    }
    Ok(())
}

/// Checkouts as they stand now.
pub(super) fn update(conn: &Connection, rows: &[CheckoutRow]) -> Result<()> {
    for row in rows {
        let (state, payment, closed_at) = of_state(row.state);
        let params = params![row.no, row.keep_until.millis(), state, payment, closed_at];
        let changed = conn.prepare_cached(UPDATE)?.execute(params)?;
        changed_one(changed, "checkout", row.no)?;
    }
    Ok(())
}

/// A state's number, payment and end.
fn of_state(state: CheckoutState) -> (i64, Option<i64>, Option<i64>) {
    let closed = |number, at: Timestamp| (number, None, Some(at.millis()));
    match state {
        CheckoutState::Open => (0, None, None),
        CheckoutState::Chosen(payment) => (1, Some(payment.get()), None),
        CheckoutState::Cancelled(at) => closed(2, at),
        CheckoutState::Expired(at) => closed(3, at),
        CheckoutState::Revoked(at) => closed(4, at),
    }
}
