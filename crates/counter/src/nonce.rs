//! What is remembered of nonces, and why it needs no rows.
//!
//! A nonce names one transmission. A message that comes twice with the same nonce is either the
//! same bytes again, sent by a network or a till that lost the answer, or other bytes. The same
//! bytes are let through, because the sale's stored answer is what they get (rule 16: idempotency is
//! looked up before a nonce is refused). Other bytes would need a signature of their own, which
//! nobody makes without the secret; so a thief who only listens gains nothing from a forgotten
//! nonce, neither after a restart nor at another node. What is left to catch is a partner whose
//! nonces are broken, and for that a bounded memory of one process is enough.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::{Span, Timestamp};

/// How long a nonce is remembered. A timestamp is accepted for five minutes on either side, so a
/// message lives ten minutes at most.
pub const NONCE_KEPT: Span = Span::minutes(10);

/// How many nonces are remembered, about 16 MB. Beyond that the oldest are forgotten.
pub const NONCES_MAX: usize = 1 << 17;

/// The nonce was used with other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reused;

/// The nonces of the last ten minutes. Shared by all requests of a protocol.
#[derive(Debug)]
pub struct NonceMemory {
    count_max: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Half a SHA-256 of key id and nonce, and half the message's.
    messages: HashMap<[u8; 16], [u8; 16]>,
    /// The same keys, oldest first.
    order: VecDeque<(Timestamp, [u8; 16])>,
}

impl Default for NonceMemory {
    fn default() -> Self {
        Self::holding(NONCES_MAX)
    }
}

impl NonceMemory {
    /// A memory of at most `count_max` nonces.
    pub fn holding(count_max: usize) -> Self {
        Self { count_max: count_max.max(1), seen: Mutex::default() }
    }

    /// Remembers that `nonce` came under `key_id` with the message whose SHA-256 is `message`.
    ///
    /// Call it only for messages whose signature is right: others must not fill the memory. Refused
    /// when the nonce came with another message before.
    pub fn witness(
        &self,
        key_id: &str,
        nonce: &str,
        message: [u8; 32],
        real_now: Timestamp,
    ) -> Result<(), Reused> {
        // Neither part holds a newline in any protocol of ours, so the key says which is which.
        let key = half(digest(&SHA256, format!("{key_id}\n{nonce}").as_bytes()).as_ref());
        let message = half(&message);
        // A panic elsewhere leaves two collections that are at worst one entry apart.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_before(real_now);
        if let Some(before) = seen.messages.get(&key) {
            return if *before == message { Ok(()) } else { Err(Reused) };
        }
        while seen.order.len() >= self.count_max {
            seen.forget_oldest();
        }
        seen.messages.insert(key, message);
        seen.order.push_back((real_now, key));
        Ok(())
    }
}

impl Seen {
    fn forget_before(&mut self, real_now: Timestamp) {
        while let Some((at, _)) = self.order.front()
            && real_now.since(*at) > NONCE_KEPT
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.messages.remove(&key);
        }
    }
}

/// The first half of a hash; 128 bits are plenty against accidents, and nobody can aim.
fn half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(hash) {
        *to = *from;
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_789_000_000_000);

    #[test]
    fn the_same_bytes_pass_and_other_bytes_do_not() {
        let memory = NonceMemory::default();
        assert_eq!(memory.witness("k", "n", [1; 32], NOW), Ok(()));
        assert_eq!(memory.witness("k", "n", [1; 32], NOW), Ok(()));
        assert_eq!(memory.witness("k", "n", [2; 32], NOW), Err(Reused));
        // What was refused changed nothing.
        assert_eq!(memory.witness("k", "n", [1; 32], NOW), Ok(()));
    }

    #[test]
    fn a_nonce_belongs_to_its_key() {
        let memory = NonceMemory::default();
        assert_eq!(memory.witness("k", "n", [1; 32], NOW), Ok(()));
        assert_eq!(memory.witness("other", "n", [2; 32], NOW), Ok(()));
        assert_eq!(memory.witness("k", "other", [2; 32], NOW), Ok(()));
    }

    #[test]
    fn ten_minutes_are_enough() {
        let memory = NonceMemory::default();
        assert_eq!(memory.witness("k", "n", [1; 32], NOW), Ok(()));
        let at_last = NOW.plus(NONCE_KEPT);
        assert_eq!(memory.witness("k", "n", [2; 32], at_last), Err(Reused));
        let after = at_last.plus(Span::millis(1));
        assert_eq!(memory.witness("k", "n", [2; 32], after), Ok(()));
        assert_eq!(memory.seen.lock().unwrap().messages.len(), 1);
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest_first() {
        let memory = NonceMemory::holding(3);
        for nonce in ["a", "b", "c", "d"] {
            assert_eq!(memory.witness("k", nonce, [1; 32], NOW), Ok(()));
        }
        let seen = memory.seen.lock().unwrap();
        assert_eq!((seen.messages.len(), seen.order.len()), (3, 3));
        drop(seen);
        assert_eq!(memory.witness("k", "b", [2; 32], NOW), Err(Reused));
        assert_eq!(memory.witness("k", "a", [2; 32], NOW), Ok(()));
    }
}
