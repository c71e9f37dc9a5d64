//! Why a counter's request is not believed (contract, "Credentials and signatures").

mod signed;

use domain::time::Timestamp;
use gateway::directory::Directory;
use http::HeaderMap;
use inspection::{Explained, mask, misspelt, off_by};

use crate::{
    admission::{NotAuthenticated, Received},
    signature::{KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, is_nonce},
};

/// How requests are signed, in words.
const SCHEME: &str = "Gerai-Signature is `v1=` and the small hexadecimal digits of HMAC-SHA256 under the \
                      key's secret, over seven lines: v1, key id, METHOD, path with query, timestamp, \
                      nonce and the body's SHA-256; no line end behind the last";
/// The longest header that is shown.
const HEADER_MAX: usize = 512;

/// What is wrong with a request of which `why` is known; none where nothing is.
pub(crate) fn explain(
    directory: &Directory,
    headers: &HeaderMap,
    received: &Received<'_>,
    why: NotAuthenticated,
) -> Option<Explained> {
    let seen = Seen { directory, headers, received };
    let mut explained =
        Explained::new("counter", "Counter over HTTP", received.method.as_str(), received.target);
    explained.scheme = SCHEME;
    let key_id = seen.one(KEY_HEADER).unwrap_or_default();
    let is_known = directory.partners().any(|one| one.keys.iter().any(|key| key.key_id == key_id));
    explained.who = is_known.then(|| key_id.to_owned());
    explained =
        explained.with_part(KEY_HEADER, if is_known { key_id.to_owned() } else { mask(key_id) });
    for name in [TIMESTAMP_HEADER, NONCE_HEADER] {
        if let Ok(value) = seen.one(name) {
            explained = explained.with_part(name, seen.shown(value));
        }
    }
    if let Ok(value) = seen.one(SIGNATURE_HEADER) {
        explained = explained.given(&seen.shown(value));
    }
    match why {
        NotAuthenticated::KeyHeader => {
            let found = seen.one(KEY_HEADER).err();
            Some(explained.saying(found.unwrap_or_else(|| "Gerai-Key is too long".to_owned())))
        }
        NotAuthenticated::UnknownKey => Some(explained.saying(seen.unknown(key_id))),
        NotAuthenticated::Disabled => {
            Some(explained.saying(format!("the partner of the key {key_id} is turned off")))
        }
        NotAuthenticated::Address => Some(explained.saying(format!(
            "the partner of the key {key_id} may not call from {}: its list of addresses does not have it",
            received.peer
        ))),
        NotAuthenticated::TimestampHeader => Some(explained.saying(seen.timestamp())),
        NotAuthenticated::Stale => {
            explained.findings.extend(seen.clock());
            signed::explain(explained, &seen)
        }
        NotAuthenticated::NonceHeader => Some(explained.saying(seen.nonce())),
        NotAuthenticated::SignatureHeader => {
            let found = seen.one(SIGNATURE_HEADER).err();
            Some(explained.saying(found.unwrap_or_else(|| "Gerai-Signature is missing".to_owned())))
        }
        NotAuthenticated::Signature => signed::explain(explained, &seen),
        NotAuthenticated::NonceReused => Some(explained.saying(
            "the nonce was used before, with another message: make a new one for each transmission",
        )),
    }
}

/// What a request says, and who there is.
struct Seen<'a> {
    directory: &'a Directory,
    headers: &'a HeaderMap,
    received: &'a Received<'a>,
}

impl<'a> Seen<'a> {
    /// A header that must be there once, or what is wrong with it.
    fn one(&self, name: &str) -> Result<&'a str, String> {
        let said = spelt(name);
        let mut values = self.headers.get_all(name).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Err(format!("the header {said} is missing")),
            (Some(_), Some(_)) => return Err(format!("the header {said} is there more than once")),
            (Some(value), None) => value,
        };
        let text = value.to_str().map_err(|_| format!("the header {said} is no plain text"))?;
        match text.len() {
            0 => Err(format!("the header {said} is empty")),
            1..=HEADER_MAX => Ok(text),
            _ => Err(format!("the header {said} is longer than {HEADER_MAX} characters")),
        }
    }

    /// A header's value, unless it is somebody's secret.
    fn shown(&self, value: &str) -> String {
        let mut keys = self.directory.partners().flat_map(|partner| &partner.keys);
        let is_secret = keys.any(|key| value.contains(key.secret.expose()));
        if is_secret { mask(value) } else { value.to_owned() }
    }

    /// Why nobody has this key id.
    fn unknown(&self, given: &str) -> String {
        let keys = || self.directory.partners().flat_map(|partner| &partner.keys);
        if keys().any(|key| key.secret.expose() == given) {
            return "Gerai-Key holds the secret; the key id is expected there, and the secret signs"
                .to_owned();
        }
        if keys().any(|key| key.key_id == given) {
            return format!("the key {given} is retired");
        }
        let of_merchant = self.directory.accounts().any(|account| {
            account.public_id == given
                || account.keys.iter().any(|key| key.secret.expose() == given)
        });
        if of_merchant {
            return "Gerai-Key holds a merchant's key; a counter has keys of its own (`gerai counter \
                    add`)"
                .to_owned();
        }
        let spelling = keys().find_map(|key| {
            misspelt(given, &key.key_id, &format!("the key id {} in Gerai-Key", key.key_id))
        });
        spelling.unwrap_or_else(|| {
            "nobody here has this key id: it is that of another installation, or misspelt"
                .to_owned()
        })
    }

    fn timestamp(&self) -> String {
        let text = match self.one(TIMESTAMP_HEADER) {
            Ok(text) => text,
            Err(why) => return why,
        };
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let how = if is_digits && text.len() == 13 {
            "it is in milliseconds"
        } else if is_digits && text.len() > 13 {
            "it is in micro- or nanoseconds"
        } else if text.contains('T') {
            "it is a date and a time"
        } else if text.contains('.') {
            "it has a fraction"
        } else {
            "it has something else than digits"
        };
        format!("Gerai-Timestamp is no whole number of seconds since 1970: {how}")
    }

    fn clock(&self) -> Option<String> {
        let text = self.one(TIMESTAMP_HEADER).ok()?;
        let sent_at = Timestamp::from_millis(text.parse::<i64>().ok()?.checked_mul(1_000)?);
        let now = self.received.real_now;
        Some(format!(
            "your clock is {}: Gerai-Timestamp says {text}, here it is {}, and 300 seconds are allowed",
            off_by(sent_at, now),
            now.millis().div_euclid(1_000)
        ))
    }

    fn nonce(&self) -> String {
        let text = match self.one(NONCE_HEADER) {
            Ok(text) => text,
            Err(why) => return why,
        };
        let count = text.chars().count();
        if !(16..=64).contains(&count) {
            return format!("Gerai-Nonce has {count} characters; 16 to 64 are expected");
        }
        let odd = if is_nonce(text) { "" } else { ", and this one has others" };
        format!("Gerai-Nonce is of letters, digits, `_` and `-` alone{odd}")
    }
}

/// A header's name as the contract writes it.
fn spelt(name: &str) -> &'static str {
    match name {
        KEY_HEADER => "Gerai-Key",
        TIMESTAMP_HEADER => "Gerai-Timestamp",
        NONCE_HEADER => "Gerai-Nonce",
        _ => "Gerai-Signature",
    }
}

#[cfg(test)]
mod tests;
