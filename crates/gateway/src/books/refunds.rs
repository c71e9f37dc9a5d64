//! What counters paid out for refund codes, by the retailer's day: it need not transfer that.

use std::collections::BTreeMap;

use domain::refund::RefundState;
use storage::{RefundRow, RetailerDay, RetailerDayRow, StorageError, UnappliedRow, sqlite::Reader};

/// The day whose transfer is less by what was paid out; none where that is the day of the cash itself,
/// whose transfer never had to cover it.
pub(crate) fn funded_by(row: &RefundRow, cash: &UnappliedRow) -> Option<RetailerDay> {
    let RefundState::Paid(pay_out, _) = row.refund.state else { return None };
    let day = (pay_out.retailer, pay_out.business_date);
    (day != (cash.retailer, cash.business_date)).then_some(day)
}

/// Adds what was paid out to what is known of each day. Rows that do not read back are found where
/// refund codes are looked at.
pub(super) fn add_paid_out(
    reader: &Reader,
    days: &mut BTreeMap<RetailerDay, RetailerDayRow>,
) -> Result<(), StorageError> {
    let mut paid = Vec::new();
    reader.walk_refunds(&mut |row| paid.extend(row))?;
    for row in paid {
        let RefundState::Paid(_, at) = row.refund.state else { continue };
        let Some(cash) = reader.unapplied_by_no(row.cash)? else { continue };
        let Some(of) = funded_by(&row, &cash) else { continue };
        let day = days.entry(of).or_insert(RetailerDayRow::new(of));
        day.funded = day.funded.saturating_add(row.refund.amount.get());
        day.funded_on = day.funded_on.max(Some(at.business_date()));
    }
    Ok(())
}
