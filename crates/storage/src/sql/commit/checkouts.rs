//! Checkouts.

use domain::time::Timestamp;

use super::super::{
    Conn, Result,
    columns::checkout_columns,
    put::{Write, put},
    value::params,
};
use crate::{CheckoutRow, CheckoutState};

const INSERT: Write = Write::new(concat!(
    "insert into checkout (",
    checkout_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
));

const UPDATE: Write = Write::changing(
    "checkout",
    "update checkout set keep_until = ?2, state = ?3, payment_no = ?4, closed_at = ?5 \
        where no = ?1",
    &[0],
);

/// New checkouts.
pub(super) fn insert(conn: &Conn, rows: &[CheckoutRow]) -> Result<()> {
    put(conn, INSERT, rows, |row| {
        let (state, payment, closed_at) = of_state(row.state);
        params![
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
        ]
    })
}

/// Checkouts as they stand now.
pub(super) fn update(conn: &Conn, rows: &[CheckoutRow]) -> Result<()> {
    put(conn, UPDATE, rows, |row| {
        let (state, payment, closed_at) = of_state(row.state);
        params![row.no, row.keep_until.millis(), state, payment, closed_at]
    })
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
