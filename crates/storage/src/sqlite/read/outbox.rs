//! Questions about news for merchants.

use std::collections::BTreeMap;

use domain::{
    ids::{NotificationNo, PaymentNo},
    time::Timestamp,
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        decode,
        encode::notification_state,
        query::{limit, many, one},
    },
    instant, sql,
};
use crate::{AttemptRow, NotificationRow, NotificationState};

impl Reader {
    /// Notifications due at `now`, the longest overdue first.
    pub fn due_notifications(
        &self,
        now: Timestamp,
        rows_max: usize,
    ) -> Result<Vec<NotificationRow>> {
        let params = [now.millis(), limit(rows_max)];
        many(&self.conn, sql::DUE_NOTIFICATIONS, params, decode::notification)
    }

    /// When the next notification is due, or was.
    pub fn next_notification_due(&self) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::NEXT_NOTIFICATION, (), instant)?.flatten())
    }

    /// The notification with this number.
    pub fn notification(&self, no: NotificationNo) -> Result<Option<NotificationRow>> {
        one(&self.conn, sql::NOTIFICATION, [no.get()], decode::notification)
    }

    /// The notifications of a payment, oldest first.
    pub fn notifications_of(&self, payment: PaymentNo) -> Result<Vec<NotificationRow>> {
        many(&self.conn, sql::NOTIFICATIONS_OF, [payment.get()], decode::notification)
    }

    /// The notifications of a payment that wait for an attempt, oldest first.
    pub fn due_of_payment(&self, payment: PaymentNo) -> Result<Vec<NotificationRow>> {
        many(&self.conn, sql::DUE_OF, [payment.get()], decode::notification)
    }

    /// The tries of a notification, oldest first.
    pub fn attempts_of(&self, notification: NotificationNo) -> Result<Vec<AttemptRow>> {
        many(&self.conn, sql::ATTEMPTS_OF, [notification.get()], decode::attempt)
    }

    /// When the first try of a notification began that is still kept.
    pub fn first_attempt_of(&self, notification: NotificationNo) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::FIRST_ATTEMPT_OF, [notification.get()], instant)?.flatten())
    }

    /// How many notifications wait for an attempt. Cheap: it counts only those.
    pub fn notifications_due(&self) -> Result<u64> {
        let count = |row: &rusqlite::Row<'_>| Cells::new("notification", row).num();
        Ok(one(&self.conn, sql::NOTIFICATIONS_DUE, (), count)?.unwrap_or(0))
    }

    /// How many notifications there are in each state that has any. Reads the whole table.
    pub fn notification_counts(&self) -> Result<BTreeMap<NotificationState, u64>> {
        // Counted in one pass: grouping would first sort the whole table, in memory.
        let counts = one(&self.conn, sql::NOTIFICATION_COUNTS, (), |row| {
            let mut cells = Cells::new("notification", row);
            let mut counts = BTreeMap::new();
            for state in (0..4).filter_map(notification_state) {
                let count = cells.num()?;
                if count > 0 {
                    counts.insert(state, count);
                }
            }
            Ok(counts)
        })?;
        Ok(counts.unwrap_or_default())
    }
}
