//! A refund code, read back.

use crate::sql::Row;
use domain::{
    ids::SaleNo,
    refund::{ClosedBy, PayOut, RefundCode, RefundState},
};

use super::super::{Result, cells::Cells};
use crate::RefundRow;

/// A row of `refund_columns`.
pub(in super::super) fn refund(row: &Row<'_>) -> Result<RefundRow> {
    let mut cells = Cells::new("refund_code", row);
    let no = cells.int()?;
    let cash = cells.int()?;
    let cash_sale = SaleNo::new(cells.int()?);
    let taken_by = cells.retailer()?;
    let network = cells.retailer()?;
    let code = cells.code()?;
    let amount = cells.rupiah()?;
    let pin = cells.array()?;
    let tries_left = cells.num()?;
    let issued_at = cells.time()?;
    let expires_at = cells.time()?;
    let state = state(&mut cells)?;
    Ok(RefundRow {
        no,
        cash,
        cash_sale,
        code,
        pin,
        issued_at,
        refund: RefundCode { amount, taken_by, network, expires_at, tries_left, state },
        digest: cells.array()?,
    })
}

/// What is missing or left over is an error.
fn state(cells: &mut Cells<'_>) -> Result<RefundState> {
    let state = cells.int()?;
    let sale = cells.int_or_null()?.map(SaleNo::new);
    let retailer = cells.retailer_or_null()?;
    let till_at = cells.time_or_null()?;
    let business_date = cells.date_or_null()?;
    let until = cells.time_or_null()?;
    let closed_at = cells.time_or_null()?;
    let pay_out = match (sale, retailer, till_at, business_date, until) {
        (Some(sale), Some(retailer), Some(till_at), Some(business_date), Some(until)) => {
            Some(PayOut { sale, retailer, till_at, business_date, until })
        }
        (None, None, None, None, None) => None,
        _ => return Err(cells.corrupt("half a pay-out")),
    };
    Ok(match (state, pay_out, closed_at) {
        (0, None, None) => RefundState::Open,
        (1, Some(pay_out), None) => RefundState::Reserved(pay_out),
        (2, pay_out, None) => RefundState::Suspect(pay_out),
        (3, Some(pay_out), Some(at)) => RefundState::Paid(pay_out, at),
        (4, None, Some(at)) => RefundState::Closed(at, ClosedBy::Deadline),
        (5, None, Some(at)) => RefundState::Closed(at, ClosedBy::WrongPins),
        (6, None, Some(at)) => RefundState::Closed(at, ClosedBy::Operator),
        _ => return Err(cells.corrupt("its columns are no state")),
    })
}
