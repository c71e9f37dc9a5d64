//! What one turn of the pipeline reads: point look-ups in one transaction, each row once.

mod books;
mod checkouts;
mod lines;
mod refunds;

use domain::{
    ids::{PartnerNo, PaymentNo, SaleNo},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    Result, decode,
    fault::signed,
    query::{many, one},
    read::sql,
};
use crate::{CodeWanted, ExternalId, Loaded, PaymentRow, Wanted};

/// Reads every row that is wanted.
pub(super) fn load(conn: &mut Connection, wanted: &Wanted) -> Result<Loaded> {
    let tx = conn.transaction()?;
    let mut loader = Loader { conn: &tx, loaded: Loaded::default() };
    loader.payments(wanted)?;
    loader.counters(wanted)?;
    loader.waiting(wanted)?;
    loader.books(&wanted.books)?;
    loader.lines(&wanted.lines)?;
    loader.refunds(&wanted.refunds)?;
    loader.checkouts(&wanted.checkouts)?;
    loader.advances(&wanted.books)?;
    loader.rest(wanted)?;
    let loaded = loader.loaded;
    // Nothing was written; committing ends the read without the cost of a rollback.
    tx.commit()?;
    Ok(loaded)
}

struct Loader<'conn> {
    conn: &'conn Connection,
    loaded: Loaded,
}

