//! Room for attempts, and who waits for it.

use std::collections::{HashMap, VecDeque};

use domain::ids::AccountNo;
use gateway::outbox::EndpointNo;

/// Which room an endpoint's attempts take. Each has so much of its own, so that those that hang never
/// take what the quick ones need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::notify) enum Standing {
    /// It has answered within a second, the last time.
    Quick,
    /// It has not been heard of, or begins to answer again.
    Unknown,
    /// It takes longer than a second, or fails.
    Slow,
}

impl Standing {
    /// All of them, those that are served first at the front.
    pub(in crate::notify) const ALL: [Self; 3] = [Self::Quick, Self::Unknown, Self::Slow];

    /// Its name in figures.
    pub(in crate::notify) const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Unknown => "unknown",
            Self::Slow => "slow",
        }
    }
}

/// How many attempts may be under way.
#[derive(Debug, Clone, Copy)]
pub(in crate::notify) struct Limits {
    /// In all.
    pub(in crate::notify) all: usize,
    /// To one endpoint.
    pub(in crate::notify) endpoint: usize,
    /// Of one account, in each room.
    pub(in crate::notify) account: usize,
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    used: usize,
    max: usize,
    /// How much more than `max` may be moved here from other rooms.
    spare: usize,
    account_max: usize,
    of_account: HashMap<AccountNo, OfAccount>,
    /// Endpoints that have something to send.
    pub(super) ready: VecDeque<EndpointNo>,
}

#[derive(Debug, Default)]
struct OfAccount {
    used: usize,
    /// Endpoints that have something to send for it, when it has room again.
    waiting: VecDeque<EndpointNo>,
}

impl Room {
    /// The room of those with this standing: half of all for the quick ones, an eighth for the
    /// unknown, a quarter for the slow; the last eighth is for attempts that turn out to be slow.
    pub(super) fn new(limits: &Limits, standing: Standing) -> Self {
        let share = |eighths: usize| (limits.all.saturating_mul(eighths) / 8).max(1);
        let (max, spare) = match standing {
            Standing::Quick => (share(4), 0),
            Standing::Unknown => (share(1), 0),
            Standing::Slow => (share(2), share(1)),
        };
        let account_max = limits.account.min(max.div_ceil(2)).max(1);
        Self {
            used: 0,
            max,
            spare,
            account_max,
            of_account: HashMap::new(),
            ready: VecDeque::new(),
        }
    }

    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// How many attempts may still begin here.
    pub(super) const fn free(&self) -> usize {
        self.max.saturating_sub(self.used)
    }

    /// Whether an attempt that is under way elsewhere may be moved here.
    pub(super) const fn takes_more(&self) -> bool {
        self.used < self.max.saturating_add(self.spare)
    }

    /// How many attempts of an account may still begin here.
    pub(super) fn free_for(&self, account: AccountNo) -> usize {
        let used = self.of_account.get(&account).map_or(0, |of| of.used);
        self.account_max.saturating_sub(used)
    }

    /// Keeps room for attempts whose account is not known yet.
    pub(super) fn reserve(&mut self, count: usize) {
        self.used += count;
    }

    /// Gives such room back.
    pub(super) fn unreserve(&mut self, count: usize) {
        self.used = self.used.saturating_sub(count);
    }

    /// An attempt for which room was kept is of this account.
    pub(super) fn charge(&mut self, account: AccountNo) {
        self.of_account.entry(account).or_default().used += 1;
    }

    /// An attempt of an account is over, or goes on elsewhere; whoever waited for that is returned.
    pub(super) fn leave(&mut self, account: AccountNo) -> Option<EndpointNo> {
        self.used = self.used.saturating_sub(1);
        let of = self.of_account.get_mut(&account)?;
        of.used = of.used.saturating_sub(1);
        let next = of.waiting.pop_front();
        if of.used == 0 && of.waiting.is_empty() {
            self.of_account.remove(&account);
        }
        next
    }

    /// An endpoint waits until the account has room.
    pub(super) fn wait_for(&mut self, account: AccountNo, endpoint: EndpointNo) {
        self.of_account.entry(account).or_default().waiting.push_back(endpoint);
    }
}
