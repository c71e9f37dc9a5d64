use aws_lc_rs::{
    digest,
    hmac::{self, HMAC_SHA256, HMAC_SHA512},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{code::Pools, time::Span};
use gateway::directory::{AccountKey, Secret};
use proptest::prelude::*;

use super::*;
use crate::{CLIENT_SECRET, DEMO_MERCHANT_PRIVATE_KEY, pem, samples};

const CLIENT: &str = "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666";
const SECRET: &str = "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab";
const TOKEN: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
const AT: &str = "2024-09-18T13:36:36+07:00";
const PATH: &str = "/v1.0/retail/create";
const BODY: &str = r#"{"a": "https://shop.example/é", "b":"10000.00"}"#;
const PLATFORM: &str = include_str!("../../demo/platform_private.pem");

fn now() -> Timestamp {
    samples::at(AT).plus(Span::seconds(20))
}

fn directory() -> Directory {
    let mut ours = samples::account();
    let retired = |no, purpose: &str, text: &str| AccountKey {
        no,
        purpose: purpose.to_owned(),
        secret: Secret::new(text),
        retires_at: Some(now().plus(Span::hours(-1))),
    };
    ours.keys.push(retired(8, CLIENT_SECRET, "SKSandbox-retired-0000000000000"));
    let mut other = samples::account();
    other.no = AccountNo::new(2);
    other.public_id = "CKSandbox-other".to_owned();
    other.keys.truncate(1);
    other.keys[0].secret = Secret::new("SKSandbox-other-00000000000000");
    let mut empty = samples::account();
    empty.no = AccountNo::new(3);
    empty.public_id = "CKSandbox-without-key".to_owned();
    empty.keys.truncate(1);
    empty.keys[0].secret = Secret::new("SKSandbox-third-00000000000000");
    Directory::new(vec![ours, other, empty], Vec::new(), Pools::default())
}

/// A request for a payment, with each header that is named in place of the right one.
fn asked(changed: &[(&str, &str)], body: &str, ends: Option<Timestamp>) -> Option<Explained> {
    let bearer = format!("Bearer {TOKEN}");
    let usual = [
        ("authorization", bearer.as_str()),
        ("x-timestamp", AT),
        ("x-partner-id", CLIENT),
        ("x-external-id", "1"),
        ("x-signature", "AAAA"),
    ];
    let mut request = http::Request::post("/v1.0/retail/create?x=1").header("host", "pay.example");
    for (name, value) in usual {
        let value =
            changed.iter().find(|(other, _)| *other == name).map_or(value, |(_, value)| value);
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let request = Request {
        head: &head,
        endpoint: Endpoint::Create,
        body: body.as_bytes(),
        token: ends.map(|ends| (AccountNo::new(1), ends)),
        fixed: None,
    };
    explain(&directory(), now(), &request)
}

fn signed(signature: &str) -> Option<Explained> {
    asked(&[("x-signature", signature)], BODY, Some(now().plus(Span::seconds(600))))
}

fn sha256(text: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// HMAC-SHA512 in base64, by the library alone.
fn mac(key: &str, text: &str) -> String {
    let key = hmac::Key::new(HMAC_SHA512, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

#[test]
fn each_mistake_of_a_request_is_named_and_no_other() {
    let hash = sha256(BODY);
    let right = format!("POST:{PATH}:{TOKEN}:{hash}:{AT}");
    let good = mac(SECRET, &right);
    assert!(signed(&good).is_none());
    let bytes = STANDARD.decode(&good).unwrap();
    let under = |text: &str| mac(SECRET, text);
    let of_body = |body: &str| under(&format!("POST:{PATH}:{TOKEN}:{}:{AT}", sha256(body)));
    let of_path = |path: &str| under(&format!("POST:{path}:{TOKEN}:{hash}:{AT}"));
    let of_time = |at: &str| under(&format!("POST:{PATH}:{TOKEN}:{hash}:{at}"));
    let of_hash = |hash: &str| under(&format!("POST:{PATH}:{TOKEN}:{hash}:{AT}"));
    let short = hmac::sign(&hmac::Key::new(HMAC_SHA256, SECRET.as_bytes()), right.as_bytes());
    let own = rsa(DEMO_MERCHANT_PRIVATE_KEY, &RSA_PKCS1_SHA256, &format!("{CLIENT}|{AT}"));
    let table = [
        (hex::encode(&bytes), "the signature is in hexadecimal digits"),
        (hex::encode_upper(&bytes), "the signature is in hexadecimal digits"),
        (STANDARD.encode(hex::encode(&bytes)), "the base64 of hexadecimal digits"),
        (STANDARD.encode(short), "you made HMAC-SHA256"),
        (mac(&right, SECRET), "in the wrong order"),
        (mac("SKSandbox-retired-0000000000000", &right), "a client secret that is retired"),
        (mac("SKSandbox-other-00000000000000", &right), "the client secret of CKSandbox-other"),
        (mac(CLIENT, &right), "itself as the key"),
        (mac(&format!("{SECRET}\n"), &right), "with a line end behind it"),
        (of_path("/v1.0/retail/create?x=1"), "with the query"),
        (of_path("https://pay.example/v1.0/retail/create"), "with the host in front"),
        (of_path("/retail/create"), "without `/v1.0`"),
        (of_path("/v1.0/retail/create/"), "a slash behind it"),
        (of_path("/v1.0/retail/query"), "of another endpoint"),
        (under(&format!("post:{PATH}:{TOKEN}:{hash}:{AT}")), "the method in small letters"),
        (under(&format!("POST:{PATH}:Bearer {TOKEN}:{hash}:{AT}")), "`Bearer` in front"),
        (under(&format!("POST:{PATH}:{hash}:{AT}")), "left the token out"),
        (
            under(&right.replace(':', "|").replace("13|36|36+07|00", "13:36:36+07:00")),
            "you put `|`",
        ),
        (under(&format!("{right}\n")), "a line end behind the text"),
        (under(&format!("{CLIENT}|{AT}")), "the text of a token request"),
        (of_hash(&hash.to_uppercase()), "the body's hash in capitals"),
        (of_hash(&STANDARD.encode(hex::decode(&hash).unwrap())), "the body's hash in base64"),
        (of_hash(BODY), "the body itself"),
        (of_body(r#"{"a":"https:\/\/shop.example\/\u00e9","b":"10000.00"}"#), "json_encode"),
        (of_body(r#"{"a":"https:\/\/shop.example\/é","b":"10000.00"}"#), "`\\/` for `/`"),
        (of_body(r#"{"a": "https://shop.example/\u00e9", "b": "10000.00"}"#), "json.dumps"),
        (of_body(&format!("{BODY}\n")), "a line end behind it"),
        (of_body(""), "an empty body"),
        (of_body("{}"), "`{}` in place"),
        (of_time("2024-09-18T06:36:36Z"), "X-TIMESTAMP spells it"),
        (of_time("2024-09-18T13:36:38+07:00"), "another time than you sent"),
        (of_time("2024-09-18T13:36:36+0700"), "X-TIMESTAMP spells it"),
        (of_time("1726641396"), "X-TIMESTAMP spells it"),
        (own, "an RSA signature with your private key"),
        (
            "85be817c55b2c135157c7e89f52499bf0c25ad6eeebe04a986e8c862561b19a5".to_owned(),
            "nothing that is usual",
        ),
        ("short".to_owned(), "5 characters"),
        (mac("a secret that nobody knows", &right), "nothing that is usual"),
    ];
    for (signature, told) in table {
        let explained = signed(&signature).unwrap_or_else(|| panic!("{told}"));
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert_eq!(explained.findings.len(), 1, "{told}: {:?}", explained.findings);
        assert_eq!(explained.expected.as_deref(), Some(good.as_str()));
        let text = explained.signed.as_ref().unwrap();
        assert_eq!(text.bytes(), right.as_bytes());
        let shown = format!("{explained:?}");
        for secret in [SECRET, &TOKEN[6..], "retired-000"] {
            assert!(!shown.contains(secret), "{told}: {shown}");
        }
    }
}

#[test]
fn a_body_may_be_signed_without_its_white_space() {
    let small = r#"{"a":"https://shop.example/é","b":"10000.00"}"#;
    let text = format!("POST:{PATH}:{TOKEN}:{}:{AT}", sha256(small));
    assert!(signed(&mac(SECRET, &text)).is_none());
}

/// Headers in place of the right ones, when the token is over, and what must be said.
type Asked<'a> = (&'a [(&'a str, &'a str)], Option<Timestamp>, &'a str);

#[test]
fn time_and_token_are_looked_at_first() {
    let far = now().plus(Span::seconds(600));
    let right = |at: &str| mac(SECRET, &format!("POST:{PATH}:{TOKEN}:{}:{at}", sha256(BODY)));
    let late = "2024-09-18T13:08:36+07:00";
    let zone = "2024-09-18T13:36:36Z";
    let bare = TOKEN.to_owned();
    let (twice, quoted) = (format!("Bearer Bearer {TOKEN}"), format!("Bearer \"{TOKEN}\""));
    let capitals = format!("Bearer {}", TOKEN.to_uppercase());
    let secret = format!("Bearer {SECRET}");
    let over = now().plus(Span::minutes(-4));
    let table: [Asked<'_>; 18] = [
        (
            &[("x-timestamp", late), ("x-signature", &right(late))],
            Some(far),
            "your clock is 28 minutes behind",
        ),
        (
            &[("x-timestamp", zone), ("x-signature", &right(zone))],
            Some(far),
            "an Indonesian clock written as UTC",
        ),
        (&[("x-timestamp", "1726641396")], Some(far), "in seconds since 1970"),
        (&[("x-timestamp", "1726641396000")], Some(far), "in milliseconds since 1970"),
        (&[("x-timestamp", "2024-09-18T13:36:36")], Some(far), "its zone is missing"),
        (&[("x-timestamp", "2024-09-18T13:36:36+0700")], Some(far), "the colon in its zone"),
        (&[("x-timestamp", "2024-09-18 13:36:36+07:00")], Some(far), "a blank where the `T`"),
        (&[("x-signature", "")], Some(far), "the header X-SIGNATURE is missing"),
        (&[("authorization", "")], Some(far), "there is no Authorization header"),
        (&[("authorization", &bare)], None, "the word `Bearer`"),
        (&[("authorization", &twice)], None, "in front of the token twice"),
        (&[("authorization", &quoted)], None, "quotes or brackets"),
        (&[("authorization", &capitals)], None, "small letters"),
        (&[("authorization", &secret)], None, "the client secret stands in place"),
        (&[], Some(over), "the token expired 4 minutes ago"),
        (&[], None, "issued by another installation"),
        (
            &[("authorization", "Bearer 7bd8be52a84cc95155756773cf34eade")],
            None,
            "published test vectors",
        ),
        (&[("x-partner-id", "CKSandbox-other")], Some(far), "X-PARTNER-ID says CKSandbox-other"),
    ];
    for (headers, ends, told) in table {
        let explained = asked(headers, BODY, ends).unwrap_or_else(|| panic!("{told}"));
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert!(!format!("{explained:?}").contains(SECRET), "{told}");
    }
    for (partner, told) in [
        ("CK-11111abc-0000-2222-bbcc-dd55555ee666", "a client key of production"),
        (SECRET, "the client secret of CKSandbox-154dc98b"),
        ("CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee6", "cut off"),
        ("nobody", "another installation"),
    ] {
        let explained = asked(&[("x-partner-id", partner)], BODY, Some(far)).unwrap();
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert!(!format!("{explained:?}").contains(SECRET), "{told}");
    }
}

/// A signature by the library alone, in base64.
fn rsa(private: &str, encoding: &'static dyn RsaEncoding, text: &str) -> String {
    let key = KeyPair::from_pkcs8(&pem::unwrap(private).ok().unwrap().der).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}

fn token_asked(client: &str, at: &str, signature: &str) -> Option<Explained> {
    let request = http::Request::post("/v1.0/access-token/b2b")
        .header("x-client-key", client)
        .header("x-timestamp", at)
        .header("x-signature", signature);
    let (head, ()) = request.body(()).unwrap().into_parts();
    let endpoint = Endpoint::Token;
    let request = Request { head: &head, endpoint, body: b"", token: None, fixed: None };
    explain(&directory(), now(), &request)
}

#[test]
fn each_mistake_of_a_token_request_is_named_and_no_other() {
    let text = format!("{CLIENT}|{AT}");
    let own = |text: &str| rsa(DEMO_MERCHANT_PRIVATE_KEY, &RSA_PKCS1_SHA256, text);
    let good = own(&text);
    assert!(token_asked(CLIENT, AT, &good).is_none());
    let table = [
        (hex::encode(STANDARD.decode(&good).unwrap()), "in hexadecimal digits"),
        (own(&format!("{CLIENT}:{AT}")), "you put `:`"),
        (own(&format!("{AT}|{CLIENT}")), "the time in front of the client key"),
        (own(&format!("{text}\n")), "a line end behind the text"),
        (own(&sha256(&text)), "the text's SHA-256"),
        (own(&format!("{CLIENT}|2024-09-18T06:36:36Z")), "X-TIMESTAMP spells it"),
        (own(&format!("{CLIENT}|2024-09-18T13:36:31+07:00")), "another time than you sent"),
        (own(&format!("{}|{AT}", CLIENT.to_lowercase())), "the client key in small letters"),
        (rsa(DEMO_MERCHANT_PRIVATE_KEY, &RSA_PKCS1_SHA512, &text), "SHA512withRSA"),
        (rsa(DEMO_MERCHANT_PRIVATE_KEY, &RSA_PSS_SHA256, &text), "RSA-PSS"),
        (rsa(PLATFORM, &RSA_PKCS1_SHA256, &text), "the platform's private key"),
        (mac(SECRET, &text), "an HMAC or a hash under the client secret"),
        (own("something else"), "not the other half of the public key"),
        ("AAAA".to_owned(), "4 characters"),
    ];
    for (signature, told) in table {
        let explained = token_asked(CLIENT, AT, &signature).unwrap_or_else(|| panic!("{told}"));
        assert!(explained.finding().contains(told), "{told}: {:?}", explained.findings);
        assert_eq!(explained.findings.len(), 1, "{told}: {:?}", explained.findings);
        assert_eq!(explained.signed.as_ref().unwrap().masked(), text);
        assert_eq!(explained.who.as_deref(), Some(CLIENT));
    }
    let explained = token_asked("CKSandbox-without-key", AT, &good).unwrap();
    assert!(explained.finding().contains("no public key"), "{:?}", explained.findings);
    let explained = token_asked(SECRET, AT, &good).unwrap();
    assert!(explained.finding().contains("holds the client secret"), "{:?}", explained.findings);
    let fits = token_asked(CLIENT, AT, &own("my own")).unwrap().fits.unwrap();
    assert!(fits.with(b"my own") && !fits.with(text.as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_bytes_are_explained(
        body in ".{0,60}",
        signature in "[ -~]{1,100}",
        at in "[ -~]{1,30}",
        bytes in prop::collection::vec(any::<u8>(), 64),
    ) {
        let far = Some(now().plus(Span::seconds(600)));
        for signature in [signature, STANDARD.encode(bytes)] {
            let headers = [("x-signature", signature.as_str()), ("x-timestamp", &at)];
            prop_assert!(!asked(&headers, &body, far).unwrap().findings.is_empty());
            prop_assert!(!asked(&headers[..1], &body, far).unwrap().findings.is_empty());
            prop_assert!(!token_asked(&at, &at, &signature).unwrap().findings.is_empty());
        }
    }
}
