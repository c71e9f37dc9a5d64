//! Why a notification's signature does not agree (section 1.3, S3).

mod readings;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{KeyPair, PublicKey},
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use dialect::{Inspected, Reading, Received};

use self::readings::{hashes, routes, timestamps};
use crate::{notification::path, pem, public_key, signature::notification_text};

/// The fewest bytes of a signature: RSA of 2048 bits.
const LENGTH_MIN: usize = 256;

/// What is wrong, if anything.
pub(crate) fn inspect(received: &Received<'_>) -> Inspected {
    let header = |name: &str| {
        received
            .header(name)
            .ok_or_else(|| format!("there is no header {name}: without it nothing can be verified"))
    };
    let (timestamp, given) = match (header("x-timestamp"), header("x-signature")) {
        (Ok(timestamp), Ok(given)) => (timestamp, given),
        (Err(why), _) | (_, Err(why)) => return Inspected::only(why),
    };
    let route = received.url.and_then(path);
    let signed = notification_text(route.as_deref().unwrap_or("/"), received.body, timestamp);
    let mut keys = Vec::new();
    for key in received.keys {
        match public_half(key.secret.expose()) {
            Ok(public) if key.is_meant => keys.push(Reading::plain(public)),
            Ok(public) => {
                keys.push(Reading::other(public, format!("it is signed with {}", key.name)));
            }
            Err(why) => return Inspected::only(format!("{}: {why}", key.name)),
        }
    }
    let texts = Texts {
        routes: routes(received.url, route.as_deref()),
        hashes: hashes(received.body),
        timestamps: timestamps(timestamp),
        keys,
    };
    let differences = texts.differences(given, received.url.is_some());
    Inspected { differences, signed: Some(signed), expected: None, given: Some(given.to_owned()) }
}

/// The public key of either half.
pub(crate) fn public_half(text: &str) -> Result<Vec<u8>, String> {
    let spki = |key: &PublicKey| -> Option<Vec<u8>> {
        let der: PublicKeyX509Der<'_> = key.as_der().ok()?;
        Some(der.as_ref().to_vec())
    };
    if text.contains("PRIVATE KEY") {
        let pair =
            pem::unwrap(text).ok().and_then(|unwrapped| KeyPair::from_pkcs8(&unwrapped.der).ok());
        let public = pair.and_then(|pair| spki(pair.public_key()));
        return public.ok_or_else(|| "this private key is no RSA key in PKCS #8".to_owned());
    }
    let key = public_key::read(text).map_err(|why| why.to_string())?;
    spki(&key).ok_or_else(|| "this key cannot be used".to_owned())
}

/// Every way in which the parts may have been read.
struct Texts {
    routes: Vec<Reading<String>>,
    hashes: Vec<Reading<String>>,
    timestamps: Vec<Reading<String>>,
    keys: Vec<Reading<Vec<u8>>>,
}

impl Texts {
    fn differences(&self, given: &str, has_url: bool) -> Vec<String> {
        let (bytes, mut differences) = match decode(given) {
            Ok(decoded) => decoded,
            Err(why) => return vec![why],
        };
        if let Some(found) = self.search(&bytes) {
            differences.extend(found);
            return differences;
        }
        differences.push(
            "the body, the path or x-timestamp was changed after signing, or another key has signed \
             them: no key given here, and no other way to write them, verifies this signature"
                .to_owned(),
        );
        if !has_url {
            differences.push("the path is signed: say with --url where it arrived".to_owned());
        }
        differences
    }

    /// The fewest differences with which the signature verifies.
    fn search(&self, signature: &[u8]) -> Option<Vec<String>> {
        let mut best: Option<Vec<String>> = None;
        for key in &self.keys {
            for route in &self.routes {
                for hash in &self.hashes {
                    for at in &self.timestamps {
                        let text = format!("POST:{}:{}:{}", route.value, hash.value, at.value);
                        let Some(algorithm) = verifies(&key.value, text.as_bytes(), signature)
                        else {
                            continue;
                        };
                        let parts =
                            [&route.difference, &hash.difference, &at.difference, &key.difference];
                        let parts = parts.into_iter().flatten().cloned();
                        let found: Vec<_> = algorithm
                            .difference()
                            .map(str::to_owned)
                            .into_iter()
                            .chain(parts)
                            .collect();
                        if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                            best = Some(found);
                        }
                    }
                }
            }
        }
        best
    }
}

/// Which of two algorithms verifies it.
fn verifies(key: &[u8], text: &[u8], signature: &[u8]) -> Option<Algorithm> {
    let by = |parameters| UnparsedPublicKey::new(parameters, key).verify(text, signature).is_ok();
    if by(&RSA_PKCS1_2048_8192_SHA256) {
        return Some(Algorithm::Sha256);
    }
    by(&RSA_PKCS1_2048_8192_SHA512).then_some(Algorithm::Sha512)
}

