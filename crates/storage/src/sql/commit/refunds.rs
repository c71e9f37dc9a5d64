//! Refund codes.

use domain::{
    refund::{ClosedBy, RefundState},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};

use super::super::{
    Conn, Result,
    columns::refund_columns,
    put::{Put, Write},
    value::params,
};
use crate::RefundRow;

const INSERT: &str = concat!(
    "insert into refund_code (",
    refund_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
);

// What it was issued with stays; the code names the row beside its number.
const UPDATE: &str = "update refund_code set tries_left = ?3, state = ?4, payout_sale = ?5, \
    payout_at = ?6, till_at = ?7, business_date = ?8, hold_until = ?9, closed_at = ?10, digest = ?11 \
    where no = ?1 and code = ?2";

/// New refund codes.
pub(super) fn insert(conn: &Conn, rows: &[RefundRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = Put::new(conn, Write::new(INSERT))?;
    for row in rows {
        let (refund, of_state) = (&row.refund, OfState::new(&row.refund.state));
        insert.row(&params![
            row.no,
            row.cash,
            row.cash_sale.get(),
            refund.taken_by.as_str(),
            refund.network.as_str(),
            row.code.as_str(),
            refund.amount.get(),
            row.pin,
            refund.tries_left,
            row.issued_at.millis(),
            refund.expires_at.millis(),
            of_state.number,
            of_state.sale,
            of_state.retailer.as_ref().map(RetailerKey::as_str),
            of_state.till_at,
            of_state.business_date,
            of_state.until,
            of_state.closed_at,
            row.digest,
        ])?;
    }
    insert.end()
}

/// Refund codes as they stand now.
pub(super) fn update(conn: &Conn, rows: &[RefundRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut update = Put::new(conn, Write::changing("refund_code", UPDATE, &[0]))?;
    for row in rows {
        let of_state = OfState::new(&row.refund.state);
        update.row(&params![
            row.no,
            row.code.as_str(),
            row.refund.tries_left,
            of_state.number,
            of_state.sale,
            of_state.retailer.as_ref().map(RetailerKey::as_str),
            of_state.till_at,
            of_state.business_date,
            of_state.until,
            of_state.closed_at,
            row.digest,
        ])?;
    }
    update.end()
}

/// A state as columns; those that it does not have are null.
#[derive(Default)]
struct OfState {
    number: i64,
    sale: Option<i64>,
    retailer: Option<RetailerKey>,
    till_at: Option<i64>,
    business_date: Option<i32>,
    until: Option<i64>,
    closed_at: Option<i64>,
}

impl OfState {
    fn new(state: &RefundState) -> Self {
        let number = match state {
            RefundState::Open => 0,
            RefundState::Reserved(_) => 1,
            RefundState::Suspect(_) => 2,
            RefundState::Paid(..) => 3,
            RefundState::Closed(_, ClosedBy::Deadline) => 4,
            RefundState::Closed(_, ClosedBy::WrongPins) => 5,
            RefundState::Closed(_, ClosedBy::Operator) => 6,
        };
        let closed_at = match state {
            RefundState::Paid(_, at) | RefundState::Closed(at, _) => Some(at.millis()),
            RefundState::Open | RefundState::Reserved(_) | RefundState::Suspect(_) => None,
        };
        let pay_out = state.pay_out();
        Self {
            number,
            sale: pay_out.map(|pay_out| pay_out.sale.get()),
            retailer: pay_out.map(|pay_out| pay_out.retailer),
            till_at: pay_out.map(|pay_out| Timestamp::millis(pay_out.till_at)),
            business_date: pay_out.map(|pay_out| BusinessDate::days(pay_out.business_date)),
            until: pay_out.map(|pay_out| Timestamp::millis(pay_out.until)),
            closed_at,
        }
    }
}
