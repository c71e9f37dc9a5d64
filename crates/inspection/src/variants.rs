//! A body as it is often signed where it was sent otherwise.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Reading,
    json::{Escape, Gap, Style, restyled},
    sha256_hex,
};

/// The longest body of which more than the simplest variants are made, in bytes.
const LENGTH_MAX: usize = 64 * 1024;

const KEEP: Style = Style { gap: Gap::None, slashes: Escape::Keep, unicode: Escape::Keep };

/// The styles that are tried, and what is said of them.
const STYLES: [(Style, &str); 13] = [
    (KEEP, "you signed the body without the white space between its tokens, which was sent"),
    (
        Style { slashes: Escape::On, ..KEEP },
        "you signed the body with `\\/` for `/`, and sent it otherwise",
    ),
    (
        Style { slashes: Escape::Off, ..KEEP },
        "you signed the body with `/` for `\\/`, and sent it otherwise",
    ),
    (
        Style { slashes: Escape::On, unicode: Escape::On, ..KEEP },
        "you signed the body as PHP's json_encode writes it (`\\/`, `\\u00e9`), and sent it otherwise",
    ),
    (
        Style { unicode: Escape::On, ..KEEP },
        "you signed the body with `\\u00e9` for `é`, and sent it otherwise",
    ),
    (
        Style { unicode: Escape::Off, ..KEEP },
        "you signed the body with `é` for `\\u00e9`, and sent it otherwise",
    ),
    (
        Style { slashes: Escape::Off, unicode: Escape::Off, ..KEEP },
        "you signed the body with nothing escaped, as JavaScript's JSON.stringify writes it, and sent \
         it otherwise",
    ),
    (
        Style { gap: Gap::Spaced, ..KEEP },
        "you signed the body with blanks behind commas and colons, and sent it otherwise",
    ),
    (
        Style { gap: Gap::Spaced, slashes: Escape::Off, unicode: Escape::On },
        "you signed the body as Python's json.dumps writes it, blanks and `\\u00e9` included, and sent \
         it otherwise",
    ),
    (
        Style { gap: Gap::Lines(2), ..KEEP },
        "you signed the body in lines indented by two blanks, and sent it otherwise",
    ),
    (
        Style { gap: Gap::Lines(4), ..KEEP },
        "you signed the body in lines indented by four blanks, and sent it otherwise",
    ),
    (
        Style { gap: Gap::Lines(4), slashes: Escape::On, unicode: Escape::On },
        "you signed the body as PHP's JSON_PRETTY_PRINT writes it, and sent it otherwise",
    ),
    (
        Style { gap: Gap::Lines(4), slashes: Escape::Off, unicode: Escape::Off },
        "you signed the body in lines indented by four blanks with nothing escaped, and sent it \
         otherwise",
    ),
];

/// The body as it was sent, and every way in which it may have been signed instead.
pub fn bodies(body: &[u8]) -> Vec<Reading<Vec<u8>>> {
    let mut found = vec![Reading::plain(body.to_vec())];
    let mut add = |value: Vec<u8>, why: &str| {
        if found.iter().all(|known| known.value != value) {
            found.push(Reading::other(value, why));
        }
    };
    let bare = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    add(
        bare.trim_ascii().to_vec(),
        "you signed the body without the white space, or the byte order mark, around it",
    );
    add(Vec::new(), "you signed an empty body");
    if body.len() > LENGTH_MAX {
        return found;
    }
    add([body, b"\n"].concat(), "you signed the body with a line end behind it");
    add([body, b"\r\n"].concat(), "you signed the body with a line end behind it");
    if let Ok(text) = str::from_utf8(bare) {
        for (style, why) in STYLES {
            add(restyled(text, style).into_bytes(), why);
        }
        add(text.replace("\r\n", "\n").into_bytes(), "you signed the body with LF for CR LF");
        let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
        add(crlf.into_bytes(), "you signed the body with CR LF for LF");
        for (value, why) in sorted(text) {
            add(value, why);
        }
        if let Ok(twice) = serde_json::to_vec(text) {
            add(twice, "you signed the body encoded twice: a JSON text that holds JSON");
        }
        let stripped: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        add(
            stripped.into_bytes(),
            "you signed the body without any white space, that of its texts included",
        );
        let latin: Option<Vec<u8>> =
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        if let Some(latin) = latin {
            add(latin, "you signed the body in Latin-1, and sent it in UTF-8");
        }
    }
    for empty in ["{}", "[]", "null", "\"\""] {
        add(empty.into(), &format!("you signed `{empty}` in place of the body"));
    }
    found
}

