//! Why a notification's signature does not agree (sections 1.2, 1.5 and 4).

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA512};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Inspected, Reading, Received, readings_of_keys};

use crate::{
    brand::Brand,
    php::{Style, parse},
    signature::sign,
};

/// Bytes of a signature.
const LENGTH: usize = 64;

/// What is wrong, if anything.
pub(crate) fn inspect(brand: Brand, received: &Received<'_>) -> Inspected {
    let names = brand.headers();
    let Some(given) = received.header(names.signature) else {
        let other = Brand::ALL
            .into_iter()
            .find(|other| *other != brand && received.header(other.headers().key).is_some());
        return Inspected::only(match other {
            Some(other) => {
                format!("these are the headers of {}, not of {}", other.title(), brand.title())
            }
            None => format!(
                "there is no header {}: nothing was signed, or it was lost",
                names.signature
            ),
        });
    };
    let told = received.header(names.key);
    let key = told.or(received.public_id).unwrap_or_default();
    let texts = Texts {
        heads: heads(key, received.public_id),
        bodies: bodies(received.body),
        tokens: readings_of_keys(received.keys),
    };
    let expected = texts.tokens.first().map(|token| sign(token.value, key, received.body));
    let mut differences = Vec::new();
    match (told, received.public_id) {
        (None, _) => differences.push(format!("there is no header {}, which is signed", names.key)),
        (Some(told), Some(known)) if told != known => {
            differences
                .push(format!("{} says {told}, but the token is that of {known}", names.key));
        }
        (Some(_), _) => {}
    }
    differences.extend(texts.differences(given));
    Inspected {
        differences,
        signed: Some(format!("{key}{}", String::from_utf8_lossy(received.body))),
        expected,
        given: Some(given.to_owned()),
    }
}

/// Every way in which the parts may have been read.
struct Texts<'a> {
    heads: Vec<Reading<String>>,
    bodies: Vec<Reading<Vec<u8>>>,
    tokens: Vec<Reading<&'a str>>,
}

fn heads(key: &str, known: Option<&str>) -> Vec<Reading<String>> {
    let mut heads = vec![Reading::plain(key.to_owned())];
    if let Some(known) = known.filter(|known| *known != key) {
        // The header itself was told apart before.
        heads.push(Reading::other(
            known.to_owned(),
            format!("{known} is signed in front of the body"),
        ));
    }
    heads.push(Reading::other(key.to_lowercase(), "the key is signed in small letters"));
    heads.push(Reading::other(String::new(), "the key is not signed in front of the body"));
    heads
}

fn bodies(body: &[u8]) -> Vec<Reading<Vec<u8>>> {
    let mut bodies = vec![Reading::plain(body.to_vec())];
    let mut add = |value: Vec<u8>, how: &str| {
        if bodies.iter().all(|known| known.value != value) {
            let why =
                format!("the body is not as it was sent: {how}; sign the bytes as they arrived");
            bodies.push(Reading::other(value, why));
        }
    };
    let trimmed = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    add(trimmed.to_vec(), "it has white space, or a byte order mark, around it");
    if let Ok(document) = parse(trimmed) {
        for (style, how) in [
            (
                Style::PHP,
                "it was decoded and encoded again; PHP's json_encode writes `\\/` and `\\u00e9`",
            ),
            (Style::SLASHES, "it was encoded again: slashes are escaped in what is signed"),
            (Style::UNICODE, "it was encoded again: characters are escaped in what is signed"),
            (Style::PLAIN, "it was encoded again: nothing is escaped in what is signed"),
            (
                Style::SPACED,
                "it was encoded again: there are blanks behind commas in what is signed",
            ),
        ] {
            if let Some(text) = document.encode(style) {
                add(text, how);
            }
        }
    }
    add(Vec::new(), "the key alone is signed, as for a GET");
    bodies
}

