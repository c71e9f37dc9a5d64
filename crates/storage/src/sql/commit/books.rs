//! Where the money is: files, matched payments, transfers, payouts, balances written down.

use domain::time::{BusinessDate, Timestamp};

use super::super::{
    Conn, Result,
    encode::{advance_state_number, matched_state_number, payout_state_number},
    put::{Write, execute, put},
    value::params,
};
use crate::{BooksWrites, PayoutRow, RetailerDayRow};

const FILE: &str = "insert into file (no, retailer, business_date, revision, name, profile, \
    sha256, lines, total, applied_at, applied_by) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

const MATCHED: &str = "insert into matched (payment_no, shard, file_no, line, retailer, \
    business_date, sale_no, total, commission, matched_at, state, available_on, account_no) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

const MATCHED_CHANGED: &str =
    "update matched set state = ?2, available_on = ?3 where payment_no = ?1";

const ADVANCE: &str = "insert into advance (payment_no, account_no, amount, event_no, at, state, \
    closed_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ADVANCE_CHANGED: &str = "update advance set state = ?2, closed_at = ?3 where payment_no = ?1";

const MATCHED_GONE: &str = "delete from matched where payment_no = ?1";

const DAY: &str = "insert into retailer_day (retailer, business_date, matched, waiting, funded, \
    funded_on) values (?1, ?2, ?3, ?4, ?5, ?6)";

const DAY_MORE: &str = "update retailer_day set matched = matched + ?3, waiting = waiting + ?4, \
    funded = funded + ?5, funded_on = coalesce(?6, funded_on) \
    where retailer = ?1 and business_date = ?2";

const FUNDING: &str = "insert into funding (no, retailer, business_date, amount, commission, \
    difference, reference, event_no, recorded_at, recorded_by) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const PAYOUT: &str = "insert into payout (no, account_no, amount, state, reference, event_no, \
    recorded_at, recorded_by, decided_event, decided_at, decided_by) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

const PAYOUT_CHANGED: &str = "update payout set state = ?2, decided_event = ?3, decided_at = ?4, \
    decided_by = ?5 where no = ?1";

const SNAPSHOT: &str = "insert into balance_snapshot (account_no, event_no, pending, active, at) \
    values (?1, ?2, ?3, ?4, ?5) on conflict (account_no, event_no) do nothing";

/// Everything the commit changes of the books.
pub(super) fn write(conn: &Conn, writes: &BooksWrites) -> Result<()> {
    put(conn, Write::new(FILE), &writes.files, |row| {
        params![
            row.no,
            row.retailer.as_str(),
            row.business_date.days(),
            row.revision,
            row.name,
            row.profile,
            row.sha256,
            row.lines,
            row.total,
            row.applied_at.millis(),
            row.applied_by,
        ]
    })?;
    matched(conn, writes)?;
    advances(conn, writes)?;
    writes.days.iter().try_for_each(|row| day(conn, row))?;
    put(conn, Write::new(FUNDING), &writes.fundings, |row| {
        params![
            row.no,
            row.day.0.as_str(),
            row.day.1.days(),
            row.amount.get(),
            row.commission.get(),
            row.difference.get(),
            row.reference,
            row.event.get(),
            row.recorded_at.millis(),
            row.recorded_by,
        ]
    })?;
    payouts(conn, writes)?;
    put(conn, Write::replacing(SNAPSHOT, &[0, 1]), &writes.snapshots, |row| {
        params![
            row.account.get(),
            row.event.get(),
            row.balances.pending.get(),
            row.balances.active.get(),
            row.at.millis(),
        ]
    })
}

fn matched(conn: &Conn, writes: &BooksWrites) -> Result<()> {
    let gone = Write::changing("matched", MATCHED_GONE, &[0]);
    put(conn, gone, &writes.matched_gone, |payment| params![payment.get()])?;
    put(conn, Write::new(MATCHED), &writes.matched_new, |row| {
        params![
            row.payment.get(),
            row.shard,
            row.file,
            row.line,
            row.day.0.as_str(),
            row.day.1.days(),
            row.sale.get(),
            row.total.get(),
            row.commission.get(),
            row.matched_at.millis(),
            matched_state_number(row.state),
            row.available_on.map(BusinessDate::days),
            row.account.get(),
        ]
    })?;
    let changed = Write::changing("matched", MATCHED_CHANGED, &[0]);
    put(conn, changed, &writes.matched_changed, |row| {
        let available_on = row.available_on.map(BusinessDate::days);
        params![row.payment.get(), matched_state_number(row.state), available_on]
    })
}

fn advances(conn: &Conn, writes: &BooksWrites) -> Result<()> {
    put(conn, Write::new(ADVANCE), &writes.advances_new, |row| {
        params![
            row.payment.get(),
            row.account.get(),
            row.amount.get(),
            row.event.get(),
            row.at.millis(),
            advance_state_number(row.state),
            row.closed_at.map(Timestamp::millis),
        ]
    })?;
    let changed = Write::changing("advance", ADVANCE_CHANGED, &[0]);
    put(conn, changed, &writes.advances_changed, |row| {
        let closed_at = row.closed_at.map(Timestamp::millis);
        params![row.payment.get(), advance_state_number(row.state), closed_at]
    })
}

fn day(conn: &Conn, row: &RetailerDayRow) -> Result<()> {
    let (retailer, date) = &row.day;
    let params = params![
        retailer.as_str(),
        date.days(),
        row.matched,
        row.waiting,
        row.funded,
        row.funded_on.map(BusinessDate::days),
    ];
    // An insert that updates on conflict would first check what is added as if it were a whole row.
    if execute(conn, DAY_MORE, params)? == 0 {
        execute(conn, DAY, params)?;
    }
    Ok(())
}

fn payouts(conn: &Conn, writes: &BooksWrites) -> Result<()> {
    put(conn, Write::new(PAYOUT), &writes.payouts_new, |row| {
        let (event, at, by) = decision(row);
        params![
            row.no,
            row.account.get(),
            row.amount.get(),
            payout_state_number(row.state),
            row.reference,
            row.event.get(),
            row.recorded_at.millis(),
            row.recorded_by,
            event,
            at,
            by,
        ]
    })?;
    let changed = Write::changing("payout", PAYOUT_CHANGED, &[0]);
    put(conn, changed, &writes.payouts_changed, |row| {
        let (event, at, by) = decision(row);
        params![row.no, payout_state_number(row.state), event, at, by]
    })
}

/// What was decided of a payout: the event, when, and by whom.
fn decision(row: &PayoutRow) -> (Option<i64>, Option<i64>, Option<&str>) {
    row.decided.as_ref().map_or((None, None, None), |decided| {
        (Some(decided.event.get()), Some(decided.at.millis()), Some(decided.by.as_str()))
    })
}
