//! What came of attempts to tell merchants.

use storage::{AttemptRow, NotificationRow, NotificationState};

use super::batch::Batch;
use crate::{
    request::{AttemptReport, Next, Unavailable},
    vault::NOBODY,
};

impl Batch<'_> {
    /// Stores an attempt and what follows from it.
    pub(super) fn attempt(&mut self, report: &AttemptReport) -> Result<(), Unavailable> {
        let Some(mut row) = self.loaded.notifications.get(&report.no).cloned() else {
            return Ok(());
        };
        let newer_waits = self.newer_waits(&row);
        row.attempts += 1;
        match report.next {
            Next::Delivered => row.state = NotificationState::Delivered,
            Next::GiveUp if newer_waits => row.state = NotificationState::Superseded,
            Next::GiveUp => row.state = NotificationState::Failed,
            // Once more at once; if that fails too, the newer news goes first.
            Next::RetryAt(_) if newer_waits => row.due_at = report.at,
            Next::RetryAt(at) => row.due_at = at,
        }
        if row.state != NotificationState::Due {
            let state = row.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
        }
        let merchant =
            self.directory.account(row.account).map_or(NOBODY, |account| account.merchant);
        let exchange = self.seal(merchant, report.at, report.exchange.as_bytes())?;
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
        });
        // What waited behind this one may be told now.
        self.brings_news |= newer_waits;
        self.put_notification(row);
        Ok(())
    }

    fn newer_waits(&self, row: &NotificationRow) -> bool {
        let newer = |other: &&NotificationRow| {
            other.payment == row.payment
                && other.target == row.target
                && other.no > row.no
                && other.state == NotificationState::Due
        };
        self.loaded.notifications.values().any(|other| newer(&other))
            || self.writes.notifications_new.iter().any(|other| newer(&other))
    }

    fn put_notification(&mut self, row: NotificationRow) {
        self.loaded.notifications.insert(row.no, row.clone());
        self.writes.notifications_changed.retain(|other| other.no != row.no);
        self.writes.notifications_changed.push(row);
    }
}
