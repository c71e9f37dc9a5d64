//! Who is believed, and who is not.

use domain::{code::Pools, time::Span};
use gateway::directory::{PartnerKey, Secret};
use http::{HeaderName, HeaderValue};

use super::*;
use crate::at_whose::tests::partner;

const SECRET: &str = "gerai-demo-counter-secret";
const NOW: Timestamp = Timestamp::from_millis(1_789_000_000_400);
const BODY: &[u8] = br#"{"payment_code":"8127740588870520"}"#;
/// The contract's vector.
const VECTOR: &str = "v1=c9e5d09c8f5327547dd6aeaf4f06d4e6c11e3389124fc020a49cc67dd64f9e13";

fn key(no: i64, key_id: &str, secret: &str, retires_at: Option<Timestamp>) -> PartnerKey {
    PartnerKey { no, key_id: key_id.to_owned(), secret: Secret::new(secret), retires_at }
}

fn demo() -> Partner {
    let keys = vec![
        key(1, "counter-demo", SECRET, None),
        key(2, "counter-old", "old-secret", Some(NOW.plus(Span::seconds(1)))),
    ];
    Partner { keys, ..partner(&[]) }
}

fn directory(partner: Partner) -> Directory {
    Directory::new(Vec::new(), vec![partner], Pools::default())
}

fn headers(changes: &[(&str, Option<&str>)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (KEY_HEADER, "counter-demo"),
        (TIMESTAMP_HEADER, "1789000000"),
        (NONCE_HEADER, "0123456789abcdef"),
        (SIGNATURE_HEADER, VECTOR),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in changes {
        let name: HeaderName = name.parse().unwrap();
        match value {
            Some(value) => headers.insert(name, value.parse().unwrap()),
            None => headers.remove(name),
        };
    }
    headers
}

fn received(real_now: Timestamp) -> Received<'static> {
    Received {
        method: &Method::POST,
        target: "/counter/v1/inquiry",
        body: BODY,
        peer: IpAddr::from([127, 0, 0, 1]),
        real_now,
    }
}

fn admitted(
    headers: &HeaderMap,
    received: &Received<'_>,
    directory: &Directory,
    nonces: &NonceMemory,
) -> Result<(), NotAuthenticated> {
    admit(&Claim::of(headers), received, directory, nonces).map(drop)
}

/// One request in a fresh process.
fn first(
    headers: &HeaderMap,
    received: &Received<'_>,
    partner: Partner,
) -> Result<(), NotAuthenticated> {
    admitted(headers, received, &directory(partner), &NonceMemory::default())
}

#[test]
fn the_contracts_request_is_believed() {
    assert_eq!(first(&headers(&[]), &received(NOW), demo()), Ok(()));
}

#[test]
fn each_failure_has_its_own_reason_in_the_log() {
    use NotAuthenticated as No;
    let long = "k".repeat(65);
    let table: &[(&str, Option<&str>, NotAuthenticated)] = &[
        (KEY_HEADER, None, No::KeyHeader),
        (KEY_HEADER, Some(""), No::KeyHeader),
        (KEY_HEADER, Some(&long), No::KeyHeader),
        (KEY_HEADER, Some("counter-dem"), No::UnknownKey),
        (KEY_HEADER, Some("COUNTER-DEMO"), No::UnknownKey),
        (KEY_HEADER, Some("counter-old"), No::Signature),
        (TIMESTAMP_HEADER, None, No::TimestampHeader),
        (TIMESTAMP_HEADER, Some(""), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("+1789000000"), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("-1"), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("1789000000.0"), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("2026-11-21T14:35:26Z"), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("1789000000000"), No::TimestampHeader),
        (TIMESTAMP_HEADER, Some("999999999999"), No::Stale),
        (TIMESTAMP_HEADER, Some("1788999699"), No::Stale),
        (TIMESTAMP_HEADER, Some("1789000301"), No::Stale),
        (TIMESTAMP_HEADER, Some("1789000300"), No::Signature),
        (NONCE_HEADER, None, No::NonceHeader),
        (NONCE_HEADER, Some("0123456789abcde"), No::NonceHeader),
        (NONCE_HEADER, Some("0123456789 abcdef"), No::NonceHeader),
        (NONCE_HEADER, Some("0123456789abcdeg"), No::Signature),
        (SIGNATURE_HEADER, None, No::SignatureHeader),
        (SIGNATURE_HEADER, Some("v1="), No::Signature),
        (SIGNATURE_HEADER, Some("c9e5d09c"), No::Signature),
    ];
    for (name, value, why) in table {
        let headers = headers(&[(name, *value)]);
        assert_eq!(first(&headers, &received(NOW), demo()), Err(*why), "{name}: {value:?}");
    }
    let mut doubled = headers(&[]);
    for (name, why) in [
        (SIGNATURE_HEADER, No::SignatureHeader),
        (NONCE_HEADER, No::NonceHeader),
        (TIMESTAMP_HEADER, No::TimestampHeader),
        (KEY_HEADER, No::KeyHeader),
    ] {
        doubled.append(name, headers(&[])[name].clone());
        assert_eq!(first(&doubled, &received(NOW), demo()), Err(why), "{name} twice");
    }
    let mut not_text = headers(&[]);
    not_text.insert(KEY_HEADER, HeaderValue::from_bytes(b"counter-demo\xff").unwrap());
    assert_eq!(first(&not_text, &received(NOW), demo()), Err(No::KeyHeader));
}

