//! Our sales beside a retailer's file, and what became of its lines.

use crate::sql::value::params;
use domain::{
    ids::{PaymentNo, SaleNo},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        decode::lines as decode,
        query::{limit, many, one},
    },
    sql,
};
use crate::{
    DifferenceRow, FileLineRow, FileRow, FileSays, OurSaleRow, OurSalesFilter, RetailerDay,
};

impl Reader {
    /// The last sale that was received before `at`; 0 where there is none.
    ///
    /// Sales are numbered in the order of their commits, in which they were received but for the few
    /// seconds by which one lane overtakes another: so a few rows are looked at, however many there
    /// are, and whoever needs an edge to be sharp leaves it some room.
    pub fn last_sale_before(&self, at: Timestamp) -> Result<SaleNo> {
        let (mut low, mut high) = (0, self.sequences()?.sale);
        while low < high {
            let middle = low + (high - low) / 2 + 1;
            let found = one(&self.conn, sql::SALE_FROM, [middle], |row| {
                let mut cells = Cells::new("sale", row);
                Ok((cells.int()?, cells.time()?))
            })?;
            match found {
                Some((no, received_at)) if received_at < at => low = no,
                Some(_) | None => high = middle - 1,
            }
        }
        Ok(SaleNo::new(low))
    }

    /// The next of a retailer's sales within bounds, oldest first.
    pub fn our_sales(&self, filter: &OurSalesFilter, rows_max: usize) -> Result<Vec<OurSaleRow>> {
        let OurSalesFilter { retailer, after, last } = filter;
        let params = params![after.get(), last.get(), retailer.as_str(), limit(rows_max)];
        many(&self.conn, sql::OUR_SALES, params, decode::our_sale)
    }

    /// The sale with this number, as reconciliation looks at it.
    pub fn our_sale(&self, no: SaleNo) -> Result<Option<OurSaleRow>> {
        one(&self.conn, sql::OUR_SALE, [no.get()], decode::our_sale)
    }

    /// Sales that were booked because files of these days said so.
    pub fn booked_from_files(
        &self,
        retailer: RetailerKey,
        first: BusinessDate,
        last: BusinessDate,
    ) -> Result<Vec<SaleNo>> {
        let params = params![retailer.as_str(), first.days(), last.days()];
        let found = many(&self.conn, sql::BOOKED_FROM_FILES, params, |row| {
            Ok(Cells::new("file_line", row).int_or_null()?.map(SaleNo::new))
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The next lines of a day's files, in the order of their rows.
    pub fn file_lines(
        &self,
        retailer: RetailerKey,
        date: BusinessDate,
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<FileLineRow>> {
        let params = params![retailer.as_str(), date.days(), after, limit(rows_max)];
        many(&self.conn, sql::FILE_LINES, params, decode::line)
    }

    /// Lines of a retailer's files that wait for somebody, oldest day first.
    pub fn file_lines_open(
        &self,
        retailer: RetailerKey,
        rows_max: usize,
    ) -> Result<Vec<FileLineRow>> {
        let params = params![retailer.as_str(), limit(rows_max)];
        many(&self.conn, sql::FILE_LINES_OPEN, params, decode::line)
    }

    /// Lines whose cash paid a payment only after they were posted, because an operator put it there or
    /// because a till could still take it back: their numbers, each with the payment.
    pub fn lines_paid_since(
        &self,
        retailer: RetailerKey,
        rows_max: usize,
    ) -> Result<Vec<(i64, PaymentNo)>> {
        let params = params![retailer.as_str(), limit(rows_max)];
        many(&self.conn, sql::LINES_PAID_SINCE, params, |row| {
            let mut cells = Cells::new("file_line", row);
            Ok((cells.int()?, PaymentNo::new(cells.int()?)))
        })
    }

    /// A line of a file.
    pub fn file_line(&self, no: i64) -> Result<Option<FileLineRow>> {
        one(&self.conn, sql::FILE_LINE, [no], decode::line)
    }

    /// Differences that were closed or opened again, newest first, before a number.
    pub fn differences(&self, before: i64, rows_max: usize) -> Result<Vec<DifferenceRow>> {
        let params = params![before, limit(rows_max)];
        many(&self.conn, sql::DIFFERENCES, params, decode::difference)
    }

    /// What was said last of a line.
    pub fn said_of_line(&self, line: i64) -> Result<Option<DifferenceRow>> {
        one(&self.conn, sql::SAID_OF_LINE, [line], decode::difference)
    }

    /// What the lines of a day's files say was sold and not taken back: how many they are, their sum,
    /// and what the retailer keeps of it, in whole rupiah.
    pub fn file_says(&self, day: RetailerDay) -> Result<FileSays> {
        let params = params![day.0.as_str(), day.1.days()];
        let found = one(&self.conn, sql::FILE_SAYS, params, |row| {
            let mut cells = Cells::new("file_line", row);
            Ok(FileSays {
                lines: cells.int()?,
                total: cells.int()?,
                commission: cells.int()?,
                without_commission: cells.int()?,
            })
        })?;
        Ok(found.unwrap_or_default())
    }

    /// What a day's transfers came to: what arrived, and what the retailer kept, in whole rupiah.
    pub fn transferred(&self, day: RetailerDay) -> Result<(i64, i64)> {
        let params = params![day.0.as_str(), day.1.days()];
        let found = one(&self.conn, sql::TRANSFERRED, params, |row| {
            let mut cells = Cells::new("funding", row);
            Ok((cells.int()?, cells.int()?))
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Whether it already waits for somebody that no file mentions a sale, or somebody closed that.
    pub fn waits_as_ours_only(&self, sale: SaleNo) -> Result<bool> {
        Ok(one(&self.conn, sql::WAITS_AS_OURS_ONLY, [sale.get()], |_| Ok(()))?.is_some())
    }

    /// The newest file of a retailer that was posted.
    pub fn newest_file(&self, retailer: RetailerKey) -> Result<Option<FileRow>> {
        one(&self.conn, sql::NEWEST_FILE, [retailer.as_str()], super::super::decode::books::file)
    }
}
