//! Keys that a request may have been signed with.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use gateway::directory::{Account, Directory, Partner, Secret};
use zeroize::Zeroizing;

use crate::Reading;

/// The bytes of a key; wiped when dropped.
pub type KeyBytes = Zeroizing<Vec<u8>>;

/// How many keys are tried.
const COUNT_MAX: usize = 96;

/// A key that a notification may be signed with.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// What it is called: `the server key of G000000001`.
    pub name: String,
    /// Its text.
    pub secret: Secret,
    /// Whether it is one of those that should have signed; others explain what went wrong.
    pub is_meant: bool,
}

/// Keys as they are given, and as they might be meant: without white space around them.
pub fn readings_of_keys(keys: &[KnownKey]) -> Vec<Reading<&str>> {
    let mut readings = Vec::with_capacity(keys.len());
    for key in keys {
        let text = key.secret.expose();
        let name = &key.name;
        readings.push(if key.is_meant {
            Reading::plain(text)
        } else {
            Reading::other(text, format!("it is signed with {name}"))
        });
        let trimmed = text.trim();
        if trimmed.len() < text.len() {
            readings.push(Reading::other(
                trimmed,
                format!("{name} is given with white space around it, which is no part of the key"),
            ));
        }
    }
    readings
}

/// The keys that should have signed a request of `account`, those for `purpose` that live, and every
/// other that may have been taken for one: retired ones, those for other purposes, those of other
/// accounts, and the right ones badly read from a file.
pub fn keys_taken_for(
    directory: &Directory,
    account: &Account,
    purpose: &str,
    now: Timestamp,
) -> Vec<Reading<KeyBytes>> {
    let mut found: Vec<Reading<KeyBytes>> = Vec::new();
    let mut add = |bytes: &[u8], difference: Option<String>| {
        let is_new = found.iter().all(|known| known.value.as_slice() != bytes);
        if is_new && found.len() < COUNT_MAX {
            found.push(Reading { value: Zeroizing::new(bytes.to_vec()), difference });
        }
    };
    let name = called(purpose);
    for key in account.live_keys(purpose, now) {
        add(key.expose().as_bytes(), None);
    }
    for key in &account.keys {
        let text = key.secret.expose().as_bytes();
        if key.purpose == purpose {
            add(text, Some(format!("you signed with a {name} that is retired")));
        } else {
            let other = called(&key.purpose);
            add(text, Some(format!("you signed with the {other}, where the {name} is meant")));
        }
    }
    add(
        account.public_id.as_bytes(),
        Some(format!(
            "you signed with {} itself as the key, not with the {name}",
            account.public_id
        )),
    );
    if let Some(client_key) = &account.client_key {
        let why = format!("you signed with the client key, where the {name} is meant");
        add(client_key.as_bytes(), Some(why));
    }
    for key in account.live_keys(purpose, now) {
        for (bytes, how) in misread(key.expose()) {
            add(&bytes, Some(format!("you signed with the {name} {how}")));
        }
    }
    add(b"", Some("you signed with an empty key".to_owned()));
    let mut others: Vec<_> = directory.accounts().filter(|other| other.no != account.no).collect();
    // Those of the same brand are likelier, and come first.
    others.sort_by_key(|other| (other.brand != account.brand, other.no));
    for other in others {
        for key in &other.keys {
            let (whose, brand) = (&other.public_id, &other.brand);
            let why = format!("you signed with the {} of {whose} ({brand})", called(&key.purpose));
            add(key.secret.expose().as_bytes(), Some(why));
        }
    }
    found
}

