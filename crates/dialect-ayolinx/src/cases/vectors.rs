//! The contract's test vectors. The keys are those of the demo merchant.

use dialect::{Dialect, Notice};
use domain::event::Announcement;
use serde::Deserialize;

use super::file;
use crate::{
    Ayolinx, CLIENT_SECRET, DEMO, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY,
    minify::minify,
    notification::path,
    samples::{account, account_with, at, view},
    sign_request,
    signature::{
        Signed, hash, notification_text, sign_notification, sign_text, token_text, verify_token,
    },
};

const TOKEN: &str = "7bd8be52a84cc95155756773cf34eade";

#[derive(Deserialize)]
struct Vectors {
    token: Token,
    requests: Vec<Request>,
    hex_of_b: String,
    wrongly_minified_hash: String,
    notify: Notify,
    minify: Minify,
    constants: Vec<(String, String)>,
    published: Published,
}

#[derive(Deserialize)]
struct Token {
    timestamp: String,
    signature: String,
}

#[derive(Deserialize)]
struct Request {
    name: String,
    path: String,
    timestamp: String,
    body: String,
    raw_hash: String,
    signature: String,
}

impl Request {
    fn signed(&self) -> Signed<'_> {
        let Self { path, timestamp, .. } = self;
        Signed { method: "POST", path, token: TOKEN, timestamp }
    }

    fn verifies(&self, signature: &str) -> bool {
        self.signed().verify([secret(CLIENT_SECRET)].into_iter(), self.body.as_bytes(), signature)
    }
}

#[derive(Deserialize)]
struct Notify {
    timestamp: String,
    body: String,
    hash: String,
    url: String,
    signature: String,
    documented_path_signature: String,
}

#[derive(Deserialize)]
struct Minify {
    in_hex: String,
    out: String,
    hash: String,
}

#[derive(Deserialize)]
struct Published {
    secret: String,
    string: String,
    signature: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(&file("vectors.json")).unwrap()
}

fn secret(purpose: &str) -> &'static str {
    DEMO.secrets.iter().find(|(name, _)| *name == purpose).unwrap().1
}

#[test]
fn a_token_request() {
    let Token { timestamp, signature } = vectors().token;
    let key = secret(MERCHANT_PUBLIC_KEY);
    let text = token_text(DEMO.public_id, &timestamp);
    assert!(verify_token(key, &text, &signature));
    // The signature is deterministic, so the private half gives the same.
    let private = include_str!("../../demo/merchant_private.pem");
    assert_eq!(sign_notification(private, &text).as_ref(), Some(&signature));

    assert!(!verify_token(
        key,
        &token_text(DEMO.public_id, "2024-09-18T13:36:37+07:00"),
        &signature
    ));
    assert!(!verify_token(include_str!("../../demo/platform_public.pem"), &text, &signature));
    for broken in ["", "!", &signature[4..], &format!("{signature}A"), &hex::encode(&signature)] {
        assert!(!verify_token(key, &text, broken), "{broken}");
    }
    assert!(!verify_token("no key", &text, &signature));
}

#[test]
fn requests_over_either_hash() {
    let vectors = vectors();
    for request in &vectors.requests {
        let name = &request.name;
        assert_eq!(hash(request.body.as_bytes()), request.raw_hash, "{name}");
        assert!(request.verifies(&request.signature), "{name}");
        assert!(request.verifies(request.signature.trim_end_matches('=')), "{name}");
        let resigned = |body: &[u8]| {
            let Request { path, timestamp, .. } = request;
            sign_request(secret(CLIENT_SECRET), "POST", path, TOKEN, body, timestamp)
        };
        let ours = [resigned(request.body.as_bytes()), resigned(&minify(request.body.as_bytes()))];
        assert!(ours.contains(&request.signature), "{name}");
    }
}