/// With which hash RSA signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// As it should be.
    Sha256,
    /// As it should not.
    Sha512,
}

impl Algorithm {
    const fn difference(self) -> Option<&'static str> {
        match self {
            Self::Sha256 => None,
            Self::Sha512 => Some("it is SHA512withRSA, where SHA256withRSA is used"),
        }
    }
}

/// The signature's bytes, and what is odd about how they are written.
fn decode(given: &str) -> Result<(Vec<u8>, Vec<String>), String> {
    let text = given.trim();
    let long = |bytes: &Vec<u8>| bytes.len() >= LENGTH_MIN;
    // Hexadecimal digits are base64, too.
    if let Some(bytes) = hex::decode(text).ok().filter(long) {
        return Ok((bytes, vec!["the signature is hexadecimal, where it is in base64".to_owned()]));
    }
    if let Some(bytes) = STANDARD.decode(text).ok().filter(long) {
        return Ok((bytes, Vec::new()));
    }
    if let Some(bytes) = URL_SAFE.decode(text).ok().filter(long) {
        return Ok((
            bytes,
            vec!["the signature is in the base64 of URLs, where it has `+` and `/`".to_owned()],
        ));
    }
    Err(format!(
        "x-signature is no RSA signature in base64: it has {} characters, where it has at least 344",
        text.chars().count()
    ))
}

#[cfg(test)]
mod tests {
    use dialect::KnownKey;
    use gateway::directory::Secret;

    use super::readings::replaced;
    use super::*;
    use crate::{notification::DOCUMENTED_PATH, signature::sign_notification};

    const PRIVATE: &str = include_str!("../demo/platform_private.pem");
    const PUBLIC: &str = include_str!("../demo/platform_public.pem");
    const AT: &str = "2024-09-18T13:45:10+07:00";
    const BODY: &[u8] = br#"{"a":"b\/c","amount":{"value":"10000.00"}}"#;
    const URL: &str = "https://shop.example/hook/a%20b?x=1";

    fn sign(route: &str, body: &[u8], at: &str) -> String {
        sign_notification(PRIVATE, &notification_text(route, body, at)).unwrap()
    }

    fn found(body: &[u8], at: &str, signature: &str, key: &str) -> Vec<String> {
        let keys =
            [KnownKey { name: "the key".to_owned(), secret: Secret::new(key), is_meant: true }];
        let headers = [
            ("x-timestamp".to_owned(), at.to_owned()),
            ("x-signature".to_owned(), signature.to_owned()),
        ];
        let received =
            Received { headers: &headers, body, url: Some(URL), public_id: None, keys: &keys };
        inspect(&received).differences
    }

    #[test]
    fn what_differs_is_named() {
        let good = sign("/hook/a%20b", BODY, AT);
        for key in [PUBLIC, PRIVATE] {
            assert_eq!(found(BODY, AT, &good, key), Vec::<String>::new());
        }
        let hexed = hex::encode(STANDARD.decode(&good).unwrap());
        let plain = replaced(BODY, b"\\/", b"/");
        let spaced = replaced(BODY, b":", b" : ");
        let padded = [BODY, b"\r\n"].concat();
        let changed = replaced(BODY, b"10000", b"90000");
        let cases: [(&[u8], &str, String, &str); 13] = [
            (BODY, AT, hexed, "hexadecimal, where it is in base64"),
            (BODY, AT, "AAAA".to_owned(), "at least 344"),
            (BODY, AT, sign("/hook/a%20b/", BODY, AT), "`/hook/a%20b/` is signed"),
            (BODY, AT, sign("/hook/a%20b?x=1", BODY, AT), "with the query"),
            (BODY, AT, sign("/hook/a b", BODY, AT), "without percent signs"),
            (BODY, AT, sign(DOCUMENTED_PATH, BODY, AT), "notify_route"),
            (&plain, AT, good.clone(), "escaped as `\\/` in what is signed"),
            (BODY, AT, sign("/hook/a%20b", &plain, AT), "plain in what is signed"),
            (&spaced, AT, good.clone(), "between its tokens"),
            (&padded, AT, good.clone(), "white space"),
            (&changed, AT, good.clone(), "changed after signing"),
            (BODY, "2024-09-18T06:45:10Z", good.clone(), "x-timestamp is written otherwise"),
            (BODY, "2024-09-18T13:45:11+07:00", good.clone(), "changed after signing"),
        ];
        for (body, at, signature, told) in cases {
            let found = found(body, at, &signature, PUBLIC);
            assert!(found.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
        let merchants = include_str!("../demo/merchant_public.pem");
        let found = found(BODY, AT, &good, merchants);
        assert!(found.iter().any(|one| one.contains("another key")), "{found:?}");
    }
}
