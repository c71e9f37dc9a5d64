//! Our records of the days that a retailer's file can be about.
//!
//! Read a page at a time, beside a running server. What is held is one page, and of each record where
//! it lies (16 bytes); the matcher holds the rest, about 150 bytes for each of the retailer's sales of
//! five days.

use std::{cell::RefCell, collections::VecDeque};

use domain::{
    ids::{PartnerNo, SaleNo},
    retailer::{Contract, RetailerKey},
    time::{BusinessDate, Span},
};
use reconcile::{Ours, Profile};
use storage::{OurSaleRow, OurSalesFilter, StorageError, sqlite::Reader};

/// Rows read at a time.
const PAGE: usize = 2_000;
/// On how many dates before its own a file can still find records (rule 34).
const DATES_BEFORE: i32 = 3;
/// A sale counts by the till's clock, which can be so far from ours (`domain::ledger`); and an advice
/// can come so late. Nothing is lost by looking at more.
const APART: Span = Span::hours(26);

/// The records, oldest first.
pub(super) struct Records<'r> {
    reader: &'r Reader,
    contract: &'r Contract,
    filter: OurSalesFilter,
    /// Booked from files, later than the filter's last.
    late: VecDeque<SaleNo>,
    page: VecDeque<OurSaleRow>,
    is_over: bool,
    first: BusinessDate,
    last: BusinessDate,
    /// Where each record lies that was given, in the order in which it was.
    places: &'r RefCell<Vec<(SaleNo, PartnerNo)>>,
}

impl<'r> Records<'r> {
    /// Those of the date, of the three before and of the one after.
    pub(super) fn new(
        reader: &'r Reader,
        contract: &'r Contract,
        profile: &Profile,
        date: BusinessDate,
        places: &'r RefCell<Vec<(SaleNo, PartnerNo)>>,
    ) -> Result<Self, StorageError> {
        let first = BusinessDate::from_days(date.days().saturating_sub(DATES_BEFORE));
        let last = date.after();
        let retailer = profile.retailer();
        let begin = profile.day_begins_at(first).plus(Span::millis(-APART.as_millis()));
        let late = contract.advice_max_age.max(APART);
        let end = profile.day_begins_at(last.after()).plus(late);
        let filter = OurSalesFilter {
            retailer,
            after: reader.last_sale_before(begin)?,
            last: reader.last_sale_before(end)?,
        };
        let booked = reader.booked_from_files(retailer, first, last)?;
        let late = booked.into_iter().filter(|no| *no > filter.last).collect();
        let (page, is_over) = (VecDeque::new(), false);
        Ok(Self { reader, contract, filter, late, page, is_over, first, last, places })
    }

    fn turn(&mut self) -> Result<Option<OurSaleRow>, StorageError> {
        if let Some(row) = self.page.pop_front() {
            return Ok(Some(row));
        }
        if !self.is_over {
            self.page = self.reader.our_sales(&self.filter, PAGE)?.into();
            self.is_over = self.page.len() < PAGE;
            if let Some(last) = self.page.back() {
                self.filter.after = last.no;
            }
            if let Some(row) = self.page.pop_front() {
                return Ok(Some(row));
            }
        }
        match self.late.pop_front() {
            Some(no) => self.reader.our_sale(no),
            None => Ok(None),
        }
    }

    fn record(&self, retailer: RetailerKey, row: OurSaleRow) -> Option<Ours> {
        let date = row.business_date.unwrap_or_else(|| self.contract.business_date(row.till_at));
        if date < self.first || date > self.last {
            return None;
        }
        let word =
            |text: &str| Some(text.parse().ok()?).filter(|word: &reconcile::Word| !word.is_empty());
        self.places.borrow_mut().push((row.no, row.partner));
        Some(Ours {
            outlet: word(&row.outlet),
            terminal: word(&row.terminal),
            sale: Some(row.key),
            payment: row.payment,
            code: row.code,
            amount: row.amount,
            fee: row.commission,
            retailer,
            till_at: row.till_at,
            business_date: date,
            state: row.state,
            matched_on: row.matched_on,
        })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Ours, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.turn() {
                Ok(Some(row)) => {
                    if let Some(record) = self.record(self.filter.retailer, row) {
                        return Some(Ok(record));
                    }
                }
                Ok(None) => return None,
                Err(error) => {
                    self.is_over = true;
                    self.late.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
