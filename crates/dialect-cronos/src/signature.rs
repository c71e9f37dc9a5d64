//! Signatures (sections 1.2 and 1.5): HMAC-SHA512 under the token, over the key and the body's text.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{self, HMAC_SHA512},
};

use crate::php::{Document, Style};

/// Bytes of a signature.
const LENGTH: usize = 64;

/// A signature as it was sent.
#[derive(Clone, Copy)]
pub(crate) struct Signature([u8; LENGTH]);

impl Signature {
    /// Reads 128 hexadecimal digits of either case.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// What a request signs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signed<'a> {
    /// The key alone: every `GET`, whatever its body.
    Key,
    /// The key and a body.
    Body {
        /// As it was received.
        bytes: &'a [u8],
        /// What was read of it, if it is JSON.
        document: Option<&'a Document<'a>>,
    },
}

/// Which text was signed. The letters are those of section 1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// The key alone.
    Key,
    /// The key and an empty list, which is what PHP makes of no body.
    EmptyList,
    /// What PHP makes of the body. The only one that the platform's own servers are believed to take.
    B,
    /// The bytes as they came.
    A,
    /// The bytes as they came, without blanks around them.
    Trimmed,
    /// Compact, slashes and Unicode plain.
    E,
    /// Compact, slashes escaped, Unicode plain.
    D,
    /// Compact, slashes plain, Unicode escaped.
    C,
    /// Spaced, slashes plain, Unicode escaped.
    F,
}

impl Variant {
    /// Its name in figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::EmptyList => "key []",
            Self::B => "B",
            Self::A => "A",
            Self::Trimmed => "A'",
            Self::E => "E",
            Self::D => "D",
            Self::C => "C",
            Self::F => "F",
        }
    }
}

/// What is tried for a body, in this order.
const OF_BODY: [Variant; 7] =
    [Variant::B, Variant::A, Variant::Trimmed, Variant::E, Variant::D, Variant::C, Variant::F];

/// Which text `given` signs; none if it signs none of those that are tried. `strict` tries only what
/// the platform's own servers are believed to take.
///
/// Every text is compared in constant time. How many are tried depends on the request alone.
pub(crate) fn matching(
    token: &str,
    key: &str,
    signed: Signed<'_>,
    given: &Signature,
    strict: bool,
) -> Option<Variant> {
    let mut head = keyed(token);
    head.update(key.as_bytes());
    let signs = |text: &[u8]| {
        let mut context = head.clone();
        context.update(text);
        verify_slices_are_equal(context.sign().as_ref(), &given.0).is_ok()
    };
    match signed {
        Signed::Key if signs(b"") => Some(Variant::Key),
        Signed::Key => (!strict && signs(b"[]")).then_some(Variant::EmptyList),
        Signed::Body { bytes, document } => {
            let tried = if strict { &OF_BODY[..1] } else { &OF_BODY[..] };
            let encoded = |style| document.and_then(|document| document.encode(style));
            tried.iter().copied().find(|variant| match variant {
                Variant::B => encoded(Style::PHP).is_some_and(|text| signs(&text)),
                Variant::A => signs(bytes),
                Variant::Trimmed => {
                    let trimmed = bytes.trim_ascii();
                    trimmed.len() < bytes.len() && signs(trimmed)
                }
                Variant::E => encoded(Style::PLAIN).is_some_and(|text| signs(&text)),
                Variant::D => encoded(Style::SLASHES).is_some_and(|text| signs(&text)),
                Variant::C => encoded(Style::UNICODE).is_some_and(|text| signs(&text)),
                Variant::F => encoded(Style::SPACED).is_some_and(|text| signs(&text)),
                Variant::Key | Variant::EmptyList => false,
            })
        }
    }
}

/// The signature of `key` followed by `body`, as 128 hexadecimal digits in lower case.
///
/// `body` is what is signed, byte for byte: PHP's encoding of a request for the platform's own rule,
/// nothing for a `GET`.
pub fn sign(token: &str, key: &str, body: &[u8]) -> String {
    let mut context = keyed(token);
    context.update(key.as_bytes());
    context.update(body);
    hex::encode(context.sign())
}

