//! What a batch reads of the books.

use domain::payment::State;

use super::{
    super::{decode::books as decode, query::one, read},
    Loader, Result, first_of_each, params, sql,
};
use crate::{BooksWanted, PayoutWanted, RetailerDay};

impl Loader<'_> {
    pub(super) fn books(&mut self, wanted: &BooksWanted) -> Result<()> {
        let balances = &mut self.loaded.books.balances;
        read::books::balances_of_each(self.conn, &wanted.balances, |account, held| {
            balances.insert(account, held);
        })?;
        self.days(wanted.days.iter().copied())?;
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::OWED,
            &wanted.days,
            |(retailer, date)| params![retailer.as_str(), date.days()],
            read::books::balance,
            |day, owed| {
                loaded.books.owed.insert(*day, owed);
            },
        )?;
        first_of_each(
            self.conn,
            sql::FUNDING,
            &wanted.fundings,
            |(day, reference)| params![day.0.as_str(), day.1.days(), reference],
            decode::funding,
            |key, row| {
                loaded.books.fundings.insert(key.clone(), row);
            },
        )?;
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
        self.matched(wanted)
    }

    fn matched(&mut self, wanted: &BooksWanted) -> Result<()> {
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::MATCHED,
            &wanted.matched,
            |payment| params![payment.get()],
            decode::matched,
            |payment, row| {
                loaded.books.matched.insert(*payment, row);
            },
        )?;
        let mut days = Vec::new();
        for payment in &wanted.matched {
            if let Some(row) = loaded.books.matched.get(payment) {
                days.push(row.day);
            } else if let Some(row) = loaded.payments.get(payment)
                && let Some(taking) = row.payment.state.taking()
            {
                // It is about to be matched, and counts for this day.
                days.push((taking.retailer, taking.business_date));
            }
        }
        self.days(days.into_iter())
    }

    /// The advances of payments whose money their merchants have: whatever takes one of these back
    /// closes its advance.
    pub(super) fn advances(&mut self, wanted: &BooksWanted) -> Result<()> {
        let loaded = &mut self.loaded;
        let paid_out = loaded
            .payments
            .values()
            .filter(|row| matches!(row.payment.state, State::Settled(_) | State::ClawedBack(..)));
        let paid_out: Vec<_> = paid_out.map(|row| row.payment.no).collect();
        first_of_each(
            self.conn,
            sql::ADVANCE,
            &paid_out,
            |no| params![no.get()],
            decode::advance,
            |no, row| {
                loaded.books.advances.insert(*no, row);
            },
        )?;
        for account in &wanted.advanced {
            let sum = read::books::advanced(self.conn, *account)?;
            self.loaded.books.advanced.insert(*account, sum);
        }
        Ok(())
    }

    /// Retailers' days; those that are there already are not read again.
    pub(super) fn days(&mut self, wanted: impl Iterator<Item = RetailerDay>) -> Result<()> {
        let days = &mut self.loaded.books.days;
        let mut wanted: Vec<_> = wanted.filter(|day| !days.contains_key(day)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        first_of_each(
            self.conn,
            sql::RETAILER_DAY,
            &wanted,
            |(retailer, date)| params![retailer.as_str(), date.days()],
            decode::day,
            |day, row| {
                days.insert(*day, row);
            },
        )
    }
}
