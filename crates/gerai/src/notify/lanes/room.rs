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
    /// Besides all of these: those that have been under way for more than a second. They cost a socket
    /// and some memory, and must not take the place of those that are answered.
    pub(in crate::notify) hanging: usize,
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    used: usize,
    max: usize,
    /// How much more than `max` may be moved here from other rooms.
    spare: usize,
    /// How much of what is used was moved here.
    moved: usize,
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
    /// unknown, a quarter for the slow; the last eighth, and what may hang besides, is for attempts that
    /// turn out to be slow.
    pub(super) fn new(limits: &Limits, standing: Standing) -> Self {
        let share = |eighths: usize| (limits.all.saturating_mul(eighths) / 8).max(1);
        let (max, spare) = match standing {
            Standing::Quick => (share(4), 0),
            Standing::Unknown => (share(1), 0),
            Standing::Slow => (share(2), share(1).saturating_add(limits.hanging)),
        };
        let account_max = limits.account.min(max.div_ceil(2)).max(1);
        Self {
            used: 0,
            max,
            spare,
            moved: 0,
            account_max,
            of_account: HashMap::new(),
            ready: VecDeque::new(),
        }
    }

    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// How many attempts may still begin here. What was moved here takes nothing from them as far as there
    /// is room for it besides: those that answer slowly are told beside those that hang.
    pub(super) fn free(&self) -> usize {
        let besides = self.moved.min(self.spare);
        self.max.saturating_sub(self.used.saturating_sub(besides))
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

    /// An attempt of an account is over, or goes on elsewhere; those that waited for that are returned: as
    /// many as there is room for, and all of them with the last attempt, because one that has nothing to
    /// send after all wakes no other.
    pub(super) fn leave(&mut self, account: AccountNo, was_moved: bool) -> Vec<EndpointNo> {
        self.used = self.used.saturating_sub(1);
        self.moved = self.moved.saturating_sub(usize::from(was_moved));
        let Some(of) = self.of_account.get_mut(&account) else { return Vec::new() };
        of.used = of.used.saturating_sub(1);
        let free = self.account_max.saturating_sub(of.used);
        let count = if of.used == 0 { of.waiting.len() } else { free.min(of.waiting.len()) };
        let next = of.waiting.drain(..count).collect();
        if of.used == 0 {
            self.of_account.remove(&account);
        }
        next
    }

    /// An attempt of this account that is under way elsewhere goes on here.
    pub(super) fn arrive(&mut self, account: AccountNo) {
        self.used += 1;
        self.moved += 1;
        self.charge(account);
    }

    /// An endpoint waits until the account has room.
    pub(super) fn wait_for(&mut self, account: AccountNo, endpoint: EndpointNo) {
        self.of_account.entry(account).or_default().waiting.push_back(endpoint);
    }
}
