//! Codes of short pools: drawn at random (rule 13).
//!
//! An urn for each pool and shard knows which slots are free as of the last commit. It is filled from
//! the rows when the first payment asks for it, and hears of every payment that is committed. What a
//! batch draws is looked at once more, with its row, before it is issued.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use domain::{
    code::{Pool, PoolShape, Slot, Urn},
    ids::PoolNo,
    time::Timestamp,
};
use storage::{StorageError, Wanted, Writes, sqlite::Writer};

use super::{batch::Batch, queue::Job, slots::free_from};
use crate::{clock::Stopwatch, directory::Directory, gateway::Shared, request::OpenRefusal};

/// Slots drawn for a batch beyond one for each command, in case one is taken again by what happens in
/// the very batch.
const SPARE: usize = 8;
/// Rows read at a time while an urn is filled.
const PAGE: usize = 1_000;

/// An urn that others draw from is filled anew at most so often.
const REFILL_AFTER: Duration = Duration::from_secs(10);

/// A shard of a pool.
type Shard = (PoolNo, u32);

/// The urns that were asked for, and what the present batch may issue from them.
#[derive(Debug, Default)]
pub(super) struct Urns {
    urns: HashMap<Shard, Urn>,
    drawn: HashMap<Shard, Vec<u64>>,
    /// Those that other nodes may have drawn from since they were filled, with when that was.
    filled: HashMap<Shard, Stopwatch>,
    is_shared: bool,
}

/// What a batch needs of a short pool's shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    slots: u64,
    commands: usize,
    now: Timestamp,
}

/// What a batch needs of each short pool. Nothing is looked up where there is none.
pub(super) fn needs(shared: &Shared, directory: &Directory, jobs: &[Job]) -> BTreeMap<Shard, Need> {
    let mut needs = BTreeMap::new();
    if !directory.pools.iter().any(|pool| pool.shape().is_short()) {
        return needs;
    }
    for job in jobs {
        let (account, retailer, now) = if let Job::Open(request, _) = job {
            (request.account, request.retailer, request.received_at)
        } else if let Job::Sibling(request, _) = job {
            (request.account, request.retailer, request.received_at)
        } else if let Job::Choose(request, _) = job {
            (request.account, request.retailer, request.received_at)
        } else {
            continue;
        };
        let Some(account) = directory.account(account) else { continue };
        let retailer = shared.retailers_of(&account.brand).get(retailer);
        let pool = retailer.and_then(|retailer| directory.pools.open_for(retailer.network));
        let Some(pool) = pool.filter(|pool| pool.shape().is_short()) else { continue };
        let slots = pool.shape().slots_per_shard();
        let fresh = Need { slots, commands: 0, now };
        let need = needs.entry((pool.no(), account.shard)).or_insert(fresh);
        need.commands += 1;
        need.now = need.now.max(now);
    }
    needs
}

impl Urns {
    /// Draws what a batch needs, and names the rows that have to be looked at.
    pub(super) fn draw(
        &mut self,
        needs: &BTreeMap<Shard, Need>,
        writer: &mut Writer,
        wanted: &mut Wanted,
    ) -> Result<(), StorageError> {
        self.drawn.clear();
        for (key, need) in needs {
            if !self.urns.contains_key(key) {
                self.urns.insert(*key, filled(*key, need.slots, writer)?);
            }
            let drawn = if self.is_shared {
                self.draw_free(*key, need, writer)?
            } else {
                let Some(urn) = self.urns.get_mut(key) else { continue };
                urn.draw(need.now, need.commands + SPARE, rand::random)
            };
            wanted.slots.extend(drawn.iter().map(|slot| slot_of(*key, *slot)));
            self.drawn.insert(*key, drawn);
        }
        Ok(())
    }

    /// Another node had a turn, and may have had others before.
    pub(super) const fn others_came(&mut self) {
        self.is_shared = true;
    }

