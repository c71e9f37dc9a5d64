//! Questions of whoever looks for what merchants were told.

use crate::sql::Row;
use crate::sql::value::params;
use domain::{
    ids::{AccountNo, EventNo, NotificationNo, PaymentNo},
    time::Timestamp,
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        decode,
        encode::{self, notification_state_number},
        query::{limit, many, one},
    },
    sql,
};
use crate::{NewsRow, NotificationFilter, NotificationRow};

impl Reader {
    /// A page of notifications, newest first.
    ///
    /// Walks back through the table between the numbers, so that rare rows take their time.
    pub fn notifications(&self, filter: &NotificationFilter) -> Result<Vec<NotificationRow>> {
        self.notifications_by(sql::NOTIFICATIONS, filter)
    }

    /// A page of notifications, oldest first. As [`Self::notifications`] otherwise.
    pub fn notifications_after(&self, filter: &NotificationFilter) -> Result<Vec<NotificationRow>> {
        self.notifications_by(sql::NOTIFICATIONS_AFTER, filter)
    }

    fn notifications_by(
        &self,
        sql: &'static str,
        filter: &NotificationFilter,
    ) -> Result<Vec<NotificationRow>> {
        let params = params![
            filter.account.map(AccountNo::get),
            filter.state.map(notification_state_number),
            filter.after.get(),
            filter.before.get(),
            filter.from.millis(),
            filter.until.millis(),
            limit(filter.rows_max),
        ];
        many(&self.conn, sql, params, decode::notification)
    }

    /// The number after which the notifications of `from` and later lie, where they lie in the order
    /// of time; found by halving.
    pub fn notifications_before(&self, from: Timestamp) -> Result<NotificationNo> {
        let last = self.sequences()?.notification;
        // Everything up to `low` is older, everything above `high` is not.
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = low + (high - low) / 2 + 1;
            match one(&self.conn, sql::NOTIFICATION_FROM, [middle], dated)? {
                Some((no, at)) if at < from => low = no,
                // There may be a gap below the row that was found.
                Some(_) | None => high = middle - 1,
            }
        }
        Ok(NotificationNo::new(low))
    }

    /// What happened to the payments of an account after `after`, up to and with `last`, in the order
    /// of commits. Reads every event between the two.
    pub fn news_after(
        &self,
        account: AccountNo,
        after: EventNo,
        last: EventNo,
    ) -> Result<Vec<NewsRow>> {
        let params = params![after.get(), last.get(), account.get()];
        many(&self.conn, sql::NEWS_AFTER, params, |row| {
            let mut cells = Cells::new("event", row);
            Ok(NewsRow {
                event: EventNo::new(cells.int()?),
                kind: cells.known(encode::kind)?,
                at: cells.time()?,
                reason: cells.text_or_null()?.map(str::to_owned),
                payment: PaymentNo::new(cells.int()?),
            })
        })
    }
}

fn dated(row: &Row<'_>) -> Result<(i64, Timestamp)> {
    let mut cells = Cells::new("notification", row);
    Ok((cells.int()?, cells.time()?))
}
