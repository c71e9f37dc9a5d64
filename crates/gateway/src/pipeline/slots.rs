//! Which slot of a pool is issued next, and on which lap (rules 11 to 13).

use std::collections::{HashMap, VecDeque};

use domain::{
    code::{Pool, Slot},
    ids::PoolNo,
    time::{Span, Timestamp},
};
use storage::{PaymentRow, PoolCursor, Wanted};

use super::batch::Batch;
use crate::request::OpenRefusal;

/// How many slots are leased from storage at a time. What a crash leaves of a block is used on the
/// next lap.
const BLOCK: u64 = 256;
/// A slot is issued again only when its last payment has been closed for so long (rule 12).
const QUARANTINE: Span = Span::days(90);
/// How many occupied slots are passed over before a command is told that the pool is exhausted; the
/// next command goes on from there.
const PASSED_OVER_MAX: usize = 64;

/// The next free slot of every pool and shard, leased in blocks (rule 13).
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots(HashMap<(PoolNo, u32), Lease>);

#[derive(Debug, Clone)]
struct Lease {
    lap: u32,
    next: u64,
    /// Slots before this one may be given out without another write.
    until: u64,
    /// Slots to try on a later lap, in order; loaded with the batch.
    candidates: VecDeque<u64>,
}

impl Slots {
    pub(crate) fn new(cursors: &[PoolCursor]) -> Self {
        let lease = |cursor: &PoolCursor| Lease {
            lap: cursor.lap,
            next: cursor.next,
            until: cursor.next,
            candidates: VecDeque::new(),
        };
        Self(cursors.iter().map(|cursor| ((cursor.pool, cursor.shard), lease(cursor))).collect())
    }

    /// Names the slots that a batch might issue again, where a pool is on a later lap.
    pub(super) fn want(&mut self, opens: usize, wanted: &mut Wanted) {
        for ((pool, shard), lease) in &mut self.0 {
            if lease.lap > 0 && opens > 0 {
                let last = lease.next + opens as u64 + PASSED_OVER_MAX as u64;
                lease.candidates = (lease.next..last).collect();
                let slot = |slot: &u64| Slot { pool: *pool, shard: *shard, slot: *slot };
                wanted.slots.extend(lease.candidates.iter().map(slot));
            }
        }
    }

    /// How many slots of the first lap are left, per pool and shard.
    pub(super) fn left(&self, pool: &Pool, shard: u32) -> u64 {
        let range = pool.shape().slots_per_shard();
        match self.0.get(&(pool.no(), shard)) {
            Some(lease) if lease.lap > 0 => 0,
            Some(lease) => range.saturating_sub(lease.next),
            None => range,
        }
    }
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
        let fresh = Lease { lap: 0, next: 0, until: 0, candidates: VecDeque::new() };
        let mut lease = self.slots.0.remove(&key).unwrap_or(fresh);
        let found = self.search(&mut lease, pool.no(), shard, range, now);
        if lease.next > lease.until {
            lease.until = (lease.next + BLOCK).min(range);
            self.writes.cursors.retain(|cursor| (cursor.pool, cursor.shard) != key);
            self.writes.cursors.push(PoolCursor {
                pool: pool.no(),
                shard,
                lap: lease.lap,
                next: lease.until,
            });
        }
        self.slots.0.insert(key, lease);
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
            let closed = |row: &PaymentRow| {
                let closed_at = row.payment.state.closed_at().or(row
                    .payment
                    .state
                    .taking()
                    .filter(|taking| taking.is_final)
                    .map(|taking| taking.final_after));
                closed_at.is_some_and(|at| now >= at.plus(QUARANTINE))
            };
            if self.in_slot(slot).is_none_or(closed) {
                return Some((slot, lease.lap));
            }
        }
        None
    }
}
