//! Why the signature of an event of Gerai's own does not agree (Standard Webhooks 1.0.0).

use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Inspected, KnownKey, Reading, Received, readings_of_keys};

/// What `--dialect` calls it.
pub(super) const NAME: &str = "gerai";

/// A key, ready to verify with.
enum Key {
    /// `v1`.
    Symmetric(Box<hmac::Key>),
    /// `v1a`: the public half.
    Pair(Vec<u8>),
}

/// What is wrong, if anything.
pub(crate) fn inspect(received: &Received<'_>) -> Inspected {
    let header = |name: &str| {
        received.header(name).ok_or_else(|| {
            format!("there is no header {name}, without which nothing can be verified")
        })
    };
    let parts = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let (id, timestamp, given) = match parts {
        (Ok(id), Ok(timestamp), Ok(given)) => (id, timestamp, given),
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => return Inspected::only(why),
    };
    let signed = format!("{id}.{timestamp}.{}", String::from_utf8_lossy(received.body));
    let (keys, unusable) = keys(received.keys);
    let expected = keys.iter().find_map(|key| match &key.value {
        Key::Symmetric(symmetric) => {
            let tag = hmac::sign(symmetric, &content(id, timestamp, received.body));
            Some(format!("v1,{}", STANDARD.encode(tag)))
        }
        Key::Pair(_) => None,
    });
    let differences = if keys.is_empty() {
        unusable
    } else {
        differences(received.body, (id, timestamp, given), &keys)
    };
    Inspected { differences, signed: Some(signed), expected, given: Some(given.to_owned()) }
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

/// The keys as they are used, and as they are often used by mistake; and why some are none.
fn keys(known: &[KnownKey]) -> (Vec<Reading<Key>>, Vec<String>) {
    let (mut keys, mut unusable) = (Vec::new(), Vec::new());
    for Reading { value: text, difference } in readings_of_keys(known) {
        let decoded = |prefix: &str| STANDARD.decode(text.strip_prefix(prefix)?).ok();
        let symmetric = |bytes: &[u8]| Key::Symmetric(Box::new(hmac::Key::new(HMAC_SHA256, bytes)));
        if let Some(bytes) = decoded("whsec_") {
            keys.push(Reading { value: symmetric(&bytes), difference: difference.clone() });
            for (bytes, how) in [
                (text.as_bytes(), "the whole text `whsec_...` is the key"),
                (
                    text.trim_start_matches("whsec_").as_bytes(),
                    "the key is not decoded from base64",
                ),
            ] {
                keys.push(Reading::other(symmetric(bytes), format!("it is signed as if {how}")));
            }
        } else if let Some(public) = decoded("whpk_") {
            keys.push(Reading { value: Key::Pair(public), difference });
        } else if let Some(pair) =
            decoded("whsk_").and_then(|seed| Ed25519KeyPair::from_seed_unchecked(&seed).ok())
        {
            let public = pair.public_key().as_ref().to_vec();
            keys.push(Reading { value: Key::Pair(public), difference });
        } else {
            unusable.push("a key begins with whsec_ (a secret) or whpk_ (the public half of a pair), and goes on in base64".to_owned());
        }
    }
    unusable.dedup();
    (keys, unusable)
}

fn differences(
    body: &[u8],
    (id, timestamp, given): (&str, &str, &str),
    keys: &[Reading<Key>],
) -> Vec<String> {
    let mut bodies = vec![Reading::plain(body.to_vec())];
    let trimmed = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if trimmed.len() < body.len() {
        bodies.push(Reading::other(
            trimmed.to_vec(),
            "the body has white space around it that was not sent",
        ));
    }
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(trimmed).is_ok();
    if let Some(text) = is_json.then(|| as_sent(trimmed)).filter(|text| text != trimmed) {
        bodies.push(Reading::other(
            text,
            "the body was decoded and encoded again; sign the bytes as they arrived",
        ));
    }
    let mut odd = Vec::new();
    let mut best: Option<Vec<String>> = None;
    for one in given.split_whitespace() {
        let Some((version, text)) = one.split_once(',') else {
            odd.push(format!("`{one}` is no signature: one is `v1,` or `v1a,` and base64"));
            continue;
        };
        let Ok(tag) = STANDARD.decode(text) else {
            odd.push(format!("the signature behind `{version},` is not in base64"));
            continue;
        };
        for key in keys {
            for body in &bodies {
                if !verifies(version, &key.value, &content(id, timestamp, &body.value), &tag) {
                    continue;
                }
                let found = [&body.difference, &key.difference];
                let found: Vec<_> = found.into_iter().flatten().cloned().collect();
                if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                    best = Some(found);
                }
            }
        }
    }
    best.unwrap_or_else(|| {
        odd.push(
            "the body, webhook-id or webhook-timestamp was changed after signing, or another key has \
             signed them: no key given here comes to any of these signatures"
                .to_owned(),
        );
        odd
    })
}

