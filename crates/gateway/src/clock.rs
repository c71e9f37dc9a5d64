//! The one place that asks what time it is.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use domain::time::{Span, Timestamp};

/// The gateway's clock: the system's, which a sandbox may be ahead of, or one that tests move.
///
/// `now` never goes back, whatever happens to the system's clock (rule 9).
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    latest: AtomicI64,
    /// How far it is ahead of its source, in milliseconds.
    ahead: AtomicI64,
    /// Where it stands still while a sandbox moves it, in milliseconds; [`GOES`] while it goes.
    stands_at: AtomicI64,
}

/// No instant: the clock does not stand still.
const GOES: i64 = i64::MIN;

enum Source {
    System,
    Manual(AtomicI64),
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::with(Source::System)
    }

    /// A clock that stands at `start` until it is moved.
    pub fn manual(start: Timestamp) -> Self {
        Self::with(Source::Manual(AtomicI64::new(start.millis())))
    }

    fn with(source: Source) -> Self {
        Self(Arc::new(Inner {
            source,
            latest: AtomicI64::new(i64::MIN),
            ahead: AtomicI64::new(0),
            stands_at: AtomicI64::new(GOES),
        }))
    }

    /// Now, for everything the domain decides.
    pub fn now(&self) -> Timestamp {
        let reading = match self.0.stands_at.load(Ordering::SeqCst) {
            GOES => self.source_millis().saturating_add(self.0.ahead.load(Ordering::SeqCst)),
            stands_at => stands_at,
        };
        let before = self.0.latest.fetch_max(reading, Ordering::SeqCst);
        Timestamp::from_millis(reading.max(before))
    }

    fn source_millis(&self) -> i64 {
        match &self.0.source {
            Source::System => system_millis(),
            Source::Manual(millis) => millis.load(Ordering::SeqCst),
        }
    }

    /// How far it is ahead of the real time; of where a manual clock would stand by itself.
    pub fn ahead(&self) -> Span {
        match self.0.stands_at.load(Ordering::SeqCst) {
            GOES => Span::millis(self.0.ahead.load(Ordering::SeqCst)),
            stands_at => Span::millis(stands_at.saturating_sub(self.source_millis())),
        }
    }

    /// Begins ahead of the real time, as a sandbox does that was ahead when it stopped. It never
    /// comes closer to the real time.
    pub fn begin_ahead(&self, ahead: Span) {
        self.0.ahead.fetch_max(ahead.as_millis(), Ordering::SeqCst);
    }

    /// Stands still at `at`, or where it is if that is later, until [`Self::go_on`].
    pub(crate) fn stand_at(&self, at: Timestamp) {
        let at = at.millis().max(self.now().millis());
        self.0.stands_at.fetch_max(at, Ordering::SeqCst);
    }

    /// Goes on from where it stands.
    pub(crate) fn go_on(&self) {
        let stands_at = self.0.stands_at.load(Ordering::SeqCst);
        if stands_at != GOES {
            // Whoever reads the clock between the two stores reads the instant at which it stood.
            self.begin_ahead(Span::millis(stands_at.saturating_sub(self.source_millis())));
            self.0.stands_at.store(GOES, Ordering::SeqCst);
        }
    }

    /// Now in the world outside: for signatures, nonces, tokens and certificates (rule 43).
    #[expect(clippy::unused_self, reason = "who asks for the real time says so by asking a clock")]
    pub fn real_now(&self) -> Timestamp {
        Timestamp::from_millis(system_millis())
    }

    /// Whether the clock is one that must be moved by hand.
    pub fn is_manual(&self) -> bool {
        matches!(self.0.source, Source::Manual(_))
    }

    /// Moves a manual clock forward; the system's clock moves by itself.
    pub fn advance(&self, span: Span) {
        if let Source::Manual(millis) = &self.0.source {
            millis.fetch_add(span.as_millis().max(0), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Measures how long something takes, for metrics and time-outs; never for decisions.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let clock = Clock::manual(Timestamp::from_millis(1_000));
        assert_eq!(clock.now().millis(), 1_000);
        clock.advance(Span::seconds(2));
        assert_eq!(clock.now().millis(), 3_000);
        clock.advance(Span::seconds(-5));
        assert_eq!(clock.now().millis(), 3_000);
    }

    #[test]
    fn a_sandbox_moves_it_ahead_and_never_back() {
        let clock = Clock::manual(Timestamp::from_millis(1_000));
        clock.stand_at(Timestamp::from_millis(5_000));
        clock.advance(Span::seconds(1));
        assert_eq!(clock.now().millis(), 5_000, "it stands still");
        clock.stand_at(Timestamp::from_millis(4_000));
        assert_eq!((clock.now().millis(), clock.ahead()), (5_000, Span::seconds(3)));
        clock.go_on();
        assert_eq!((clock.now().millis(), clock.ahead()), (5_000, Span::seconds(3)));
        clock.advance(Span::seconds(1));
        assert_eq!(clock.now().millis(), 6_000, "it goes on from there");
        clock.begin_ahead(Span::seconds(1));
        assert_eq!(clock.now().millis(), 6_000);
    }
}
