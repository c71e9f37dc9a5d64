//! One endpoint: what waits for it, what is under way, and how it has been.

use domain::{
    ids::AccountNo,
    time::{Span, Timestamp},
};

use super::{
    super::breaker::{Breaker, Change, Fault, jittered},
    room::Standing,
};

/// Attempts at a time to an endpoint of which nothing is known.
const WIDTH_FIRST: usize = 8;

/// Attempts at a time to an endpoint that begins to answer again.
const WIDTH_AGAIN: usize = 2;

/// The pause after an answer that asks for patience and does not say how much; each in a row doubles
/// it.
const PATIENCE_FIRST: Span = Span::seconds(1);

/// The longest pause because of such an answer, whatever it says: other merchants may be behind the
/// same host.
const PATIENCE_MAX: Span = Span::minutes(5);

/// What an attempt says about its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::notify) enum Outcome {
    /// Somebody answered.
    Answered,
    /// Somebody answered that it is too much (HTTP 429 or 503), and perhaps for how long.
    TooMuch(Option<Span>),
    /// Nobody did.
    Failed(Fault),
    /// Nothing was sent.
    NotSent,
}

/// Where a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing to be done, or nothing can be done before one of its attempts is over.
    Idle,
    /// It sleeps until then.
    Asleep(Timestamp),
    /// It is in line for room, or for its account's.
    InLine,
    /// Its rows are being read.
    Claiming,
}

/// The lane of one endpoint.
#[derive(Debug)]
pub(super) struct Lane {
    /// For which account its next news probably is.
    pub(super) account: AccountNo,
    /// When the next of its news is due, or was; none when nothing waits.
    pub(super) due: Option<Timestamp>,
    pub(super) place: Place,
    pub(super) standing: Standing,
    pub(super) breaker: Breaker,
    /// Attempts under way for less than a second, and those for longer.
    fresh: usize,
    stale: usize,
    /// Probes among them.
    probes: usize,
    /// How many may be under way for less than a second.
    width: usize,
    paused_until: Option<Timestamp>,
    /// How many answers in a row asked for patience.
    patience: u32,
    /// Whether something due was left until one of its attempts is reported.
    pub(super) left_some: bool,
    /// Whether something was brought while its rows were being read.
    pub(super) brought: Option<Timestamp>,
}

impl Lane {
    pub(super) fn new(account: AccountNo, endpoint_max: usize) -> Self {
        Self {
            account,
            due: None,
            place: Place::Idle,
            standing: Standing::Unknown,
            breaker: Breaker::default(),
            fresh: 0,
            stale: 0,
            probes: 0,
            width: WIDTH_FIRST.min(endpoint_max),
            paused_until: None,
            patience: 0,
            left_some: false,
            brought: None,
        }
    }

    /// Nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.place == Place::Idle && self.due.is_none() && self.fresh + self.stale == 0
    }

    /// Which room it takes now.
    pub(super) fn room(&self) -> Standing {
        if self.breaker.probe_at().is_some() { Standing::Slow } else { self.standing }
    }

    /// When something may be sent next; none when nothing waits.
    pub(super) fn starts_at(&self) -> Option<Timestamp> {
        let due = self.due?;
        // A probe brings news before it is due: who comes back after hours is not kept waiting.
        let from = self.breaker.probe_at().unwrap_or(due);
        Some(self.paused_until.map_or(from, |until| until.max(from)))
    }

    /// How many attempts may begin.
    pub(super) fn free(&self, endpoint_max: usize) -> usize {
        if self.breaker.probe_at().is_some() {
            return 1_usize.saturating_sub(self.probes);
        }
        let under_way = self.fresh + self.stale;
        self.width.saturating_sub(self.fresh).min(endpoint_max.saturating_sub(under_way))
    }

    pub(super) fn begin(&mut self, count: usize, is_probe: bool) {
        self.fresh += count;
        self.probes += usize::from(is_probe);
    }

    /// What was begun and came to nothing, because there was nothing to send.
    pub(super) fn unbegin(&mut self, count: usize, is_probe: bool) {
        self.fresh = self.fresh.saturating_sub(count);
        self.probes = self.probes.saturating_sub(usize::from(is_probe));
    }

    /// An attempt has been under way for a second.
    pub(super) fn slowed(&mut self) {
        self.fresh = self.fresh.saturating_sub(1);
        self.stale += 1;
        self.standing = Standing::Slow;
        self.narrow();
    }

    /// An attempt is over.
    pub(super) fn end(&mut self, was_slow: bool, is_probe: bool) {
        if was_slow {
            self.stale = self.stale.saturating_sub(1);
        } else {
            self.fresh = self.fresh.saturating_sub(1);
        }
        self.probes = self.probes.saturating_sub(usize::from(is_probe));
    }

    /// What an attempt says of it.
    pub(super) fn learn(&mut self, heard: &Heard, endpoint_max: usize) -> Change {
        match heard.outcome {
            Outcome::NotSent => Change::None,
            Outcome::Answered => {
                self.patience = 0;
                // One more for each that was answered doubles it in the time of an answer.
                self.width = (self.width + 1).min(endpoint_max);
                self.there(heard, endpoint_max)
            }
            Outcome::TooMuch(asked) => {
                let change = self.there(heard, endpoint_max);
                self.be_patient(asked, heard);
                change
            }
            Outcome::Failed(fault) => {
                self.narrow();
                if heard.was_slow || fault == Fault::TimedOut {
                    self.standing = Standing::Slow;
                }
                let Heard { is_probe, began_at, now, chance, .. } = *heard;
                self.breaker.failed(fault, is_probe, began_at, now, chance)
            }
        }
    }

    /// Somebody is there.
    fn there(&mut self, heard: &Heard, endpoint_max: usize) -> Change {
        let change = self.breaker.answered();
        if change == Change::Closed {
            self.width = WIDTH_AGAIN.min(endpoint_max);
            self.standing = Standing::Unknown;
            return change;
        }
        self.standing = match (heard.was_slow, self.standing) {
            (true, _) => Standing::Slow,
            (false, Standing::Slow) => Standing::Unknown,
            (false, Standing::Unknown | Standing::Quick) => Standing::Quick,
        };
        change
    }

    /// It is slowed down, once for all answers that came of the same moment.
    fn be_patient(&mut self, asked: Option<Span>, heard: &Heard) {
        let now = heard.now;
        if self.paused_until.is_none_or(|until| until <= now) {
            self.narrow();
            self.patience = self.patience.saturating_add(1);
        }
        let usual = PATIENCE_FIRST.as_millis() << self.patience.saturating_sub(1).min(16);
        let usual = jittered(Span::millis(usual), heard.chance);
        let pause = asked.unwrap_or(usual).clamp(PATIENCE_FIRST, PATIENCE_MAX);
        let until = now.plus(pause);
        self.paused_until = Some(self.paused_until.map_or(until, |before| before.max(until)));
    }

    fn narrow(&mut self) {
        self.width = (self.width / 2).max(1);
    }
}

/// An attempt that is over, as far as its endpoint is concerned.
#[derive(Debug, Clone, Copy)]
pub(in crate::notify) struct Heard {
    /// What it says.
    pub(in crate::notify) outcome: Outcome,
    /// Whether it took longer than a second.
    pub(in crate::notify) was_slow: bool,
    /// Whether it was a probe of an endpoint that fails.
    pub(in crate::notify) is_probe: bool,
    /// When it began.
    pub(in crate::notify) began_at: Timestamp,
    /// When it was over.
    pub(in crate::notify) now: Timestamp,
    /// Sixteen bits of chance.
    pub(in crate::notify) chance: u16,
}
