//! Which codes of a short pool may be drawn (rule 13).
//!
//! FF1 needs a million numbers to hide among. A pool with fewer gives its codes out at random
//! instead: the body of a code *is* the number of its slot, so that the unique index over slots leads
//! from a code to its payment, and chance alone makes it unguessable which one comes next. An [`Urn`]
//! knows which slots of one shard are free, at any fill, without a search.

use std::collections::BTreeSet;

use crate::time::Timestamp;

/// The slots of one shard of a short pool: free, in use, or in quarantine (rule 12). Holds what was
/// committed, and nothing else: drawing takes nothing out.
#[derive(Debug, Clone)]
pub struct Urn {
    slots: Vec<Slip>,
    /// The free slots, in no order.
    free: Vec<u64>,
    /// Slots in quarantine, by its end.
    quarantine: BTreeSet<(Timestamp, u64)>,
}

/// What is known of a slot.
#[derive(Debug, Clone, Copy)]
struct Slip {
    /// Of its newest payment; none if it never had one.
    lap: Option<u32>,
    whereabouts: Whereabouts,
}

#[derive(Debug, Clone, Copy)]
enum Whereabouts {
    /// At this place of the free ones.
    Free(usize),
    /// Its payment is not closed.
    InUse,
    /// It is free again from then on.
    Quarantine(Timestamp),
}

impl Urn {
    /// All slots below `range`, which is at most 100,000, free.
    pub fn new(range: u64) -> Self {
        let free: Vec<u64> = (0..range).collect();
        let slip = |place| Slip { lap: None, whereabouts: Whereabouts::Free(place) };
        Self { slots: (0..free.len()).map(slip).collect(), free, quarantine: BTreeSet::new() }
    }

    /// What became of the payment that has `slot` on `lap`: from when on the slot may be drawn again,
    /// quarantine included; none while nobody knows. Payments of earlier laps are not listened to.
    pub fn note(&mut self, slot: u64, lap: u32, free_from: Option<Timestamp>) {
        let Some(slip) = self.slip(slot) else { return };
        if slip.lap.is_some_and(|newest| lap < newest) {
            return;
        }
        match slip.whereabouts {
            Whereabouts::Free(place) => self.take_out(place),
            Whereabouts::Quarantine(until) => {
                self.quarantine.remove(&(until, slot));
            }
            Whereabouts::InUse => {}
        }
        let whereabouts = match free_from {
            Some(until) => {
                self.quarantine.insert((until, slot));
                Whereabouts::Quarantine(until)
            }
            None => Whereabouts::InUse,
        };
        self.set(slot, Slip { lap: Some(lap), whereabouts });
    }

    /// At most `count` free slots at `now`, all different, each as likely as any other. `chance` is
    /// asked for a number once for each.
    pub fn draw(
        &mut self,
        now: Timestamp,
        count: usize,
        mut chance: impl FnMut() -> u64,
    ) -> Vec<u64> {
        self.release(now);
        let count = count.min(self.free.len());
        for place in 0..count {
            // What is left is at most 100,000, so 64 bits are even enough.
            let left = (self.free.len() - place) as u64;
            let offset = usize::try_from(chance() % left).unwrap_or(0);
            self.swap(place, place + offset);
        }
        self.free.iter().take(count).copied().collect()
    }

    /// How many slots were free when it was last drawn or told.
    pub fn left(&self) -> u64 {
        self.free.len() as u64
    }

    /// Ends the quarantines that are over at `now`.
    fn release(&mut self, now: Timestamp) {
        while let Some(&(until, slot)) = self.quarantine.first() {
            if until > now {
                return;
            }
            self.quarantine.pop_first();
            let lap = self.slip(slot).and_then(|slip| slip.lap);
            self.set(slot, Slip { lap, whereabouts: Whereabouts::Free(self.free.len()) });
            self.free.push(slot);
        }
    }

    fn slip(&self, slot: u64) -> Option<Slip> {
        self.slots.get(usize::try_from(slot).ok()?).copied()
    }

    fn set(&mut self, slot: u64, slip: Slip) {
        let place = usize::try_from(slot).ok();
        if let Some(kept) = place.and_then(|place| self.slots.get_mut(place)) {
            *kept = slip;
        }
    }

    /// Takes a free slot out; the last one fills its place.
    fn take_out(&mut self, place: usize) {
        if let Some(last) = self.free.len().checked_sub(1) {
            self.swap(place, last);
            self.free.pop();
        }
    }

