//! Questions about the counters' side, and about merchants' repeated requests.

use crate::sql::value::params;
use domain::{
    code::PaymentCode,
    ids::{AccountNo, PartnerNo, PaymentNo, SaleNo},
    sale::SaleKey,
    time::Timestamp,
};

use super::{
    super::{
        Reader, Result, decode,
        query::{limit, many, one},
    },
    instant, sql,
};
use crate::{AliasRow, DisputeRow, IdempotencyRow, InquiryRow, SaleRow, UnappliedRow};

impl Reader {
    /// The sale of a partner under its key.
    pub fn sale(&self, partner: PartnerNo, key: &SaleKey) -> Result<Option<SaleRow>> {
        one(&self.conn, sql::SALE, params![partner.get(), key.as_str()], decode::sale)
    }

    /// The sale with this number.
    pub fn sale_by_no(&self, no: SaleNo) -> Result<Option<SaleRow>> {
        one(&self.conn, sql::SALE_BY_NO, [no.get()], decode::sale)
    }

    /// Sales of a code that were booked from files without the till's numbers, oldest first.
    pub fn aliases_of(&self, code: &PaymentCode) -> Result<Vec<AliasRow>> {
        many(&self.conn, sql::FILE_ALIASES, [code.as_str()], decode::lines::alias)
    }

    /// The sales that named a payment, oldest first.
    pub fn sales_of(&self, payment: PaymentNo) -> Result<Vec<SaleRow>> {
        many(&self.conn, sql::SALES_OF, [payment.get()], decode::sale)
    }

    /// The unapplied cash of a sale.
    pub fn unapplied_of(&self, sale: SaleNo) -> Result<Option<UnappliedRow>> {
        one(&self.conn, sql::UNAPPLIED_OF, [sale.get()], decode::unapplied)
    }

    /// Unapplied cash that waits for an operator, oldest first.
    pub fn unapplied_open(&self, rows_max: usize) -> Result<Vec<UnappliedRow>> {
        many(&self.conn, sql::UNAPPLIED_OPEN, [limit(rows_max)], decode::unapplied)
    }

    /// The unapplied cash with this number.
    pub fn unapplied_by_no(&self, no: i64) -> Result<Option<UnappliedRow>> {
        one(&self.conn, sql::UNAPPLIED, [no], decode::unapplied)
    }

    /// The refused reversal with this number.
    pub fn dispute(&self, no: i64) -> Result<Option<DisputeRow>> {
        one(&self.conn, sql::DISPUTE, [no], decode::dispute)
    }

    /// All unapplied cash there ever was, newest first.
    pub fn unapplied_all(&self, rows_max: usize) -> Result<Vec<UnappliedRow>> {
        many(&self.conn, sql::UNAPPLIED_ALL, [limit(rows_max)], decode::unapplied)
    }

    /// Refused reversals that wait for an operator, oldest first.
    pub fn disputes_open(&self, rows_max: usize) -> Result<Vec<DisputeRow>> {
        many(&self.conn, sql::DISPUTES_OPEN, [limit(rows_max)], decode::dispute)
    }

    /// Refused reversals, newest first.
    pub fn disputes(&self, rows_max: usize) -> Result<Vec<DisputeRow>> {
        many(&self.conn, sql::DISPUTES, [limit(rows_max)], decode::dispute)
    }

    /// The durable inquiry of a partner under its key.
    pub fn inquiry(&self, partner: PartnerNo, key: &SaleKey) -> Result<Option<InquiryRow>> {
        one(&self.conn, sql::INQUIRY, params![partner.get(), key.as_str()], decode::inquiry)
    }

    /// When a partner first asked for a payment, durably.
    pub fn inquired(&self, partner: PartnerNo, payment: PaymentNo) -> Result<Option<Timestamp>> {
        let params = [payment.get(), partner.get()];
        Ok(one(&self.conn, sql::INQUIRED, params, instant)?.flatten())
    }

    /// When anybody first asked for a payment, durably.
    pub fn first_inquiry_of(&self, payment: PaymentNo) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::FIRST_INQUIRY_OF, [payment.get()], instant)?.flatten())
    }

    /// The answer to repeat to a merchant, an expired one included.
    pub fn idempotency(&self, account: AccountNo, key: &str) -> Result<Option<IdempotencyRow>> {
        one(&self.conn, sql::IDEMPOTENCY, params![account.get(), key], decode::idempotency)
    }
}
