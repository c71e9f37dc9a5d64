//! The newest of something, in memory: numbered, and bounded in number and weight.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many are kept.
pub(super) const COUNT_MAX: usize = 500;
/// What they may weigh together, in bytes.
const WEIGHT_MAX: usize = 8 * 1024 * 1024;

/// The newest, the oldest first.
#[derive(Debug)]
pub(super) struct Kept<T>(Mutex<Rows<T>>);

#[derive(Debug)]
struct Rows<T> {
    rows: VecDeque<Row<T>>,
    newest: u64,
    weight: usize,
}

#[derive(Debug)]
struct Row<T> {
    no: u64,
    weight: usize,
    value: Arc<T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Rows { rows: VecDeque::new(), newest: 0, weight: 0 }))
    }
}

impl<T> Kept<T> {
    /// Keeps one more, and forgets the oldest where they have become too many. What is given back is its
    /// number.
    pub(super) fn keep(&self, value: Arc<T>, weight: usize) -> u64 {
        let mut kept = self.lock();
        kept.newest += 1;
        kept.weight = kept.weight.saturating_add(weight);
        let no = kept.newest;
        kept.rows.push_back(Row { no, weight, value });
        while kept.rows.len() > COUNT_MAX || kept.weight > WEIGHT_MAX {
            let Some(oldest) = kept.rows.pop_front() else { break };
            kept.weight = kept.weight.saturating_sub(oldest.weight);
        }
        no
    }

    /// The one with this number, if it is still there.
    pub(super) fn get(&self, no: u64) -> Option<Arc<T>> {
        let kept = self.lock();
        kept.rows.iter().rev().find(|row| row.no == no).map(|row| Arc::clone(&row.value))
    }

    /// Those with a number above `after`, the newest first.
    pub(super) fn after(&self, after: u64) -> Vec<(u64, Arc<T>)> {
        let kept = self.lock();
        let newer = kept.rows.iter().rev().take_while(|row| row.no > after);
        newer.map(|row| (row.no, Arc::clone(&row.value))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Rows<T>> {
        // Whoever panicked while holding the lock was no more than counting.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_they_are_too_many_or_too_heavy() {
        let kept = Kept::default();
        for number in 0..=COUNT_MAX {
            kept.keep(Arc::new(number), 1);
        }
        let all = kept.after(0);
        assert_eq!(all.len(), COUNT_MAX);
        assert_eq!((all[0].0, *all[0].1), (501, 500));
        assert_eq!(*all.last().unwrap().1, 1);
        assert_eq!(kept.after(499).len(), 2);
        kept.keep(Arc::new(0), WEIGHT_MAX - 2);
        assert_eq!(kept.after(0).len(), 3);
        kept.keep(Arc::new(0), WEIGHT_MAX + 1);
        assert!(kept.after(0).is_empty());
    }
}
