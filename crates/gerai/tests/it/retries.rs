//! Notifications as a merchant's server sees them: their signature, their order, and how often they
//! come again for which answer (contract Midtrans, section 5).
//!
//! The waits between retries are hours. They are read from what `gerai payment show` says, and
//! then cut short in the database.

use std::path::Path;

use gateway::clock::Stopwatch;
use rusqlite::Connection as Database;
use serde_json::Value;

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{DEMO, Merchant, new_order, signature_key, text},
    process::{Server, run},
    receiver::{Arrival, Receiver, Reply},
};

/// The shortest and the longest wait before each retry, in seconds: the longest is the contract's
/// interval, the shortest the same share of it as in its example (33 of 120 seconds).
const WAITS: [(i64, i64); 5] =
    [(33, 120), (165, 600), (495, 1_800), (1_485, 5_400), (3_465, 12_600)];

/// What the demo merchant's payment of `order` is, as the program tells it.
fn shown(data: &Path, order: &str) -> Value {
    let data = data.to_str().unwrap();
    let order = ["--merchant", "G000000001", "--order", order];
    let arguments = [&["payment", "show", "--json", "--data", data][..], &order].concat();
    run(&arguments).json()
}

fn statuses(arrivals: &[Arrival]) -> Vec<String> {
    arrivals.iter().map(|a| text(&a.json(), "transaction_status").to_owned()).collect()
}

#[test]
fn a_payments_life_is_told_in_order_and_signed() {
    let receiver = Receiver::new();
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let url = receiver.url("/hook?shop=1");
    let order = new_order();
    let headers = [("X-Override-Notification", url.as_str())];
    let charged = merchant.charge_with(&order, "indomaret", 50_000, &headers);
    let code = text(&charged, "payment_code");
    for button in ["pay", "reverse"] {
        let pressed = post(server.api, &format!("/sandbox/v1/payments/{code}/{button}"), "");
        assert_eq!((pressed.status, pressed.member("code").as_str()), (200, "00"));
    }
    let arrivals = receiver.wait_for(3);
    assert_eq!(statuses(&arrivals), ["pending", "settlement", "deny"]);
    for (arrival, status_code) in arrivals.iter().zip(["201", "200", "202"]) {
        let body = arrival.json();
        assert_eq!(arrival.path, "/hook?shop=1");
        assert_eq!(arrival.header("user-agent"), Some("Veritrans"));
        assert_eq!(arrival.header("accept"), Some("application/json"));
        assert_eq!(arrival.header("content-type"), Some("application/json"));
        assert_eq!(text(&body, "status_code"), status_code);
        assert_eq!(text(&body, "signature_key"), signature_key(&body, DEMO));
        assert_eq!(text(&body, "status_message"), "midtrans payment notification");
        for name in ["transaction_id", "order_id", "merchant_id", "gross_amount", "payment_code"] {
            assert_eq!(text(&body, name), text(&charged, name), "{name}");
        }
    }
    assert!(arrivals[0].json().get("settlement_time").is_none());
    assert!(arrivals[1].json().get("settlement_time").is_some());
    assert!(arrivals[1].json().get("approval_code").is_some());
}

#[test]
fn every_url_is_told_for_itself() {
    let [good, bad] = [200, 500].map(|status| Receiver::with(move |_, _| Reply::Status(status)));
    let server = Server::in_memory();
    let urls = [good.url("/a"), bad.url("/b"), good.url("/c")].join(",");
    let headers = [("X-Override-Notification", urls.as_str())];
    Merchant::demo(server.api).charge_with(&new_order(), "alfamart", 50_000, &headers);
    let mut paths: Vec<_> = good.wait_for(2).into_iter().map(|arrival| arrival.path).collect();
    paths.sort();
    assert_eq!(paths, ["/a", "/c"]);
    bad.wait_for(1);
}

