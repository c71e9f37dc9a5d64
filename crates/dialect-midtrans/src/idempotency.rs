//! `Idempotency-Key` (section 1.4, rule 25).

use domain::time::{Span, Timestamp};
use gateway::{
    directory::Account,
    request::{Idempotency, PaymentView},
};
use http::HeaderMap;

use crate::receipt::INDOMARET;

/// The longest key; a longer one is as good as none.
const KEY_MAX: usize = 46;
/// How long an answer is repeated.
const LIFETIME: Span = Span::minutes(5);

/// The merchant's key. Empty is absent; of a repeated header the last counts, because one official
/// client piles old keys up before it.
pub(crate) fn key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get_all("Idempotency-Key").iter().next_back()?;
    let key = value.to_str().ok()?.trim();
    (1..=KEY_MAX).contains(&key.len()).then(|| key.to_owned())
}

/// Whether keys count for payments at this store: Midtrans ignores them at Indomaret.
pub(crate) fn counts(account: &Account, store: &str) -> bool {
    store != INDOMARET || account.settings.idempotency_everywhere
}

/// What the gateway needs to repeat an answer.
pub(crate) fn idempotency(
    key: String,
    received_at: Timestamp,
    render: fn(&Account, &PaymentView) -> Vec<u8>,
) -> Idempotency {
    Idempotency { key, expires_at: received_at.plus(LIFETIME), render }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn key_of(values: &[&str]) -> Option<String> {
        let name = HeaderName::from_static("idempotency-key");
        let value = |text: &&str| (name.clone(), HeaderValue::from_str(text).unwrap());
        key(&values.iter().map(value).collect())
    }

    #[test]
    fn the_last_key_counts_if_it_is_one() {
        assert_eq!(key_of(&[]), None);
        assert_eq!(key_of(&[""]), None);
        assert_eq!(key_of(&["old", "new"]).as_deref(), Some("new"));
        assert_eq!(key_of(&["old", ""]), None);
        assert_eq!(key_of(&[&"k".repeat(46)]), Some("k".repeat(46)));
        assert_eq!(key_of(&[&"k".repeat(47)]), None);
    }
}
