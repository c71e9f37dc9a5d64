//! Telling a merchant once more, because it asked.

use domain::{event::Announcement, payment::Shown};
use storage::{News, NotificationState};

use super::{
    batch::{Batch, targets_of},
    queue::Resend,
};

impl Batch<'_> {
    /// News of how a payment stands now, also where the brand does not announce that, and however
    /// often the same was told before. Nothing where the account has no such payment, and nothing
    /// under an order id that is another payment's by now (rule 10).
    pub(super) fn resend(&mut self, resend: &Resend) {
        let directory = std::sync::Arc::clone(&self.directory);
        let Some(row) = self.payment(resend.payment) else { return };
        let Some(account) = directory.account(row.payment.account) else { return };
        if account.no != resend.account || row.payment.superseded {
            return;
        }
        let announcement = match row.payment.shown() {
            Shown::Pending => Announcement::Pending,
            Shown::Paid(_) => Announcement::Paid,
            Shown::Reversed(_) => Announcement::Reversed,
            Shown::Cancelled => Announcement::Cancelled,
            Shown::Expired => Announcement::Expired,
        };
        let targets = targets_of(row, account);
        // Whoever asks every second while nobody listens must not fill the outbox: what still waits
        // to say the same is replaced.
        let same: Vec<_> = self
            .waiting_news(resend.payment)
            .filter(|waiting| waiting.news == News::Vendor(announcement))
            .cloned()
            .collect();
        for mut waiting in same {
            waiting.state = NotificationState::Superseded;
            let state = waiting.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
            self.put_news(waiting);
        }
        self.announce(resend.payment, News::Vendor(announcement), 0..targets, resend.at);
    }
}
