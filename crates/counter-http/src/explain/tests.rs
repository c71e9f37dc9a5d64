use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256, HMAC_SHA512},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use counter::NonceMemory;
use domain::{code::Pools, ids::PartnerNo, time::Span};
use gateway::directory::{Partner, PartnerKey, PartnerSettings, Secret};
use http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;

use super::*;
use crate::admission::{Claim, admit};

const NOW: Timestamp = Timestamp::from_millis(1_789_000_000_500);
const AT: &str = "1789000000";
const KEY: &str = "counter-demo";
const SECRET: &str = "gerai-demo-counter-secret";
const NONCE: &str = "0123456789abcdeF";
const TARGET: &str = "/counter/v1/status?sale=a%20b";
const BODY: &str = "{\"payment_code\": \"8127740588870520\"}";
/// The contract's vector.
const VECTOR: &str = "v1=c9e5d09c8f5327547dd6aeaf4f06d4e6c11e3389124fc020a49cc67dd64f9e13";

fn directory() -> Directory {
    let key = |no, key_id: &str, secret: &str, retires_at| PartnerKey {
        no,
        key_id: key_id.to_owned(),
        secret: Secret::new(secret),
        retires_at,
    };
    let partner = |no, name: &str, keys| Partner {
        no: PartnerNo::new(no),
        name: name.to_owned(),
        retailers: Vec::new(),
        keys,
        allow_list: Vec::new(),
        settings: PartnerSettings::default(),
        disabled: false,
    };
    let over = Some(NOW.plus(Span::hours(-1)));
    let mut off = partner(3, "Off", vec![key(5, "counter-off", "a secret of its own 3", None)]);
    off.disabled = true;
    let mut far = partner(4, "Far", vec![key(6, "counter-far", "a secret of its own 4", None)]);
    far.allow_list = vec!["10.0.0.0/8".parse().unwrap()];
    let partners = vec![
        partner(
            1,
            "Demo",
            vec![key(1, KEY, SECRET, None), key(2, "counter-old", "the-retired-secret-000", over)],
        ),
        partner(2, "Other", vec![key(3, "counter-other", "the-others-secret-0000", None)]),
        off,
        far,
    ];
    Directory::new(Vec::new(), partners, Pools::default())
}

/// What is said of a request that is not believed, and it must not be.
fn asked(
    headers: &[(&str, &str)],
    (method, target): (&Method, &str),
    body: &str,
) -> Option<Explained> {
    let mut map = HeaderMap::new();
    map.insert("host", HeaderValue::from_static("pay.example"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    let received = Received {
        method,
        target,
        body: body.as_bytes(),
        peer: "192.0.2.1".parse().unwrap(),
        real_now: NOW,
    };
    let directory = directory();
    let why = admit(&Claim::of(&map), &received, &directory, &NonceMemory::default()).err()?;
    explain(&directory, &map, &received, why)
}

fn signed(signature: &str) -> Option<Explained> {
    let headers = [
        ("gerai-key", KEY),
        ("gerai-timestamp", AT),
        ("gerai-nonce", NONCE),
        ("gerai-signature", signature),
    ];
    asked(&headers, (&Method::POST, TARGET), BODY)
}

fn sha256(text: &str) -> String {
    hex::encode(digest(&SHA256, text.as_bytes()))
}

/// HMAC-SHA256 in hexadecimal digits, by the library alone.
fn mac(key: &str, text: &str) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, key.as_bytes()), text.as_bytes()))
}

