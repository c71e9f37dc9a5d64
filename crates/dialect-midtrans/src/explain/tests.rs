use domain::{ids::AccountNo, time::Span};
use gateway::directory::{AccountKey, Secret};
use http::Request;
use proptest::prelude::*;

use super::*;
use crate::samples::account;

const NOW: Timestamp = Timestamp::from_millis(1_795_244_400_000);
const KEY: &str = "SB-Mid-server-abc123cde456";
const PUBLIC_ID: &str = "G812785002";

/// A merchant with a live key and a retired one, and one of another vendor.
fn directory() -> Directory {
    let key = |no, purpose: &str, text: &str, retires_at| AccountKey {
        no,
        purpose: purpose.to_owned(),
        secret: Secret::new(text),
        retires_at,
    };
    let before = Some(NOW.plus(Span::hours(-1)));
    let mut ours = account();
    ours.client_key = Some("SB-Mid-client-abc123cde456".to_owned());
    ours.keys = vec![
        key(1, SERVER_KEY, KEY, None),
        key(2, SERVER_KEY, "SB-Mid-server-retired00000", before),
    ];
    let mut other = account();
    other.no = AccountNo::new(2);
    other.brand = "another".to_owned();
    other.public_id = "X-1".to_owned();
    other.keys = vec![key(3, "token", "the-token-of-another-vendor", None)];
    Directory::new(vec![ours, other], Vec::new(), domain::code::Pools::default())
}

fn explained(authorization: &[&[u8]]) -> Option<Explained> {
    let mut request = Request::post("/v2/charge?x=1");
    for value in authorization {
        request = request.header("authorization", *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    explain(&directory(), NOW, &head)
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// What was sent, made by hand, and what must be said of it.
#[test]
fn each_mistake_is_named() {
    let table = [
        (format!("Basic {}", base64(KEY)), "Basic without the colon"),
        (KEY.to_owned(), "the bare server key"),
        (base64(&format!("{KEY}:")), "the word `Basic` and a blank are missing"),
        (format!("Bearer {}", base64(&format!("{KEY}:"))), "says `Bearer`, where `Basic`"),
        (format!("Basic {KEY}:"), "stands behind `Basic` as it is"),
        (format!("Basic {KEY}"), "stands behind `Basic` as it is"),
        ("Basic ???".to_owned(), "no base64 of a text"),
        (format!("Basic {}", base64(&format!("{}:", base64(KEY)))), "base64 twice"),
        (format!("Basic {}", base64(&format!("{}:", base64(&format!("{KEY}:"))))), "base64 twice"),
        (format!("Basic {}", base64(":")), "the server key was empty"),
        ("Basic ".to_owned(), "the server key was empty"),
        (format!("Basic {}", base64(&format!(":{KEY}"))), "the server key is the password"),
        (
            format!("Basic {}", base64(&format!("{PUBLIC_ID}:{KEY}"))),
            "the server key is the password",
        ),
        (format!("Basic {}", base64("SB-Mid-server-retired00000:")), "that is retired"),
        (
            format!("Basic {}", base64("SB-Mid-client-abc123cde456:")),
            "the client key of G812785002",
        ),
        (format!("Basic {}", base64("SB-Mid-client-of-nobody:")), "this is a client key"),
        (format!("Basic {}", base64("G812785002:")), "is the merchant id"),
        (
            format!("Basic {}", base64("the-token-of-another-vendor:")),
            "the token of X-1 at another",
        ),
        (format!("Basic {}", base64(&format!("{KEY}\n:"))), "has white space, quotes"),
        (format!("Basic {}", base64(&format!("\"{KEY}\":"))), "has white space, quotes"),
        (format!("Basic {}", base64(&format!("{}:", KEY.to_lowercase()))), "other capitals"),
        (format!("Basic {}", base64(&format!("{}:", &KEY[..24]))), "2 of its characters"),
        (format!("Basic {}", base64("Mid-server-9876543210abcdef:")), "a key of production"),
        (format!("Basic {}", base64("SB-Mid-server-of-nobody-at-all:")), "nobody here has"),
    ];
    for (sent, told) in table {
        let explained = explained(&[sent.as_bytes()]).unwrap();
        assert!(explained.finding().contains(told), "{sent}: {:?}", explained.findings);
        assert_eq!(explained.request, "POST /v2/charge?x=1");
        let shown = format!("{explained:?}");
        for secret in [KEY, &base64(KEY)[..20], "retired00000", "of-another-vendor"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}

#[test]
fn a_header_that_is_missing_or_there_twice() {
    assert!(
        explained(&[]).unwrap().finding().contains("there is no Authorization header: nothing")
    );
    let header = format!("Basic {}", base64(&format!("{KEY}:")));
    let twice = explained(&[header.as_bytes(), header.as_bytes()]).unwrap();
    assert!(twice.finding().contains("more than one"));
    assert!(explained(&[b"Basic \xe9"]).unwrap().finding().contains("plain text"));
    let request = Request::get("/v2/1/status").header("x-server-key", KEY).body(()).unwrap();
    let found = explain(&directory(), NOW, &request.into_parts().0).unwrap();
    assert!(found.finding().contains("is in x-server-key"), "{:?}", found.findings);
}

#[test]
fn a_right_header_is_not_explained() {
    for right in [format!("{KEY}:"), format!("{KEY}:password")] {
        assert!(explained(&[format!("basic {}", base64(&right)).as_bytes()]).is_none());
    }
}

#[test]
fn the_demo_merchants_header_is_published_where_it_exists() {
    assert_eq!(explained(&[]).unwrap().expected, None);
    let mut demo = account();
    demo.keys[0].secret = Secret::new("SB-Mid-server-gerai-demo");
    let directory = Directory::new(vec![demo], Vec::new(), domain::code::Pools::default());
    let (head, ()) = Request::post("/v2/charge").body(()).unwrap().into_parts();
    let expected = explain(&directory, NOW, &head).unwrap().expected.unwrap();
    assert!(expected.starts_with("Basic U0ItTWlkLXNlcnZlci1nZXJhaS1kZW1vOg=="), "{expected}");
}

proptest! {
    #[test]
    fn any_header_is_explained(bytes in prop::collection::vec(0x20_u8.., 0..200), text in ".{0,80}") {
        let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0x7f).collect();
        prop_assert!(!explained(&[&bytes]).unwrap().findings.is_empty());
        let header = format!("Basic {}", base64(&text));
        prop_assert!(!explained(&[header.as_bytes()]).unwrap().findings.is_empty());
    }
}
