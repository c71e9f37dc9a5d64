//! Refund codes, each with its cash.

use super::{
    super::{Result, decode, query::one, read::sql},
    Loader,
};
use crate::RefundWanted;

impl Loader<'_> {
    pub(super) fn refunds(&mut self, wanted: &[RefundWanted]) -> Result<()> {
        for wanted in wanted {
            let decode = decode::refund::refund;
            let found = match wanted {
                RefundWanted::Code(code) => {
                    one(self.conn, sql::REFUND_BY_CODE, [code.as_str()], decode)?
                }
                RefundWanted::No(no) => one(self.conn, sql::REFUND, [no], decode)?,
                RefundWanted::Cash(cash) => one(self.conn, sql::REFUND_OF, [cash], decode)?,
            };
            if let Some(row) = found {
                self.unapplied(row.cash_sale)?;
                self.loaded.refunds.insert(row.no, row);
            }
        }
        Ok(())
    }
}