#[test]
fn the_contracts_vector_is_believed() {
    let headers = [
        ("gerai-key", KEY),
        ("gerai-timestamp", AT),
        ("gerai-nonce", "0123456789abcdef"),
        ("gerai-signature", VECTOR),
    ];
    let target = (&Method::POST, "/counter/v1/inquiry");
    assert!(asked(&headers, target, r#"{"payment_code":"8127740588870520"}"#).is_none());
}

#[test]
fn each_mistake_of_a_signature_is_named_and_no_other() {
    let hash = sha256(BODY);
    let lines = ["v1", KEY, "POST", TARGET, AT, NONCE, &hash];
    let right = lines.join("\n");
    let good = format!("v1={}", mac(SECRET, &right));
    assert!(signed(&good).is_none());
    let with = |line: usize, text: &str| {
        let mut lines = lines;
        lines[line] = text;
        format!("v1={}", mac(SECRET, &lines.join("\n")))
    };
    let under = |text: &str| format!("v1={}", mac(SECRET, text));
    let bytes = hex::decode(&good[3..]).unwrap();
    let long = hmac::sign(&hmac::Key::new(HMAC_SHA512, SECRET.as_bytes()), right.as_bytes());
    let body = |body: &str| with(6, &sha256(body));
    let table = [
        (good[3..].to_owned(), "no `v1=` in front"),
        (format!("v1={}", good[3..].to_uppercase()), "in capitals"),
        (format!("v1={}", STANDARD.encode(&bytes)), "in base64"),
        (format!("sha256={}", &good[3..]), "a prefix"),
        (format!("v1={}", hex::encode(long)), "you made HMAC-SHA512"),
        (format!("v1={}", mac(&right, SECRET)), "in the wrong order"),
        (format!("v1={}", mac("the-others-secret-0000", &right)), "counter-other (Other)"),
        (format!("v1={}", mac("the-retired-secret-000", &right)), "your key counter-old"),
        (format!("v1={}", mac(KEY, &right)), "the key id itself"),
        (format!("v1={}", mac(&format!("{SECRET}\n"), &right)), "a line end behind it"),
        (under(&format!("{right}\n")), "a line end behind the last line"),
        (under(&lines.join("\r\n")), "CR LF"),
        (under(&lines.join("\\n")), "as two characters"),
        (under(&lines[1..].join("\n")), "the first line, `v1`"),
        (under(&lines[..6].join("\n")), "the last line"),
        (under(&lines.join("|")), "you put `|`"),
        (with(2, "post"), "the method in small letters"),
        (with(2, "GET"), "you signed GET"),
        (with(3, "/counter/v1/status"), "without the query"),
        (with(3, "https://pay.example/counter/v1/status?sale=a%20b"), "the host in front"),
        (with(3, "/counter/v1/status?sale=a b"), "percent signs decoded"),
        (with(3, "/counter/v1/status?sale=a+b"), "`+` for `%20`"),
        (with(4, "1789000002"), "another time than you sent"),
        (with(4, "1789000000000"), "in milliseconds"),
        (with(5, "0123456789abcdef"), "the nonce in small letters"),
        (with(6, &hash.to_uppercase()), "the body's hash in capitals"),
        (with(6, &STANDARD.encode(digest(&SHA256, BODY.as_bytes()))), "the body's hash in base64"),
        (with(6, BODY), "the body itself"),
        (body(&BODY.replace(' ', "")), "white space between its tokens"),
        (body(""), "an empty body"),
        (body("{}"), "`{}` in place"),
        (body("other"), "nothing that is usual"),
        ("v1=short".to_owned(), "8 characters"),
    ];
    for (signature, told) in table {
        let explained = signed(&signature).unwrap_or_else(|| panic!("{told}"));
        assert!(
            explained.findings.iter().any(|one| one.contains(told)),
            "{told}: {:?}",
            explained.findings
        );
        assert!(explained.findings.len() == 1, "{told}: {:?}", explained.findings);
        assert_eq!(explained.expected.as_deref(), Some(good.as_str()));
        assert_eq!(explained.signed.as_ref().unwrap().masked(), right);
        let shown = format!("{explained:?}");
        assert!(!shown.contains(SECRET) && !shown.contains("-secret-000"), "{shown}");
    }
}

#[test]
fn everything_else_is_looked_at_first() {
    let late = "1788999500";
    let text = ["v1", KEY, "POST", TARGET, late, NONCE, &sha256(BODY)].join("\n");
    let of_late = format!("v1={}", mac(SECRET, &text));
    let long = "n".repeat(65);
    let table = [
        ("", AT, NONCE, VECTOR, "the header Gerai-Key is empty"),
        (SECRET, AT, NONCE, VECTOR, "Gerai-Key holds the secret"),
        ("counter-old", AT, NONCE, VECTOR, "counter-old is retired"),
        ("Counter-Demo", AT, NONCE, VECTOR, "other capitals"),
        ("nobody", AT, NONCE, VECTOR, "nobody here has this key id"),
        ("counter-off", AT, NONCE, VECTOR, "is turned off"),
        ("counter-far", AT, NONCE, VECTOR, "may not call from 192.0.2.1"),
        (KEY, "1789000000000", NONCE, VECTOR, "it is in milliseconds"),
        (KEY, "2026-09-10T00:00:00Z", NONCE, VECTOR, "a date and a time"),
        (KEY, "1789000000.5", NONCE, VECTOR, "it has a fraction"),
        (KEY, late, NONCE, &of_late, "your clock is 8 minutes behind"),
        (KEY, AT, "short", VECTOR, "has 5 characters"),
        (KEY, AT, &long, VECTOR, "has 65 characters"),
        (KEY, AT, "0123456789abcde!", VECTOR, "and this one has others"),
    ];
    for (key, at, nonce, signature, told) in table {
        let headers = [
            ("gerai-key", key),
            ("gerai-timestamp", at),
            ("gerai-nonce", nonce),
            ("gerai-signature", signature),
        ];
        let explained = asked(&headers, (&Method::POST, TARGET), BODY).unwrap();
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert_eq!(explained.findings.len(), 1, "{told}: {:?}", explained.findings);
        assert!(!format!("{explained:?}").contains(SECRET), "{told}");
        for missing in 0..4 {
            let mut fewer = headers.to_vec();
            fewer.remove(missing);
            assert!(asked(&fewer, (&Method::POST, TARGET), BODY).is_some());
            let twice = [headers.as_slice(), &headers[missing..=missing]].concat();
            assert!(asked(&twice, (&Method::POST, TARGET), BODY).is_some());
        }
    }
}

#[test]
fn a_nonce_that_comes_again_with_another_message() {
    let memory = NonceMemory::default();
    memory.witness(KEY, NONCE, [7; 32], NOW).unwrap();
    let text = ["v1", KEY, "POST", TARGET, AT, NONCE, &sha256(BODY)].join("\n");
    let mut map = HeaderMap::new();
    let good = format!("v1={}", mac(SECRET, &text));
    for (name, value) in [
        (KEY_HEADER, KEY),
        (TIMESTAMP_HEADER, AT),
        (NONCE_HEADER, NONCE),
        (SIGNATURE_HEADER, &good),
    ] {
        map.insert(name, HeaderValue::from_str(value).unwrap());
    }
    let received = Received {
        method: &Method::POST,
        target: TARGET,
        body: BODY.as_bytes(),
        peer: "192.0.2.1".parse().unwrap(),
        real_now: NOW,
    };
    let directory = directory();
    let why = admit(&Claim::of(&map), &received, &directory, &memory).unwrap_err();
    let explained = explain(&directory, &map, &received, why).unwrap();
    assert!(explained.finding().contains("the nonce was used before"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_bytes_are_explained(
        body in ".{0,60}",
        signature in "[ -~]{0,80}",
        other in "[ -~]{0,30}",
        target in "/[!-~]{0,40}",
    ) {
        for (key, at, nonce) in
            [(KEY, AT, NONCE), (&other, AT, NONCE), (KEY, &other, NONCE), (KEY, AT, &other)]
        {
            let headers = [
                ("gerai-key", key),
                ("gerai-timestamp", at),
                ("gerai-nonce", nonce),
                ("gerai-signature", &signature),
            ];
            let explained = asked(&headers, (&Method::POST, &target), &body);
            prop_assert!(!explained.unwrap().findings.is_empty());
        }
    }
}
