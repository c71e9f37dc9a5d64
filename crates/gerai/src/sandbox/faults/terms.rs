//! How often a fault strikes: with what share, how many times, and by which seed.

use serde::{Deserialize, Serialize};

/// The most times that may be asked for.
const TIMES_MAX: u64 = 1_000_000;
/// The largest seed: the largest number that every reader of JSON reads exactly.
const SEED_MAX: u64 = (1 << 53) - 1;

/// Where chance comes from: a number out of a seed and a place in a sequence, the same every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chance(u64);

impl Chance {
    /// The chance of the `nth` candidate, for whatever `what` stands for, 0 to 3. It is a step of
    /// `SplitMix64`, begun at the mixed seed: it needs no secrecy, only to be the same on every machine
    /// and in every version.
    pub(super) const fn of(seed: u64, nth: u64, what: u64) -> Self {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let place = nth.wrapping_mul(4).wrapping_add(what).wrapping_add(1);
        let mut bits = Self::mixed(seed.wrapping_add(STEP)).wrapping_add(place.wrapping_mul(STEP));
        bits = Self::mixed(bits);
        Self(bits)
    }

    const fn mixed(mut bits: u64) -> u64 {
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, each as likely as far as anybody can tell; 0 where `end` is 0.
    pub(super) fn below(self, end: u64) -> u64 {
        let product = u128::from(self.0) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    /// With what probability, 0 to 1.
    share: f64,
    /// At most so many times; none: without end.
    times: Option<u64>,
    /// Where its chance comes from.
    seed: u64,
}

/// The same as it is written; what is left out is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub(super) struct Wanted {
    pub(super) share: Option<f64>,
    pub(super) times: Option<u64>,
    pub(super) seed: Option<u64>,
}

/// What of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Shown {
    share: f64,
    times: Option<u64>,
    seed: u64,
}

impl Wanted {
    /// Checks it, and takes `fresh` for a seed where there is none.
    pub(super) fn settle(self, fresh: u32) -> Result<Terms, String> {
        let share = self.share.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err("share: a probability, 0 to 1".to_owned());
        }
        if self.times.is_some_and(|times| !(1..=TIMES_MAX).contains(&times)) {
            return Err(format!("times: 1 to {TIMES_MAX}"));
        }
        let seed = self.seed.unwrap_or_else(|| u64::from(fresh));
        if seed > SEED_MAX {
            return Err(format!("seed: a whole number, 0 to {SEED_MAX}"));
        }
        Ok(Terms { share, times: self.times, seed })
    }

    /// Takes one of them from a header. Whether it was one.
    pub(super) fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let number = |value: &str| {
            let is_number = (1..=20).contains(&value.len());
            let number = value.parse::<u64>().ok().filter(|_| is_number);
            number.ok_or_else(|| format!("{name}: a whole number"))
        };
        let was = match name {
            "share" => {
                let share = value.parse::<f64>().ok().filter(|_| value.len() <= 20);
                let share = share.ok_or_else(|| "share: a probability, 0 to 1".to_owned())?;
                self.share.replace(share).is_some()
            }
            "times" => self.times.replace(number(value)?).is_some(),
            "seed" => self.seed.replace(number(value)?).is_some(),
            _ => return Ok(false),
        };
        if was { Err(format!("{name} is there twice")) } else { Ok(true) }
    }
}

impl Terms {
    /// As it is told.
    pub(super) const fn shown(&self) -> Shown {
        Shown { share: self.share, times: self.times, seed: self.seed }
    }

    /// Chance for what else is decided about the `nth` candidate.
    pub(super) const fn chance(&self, nth: u64) -> Chance {
        Chance::of(self.seed, nth, 1)
    }

    fn hits(&self, nth: u64) -> bool {
        const WHOLE: u64 = 1 << 32;
        #[expect(
            clippy::float_arithmetic,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share is between 0 and 1, so this is between 0 and two to the 32nd"
        )]
        let part = (self.share * 4_294_967_296.0) as u64;
        Chance::of(self.seed, nth, 0).below(WHOLE) < part
    }
}

/// What came by so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// What the fault could have struck.
    pub(super) seen: u64,
    /// What it struck.
    pub(super) struck: u64,
}

impl Count {
    /// One more comes by; its chance, where it is struck.
    pub(super) fn next(&mut self, terms: &Terms) -> Option<Chance> {
        let nth = self.seen;
        self.seen = self.seen.saturating_add(1);
        let may = terms.times.is_none_or(|times| self.struck < times);
        if !may || !terms.hits(nth) {
            return None;
        }
        self.struck = self.struck.saturating_add(1);
        Some(terms.chance(nth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(share: f64, times: Option<u64>, seed: u64) -> Vec<u64> {
        let terms = Wanted { share: Some(share), times, seed: Some(seed) }.settle(0).unwrap();
        let mut count = Count::default();
        (0..1_000).filter(|_| count.next(&terms).is_some()).collect()
    }

    #[test]
    fn a_seed_says_which_and_a_share_how_many() {
        let half = struck(0.5, None, 7);
        assert_eq!(half, struck(0.5, None, 7));
        assert_ne!(half, struck(0.5, None, 8));
        assert!((450..550).contains(&half.len()), "{}", half.len());
        assert!((70..130).contains(&struck(0.1, None, 1).len()));
        assert_eq!(struck(1.0, None, 3).len(), 1_000);
        assert_eq!(struck(0.0, None, 3).len(), 0);
        assert_eq!(struck(1.0, Some(2), 3), [0, 1]);
        assert_eq!(struck(0.5, Some(3), 7), half[..3]);
        // What is written down in a test suite must mean the same in every version.
        assert_eq!(half[..8], FIRST_OF_SEVEN);
    }

    /// The first that are struck with a share of a half and the seed 7.
    const FIRST_OF_SEVEN: [u64; 8] = [1, 3, 5, 7, 8, 9, 12, 15];

    #[test]
    fn what_cannot_be_is_refused() {
        for wanted in [
            Wanted { share: Some(1.1), ..Wanted::default() },
            Wanted { share: Some(-0.1), ..Wanted::default() },
            Wanted { share: Some(f64::NAN), ..Wanted::default() },
            Wanted { times: Some(0), ..Wanted::default() },
            Wanted { times: Some(1_000_001), ..Wanted::default() },
            Wanted { seed: Some(1 << 53), ..Wanted::default() },
        ] {
            assert!(wanted.settle(1).is_err(), "{wanted:?}");
        }
        let chosen = Wanted::default().settle(42).unwrap();
        assert_eq!(chosen.shown(), Shown { share: 1.0, times: None, seed: 42 });
    }
}
