//! How many codes of each pool can be paid right now (rule 26): who guesses codes finds one sooner,
//! the more of them are open.
//!
//! Counted from the rows once, by [`Gateway::count_open_codes`], and from then on by the committer,
//! which knows when a payment opens and closes. The count is of one moment, and changes that were
//! committed before it must not count twice: each carries the number of the last event of its commit,
//! and the count says up to which event it reaches.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{
    code::{PoolShape, Pools},
    ids::{EventNo, PoolNo},
    payment::State,
};

use crate::{Gateway, clock::Stopwatch, request::Unavailable};

/// At most one code of so many may be open.
const CODES_PER_OPEN: u64 = 10_000;

/// Where several nodes open and close payments, each knows of its own only: they are counted again.
const COUNT_AGAIN: Duration = Duration::from_mins(10);

/// How far a pool is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUse {
    /// The pool.
    pub shape: PoolShape,
    /// Payments of its codes that are pending or reserved; none before they were counted.
    pub open: Option<u64>,
}

impl PoolUse {
    /// How many codes the pool has.
    pub fn codes(&self) -> u64 {
        codes(&self.shape)
    }

    /// Whether more than one code of 10,000 is open (rule 26).
    pub fn is_dense(&self) -> bool {
        self.open.is_some_and(|open| open > open_max(&self.shape))
    }
}

/// What changed how many codes are open, by pool.
pub(crate) type Changes = HashMap<PoolNo, i64>;

/// The count, and what is known of it.
#[derive(Debug, Default)]
pub(crate) struct OpenCodes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// None until the rows were counted.
    open: Option<HashMap<PoolNo, u64>>,
    /// The last event of what was counted: the committer may tell of that commit only now.
    counted_to: Option<EventNo>,
    /// What was committed before the rows were counted, with the last event of each commit.
    before: Vec<(EventNo, Changes)>,
    /// Since when the count holds.
    counted_at: Option<Stopwatch>,
    /// Pools whose alert was given, and that have not fallen below since.
    told: Vec<PoolNo>,
}

impl OpenCodes {
    /// Takes what a commit changed, whose last event is `last`.
    pub(crate) fn change(&self, last: EventNo, changes: Changes, pools: &Pools) {
        if changes.is_empty() {
            return;
        }
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.counted_to.is_some_and(|counted_to| last <= counted_to) {
            return;
        }
        let Some(open) = &mut inner.open else {
            inner.before.push((last, changes));
            return;
        };
        add(open, &changes);
        inner.tell(pools);
    }

    /// Takes the count of the rows as they were after event `last`.
    fn counted(&self, last: EventNo, mut open: HashMap<PoolNo, u64>, pools: &Pools) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.open.is_some() && !inner.is_old() {
            return;
        }
        for (at, changes) in std::mem::take(&mut inner.before) {
            if at > last {
                add(&mut open, &changes);
            }
        }
        inner.open = Some(open);
        inner.counted_at = Some(Stopwatch::start());
        inner.counted_to = Some(last);
        inner.tell(pools);
    }

    /// Whether there is a count; where other nodes open and close payments too, one that is not old.
    fn is_counted(&self, is_shared: bool) -> bool {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.open.is_some() && !(is_shared && inner.is_old())
    }

    fn open(&self, pool: PoolNo) -> Option<u64> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.open.as_ref().map(|open| open.get(&pool).copied().unwrap_or(0))
    }
}

impl Inner {
    fn is_old(&self) -> bool {
        self.counted_at.is_some_and(|at| at.elapsed() >= COUNT_AGAIN)
    }

    /// Logs each pool once that has become too dense.
    fn tell(&mut self, pools: &Pools) {
        for no in self.crossed(pools) {
            let Some(pool) = pools.get(no) else { continue };
            let PoolShape { network, prefix, .. } = pool.shape();
            let open = self.open.as_ref().and_then(|open| open.get(&no));
            tracing::warn!(
                %network, prefix, open, codes = codes(pool.shape()),
                "more than one code of 10,000 of a pool is open: codes can be guessed; add a pool of \
                 longer codes"
            );
        }
    }

