//! Lines of retailers' files.

use domain::{
    ids::{PaymentNo, SaleNo},
    money::Rupiah,
    time::{BusinessDate, Timestamp},
};

use super::super::{
    Conn, Result,
    encode::{against_number, line_state_number, verdict_number},
    put::{Write, put},
    value::params,
};
use crate::{DifferenceRow, LinesWrites};

const LINE: &str = "insert into file_line (no, retailer, business_date, identity, file_no, line, \
    outcome, code, amount, fee, status, sale_no, payment_no, our_amount, our_date, posted_at, state, \
    closed_at, why) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
    ?17, ?18, ?19) on conflict (no) do update set identity = excluded.identity, \
    file_no = excluded.file_no, line = excluded.line, outcome = excluded.outcome, \
    code = excluded.code, amount = excluded.amount, fee = excluded.fee, \
    status = excluded.status, sale_no = excluded.sale_no, payment_no = excluded.payment_no, \
    our_amount = excluded.our_amount, our_date = excluded.our_date, \
    posted_at = excluded.posted_at, state = excluded.state, closed_at = excluded.closed_at, \
    why = excluded.why";

const MENTIONED: &str = "update file_line set state = 2, closed_at = ?2, \
    why = 'a later file mentions it' where sale_no = ?1 and state = 1 and outcome = 'ours_only'";

const ALIAS: &str = "insert into file_alias (no, partner_no, code, amount, outlet, till_at, \
    tolerance_ms, sale_no) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const DIFFERENCE: &str = "insert into difference (no, line_no, sale_no, payment_no, verdict, \
    retailer, business_date, other_date, against, receivable, commission, expected, event_no, at, \
    reason) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

fn differences(conn: &Conn, rows: &[DifferenceRow]) -> Result<()> {
    put(conn, Write::new(DIFFERENCE), rows, |row| {
        let (retailer, date) = &row.adjustment.day;
        params![
            row.no,
            row.line,
            row.sale.map(SaleNo::get),
            row.payment.map(PaymentNo::get),
            verdict_number(row.verdict),
            retailer.as_str(),
            date.days(),
            row.adjustment.other_day.map(BusinessDate::days),
            against_number(row.adjustment.against),
            row.adjustment.receivable.get(),
            row.adjustment.commission.get(),
            row.expected.get(),
            row.event.get(),
            row.at.millis(),
            row.reason,
        ]
    })
}

/// Everything the commit changes of files' lines.
pub(super) fn write(conn: &Conn, writes: &LinesWrites) -> Result<()> {
    put(conn, Write::replacing(MENTIONED, &[0]), &writes.mentioned, |(sale, at)| {
        params![sale.get(), at.millis()]
    })?;
    put(conn, Write::replacing(LINE, &[0]), &writes.lines, |row| {
        params![
            row.no,
            row.day.0.as_str(),
            row.day.1.days(),
            row.identity,
            row.file,
            row.line,
            row.outcome,
            row.code.as_str(),
            row.amount.get(),
            row.fee.map(Rupiah::get),
            row.status,
            row.sale.map(SaleNo::get),
            row.payment.map(PaymentNo::get),
            row.our_amount.map(Rupiah::get),
            row.our_date.map(BusinessDate::days),
            row.posted_at.millis(),
            line_state_number(row.state),
            row.closed_at.map(Timestamp::millis),
            row.why,
        ]
    })?;
    differences(conn, &writes.differences)?;
    put(conn, Write::new(ALIAS), &writes.aliases, |row| {
        params![
            row.no,
            row.partner.get(),
            row.code.as_str(),
            row.amount.get(),
            row.outlet,
            row.till_at.millis(),
            row.tolerance.as_millis(),
            row.sale.get(),
        ]
    })
}
