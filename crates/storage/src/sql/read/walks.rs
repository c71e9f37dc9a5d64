//! Walks along whole tables, row by row, for those who check everything. A row that does not read
//! back is handed over as what is wrong with it, and the walk goes on.

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo, SaleNo},
};

use super::{
    super::{
        Reader, Result, Row,
        cells::Cells,
        decode, encode,
        query::{Rows, Walk, each, limit},
    },
    sql,
};
use crate::{
    Corrupt, Digest, DisputeRow, EntryRow, EventRow, PaymentRow, SaleRow, StorageError,
    UnappliedRow,
};

/// Columns of an event before those that count its entries.
const EVENT_COLUMNS: usize = 11;

/// What a walk along the events comes to.
#[derive(Debug)]
pub enum Step<'a> {
    /// An event; where it says its entries begin, and how many they are; and those that are there.
    Event(&'a EventRow, Option<i64>, usize, &'a [EntryRow]),
    /// An entry that no event tells of.
    Stray(&'a EntryRow),
    /// A row that does not read back.
    Corrupt(Corrupt),
}

/// An event, as far as its payment's history is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Whose.
    pub payment: PaymentNo,
    /// Its row.
    pub no: EventNo,
    /// What happened.
    pub kind: EventKind,
    /// The sale that caused it.
    pub sale: Option<SaleNo>,
    /// The digest of the payment's row as it left it.
    pub digest: Digest,
}

/// Gets a payment, or what is wrong with its row, and its history.
pub type EachPayment<'a> = dyn FnMut(std::result::Result<&PaymentRow, Corrupt>, &[Past]) + 'a;

/// Rows of a walk, one ahead.
struct Ahead<'walk, T> {
    rows: Rows<'walk>,
    decode: fn(&Row<'_>) -> Result<T>,
    next: Option<std::result::Result<T, Corrupt>>,
}

impl<'walk, T> Ahead<'walk, T> {
    fn new(rows: Rows<'walk>, decode: fn(&Row<'_>) -> Result<T>) -> Result<Self> {
        let mut ahead = Self { rows, decode, next: None };
        ahead.advance()?;
        Ok(ahead)
    }

    fn advance(&mut self) -> Result<()> {
        self.next = self.rows.next()?.map(|row| met((self.decode)(&row))).transpose()?;
        Ok(())
    }
}

/// A row, or what is wrong with it; other errors end the walk.
fn met<T>(decoded: Result<T>) -> Result<std::result::Result<T, Corrupt>> {
    match decoded {
        Ok(row) => Ok(Ok(row)),
        Err(StorageError::Corrupt(corrupt)) => Ok(Err(corrupt)),
        Err(error) => Err(error),
    }
}

