//! What a batch reads for lines of retailers' files.

use domain::ids::SaleNo;

use super::{super::decode, Loader, Result, many, one, sql};
use crate::{LinesWanted, SaleRow};

impl Loader<'_> {
    pub(super) fn lines(&mut self, wanted: &LinesWanted) -> Result<()> {
        for day in &wanted.days {
            self.day(day)?;
        }
        for no in &wanted.sales {
            self.sale_by_no(*no)?;
        }
        for no in &wanted.lines {
            let found = one(self.conn, sql::FILE_LINE, [no], decode::lines::line)?;
            self.loaded.lines.extend(found.map(|row| (row.no, row)));
        }
        for no in &wanted.said_of_lines {
            let found = one(self.conn, sql::SAID_OF_LINE, [no], decode::lines::difference)?;
            self.loaded.differences.extend(found);
        }
        for no in &wanted.said_of_sales {
            let params = [no.get()];
            let found = one(self.conn, sql::SAID_OF_SALE, params, decode::lines::difference)?;
            self.loaded.differences.extend(found);
        }
        for code in &wanted.aliases {
            let params = [code.as_str()];
            let aliases = many(self.conn, sql::FILE_ALIASES, params, decode::lines::alias)?;
            for alias in &aliases {
                self.sale_by_no(alias.sale)?;
            }
            if !aliases.is_empty() {
                self.loaded.aliases.insert(*code, aliases);
            }
        }
        Ok(())
    }

    /// A sale with its payment and its unapplied cash.
    fn sale_by_no(&mut self, no: SaleNo) -> Result<()> {
        let found = one(self.conn, sql::SALE_BY_NO, [no.get()], decode::sale)?;
        let Some(row): Option<SaleRow> = found else { return Ok(()) };
        if let Some(payment) = row.sale.payment {
            self.payment(payment)?;
        }
        self.unapplied(no)?;
        self.loaded.sales.insert((row.sale.partner, row.sale.key.clone()), row);
        Ok(())
    }
}
