//! Rows of the books, read back.

use crate::sql::Row;
use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    money::Balance,
};

use super::super::{Result, cells::Cells, encode};
use crate::{
    AccountBalances, AdvanceRow, BalanceSnapshotRow, FileRow, FundingRow, MatchedRow,
    PayoutDecided, PayoutRow, RetailerDayRow,
};

/// A row of `file_columns`.
pub(in super::super) fn file(row: &Row<'_>) -> Result<FileRow> {
    let mut cells = Cells::new("file", row);
    Ok(FileRow {
        no: cells.int()?,
        retailer: cells.retailer()?,
        business_date: cells.date()?,
        revision: cells.num()?,
        name: cells.string()?,
        profile: cells.string()?,
        sha256: cells.array()?,
        lines: cells.int()?,
        total: cells.int()?,
        applied_at: cells.time()?,
        applied_by: cells.string()?,
    })
}

/// A row of `matched_columns`.
pub(in super::super) fn matched(row: &Row<'_>) -> Result<MatchedRow> {
    let mut cells = Cells::new("matched", row);
    let payment = PaymentNo::new(cells.int()?);
    let shard = cells.num()?;
    let (file, line) = (cells.int()?, cells.int_or_null()?);
    let day = (cells.retailer()?, cells.date()?);
    let sale = SaleNo::new(cells.int()?);
    let (total, commission) = (cells.rupiah()?, cells.rupiah()?);
    let matched_at = cells.time()?;
    let state = cells.known(encode::matched_state)?;
    let available_on = cells.date_or_null()?;
    // A column that came later is the last.
    let account = AccountNo::new(cells.int()?);
    Ok(MatchedRow {
        payment,
        account,
        shard,
        file,
        line,
        day,
        sale,
        total,
        commission,
        matched_at,
        state,
        available_on,
    })
}

/// A row of `advance_columns`.
pub(in super::super) fn advance(row: &Row<'_>) -> Result<AdvanceRow> {
    let mut cells = Cells::new("advance", row);
    Ok(AdvanceRow {
        payment: PaymentNo::new(cells.int()?),
        account: AccountNo::new(cells.int()?),
        amount: cells.rupiah()?,
        event: EventNo::new(cells.int()?),
        at: cells.time()?,
        state: cells.known(encode::advance_state)?,
        closed_at: cells.time_or_null()?,
    })
}

/// A row of `retailer_day_columns`.
pub(in super::super) fn day(row: &Row<'_>) -> Result<RetailerDayRow> {
    let mut cells = Cells::new("retailer_day", row);
    Ok(RetailerDayRow {
        day: (cells.retailer()?, cells.date()?),
        matched: cells.int()?,
        waiting: cells.int()?,
        funded: cells.int()?,
        funded_on: cells.date_or_null()?,
    })
}

/// A row of `funding_columns`.
pub(in super::super) fn funding(row: &Row<'_>) -> Result<FundingRow> {
    let mut cells = Cells::new("funding", row);
    Ok(FundingRow {
        no: cells.int()?,
        day: (cells.retailer()?, cells.date()?),
        amount: cells.rupiah()?,
        commission: cells.rupiah()?,
        difference: cells.rupiah()?,
        reference: cells.string()?,
        event: EventNo::new(cells.int()?),
        recorded_at: cells.time()?,
        recorded_by: cells.string()?,
    })
}

/// A row of `payout_columns`.
pub(in super::super) fn payout(row: &Row<'_>) -> Result<PayoutRow> {
    let mut cells = Cells::new("payout", row);
    Ok(PayoutRow {
        no: cells.int()?,
        account: AccountNo::new(cells.int()?),
        amount: cells.rupiah()?,
        state: cells.known(encode::payout_state)?,
        reference: cells.string()?,
        event: EventNo::new(cells.int()?),
        recorded_at: cells.time()?,
        recorded_by: cells.string()?,
        decided: {
            let event = cells.int_or_null()?.map(EventNo::new);
            let (at, by) = (cells.time_or_null()?, cells.text_or_null()?);
            match (event, at, by) {
                (Some(event), Some(at), Some(by)) => {
                    Some(PayoutDecided { event, at, by: by.to_owned() })
                }
                (None, None, None) => None,
                _ => return Err(cells.corrupt("half a decision")),
            }
        },
    })
}

/// A row of `snapshot_columns`.
pub(in super::super) fn snapshot(row: &Row<'_>) -> Result<BalanceSnapshotRow> {
    let mut cells = Cells::new("balance_snapshot", row);
    Ok(BalanceSnapshotRow {
        account: AccountNo::new(cells.int()?),
        event: EventNo::new(cells.int()?),
        balances: AccountBalances {
            pending: Balance::from_stored(cells.int()?),
            active: Balance::from_stored(cells.int()?),
        },
        at: cells.time()?,
    })
}
