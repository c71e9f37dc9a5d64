//! A sandbox's clock is moved: from one due instant to the next, so that everything happens in the
//! order in which it would have happened.

use domain::{
    payment::EXPIRY_SLACK,
    time::{DAY, Span, Timestamp, WIB},
};
use storage::{StorageError, sqlite::Reader};

use crate::{gateway::Gateway, request::Unavailable, settings::Environment};

/// Why a clock is not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("time can be moved in a sandbox only")]
pub struct NotASandbox;

/// A clock that stands still while it is moved. When this is dropped it goes on from where it is, so
/// that a move that is broken off leaves a clock that goes.
#[derive(Debug)]
pub struct Travel {
    gateway: Gateway,
}

impl Gateway {
    /// Stops the clock in order to move it. One at a time: whoever comes second moves the same clock.
    pub fn travel(&self) -> Result<Travel, NotASandbox> {
        match self.environment() {
            Environment::Sandbox => {
                let clock = self.clock();
                clock.stand_at(clock.now());
                Ok(Travel { gateway: self.clone() })
            }
            Environment::Production => Err(NotASandbox),
        }
    }

    /// The first instant after `now` at which [`Self::sweep`] may find something more to do.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Unavailable> {
        let graces = self.retailers().iter().map(|retailer| retailer.contract.grace);
        let mut waits: Vec<Span> =
            graces.map(|grace| grace.max(EXPIRY_SLACK)).chain([EXPIRY_SLACK]).collect();
        waits.sort_unstable();
        waits.dedup();
        self.read(move |reader| next_due(reader, now, &waits)).await
    }
}

/// `waits` is how long payments may wait for their cash after their deadline.
fn next_due(
    reader: &Reader,
    now: Timestamp,
    waits: &[Span],
) -> Result<Option<Timestamp>, StorageError> {
    let before = |wait: Span| Timestamp::from_millis(now.millis().saturating_sub(wait.as_millis()));
    let next = reader.next_after(now)?;
    // The last moment of the window still belongs to the reversal.
    let last = reader.next_after(before(Span::millis(1)))?.final_after;
    let mut instants =
        vec![next.release, next.refund_hold, last.map(|at| at.plus(Span::millis(1)))];
    instants.push(next.available_on.map(|date| {
        let midnight = i64::from(date.days()).saturating_mul(DAY.as_millis());
        Timestamp::from_millis(midnight.saturating_sub(WIB.as_millis()))
    }));
    for wait in waits {
        instants.push(reader.deadline_after(before(*wait))?.map(|at| at.plus(*wait)));
    }
    let refund = reader.refund_deadline_after(before(EXPIRY_SLACK))?;
    instants.push(refund.map(|at| at.plus(EXPIRY_SLACK)));
    Ok(instants.into_iter().flatten().filter(|at| *at > now).min())
}

impl Travel {
    /// Moves the clock to the next instant at which anything is due, `woken` included, but not beyond
    /// `target`; false where it stands there already. What is due where it stands must be done before:
    /// [`Self::sweep`].
    pub async fn step(
        &self,
        target: Timestamp,
        woken: Option<Timestamp>,
    ) -> Result<bool, Unavailable> {
        let now = self.now();
        if now >= target {
            return Ok(false);
        }
        let due = self.gateway.next_due(now).await?;
        let later = due.into_iter().chain(woken).filter(|at| *at > now);
        self.gateway.clock().stand_at(later.fold(target, Timestamp::min));
        Ok(true)
    }

    /// Where the clock stands.
    pub fn now(&self) -> Timestamp {
        self.gateway.clock().now()
    }

    /// Carries out everything that is due where the clock stands.
    pub async fn sweep(&self) -> Result<(), Unavailable> {
        while self.gateway.sweep(self.now()).await? > 0 {}
        Ok(())
    }
}

impl Drop for Travel {
    fn drop(&mut self) {
        self.gateway.clock().go_on();
    }
}