impl Texts<'_> {
    fn differences(&self, given: &str) -> Vec<String> {
        let (bytes, mut differences) = match decode(given) {
            Ok(decoded) => decoded,
            Err(why) => return vec![why],
        };
        let algorithms = [
            (HMAC_SHA512, None),
            (HMAC_SHA256, Some("it is HMAC-SHA256, where HMAC-SHA512 is used")),
        ];
        for (algorithm, odd) in algorithms {
            if let Some(found) = self.search(algorithm, &bytes) {
                differences.extend(odd.map(str::to_owned));
                differences.extend(found);
                return differences;
            }
        }
        differences.push(
            "the body was changed after signing, or another token has signed it: no token given \
             here, and no other way to write the body, comes to this signature"
                .to_owned(),
        );
        differences
    }

    /// The fewest differences with which the parts come to these bytes.
    fn search(&self, algorithm: hmac::Algorithm, bytes: &[u8]) -> Option<Vec<String>> {
        let mut best: Option<Vec<String>> = None;
        for token in &self.tokens {
            let key = hmac::Key::new(algorithm, token.value.as_bytes());
            for head in &self.heads {
                for body in &self.bodies {
                    let mut context = hmac::Context::with_key(&key);
                    context.update(head.value.as_bytes());
                    context.update(&body.value);
                    if context.sign().as_ref() != bytes {
                        continue;
                    }
                    let found = [&head.difference, &body.difference, &token.difference];
                    let found: Vec<_> = found.into_iter().flatten().cloned().collect();
                    if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                        best = Some(found);
                    }
                }
            }
        }
        best
    }
}

/// The signature's bytes, and what is odd about how they are written.
fn decode(given: &str) -> Result<(Vec<u8>, Vec<String>), String> {
    let text = given.trim();
    if let Ok(bytes) = hex::decode(text) {
        return Ok((bytes, Vec::new()));
    }
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == LENGTH => {
            Ok((bytes, vec!["the signature is in base64, where it is hexadecimal".to_owned()]))
        }
        Ok(_) | Err(_) => Err(format!(
            "the signature is none: it has {} characters, where it has 128 hexadecimal digits",
            text.chars().count()
        )),
    }
}

#[cfg(test)]
mod tests {
    use dialect::KnownKey;
    use gateway::directory::Secret;

    use super::*;

    const KEY: &str = "SC-KRW9ESNZUUKQXOOX";
    const TOKEN: &str = "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t";
    const BODY: &str = r#"{"status":"success","url":"http:\/\/a.example\/b","amount":50000}"#;

    fn found(brand: Brand, body: &str, headers: &[(&str, &str)]) -> Vec<String> {
        let known = |name: &str, text: &str, is_meant| KnownKey {
            name: name.to_owned(),
            secret: Secret::new(text),
            is_meant,
        };
        let keys = [known("the token", TOKEN, true), known("the token of SC-2", "another", false)];
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let received = Received {
            headers: &headers,
            body: body.as_bytes(),
            url: None,
            public_id: Some(KEY),
            keys: &keys,
        };
        inspect(brand, &received).differences
    }

    #[test]
    fn what_differs_is_named() {
        let good = sign(TOKEN, KEY, BODY.as_bytes());
        let with = |body: &str, signature: &str| {
            found(Brand::Cronos, body, &[("on-key", KEY), ("on-signature", signature)])
        };
        assert_eq!(with(BODY, &good), Vec::<String>::new());
        assert_eq!(with(BODY, &good.to_uppercase()), Vec::<String>::new());
        let plain = BODY.replace("\\/", "/");
        let sha256 = hmac::Key::new(HMAC_SHA256, TOKEN.as_bytes());
        let sha256 = hmac::sign(&sha256, format!("{KEY}{BODY}").as_bytes());
        for (body, signature, told) in [
            (format!("{BODY}\n"), good.clone(), "white space"),
            (plain, good.clone(), "decoded and encoded again"),
            (BODY.replace(',', ", ").replace("\":", "\": "), good.clone(), "encoded again"),
            (BODY.to_owned(), STANDARD.encode(hex::decode(&good).unwrap()), "base64"),
            (BODY.to_owned(), hex::encode(sha256), "HMAC-SHA256"),
            (BODY.to_owned(), sign(TOKEN, KEY, b""), "the key alone is signed"),
            (BODY.to_owned(), sign(TOKEN, "", BODY.as_bytes()), "key is not signed"),
            (BODY.to_owned(), sign("another", KEY, BODY.as_bytes()), "token of SC-2"),
            (BODY.replace("50000", "60000"), good.clone(), "changed after signing"),
            (BODY.to_owned(), "zz".to_owned(), "128 hexadecimal digits"),
        ] {
            let found = with(&body, &signature);
            assert!(found.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
        for (headers, told) in [
            (vec![("on-key", KEY)], "no header on-signature"),
            (vec![("x-client-key", KEY), ("x-signature", &good)], "headers of SenGo"),
            (vec![("on-signature", good.as_str())], "no header on-key"),
            (vec![("on-key", "SC-2"), ("on-signature", &good)], "says SC-2"),
        ] {
            let found = found(Brand::Cronos, BODY, &headers);
            assert!(found.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
    }
}