#[test]
fn redirects_are_followed_with_the_same_post_for_five_hops() {
    // `/5` leads to `/4` and so on; `/0` accepts.
    let receiver = Receiver::with(|arrival, _| match arrival.path[1..].parse::<u32>() {
        Ok(0) | Err(_) => Reply::Status(200),
        Ok(hops) => {
            Reply::Redirect(307 + u16::try_from(hops % 2).unwrap(), format!("/{}", hops - 1))
        }
    });
    let folder = Folder::new("redirects");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    for (hops, arrivals, state) in [(5, 6, "delivered"), (6, 12, "due")] {
        let url = receiver.url(&format!("/{hops}"));
        let order = new_order();
        let headers = [("X-Override-Notification", url.as_str())];
        merchant.charge_with(&order, "alfamart", 50_000, &headers);
        let arrived = receiver.wait(|all| all.len() >= arrivals);
        let bodies: Vec<_> = arrived.iter().rev().take(6).map(|arrival| &arrival.body).collect();
        assert!(bodies.windows(2).all(|two| two[0] == two[1]), "another body");
        let notification = attempted(folder.path(), &order, 1);
        assert_eq!(notification["state"], state, "{notification:#}");
        assert_eq!(receiver.arrivals().len(), arrivals);
    }
}

/// The only notification of a payment, once it was tried so often.
fn attempted(data: &Path, order: &str, attempts: u64) -> Value {
    let stopwatch = Stopwatch::start();
    loop {
        let shown = shown(data, order);
        let notification = &shown["notifications"][0];
        if notification["attempts"].as_u64() >= Some(attempts) {
            return notification.clone();
        }
        assert!(stopwatch.elapsed().as_secs() < 30, "not tried {attempts} times: {shown:#}");
    }
}

#[test]
fn each_answer_has_its_number_of_retries_and_its_waits() {
    let receivers = std::cell::RefCell::new(Vec::new());
    // Each has a host of its own: what one does is not held against another.
    let at = |path: &str| {
        let receiver = Receiver::with(|arrival, _| match &arrival.path[1..] {
            "302" => Reply::Redirect(302, "/elsewhere".to_owned()),
            "hangs-up" => Reply::HangUp,
            path => Reply::Status(path.parse().unwrap()),
        });
        let url = receiver.url(path);
        receivers.borrow_mut().push(receiver);
        url
    };
    let folder = Folder::new("retries");
    let mut server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let nobody = "http://127.0.0.1:1/nobody".to_owned();
    let cases = [
        (at("/500"), 1),
        (at("/503"), 4),
        (at("/400"), 2),
        (at("/404"), 2),
        (at("/301"), 0),
        (at("/302"), 0),
        (at("/303"), 0),
        (at("/307"), 5),
        (at("/401"), 5),
        (at("/502"), 5),
        (at("/hangs-up"), 5),
        (nobody, 5),
    ];
    let mut due: Vec<_> = cases
        .iter()
        .map(|(url, retries)| {
            let order = new_order();
            let headers = [("X-Override-Notification", url.as_str())];
            merchant.charge_with(&order, "alfamart", 50_000, &headers);
            (url, order, *retries)
        })
        .collect();

    for attempt in 1..=6_u64 {
        due.retain(|(url, order, retries)| {
            let notification = attempted(folder.path(), order, attempt);
            let last = notification["tries"].as_array().unwrap().last().unwrap();
            if attempt > *retries {
                assert_eq!(notification["state"], "failed", "{url}: {notification:#}");
                assert_eq!(notification["attempts"], attempt, "{url}");
                return false;
            }
            assert_eq!(notification["state"], "due", "{url}: {notification:#}");
            let wait = seconds(&notification["due_at"]) - seconds(&last["at"]);
            let (shortest, longest) = WAITS[usize::try_from(attempt).unwrap() - 1];
            // An attempt itself takes a moment, and the times are cut to seconds.
            let range = shortest..=longest + 15;
            assert!(range.contains(&wait), "{url}: retry {attempt} after {wait} s");
            true
        });
        let ended = server.stop();
        assert_eq!(ended.code, Some(0), "{}", ended.log);
        // What is due when is read at the start.
        let database = Database::open(folder.join("gerai.db")).unwrap();
        database.execute("update notification set due_at = 0 where state = 0", ()).unwrap();
        drop(database);
        server = Server::on(folder.path());
    }
    assert!(due.is_empty(), "{due:?}");
    for receiver in receivers.into_inner() {
        assert!(!receiver.arrivals().iter().any(|arrival| arrival.path == "/elsewhere"));
    }
}

fn seconds(at: &Value) -> i64 {
    at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}
