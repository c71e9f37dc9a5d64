//! S1: the signature of a token request, with the merchant's own private key.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY as WITH_SHA1,
    RSA_PKCS1_2048_8192_SHA256 as WITH_SHA256, RSA_PKCS1_2048_8192_SHA384 as WITH_SHA384,
    RSA_PKCS1_2048_8192_SHA512 as WITH_SHA512, RSA_PSS_2048_8192_SHA256 as PSS, RsaParameters,
    UnparsedPublicKey,
};
use dialect::{
    Encoding, Explained, Fits, Hash, Outcome, Reading, Text, Trial, decodings, keys_taken_for,
    recipes, sha256_hex,
};
use gateway::directory::Account;

use super::{Seen, conclude, given, times};
use crate::{
    BRAND, CLIENT_SECRET, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY,
    headers::{CLIENT_KEY, SIGNATURE, TIMESTAMP},
    inspect::public_half,
    signature::{hash, token_text},
};

/// How token requests are signed, in words.
const SCHEME: &str = "X-SIGNATURE is the base64 of SHA256withRSA (PKCS #1 v1.5) under your own private \
                      key, over the client key, `|` and X-TIMESTAMP";
/// The fewest and the most bytes of a signature: RSA of 2,048 to 8,192 bits.
const LENGTHS: std::ops::RangeInclusive<usize> = 256..=1_024;
/// How long a text is said to be, so that RSA, which is slower than HMAC, is tried less often.
const LENGTH_OF_WORK: usize = 16 * 1_024;

/// Ways to sign with RSA that are not the right one.
const OTHERS: [(&RsaParameters, &str); 4] = [
    (&WITH_SHA512, "you signed with SHA512withRSA; SHA256withRSA is expected"),
    (&WITH_SHA1, "you signed with SHA1withRSA; SHA256withRSA is expected"),
    (&WITH_SHA384, "you signed with SHA384withRSA; SHA256withRSA is expected"),
    (&PSS, "you signed with RSA-PSS; PKCS #1 v1.5 (SHA256withRSA) is expected"),
];

pub(super) fn explain(explained: Explained, seen: &Seen<'_>) -> Option<Explained> {
    let mut explained = given(seen.with_parts(explained), seen);
    explained.scheme = SCHEME;
    for name in [TIMESTAMP, CLIENT_KEY, SIGNATURE] {
        if let Err(why) = seen.one(name) {
            return Some(explained.saying(why));
        }
    }
    let (timestamp, client_key) = (seen.one(TIMESTAMP).ok()?, seen.one(CLIENT_KEY).ok()?);
    let signature = seen.one(SIGNATURE).ok()?;
    let account = seen.directory.account_by_public_id(BRAND, client_key);
    explained.findings.extend(times::finding(timestamp, seen.now, account.map(AsRef::as_ref)));
    let Some(account) = account else {
        return Some(explained.saying(seen.unknown(client_key, CLIENT_KEY)));
    };
    explained.who = Some(account.public_id.clone());
    let text = token_text(client_key, timestamp);
    explained.signed =
        Some(Text::default().part("client key", client_key).glue("|").part("timestamp", timestamp));
    let own = own_keys(account, seen);
    let Some(registered) = own.first() else {
        return Some(explained.saying(format!(
            "no public key of {client_key} is known here, so no token request can be verified: add it \
             with `gerai merchant rotate-key {client_key} --key {MERCHANT_PUBLIC_KEY} --public-key FILE`"
        )));
    };
    explained =
        explained.with_part("SHA-256 of your public key (SPKI, DER)", sha256_hex(registered));
    let decoded = decodings(signature, Encoding::Base64, |length| LENGTHS.contains(&length));
    let signatures: Vec<_> = decoded.iter().map(|one| one.value.clone()).collect();
    explained.fits = Some(Fits::new(move |text| {
        own.iter().any(|key| signatures.iter().any(|one| verifies(&WITH_SHA256, key, text, one)))
    }));
    if decoded.is_empty() {
        let why = symmetric(seen, account, signature, &text).unwrap_or_else(|| {
            format!(
                "X-SIGNATURE has {} characters and is in no encoding that we know; the base64 of an \
                 RSA signature has at least 344",
                signature.chars().count()
            )
        });
        return Some(explained.saying(why));
    }
    let outcome = search(seen, account, timestamp, &decoded);
    conclude(
        explained,
        outcome,
        "your private key is not the other half of the public key that is known here, or another text is \
         signed: compare your text with the one below, and `openssl pkey -in KEY -pubout -outform DER | \
         sha256sum` with the key's SHA-256",
    )
}

/// The public keys of an account that live, in DER.
fn own_keys(account: &Account, seen: &Seen<'_>) -> Vec<Vec<u8>> {
    let keys = account.live_keys(MERCHANT_PUBLIC_KEY, seen.now);
    keys.filter_map(|key| public_half(key.expose()).ok()).collect()
}

