//! The name of a checkout, under which its payer finds it.

use std::{fmt, str::FromStr};

use uuid::{Builder, Uuid};

use super::NotAnId;

/// A checkout's name to the outside: a UUID version 4, in lower case, as a vendor's own library expects of
/// it. Whoever knows it may choose a retailer, so it is chance: 122 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckoutToken(Uuid);

impl CheckoutToken {
    /// A token of `chance`, but for the six bits that say what it is.
    pub const fn new(chance: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(chance).into_uuid())
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
    fn a_token_reads_back() {
        let token = CheckoutToken::new([u8::MAX; 16]);
        assert_eq!(token.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(token.to_string().parse(), Ok(token));
        assert_eq!(CheckoutToken::from_bytes(*token.bytes()), token);
        for text in ["", "ffffffffffff4fffbfffffffffffffff", "ffffffff-ffff-4fff-bfff-fffffffffffg"]
        {
            assert_eq!(text.parse::<CheckoutToken>(), Err(NotAnId), "{text}");
        }
    }
}
