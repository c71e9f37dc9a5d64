//! Refund codes, each with its cash.

use super::{super::query::one, Loader, Result, decode, sql};
use crate::{RefundRow, RefundWanted};

impl Loader<'_> {
    pub(super) fn refunds(&mut self, wanted: &[RefundWanted]) -> Result<()> {
        let decode = decode::refund::refund;
        let mut rows: Vec<RefundRow> = Vec::new();
        for wanted in wanted {
            let found = match wanted {
                RefundWanted::Code(code) => {
                    one(self.conn, sql::REFUND_BY_CODE, [code.as_str()], decode)?
                }
                RefundWanted::No(no) => one(self.conn, sql::REFUND, [no], decode)?,
                RefundWanted::Cash(cash) => one(self.conn, sql::REFUND_OF, [cash], decode)?,
            };
            rows.extend(found);
        }
        let sales: Vec<_> = rows.iter().map(|row| row.cash_sale).collect();
        self.unapplied(&sales)?;
        self.loaded.refunds.extend(rows.into_iter().map(|row| (row.no, row)));
        Ok(())
    }
}