/// The SHA-256 of a body in hexadecimal digits, and what may have been signed in its place. `right` are
/// the bodies whose hash is right, as it was sent first.
pub fn hashes(right: &[&[u8]]) -> Vec<Reading<String>> {
    let mut found: Vec<_> = right.iter().map(|body| Reading::plain(sha256_hex(body))).collect();
    let mut add = |value: String, why: &str| {
        if found.iter().all(|known: &Reading<String>| known.value != value) {
            found.push(Reading::other(value, why));
        }
    };
    for body in right {
        let hash = sha256_hex(body);
        add(
            hash.to_uppercase(),
            "you signed the body's hash in capitals; small letters are expected",
        );
        add(
            STANDARD.encode(digest(&SHA256, body)),
            "you signed the body's hash in base64; hexadecimal digits are expected",
        );
        add(
            hex::encode(digest(&SHA512, body)),
            "you hashed the body with SHA-512; its SHA-256 is expected",
        );
        add(sha256_hex(hash.as_bytes()), "you hashed the body's hash once more");
        if let Ok(text) = str::from_utf8(body) {
            add(text.to_owned(), "you signed the body itself, where its SHA-256 is expected");
        }
    }
    add(String::new(), "you signed without the body's hash");
    for other in right.first().map(|body| bodies(body)).unwrap_or_default() {
        if let Some(why) = other.difference {
            add(sha256_hex(&other.value), &why);
        }
    }
    found
}

/// With members in the order of their names, which is what a map does to them.
fn sorted(text: &str) -> Vec<(Vec<u8>, &'static str)> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let value = ordered(value).to_string();
    let spaced = Style { gap: Gap::Spaced, slashes: Escape::Off, unicode: Escape::On };
    let php = Style { slashes: Escape::On, unicode: Escape::On, ..KEEP };
    vec![
        (
            restyled(&value, spaced).into_bytes(),
            "you signed the body with its members sorted, as Python writes it, and sent it otherwise",
        ),
        (
            restyled(&value, php).into_bytes(),
            "you signed the body with its members sorted, as PHP writes it, and sent it otherwise",
        ),
        (value.into_bytes(), "you signed the body with its members sorted, and sent it otherwise"),
    ]
}

/// The order of members does not depend on how the reader was built. As deep as it reads: 128.
fn ordered(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.into_iter().map(|(name, value)| (name, ordered(value))).collect()
        }
        serde_json::Value::Array(items) => items.into_iter().map(ordered).collect(),
        other @ (serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(sent: &str, signed: &[u8]) -> String {
        let found = bodies(sent.as_bytes()).into_iter().find(|one| one.value == signed);
        let found = found.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(signed)));
        found.difference.unwrap_or_default()
    }

    #[test]
    fn each_way_is_named() {
        let sent = r#"{"b": "a/b é", "a":1}"#;
        for (signed, told) in [
            (sent.to_owned(), ""),
            (r#"{"b":"a/b é","a":1}"#.to_owned(), "between its tokens"),
            (r#"{"b":"a\/b é","a":1}"#.to_owned(), "`\\/` for `/`"),
            (r#"{"b":"a\/b \u00e9","a":1}"#.to_owned(), "json_encode"),
            (r#"{"b": "a/b \u00e9", "a": 1}"#.to_owned(), "json.dumps"),
            (r#"{"a":1,"b":"a/b é"}"#.to_owned(), "sorted"),
            (format!("{sent}\n"), "a line end"),
            (String::new(), "an empty body"),
            ("{}".to_owned(), "`{}` in place"),
            (serde_json::to_string(sent).unwrap(), "encoded twice"),
            (r#"{"b":"a/bé","a":1}"#.to_owned(), "that of its texts"),
            ("{\n    \"b\": \"a/b é\",\n    \"a\": 1\n}".to_owned(), "four blanks"),
        ] {
            let found = why(sent, signed.as_bytes());
            assert!(found.contains(told) && found.is_empty() == told.is_empty(), "{told}: {found}");
        }
        assert!(why("\"é\"", b"\"\xe9\"").contains("Latin-1"));
        assert!(why(r#"{"u":"a\/b"}"#, br#"{"u":"a/b"}"#).contains("`/` for `\\/`"));
        assert!(why("\u{feff}{}", b"{}").contains("byte order mark"));
    }

    proptest! {
        #[test]
        fn any_body_is_read_and_the_first_is_as_sent(
            body in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            let found = bodies(&body);
            prop_assert_eq!(&found[0].value, &body);
            prop_assert!(found[1..].iter().all(|one| one.value != body && one.difference.is_some()));
        }
    }
}