    /// Draws where others draw too: what they took meanwhile is learnt from the rows. Where too little is
    /// left, what they gave back may be found by filling the urn anew.
    fn draw_free(
        &mut self,
        key: Shard,
        need: &Need,
        writer: &mut Writer,
    ) -> Result<Vec<u64>, StorageError> {
        loop {
            let Some(urn) = self.urns.get_mut(&key) else { return Ok(Vec::new()) };
            let wanted = need.commands + SPARE;
            let drawn = urn.draw(need.now, wanted, rand::random);
            let slots = drawn.iter().map(|slot| slot_of(key, *slot)).collect();
            let loaded = writer.load(&Wanted { slots, ..Wanted::default() })?;
            let mut free = drawn.len();
            for row in loaded.payments.values() {
                let from = free_from(&row.payment);
                if let Some(slot) = row.payment.slot
                    && from.is_none_or(|from| from > need.now)
                {
                    urn.note(slot.slot, row.payment.lap, from);
                    free -= 1;
                }
            }
            if free >= need.commands {
                return Ok(drawn);
            }
            if drawn.len() == wanted {
                // The urn knows now which were taken; others are left.
                continue;
            }
            if self.filled.get(&key).is_some_and(|filled| filled.elapsed() < REFILL_AFTER) {
                return Ok(drawn);
            }
            self.filled.insert(key, Stopwatch::start());
            self.urns.insert(key, filled(key, need.slots, writer)?);
        }
    }

    /// Hears of what was committed; tells how many slots of each urn were issued.
    pub(super) fn note(&mut self, writes: &Writes) -> BTreeMap<Shard, u64> {
        let mut issued = BTreeMap::new();
        if self.urns.is_empty() {
            return issued;
        }
        for (rows, are_new) in [(&writes.payments_new, true), (&writes.payments_changed, false)] {
            for row in rows {
                let Some(slot) = row.payment.slot else { continue };
                let key = (slot.pool, slot.shard);
                let Some(urn) = self.urns.get_mut(&key) else { continue };
                urn.note(slot.slot, row.payment.lap, free_from(&row.payment));
                *issued.entry(key).or_default() += u64::from(are_new);
            }
        }
        issued
    }

    /// How many slots are free; all, of an urn nobody asked for yet.
    pub(super) fn left(&self, shape: &PoolShape, key: Shard) -> u64 {
        self.urns.get(&key).map_or_else(|| shape.slots_per_shard(), Urn::left)
    }

    fn next(&mut self, key: Shard) -> Option<u64> {
        self.drawn.get_mut(&key)?.pop()
    }
}

fn slot_of((pool, shard): Shard, slot: u64) -> Slot {
    Slot { pool, shard, slot }
}

/// An urn as the rows say: at most 100,000 look-ups, once.
fn filled(key: Shard, slots: u64, writer: &mut Writer) -> Result<Urn, StorageError> {
    let mut urn = Urn::new(slots);
    for first in (0..slots).step_by(PAGE) {
        let page = first..slots.min(first + PAGE as u64);
        let slots = page.map(|slot| slot_of(key, slot)).collect();
        let loaded = writer.load(&Wanted { slots, ..Wanted::default() })?;
        for row in loaded.payments.values() {
            if let Some(slot) = row.payment.slot {
                urn.note(slot.slot, row.payment.lap, free_from(&row.payment));
            }
        }
    }
    Ok(urn)
}

impl Batch<'_> {
    /// A slot that was drawn for this batch, and how often it was used before.
    pub(super) fn drawn_slot(
        &mut self,
        pool: &Pool,
        shard: u32,
        now: Timestamp,
    ) -> Result<(Slot, u32), OpenRefusal> {
        let key = (pool.no(), shard);
        while let Some(number) = self.slots.urns.next(key) {
            let slot = slot_of(key, number);
            let newest = self.in_slot(slot).map(|row| &row.payment);
            let is_free = |payment| free_from(payment).is_some_and(|from| now >= from);
            if newest.is_none_or(is_free) {
                return Ok((slot, newest.map_or(0, |payment| payment.lap.saturating_add(1))));
            }
        }
        Err(OpenRefusal::CodesExhausted)
    }
}
