//! Who and what: row numbers inside, opaque names outside.
//!
//! Rows are keyed by a sequence, because keys in time order keep a large table as fast as a small
//! one. What is shown is a UUID of version 7 ([`PaymentId`]), whose random half carries the row's number under a
//! secret mask ([`IdCipher`]): the row is found without an index over random values.

mod checkout;

use std::{fmt, str::FromStr};

use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use uuid::Uuid;

pub use checkout::CheckoutToken;

use crate::time::Timestamp;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The row with this number.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// The row's number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// Who is owed the money. A merchant has one account per dialect.
    MerchantNo;
    /// A merchant under one dialect (rule 40).
    AccountNo;
    /// Who is connected on the counters' side: a retailer or a switch.
    PartnerNo;
    /// A payment's row.
    PaymentNo;
    /// A sale's row.
    SaleNo;
    /// An event's row.
    EventNo;
    /// A pool of payment codes.
    PoolNo;
    /// A notification's row.
    NotificationNo;
}

/// The most a row number may be: 48 bits, which is what a [`PaymentId`] carries.
pub const NUMBER_MAX: i64 = (1 << 48) - 1;

/// A payment's name to the outside: a UUID version 7, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(Uuid);

impl PaymentId {
    /// The id with these sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Its sixteen bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAnId;

impl FromStr for PaymentId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Only the form we print: 36 characters with hyphens.
        if text.len() != 36 {
            return Err(NotAnId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
    }
}

/// Issues payment ids and reads their row number back.
///
/// Such a UUID holds 48 bits of time, 12 bits of chance, then 62 bits: 14 of chance and the row's
/// number of 48 bits, exclusive-or'ed with AES-128 of everything before it. To a stranger they are
/// random; two ids never meet, because numbers do not.
#[derive(Clone)]
pub struct IdCipher(Aes128);

impl fmt::Debug for IdCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdCipher")
    }
}

const VERSION_7: u128 = 0x7 << 76;
const VARIANT: u128 = 0b10 << 62;
const NUMBER_BITS: u128 = (1 << 48) - 1;

impl IdCipher {
    /// With the installation's own key.
    pub fn new(key: &[u8; 16]) -> Self {
        Self(Aes128::new(key.into()))
    }

    /// The id of row `number`, made at `at`, with 26 bits of chance from `chance`.
    pub fn issue(&self, number: PaymentNo, at: Timestamp, chance: u32) -> PaymentId {
        let millis = u128::from(at.millis().unsigned_abs()) & NUMBER_BITS;
        let chance = u128::from(chance);
        let head = (millis << 80)
            | VERSION_7
            | ((chance & 0xfff) << 64)
            | VARIANT
            | (((chance >> 12) & 0x3fff) << 48);
        let number = u128::from(number.get().unsigned_abs()) & NUMBER_BITS;
        PaymentId::from_bytes((head | (number ^ self.mask(head))).to_be_bytes())
    }

    /// The row an id claims to be. The row's stored id must still be compared: anybody can write
    /// a UUID.
    pub fn number(&self, id: &PaymentId) -> PaymentNo {
        let whole = u128::from_be_bytes(*id.bytes());
        let number = (whole & NUMBER_BITS) ^ self.mask(whole & !NUMBER_BITS);
        PaymentNo::new(i64::try_from(number).unwrap_or(NUMBER_MAX))
    }

    fn mask(&self, head: u128) -> u128 {
        let mut block = head.to_be_bytes().into();
        self.0.encrypt_block(&mut block);
        u128::from_be_bytes(block.into()) & NUMBER_BITS
    }
}

/// The merchant's own name for a payment: 1 to 255 bytes without control characters.
///
/// Dialects may be stricter; they are never looser.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(String);

/// The text cannot name an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order id has 1 to 255 bytes and no control characters")]
pub struct NotAnOrderId;

impl OrderId {
    /// The order named `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAnOrderId> {
        let text = text.into();
        let fits = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(NotAnOrderId) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_7_uuid_that_knows_its_row() {
        let cipher = IdCipher::new(&[7; 16]);
        let at = Timestamp::from_millis(1_795_194_000_000);
        for number in [1, 2, 1_000_000, NUMBER_MAX] {
            let id = cipher.issue(PaymentNo::new(number), at, 0x03ff_ffff);
            assert_eq!(cipher.number(&id).get(), number);
            let uuid = Uuid::from_bytes(*id.bytes());
            assert_eq!(uuid.get_version_num(), 7);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn neighbours_do_not_look_alike() {
        let cipher = IdCipher::new(&[7; 16]);
        let at = Timestamp::from_millis(1_795_194_000_000);
        let tail =
            |n, chance| cipher.issue(PaymentNo::new(n), at, chance).to_string()[24..].to_owned();
        assert_ne!(tail(1, 1)[..6], tail(2, 2)[..6]);
        assert_ne!(
            IdCipher::new(&[8; 16]).issue(PaymentNo::new(1), at, 1).to_string()[24..],
            tail(1, 1)
        );
    }

    #[test]
    fn order_ids_are_bounded() {
        assert!(OrderId::new("").is_err());
        assert!(OrderId::new("a\nb").is_err());
        assert!(OrderId::new("x".repeat(256)).is_err());
        assert!(OrderId::new("2016-10-20 12:39:16 +0700").is_ok());
    }
}