    /// Pools that have become too dense since the last look. A pool is named again only after a
    /// tenth less was open, so that a count that swings around the limit does not fill the log.
    fn crossed(&mut self, pools: &Pools) -> Vec<PoolNo> {
        let mut crossed = Vec::new();
        for (no, open) in self.open.iter().flatten() {
            let Some(pool) = pools.get(*no) else { continue };
            let open_max = open_max(pool.shape());
            let is_told = self.told.contains(no);
            if *open > open_max && !is_told {
                crossed.push(*no);
            } else if *open <= open_max - open_max / 10 && is_told {
                self.told.retain(|told| told != no);
            }
        }
        self.told.extend(&crossed);
        crossed
    }
}

impl Gateway {
    /// Counts the open codes of every pool from the rows, unless that was done already. Reads a row
    /// for each: once, soon after the start, and not before callers are answered.
    pub async fn count_open_codes(&self) -> Result<(), Unavailable> {
        if self.0.open_codes.is_counted(self.0.nodes.is_shared()) {
            return Ok(());
        }
        let (last, open) = self.read(|reader| reader.open_codes()).await?;
        self.0.open_codes.counted(last, open, &self.directory().pools);
        Ok(())
    }

    /// How far every pool is in use, oldest first.
    pub fn pools_in_use(&self) -> Vec<PoolUse> {
        let directory = self.directory();
        let pools = directory.pools.iter();
        pools
            .map(|pool| PoolUse {
                shape: pool.shape().clone(),
                open: self.0.open_codes.open(pool.no()),
            })
            .collect()
    }
}

/// Whether a code can be paid, or will be when its reservation ends.
pub(crate) fn is_open(state: &State) -> bool {
    match state {
        State::Pending | State::Reserved(_) => true,
        State::Opening
        | State::Paid(_)
        | State::Settled(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => false,
    }
}

fn codes(shape: &PoolShape) -> u64 {
    shape.slots_per_shard().saturating_mul(u64::from(shape.shards))
}

fn open_max(shape: &PoolShape) -> u64 {
    codes(shape) / CODES_PER_OPEN
}

fn add(open: &mut HashMap<PoolNo, u64>, changes: &Changes) {
    for (pool, change) in changes {
        let count = open.entry(*pool).or_default();
        *count = count.saturating_add_signed(*change);
    }
}

#[cfg(test)]
mod tests {
    use domain::{code::Pool, retailer::RetailerKey};

    use super::*;

    const NO: PoolNo = PoolNo::new(1);

    /// One pool of a million codes, of which a hundred may be open.
    fn pools() -> Pools {
        let network = RetailerKey::new("alfa").unwrap();
        let shape = PoolShape { network, length: 9, prefix: "81".to_owned(), shards: 1 };
        Pools::new(vec![Pool::new(NO, shape, &[1; 32]).unwrap()]).unwrap()
    }

    fn changes(change: i64) -> Changes {
        Changes::from([(NO, change)])
    }

    #[test]
    fn a_commit_counts_once_whoever_tells_of_it_first() {
        let (pools, codes) = (pools(), OpenCodes::default());
        codes.change(EventNo::new(4), changes(3), &pools);
        codes.change(EventNo::new(9), changes(5), &pools);
        assert_eq!(codes.open(NO), None);
        // The rows were read after event 6, so the first three are among the ten.
        codes.counted(EventNo::new(6), HashMap::from([(NO, 10)]), &pools);
        assert_eq!(codes.open(NO), Some(15));
        codes.change(EventNo::new(6), changes(7), &pools);
        assert_eq!(codes.open(NO), Some(15), "the committer was late to tell of event 6");
        codes.change(EventNo::new(10), changes(-1), &pools);
        assert_eq!(codes.open(NO), Some(14));
        codes.counted(EventNo::new(10), HashMap::new(), &pools);
        assert_eq!(codes.open(NO), Some(14), "it is counted once");
    }

    #[test]
    fn an_alert_is_given_once_and_again_only_after_it_was_over() {
        let pools = pools();
        let mut inner = Inner::default();
        let mut at = |open: u64| {
            inner.open = Some(HashMap::from([(NO, open)]));
            !inner.crossed(&pools).is_empty()
        };
        assert!(!at(100), "one in ten thousand may be open");
        assert!(at(101));
        for open in [150, 101, 100, 101, 91, 101] {
            assert!(!at(open), "{open}: it was told");
        }
        assert!(!at(90));
        assert!(at(101), "it fell below and rose again");
    }
}
