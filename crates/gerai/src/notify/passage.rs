//! What may stand between the worker and the merchants' endpoints. In production nothing does.

use std::fmt::Debug;

use domain::time::Timestamp;
use gateway::request::Delivery;

/// Whoever decides what becomes of attempts on their way. Only a sandbox has one: there is no way to
/// make one for a gateway in production ([`crate::sandbox::faults::Scripts::of`]).
pub(crate) trait Passage: Debug + Send + Sync {
    /// What is done with news whose turn has come at `now`. It is asked once for each attempt, in the
    /// order in which they begin.
    fn plan(&self, delivery: &Delivery, now: Timestamp) -> Plan;

    /// Older news of the same payment for the same URL that was held back until this was sent, the
    /// oldest first. It is in the caller's hands from now on.
    fn held_behind(&self, delivery: &Delivery) -> Vec<Delivery>;
}

/// What is done with an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It is made.
    Make(Manner),
    /// Nothing is sent, and the news is given up.
    GiveUp(Reason),
    /// Nothing is sent before this instant.
    PutOff(Timestamp, Reason),
}

/// How an attempt is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As always.
    Plain,
    /// As always, and copies behind it.
    Copied(Copies),
    /// It is lost on its way: its dialect hears that nobody was there.
    Lost(Reason),
}

impl Manner {
    /// What is sent behind it.
    pub(super) const fn copies(&self) -> Option<&Copies> {
        match self {
            Self::Copied(copies) => Some(copies),
            Self::Plain | Self::Lost(_) => None,
        }
    }
}

/// The same bytes, sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copies {
    /// How often.
    pub(crate) count: u8,
    /// Why.
    pub(crate) reason: Reason,
}

/// A sentence for whoever looks into the attempt.
pub(crate) type Reason = String;
