//! Lines of retailers' files, and our sales beside them, read back.

use crate::sql::Row;
use domain::{
    difference::Adjustment,
    ids::{EventNo, PartnerNo, PaymentNo, SaleNo},
    money::{Balance, Rupiah},
    time::Span,
};

use super::super::{Result, cells::Cells, encode};
use crate::{AliasRow, DifferenceRow, FileLineRow, OurSaleRow};

fn rupiah_or_null(cells: &mut Cells<'_>) -> Result<Option<Rupiah>> {
    let number = cells.int_or_null()?;
    number
        .map(Rupiah::new)
        .transpose()
        .map_err(|error| cells.corrupt(format!("an amount: {error}")))
}

/// A row of `file_line_columns`.
pub(in super::super) fn line(row: &Row<'_>) -> Result<FileLineRow> {
    let mut cells = Cells::new("file_line", row);
    Ok(FileLineRow {
        no: cells.int()?,
        day: (cells.retailer()?, cells.date()?),
        identity: cells.string()?,
        file: cells.int()?,
        line: cells.int_or_null()?,
        outcome: cells.string()?,
        code: cells.code()?,
        amount: cells.rupiah()?,
        fee: rupiah_or_null(&mut cells)?,
        status: cells.text_or_null()?.map(str::to_owned),
        sale: cells.int_or_null()?.map(SaleNo::new),
        payment: cells.int_or_null()?.map(PaymentNo::new),
        our_amount: rupiah_or_null(&mut cells)?,
        our_date: cells.date_or_null()?,
        posted_at: cells.time()?,
        state: cells.known(encode::line_state)?,
        closed_at: cells.time_or_null()?,
        why: cells.text_or_null()?.map(str::to_owned),
    })
}

/// A row of `difference_columns`.
pub(in super::super) fn difference(row: &Row<'_>) -> Result<DifferenceRow> {
    let mut cells = Cells::new("difference", row);
    let (no, line) = (cells.int()?, cells.int()?);
    let sale = cells.int_or_null()?.map(SaleNo::new);
    let payment = cells.int_or_null()?.map(PaymentNo::new);
    let verdict = cells.known(encode::verdict)?;
    let adjustment = Adjustment {
        day: (cells.retailer()?, cells.date()?),
        other_day: cells.date_or_null()?,
        against: cells.known(encode::against)?,
        receivable: Balance::from_stored(cells.int()?),
        commission: Balance::from_stored(cells.int()?),
    };
    Ok(DifferenceRow {
        no,
        line,
        sale,
        payment,
        verdict,
        adjustment,
        expected: Balance::from_stored(cells.int()?),
        event: EventNo::new(cells.int()?),
        at: cells.time()?,
        reason: cells.string()?,
    })
}

/// A row of `file_alias_columns`.
pub(in super::super) fn alias(row: &Row<'_>) -> Result<AliasRow> {
    let mut cells = Cells::new("file_alias", row);
    Ok(AliasRow {
        no: cells.int()?,
        partner: PartnerNo::new(cells.int()?),
        code: cells.code()?,
        amount: cells.rupiah()?,
        outlet: cells.string()?,
        till_at: cells.time()?,
        tolerance: Span::millis(cells.int()?),
        sale: SaleNo::new(cells.int()?),
    })
}

/// A row of `our_sale_columns`.
pub(in super::super) fn our_sale(row: &Row<'_>) -> Result<OurSaleRow> {
    let mut cells = Cells::new("sale", row);
    let no = SaleNo::new(cells.int()?);
    let partner = PartnerNo::new(cells.int()?);
    let key = cells.sale_key()?;
    let code = cells.code()?;
    let amount = cells.rupiah()?;
    let named = cells.int_or_null()?.map(PaymentNo::new);
    let till_at = cells.time()?;
    let state = cells.known(encode::sale_state)?;
    let (outlet, terminal) = (cells.string()?, cells.string()?);
    let (paid_by, asked) = (cells.int_or_null()?.map(SaleNo::new), cells.int_or_null()?);
    let plan = cells.text_or_null()?;
    let (paid_on, unapplied_on) = (cells.date_or_null()?, cells.date_or_null()?);
    let matched_on = cells.date_or_null()?;
    let payment = named.filter(|_| paid_by == Some(no));
    let commission = match (payment, asked) {
        (Some(_), Some(asked)) => {
            let asked = Rupiah::new(asked).ok();
            let fee = asked.and_then(|asked| super::fee(plan, asked));
            Some(fee.ok_or_else(|| cells.corrupt("its payment has no fee that can be read"))?)
        }
        (Some(_) | None, _) => None,
    };
    Ok(OurSaleRow {
        no,
        partner,
        key,
        code,
        amount,
        payment,
        commission: commission.map(|fee| fee.split.retailer),
        till_at,
        state,
        outlet,
        terminal,
        business_date: if payment.is_some() { paid_on } else { unapplied_on },
        matched_on,
    })
}
