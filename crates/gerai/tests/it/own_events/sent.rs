//! Sent to a merchant's endpoint and verified with the official library of Standard Webhooks; those of
//! Python and Node do the same in `tests/clients`.

use std::path::Path;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;

use super::{events, press, pull, types};
use crate::drive::{
    folder::Folder,
    merchant::{Merchant, new_order, text},
    process::{Server, run},
    receiver::{Arrival, Receiver, Reply},
};

/// An operator's command about the demo merchant.
fn operate(data: &Path, command: &str, words: &[&str]) -> Value {
    let data = data.to_str().unwrap();
    let all = [&["merchant", command, "G000000001"][..], words, &["--json", "--data", data]];
    run(&all.concat()).json()
}

/// The secret that a command has just made.
fn secret(shown: &Value, name: &str) -> String {
    let keys = shown["keys"].as_array().unwrap().iter().filter(|key| key["name"] == name);
    let mut secrets = keys.filter_map(|key| key["secret"].as_str());
    secrets.next().unwrap_or_else(|| panic!("no new {name} in {shown}")).to_owned()
}

fn headers(arrival: &Arrival) -> HeaderMap {
    let named = arrival.headers.iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    named.collect()
}

fn is_verified(arrival: &Arrival, secret: &str) -> bool {
    Webhook::new(secret).unwrap().verify(&arrival.body, &headers(arrival)).is_ok()
}

fn signatures(arrival: &Arrival) -> Vec<&str> {
    arrival.header("webhook-signature").unwrap().split(' ').collect()
}

#[test]
fn each_is_signed_as_standard_webhooks_has_it_over_a_rotation() {
    let folder = Folder::new("sent-events");
    let server = Server::on(folder.path());
    let receiver = Receiver::new();
    let merchant = Merchant::demo(server.api);
    let old = secret(&operate(folder.path(), "rotate-key", &["--key", "events"]), "events");
    assert!(old.starts_with("whsec_"), "{old}");
    let pair = operate(folder.path(), "rotate-key", &["--key", "events_ed25519"]);
    let public = text(&pair["told"], "events_public_key").to_owned();
    assert!(!pair.to_string().contains("whsk_"), "the private half is shown to nobody");
    let url = receiver.url("/events?from=gerai");
    operate(folder.path(), "set", &["--events-url", &url]);

    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    press(server.api, &charged, "pay");
    let arrivals = receiver.wait_for(2);
    let pulled = events(&pull(&merchant, ""));
    assert_eq!(types(&pulled), ["payment.opened", "payment.paid"]);
    for (arrival, event) in arrivals.iter().zip(&pulled) {
        assert_eq!(arrival.path, "/events?from=gerai");
        assert_eq!(arrival.header("content-type"), Some("application/json"));
        assert_eq!(&arrival.json(), event);
        assert_eq!(arrival.header("webhook-id"), Some(text(event, "id")));
        assert!(is_verified(arrival, &old));
        assert_eq!(signatures(arrival).len(), 2);
        assert!(is_of_the_pair(arrival, &public));
        let mut changed = arrival.clone();
        changed.body.push(b' ');
        assert!(!is_verified(&changed, &old) && !is_of_the_pair(&changed, &public));
    }

    // In the middle of a rotation both secrets verify; when the old one is stopped, only the new.
    let new = secret(&operate(folder.path(), "rotate-key", &["--key", "events"]), "events");
    press(server.api, &charged, "reverse");
    let third = &receiver.wait_for(3)[2];
    assert!(is_verified(third, &old) && is_verified(third, &new));
    let kinds: Vec<_> =
        signatures(third).iter().map(|one| one.split_once(',').unwrap().0.to_owned()).collect();
    assert_eq!(kinds, ["v1", "v1", "v1a"]);
    let words = ["--key", "events", "--overlap", "0"];
    let newest = secret(&operate(folder.path(), "rotate-key", &words), "events");
    merchant.charge(&new_order(), "alfamart", 50_000);
    let fourth = &receiver.wait_for(4)[3];
    assert!(is_verified(fourth, &newest));
    assert!(!is_verified(fourth, &old) && !is_verified(fourth, &new));

    let ended = server.stop();
    for secret in [old, new, newest] {
        let bytes = secret.strip_prefix("whsec_").unwrap();
        assert!(!ended.log.contains(bytes), "the log tells a secret");
    }
    run(&["verify", "--data", folder.path().to_str().unwrap()]).well();
}

/// Whether one of the signatures is the key pair's.
fn is_of_the_pair(arrival: &Arrival, public: &str) -> bool {
    let public = BASE64_STANDARD.decode(public.strip_prefix("whpk_").unwrap()).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, public);
    let [id, timestamp] =
        ["webhook-id", "webhook-timestamp"].map(|name| arrival.header(name).unwrap());
    let content = [format!("{id}.{timestamp}.").as_bytes(), &arrival.body].concat();
    signatures(arrival)
        .iter()
        .filter_map(|one| one.strip_prefix("v1a,"))
        .any(|signature| key.verify(&content, &BASE64_STANDARD.decode(signature).unwrap()).is_ok())
}

#[test]
fn a_retry_is_the_same_event_at_another_time() {
    let folder = Folder::new("retried-events");
    let server = Server::on(folder.path());
    // The first attempt fails; what follows of the payment waits for the second.
    let receiver =
        Receiver::with(|_, before| Reply::Status(if before.is_empty() { 500 } else { 204 }));
    let made = operate(folder.path(), "rotate-key", &["--key", "events"]);
    let secret = secret(&made, "events");
    operate(folder.path(), "set", &["--events-url", &receiver.url("/")]);
    let merchant = Merchant::demo(server.api);
    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    receiver.wait_for(1);
    press(server.api, &charged, "pay");
    let arrivals = receiver.wait_for(3);
    let told: Vec<_> = arrivals.iter().map(Arrival::json).collect();
    assert_eq!(types(&told), ["payment.opened", "payment.opened", "payment.paid"]);
    assert_eq!(arrivals[0].body, arrivals[1].body);
    assert_eq!(arrivals[0].header("webhook-id"), arrivals[1].header("webhook-id"));
    assert!(arrivals.iter().all(|arrival| is_verified(arrival, &secret)));
}

#[test]
fn an_endpoint_that_says_it_is_gone_is_asked_no_more() {
    let folder = Folder::new("gone-events");
    let server = Server::on(folder.path());
    let receiver = Receiver::with(|_, _| Reply::Status(410));
    operate(folder.path(), "rotate-key", &["--key", "events"]);
    let url = receiver.url("/");
    operate(folder.path(), "set", &["--events-url", &url]);
    let merchant = Merchant::demo(server.api);
    merchant.charge(&new_order(), "alfamart", 50_000);
    receiver.wait_for(1);
    server.wait_for_log("is gone for good");
    let shown = operate(folder.path(), "show", &[]);
    assert_eq!(shown["settings"]["events_url_gone"], true);
    merchant.charge(&new_order(), "alfamart", 50_000);
    // Set anew, it is asked again; what happened meanwhile was not kept for it.
    receiver.behave(|_, _| Reply::Status(200));
    operate(folder.path(), "set", &["--events-url", &url]);
    merchant.charge(&new_order(), "alfamart", 50_000);
    let numbers: Vec<_> =
        receiver.wait_for(2).iter().map(|arrival| arrival.json()["number"].clone()).collect();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(events(&pull(&merchant, "")).len(), 3);
}
