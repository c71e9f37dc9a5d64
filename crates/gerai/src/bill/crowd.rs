//! So many bills an hour for one address, so that nobody's telephone is flooded by a merchant that opens
//! a thousand payments. In memory: a restart begins to count anew.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::{Span, Timestamp};

const HOUR: Span = Span::hours(1);

/// Addresses that are counted at a time. More are not: then the oldest hour is forgotten.
const ADDRESSES_MAX: usize = 100_000;

/// How often each address was told within an hour.
#[derive(Debug)]
pub(super) struct Crowd {
    count_max: u32,
    told: Mutex<HashMap<[u8; 16], Hour>>,
}

#[derive(Debug, Clone, Copy)]
struct Hour {
    since: Timestamp,
    count: u32,
}

impl Crowd {
    /// At most so many; 0 for as many as come.
    pub(super) fn new(count_max: u32) -> Self {
        Self { count_max, told: Mutex::default() }
    }

    /// Whether another may go to this address at `now`; then it is counted.
    pub(super) fn admits(&self, address: &str, now: Timestamp) -> bool {
        if self.count_max == 0 {
            return true;
        }
        let mut key = [0; 16];
        // Whose addresses these are is nobody's business, not even a dump's.
        for (to, from) in key.iter_mut().zip(digest(&SHA256, address.as_bytes()).as_ref()) {
            *to = *from;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= ADDRESSES_MAX && !told.contains_key(&key) {
            told.retain(|_, hour| !is_over(*hour, now));
            if told.len() >= ADDRESSES_MAX
                && let Some(oldest) =
                    told.iter().min_by_key(|(_, hour)| hour.since).map(|(key, _)| *key)
            {
                told.remove(&oldest);
            }
        }
        let hour = told.entry(key).or_insert(Hour { since: now, count: 0 });
        if is_over(*hour, now) {
            *hour = Hour { since: now, count: 0 };
        }
        if hour.count >= self.count_max {
            return false;
        }
        hour.count += 1;
        true
    }
}

fn is_over(hour: Hour, now: Timestamp) -> bool {
    now.since(hour.since) >= HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_so_often_an_hour() {
        let crowd = Crowd::new(2);
        let at = |minutes| Timestamp::from_millis(0).plus(Span::minutes(minutes));
        for (address, minutes, admitted) in [
            ("+62812", 0, true),
            ("+62812", 1, true),
            ("+62812", 59, false),
            ("+62813", 59, true),
            ("+62812", 60, true),
            ("+62812", 61, true),
            ("+62812", 62, false),
        ] {
            assert_eq!(crowd.admits(address, at(minutes)), admitted, "{address} {minutes}");
        }
        let unlimited = Crowd::new(0);
        assert!((0..100).all(|_| unlimited.admits("a", at(0))));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let crowd = Crowd::new(1);
        let at = Timestamp::from_millis(0);
        for no in 0..ADDRESSES_MAX {
            assert!(crowd.admits(&no.to_string(), at));
        }
        assert!(crowd.admits("one more", at.plus(Span::seconds(1))));
        assert_eq!(crowd.told.lock().unwrap().len(), ADDRESSES_MAX);
    }
}
