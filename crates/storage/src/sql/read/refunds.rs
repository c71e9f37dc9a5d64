//! Questions about refund codes.

use domain::{code::PaymentCode, ids::SaleNo, time::Timestamp};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        decode,
        query::{limit, many, one},
    },
    sql,
};
use crate::{Corrupt, EventRow, RefundRow};

impl Reader {
    /// The refund code that reads so.
    pub fn refund_by_code(&self, code: &PaymentCode) -> Result<Option<RefundRow>> {
        one(&self.conn, sql::REFUND_BY_CODE, [code.as_str()], decode::refund::refund)
    }

    /// The newest refund code of unapplied cash.
    pub fn refund_of(&self, cash: i64) -> Result<Option<RefundRow>> {
        one(&self.conn, sql::REFUND_OF, [cash], decode::refund::refund)
    }

    /// Every refund code of unapplied cash, oldest first.
    pub fn refunds_of(&self, cash: i64) -> Result<Vec<RefundRow>> {
        many(&self.conn, sql::REFUNDS_OF, [cash], decode::refund::refund)
    }

    /// Refund codes whose pay-out was never confirmed, oldest first.
    pub fn refunds_suspect(&self, rows_max: usize) -> Result<Vec<RefundRow>> {
        many(&self.conn, sql::REFUNDS_SUSPECT, [limit(rows_max)], decode::refund::refund)
    }

    /// All refund codes, newest first.
    pub fn refunds(&self, rows_max: usize) -> Result<Vec<RefundRow>> {
        many(&self.conn, sql::REFUNDS, [limit(rows_max)], decode::refund::refund)
    }

    /// What happened to the refund codes of the cash that a sale brought, oldest first.
    pub fn refund_events(&self, cash_sale: SaleNo) -> Result<Vec<EventRow>> {
        many(&self.conn, sql::REFUND_EVENTS, [cash_sale.get()], decode::event)
    }

    /// Open refund codes with a deadline at `deadline` or before, and reserved ones whose commit is
    /// overdue at `now`.
    pub fn refunds_due(
        &self,
        deadline: Timestamp,
        now: Timestamp,
        rows_max: usize,
    ) -> Result<Vec<i64>> {
        let number = |row: &crate::sql::Row<'_>| Cells::new("refund_code", row).int();
        let params = [deadline.millis(), limit(rows_max)];
        let mut due = many(&self.conn, sql::REFUNDS_EXPIRED, params, number)?;
        let params = [now.millis(), limit(rows_max)];
        due.extend(many(&self.conn, sql::REFUNDS_OVERDUE, params, number)?);
        Ok(due)
    }

    /// All refund codes there are, oldest first, for those who check everything.
    pub fn walk_refunds(
        &self,
        each: &mut dyn FnMut(std::result::Result<RefundRow, Corrupt>),
    ) -> Result<()> {
        self.walk(sql::REFUNDS_IN, [i64::MIN, i64::MAX], decode::refund::refund, each)
    }
}
