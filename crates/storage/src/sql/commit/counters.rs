//! The counters' side: sales, inquiries, unapplied cash, refused reversals.

use domain::ids::PaymentNo;

use super::super::{
    Conn, Result,
    columns::{dispute_columns, inquiry_columns, sale_columns, unapplied_columns},
    encode::{dispute_state_number, sale_state_number, unapplied_state_number},
    put::{Write, put},
    value::params,
};
use crate::{DisputeRow, InquiryRow, SaleRow, UnappliedRow};

const INSERT_SALE: Write = Write::new(concat!(
    "insert into sale (",
    sale_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19)"
));

// Number, partner and key name the row, and are compared rather than set.
const UPDATE_SALE: Write = Write::changing(
    "sale",
    "update sale set retailer = ?5, code = ?6, amount = ?7, payment_no = ?8, \
    till_at = ?9, received_at = ?10, state = ?11, outlet = ?12, terminal = ?13, receipt_no = ?14, \
    data_key = ?15, answer = ?16, commit_answer = ?17, reversal_answer = ?18, digest = ?19 \
    where no = ?1 and shard = ?2 and partner_no = ?3 and sale_key = ?4",
    &[0],
);

const INSERT_INQUIRY: Write = Write::new(concat!(
    "insert into inquiry (",
    inquiry_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
));

const INSERT_UNAPPLIED: Write = Write::new(concat!(
    "insert into unapplied (",
    unapplied_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
));

const UPDATE_UNAPPLIED: Write =
    Write::changing("unapplied", "update unapplied set state = ?2 where no = ?1", &[0]);

const INSERT_DISPUTE: Write = Write::new(concat!(
    "insert into dispute (",
    dispute_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
));

const UPDATE_DISPUTE: Write =
    Write::changing("dispute", "update dispute set state = ?2 where no = ?1", &[0]);

/// New sales.
pub(super) fn insert_sales(conn: &Conn, rows: &[SaleRow]) -> Result<()> {
    write_sales(conn, INSERT_SALE, rows)
}

/// Changed sales.
pub(super) fn update_sales(conn: &Conn, rows: &[SaleRow]) -> Result<()> {
    write_sales(conn, UPDATE_SALE, rows)
}

/// Both statements take the same values in the same order.
fn write_sales(conn: &Conn, write: Write, rows: &[SaleRow]) -> Result<()> {
    put(conn, write, rows, |row| {
        let sale = &row.sale;
        params![
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
        ]
    })
}

/// Durable inquiries.
pub(super) fn insert_inquiries(conn: &Conn, rows: &[InquiryRow]) -> Result<()> {
    put(conn, INSERT_INQUIRY, rows, |row| {
        params![
            row.no,
            row.shard,
            row.partner.get(),
            row.key.as_str(),
            row.code.as_str(),
            row.payment.get(),
            row.total.get(),
            row.till_at.millis(),
            row.received_at.millis(),
        ]
    })
}

/// New unapplied cash.
pub(super) fn insert_unapplied(conn: &Conn, rows: &[UnappliedRow]) -> Result<()> {
    put(conn, INSERT_UNAPPLIED, rows, |row| {
        params![
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
        ]
    })
}

/// What became of unapplied cash.
pub(super) fn update_unapplied(conn: &Conn, rows: &[UnappliedRow]) -> Result<()> {
    put(conn, UPDATE_UNAPPLIED, rows, |row| params![row.no, unapplied_state_number(row.state)])
}

/// Refused reversals.
pub(super) fn insert_disputes(conn: &Conn, rows: &[DisputeRow]) -> Result<()> {
    put(conn, INSERT_DISPUTE, rows, |row| {
        params![
            row.no,
            row.shard,
            row.sale.get(),
            row.payment.map(PaymentNo::get),
            row.received_at.millis(),
            row.why,
            row.raw.data_key,
            row.raw.bytes,
            dispute_state_number(row.state),
        ]
    })
}

/// What became of refused reversals.
pub(super) fn update_disputes(conn: &Conn, rows: &[DisputeRow]) -> Result<()> {
    put(conn, UPDATE_DISPUTE, rows, |row| params![row.no, dispute_state_number(row.state)])
}
