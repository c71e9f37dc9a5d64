use aws_lc_rs::{
    digest,
    hmac::{self, HMAC_SHA256, HMAC_SHA512},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{code::Pools, ids::AccountNo, time::Span};
use gateway::directory::{AccountKey, Secret};
use proptest::prelude::*;

use super::*;
use crate::samples::account;

const NOW: Timestamp = Timestamp::from_millis(1_795_244_400_000);
const KEY: &str = "SC-KRW9ESNZUUKQXOOX";
const TOKEN_TEXT: &str = "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t";
const OTHER_KEY: &str = "SG-GERAIDEMO000001";
const OTHER_TOKEN: &str = "gerai0demo0token0for0sengo000001";
const BODY: &str = r#"{"a": "https://shop.example/é", "b":1.50}"#;

fn directory(is_strict: bool) -> Directory {
    let mut one = account(Brand::Cronos);
    let old = |no, text: &str| AccountKey {
        no,
        purpose: TOKEN.to_owned(),
        secret: Secret::new(text),
        retires_at: Some(NOW.plus(Span::hours(-1))),
    };
    one.keys.push(old(9, "a0retired0token0of0the0project01"));
    if is_strict {
        one.settings.options.insert("strict".to_owned(), "true".to_owned());
    }
    let mut other = account(Brand::Sengo);
    other.no = AccountNo::new(2);
    other.public_id = OTHER_KEY.to_owned();
    other.keys.truncate(1);
    other.keys[0].secret = Secret::new(OTHER_TOKEN);
    Directory::new(vec![one, other], Vec::new(), Pools::default())
}

fn asked(
    is_strict: bool,
    endpoint: Endpoint,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Explained> {
    let mut request = http::Request::builder().method(endpoint.method()).uri("/api/x?y=1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    explain(&directory(is_strict), NOW, &Request { head: &head, endpoint, body })
}

fn explained(signature: &str, body: &str) -> Option<Explained> {
    let headers = [("On-Key", KEY), ("On-Token", TOKEN_TEXT), ("On-Signature", signature)];
    asked(false, Endpoint::Retail, &headers, body.as_bytes())
}

/// HMAC-SHA512 in hexadecimal digits, by the library alone.
fn mac(key: &str, text: &str) -> String {
    let key = hmac::Key::new(HMAC_SHA512, key.as_bytes());
    hex::encode(hmac::sign(&key, text.as_bytes()))
}

#[test]
fn each_mistake_of_a_signature_is_named_and_no_other() {
    let raw = format!("{KEY}{BODY}");
    let good = mac(TOKEN_TEXT, &raw);
    let sha512 = |text: &str| hex::encode(digest::digest(&digest::SHA512, text.as_bytes()));
    let sha256 = hmac::sign(&hmac::Key::new(HMAC_SHA256, TOKEN_TEXT.as_bytes()), raw.as_bytes());
    let signed = |text: &str| mac(TOKEN_TEXT, text);
    let table = [
        (STANDARD.encode(hex::decode(&good).unwrap()), "the signature is in base64"),
        (STANDARD.encode(&good), "the base64 of hexadecimal digits"),
        (format!("sha512={good}"), "a prefix"),
        (hex::encode(sha256), "you made HMAC-SHA256, where HMAC-SHA512"),
        (mac(&raw, TOKEN_TEXT), "in the wrong order"),
        (sha512(&format!("{raw}{TOKEN_TEXT}")), "the key behind it"),
        (sha512(&raw), "without a key"),
        (mac(KEY, &raw), "itself as the key, not with the token"),
        (mac("a0retired0token0of0the0project01", &raw), "a token that is retired"),
        (mac("an older token", &raw), "another of your tokens"),
        (mac(OTHER_TOKEN, &raw), "the token of SG-GERAIDEMO000001 (sengo)"),
        (mac(&format!("{TOKEN_TEXT}\n"), &raw), "a line end behind it"),
        (mac("", &raw), "an empty key"),
        (signed(BODY), "without the key in front"),
        (signed(&format!("{BODY}{KEY}")), "the key behind the body"),
        (signed(&format!("{KEY}||{BODY}")), "`||` between"),
        (signed(&format!("{KEY}:{BODY}")), "`:` between"),
        (signed(&format!("{}{BODY}", KEY.to_lowercase())), "the key in small letters"),
        (signed(&format!("{TOKEN_TEXT}{BODY}")), "the token in front"),
        (signed(KEY), "an empty body"),
        (signed(&format!("{KEY}{BODY}\n")), "a line end behind it"),
        (signed(&format!("{KEY}{{\"b\":1.50,\"a\":\"x\"}}")), "nothing that is usual"),
        (
            signed(&format!(
                "{KEY}{{\n    \"a\": \"https:\\/\\/shop.example\\/\\u00e9\",\n    \"b\": 1.50\n}}"
            )),
            "JSON_PRETTY_PRINT",
        ),
        ("0a".repeat(63), "126 characters"),
        ("no signature at all".to_owned(), "19 characters"),
        ("0a".repeat(64), "nothing that is usual"),
    ];
    for (signature, told) in table {
        let explained = explained(&signature, BODY).unwrap();
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert_eq!(explained.findings.len(), 1, "{told}: {:?}", explained.findings);
        let made: Vec<_> =
            explained.tried.iter().filter(|one| one.fits).map(|one| &one.what).collect();
        let is_found = !explained.tried.is_empty() && !told.contains("nothing");
        assert_eq!(made, if is_found { vec![&explained.findings[0]] } else { Vec::new() });
        assert!(!format!("{explained:?}").contains(TOKEN_TEXT));
        assert_eq!(explained.who.as_deref(), Some(KEY));
    }
}

#[test]
fn two_mistakes_at_a_time_are_both_named() {
    let signature = mac(OTHER_TOKEN, &format!("{KEY}:{BODY}"));
    let findings = explained(&signature, BODY).unwrap().findings;
    assert_eq!(findings.len(), 2, "{findings:?}");
    let based = STANDARD.encode(hex::decode(mac(KEY, &format!("{KEY}{BODY}"))).unwrap());
    let findings = explained(&based, BODY).unwrap().findings;
    assert!(findings[0].contains("base64") && findings[1].contains("itself as the key"));
}

#[test]
fn a_strict_account_is_told_which_writing_it_was() {
    let headers = |signature: &str| {
        let signed = mac(TOKEN_TEXT, &format!("{KEY}{signature}"));
        [("on-key", KEY.to_owned()), ("on-token", TOKEN_TEXT.to_owned()), ("on-signature", signed)]
    };
    for (text, told) in [
        (BODY, Some("the bytes as they were sent")),
        (r#"{"a":"https://shop.example/é","b":1.50}"#, Some("nothing escaped")),
        (r#"{"a":"https:\/\/shop.example\/é","b":1.50}"#, Some("slashes escaped alone")),
        (r#"{"a":"https:\/\/shop.example\/\u00e9","b":1.5}"#, None),
    ] {
        let headers = headers(text);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let strict = asked(true, Endpoint::Retail, &headers, BODY.as_bytes());
        assert_eq!(strict.is_some(), told.is_some(), "{text}");
        if let (Some(strict), Some(told)) = (strict, told) {
            assert!(strict.finding().contains(told), "{:?}", strict.findings);
            assert!(strict.finding().contains("strict"), "{:?}", strict.findings);
        }
        // Without the option it is right, and nothing is told.
        assert!(asked(false, Endpoint::Retail, &headers, BODY.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn a_get_signs_the_key_alone() {
    let get = |text: &str| {
        let signature = mac(TOKEN_TEXT, text);
        let headers = [("on-key", KEY), ("on-token", TOKEN_TEXT), ("on-signature", &signature)];
        asked(false, Endpoint::Balance, &headers, b"")
    };
    assert!(get(KEY).is_none());
    assert!(get(&format!("{KEY}[]")).is_none());
    for (text, told) in [
        (format!("{KEY}{{}}"), "you signed `{}` behind the key"),
        (format!("{KEY}/api/x"), "you signed the path behind"),
        (format!("{KEY}/api/x?y=1"), "the path and the query"),
        (format!("{KEY}null"), "`null`"),
        ("else".to_owned(), "nothing that is usual"),
    ] {
        let explained = get(&text).unwrap();
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert_eq!(explained.signed.unwrap().masked(), KEY);
    }
}

#[test]
fn who_calls_is_looked_at_first() {
    let good = mac(TOKEN_TEXT, KEY);
    let table: [(&[(&str, &str)], &str); 16] = [
        (
            &[("on-key", KEY), ("on-token", TOKEN_TEXT), ("on-signature", TOKEN_TEXT)],
            "holds the token itself",
        ),
        (&[], "none of the headers is there"),
        (&[("on-key", KEY), ("x-client-token", "t")], "of Cronos Engine and of SenGo are mixed"),
        (&[("on-key", KEY), ("on-signature", &good)], "the header on-token is missing"),
        (&[("on-key", ""), ("on-token", "t"), ("on-signature", "s")], "on-key is empty"),
        (&[("on-key", "a"), ("on-key", "a")], "more than once"),
        (&[("on-key", TOKEN_TEXT), ("on-token", KEY), ("on-signature", &good)], "are swapped"),
        (
            &[("on-key", OTHER_KEY), ("on-token", OTHER_TOKEN), ("on-signature", &good)],
            "is a key of SenGo",
        ),
        (
            &[("on-key", "sc-krw9esnzuukqxoox"), ("on-token", "t"), ("on-signature", &good)],
            "other capitals",
        ),
        (&[("on-key", "SC-KRW9ESNZUUKQXO"), ("on-token", "t"), ("on-signature", &good)], "cut off"),
        (
            &[("on-key", "CE-AAAAAAAAAAAAAAAA"), ("on-token", "t"), ("on-signature", &good)],
            "of production",
        ),
        (
            &[("on-key", "SC-AAAAAAAAAAAAAAAA"), ("on-token", "t"), ("on-signature", &good)],
            "nobody here has",
        ),
        (
            &[
                ("on-key", KEY),
                ("on-token", "a0retired0token0of0the0project01"),
                ("on-signature", &good),
            ],
            "is retired",
        ),
        (&[("on-key", KEY), ("on-token", KEY), ("on-signature", &good)], "on-token holds the key"),
        (
            &[("on-key", KEY), ("on-token", OTHER_TOKEN), ("on-signature", &good)],
            "the token of SG-GERAI",
        ),
        (
            &[("on-key", KEY), ("on-token", "somebody-elses-token"), ("on-signature", &good)],
            "not the token of SC-",
        ),
    ];
    for (headers, told) in table {
        let explained = asked(false, Endpoint::Retail, headers, BODY.as_bytes()).unwrap();
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        // Who has not shown the token is told no signature.
        assert_eq!(explained.expected, None, "{told}");
        let shown = format!("{explained:?}");
        assert!(["retired0token", &TOKEN_TEXT[6..]].iter().all(|secret| !shown.contains(secret)));
    }
}

#[test]
fn a_text_of_ones_own_is_checked() {
    let own = format!("{KEY}my own text");
    let explained = explained(&mac(TOKEN_TEXT, &own), BODY).unwrap();
    let fits = explained.fits.unwrap();
    assert!(fits.with(own.as_bytes()) && !fits.with(b"another"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_bytes_are_explained(
        body in prop::collection::vec(any::<u8>(), 0..120),
        signature in "[ -~]{0,140}",
        key in "[ -~]{1,40}",
        is_get in any::<bool>(),
    ) {
        let endpoint = if is_get { Endpoint::Check } else { Endpoint::Retail };
        for (key, token) in [(KEY, TOKEN_TEXT), (key.as_str(), signature.as_str())] {
            let headers = [("on-key", key), ("on-token", token), ("on-signature", &signature)];
            prop_assert!(!asked(false, endpoint, &headers, &body).unwrap().findings.is_empty());
        }
    }
}
