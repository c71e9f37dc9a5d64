//! How many may wait: streams and long polls of one account, so that one that opens ever more of them
//! does not take the connections of all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::AccountNo;

/// Streams and long polls of one account at a time.
pub(super) const EACH_MAX: usize = 16;

/// Who waits.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Slots(Arc<Mutex<HashMap<AccountNo, usize>>>);

/// The right to wait, given back when dropped.
#[derive(Debug)]
pub(in super::super) struct Slot {
    slots: Slots,
    account: AccountNo,
}

impl Slots {
    /// A slot of this account; none while all are taken.
    pub(in super::super) fn take(&self, account: AccountNo) -> Option<Slot> {
        let mut taken = self.lock();
        let count = taken.entry(account).or_default();
        if *count >= EACH_MAX {
            return None;
        }
        *count += 1;
        metrics::gauge!("gerai_event_listeners").increment(1);
        Some(Slot { slots: self.clone(), account })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AccountNo, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(count) = taken.get_mut(&self.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.account);
            }
        }
        metrics::gauge!("gerai_event_listeners").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_so_many_and_gets_them_back() {
        let slots = Slots::default();
        let (one, other) = (AccountNo::new(1), AccountNo::new(2));
        let mut taken: Vec<_> = (0..EACH_MAX).filter_map(|_| slots.take(one)).collect();
        assert_eq!(taken.len(), EACH_MAX);
        assert!(slots.take(one).is_none() && slots.take(other).is_some());
        taken.pop();
        assert!(slots.take(one).is_some());
    }
}
