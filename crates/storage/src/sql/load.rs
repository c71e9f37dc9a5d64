//! What one turn of the pipeline reads: look-ups by key, each row once.

mod books;
mod checkouts;
mod lines;
mod refunds;

use domain::{
    code::{PaymentCode, Slot},
    ids::{AccountNo, PartnerNo, PaymentNo, SaleNo},
};

use super::{
    Conn, Result,
    cells::Cells,
    decode,
    fault::signed,
    query::{all_of_each, first_of_each},
    read::sql,
    value::params,
};
use crate::{CodeWanted, ExternalId, Loaded, PaymentRow, SaleRow, Wanted};

/// Reads every row that is wanted, within a transaction that the caller begins and ends.
pub(crate) fn load(conn: &Conn, wanted: &Wanted) -> Result<Loaded> {
    let mut loader = Loader { conn, loaded: Loaded::default() };
    loader.payments_wanted(wanted)?;
    loader.counters(wanted)?;
    loader.waiting(wanted)?;
    loader.books(&wanted.books)?;
    loader.lines(&wanted.lines)?;
    loader.refunds(&wanted.refunds)?;
    loader.checkouts(&wanted.checkouts)?;
    loader.advances(&wanted.books)?;
    loader.rest(wanted)?;
    loader.notifications(wanted)?;
    loader.own_newest(&wanted.own_newest)?;
    Ok(loader.loaded)
}

struct Loader<'conn> {
    conn: &'conn Conn,
    loaded: Loaded,
}

/// Puts a row where it belongs.
fn keep(loaded: &mut Loaded, row: PaymentRow) -> PaymentNo {
    let no = row.payment.no;
    loaded.payments.insert(no, row);
    no
}

