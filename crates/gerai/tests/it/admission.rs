//! Who may call, from where and how often.

use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::{Answer, Connection, once, request},
    merchant::{DEMO, Merchant, OTHER, charge_body, new_order, text},
    process::{Server, run},
    till,
};

/// A sandbox with settings of its own.
fn sandbox(folder: &Folder, settings: &str) -> Server {
    let config = folder.write("gerai.toml", settings);
    let data = folder.join("data");
    Server::configured(&data, config)
}

fn set(folder: &Folder, change: &[&str]) -> Value {
    let data = folder.join("data");
    let place = ["--json", "--data", data.to_str().unwrap()];
    run(&[&["merchant", "set", "G000000001"], change, &place].concat()).json()
}

fn charge(server: &Server, server_key: &str, headers: &[(&str, &str)]) -> Answer {
    let merchant = Merchant { api: server.api, server_key: server_key.to_owned() };
    let body = charge_body(&new_order(), "alfamart", 50_000).to_string();
    merchant.send("POST", "/v2/charge", headers, body.as_bytes())
}

#[test]
fn one_merchant_never_sees_anothers_payments() {
    let server = Server::in_memory();
    let demo = Merchant::demo(server.api);
    let other = Merchant { server_key: OTHER.to_owned(), ..demo.clone() };
    let order = new_order();
    let charged = demo.charge(&order, "alfamart", 50_000);
    for id in [order.as_str(), text(&charged, "transaction_id")] {
        let status = other.send("GET", &format!("/v2/{id}/status"), &[], b"");
        assert_eq!(status.member("status_code"), "404", "{id}");
        for action in ["cancel", "expire", "approve", "deny", "refund"] {
            assert_eq!(other.act(id, action).member("status_code"), "404", "{action} {id}");
        }
    }
    // The same order id is free for the other one.
    let theirs = other.charge(&order, "alfamart", 60_000);
    assert_ne!(text(&theirs, "payment_code"), text(&charged, "payment_code"));
    assert_eq!(text(&theirs, "merchant_id"), "G000000002");
    assert_eq!(text(&demo.status(&order), "gross_amount"), "50000.00");
    assert_eq!(text(&demo.status(&order), "transaction_status"), "pending");
}

#[test]
fn whoever_calls_too_often_is_told_so() {
    let folder = Folder::new("rate");
    let server = sandbox(&folder, "");
    set(&folder, &["--rate", "3"]);
    let answers: Vec<_> = (0..20).map(|_| charge(&server, DEMO, &[])).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers[0].status == 200 && !refused.is_empty(), "{answers:?}");
    for answer in refused {
        assert_eq!(answer.json(), json!({ "message": "API rate limit exceeded" }));
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(charge(&server, OTHER, &[]).status, 200);
    set(&folder, &["--rate", "0"]);
    assert!((0..20).all(|_| charge(&server, DEMO, &[]).status == 200));
}

#[test]
fn addresses_are_those_of_callers_and_only_trusted_proxies_speak_for_others() {
    let forwarded = [("X-Forwarded-For", "198.51.100.1, 203.0.113.7")];
    for (settings, allow, expected) in [
        ("", "203.0.113.0/24", 401),
        ("trusted_proxies = [\"127.0.0.0/8\"]", "203.0.113.0/24", 200),
        // What stands to the left of a stranger's address was written by that stranger.
        ("trusted_proxies = [\"127.0.0.0/8\"]", "198.51.100.0/24", 401),
        ("", "127.0.0.1", 200),
    ] {
        let folder = Folder::new("addresses");
        let server = sandbox(&folder, settings);
        set(&folder, &["--allow", allow]);
        let answer = charge(&server, DEMO, &forwarded);
        assert_eq!(answer.status, expected, "{settings} {allow}: {}", answer.text());
        assert_eq!(charge(&server, OTHER, &[]).status, 200);
    }
}

#[test]
fn a_terminal_that_guesses_codes_is_slowed_down() {
    let folder = Folder::new("guessing");
    let server = sandbox(&folder, "[limits]\nunknown_codes_per_minute = 3\n");
    let charged = Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    let code = text(&charged, "payment_code");
    let mut connection = Connection::open(server.api).unwrap();
    let mut inquire = |terminal: &str, code: &str, no: u32| {
        let sale = format!("{terminal}-{no}");
        let message = till::message(code, &sale, "alfamart", &json!({ "terminal": terminal }));
        let answer = till::tell(&mut connection, "inquiry", &message).unwrap();
        (answer.status, answer.member("code"))
    };
    for no in 1..=3 {
        assert_eq!(inquire("guesser", &format!("812345678901234{no}"), no), (200, "14".into()));
    }
    assert_eq!(inquire("guesser", "8123456789012344", 4), (429, "65".into()));
    assert_eq!(inquire("guesser", code, 5), (429, "65".into()));
    // Another terminal of the same chain is served.
    assert_eq!(inquire("honest", code, 6), (200, "00".into()));
}

#[test]
fn beyond_loopback_the_cashier_asks_for_a_token() {
    let server = Server::start(&["sandbox", "--listen", "0.0.0.0:0", "--in-memory"]);
    let api = ([127, 0, 0, 1], server.api.port()).into();
    let said = server.said();
    let token = said.lines().find_map(|line| line.trim().strip_prefix("sandbox token")).unwrap();
    Merchant::demo(api).charge(&new_order(), "alfamart", 50_000);
    let pay = |authorization: &str| {
        let headers = [("Authorization", authorization)];
        once(api, &request("POST", "/sandbox/v1/payments/latest/pay", &headers, b"")).unwrap()
    };
    for wrong in ["", "Bearer", "Bearer x", &format!("Basic {}", token.trim())] {
        let answer = pay(wrong);
        assert_eq!((answer.status, answer.member("error").as_str()), (401, "unauthorized"));
    }
    assert!(!server.log().contains(token.trim()));
    let paid = pay(&format!("Bearer {}", token.trim()));
    assert_eq!((paid.status, paid.member("code").as_str()), (200, "00"));
}
