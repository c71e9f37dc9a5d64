//! Payment codes: what the payer reads out at the counter (rules 11 to 15).
//!
//! A [`Pool`] owns every code of one network, length and prefix. A code is the prefix, a body and a
//! check digit; the body is the slot's number, permuted with FF1 under the pool's own key. So a code
//! is unguessable outside, in sequence inside, unique without a search and found without an index.

mod ff1;

use std::{fmt, sync::Arc};

use arrayvec::ArrayString;

use self::ff1::Ff1;
use crate::{ids::PoolNo, retailer::NetworkKey};

/// A payment code in full: 1 to 24 letters and digits. Ours are digits; codes made by others may
/// hold letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentCode(ArrayString<24>);

/// The text cannot be a payment code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment code has 1 to 24 letters and digits")]
pub struct NotACode;

impl PaymentCode {
    /// The code `text`.
    pub fn new(text: &str) -> Result<Self, NotACode> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(NotACode);
        }
        ArrayString::from(text).map(Self).map_err(|_| NotACode)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for PaymentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a pool: which shard, and which slot of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The pool.
    pub pool: PoolNo,
    /// The shard, from 0.
    pub shard: u32,
    /// The slot within the shard's range, from 0.
    pub slot: u64,
}

/// A range of codes: network, length and prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolShape {
    /// Whose counters take these codes.
    pub network: NetworkKey,
    /// Digits of a code, prefix and check digit included.
    pub length: usize,
    /// What every code begins with.
    pub prefix: String,
    /// Into how many equal ranges the body is divided.
    pub shards: u32,
}

/// Why a pool cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPool {
    /// Prefixes are digits, and do not begin with 0 (rule 14).
    #[error("the prefix `{0}` is not made of digits, is empty or begins with 0")]
    Prefix(String),
    /// FF1 needs a million codes to hide in (rule 13).
    #[error("{0} digits leave a body shorter than 6")]
    TooShort(usize),
    /// A code has at most 19 digits, so that its body fits 64 bits.
    #[error("{0} digits are too many")]
    TooLong(usize),
    /// There must be at least one shard, and room in each.
    #[error("{0} shards do not divide the pool")]
    Shards(u32),
    /// Pools are prefix-free, so that a code names its pool.
    #[error("the prefix `{prefix}` overlaps pool {other}")]
    Overlap {
        /// The prefix that does not fit.
        prefix: String,
        /// The pool that is there already.
        other: PoolNo,
    },
}

impl PoolShape {
    /// Digits between the prefix and the check digit.
    pub fn body(&self) -> usize {
        self.length.saturating_sub(self.prefix.len()).saturating_sub(1)
    }

    /// How many codes each shard has.
    pub fn slots_per_shard(&self) -> u64 {
        let body = u32::try_from(self.body()).unwrap_or(0);
        10_u64.saturating_pow(body) / u64::from(self.shards.max(1))
    }

    fn check(&self) -> Result<(), BadPool> {
        let digits = self.prefix.bytes().all(|b| b.is_ascii_digit());
        if self.prefix.is_empty() || !digits || self.prefix.starts_with('0') {
            return Err(BadPool::Prefix(self.prefix.clone()));
        }
        if self.length > 19 {
            return Err(BadPool::TooLong(self.length));
        }
        if self.body() < 6 {
            return Err(BadPool::TooShort(self.length));
        }
        if self.shards == 0 || self.slots_per_shard() < 1_000 {
            return Err(BadPool::Shards(self.shards));
        }
        Ok(())
    }
}

/// A pool with its key: makes codes and reads them back.
#[derive(Clone)]
pub struct Pool {
    no: PoolNo,
    shape: PoolShape,
    cipher: Arc<Ff1>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("no", &self.no)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// Pool `no` of the given shape under `key`, which stays the same for its whole life (rule 13).
    pub fn new(no: PoolNo, shape: PoolShape, key: &[u8; 32]) -> Result<Self, BadPool> {
        shape.check()?;
        let tweak = format!("{}/{}/{}", shape.network, shape.length, shape.prefix);
        let cipher = Ff1::new(key, tweak.as_bytes(), shape.body());
        let cipher = cipher.ok_or(BadPool::TooShort(shape.length))?;
        Ok(Self { no, shape, cipher: Arc::new(cipher) })
    }

    /// Its number.
    pub fn no(&self) -> PoolNo {
        self.no
    }

    /// Its network, length and prefix.
    pub fn shape(&self) -> &PoolShape {
        &self.shape
    }

    /// The code of a slot; nothing when the slot is outside the range.
    pub fn code(&self, shard: u32, slot: u64) -> Option<PaymentCode> {
        let range = self.shape.slots_per_shard();
        if shard >= self.shape.shards || slot >= range {
            return None;
        }
        let number = u64::from(shard).checked_mul(range)?.checked_add(slot)?;
        let mut text = ArrayString::<24>::new();
        text.try_push_str(&self.shape.prefix).ok()?;
        let mut body = self.cipher.encrypt(number);
        let mut digits = [b'0'; 19];
        let digits = digits.get_mut(..self.shape.body())?;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(body % 10).ok()?;
            body /= 10;
        }
        text.try_push_str(std::str::from_utf8(digits).ok()?).ok()?;
        let check = damm(text.as_bytes())?;
        text.try_push(char::from(check)).ok()?;
        Some(PaymentCode(text))
    }

    /// The slot a code names, if its length, prefix and check digit are this pool's.
    pub fn slot(&self, code: &PaymentCode) -> Option<Slot> {
        let text = code.as_str();
        if text.len() != self.shape.length || !text.starts_with(&self.shape.prefix) {
            return None;
        }
        let (rest, check) = text.split_at_checked(text.len().checked_sub(1)?)?;
        if damm(rest.as_bytes()) != check.bytes().next() {
            return None;
        }
        let body = rest.get(self.shape.prefix.len()..)?;
        if !body.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let number = self.cipher.decrypt(body.parse().ok()?);
        let range = self.shape.slots_per_shard();
        let shard = u32::try_from(number / range).ok()?;
        (shard < self.shape.shards).then_some(Slot { pool: self.no, shard, slot: number % range })
    }
}