impl Loader<'_> {
    fn payments_wanted(&mut self, wanted: &Wanted) -> Result<()> {
        self.payments(wanted.payments.iter().copied())?;
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::PAYMENT_BY_ORDER,
            &wanted.orders,
            |(account, order)| params![account.get(), order],
            decode::payment,
            |key, row| {
                let no = keep(loaded, row);
                loaded.orders.insert(key.clone(), no);
            },
        )?;
        let by_code = wanted.codes.iter().filter_map(|wanted| wanted.slot);
        self.slots(wanted.slots.iter().copied().chain(by_code))?;
        self.codes(&wanted.codes)?;
        let loaded = &mut self.loaded;
        for first in &wanted.families {
            loaded.families.insert(*first, Vec::new());
        }
        all_of_each(
            self.conn,
            sql::FAMILY,
            &wanted.families,
            |first| params![first.get()],
            decode::payment,
            |first, row| {
                let no = keep(loaded, row);
                let family = loaded.families.entry(*first).or_default();
                // A family that is wanted twice is found twice.
                if !family.contains(&no) {
                    family.push(no);
                }
            },
        )
    }

    /// Payments by number; those that are there already are not read again.
    fn payments(&mut self, wanted: impl Iterator<Item = PaymentNo>) -> Result<()> {
        let loaded = &mut self.loaded;
        let wanted: Vec<_> = wanted.filter(|no| !loaded.payments.contains_key(no)).collect();
        first_of_each(
            self.conn,
            sql::PAYMENT,
            &wanted,
            |no| params![no.get()],
            decode::payment,
            |_, row| {
                keep(loaded, row);
            },
        )
    }

    fn slots(&mut self, wanted: impl Iterator<Item = Slot>) -> Result<()> {
        let numbered = wanted.map(|slot| Ok((slot, signed(slot.slot)?)));
        let wanted: Vec<_> = numbered.collect::<Result<_>>()?;
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::PAYMENT_BY_SLOT,
            &wanted,
            |(slot, number)| params![slot.pool.get(), number, slot.shard],
            decode::payment,
            |(slot, _), row| {
                let no = keep(loaded, row);
                loaded.slots.insert(*slot, no);
            },
        )
    }

    /// Codes that were made by others, and who asked for whatever a code led to.
    fn codes(&mut self, wanted: &[CodeWanted]) -> Result<()> {
        let foreign = wanted.iter().filter(|wanted| wanted.slot.is_none());
        let foreign: Vec<PaymentCode> = foreign.map(|wanted| wanted.code).collect();
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::PAYMENT_BY_FOREIGN,
            &foreign,
            |code| params![code.as_str()],
            decode::payment,
            |code, row| {
                let no = keep(loaded, row);
                loaded.foreign.insert(*code, no);
            },
        )?;
        let mut inquired: Vec<(PartnerNo, PaymentNo)> = Vec::new();
        for CodeWanted { code, slot, inquired_by } in wanted {
            let found = match slot {
                Some(slot) => loaded.slots.get(slot),
                None => loaded.foreign.get(code),
            };
            inquired.extend(inquired_by.and_then(|partner| Some((partner, *found?))));
        }
        first_of_each(
            self.conn,
            sql::INQUIRED,
            &inquired,
            |(partner, payment)| params![payment.get(), partner.get()],
            super::read::instant,
            |key, first| {
                if let Some(first) = first {
                    loaded.inquired.insert(*key, first);
                }
            },
        )
    }

    fn counters(&mut self, wanted: &Wanted) -> Result<()> {
        let mut sales = Vec::new();
        first_of_each(
            self.conn,
            sql::SALE,
            &wanted.sales,
            |(partner, key)| params![partner.get(), key.as_str()],
            decode::sale,
            |_, row| sales.push(row),
        )?;
        self.keep_sales(sales)?;
        let mut payments = Vec::new();
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::INQUIRY,
            &wanted.inquiries,
            |(partner, key)| params![partner.get(), key.as_str()],
            decode::inquiry,
            |key, row| {
                payments.push(row.payment);
                loaded.inquiries.insert(key.clone(), row);
            },
        )?;
        self.payments(payments.into_iter())
    }

    /// Sales by number, each with its payment and its unapplied cash.
    fn sales(&mut self, wanted: &[SaleNo]) -> Result<()> {
        let mut sales = Vec::new();
        first_of_each(
            self.conn,
            sql::SALE_BY_NO,
            wanted,
            |no| params![no.get()],
            decode::sale,
            |_, row| sales.push(row),
        )?;
        self.keep_sales(sales)
    }

    /// Keeps sales, with their payments and their unapplied cash.
    fn keep_sales(&mut self, sales: Vec<SaleRow>) -> Result<()> {
        if sales.is_empty() {
            return Ok(());
        }
        self.payments(sales.iter().filter_map(|row| row.sale.payment))?;
        let numbers: Vec<_> = sales.iter().map(|row| row.sale.no).collect();
        self.unapplied(&numbers)?;
        let keyed = sales.into_iter().map(|row| ((row.sale.partner, row.sale.key.clone()), row));
        self.loaded.sales.extend(keyed);
        Ok(())
    }

    /// The unapplied cash of sales, with the payments that it was meant for.
    fn unapplied(&mut self, sales: &[SaleNo]) -> Result<()> {
        let mut payments = Vec::new();
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::UNAPPLIED_OF,
            sales,
            |sale| params![sale.get()],
            decode::unapplied,
            |sale, row| {
                payments.extend(row.payment);
                loaded.unapplied.insert(*sale, row);
            },
        )?;
        self.payments(payments.into_iter())
    }

    /// What waits for an operator, with its sale and payment.
    fn waiting(&mut self, wanted: &Wanted) -> Result<()> {
        let mut sales = Vec::new();
        first_of_each(
            self.conn,
            sql::UNAPPLIED,
            &wanted.unapplied,
            |no| params![no],
            decode::unapplied,
            |_, row| sales.push(row.sale),
        )?;
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::DISPUTE,
            &wanted.disputes,
            |no| params![no],
            decode::dispute,
            |no, row| {
                sales.push(row.sale);
                loaded.disputes.insert(*no, row);
            },
        )?;
        self.unapplied(&sales)?;
        self.sales(&sales)
    }

    fn rest(&mut self, wanted: &Wanted) -> Result<()> {
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::IDEMPOTENCY,
            &wanted.idempotency,
            |(account, key)| params![account.get(), key],
            decode::idempotency,
            |key, row| {
                loaded.idempotency.insert(key.clone(), row);
            },
        )?;
        first_of_each(
            self.conn,
            sql::EXTERNAL_ID,
            &wanted.external_ids,
            |ExternalId { day, account, endpoint, id }| {
                params![day.days(), account.get(), endpoint, id]
            },
            |_| Ok(()),
            |external, ()| {
                loaded.external_ids.insert(external.clone());
            },
        )
    }

    fn own_newest(&mut self, wanted: &[AccountNo]) -> Result<()> {
        let loaded = &mut self.loaded.own_newest;
        loaded.extend(wanted.iter().map(|account| (*account, 0)));
        first_of_each(
            self.conn,
            sql::OWN_NEWEST,
            wanted,
            |account| params![account.get()],
            |row| Cells::new("own_event", row).int(),
            |account, newest| {
                loaded.insert(*account, newest);
            },
        )
    }

    fn notifications(&mut self, wanted: &Wanted) -> Result<()> {
        let loaded = &mut self.loaded.notifications;
        first_of_each(
            self.conn,
            sql::NOTIFICATION,
            &wanted.notifications,
            |no| params![no.get()],
            decode::notification,
            |no, row| {
                loaded.insert(*no, row);
            },
        )?;
        for (question, payments) in
            [(sql::NOTIFICATIONS_OF, &wanted.news_of), (sql::DUE_OF, &wanted.due_of)]
        {
            all_of_each(
                self.conn,
                question,
                payments,
                |payment| params![payment.get()],
                decode::notification,
                |_, row| {
                    loaded.insert(row.no, row);
                },
            )?;
        }
        Ok(())
    }
}
