//! Questions about news for merchants.

use std::collections::BTreeMap;

use domain::{
    ids::{AccountNo, NotificationNo, PaymentNo},
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
use crate::{AttemptRow, EndpointWaiting, NotificationRow, NotificationState};

impl Reader {
    /// Notifications for an endpoint that are due from `from` until `until`, both included, the longest
    /// overdue first.
    pub fn due_at_endpoint(
        &self,
        endpoint: i64,
        from: Timestamp,
        until: Timestamp,
        rows_max: usize,
    ) -> Result<Vec<NotificationRow>> {
        let params = [endpoint, from.millis(), until.millis(), limit(rows_max)];
        many(&self.conn, sql::DUE_AT_ENDPOINT, params, decode::notification)
    }

    /// The first endpoint with a higher number than `after` for which notifications wait. One step
    /// down the index, however many wait for one endpoint; -1 begins.
    pub fn next_endpoint(&self, after: i64) -> Result<Option<EndpointWaiting>> {
        one(&self.conn, sql::NEXT_ENDPOINT, [after], |row| {
            let mut cells = Cells::new("notification", row);
            Ok(EndpointWaiting {
                endpoint: cells.int()?,
                account: AccountNo::new(cells.int()?),
                due_at: cells.time()?,
            })
        })
    }

    /// Every endpoint for which notifications wait.
    pub fn endpoints_waiting(&self) -> Result<Vec<EndpointWaiting>> {
        let mut found = Vec::new();
        let mut after = -1;
        while let Some(waiting) = self.next_endpoint(after)? {
            after = waiting.endpoint;
            found.push(waiting);
        }
        Ok(found)
    }

    /// The endpoints of newer notifications than this, each as often as there is any, oldest first; some
    /// may have been told already.
    pub fn endpoints_of_news(
        &self,
        after: NotificationNo,
        rows_max: usize,
    ) -> Result<Vec<EndpointWaiting>> {
        let params = [after.get(), limit(rows_max)];
        many(&self.conn, sql::ENDPOINTS_OF_NEWS, params, |row| {
            let mut cells = Cells::new("notification", row);
            Ok(EndpointWaiting {
                endpoint: cells.int()?,
                account: AccountNo::new(cells.int()?),
                due_at: cells.time()?,
            })
        })
    }

    /// When the next notification is due, or was. A step for every endpoint.
    pub fn next_notification_due(&self) -> Result<Option<Timestamp>> {
        Ok(self.endpoints_waiting()?.into_iter().map(|waiting| waiting.due_at).min())
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

    /// The newest attempt of a notification.
    pub fn last_attempt_of(&self, notification: NotificationNo) -> Result<Option<AttemptRow>> {
        one(&self.conn, sql::LAST_ATTEMPT_OF, [notification.get()], decode::attempt)
    }

    /// When the first try of a notification began that is still kept. What is no try of its vendor's
    /// does not count.
    pub fn first_attempt_of(&self, notification: NotificationNo) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::FIRST_ATTEMPT_OF, [notification.get()], instant)?.flatten())
    }

    /// How many notifications wait for an attempt. Cheap: it counts only those.
    pub fn notifications_due(&self) -> Result<u64> {
        let count = |row: &crate::sql::Row<'_>| Cells::new("notification", row).num();
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
