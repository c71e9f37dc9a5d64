//! What the clock brings: whose moment has come, and when the next one's will.

use crate::sql::Row;
use domain::{
    ids::PaymentNo,
    time::{BusinessDate, Span, Timestamp},
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        query::{limit, many, one},
    },
    instant, sql,
};

/// When something becomes due next; none where nothing waits for that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextAfter {
    /// The hold of a reserved payment ends.
    pub release: Option<Timestamp>,
    /// The last moment in which a payment can be reversed.
    pub final_after: Option<Timestamp>,
    /// The day on which a funded payment is available.
    pub available_on: Option<BusinessDate>,
    /// The hold of a refund code ends.
    pub refund_hold: Option<Timestamp>,
}

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

    /// The first instant later than `after` in every column by which something becomes due. It skips
    /// what became due before and is not done, which [`Self::next_expiry_due`] and the others do not.
    pub fn next_after(&self, after: Timestamp) -> Result<NextAfter> {
        let first =
            |statement| one(&self.conn, statement, [after.millis()], instant).map(Option::flatten);
        let day = |row: &Row<'_>| Cells::new("matched", row).date_or_null();
        let today = [after.business_date().days()];
        Ok(NextAfter {
            release: first(sql::RELEASE_AFTER)?,
            final_after: first(sql::FINAL_AFTER)?,
            available_on: one(&self.conn, sql::SETTLEMENT_AFTER, today, day)?.flatten(),
            refund_hold: first(sql::REFUND_HOLD_AFTER)?,
        })
    }

    /// The first deadline later than `after` of a payment that waits for its cash.
    pub fn deadline_after(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::EXPIRY_AFTER, [after.millis()], instant)?.flatten())
    }

    /// The first deadline later than `after` of an open refund code.
    pub fn refund_deadline_after(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::REFUND_EXPIRY_AFTER, [after.millis()], instant)?.flatten())
    }
}