fn keyed(token: &str) -> hmac::Context {
    hmac::Context::with_key(&hmac::Key::new(HMAC_SHA512, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use serde::Deserialize;

    use super::*;
    use crate::php::parse;

    const KEY: &str = "SC-KRW9ESNZUUKQXOOX";
    const TOKEN: &str = "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t";

    /// A signature of section 1.6.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        /// None for a `GET`.
        body: Option<String>,
        variant: String,
        signature: String,
    }

    fn vectors() -> Vec<Vector> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/signatures.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// The variant by which a signature of the demo pair is taken.
    fn taken(body: Option<&[u8]>, signature: &str, strict: bool) -> Option<&'static str> {
        let document = body.and_then(|body| parse(body).ok());
        let signed = match body {
            None => Signed::Key,
            Some(bytes) => Signed::Body { bytes, document: document.as_ref() },
        };
        let given = Signature::read(signature.as_bytes())?;
        matching(TOKEN, KEY, signed, &given, strict).map(Variant::name)
    }

    /// A pretty-printed body: white space is no part of any variant but A.
    fn printed(body: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let members = value.as_object().unwrap();
        assert!(members.len() > 1);
        body.replace("\":", "\" :\n ").replace(",\"", "\n,\t\"")
    }

    #[test]
    fn every_published_vector_is_taken() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 17);
        for Vector { name, body, variant, signature } in vectors {
            let body = body.as_deref();
            let spread = body.map(printed);
            let spread = spread.as_deref().map(str::as_bytes);
            let variant = Some(variant.as_str());
            assert_eq!(taken(spread, &signature, false), variant, "{name}");
            assert_eq!(taken(spread, &signature.to_uppercase(), false), variant, "{name}");
            let strict = variant.filter(|variant| matches!(*variant, "B" | "key"));
            assert_eq!(taken(spread, &signature, true), strict, "{name}");
        }
    }

    #[test]
    fn what_is_signed_as_it_is_sent_is_taken() {
        for body in ["{\"a\": 1.50}\n", "no JSON", "", "{\"a\":1,}", "\u{feff}{}"] {
            let signature = sign(TOKEN, KEY, body.as_bytes());
            assert_eq!(taken(Some(body.as_bytes()), &signature, false), Some("A"), "{body:?}");
            assert_eq!(taken(Some(body.as_bytes()), &signature, true), None, "{body:?}");
        }
        let body = b" {\"a\": 1.50 }\r\n";
        assert_eq!(taken(Some(body), &sign(TOKEN, KEY, b"{\"a\": 1.50 }"), false), Some("A'"));
        let body = b"\xff\xfe";
        assert_eq!(taken(Some(body), &sign(TOKEN, KEY, body), false), Some("A"));
    }

    #[test]
    fn a_get_signs_the_key_and_perhaps_an_empty_list() {
        let key = sign(TOKEN, KEY, b"");
        let list = sign(TOKEN, KEY, b"[]");
        assert_eq!((taken(None, &key, true), taken(None, &list, true)), (Some("key"), None));
        assert_eq!(taken(None, &list, false), Some("key []"));
        assert_eq!(taken(None, &sign(TOKEN, KEY, b"{}"), false), None);
    }

    #[test]
    fn what_is_no_signature_of_it_is_not_taken() {
        let body = br#"{"a":1}"#;
        let good = sign(TOKEN, KEY, body);
        assert_eq!(taken(Some(body), &good, false), Some("B"));
        let last = if good.ends_with('0') { "1" } else { "0" };
        for bad in [
            String::new(),
            good[..126].to_owned(),
            format!("{good}00"),
            format!("{}{last}", &good[..127]),
            format!("{}g", &good[..127]),
            format!(" {}", &good[..127]),
            sign(TOKEN, "SC-KRW9ESNZUUKQXOOY", body),
            sign("another", KEY, body),
            sign(TOKEN, KEY, br#"{"a":2}"#),
            sign(TOKEN, KEY, b""),
        ] {
            assert_eq!(taken(Some(body), &bad, false), None, "{bad}");
        }
    }
}