/// All pools. Prefix-free, so that at most one knows a code (rule 14).
#[derive(Debug, Clone, Default)]
pub struct Pools(Vec<Pool>);

impl Pools {
    /// These pools, if none overlaps another.
    pub fn new(pools: Vec<Pool>) -> Result<Self, BadPool> {
        let mut checked: Vec<Pool> = Vec::with_capacity(pools.len());
        for pool in pools {
            let prefix = pool.shape.prefix.as_str();
            let clash = checked.iter().find(|other| {
                let theirs = other.shape.prefix.as_str();
                other.shape.length == pool.shape.length
                    && (theirs.starts_with(prefix) || prefix.starts_with(theirs))
            });
            if let Some(other) = clash {
                return Err(BadPool::Overlap { prefix: prefix.to_owned(), other: other.no });
            }
            checked.push(pool);
        }
        Ok(Self(checked))
    }

    /// The slot a code names, in whichever pool it belongs to.
    pub fn slot(&self, code: &PaymentCode) -> Option<Slot> {
        self.0.iter().find_map(|pool| pool.slot(code))
    }

    /// The newest pool of a network; older ones are being drained.
    pub fn open_for(&self, network: NetworkKey) -> Option<&Pool> {
        self.0.iter().rev().find(|pool| pool.shape.network == network)
    }

    /// The pool with this number.
    pub fn get(&self, no: PoolNo) -> Option<&Pool> {
        self.0.iter().find(|pool| pool.no == no)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Pool> {
        self.0.iter()
    }
}

/// Damm's check digit of a text of digits: it finds every single wrong digit and every exchange of
/// neighbours, which Luhn's does not (rule 14). Nothing when a byte is no digit.
pub fn damm(digits: &[u8]) -> Option<u8> {
    /// A totally anti-symmetric quasigroup of order ten, from Damm's thesis of 2004.
    const QUASIGROUP: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let mut interim = 0_u8;
    for byte in digits {
        let digit = byte.checked_sub(b'0')?;
        interim = *QUASIGROUP.get(usize::from(interim))?.get(usize::from(digit))?;
    }
    b'0'.checked_add(interim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retailer::RetailerKey;

    fn pool(length: usize, prefix: &str, shards: u32) -> Pool {
        let network = RetailerKey::new("alfa").unwrap();
        let shape = PoolShape { network, length, prefix: prefix.to_owned(), shards };
        Pool::new(PoolNo::new(1), shape, &[9; 32]).unwrap()
    }

    #[test]
    fn check_digit_vector_from_the_literature() {
        assert_eq!(damm(b"572"), Some(b'4'));
        assert_eq!(damm(b"5724"), Some(b'0'));
        assert_eq!(damm(b"57a"), None);
    }

    #[test]
    fn codes_lead_back_to_their_slots_and_nowhere_else() {
        for (length, prefix, shards) in [(16, "81", 1), (12, "57", 4), (11, "615", 1)] {
            let pool = pool(length, prefix, shards);
            let last = pool.shape().slots_per_shard() - 1;
            for shard in 0..shards {
                for slot in [0, 1, 2, 999, last] {
                    let code = pool.code(shard, slot).unwrap();
                    assert_eq!(code.as_str().len(), length);
                    assert!(code.as_str().starts_with(prefix));
                    assert_eq!(pool.slot(&code), Some(Slot { pool: pool.no(), shard, slot }));
                }
            }
            assert_eq!(pool.code(shards, 0), None);
            assert_eq!(pool.code(0, last + 1), None);
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_noticed() {
        let pool = pool(16, "81", 1);
        let code = pool.code(0, 41).unwrap().as_str().to_owned();
        for place in 2..16 {
            for digit in '0'..='9' {
                let mut wrong = code.clone();
                wrong.replace_range(place..=place, &digit.to_string());
                if wrong != code {
                    assert_eq!(pool.slot(&PaymentCode::new(&wrong).unwrap()), None, "{wrong}");
                }
            }
        }
    }

    #[test]
    fn neighbouring_slots_have_unrelated_codes() {
        let pool = pool(16, "81", 1);
        let codes: Vec<_> = (0..100).map(|slot| pool.code(0, slot).unwrap()).collect();
        let same_start =
            codes.windows(2).filter(|w| w[0].as_str()[..6] == w[1].as_str()[..6]).count();
        assert!(same_start < 3, "{codes:?}");
    }

    #[test]
    fn pools_do_not_overlap() {
        let shape = |prefix: &str, length| PoolShape {
            network: RetailerKey::new("alfa").unwrap(),
            length,
            prefix: prefix.to_owned(),
            shards: 1,
        };
        let pool = |no, prefix, length| {
            Pool::new(PoolNo::new(no), shape(prefix, length), &[1; 32]).unwrap()
        };
        assert!(Pools::new(vec![pool(1, "81", 16), pool(2, "82", 16), pool(3, "81", 12)]).is_ok());
        let clash = Pools::new(vec![pool(1, "81", 16), pool(2, "812", 16)]).unwrap_err();
        assert_eq!(clash, BadPool::Overlap { prefix: "812".to_owned(), other: PoolNo::new(1) });
        assert!(Pool::new(PoolNo::new(1), shape("0", 16), &[1; 32]).is_err());
        assert!(Pool::new(PoolNo::new(1), shape("8123", 10), &[1; 32]).is_err());
    }
}