/// The public keys of everybody: those that are right first.
fn keys(account: &Account, seen: &Seen<'_>) -> Vec<Reading<Vec<u8>>> {
    let mut found: Vec<_> = own_keys(account, seen).into_iter().map(Reading::plain).collect();
    let mut add = |text: &str, why: String| {
        let Ok(key) = public_half(text) else { return };
        if found.len() < 16 && found.iter().all(|known| known.value != key) {
            found.push(Reading::other(key, why));
        }
    };
    for key in &account.keys {
        match key.purpose.as_str() {
            MERCHANT_PUBLIC_KEY => {
                add(
                    key.secret.expose(),
                    "you signed with a private key that is retired".to_owned(),
                );
            }
            PLATFORM_PRIVATE_KEY => add(
                key.secret.expose(),
                "you signed with the platform's private key; your own is expected".to_owned(),
            ),
            _ => {}
        }
    }
    for other in seen.accounts().filter(|other| other.no != account.no) {
        for key in other.live_keys(MERCHANT_PUBLIC_KEY, seen.now) {
            add(key.expose(), format!("you signed with the private key of {}", other.public_id));
        }
    }
    found
}

fn verifies(parameters: &'static RsaParameters, key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(parameters, key).verify(text, signature).is_ok()
}

/// The texts that may have been signed in place of the right one: K is the client key, S the time.
fn orders() -> Vec<Reading<&'static str>> {
    vec![
        Reading::plain("K|S"),
        Reading::other("K:S", "you put `:` between client key and time; `|` is expected"),
        Reading::other("KS", "you put nothing between client key and time; `|` is expected"),
        Reading::other("K | S", "you put blanks around the `|`; none are expected"),
        Reading::other("S|K", "you signed the time in front of the client key; it comes last"),
        Reading::other("K|S\n", "you signed a line end behind the text"),
        Reading::other("K", "you signed the client key alone; the time belongs to it"),
        Reading::other("S", "you signed the time alone; the client key belongs to it"),
        Reading::other("#", "you signed the text's SHA-256 in digits: RSA hashes the text itself"),
    ]
}

fn compose(order: &[u8], client_key: &[u8], at: &[u8]) -> Vec<u8> {
    if order == b"#" {
        return hash(&[client_key, b"|", at].concat()).into_bytes();
    }
    let mut text = Vec::new();
    for letter in order {
        match letter {
            b'K' => text.extend_from_slice(client_key),
            b'S' => text.extend_from_slice(at),
            between => text.push(*between),
        }
    }
    text
}

fn client_keys(client_key: &str) -> Vec<Reading<String>> {
    vec![
        Reading::plain(client_key.to_owned()),
        Reading::other(client_key.to_lowercase(), "you signed the client key in small letters"),
        Reading::other(client_key.to_uppercase(), "you signed the client key in capitals"),
    ]
}

fn search(
    seen: &Seen<'_>,
    account: &Account,
    timestamp: &str,
    decoded: &[Reading<Vec<u8>>],
) -> Outcome {
    let trial = Trial::default()
        .part(orders())
        .part(client_keys(&account.public_id))
        .part(times::readings(timestamp))
        .part(keys(account, seen));
    let by = |parameters: &'static RsaParameters, odd: Option<&str>, values: &[&[u8]]| {
        let [order, client_key, at, key] = values else { return None };
        let text = compose(order, client_key, at);
        let one = decoded.iter().find(|one| verifies(parameters, key, &text, &one.value))?;
        Some(one.difference.iter().cloned().chain(odd.map(str::to_owned)).collect())
    };
    let mut outcome = trial.run(LENGTH_OF_WORK, |values| by(&WITH_SHA256, None, values));
    for (parameters, odd) in OTHERS {
        if outcome.mistakes.is_some() {
            break;
        }
        // Not everything again: the slower a trial, the fewer.
        let other = trial.run(LENGTH_OF_WORK * 8, |values| by(parameters, Some(odd), values));
        outcome = if other.mistakes.is_some() { other } else { outcome };
    }
    outcome
}

/// What is said where a symmetric signature came in place of one with a private key.
fn symmetric(seen: &Seen<'_>, account: &Account, signature: &str, text: &str) -> Option<String> {
    let given = decodings(signature, Encoding::Base64, Hash::makes);
    if given.is_empty() {
        return None;
    }
    let keys = keys_taken_for(seen.directory, account, CLIENT_SECRET, seen.now);
    let outcome = Trial::default().part(vec![Reading::plain(text)]).part(keys).run_keyed(
        &given,
        recipes(Hash::Sha512),
        text.len(),
        |parts| parts.concat(),
    );
    let known = if outcome.mistakes.is_some() { " under the client secret" } else { "" };
    Some(format!(
        "this is an HMAC or a hash{known}, {} bytes long; a token request is signed with your private \
         key (SHA256withRSA)",
        given.first().map_or(0, |one| one.value.len())
    ))
}

/// What is said where a signature with a private key came in place of a symmetric one.
pub(super) fn asymmetric(
    seen: &Seen<'_>,
    account: &Account,
    signature: &str,
    text: &str,
) -> Option<String> {
    let decoded = decodings(signature, Encoding::Base64, |length| LENGTHS.contains(&length));
    let first = decoded.first()?;
    let timestamp = seen.one(TIMESTAMP).unwrap_or_default();
    let texts = [text.to_owned(), token_text(&account.public_id, timestamp)];
    let own = own_keys(account, seen);
    let is_own = texts.iter().any(|text| {
        own.iter().any(|key| verifies(&WITH_SHA256, key, text.as_bytes(), &first.value))
    });
    let whose = if is_own { " with your private key" } else { "" };
    Some(format!(
        "this is an RSA signature{whose}, as token requests have; every other request is signed with \
         HMAC-SHA512 under the client secret"
    ))
}
