//! Connections that are kept for the next notification.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use gateway::reach::{Host, Target};
use http::HeaderMap;
use tokio::time::Instant;

use super::connection::Connection;

/// How long a connection is kept that nobody uses.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// How long a connection is used at all, so that a merchant whose name leads elsewhere now is followed
/// there.
const AGE_MAX: Duration = Duration::from_mins(5);

/// Idle connections that are kept to one origin, and in all.
const EACH_MAX: usize = 16;
const ALL_MAX: usize = 512;

/// To whom connections are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    is_tls: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// Of a target.
    pub(super) fn of(target: &Target) -> Self {
        Self { is_tls: target.is_tls, host: target.host.clone(), port: target.port }
    }
}

/// Idle connections. Cheap to clone; all clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    /// The newest last.
    idle: HashMap<Origin, Vec<Idle>>,
    /// How many there are to all origins.
    count: usize,
    /// Somebody looks after what is kept for too long.
    is_swept: bool,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    until: Instant,
}

impl Idle {
    fn is_over(&self) -> bool {
        self.connection.is_closed()
            || self.until <= Instant::now()
            || self.connection.age() > AGE_MAX
    }
}

impl Pool {
    /// A connection to `origin` over which a request can be sent, where one is kept.
    pub(super) async fn take(&self, origin: &Origin) -> Option<Connection> {
        match self.find(origin) {
            Found::Ready(connection) => Some(connection),
            Found::Nothing => None,
            Found::Unready => {
                // Whose answer was read just now needs a turn of its own task to be ready again.
                tokio::task::yield_now().await;
                match self.find(origin) {
                    Found::Ready(connection) => Some(connection),
                    Found::Unready | Found::Nothing => None,
                }
            }
        }
    }

    /// Keeps a connection whose answer, which had these headers, was read to its end.
    pub(super) fn put(&self, origin: Origin, mut connection: Connection, answer: &HeaderMap) {
        connection.free();
        let kept_for = kept_for(answer);
        if connection.is_closed() || kept_for.is_zero() {
            return;
        }
        let mut shelf = self.shelf();
        if shelf.count >= ALL_MAX {
            shelf.sweep();
        }
        let all = shelf.count;
        let kept = shelf.idle.entry(origin).or_default();
        let has_room = all < ALL_MAX && kept.len() < EACH_MAX;
        let until = Instant::now() + kept_for;
        let shared = kept.iter_mut().find(|one| one.connection.is_shared());
        match shared.filter(|_| connection.is_shared()) {
            Some(shared) => shared.until = until,
            None if has_room => {
                kept.push(Idle { connection, until });
                shelf.count += 1;
            }
            None => {}
        }
        if !shelf.is_swept {
            shelf.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(&self.0)));
        }
    }

    fn find(&self, origin: &Origin) -> Found {
        let mut shelf = self.shelf();
        let Some(kept) = shelf.idle.get_mut(origin) else { return Found::Nothing };
        let before = kept.len();
        kept.retain(|one| !one.is_over());
        let found = match kept.iter().rposition(|one| one.connection.is_ready()) {
            None if kept.is_empty() => Found::Nothing,
            None => Found::Unready,
            Some(place) => {
                let shared = kept.get(place).and_then(|one| one.connection.share());
                Found::Ready(shared.unwrap_or_else(|| kept.remove(place).connection))
            }
        };
        let gone = before - kept.len();
        if kept.is_empty() {
            shelf.idle.remove(origin);
        }
        shelf.count -= gone;
        found
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found {
    Ready(Connection),
    Unready,
    Nothing,
}

impl Shelf {
    /// Closes what was kept for too long.
    fn sweep(&mut self) {
        self.idle.retain(|_, kept| {
            kept.retain(|one| !one.is_over());
            !kept.is_empty()
        });
        self.count = self.idle.values().map(Vec::len).sum();
    }
}

/// Sweeps as long as there is something to sweep.
async fn sweep(shelf: Weak<Mutex<Shelf>>) {
    loop {
        tokio::time::sleep(IDLE_MAX / 2).await;
        let Some(shelf) = shelf.upgrade() else { return };
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.sweep();
        if shelf.idle.is_empty() {
            shelf.is_swept = false;
            return;
        }
    }
}

/// How long the merchant's server keeps an idle connection, where it says so, less a second, so that
/// nothing is sent while it closes.
fn kept_for(answer: &HeaderMap) -> Duration {
    let told = answer.get("keep-alive").and_then(|value| value.to_str().ok());
    let timeout = told.and_then(|told| {
        let mut parts = told.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix("timeout=")?.parse::<u64>().ok())
    });
    timeout.map_or(IDLE_MAX, |seconds| Duration::from_secs(seconds.saturating_sub(1)).min(IDLE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_how_long_it_keeps_a_connection() {
        for (told, expected) in [
            (None, 30),
            (Some("timeout=5"), 4),
            (Some("max=100, timeout=5"), 4),
            (Some("timeout=0"), 0),
            (Some("timeout=3600"), 30),
            (Some("timeout=soon"), 30),
            (Some("timeout=99999999999999999999"), 30),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(told) = told {
                headers.insert("keep-alive", told.parse().unwrap());
            }
            assert_eq!(kept_for(&headers).as_secs(), expected, "{told:?}");
        }
    }
}