#[test]
fn the_signature_covers_the_request() {
    let real = received(NOW);
    for changed in [
        Received { method: &Method::PUT, ..real },
        Received { target: "/counter/v1/payment", ..real },
        Received { target: "/counter/v1/inquiry?", ..real },
        Received { body: b"", ..real },
    ] {
        assert_eq!(first(&headers(&[]), &changed, demo()), Err(NotAuthenticated::Signature));
    }
}

#[test]
fn a_partner_may_be_off_or_elsewhere() {
    use NotAuthenticated as No;
    let disabled = Partner { disabled: true, ..demo() };
    assert_eq!(first(&headers(&[]), &received(NOW), disabled), Err(No::Disabled));

    let near = || Partner { allow_list: vec!["10.0.0.0/8".parse().unwrap()], ..demo() };
    let from = |peer: &str| Received { peer: peer.parse().unwrap(), ..received(NOW) };
    assert_eq!(first(&headers(&[]), &from("127.0.0.1"), near()), Err(No::Address));
    assert_eq!(first(&headers(&[]), &from("::1"), near()), Err(No::Address));
    assert_eq!(first(&headers(&[]), &from("10.1.2.3"), near()), Ok(()));
    assert_eq!(first(&headers(&[]), &from("::ffff:10.1.2.3"), near()), Ok(()));
}

#[test]
fn a_key_retires_by_the_real_clock() {
    let request = |timestamp: &'static str, nonce: &'static str| SignedRequest {
        key_id: "counter-old",
        method: "POST",
        target: "/counter/v1/inquiry",
        timestamp,
        nonce,
        body: BODY,
    };
    let signature = request("1789000000", "0123456789abcdef").sign("old-secret");
    let headers =
        headers(&[(KEY_HEADER, Some("counter-old")), (SIGNATURE_HEADER, Some(&signature))]);
    assert_eq!(first(&headers, &received(NOW), demo()), Ok(()));
    let retired = received(NOW.plus(Span::seconds(1)));
    assert_eq!(first(&headers, &retired, demo()), Err(NotAuthenticated::UnknownKey));
}

#[test]
fn a_nonce_serves_one_content() {
    let (directory, nonces) = (directory(demo()), NonceMemory::default());
    let signed = |timestamp: &str, body: &[u8]| {
        let request = SignedRequest {
            key_id: "counter-demo",
            method: "POST",
            target: "/counter/v1/inquiry",
            timestamp,
            nonce: "0123456789abcdef",
            body,
        };
        headers(&[
            (TIMESTAMP_HEADER, Some(timestamp)),
            (SIGNATURE_HEADER, Some(&request.sign(SECRET))),
        ])
    };
    let send = |headers: &HeaderMap, body: &[u8], real_now| {
        admitted(headers, &Received { body, ..received(real_now) }, &directory, &nonces)
    };
    // A request that is not believed leaves no nonce behind.
    assert_eq!(send(&headers(&[]), b"forged", NOW), Err(NotAuthenticated::Signature));

    assert_eq!(send(&signed("1789000000", BODY), BODY, NOW), Ok(()));
    assert_eq!(send(&signed("1789000000", BODY), BODY, NOW), Ok(()));
    assert_eq!(send(&signed("1789000007", BODY), BODY, NOW), Ok(()));
    let other = signed("1789000000", b"{}");
    assert_eq!(send(&other, b"{}", NOW), Err(NotAuthenticated::NonceReused));
    // Long enough after, it may be used again.
    let later = NOW.plus(Span::minutes(11));
    assert_eq!(send(&signed("1789000660", b"{}"), b"{}", later), Ok(()));
}

#[test]
fn answers_are_signed_for_known_keys_with_a_nonce() {
    let directory = directory(demo());
    let signs = |changes: &[(&str, Option<&str>)]| {
        Claim::of(&headers(changes)).signer(&directory, NOW).is_some()
    };
    assert!(signs(&[]));
    assert!(signs(&[(SIGNATURE_HEADER, Some("v1=wrong")), (TIMESTAMP_HEADER, None)]));
    assert!(!signs(&[(KEY_HEADER, Some("nobody"))]));
    assert!(!signs(&[(KEY_HEADER, None)]));
    assert!(!signs(&[(NONCE_HEADER, None)]));
    assert!(!signs(&[(NONCE_HEADER, Some("short"))]));
}
