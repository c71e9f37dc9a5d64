//! Gerai's own events, written in the commit of what they tell (rule 27).
//!
//! An order is told of once, as in vendors' words: what closes because another code of its order was
//! paid or closed says nothing (rule 36). A payment whose order id is used again still speaks, by its
//! own id and without that order id (rule 10): what happens to it by then is about cash.

use domain::{
    event::EventKind,
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    own_event::{OwnKind, Told, told},
    payment::{Payment, State},
    time::Timestamp,
};
use serde_json::json;
use storage::{InquiryRow, News, OWN_TARGET, OwnEventRow};

use super::batch::{Batch, Cause};
use crate::{
    own_events::{EndpointFailing, listening, pushes},
    request::CounterRequest,
};

/// The most characters of what came of an attempt.
const WHY_MAX: usize = 200;

/// What an own event is about.
struct About {
    payment: PaymentNo,
    event: Option<EventNo>,
    sale: Option<SaleNo>,
    detail: Option<String>,
    at: Timestamp,
}

impl Batch<'_> {
    /// Tells of a change of a payment's state, in the order in which it is to be understood.
    pub(super) fn tell_own(&mut self, no: PaymentNo, kind: EventKind, cause: &Cause<'_>) {
        let Some(row) = self.payment(no) else { return };
        if listening(self.directory.account(row.payment.account)).is_none() {
            return;
        }
        let Told::WithChange(kinds) = told(kind, row.payment.announce) else { return };
        let taken_by = row.payment.state.taking().map(|taking| taking.sale);
        let sale = cause.sale.or(taken_by);
        let event = Some(row.last_event);
        for kind in kinds {
            let about = About { payment: no, event, sale, detail: None, at: cause.at };
            self.add_own(*kind, about);
        }
    }

    /// Tells of cash that fits nowhere and of refused reversals, where they are about a payment.
    pub(super) fn tell_own_of_cash(
        &mut self,
        payment: Option<PaymentNo>,
        event: EventNo,
        kind: EventKind,
        cause: &Cause<'_>,
    ) {
        let of_cash = || self.loaded.unapplied.get(&cause.sale?)?.payment;
        let Some(row) = payment.or_else(of_cash).and_then(|no| self.payment(no)) else { return };
        if listening(self.directory.account(row.payment.account)).is_none() {
            return;
        }
        let Told::AsItIs(own) = told(kind, row.payment.announce) else { return };
        // Who is not told that it is paid cannot be told that it was to be taken back (rule 6).
        if matches!(own, OwnKind::Disputed | OwnKind::DisputeRejected) && is_held_back(&row.payment)
        {
            return;
        }
        let (payment, sale, at) = (row.payment.no, cause.sale, cause.at);
        self.add_own(own, About { payment, event: Some(event), sale, detail: None, at });
    }

    /// Tells that a counter asked for a payment.
    pub(super) fn tell_inquired(&mut self, request: &CounterRequest, row: &InquiryRow) {
        let account = self.payment(row.payment).map(|row| row.payment.account);
        let account = account.and_then(|no| listening(self.directory.account(no)));
        if account.is_none() {
            return;
        }
        // There is no sale yet that could tell this later.
        let detail = json!({
            "retailer": request.retailer.as_str(),
            "outlet": request.outlet,
            "terminal": request.terminal,
            "till_at": request.till_at.millis(),
            "receipt_number": request.receipt_no,
        });
        let about = About {
            payment: row.payment,
            event: None,
            sale: None,
            detail: Some(detail.to_string()),
            at: row.received_at,
        };
        self.add_own(OwnKind::Inquired, about);
    }

    /// Tells that an endpoint does not answer.
    pub(super) fn tell_failing(&mut self, failing: &EndpointFailing) {
        let Some(row) = self.payment(failing.payment) else { return };
        if row.payment.account != failing.account
            || listening(self.directory.account(failing.account)).is_none()
        {
            return;
        }
        let detail = json!({
            "endpoint": origin(&failing.url),
            "failures": failing.failures,
            "since": failing.since.millis(),
            "why": failing.why.chars().take(WHY_MAX).collect::<String>(),
        });
        let about = About {
            payment: failing.payment,
            event: None,
            sale: None,
            detail: Some(detail.to_string()),
            at: failing.at,
        };
        self.add_own(OwnKind::Failing, about);
    }

    /// The next own event of the payment's account, and its news where the account has an endpoint.
    fn add_own(&mut self, kind: OwnKind, about: About) {
        let Some(row) = self.payment(about.payment) else { return };
        let (account, superseded) = (row.payment.account, row.payment.superseded);
        let status = if is_held_back(&row.payment) {
            State::Pending.name()
        } else {
            row.payment.state.name()
        };
        let no = self.next_own(account);
        let mut row = OwnEventRow {
            account,
            no,
            kind,
            at: about.at,
            event: about.event,
            payment: Some(about.payment),
            sale: about.sale,
            status: Some(status),
            superseded,
            detail: about.detail,
            digest: [0; 16],
        };
        row.digest = self.own_digest(&row);
        self.writes.own_events.push(row);
        metrics::counter!("gerai_own_events_total", "type" => kind.name()).increment(1);
        if self.directory.account(account).is_some_and(|account| pushes(account)) {
            self.hurry_own(about.payment, about.at);
            let place = OWN_TARGET..OWN_TARGET + 1;
            self.announce(about.payment, News::Own(no), place, about.at);
        }
    }

    fn next_own(&mut self, account: AccountNo) -> i64 {
        // Where others write too, it was read with the rows.
        let read = self.loaded.own_newest.get(&account).copied();
        let newest = || read.unwrap_or_else(|| self.shared.own.newest(account));
        let no = self.own_last.entry(account).or_insert_with(newest);
        *no += 1;
        *no
    }

    /// Older own news of a payment that waits for a retry is tried at once: the newer waits for it.
    fn hurry_own(&mut self, no: PaymentNo, at: Timestamp) {
        let waiting = self.waiting_news(no).filter(|older| older.target == OWN_TARGET);
        let waiting: Vec<_> = waiting.filter(|older| older.due_at > at).cloned().collect();
        for mut older in waiting {
            older.due_at = at;
            self.put_news(older);
        }
    }
}

/// Whether a payment is paid and its merchant not told so yet (rule 6).
fn is_held_back(payment: &Payment) -> bool {
    matches!(payment.state, State::Paid(taking) if payment.holds_back(&taking))
}

/// Scheme, host and port: a path may hold what only the merchant should know.
fn origin(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
    parts.map_or_else(String::new, |(scheme, authority)| {
        let host = authority.host();
        authority.port_u16().map_or_else(
            || format!("{scheme}://{host}"),
            |port| format!("{scheme}://{host}:{port}"),
        )
    })
}