impl Reader {
    /// The events after number `after` up to `until` in their order, each with the entries it tells of;
    /// and, where they lie between those, the entries after number `entry_after` up to `entry_until`
    /// that no event tells of.
    pub fn walk_events(
        &self,
        (after, until): (i64, i64),
        (entry_after, entry_until): (i64, i64),
        each: &mut dyn FnMut(Step<'_>),
    ) -> Result<()> {
        let _one_moment = self.conn.moment()?;
        let mut events = Walk::new(&self.conn, sql::EVENTS_IN, &[after, until])?;
        let mut events = events.rows()?;
        let mut entries = Walk::new(&self.conn, sql::ENTRIES_IN, &[entry_after, entry_until])?;
        let mut entries = Ahead::new(entries.rows()?, decode::entry)?;
        let mut own = Vec::new();
        while let Some(row) = events.next()? {
            let event = match met(event_and_place(&row))? {
                Ok(event) => event,
                Err(corrupt) => {
                    each(Step::Corrupt(corrupt));
                    continue;
                }
            };
            let (event, first, count) = event;
            own.clear();
            if let Some(first) = first {
                let end = first.saturating_add(limit(count));
                strays(&mut entries, first, each)?;
                take(&mut entries, end, &mut own, each)?;
            }
            each(Step::Event(&event, first, count, &own));
        }
        strays(&mut entries, i64::MAX, each)
    }

    /// The payments after number `after` up to `until`, each with its history. Events of payments that
    /// are not there are given to `orphan`.
    pub fn walk_payments(
        &self,
        (after, until): (i64, i64),
        each: &mut EachPayment<'_>,
        orphan: &mut dyn FnMut(Past),
    ) -> Result<()> {
        let _one_moment = self.conn.moment()?;
        let mut payments = Walk::new(&self.conn, sql::PAYMENTS_IN, &[after, until])?;
        let mut payments = payments.rows()?;
        let mut pasts = Walk::new(&self.conn, sql::PASTS_IN, &[after, until])?;
        let mut pasts = Ahead::new(pasts.rows()?, past)?;
        let mut own = Vec::new();
        while let Some(row) = payments.next()? {
            let no = Cells::new("payment", &row).int()?;
            own.clear();
            // An event that does not read back is found where events are looked at.
            while let Some(next) = &pasts.next {
                match next {
                    Ok(past) if past.payment.get() > no => break,
                    Ok(past) if past.payment.get() < no => orphan(*past),
                    Ok(past) => own.push(*past),
                    Err(_) => {}
                }
                pasts.advance()?;
            }
            match met(decode::payment(&row))? {
                Ok(row) => each(Ok(&row), &own),
                Err(corrupt) => each(Err(corrupt), &own),
            }
        }
        while let Some(next) = &pasts.next {
            if let Ok(past) = next {
                orphan(*past);
            }
            pasts.advance()?;
        }
        Ok(())
    }

    /// The sales after number `after` up to `until`.
    pub fn walk_sales(
        &self,
        (after, until): (i64, i64),
        each: &mut dyn FnMut(std::result::Result<SaleRow, Corrupt>),
    ) -> Result<()> {
        self.walk(sql::SALES_IN, [after, until], decode::sale, each)
    }

    /// All unapplied cash, open and not.
    pub fn walk_unapplied(
        &self,
        each: &mut dyn FnMut(std::result::Result<UnappliedRow, Corrupt>),
    ) -> Result<()> {
        self.walk(sql::UNAPPLIED_IN, [i64::MIN, i64::MAX], decode::unapplied, each)
    }

    /// All refused reversals.
    pub fn walk_disputes(
        &self,
        each: &mut dyn FnMut(std::result::Result<DisputeRow, Corrupt>),
    ) -> Result<()> {
        self.walk(sql::DISPUTES_IN, [i64::MIN, i64::MAX], decode::dispute, each)
    }

    pub(in super::super) fn walk<T>(
        &self,
        sql: &'static str,
        range: [i64; 2],
        decode: fn(&Row<'_>) -> Result<T>,
        hand_over: &mut dyn FnMut(std::result::Result<T, Corrupt>),
    ) -> Result<()> {
        each(&self.conn, sql, &range, |row| {
            hand_over(met(decode(row))?);
            Ok(())
        })
    }
}

/// Hands over the entries before number `before`: no event tells of them.
fn strays(
    entries: &mut Ahead<'_, EntryRow>,
    before: i64,
    each: &mut dyn FnMut(Step<'_>),
) -> Result<()> {
    while let Some(next) = &mut entries.next {
        match next {
            Ok(entry) if entry.no >= before => return Ok(()),
            Ok(entry) => each(Step::Stray(entry)),
            Err(corrupt) => each(Step::Corrupt(corrupt.clone())),
        }
        entries.advance()?;
    }
    Ok(())
}

/// Takes the entries before number `end`.
fn take(
    entries: &mut Ahead<'_, EntryRow>,
    end: i64,
    own: &mut Vec<EntryRow>,
    each: &mut dyn FnMut(Step<'_>),
) -> Result<()> {
    while let Some(next) = &entries.next {
        match next {
            Ok(entry) if entry.no >= end => return Ok(()),
            Ok(entry) => own.push(*entry),
            Err(corrupt) => each(Step::Corrupt(corrupt.clone())),
        }
        entries.advance()?;
    }
    Ok(())
}

fn event_and_place(row: &Row<'_>) -> Result<(EventRow, Option<i64>, usize)> {
    let event = decode::event(row)?;
    let mut cells = Cells::from("event", row, EVENT_COLUMNS);
    Ok((event, cells.int_or_null()?, cells.num()?))
}

fn past(row: &Row<'_>) -> Result<Past> {
    let mut cells = Cells::new("event", row);
    Ok(Past {
        payment: PaymentNo::new(cells.int()?),
        no: EventNo::new(cells.int()?),
        kind: cells.known(encode::kind)?,
        sale: cells.int_or_null()?.map(SaleNo::new),
        digest: cells.array()?,
    })
}