/// JSON as the gateway writes it, its members in the order in which they stand: no white space between
/// them, no slash escaped (as PHP does), and no character that need not be (as PHP and Python do).
fn as_sent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'"' {
            if !byte.is_ascii_whitespace() {
                out.push(byte);
            }
            rest = after;
            continue;
        }
        let mut is_escaped = false;
        let end = after.iter().position(|byte| {
            let is_end = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            is_end
        });
        let (text, behind) = rest.split_at(end.map_or(rest.len(), |end| end + 2));
        let again = serde_json::from_slice::<String>(text).ok();
        match again.and_then(|text| serde_json::to_vec(&text).ok()) {
            Some(text) => out.extend(text),
            None => out.extend(text),
        }
        rest = behind;
    }
    out
}

fn verifies(version: &str, key: &Key, content: &[u8], tag: &[u8]) -> bool {
    match key {
        Key::Symmetric(key) => version == "v1" && hmac::verify(key, content, tag).is_ok(),
        Key::Pair(public) => {
            version == "v1a"
                && UnparsedPublicKey::new(&ED25519, public).verify(content, tag).is_ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway::directory::Secret;

    use super::*;

    fn found(body: &[u8], signature: &str, key: &str) -> Vec<String> {
        let keys =
            [KnownKey { name: "the key".to_owned(), secret: Secret::new(key), is_meant: true }];
        let headers = [
            ("webhook-id", "evt_1"),
            ("webhook-timestamp", "1795244400"),
            ("webhook-signature", signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        inspect(&Received { headers: &headers, body, url: None, public_id: None, keys: &keys })
            .differences
    }

    #[test]
    fn what_differs_is_named() {
        let body: &[u8] = "{\"id\":\"evt_1\",\"a\":\"caf\u{e9} \\\" / \",\"n\":1.0}".as_bytes();
        let text = content("evt_1", "1795244400", body);
        let sign = |key: &[u8]| {
            format!("v1,{}", STANDARD.encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, key), &text)))
        };
        let secret = format!("whsec_{}", STANDARD.encode([7; 32]));
        let good = sign(&[7; 32]);
        let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let (seed, public) = (STANDARD.encode([9; 32]), STANDARD.encode(pair.public_key()));
        let paired = format!("v1a,{}", STANDARD.encode(pair.sign(&text)));
        for (signature, key) in [
            (good.clone(), secret.clone()),
            (format!("v1,AAAA {good}"), secret.clone()),
            (format!("{good} {paired}"), format!("whpk_{public}")),
            (paired.clone(), format!("whsk_{seed}")),
        ] {
            assert_eq!(found(body, &signature, &key), Vec::<String>::new(), "{signature}");
        }
        let padded = [body, b"\n"].concat();
        let python = br#"{"id": "evt_1", "a": "caf\u00e9 \" / ", "n": 1.0}"#;
        let php = br#"{"id":"evt_1","a":"caf\u00e9 \" \/ ","n":1.0}"#;
        let cases: [(&[u8], String, String, &str); 9] = [
            (&padded, good.clone(), secret.clone(), "white space"),
            (python, good.clone(), secret.clone(), "encoded again"),
            (php, good.clone(), secret.clone(), "encoded again"),
            (b"{}", good.clone(), secret.clone(), "changed after signing"),
            (body, sign(secret.as_bytes()), secret.clone(), "the whole text"),
            (
                body,
                sign(secret.trim_start_matches("whsec_").as_bytes()),
                secret.clone(),
                "not decoded",
            ),
            (body, "v1".to_owned(), secret.clone(), "is no signature"),
            (body, "v1,é".to_owned(), secret.clone(), "not in base64"),
            (body, good, "secret".to_owned(), "whsec_"),
        ];
        for (body, signature, key, told) in cases {
            let found = found(body, &signature, &key);
            assert!(found.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
    }
}
