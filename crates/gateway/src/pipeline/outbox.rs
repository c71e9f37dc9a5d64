//! What came of attempts to tell merchants.

use domain::time::Timestamp;
use storage::{AttemptRow, NotificationRow, NotificationState};

use super::{batch::Batch, queue::NewsMove};
use crate::{
    outbox::EndpointNo,
    request::{AttemptReport, Counts, Next, Unavailable},
    vault::NOBODY,
};

impl Batch<'_> {
    /// Stores an attempt and what follows from it.
    pub(super) fn attempt(&mut self, report: &AttemptReport) -> Result<(), Unavailable> {
        let Some(row) = self.loaded.notifications.get(&report.no).cloned() else {
            return Ok(());
        };
        self.keep_attempt(report, &row)?;
        match report.counts {
            Counts::Probe => {}
            Counts::Try => {
                let attempts = row.attempts.saturating_add(1);
                self.follow_attempt(report, NotificationRow { attempts, ..row });
            }
            Counts::Nothing => self.follow_attempt(report, row),
        }
        Ok(())
    }

    fn follow_attempt(&mut self, report: &AttemptReport, mut row: NotificationRow) {
        let newer_waits = self.siblings(&row).any(|other| other.no > row.no);
        let before = row.state;
        match report.next {
            Next::Delivered => {
                row.state = NotificationState::Delivered;
                if row.news.gives_way() {
                    self.supersede_older(&row);
                }
            }
            Next::GiveUp => row.state = NotificationState::Failed,
            Next::RetryAt(at) => {
                row.due_at = at;
                self.hurry_older(&row, at);
            }
        }
        if !row.news.gives_way() {
            let at = if row.state == NotificationState::Due { row.due_at } else { report.at };
            self.put_behind(&row, at);
        }
        if row.state != before {
            let state = row.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
        }
        // What waited behind this one may be told now.
        self.brings_news |= newer_waits;
        self.put_news(row);
    }

    fn keep_attempt(
        &mut self,
        report: &AttemptReport,
        row: &NotificationRow,
    ) -> Result<(), Unavailable> {
        let merchant =
            self.directory.account(row.account).map_or(NOBODY, |account| account.merchant);
        let exchange = serde_json::to_vec(&report.exchange).map_err(|_| Unavailable::Storage)?;
        let exchange = self.seal(merchant, report.at, &exchange)?;
        self.tail.sequences.attempt += 1;
        self.writes.attempts.push(AttemptRow {
            no: self.tail.sequences.attempt,
            shard: row.shard,
            notification: row.no,
            at: report.at,
            took_ms: report.took_ms,
            status: report.status,
            verdict: report.verdict.clone(),
            exchange,
            is_try: report.counts == Counts::Try,
        });
        Ok(())
    }

    /// Other news of the same payment for the same URL that waits to be told.
    fn siblings(&self, row: &NotificationRow) -> impl Iterator<Item = &NotificationRow> {
        let (no, target) = (row.no, row.target);
        self.waiting_news(row.payment).filter(move |other| other.no != no && other.target == target)
    }

    /// The merchant knows newer news now; older must not arrive behind it.
    fn supersede_older(&mut self, row: &NotificationRow) {
        let older: Vec<_> = self.siblings(row).filter(|other| other.no < row.no).cloned().collect();
        for mut older in older {
            older.state = NotificationState::Superseded;
            let state = older.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
            self.put_news(older);
        }
    }

    /// Newer news that may not overtake this is due when this is, or now that this is done.
    fn put_behind(&mut self, row: &NotificationRow, at: Timestamp) {
        let newer: Vec<_> = self
            .siblings(row)
            .filter(|other| other.no > row.no && other.due_at != at)
            .cloned()
            .collect();
        for mut newer in newer {
            newer.due_at = at;
            self.put_news(newer);
        }
    }

    /// What waits for another endpoint from now on, or is due sooner. What does not wait any more stays
    /// as it is.
    pub(super) fn move_news(&mut self, moves: &[NewsMove]) {
        for NewsMove { no, endpoint, due_at } in moves {
            let Some(row) = self.loaded.notifications.get(no) else { continue };
            if row.state != NotificationState::Due {
                continue;
            }
            let mut row = row.clone();
            row.endpoint = endpoint.map_or(row.endpoint, EndpointNo::get);
            row.due_at = due_at.map_or(row.due_at, |at| at.min(row.due_at));
            self.put_news(row);
            self.brings_news = true;
        }
    }

    /// Older news is told again no later than newer, so that it can still arrive before it.
    fn hurry_older(&mut self, row: &NotificationRow, at: Timestamp) {
        let older: Vec<_> = self
            .siblings(row)
            .filter(|other| other.no < row.no && other.due_at > at)
            .cloned()
            .collect();
        for mut older in older {
            older.due_at = at;
            self.put_news(older);
        }
    }
}
