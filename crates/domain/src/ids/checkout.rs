//! The name of a checkout, under which its payer finds it.

use std::{fmt, str::FromStr};

use uuid::{Builder, Uuid};

use super::NotAnId;
use crate::time::Timestamp;

/// A checkout's name to the outside: a UUID version 7, in lower case. Whoever knows it may choose a
/// retailer, so 74 of its bits are chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckoutToken(Uuid);

impl CheckoutToken {
    /// A token made at `at`, with 74 bits of `chance`.
    pub fn new(at: Timestamp, chance: [u8; 10]) -> Self {
        let millis = at.millis().unsigned_abs();
        Self(Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }

    /// The token with these sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its sixteen bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for CheckoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for CheckoutToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Only the form we print: 36 characters with hyphens.
        if text.len() != 36 {
            return Err(NotAnId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_its_time_leads() {
        let at = Timestamp::from_millis(1_795_244_400_000);
        let token = CheckoutToken::new(at, [u8::MAX; 10]);
        assert_eq!(token.to_string(), "01a1fce7-9d80-7fff-bfff-ffffffffffff");
        assert_eq!(token.to_string().parse(), Ok(token));
        assert_eq!(CheckoutToken::from_bytes(*token.bytes()), token);
        let later = CheckoutToken::new(Timestamp::from_millis(at.millis() + 1), [0; 10]);
        assert!(later > token);
        for text in ["", "01a1fd3ea1807fffbfffffffffffffff", "01a1fce7-9d80-7fff-bfff-fffffffffffg"]
        {
            assert_eq!(text.parse::<CheckoutToken>(), Err(NotAnId), "{text}");
        }
    }
}
