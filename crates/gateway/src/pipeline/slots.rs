//! Which slot of a pool is issued next, and on which lap (rules 11 to 13).

use std::collections::{HashMap, VecDeque};

use domain::{
    code::{Pool, Slot},
    ids::PoolNo,
    payment::Payment,
    time::{Span, Timestamp},
};
use storage::{PoolCursor, Wanted};

use super::{batch::Batch, urns::Urns};
use crate::request::OpenRefusal;

/// How many slots are leased from storage at a time. What a crash leaves of a block is used on the
/// next lap.
const BLOCK: u64 = 256;
/// A slot is issued again only when its last payment has been closed for so long (rule 12).
const QUARANTINE: Span = Span::days(90);
/// How many occupied slots are passed over before a command is told that the pool is exhausted; the
/// next command goes on from there.
const PASSED_OVER_MAX: usize = 64;

/// The slots that can be issued, of every pool and shard.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    pub(super) leases: Leases,
    pub(super) urns: Urns,
    /// Whether other nodes issue slots too: then none are leased ahead, and each commit that issues some
    /// says which is next.
    is_shared: bool,
    /// Whether others may have issued some since the rows were read.
    is_stale: bool,
}

/// The next free slot of pools that are used in sequence, leased in blocks (rule 13).
pub(crate) type Leases = HashMap<(PoolNo, u32), Lease>;

#[derive(Debug, Clone)]
pub(crate) struct Lease {
    lap: u32,
    next: u64,
    /// Slots before this one may be given out without another write.
    until: u64,
    /// Slots to try on a later lap, in order; loaded with the batch.
    candidates: VecDeque<u64>,
}

impl Lease {
    /// Whether it goes on to `cursor` within a block: nobody has to be told so often.
    pub(super) const fn is_near(&self, cursor: &PoolCursor) -> bool {
        self.lap == cursor.lap && self.next / BLOCK == cursor.next / BLOCK
    }
}

impl Slots {
    pub(crate) fn new(cursors: &[PoolCursor], is_shared: bool) -> Self {
        let lease = |cursor: &PoolCursor| Lease {
            lap: cursor.lap,
            next: cursor.next,
            until: cursor.next,
            candidates: VecDeque::new(),
        };
        let leases = cursors.iter().map(|cursor| ((cursor.pool, cursor.shard), lease(cursor)));
        Self { leases: leases.collect(), urns: Urns::default(), is_shared, is_stale: false }
    }

    /// Another node had a turn.
    pub(super) fn others_came(&mut self) {
        self.is_stale = self.is_shared;
        self.urns.others_came();
    }

    /// Whether the rows have to be read again before a slot is issued.
    pub(super) const fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Goes on where the rows say.
    pub(super) fn renew(&mut self, cursors: &[PoolCursor]) {
        self.leases = Self::new(cursors, self.is_shared).leases;
        self.is_stale = false;
    }

    /// Names the slots that a batch might issue again, where a pool is on a later lap.
    pub(super) fn want(&mut self, opens: usize, wanted: &mut Wanted) {
        for ((pool, shard), lease) in &mut self.leases {
            if lease.lap > 0 && opens > 0 {
                let last = lease.next + opens as u64 + PASSED_OVER_MAX as u64;
                lease.candidates = (lease.next..last).collect();
                let slot = |slot: &u64| Slot { pool: *pool, shard: *shard, slot: *slot };
                wanted.slots.extend(lease.candidates.iter().map(slot));
            }
        }
    }

    /// How many slots are left, per pool and shard: of the first lap, or of the urn.
    pub(super) fn left(&self, pool: &Pool, shard: u32) -> u64 {
        let range = pool.shape().slots_per_shard();
        if pool.shape().is_short() {
            return self.urns.left(pool.shape(), (pool.no(), shard));
        }
        match self.leases.get(&(pool.no(), shard)) {
            Some(lease) if lease.lap > 0 => 0,
            Some(lease) => range.saturating_sub(lease.next),
            None => range,
        }
    }
}

/// From when on the slot of a payment may be issued again; none while nobody knows (rule 12).
pub(super) fn free_from(payment: &Payment) -> Option<Timestamp> {
    let final_one = payment.state.taking().filter(|taking| taking.is_final);
    let closed_at = payment.state.closed_at().or(final_one.map(|taking| taking.final_after));
    closed_at.map(|at| at.plus(QUARANTINE))
}

impl Batch<'_> {
    /// The next slot that may be issued, and its lap.
    pub(super) fn next_slot(
        &mut self,
        pool: &Pool,
        shard: u32,
        now: Timestamp,
    ) -> Result<(Slot, u32), OpenRefusal> {
        let range = pool.shape().slots_per_shard();
        let key = (pool.no(), shard);
        if shard >= pool.shape().shards {
            return Err(OpenRefusal::CodesExhausted);
        }
        if pool.shape().is_short() {
            return self.drawn_slot(pool, shard, now);
        }
        let fresh = Lease { lap: 0, next: 0, until: 0, candidates: VecDeque::new() };
        let mut lease = self.slots.leases.remove(&key).unwrap_or(fresh);
        let before = (lease.lap, lease.next);
        let found = self.search(&mut lease, pool.no(), shard, range, now);
        let has_moved = self.slots.is_shared && before != (lease.lap, lease.next);
        if lease.next > lease.until || has_moved {
            let ahead = if self.slots.is_shared { 0 } else { BLOCK };
            lease.until = (lease.next + ahead).min(range);
            self.writes.cursors.retain(|cursor| (cursor.pool, cursor.shard) != key);
            self.writes.cursors.push(PoolCursor {
                pool: pool.no(),
                shard,
                lap: lease.lap,
                next: lease.until,
            });
        }
        self.slots.leases.insert(key, lease);
        found.ok_or(OpenRefusal::CodesExhausted)
    }

    fn search(
        &self,
        lease: &mut Lease,
        pool: PoolNo,
        shard: u32,
        range: u64,
        now: Timestamp,
    ) -> Option<(Slot, u32)> {
        for _ in 0..PASSED_OVER_MAX {
            if lease.next >= range {
                // Once round: the oldest codes may be free again. They are looked at from the next
                // batch on, when their rows are loaded.
                lease.lap += 1;
                lease.next = 0;
                lease.until = 0;
                lease.candidates.clear();
            }
            let slot = Slot { pool, shard, slot: lease.next };
            if lease.lap > 0 && lease.candidates.pop_front() != Some(lease.next) {
                return None;
            }
            lease.next += 1;
            let before = self.in_slot(slot).map(|row| &row.payment);
            let is_free = |payment| free_from(payment).is_some_and(|from| now >= from);
            if before.is_none_or(is_free) {
                return Some((slot, lease.lap));
            }
        }
        None
    }
}
