//! Where the money is: files, matched payments, transfers, payouts, balances written down.

use domain::time::{BusinessDate, Timestamp};
use rusqlite::{Connection, Params, params};

use super::{
    super::{
        Result,
        encode::{advance_state_number, matched_state_number, payout_state_number},
    },
    changed_one,
};
use crate::{AdvanceRow, BooksWrites, MatchedRow, PayoutDecided, PayoutRow, RetailerDayRow};

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

fn put(conn: &Connection, sql: &'static str, params: impl Params) -> Result<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// Everything the commit changes of the books.
pub(super) fn write(conn: &Connection, writes: &BooksWrites) -> Result<()> {
    for row in &writes.files {
        let params = params![
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
        ];
        put(conn, FILE, params)?;
    }
    for payment in &writes.matched_gone {
        changed_one(put(conn, MATCHED_GONE, [payment.get()])?, "matched", *payment)?;
    }
    writes.matched_new.iter().try_for_each(|row| matched(conn, row))?;
    for row in &writes.matched_changed {
        let available_on = row.available_on.map(BusinessDate::days);
        let params = params![row.payment.get(), matched_state_number(row.state), available_on];
        changed_one(put(conn, MATCHED_CHANGED, params)?, "matched", row.payment)?;
    }
    advances(conn, writes)?;
    writes.days.iter().try_for_each(|row| day(conn, row))?;
    for row in &writes.fundings {
        let params = params![
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
        ];
        put(conn, FUNDING, params)?;
    }
    payouts(conn, writes)?;
    for row in &writes.snapshots {
        let params = params![
            row.account.get(),
            row.event.get(),
            row.balances.pending.get(),
            row.balances.active.get(),
            row.at.millis(),
        ];
        put(conn, SNAPSHOT, params)?;
    }
    Ok(())
}

fn matched(conn: &Connection, row: &MatchedRow) -> Result<()> {
    let params = params![
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
    ];
    put(conn, MATCHED, params).map(drop)
}

fn advances(conn: &Connection, writes: &BooksWrites) -> Result<()> {
    let state = |row: &AdvanceRow| (advance_state_number(row.state), row.closed_at);
    for row in &writes.advances_new {
        let (state, closed_at) = state(row);
        let params = params![
            row.payment.get(),
            row.account.get(),
            row.amount.get(),
            row.event.get(),
            row.at.millis(),
            state,
            closed_at.map(Timestamp::millis),
        ];
        put(conn, ADVANCE, params)?;
    }
    for row in &writes.advances_changed {
        let (state, closed_at) = state(row);
        let params = params![row.payment.get(), state, closed_at.map(Timestamp::millis)];
        changed_one(put(conn, ADVANCE_CHANGED, params)?, "advance", row.payment)?;
    }
    Ok(())
}

fn day(conn: &Connection, row: &RetailerDayRow) -> Result<()> {
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
    if put(conn, DAY_MORE, params)? == 0 {
        put(conn, DAY, params)?;
    }
    Ok(())
}

fn payouts(conn: &Connection, writes: &BooksWrites) -> Result<()> {
    let decision = |row: &PayoutRow| {
        let decided = row.decided.clone();
        decided
            .map(|PayoutDecided { event, at, by }| (event.get(), at.millis(), by))
            .map_or((None, None, None), |(event, at, by)| (Some(event), Some(at), Some(by)))
    };
    for row in &writes.payouts_new {
        let (event, at, by) = decision(row);
        let params = params![
            row.no,
            row.account.get(),
            row.amount.get(),
            payout_state_number(row.state),
            row.reference,
            row.event.get(),
            Timestamp::millis(row.recorded_at),
            row.recorded_by,
            event,
            at,
            by,
        ];
        put(conn, PAYOUT, params)?;
    }
    for row in &writes.payouts_changed {
        let (event, at, by) = decision(row);
        let params = params![row.no, payout_state_number(row.state), event, at, by];
        changed_one(put(conn, PAYOUT_CHANGED, params)?, "payout", row.no)?;
    }
    Ok(())
}