#[test]
fn what_is_signed_wrongly_does_not_verify() {
    let vectors = vectors();
    let b = &vectors.requests[0];
    // Hexadecimal digits of the very same bytes.
    assert!(!b.verifies(&vectors.hex_of_b));
    let spaced = vectors.requests.iter().find(|request| request.body.contains("\": \"")).unwrap();
    let wrong = spaced.signed().text(&vectors.wrongly_minified_hash);
    assert!(!spaced.verifies(&sign_text(secret(CLIENT_SECRET), &wrong)));
    // The sanity of the control: strict minifying is what the right signature covers.
    let right = spaced.signed().text(&hash(&minify(spaced.body.as_bytes())));
    assert!(spaced.verifies(&sign_text(secret(CLIENT_SECRET), &right)));

    let signed = b.signed();
    for other in [
        Signed { method: "post", ..signed },
        Signed { path: "/v1.0/retail/query", ..signed },
        Signed { token: "8bd8be52a84cc95155756773cf34eade", ..signed },
        Signed { timestamp: "2024-09-18T06:36:37Z", ..signed },
    ] {
        let secrets = [secret(CLIENT_SECRET)].into_iter();
        assert!(!other.verify(secrets, b.body.as_bytes(), &b.signature), "{other:?}");
    }
    let keys = ["other", ""];
    assert!(!signed.verify(keys.into_iter(), b.body.as_bytes(), &b.signature));
    let keys = ["other", secret(CLIENT_SECRET)];
    assert!(signed.verify(keys.into_iter(), b.body.as_bytes(), &b.signature));
    for broken in ["", "=", "not base64", &b.signature[4..], &format!("AAAA{}", b.signature)] {
        assert!(!b.verifies(broken), "{broken}");
    }
    assert!(!b.verifies(&"A".repeat(60_000)));
}

#[test]
fn a_notification() {
    let Notify { timestamp, body, hash: expected, url, signature, documented_path_signature } =
        vectors().notify;
    assert_eq!(hash(body.as_bytes()), expected);
    let key = secret(PLATFORM_PRIVATE_KEY);
    let text = |route: &str| notification_text(route, body.as_bytes(), &timestamp);
    assert_eq!(sign_notification(key, &text(&path(&url).unwrap())), Some(signature));
    assert_eq!(
        sign_notification(key, &text("/v1.0/debit/notify")),
        Some(documented_path_signature)
    );
    assert_eq!(sign_notification("no key", "text"), None);
    assert_eq!(sign_notification(secret(MERCHANT_PUBLIC_KEY), "text"), None);
}

#[test]
fn a_notification_of_ours_verifies_over_its_route() {
    let view = view("paid");
    let documented = account_with(&[("notify_route", "documented")]);
    for (account, route) in [(account(), "/hook/a%20b"), (documented, "/v1.0/debit/notify")] {
        let notice = Notice {
            announcement: Announcement::Paid,
            account: &account,
            view: &view,
            url: "https://shop.example.com/hook/a%20b?refNo=1",
            happened_at: at("2024-09-18T13:45:09+07:00"),
            now: at("2024-09-18T13:45:10+07:00"),
        };
        let sent = Ayolinx.notification(&notice).unwrap();
        let header =
            |name: &str| sent.headers.iter().find(|(header, _)| *header == name).unwrap().1.clone();
        let text = notification_text(route, &sent.body, &header("x-timestamp"));
        let key = include_str!("../../demo/platform_public.pem");
        assert!(verify_token(key, &text, &header("x-signature")));
        // What people are shown as signed is what verifies, and has nothing secret in it.
        assert_eq!(sent.signed.as_deref(), Some(text.as_str()));
        let other = notification_text("/hook/a b", &sent.body, &header("x-timestamp"));
        assert!(!verify_token(key, &other, &header("x-signature")));

        let mut keyless = account.clone();
        keyless.keys.retain(|key| key.purpose != PLATFORM_PRIVATE_KEY);
        assert!(Ayolinx.notification(&Notice { account: &keyless, ..notice }).is_err());
    }
}

#[test]
fn the_minifiers_torture_case() {
    let Minify { in_hex, out, hash: expected } = vectors().minify;
    let spaced = hex::decode(in_hex).unwrap();
    let minified = minify(&spaced);
    assert_eq!(String::from_utf8(minified.to_vec()).unwrap(), out);
    assert_eq!(hash(&minified), expected);
}

#[test]
fn small_constants_and_a_published_signature() {
    let Vectors { constants, published, .. } = vectors();
    assert!(!constants.is_empty());
    for (text, expected) in constants {
        assert_eq!(hash(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(sign_text(&published.secret, &published.string), published.signature);
}