impl Loader<'_> {
    fn payments(&mut self, wanted: &Wanted) -> Result<()> {
        for no in &wanted.payments {
            self.payment(*no)?;
        }
        for (account, order) in &wanted.orders {
            let found = one(
                self.conn,
                sql::PAYMENT_BY_ORDER,
                params![account.get(), order],
                decode::payment,
            )?;
            if let Some(no) = self.keep(found) {
                self.loaded.orders.insert((*account, order.clone()), no);
            }
        }
        for slot in &wanted.slots {
            self.slot(*slot)?;
        }
        for code in &wanted.codes {
            self.code(code)?;
        }
        for first in &wanted.families {
            let family = many(self.conn, sql::FAMILY, [first.get()], decode::payment)?;
            let numbers = family.iter().map(|row| row.payment.no).collect();
            self.loaded.families.insert(*first, numbers);
            self.loaded.payments.extend(family.into_iter().map(|row| (row.payment.no, row)));
        }
        Ok(())
    }

    /// Puts a row where it belongs.
    fn keep(&mut self, found: Option<PaymentRow>) -> Option<PaymentNo> {
        let row = found?;
        let no = row.payment.no;
        self.loaded.payments.insert(no, row);
        Some(no)
    }

    fn payment(&mut self, no: PaymentNo) -> Result<()> {
        if !self.loaded.payments.contains_key(&no) {
            let found = one(self.conn, sql::PAYMENT, [no.get()], decode::payment)?;
            self.keep(found);
        }
        Ok(())
    }

    fn slot(&mut self, slot: domain::code::Slot) -> Result<Option<PaymentNo>> {
        if let Some(no) = self.loaded.slots.get(&slot) {
            return Ok(Some(*no));
        }
        let params = params![slot.pool.get(), signed(slot.slot)?, slot.shard];
        let found = one(self.conn, sql::PAYMENT_BY_SLOT, params, decode::payment)?;
        let no = self.keep(found);
        if let Some(no) = no {
            self.loaded.slots.insert(slot, no);
        }
        Ok(no)
    }

    fn code(&mut self, wanted: &CodeWanted) -> Result<()> {
        let found = if let Some(slot) = wanted.slot {
            self.slot(slot)?
        } else {
            let params = [wanted.code.as_str()];
            let found = one(self.conn, sql::PAYMENT_BY_FOREIGN, params, decode::payment)?;
            let no = self.keep(found);
            if let Some(no) = no {
                self.loaded.foreign.insert(wanted.code, no);
            }
            no
        };
        match (found, wanted.inquired_by) {
            (Some(payment), Some(partner)) => self.inquired(partner, payment),
            (Some(_) | None, _) => Ok(()),
        }
    }

    fn inquired(&mut self, partner: PartnerNo, payment: PaymentNo) -> Result<()> {
        let params = [payment.get(), partner.get()];
        let first = one(self.conn, sql::INQUIRED, params, |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        if let Some(first) = first.flatten() {
            self.loaded.inquired.insert((partner, payment), Timestamp::from_millis(first));
        }
        Ok(())
    }

    fn counters(&mut self, wanted: &Wanted) -> Result<()> {
        for (partner, key) in &wanted.sales {
            let params = params![partner.get(), key.as_str()];
            let Some(row) = one(self.conn, sql::SALE, params, decode::sale)? else {
                continue;
            };
            if let Some(payment) = row.sale.payment {
                self.payment(payment)?;
            }
            self.unapplied(row.sale.no)?;
            self.loaded.sales.insert((*partner, key.clone()), row);
        }
        for (partner, key) in &wanted.inquiries {
            let params = params![partner.get(), key.as_str()];
            if let Some(row) = one(self.conn, sql::INQUIRY, params, decode::inquiry)? {
                self.payment(row.payment)?;
                self.loaded.inquiries.insert((*partner, key.clone()), row);
            }
        }
        Ok(())
    }

    fn unapplied(&mut self, sale: SaleNo) -> Result<()> {
        if let Some(row) = one(self.conn, sql::UNAPPLIED_OF, [sale.get()], decode::unapplied)? {
            if let Some(payment) = row.payment {
                self.payment(payment)?;
            }
            self.loaded.unapplied.insert(sale, row);
        }
        Ok(())
    }

    /// What waits for an operator, with its sale and payment.
    fn waiting(&mut self, wanted: &Wanted) -> Result<()> {
        let mut sales = Vec::new();
        for no in &wanted.unapplied {
            let found = one(self.conn, sql::UNAPPLIED, [no], decode::unapplied)?;
            sales.extend(found.map(|row| row.sale));
        }
        for no in &wanted.disputes {
            if let Some(row) = one(self.conn, sql::DISPUTE, [no], decode::dispute)? {
                sales.push(row.sale);
                self.loaded.disputes.insert(*no, row);
            }
        }
        for no in sales {
            self.unapplied(no)?;
            if let Some(row) = one(self.conn, sql::SALE_BY_NO, [no.get()], decode::sale)? {
                if let Some(payment) = row.sale.payment {
                    self.payment(payment)?;
                }
                let key = (row.sale.partner, row.sale.key.clone());
                self.loaded.sales.insert(key, row);
            }
        }
        Ok(())
    }

    fn rest(&mut self, wanted: &Wanted) -> Result<()> {
        for (account, key) in &wanted.idempotency {
            let params = params![account.get(), key];
            if let Some(row) = one(self.conn, sql::IDEMPOTENCY, params, decode::idempotency)? {
                self.loaded.idempotency.insert((*account, key.clone()), row);
            }
        }
        for external in &wanted.external_ids {
            let ExternalId { day, account, endpoint, id } = external;
            let params = params![day.days(), account.get(), endpoint, id];
            if one(self.conn, sql::EXTERNAL_ID, params, |_| Ok(()))?.is_some() {
                self.loaded.external_ids.insert(external.clone());
            }
        }
        for no in &wanted.notifications {
            if let Some(row) = one(self.conn, sql::NOTIFICATION, [no.get()], decode::notification)?
            {
                self.loaded.notifications.insert(*no, row);
            }
        }
        for payment in &wanted.news_of {
            let told =
                many(self.conn, sql::NOTIFICATIONS_OF, [payment.get()], decode::notification)?;
            self.loaded.notifications.extend(told.into_iter().map(|row| (row.no, row)));
        }
        for payment in &wanted.due_of {
            let due = many(self.conn, sql::DUE_OF, [payment.get()], decode::notification)?;
            self.loaded.notifications.extend(due.into_iter().map(|row| (row.no, row)));
        }
        Ok(())
    }
}
