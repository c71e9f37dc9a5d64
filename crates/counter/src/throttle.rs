//! Guessing payment codes is slowed down, terminal by terminal (rule 26).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{
    ids::PartnerNo,
    time::{Span, Timestamp},
};

/// How many terminals are remembered, about 10 MB. Beyond that those are forgotten that would be
/// let off soonest.
pub const TERMINALS_MAX: usize = 65_536;

/// How many unknown codes a terminal may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCodeLimit {
    /// Unknown codes at once; 0: no limit.
    pub codes_max: u32,
    /// In how long that many are forgiven, one after the other.
    pub per: Span,
}

impl Default for UnknownCodeLimit {
    /// Ten in a minute: one is forgiven every six seconds.
    fn default() -> Self {
        Self { codes_max: 10, per: Span::minutes(1) }
    }
}

/// A till: whose partner, which outlet, which terminal. Never a whole chain, which one broken till
/// would shut.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terminal {
    /// Who speaks for it.
    pub partner: PartnerNo,
    /// The outlet, as the till calls it; the protocol bounds its length.
    pub outlet: String,
    /// The terminal, as the till calls it; the protocol bounds its length.
    pub terminal: String,
}

/// Which terminals asked for codes that nobody has. Shared by all requests of a protocol.
///
/// Asking whether a terminal is hot and counting what it asked are two steps, because only the
/// answer tells whether a code is unknown. So as many guesses as a terminal has requests in flight
/// may slip through once.
#[derive(Debug)]
pub struct UnknownCodes {
    limit: UnknownCodeLimit,
    terminals_max: usize,
    /// When everything that was counted will be forgiven.
    cold_at: Mutex<HashMap<Terminal, Timestamp>>,
}

impl UnknownCodes {
    /// Nobody has asked yet.
    pub fn new(limit: UnknownCodeLimit) -> Self {
        Self::holding(limit, TERMINALS_MAX)
    }

    /// Nobody has asked yet; at most `terminals_max` terminals are remembered.
    pub fn holding(limit: UnknownCodeLimit, terminals_max: usize) -> Self {
        Self { limit, terminals_max: terminals_max.max(1), cold_at: Mutex::default() }
    }

    /// Whether the terminal has asked for too many unknown codes and must wait.
    pub fn is_hot(&self, terminal: &Terminal, now: Timestamp) -> bool {
        let Some(forgiving) = self.forgiving() else { return false };
        // With one more code the terminal would be over the limit: so much is still unforgiven.
        let spared = forgiving.saturating_mul(i64::from(self.limit.codes_max) - 1);
        let cold_at = self.cold_at.lock().unwrap_or_else(PoisonError::into_inner);
        cold_at.get(terminal).is_some_and(|cold_at| cold_at.since(now).as_millis() > spared)
    }

    /// Counts an unknown code.
    pub fn count(&self, terminal: Terminal, now: Timestamp) {
        let Some(forgiving) = self.forgiving() else { return };
        let mut cold_at = self.cold_at.lock().unwrap_or_else(PoisonError::into_inner);
        if cold_at.len() >= self.terminals_max && !cold_at.contains_key(&terminal) {
            make_room(&mut cold_at, self.terminals_max, now);
        }
        let at = cold_at.entry(terminal).or_insert(now);
        *at = (*at).max(now).plus(Span::millis(forgiving));
    }

    /// Milliseconds in which one code is forgiven; none where there is no limit.
    fn forgiving(&self) -> Option<i64> {
        let per = self.limit.per.as_millis();
        let each = per.checked_div(i64::from(self.limit.codes_max))?;
        (per > 0).then_some(each.max(1))
    }
}

