//! What a batch reads of the books.

use domain::payment::State;
use rusqlite::params;

use super::{super::decode::books as decode, Loader, Result, one, sql};
use crate::{BooksWanted, PayoutWanted, RetailerDay, sqlite::read};

impl Loader<'_> {
    pub(super) fn books(&mut self, wanted: &BooksWanted) -> Result<()> {
        for account in &wanted.balances {
            let balances = read::books::balances_up_to(self.conn, *account, read::books::LAST)?;
            self.loaded.books.balances.insert(*account, balances);
        }
        for day in &wanted.days {
            self.day(day)?;
            let owed = read::books::owed(self.conn, day)?;
            self.loaded.books.owed.insert(*day, owed);
        }
        for (day, reference) in &wanted.fundings {
            let params = params![day.0.as_str(), day.1.days(), reference];
            if let Some(row) = one(self.conn, sql::FUNDING, params, decode::funding)? {
                self.loaded.books.fundings.insert((*day, reference.clone()), row);
            }
        }
        for payout in &wanted.payouts {
            let found = match payout {
                PayoutWanted::No(no) => one(self.conn, sql::PAYOUT, [no], decode::payout)?,
                PayoutWanted::Reference(account, reference) => {
                    let params = params![account.get(), reference];
                    one(self.conn, sql::PAYOUT_BY_REFERENCE, params, decode::payout)?
                }
            };
            self.loaded.books.payouts.extend(found.map(|row| (row.no, row)));
        }
        for payment in &wanted.matched {
            let found = one(self.conn, sql::MATCHED, [payment.get()], decode::matched)?;
            if let Some(row) = found {
                self.day(&row.day)?;
                self.loaded.books.matched.insert(*payment, row);
            } else if let Some(row) = self.loaded.payments.get(payment)
                && let Some(taking) = row.payment.state.taking()
            {
                // It is about to be matched, and counts for this day.
                let day = (taking.retailer, taking.business_date);
                self.day(&day)?;
            }
        }
        Ok(())
    }

    /// The advances of payments whose money their merchants have: whatever takes one of these back
    /// closes its advance.
    pub(super) fn advances(&mut self, wanted: &BooksWanted) -> Result<()> {
        for row in self.loaded.payments.values() {
            let (State::Settled(_) | State::ClawedBack(..)) = row.payment.state else { continue };
            let no = row.payment.no;
            if let Some(row) = one(self.conn, sql::ADVANCE, [no.get()], decode::advance)? {
                self.loaded.books.advances.insert(no, row);
            }
        }
        for account in &wanted.advanced {
            let sum = read::books::advanced(self.conn, *account)?;
            self.loaded.books.advanced.insert(*account, sum);
        }
        Ok(())
    }

    pub(super) fn day(&mut self, day: &RetailerDay) -> Result<()> {
        if !self.loaded.books.days.contains_key(day)
            && let Some(row) = read::books::day_row(self.conn, day)?
        {
            self.loaded.books.days.insert(*day, row);
        }
        Ok(())
    }
}
