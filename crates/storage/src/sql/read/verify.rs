//! For those who check everything: pages in the order of numbers, and the sums of the books.

use std::collections::BTreeMap;

use domain::{
    ids::{EventNo, PaymentNo, SaleNo},
    ledger::LedgerAccount,
    money::Balance,
};

use super::{
    super::{
        Conn, Reader, Result,
        cells::Cells,
        decode,
        query::{each, limit, many},
    },
    sql,
};
use crate::{Corrupt, EntryRow, EventRow, PaymentRow, SaleRow, sqlite};

/// An event, and what it posted.
pub type EventWithEntries = (EventRow, Vec<EntryRow>);

/// Columns of an event before those that count its entries.
const EVENT_COLUMNS: usize = 11;

impl Reader {
    /// The next events after `after` with their entries, in the order of commits.
    pub fn events_after(&self, after: EventNo, rows_max: usize) -> Result<Vec<EventWithEntries>> {
        let params = [after.get(), limit(rows_max)];
        let events = many(&self.conn, sql::EVENTS_AFTER, params, |row| {
            let event = decode::event(row)?;
            let mut cells = Cells::from("event", row, EVENT_COLUMNS);
            Ok((event, cells.int_or_null()?, cells.num::<usize>()?))
        })?;
        let mut with_entries = Vec::with_capacity(events.len());
        for (event, first, count) in events {
            let entries = match first {
                Some(first) => self.entries_from(first, count)?,
                None => Vec::new(),
            };
            let no = event.event.no;
            if entries.len() != count || entries.iter().any(|entry| entry.event != no) {
                return Err(Corrupt {
                    table: "event",
                    row: no.to_string(),
                    what: format!("its {count} entries are not where it says"),
                }
                .into());
            }
            with_entries.push((event, entries));
        }
        Ok(with_entries)
    }

    fn entries_from(&self, first: i64, count: usize) -> Result<Vec<EntryRow>> {
        let end = first.saturating_add(limit(count));
        many(&self.conn, sql::ENTRIES_FROM, [first, end], decode::entry)
    }

    /// The next payments after `after`.
    pub fn payments_after(&self, after: PaymentNo, rows_max: usize) -> Result<Vec<PaymentRow>> {
        let params = [after.get(), limit(rows_max)];
        many(&self.conn, sql::PAYMENTS_AFTER, params, decode::payment)
    }

    /// The next sales after `after`.
    pub fn sales_after(&self, after: SaleNo, rows_max: usize) -> Result<Vec<SaleRow>> {
        many(&self.conn, sql::SALES_AFTER, [after.get(), limit(rows_max)], decode::sale)
    }

    /// The next entries after number `after`.
    pub fn entries_after(&self, after: i64, rows_max: usize) -> Result<Vec<EntryRow>> {
        many(&self.conn, sql::ENTRIES_AFTER, [after, limit(rows_max)], decode::entry)
    }

    /// What the schema has more, less or otherwise than this program made it, each part by its kind and
    /// name. Whoever changes rows that are append-only takes the triggers away first.
    pub fn schema_differences(&self) -> Result<Vec<(String, &'static str)>> {
        match &self.conn {
            Conn::Sqlite(conn) => sqlite::schema_differences(conn),
            Conn::Postgres(conn) => conn.schema_differences(),
        }
    }

    /// The sum of each account of the ledger, in the order of accounts. Reads every entry.
    pub fn balances(&self) -> Result<Vec<(LedgerAccount, Balance)>> {
        // Summed here, because grouping would first sort every entry, in memory.
        let mut sums: BTreeMap<LedgerAccount, Balance> = BTreeMap::new();
        each(&self.conn, sql::ENTRIES, &[], |row| {
            let EntryRow { no, entry, .. } = decode::entry(row)?;
            let sum = sums.entry(entry.account).or_default();
            *sum = sum.checked_add(entry.amount).ok_or_else(|| Corrupt {
                table: "entry",
                row: no.to_string(),
                what: "the sum of its account does not fit".to_owned(),
            })?;
            Ok(())
        })?;
        Ok(sums.into_iter().collect())
    }
}
