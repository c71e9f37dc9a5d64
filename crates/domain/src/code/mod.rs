//! Payment codes: what the payer reads out at the counter (rules 11 to 15).
//!
//! A [`Pool`] owns every code of one network, length and prefix. A code is the prefix, a body and a
//! check digit; the body is the slot's number, permuted with FF1 under the pool's own key. So a code
//! is unguessable outside, in sequence inside, unique without a search and found without an index.
//!
//! A body of fewer than [`PERMUTED_MIN`] digits has too few numbers to hide among. There the body is
//! the slot's number as it is, and slots are drawn at random from an [`Urn`] (rule 13).

mod ff1;

mod urn;

use std::{fmt, sync::Arc};

use arrayvec::ArrayString;

use self::ff1::Ff1;
pub use self::urn::Urn;
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

/// The fewest digits of a body that FF1 permutes; codes with fewer are drawn at random (rule 13).
pub const PERMUTED_MIN: usize = 6;
/// The fewest digits of a body.
pub const BODY_MIN: usize = 2;

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
    /// With prefix and check digit, too few digits are left to tell payments apart.
    #[error("{0} digits leave a body shorter than {BODY_MIN}")]
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

    /// Whether its codes are drawn at random, because they are too few to be permuted (rule 13).
    pub fn is_short(&self) -> bool {
        self.body() < PERMUTED_MIN
    }

    fn check(&self) -> Result<(), BadPool> {
        let digits = self.prefix.bytes().all(|b| b.is_ascii_digit());
        if self.prefix.is_empty() || !digits || self.prefix.starts_with('0') {
            return Err(BadPool::Prefix(self.prefix.clone()));
        }
        if self.length > 19 {
            return Err(BadPool::TooLong(self.length));
        }
        if self.body() < BODY_MIN {
            return Err(BadPool::TooShort(self.length));
        }
        let room_min = if self.is_short() { 10 } else { 1_000 };
        if self.shards == 0 || self.slots_per_shard() < room_min {
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
    order: Order,
}

/// How a slot's number becomes the body of a code.
#[derive(Clone)]
enum Order {
    /// Slots are issued in sequence, and their numbers permuted.
    Permuted(Arc<Ff1>),
    /// Slots are drawn at random, and their numbers written as they are.
    Drawn,
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
    /// A short pool has a key like the others and makes no use of it.
    pub fn new(no: PoolNo, shape: PoolShape, key: &[u8; 32]) -> Result<Self, BadPool> {
        shape.check()?;
        if shape.is_short() {
            return Ok(Self { no, shape, order: Order::Drawn });
        }
        let tweak = format!("{}/{}/{}", shape.network, shape.length, shape.prefix);
        let cipher = Ff1::new(key, tweak.as_bytes(), shape.body());
        let cipher = cipher.ok_or(BadPool::TooShort(shape.length))?;
        Ok(Self { no, shape, order: Order::Permuted(Arc::new(cipher)) })
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
        let mut body = match &self.order {
            Order::Permuted(cipher) => cipher.encrypt(number),
            Order::Drawn => number,
        };
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
        let body = body.parse().ok()?;
        let number = match &self.order {
            Order::Permuted(cipher) => cipher.decrypt(body),
            Order::Drawn => body,
        };
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
mod tests;
