//! For which endpoints news waits, and since which commit: what whoever delivers has to know, without
//! asking the rows.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{ids::AccountNo, time::Timestamp};
use storage::{EndpointWaiting, NotificationRow, NotificationState, Writes};

use super::EndpointNo;

/// News waits for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub endpoint: EndpointNo,
    /// For which account it is; of several, for one of them.
    pub account: AccountNo,
    /// When the first of it is due, or was.
    pub due_at: Timestamp,
}

impl From<EndpointWaiting> for Waiting {
    fn from(found: EndpointWaiting) -> Self {
        let EndpointWaiting { endpoint, account, due_at } = found;
        Self { endpoint: EndpointNo::new(endpoint), account, due_at }
    }
}

/// What commits brought since somebody looked. Nothing is kept while nobody does.
#[derive(Default)]
pub(crate) struct Brought {
    is_wanted: AtomicBool,
    by_endpoint: Mutex<HashMap<EndpointNo, Waiting>>,
}

impl Brought {
    /// From now on somebody looks.
    pub(super) fn listen(&self) {
        self.is_wanted.store(true, Ordering::SeqCst);
    }

    /// Notes what a commit left waiting. After the commit, so that whoever hears of it finds it.
    pub(crate) fn note(&self, writes: &Writes) {
        if !self.is_wanted.load(Ordering::SeqCst) {
            return;
        }
        let rows = writes.notifications_new.iter().chain(&writes.notifications_changed);
        let mut rows = rows.filter(|row| row.state == NotificationState::Due).peekable();
        if rows.peek().is_none() {
            return;
        }
        let mut by_endpoint = self.lock();
        for NotificationRow { endpoint, account, due_at, .. } in rows {
            let endpoint = EndpointNo::new(*endpoint);
            let waiting = Waiting { endpoint, account: *account, due_at: *due_at };
            let first = by_endpoint.entry(endpoint).or_insert(waiting);
            if waiting.due_at < first.due_at {
                *first = waiting;
            }
        }
    }

    /// Notes what commits of other nodes left waiting.
    pub(crate) fn note_found(&self, found: impl Iterator<Item = Waiting>) {
        if !self.is_wanted.load(Ordering::SeqCst) {
            return;
        }
        let mut by_endpoint = self.lock();
        for waiting in found {
            let first = by_endpoint.entry(waiting.endpoint).or_insert(waiting);
            if waiting.due_at < first.due_at {
                *first = waiting;
            }
        }
    }

    pub(super) fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EndpointNo, Waiting>> {
        self.by_endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
