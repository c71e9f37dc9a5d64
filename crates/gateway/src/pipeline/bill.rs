//! The bill, written in the commit of what it tells: by each channel that the account has on and its
//! payer can be reached by. Reminders are written at the opening and wait for their moment.
//!
//! What asks for cash gives way as soon as none is wanted any more.

use domain::{
    bill::{BillKind, Channel},
    event::EventKind,
    ids::{NotificationNo, PaymentNo},
    own_event::{Told, told},
    payment::State,
    time::Timestamp,
};
use storage::{News, NotificationRow, NotificationState, bill_target};

use super::batch::Batch;
use crate::{bill::told_as, gateway::Shared, outbox::EndpointNo, vault::VaultError};

impl Shared {
    /// Whether payers of this account may be told anything.
    pub(crate) fn bills(&self, account: &crate::directory::Account) -> bool {
        let terms = self.settings.bill.as_ref();
        terms.is_some_and(|terms| !terms.channels(account).is_empty())
    }
}

impl Batch<'_> {
    /// Tells the payer of a change of a payment's state.
    pub(super) fn tell_payer(&mut self, no: PaymentNo, kind: EventKind, at: Timestamp) {
        let shared = self.shared;
        let Some(terms) = &shared.settings.bill else { return };
        let Some(row) = self.payment(no) else { return };
        let Told::WithChange(kinds) = told(kind, row.payment.announce) else { return };
        let Some(kind) = kinds.iter().find_map(|own| told_as(*own)) else { return };
        let Some(account) = self.directory.account(row.payment.account) else { return };
        let channels = terms.channels(account);
        if channels.is_empty() {
            return;
        }
        let personal = match shared.view(row) {
            Ok(view) => view.personal,
            // Who was forgotten is told nothing.
            Err(VaultError::Erased(_)) => return,
            Err(error) => {
                tracing::error!(%error, payment = %row.payment.id, "a payer cannot be told");
                return;
            }
        };
        let recipients = (terms.recipients)(&account.brand, &personal);
        let reminders = match kind {
            BillKind::Opened => terms.reminders(at, row.payment.expires_at),
            BillKind::Reminder
            | BillKind::Paid
            | BillKind::Reversed
            | BillKind::Expired
            | BillKind::Cancelled => Vec::new(),
        };
        for channel in channels {
            if recipients.of(channel).is_none() {
                continue;
            }
            self.add_bill(no, (channel, kind), at, at);
            for due_at in &reminders {
                self.add_bill(no, (channel, BillKind::Reminder), at, *due_at);
            }
        }
    }

    fn add_bill(
        &mut self,
        no: PaymentNo,
        (channel, kind): (Channel, BillKind),
        at: Timestamp,
        due_at: Timestamp,
    ) {
        let Some(row) = self.payment(no) else { return };
        let (shard, event, account) = (row.shard, row.last_event, row.payment.account);
        let of_account = self.directory.account(account);
        let terms = self.shared.settings.bill.as_ref();
        let url = of_account.zip(terms).and_then(|(account, terms)| terms.url(account, channel));
        let endpoint = url.map_or(EndpointNo::UNKNOWN, EndpointNo::of);
        self.tail.sequences.notification += 1;
        self.put_news(NotificationRow {
            no: NotificationNo::new(self.tail.sequences.notification),
            shard,
            payment: no,
            event,
            account,
            target: bill_target(channel),
            news: News::Bill(channel, kind),
            state: NotificationState::Due,
            attempts: 0,
            due_at,
            created_at: at,
            endpoint: endpoint.get(),
        });
        self.brings_news = true;
    }

    /// What asks a payer for cash is not sent any more where none is wanted.
    pub(super) fn drop_bills(&mut self, no: PaymentNo) {
        if self.shared.settings.bill.is_none() {
            return;
        }
        let asks = self.payment(no).is_some_and(|row| asks_for_cash(&row.payment.state));
        if asks {
            return;
        }
        let is_over =
            |row: &&NotificationRow| matches!(row.news, News::Bill(_, kind) if kind.asks());
        let over: Vec<_> = self.waiting_news(no).filter(is_over).cloned().collect();
        for mut row in over {
            row.state = NotificationState::Superseded;
            let state = row.state.name();
            metrics::counter!("gerai_notifications_done_total", "state" => state).increment(1);
            self.put_news(row);
        }
    }
}

/// Whether a payment in this state waits for its cash.
pub fn asks_for_cash(state: &State) -> bool {
    match state {
        State::Opening | State::Pending | State::Reserved(_) => true,
        State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => false,
    }
}
