//! Bearer tokens that are nowhere stored: whoever holds the installation's key can tell who was
//! given one, and until when it is good.
//!
//! A token is 48 bytes in lower-case hexadecimal digits: account number, expiry in seconds, eight
//! bytes of chance, and the first 24 bytes of an HMAC-SHA256 over the brand and all of these. The
//! key lies sealed among the installation's keys, so tokens outlive a restart and a change of the
//! master key, and every node knows those of every other.

use std::fmt;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use domain::{ids::AccountNo, time::Timestamp};

use crate::{
    directory::Secret,
    vault::{VaultError, random},
};

/// The name of the installation's key of tokens.
pub const TOKEN_KEY: &str = "token";
/// How long that key is.
pub const TOKEN_KEY_BYTES: usize = 32;

const HEAD_BYTES: usize = 24;
const TAG_BYTES: usize = 24;
const TOKEN_BYTES: usize = HEAD_BYTES + TAG_BYTES;

/// Issues tokens and knows its own.
pub struct Tokens(hmac::Key);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    pub(crate) fn new(key: &[u8; TOKEN_KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A bearer token of `account` under `brand`: 96 hexadecimal digits, no two alike, valid until
    /// `expires_at` (a second begun counts in full) whatever else is issued, on every node and after
    /// a restart.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn issue(
        &self,
        brand: &str,
        account: AccountNo,
        expires_at: Timestamp,
    ) -> Result<Secret, VaultError> {
        let seconds = expires_at.millis().div_euclid(1_000);
        let seconds = seconds.saturating_add(i64::from(expires_at.millis().rem_euclid(1_000) > 0));
        let head = [account.get().to_be_bytes(), seconds.to_be_bytes(), random()?].concat();
        let token = [head.as_slice(), self.tag(brand, &head).as_ref()].concat();
        let token = token.get(..TOKEN_BYTES).unwrap_or_default();
        Ok(Secret::new(hex::encode(token)))
    }

    /// Who holds `token`. None: never issued for this brand, or expired at `now`. Whether the account
    /// is still served is the caller's question.
    pub fn holder(&self, brand: &str, token: &str, now: Timestamp) -> Option<AccountNo> {
        let (account, expires_at) = self.read(brand, token)?;
        (now.millis() < expires_at.millis()).then_some(account)
    }

    /// Who was given `token`, and from when on it is over. None: never issued for this brand.
    pub fn read(&self, brand: &str, token: &str) -> Option<(AccountNo, Timestamp)> {
        let mut bytes = [0; TOKEN_BYTES];
        hex::decode_to_slice(token, &mut bytes).ok()?;
        // What is one token has one spelling.
        if token.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return None;
        }
        let (head, tag) = bytes.split_at_checked(HEAD_BYTES)?;
        let expected = self.tag(brand, head);
        verify_slices_are_equal(tag, expected.as_ref().get(..TAG_BYTES)?).ok()?;
        let (account, rest) = head.split_first_chunk()?;
        let (seconds, _chance) = rest.split_first_chunk()?;
        let expires_at = i64::from_be_bytes(*seconds).saturating_mul(1_000);
        Some((AccountNo::new(i64::from_be_bytes(*account)), Timestamp::from_millis(expires_at)))
    }

    /// The tag over a token's head. The brand goes last: the head's length is fixed, so no two pairs
    /// of brand and head are one text.
    fn tag(&self, brand: &str, head: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"gerai token 1\n");
        context.update(head);
        context.update(brand.as_bytes());
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Span;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_244_400_000);
    const ACCOUNT: AccountNo = AccountNo::new(7);

    fn until() -> Timestamp {
        NOW.plus(Span::seconds(900))
    }

    fn tokens() -> Tokens {
        Tokens::new(&[9; TOKEN_KEY_BYTES])
    }

    fn token() -> String {
        tokens().issue("ayolinx", ACCOUNT, until()).unwrap().expose().to_owned()
    }

    #[test]
    fn a_token_is_good_until_its_end_for_its_brand_alone() {
        let token = token();
        let holder = |brand, now| tokens().holder(brand, &token, now);
        assert_eq!(holder("ayolinx", NOW), Some(ACCOUNT));
        assert_eq!(holder("ayolinx", Timestamp::from_millis(until().millis() - 1)), Some(ACCOUNT));
        assert_eq!(holder("ayolinx", until()), None);
        assert_eq!(tokens().read("ayolinx", &token), Some((ACCOUNT, until())));
        assert_eq!(holder("cronos", NOW), None);
        assert_eq!(holder("", NOW), None);
        assert_eq!(Tokens::new(&[8; TOKEN_KEY_BYTES]).holder("ayolinx", &token, NOW), None);
    }

    #[test]
    fn no_two_are_alike_and_none_ends_another() {
        let (one, other) = (token(), token());
        assert_ne!(one, other);
        for token in [one, other] {
            assert_eq!(token.len(), 2 * TOKEN_BYTES);
            assert!(token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{token}");
            assert_eq!(tokens().holder("ayolinx", &token, NOW), Some(ACCOUNT));
        }
    }

    #[test]
    fn every_digit_counts() {
        let token = token();
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens().holder("ayolinx", &changed, NOW), None, "{place}");
        }
    }

    #[test]
    fn whatever_else_arrives_is_nobodys() {
        let token = token();
        for text in [
            "",
            "0",
            "\u{e9}",
            &token[1..],
            &token[2..],
            &format!("{token}00"),
            &format!(" {token}"),
            &token.to_uppercase(),
            &"0".repeat(96),
            &"g".repeat(96),
            &"\u{ff11}".repeat(32),
            &"f".repeat(1 << 20),
        ] {
            assert_eq!(tokens().holder("ayolinx", text, NOW), None, "{text:.20}");
        }
    }

    #[test]
    fn a_second_begun_counts_in_full_and_no_instant_is_too_late() {
        let good = |until: i64, now: i64| {
            let token = tokens().issue("b", ACCOUNT, Timestamp::from_millis(until)).unwrap();
            tokens().holder("b", token.expose(), Timestamp::from_millis(now)).is_some()
        };
        assert!(good(1_001, 1_999) && !good(1_001, 2_000) && !good(1_000, 1_000));
        assert!(good(i64::MAX, i64::MAX - 1) && !good(i64::MIN, 0));
    }

    #[test]
    fn debug_output_tells_no_key() {
        assert_eq!(format!("{:?}", tokens()), "Tokens(..)");
    }
}