/// Forgets the cold, and if that is not enough an eighth of all, those first that are least hot. A
/// whole eighth, so that the search is paid for once in many calls.
fn make_room(cold_at: &mut HashMap<Terminal, Timestamp>, terminals_max: usize, now: Timestamp) {
    cold_at.retain(|_, at| *at > now);
    let eighth = (terminals_max / 8).max(1);
    if cold_at.len() <= terminals_max - eighth {
        return;
    }
    let mut times: Vec<Timestamp> = cold_at.values().copied().collect();
    let surplus = cold_at.len() - (terminals_max - eighth);
    let (_, last, _) = times.select_nth_unstable(surplus - 1);
    let last = *last;
    // Of those that are exactly as hot as the last one to go, no more than needed go.
    let earlier = cold_at.values().filter(|at| **at < last).count();
    let mut ties = surplus.saturating_sub(earlier);
    cold_at.retain(|_, at| {
        let goes = *at < last || (*at == last && ties > 0);
        if *at == last && ties > 0 {
            ties -= 1;
        }
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_789_000_000_000);

    fn till(terminal: &str) -> Terminal {
        Terminal {
            partner: PartnerNo::new(1),
            outlet: "T001".to_owned(),
            terminal: terminal.to_owned(),
        }
    }

    #[test]
    fn ten_are_free_and_then_one_every_six_seconds() {
        let codes = UnknownCodes::new(UnknownCodeLimit::default());
        for _ in 0..10 {
            assert!(!codes.is_hot(&till("1"), NOW));
            codes.count(till("1"), NOW);
        }
        assert!(codes.is_hot(&till("1"), NOW));
        assert!(codes.is_hot(&till("1"), NOW.plus(Span::millis(5_999))));
        let later = NOW.plus(Span::seconds(6));
        assert!(!codes.is_hot(&till("1"), later));
        codes.count(till("1"), later);
        assert!(codes.is_hot(&till("1"), later));
        // After a minute without guesses all ten are free again.
        let cold = later.plus(Span::minutes(1));
        for _ in 0..10 {
            assert!(!codes.is_hot(&till("1"), cold));
            codes.count(till("1"), cold);
        }
        assert!(codes.is_hot(&till("1"), cold));
    }

    #[test]
    fn neighbours_do_not_suffer() {
        let codes = UnknownCodes::new(UnknownCodeLimit { codes_max: 1, per: Span::minutes(1) });
        codes.count(till("1"), NOW);
        assert!(codes.is_hot(&till("1"), NOW));
        assert!(!codes.is_hot(&till("2"), NOW));
        assert!(!codes.is_hot(&Terminal { outlet: "T002".to_owned(), ..till("1") }, NOW));
        assert!(!codes.is_hot(&Terminal { partner: PartnerNo::new(2), ..till("1") }, NOW));
    }

    #[test]
    fn no_limit_is_no_limit() {
        for limit in [
            UnknownCodeLimit { codes_max: 0, per: Span::minutes(1) },
            UnknownCodeLimit { codes_max: 10, per: Span::ZERO },
        ] {
            let codes = UnknownCodes::new(limit);
            for _ in 0..100 {
                codes.count(till("1"), NOW);
            }
            assert!(!codes.is_hot(&till("1"), NOW));
            assert!(codes.cold_at.lock().unwrap().is_empty());
        }
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_the_hottest() {
        let limit = UnknownCodeLimit { codes_max: 2, per: Span::minutes(1) };
        let codes = UnknownCodes::holding(limit, 16);
        for _ in 0..2 {
            codes.count(till("hot"), NOW);
        }
        for n in 0..1_000 {
            codes.count(till(&n.to_string()), NOW);
            assert!(codes.cold_at.lock().unwrap().len() <= 16);
        }
        assert!(codes.is_hot(&till("hot"), NOW));
    }

    #[test]
    fn room_is_made_by_forgetting_the_cold_first() {
        let limit = UnknownCodeLimit { codes_max: 1, per: Span::minutes(1) };
        let codes = UnknownCodes::holding(limit, 16);
        for n in 0..8 {
            codes.count(till(&n.to_string()), NOW);
        }
        let later = NOW.plus(Span::minutes(2));
        for n in 8..17 {
            codes.count(till(&n.to_string()), later);
        }
        let map = codes.cold_at.lock().unwrap();
        assert_eq!(map.len(), 9);
        assert!((8..17).all(|n: i32| map.contains_key(&till(&n.to_string()))));
    }
}