/// The secret that should have signed a counter's request under `key_id`, and every other that may have
/// been taken for it.
pub fn secrets_taken_for(
    directory: &Directory,
    partner: &Partner,
    key_id: &str,
) -> Vec<Reading<KeyBytes>> {
    let mut found: Vec<Reading<KeyBytes>> = Vec::new();
    let mut add = |bytes: &[u8], difference: Option<String>| {
        let is_new = found.iter().all(|known| known.value.as_slice() != bytes);
        if is_new && found.len() < COUNT_MAX {
            found.push(Reading { value: Zeroizing::new(bytes.to_vec()), difference });
        }
    };
    let of_key = || partner.keys.iter().filter(|key| key.key_id == key_id);
    for key in of_key() {
        add(key.secret.expose().as_bytes(), None);
    }
    for key in &partner.keys {
        let why = format!("you signed with the secret of your key {}, not of {key_id}", key.key_id);
        add(key.secret.expose().as_bytes(), Some(why));
    }
    add(
        key_id.as_bytes(),
        Some("you signed with the key id itself; its secret is expected".to_owned()),
    );
    for key in of_key() {
        for (bytes, how) in misread(key.secret.expose()) {
            add(&bytes, Some(format!("you signed with the secret {how}")));
        }
    }
    add(b"", Some("you signed with an empty key".to_owned()));
    let mut others: Vec<_> = directory.partners().filter(|other| other.no != partner.no).collect();
    others.sort_by_key(|other| other.no);
    for other in others {
        for key in &other.keys {
            let why = format!("you signed with the secret of {} ({})", key.key_id, other.name);
            add(key.secret.expose().as_bytes(), Some(why));
        }
    }
    let mut accounts: Vec<_> = directory.accounts().collect();
    accounts.sort_by_key(|account| account.no);
    for account in accounts {
        for key in &account.keys {
            let (whose, brand) = (&account.public_id, &account.brand);
            let why = format!(
                "you signed with the {} of the merchant {whose} ({brand}); a counter has a secret of its \
                 own",
                called(&key.purpose)
            );
            add(key.secret.expose().as_bytes(), Some(why));
        }
    }
    found
}

/// A key's purpose in words.
fn called(purpose: &str) -> String {
    purpose.replace('_', " ")
}

/// What a program makes of a key that it reads badly.
pub(crate) fn misread(key: &str) -> Vec<(KeyBytes, &'static str)> {
    let mut found = vec![
        (format!("{key}\n").into_bytes(), "with a line end behind it"),
        (format!("{key}\r\n").into_bytes(), "with a line end behind it"),
        (format!("{key} ").into_bytes(), "with a blank behind it"),
        (format!("\"{key}\"").into_bytes(), "in quotes"),
        (format!("'{key}'").into_bytes(), "in quotes"),
        (key.to_lowercase().into_bytes(), "in small letters"),
        (key.to_uppercase().into_bytes(), "in capitals"),
        (STANDARD.encode(key).into_bytes(), "in base64"),
    ];
    found.extend(STANDARD.decode(key).ok().map(|bytes| (bytes, "read as base64; it is a text")));
    found.extend(hex::decode(key).ok().map(|bytes| (bytes, "read as hexadecimal; it is a text")));
    found.into_iter().map(|(bytes, how)| (Zeroizing::new(bytes), how)).collect()
}

/// How a name or key that nobody has is spelt, if it is `known` but for that; `what` is what it is
/// called. A key's middle is never told: only ends that are cut off, and what stands around it.
pub fn misspelt(given: &str, known: &str, what: &str) -> Option<String> {
    const CUT_MAX: usize = 3;
    const LENGTH_MIN: usize = 8;
    if given == known || known.len() < LENGTH_MIN {
        return None;
    }
    let bare = given.trim().trim_matches(['"', '\'', '<', '>']);
    if bare == known {
        return Some(format!("{what} has white space, quotes or brackets around it"));
    }
    if given.eq_ignore_ascii_case(known) {
        return Some(format!("{what} has other capitals than it should"));
    }
    let missing = known.len().saturating_sub(given.len());
    if (1..=CUT_MAX).contains(&missing) && (known.starts_with(given) || known.ends_with(given)) {
        return Some(format!("{what} is cut off: {missing} of its characters are missing"));
    }
    if given.len() > known.len() && given.contains(known) {
        return Some(format!("{what} has something more around it"));
    }
    if STANDARD.encode(known) == given {
        return Some(format!("{what} is in base64, where it is expected as it is"));
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn misspelt_names_are_told_and_strangers_are_not() {
        let said = |given: &str| misspelt(given, "SK-1234567890", "the key");
        for (given, told) in [
            ("\"SK-1234567890\"", "quotes"),
            ("sk-1234567890", "capitals"),
            ("SK-12345678", "2 of its"),
            ("1234567890", "3 of its"),
            ("SK-1234567890:", "something more"),
            ("U0stMTIzNDU2Nzg5MA==", "in base64"),
        ] {
            assert!(said(given).is_some_and(|said| said.contains(told)), "{given}");
        }
        for stranger in ["SK-1234567890", "", "SK-12345", "SK-1234567891", "x"] {
            assert_eq!(said(stranger), None, "{stranger}");
        }
    }

    proptest! {
        #[test]
        fn any_text_may_be_given(given in any::<String>(), known in any::<String>()) {
            misspelt(&given, &known, "it");
            misread(&known);
        }
    }
}
