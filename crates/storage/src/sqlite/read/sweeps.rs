//! What the clock brings: whose moment has come, and when the next one's will.

use domain::{
    ids::PaymentNo,
    time::{Span, Timestamp},
};
use rusqlite::Row;

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        query::{limit, many, one},
    },
    instant, sql,
};

fn number(row: &Row<'_>) -> Result<PaymentNo> {
    Cells::new("payment", row).int().map(PaymentNo::new)
}

impl Reader {
    /// Pending payments with a deadline at `now` or before, the longest overdue first.
    pub fn due_expiries(&self, now: Timestamp, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::DUE_EXPIRIES, [now.millis(), limit(rows_max)], number)
    }

    /// Reserved payments whose hold ends at `now` or before.
    pub fn due_releases(&self, now: Timestamp, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::DUE_RELEASES, [now.millis(), limit(rows_max)], number)
    }

    /// Paid payments whose window for a reversal ended before `now`: its last moment still belongs
    /// to the reversal.
    pub fn due_finals(&self, now: Timestamp, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::DUE_FINALS, [now.millis(), limit(rows_max)], number)
    }

    /// From when on [`Self::due_expiries`] finds something.
    pub fn next_expiry_due(&self) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::NEXT_EXPIRY, (), instant)?.flatten())
    }

    /// From when on [`Self::due_releases`] finds something.
    pub fn next_release_due(&self) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::NEXT_RELEASE, (), instant)?.flatten())
    }

    /// From when on [`Self::due_finals`] finds something.
    pub fn next_final_due(&self) -> Result<Option<Timestamp>> {
        let last = one(&self.conn, sql::NEXT_FINAL, (), instant)?.flatten();
        Ok(last.map(|last| last.plus(Span::millis(1))))
    }
}
