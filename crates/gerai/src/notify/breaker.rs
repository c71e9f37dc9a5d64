//! When an endpoint is left alone, and when it is tried again.

use domain::time::{Span, Timestamp};

/// So many points of failure in a row open it.
const POINTS_MAX: u32 = 10;

/// The longest pause before the first probe; each that fails doubles it.
const PAUSE_FIRST: Span = Span::seconds(5);

/// The longest pause of all. An endpoint that comes back is found within it.
const PAUSE_MAX: Span = Span::minutes(3);

/// After a start, endpoints that were silent before it are probed within this time, not all at once.
const AGAIN_MAX: Span = Span::minutes(1);

/// How an endpoint failed. An answer of any other kind says that somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing came in time. It holds room for the longest, so it counts the most.
    TimedOut,
    /// No connection, or a broken one.
    Unreachable,
    /// The server says that it is broken: HTTP 500 to 599, but 503, which asks for patience.
    Broken,
}

impl Fault {
    const fn points(self) -> u32 {
        match self {
            Self::TimedOut => 3,
            Self::Unreachable => 2,
            Self::Broken => 1,
        }
    }
}

/// What an attempt did to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// It opened: nothing more is sent but probes.
    Opened,
    /// It closed: somebody is there again.
    Closed,
}

/// The breaker of one endpoint.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    /// Points of the failures since the last answer.
    points: u32,
    /// How many they are.
    failures: u32,
    /// When the first of them began.
    since: Option<Timestamp>,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    probe_at: Timestamp,
    /// How many probes have failed.
    probes: u32,
}

impl Breaker {
    /// When the next probe may go out; none while it is closed.
    pub(super) fn probe_at(&self) -> Option<Timestamp> {
        self.open.map(|open| open.probe_at)
    }

    /// Before the last start it was open: it is again, and probed within a minute. Whether it was not.
    pub(super) fn stay_open(&mut self, now: Timestamp, chance: u16) -> bool {
        if self.open.is_some() {
            return false;
        }
        let wait = AGAIN_MAX.as_millis() * i64::from(chance) / i64::from(u16::MAX);
        self.open = Some(Open { probe_at: now.plus(Span::millis(wait)), probes: 0 });
        true
    }

    /// How many attempts failed in a row, and when the first of them began.
    pub(super) fn failures(&self) -> (u32, Option<Timestamp>) {
        (self.failures, self.since)
    }

    /// Somebody was there.
    pub(super) fn answered(&mut self) -> Change {
        let was_open = self.open.is_some();
        *self = Self::default();
        if was_open { Change::Closed } else { Change::None }
    }

    /// Nobody was there. Sixteen bits of chance keep endpoints that failed together from being probed
    /// together.
    pub(super) fn failed(
        &mut self,
        fault: Fault,
        is_probe: bool,
        began_at: Timestamp,
        now: Timestamp,
        chance: u16,
    ) -> Change {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert(began_at);
        match &mut self.open {
            Some(open) if is_probe => {
                open.probes = open.probes.saturating_add(1);
                open.probe_at = now.plus(pause(open.probes, chance));
                Change::None
            }
            // What was under way when it opened says nothing new.
            Some(_) => Change::None,
            None => {
                self.points = self.points.saturating_add(fault.points());
                if self.points < POINTS_MAX {
                    return Change::None;
                }
                self.open = Some(Open { probe_at: now.plus(pause(0, chance)), probes: 0 });
                Change::Opened
            }
        }
    }
}

/// The pause after so many failed probes: between three quarters of the longest and all of it.
fn pause(probes: u32, chance: u16) -> Span {
    let doubled = PAUSE_FIRST.as_millis() << probes.min(16);
    jittered(Span::millis(doubled.min(PAUSE_MAX.as_millis())), chance)
}

/// Between three quarters of a wait and all of it, each as likely.
pub(super) fn jittered(longest: Span, chance: u16) -> Span {
    let longest = longest.as_millis();
    let shortest = longest / 4 * 3;
    Span::millis(shortest + (longest - shortest) * i64::from(chance) / i64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn fail(breaker: &mut Breaker, fault: Fault) -> Change {
        breaker.failed(fault, false, NOW, NOW, u16::MAX)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_time_outs_count_more() {
        for (fault, count) in [(Fault::TimedOut, 4), (Fault::Unreachable, 5), (Fault::Broken, 10)] {
            let mut breaker = Breaker::default();
            for _ in 1..count {
                assert_eq!(fail(&mut breaker, fault), Change::None, "{fault:?}");
            }
            assert_eq!(fail(&mut breaker, fault), Change::Opened, "{fault:?}");
            assert_eq!(fail(&mut breaker, fault), Change::None, "it is told once");
            assert_eq!(breaker.failures(), (count + 1, Some(NOW)));
        }
    }

    #[test]
    fn an_answer_begins_the_count_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            assert_eq!(fail(&mut breaker, Fault::Broken), Change::None);
        }
        assert_eq!(breaker.answered(), Change::None);
        for _ in 0..9 {
            assert_eq!(fail(&mut breaker, Fault::Broken), Change::None);
        }
        assert_eq!(breaker.probe_at(), None);
    }

    #[test]
    fn pauses_between_probes_grow_to_three_minutes_and_an_answer_closes_it() {
        let mut breaker = Breaker::default();
        while fail(&mut breaker, Fault::TimedOut) != Change::Opened {}
        let mut now = NOW;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let probe_at = breaker.probe_at().unwrap();
            pauses.push(probe_at.since(now).as_millis() / 1_000);
            now = probe_at;
            assert_eq!(breaker.failed(Fault::Broken, true, now, now, u16::MAX), Change::None);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 180, 180]);
        // What was sent before it opened and fails now does not put the probe off.
        let probe_at = breaker.probe_at();
        assert_eq!(breaker.failed(Fault::TimedOut, false, NOW, now, 0), Change::None);
        assert_eq!(breaker.probe_at(), probe_at);
        assert_eq!(breaker.answered(), Change::Closed);
        assert_eq!(breaker.probe_at(), None);
    }

    #[test]
    fn endpoints_that_fail_together_are_probed_apart() {
        for probes in [0, 3, 30, u32::MAX] {
            let (first, last) = (pause(probes, 0), pause(probes, u16::MAX));
            assert_eq!(first.as_millis(), last.as_millis() / 4 * 3);
            let middle = pause(probes, u16::MAX / 2);
            assert!(first < middle && middle < last);
        }
    }
}
