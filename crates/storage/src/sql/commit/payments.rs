//! Payments.

use domain::{
    code::Slot,
    ids::PaymentNo,
    payment::Payment,
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};

use super::super::{
    Conn, Result,
    columns::payment_columns,
    encode::{StateColumns, announce_number},
    fault::{broken, signed},
    put::{Put, Write, put},
    value::params,
};
use crate::PaymentRow;

const INSERT: &str = concat!(
    "insert into payment (",
    payment_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
     ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)"
);

// `superseded` is not among the columns that are set: naming it would make every payment move in
// the index over orders, which is the one with random keys. It never goes back, so a row that says
// otherwise is refused.
const UPDATE: &str = "update payment set announce = ?3, state = ?4, sale_no = ?5, taken_by = ?6, \
    till_at = ?7, paid_at = ?8, business_date = ?9, final_after = ?10, is_final = ?11, \
    hold_until = ?12, closed_at = ?13, expired_by = ?14, last_event = ?15 \
    where no = ?1 and superseded <= ?2";

// Nor is `sibling_of`, for the same reason. The first payment of an order gets it with its first
// sibling.
const FAMILY: &str = "update payment set sibling_of = no where no = ?1 and sibling_of is null";

const SUPERSEDE: &str = "update payment set superseded = 1 where no = ?1 and superseded = 0";

/// New payments.
pub(super) fn insert(conn: &Conn, rows: &[PaymentRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = Put::new(conn, Write::new(INSERT))?;
    for row in rows {
        let payment = &row.payment;
        let slot = slot(row)?;
        let state = StateColumns::new(&payment.state);
        insert.row(&params![
            payment.no.get(),
            row.shard,
            payment.id.bytes(),
            payment.account.get(),
            payment.order.as_str(),
            payment.opened_for.as_str(),
            payment.code.as_str(),
            payment.slot.map(|slot| slot.pool.get()),
            slot,
            payment.lap,
            payment.amount.get(),
            payment.fee.amount.get(),
            payment.opened_at.millis(),
            payment.expires_at.millis(),
            announce_number(payment.announce),
            payment.superseded,
            state.state,
            state.sale_no,
            state.taken_by.as_ref().map(RetailerKey::as_str),
            state.till_at.map(Timestamp::millis),
            state.paid_at.map(Timestamp::millis),
            state.business_date.map(BusinessDate::days),
            state.final_after.map(Timestamp::millis),
            state.is_final,
            state.hold_until.map(Timestamp::millis),
            state.closed_at.map(Timestamp::millis),
            state.expired_by,
            row.notify_urls,
            row.personal.data_key,
            row.personal.bytes,
            row.last_event.get(),
            row.fee_plan,
            payment.family.map(PaymentNo::get),
        ])?;
    }
    insert.end()
}

/// The slot's number. The row lies in its slot's shard, so that a code alone leads to it.
fn slot(row: &PaymentRow) -> Result<Option<i64>> {
    let Payment { no, slot, .. } = &row.payment;
    match slot {
        Some(Slot { shard, .. }) if *shard != row.shard => {
            Err(broken(format!("payment {no} is in shard {}, its slot in {shard}", row.shard)))
        }
        Some(Slot { slot, .. }) => signed(*slot).map(Some),
        None => Ok(None),
    }
}

/// State, announce, `superseded`, being the first of a family, and last event.
pub(super) fn update(conn: &Conn, rows: &[PaymentRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut update = Put::new(conn, Write::changing("payment", UPDATE, &[0]))?;
    for row in rows {
        let payment = &row.payment;
        let state = StateColumns::new(&payment.state);
        update.row(&params![
            payment.no.get(),
            payment.superseded,
            announce_number(payment.announce),
            state.state,
            state.sale_no,
            state.taken_by.as_ref().map(RetailerKey::as_str),
            state.till_at.map(Timestamp::millis),
            state.paid_at.map(Timestamp::millis),
            state.business_date.map(BusinessDate::days),
            state.final_after.map(Timestamp::millis),
            state.is_final,
            state.hold_until.map(Timestamp::millis),
            state.closed_at.map(Timestamp::millis),
            state.expired_by,
            row.last_event.get(),
        ])?;
    }
    update.end()?;
    let superseded = rows.iter().filter(|row| row.payment.superseded);
    put(conn, Write::new(SUPERSEDE), superseded, |row| params![row.payment.no.get()])?;
    let first = rows.iter().filter(|row| row.payment.family == Some(row.payment.no));
    put(conn, Write::new(FAMILY), first, |row| params![row.payment.no.get()])
}
