//! A sandbox's clock is moved: whatever becomes due on the way happens, in order, before the answer.

use std::{path::PathBuf, sync::Arc};

use domain::time::{Span, Timestamp};
use gateway::{
    Environment, Gateway,
    request::Unavailable,
    travel::{NotASandbox, Travel},
};
use serde::{Deserialize, Serialize};

use super::ahead;
use crate::notify::Worker;

/// A clock is never further ahead than ten years.
pub(crate) const AHEAD_MAX: Span = Span::days(3_653);

/// Where the clock is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// So many milliseconds forward.
    Advance(i64),
    /// To an instant, in milliseconds since 1970.
    To(i64),
}

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// In the world outside, in milliseconds since 1970.
    pub(crate) real: i64,
    /// In the sandbox, in milliseconds since 1970.
    pub(crate) now: i64,
    /// How far the sandbox is ahead, in milliseconds.
    pub(crate) ahead: i64,
}

/// Why it does not go there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMoved {
    /// This is production.
    #[error(transparent)]
    Production(#[from] NotASandbox),
    /// It is a moment that has passed.
    #[error("the clock goes forward only, and it is {} already", crate::api::instant(*.0))]
    Backwards(Timestamp),
    /// It is too far.
    #[error("the clock can be at most ten years (3653 days) ahead of the real time")]
    TooFar,
    /// Somebody else is moving it.
    #[error("the clock is being moved already; ask again when that is done")]
    Busy,
    /// Not everything could be done; the clock goes on from where it was stopped.
    #[error("{0}; the clock was stopped on the way")]
    Unavailable(#[from] Unavailable),
    /// It cannot be written down.
    #[error("the clock's position cannot be written to the data folder: {0}")]
    Io(#[from] std::io::Error),
}

/// The one who moves the clock. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Mover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gateway: Gateway,
    /// Who tells merchants; without one, notifications become due and are sent by the next server.
    worker: Option<Arc<Worker>>,
    /// The data folder; none in memory.
    folder: Option<PathBuf>,
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl Mover {
    /// Over a running gateway.
    pub(crate) fn new(
        gateway: Gateway,
        worker: Option<Arc<Worker>>,
        folder: Option<PathBuf>,
    ) -> Self {
        Self(Arc::new(Inner { gateway, worker, folder, one_at_a_time: Arc::default() }))
    }

    /// The gateway whose clock it is.
    pub(crate) fn gateway(&self) -> Gateway {
        self.0.gateway.clone()
    }

    /// What time it is.
    pub(crate) fn told(&self) -> Told {
        let clock = self.0.gateway.clock();
        let (now, ahead) = (clock.now().millis(), clock.ahead().as_millis());
        Told { real: now.saturating_sub(ahead), now, ahead }
    }

    /// What time it is in a sandbox, after its clock was moved where that is wished.
    pub(crate) async fn ask(&self, wish: Option<Wish>) -> Result<Told, NotMoved> {
        match (wish, self.0.gateway.environment()) {
            (_, Environment::Production) => Err(NotASandbox.into()),
            (Some(wish), Environment::Sandbox) => self.go(wish).await,
            (None, Environment::Sandbox) => Ok(self.told()),
        }
    }

    /// Moves the clock. It goes on where the caller does not wait for the answer.
    pub(crate) async fn go(&self, wish: Wish) -> Result<Told, NotMoved> {
        let mover = self.clone();
        let Ok(guard) = Arc::clone(&self.0.one_at_a_time).try_lock_owned() else {
            return Err(NotMoved::Busy);
        };
        let gone = tokio::spawn(async move {
            let gone = mover.travel(wish).await;
            drop(guard);
            gone
        });
        // Only a panic, which is logged, or the end of the process keeps it from an answer.
        gone.await.unwrap_or(Err(NotMoved::Unavailable(Unavailable::Stopping)))
    }

    async fn travel(&self, wish: Wish) -> Result<Told, NotMoved> {
        let travel = self.0.gateway.travel()?;
        let (now, ahead) = (travel.now(), self.0.gateway.clock().ahead());
        let target = match wish {
            Wish::Advance(millis) => now.plus(Span::millis(millis)),
            Wish::To(millis) => Timestamp::from_millis(millis),
        };
        if target < now {
            return Err(NotMoved::Backwards(now));
        }
        let ahead = ahead.plus(target.since(now));
        if ahead > AHEAD_MAX {
            return Err(NotMoved::TooFar);
        }
        // First, so that a process that dies on the way does not come back before what it did.
        self.write(ahead)?;
        let gone = self.steps(&travel, target).await;
        drop(travel);
        self.write(self.0.gateway.clock().ahead())?;
        gone?;
        tracing::info!(to = crate::api::instant(target), "the sandbox's clock was moved");
        Ok(self.told())
    }

    /// From one due instant to the next.
    async fn steps(&self, travel: &Travel, target: Timestamp) -> Result<(), Unavailable> {
        loop {
            travel.sweep().await?;
            if let Some(worker) = &self.0.worker {
                worker.settle(travel.now()).await;
            }
            let woken = self.0.worker.as_ref().and_then(|worker| worker.wakes_at());
            if !travel.step(target, woken).await? {
                return self.0.gateway.sign_minute().await;
            }
        }
    }

    fn write(&self, ahead: Span) -> std::io::Result<()> {
        self.0.folder.as_ref().map_or(Ok(()), |folder| ahead::write(folder, ahead))
    }
}

/// A length of time as people write it: `1d 2h 3m 4s`, `0s`.
pub(crate) fn shown(span: Span) -> String {
    let seconds = span.as_millis().max(0) / 1_000;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}
