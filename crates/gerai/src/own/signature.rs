//! Signatures as Standard Webhooks 1.0.0 has them: over id, time of the attempt and body, once with
//! every key that is live, so that a key can be replaced while nothing is refused.

use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    signature::Ed25519KeyPair,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use gateway::{
    directory::{Account, Secret},
    own_events::{EVENTS_KEY, EVENTS_KEY_PAIR},
};
use zeroize::Zeroizing;

/// The signatures of `content` with every key of the account that is live at `now`, separated by
/// spaces: symmetric before asymmetric, newest first. None where it has no key.
pub(super) fn signatures(account: &Account, content: &[u8], now: Timestamp) -> Option<String> {
    let symmetric = account.live_keys(EVENTS_KEY, now).filter_map(|key| v1(key, content));
    let pairs = account.live_keys(EVENTS_KEY_PAIR, now).filter_map(|key| v1a(key, content));
    let all: Vec<_> = symmetric.chain(pairs).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// `v1`: HMAC-SHA256 under the bytes behind `whsec_`.
fn v1(key: &Secret, content: &[u8]) -> Option<String> {
    let bytes = decoded(key, "whsec_")?;
    let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, &bytes), content);
    Some(format!("v1,{}", STANDARD.encode(tag)))
}

/// `v1a`: Ed25519 under the seed behind `whsk_`.
fn v1a(key: &Secret, content: &[u8]) -> Option<String> {
    let seed = decoded(key, "whsk_")?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    Some(format!("v1a,{}", STANDARD.encode(pair.sign(content))))
}

fn decoded(key: &Secret, prefix: &str) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD.decode(key.expose().strip_prefix(prefix)?).ok().map(Zeroizing::new)
}
