//! The counters' side: sales, inquiries, unapplied cash, refused reversals.

use domain::ids::PaymentNo;
use rusqlite::{Connection, params};

use super::{
    super::{
        Result,
        columns::{dispute_columns, inquiry_columns, sale_columns, unapplied_columns},
        encode::{dispute_state_number, sale_state_number, unapplied_state_number},
    },
    changed_one,
};
use crate::{DisputeRow, InquiryRow, SaleRow, UnappliedRow};

const INSERT_SALE: &str = concat!(
    "insert into sale (",
    sale_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19)"
);

// Number, partner and key name the row, and are compared rather than set.
const UPDATE_SALE: &str = "update sale set retailer = ?5, code = ?6, amount = ?7, payment_no = ?8, \
    till_at = ?9, received_at = ?10, state = ?11, outlet = ?12, terminal = ?13, receipt_no = ?14, \
    data_key = ?15, answer = ?16, commit_answer = ?17, reversal_answer = ?18, digest = ?19 \
    where no = ?1 and shard = ?2 and partner_no = ?3 and sale_key = ?4";

/// New sales.
pub(super) fn insert_sales(conn: &Connection, rows: &[SaleRow]) -> Result<()> {
    write_sales(conn, INSERT_SALE, rows)
}

/// Changed sales.
pub(super) fn update_sales(conn: &Connection, rows: &[SaleRow]) -> Result<()> {
    write_sales(conn, UPDATE_SALE, rows)
}

/// Both statements take the same values in the same order.
fn write_sales(conn: &Connection, sql: &'static str, rows: &[SaleRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(sql)?;
    for row in rows {
        let sale = &row.sale;
        let changed = statement.execute(params![
            sale.no.get(),
            row.shard,
            sale.partner.get(),
            sale.key.as_str(),
            sale.retailer.as_str(),
            sale.code.as_str(),
            sale.amount.get(),
            sale.payment.map(PaymentNo::get),
            sale.till_at.millis(),
            sale.received_at.millis(),
            sale_state_number(sale.state),
            row.outlet,
            row.terminal,
            row.receipt_no,
            row.data_key,
            row.answer,
            row.commit_answer,
            row.reversal_answer,
            row.digest,
        ])?;
        changed_one(changed, "sale", sale.no)?;
    }
    Ok(())
}

/// Durable inquiries.
pub(super) fn insert_inquiries(conn: &Connection, rows: &[InquiryRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(concat!(
        "insert into inquiry (",
        inquiry_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    ))?;
    for row in rows {
        statement.execute(params![
            row.no,
            row.shard,
            row.partner.get(),
            row.key.as_str(),
            row.code.as_str(),
            row.payment.get(),
            row.total.get(),
            row.till_at.millis(),
            row.received_at.millis(),
        ])?;
    }
    Ok(())
}

/// New unapplied cash.
pub(super) fn insert_unapplied(conn: &Connection, rows: &[UnappliedRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(concat!(
        "insert into unapplied (",
        unapplied_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    ))?;
    for row in rows {
        statement.execute(params![
            row.no,
            row.shard,
            row.sale.get(),
            row.retailer.as_str(),
            row.code.as_str(),
            row.payment.map(PaymentNo::get),
            row.amount.get(),
            row.why,
            row.business_date.days(),
            row.received_at.millis(),
            unapplied_state_number(row.state),
        ])?;
    }
    Ok(())
}

/// What became of unapplied cash.
pub(super) fn update_unapplied(conn: &Connection, rows: &[UnappliedRow]) -> Result<()> {
    for row in rows {
        let changed = conn
            .prepare_cached("update unapplied set state = ?2 where no = ?1")?
            .execute(params![row.no, unapplied_state_number(row.state)])?;
        changed_one(changed, "unapplied", row.no)?;
    }
    Ok(())
}

/// Refused reversals.
pub(super) fn insert_disputes(conn: &Connection, rows: &[DisputeRow]) -> Result<()> {
    for row in rows {
        conn.prepare_cached(concat!(
            "insert into dispute (",
            dispute_columns!(),
            ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        ))?
        .execute(params![
            row.no,
            row.shard,
            row.sale.get(),
            row.payment.map(PaymentNo::get),
            row.received_at.millis(),
            row.why,
            row.raw.data_key,
            row.raw.bytes,
            dispute_state_number(row.state),
        ])?;
    }
    Ok(())
}

/// What became of refused reversals.
pub(super) fn update_disputes(conn: &Connection, rows: &[DisputeRow]) -> Result<()> {
    for row in rows {
        let changed = conn
            .prepare_cached("update dispute set state = ?2 where no = ?1")?
            .execute(params![row.no, dispute_state_number(row.state)])?;
        changed_one(changed, "dispute", row.no)?;
    }
    Ok(())
}