    /// Exchanges two places of the free ones.
    fn swap(&mut self, one: usize, other: usize) {
        self.free.swap(one, other);
        for place in [one, other] {
            if let Some((slot, slip)) =
                self.free.get(place).and_then(|slot| Some((*slot, self.slip(*slot)?)))
            {
                self.set(slot, Slip { whereabouts: Whereabouts::Free(place), ..slip });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn every_slot_is_drawn_once_until_none_is_left() {
        let mut urn = Urn::new(100);
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
        let mut drawn = Vec::new();
        for _ in 0..100 {
            let slots = urn.draw(at(0), 1, || {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                chance >> 32
            });
            urn.note(slots[0], 0, None);
            drawn.extend(slots);
        }
        assert_eq!(urn.left(), 0);
        assert_eq!(urn.draw(at(0), 1, || 0), [0_u64; 0]);
        assert_ne!(drawn, (0..100).collect::<Vec<_>>(), "not in sequence");
        drawn.sort_unstable();
        assert_eq!(drawn, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn each_chance_is_another_slot() {
        let first: HashSet<u64> =
            (0..100).map(|chance| Urn::new(100).draw(at(0), 1, || chance)[0]).collect();
        assert_eq!(first.len(), 100);
        let mut urn = Urn::new(5);
        assert_eq!(urn.draw(at(0), 3, || 4), [4, 1, 3]);
        // Drawing takes nothing out.
        assert_eq!(urn.left(), 5);
        assert_eq!(urn.draw(at(0), 9, || 0).len(), 5);
    }

    #[test]
    fn a_slot_comes_back_when_its_quarantine_is_over() {
        let mut urn = Urn::new(1);
        urn.note(0, 0, None);
        assert_eq!(urn.draw(at(1_000), 1, || 0), [0_u64; 0]);
        urn.note(0, 0, Some(at(50)));
        urn.note(0, 0, Some(at(90)));
        assert_eq!(urn.draw(at(89), 1, || 0), [0_u64; 0]);
        assert_eq!(urn.draw(at(90), 1, || 0), [0]);
        // Reopened after all.
        urn.note(0, 0, None);
        assert_eq!(urn.left(), 0);
        // The next lap is in use; what the last one does from now on frees nothing.
        urn.note(0, 1, None);
        urn.note(0, 0, Some(at(0)));
        assert_eq!(urn.draw(at(1_000), 1, || 0), [0_u64; 0]);
        // Slots outside the range are nobody's.
        urn.note(7, 0, Some(at(0)));
        assert_eq!(urn.draw(at(1_000), 1, || 0), [0_u64; 0]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Note { slot: u64, lap: u32, free_from: Option<i64> },
        Draw { later: i64, count: usize, chance: u64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..12_u64, 0..3_u32, prop::option::of(0..100_i64))
                .prop_map(|(slot, lap, free_from)| Step::Note { slot, lap, free_from }),
            (0..20_i64, 0..14_usize, any::<u64>()).prop_map(|(later, count, chance)| Step::Draw {
                later,
                count,
                chance
            }),
        ]
    }

    proptest! {
        /// Against a table that is searched.
        #[test]
        fn what_is_drawn_is_what_is_free(steps in prop::collection::vec(step(), 1..80)) {
            let mut urn = Urn::new(10);
            let mut table: BTreeMap<u64, (u32, Option<i64>)> = BTreeMap::new();
            let mut now = 0;
            for step in steps {
                match step {
                    Step::Note { slot, lap, free_from } => {
                        urn.note(slot, lap, free_from.map(at));
                        let newest = table.get(&slot).is_none_or(|(newest, _)| lap >= *newest);
                        if newest && slot < 10 {
                            table.insert(slot, (lap, free_from));
                        }
                    }
                    Step::Draw { later, count, chance } => {
                        now += later;
                        let is_free = |slot: &u64| match table.get(slot) {
                            Some((_, free_from)) => free_from.is_some_and(|from| from <= now),
                            None => true,
                        };
                        let free = (0..10).filter(is_free).count();
                        let drawn = urn.draw(at(now), count, || chance);
                        prop_assert_eq!(drawn.len(), count.min(free));
                        prop_assert_eq!(urn.left(), free as u64);
                        let distinct: HashSet<_> = drawn.iter().collect();
                        prop_assert_eq!(distinct.len(), drawn.len());
                        prop_assert!(drawn.iter().all(is_free));
                    }
                }
            }
        }
    }
}
