//! Gerai's own API, as merchants of every dialect call it.

use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::drive::{
    ayolinx::Client,
    cronos::Project,
    folder::Folder,
    http::{Answer, Connection, once, request},
    merchant::{DEMO, Merchant, OTHER, new_order, text},
    process::{Server, run},
    till,
};

/// Sends a request with these credentials.
fn call(api: SocketAddr, login: (&str, &str), method: &str, target: &str, body: &str) -> Answer {
    let credentials = BASE64_STANDARD.encode(format!("{}:{}", login.0, login.1));
    let authorization = format!("Basic {credentials}");
    let headers = [("Authorization", authorization.as_str())];
    once(api, &request(method, target, &headers, body.as_bytes())).unwrap()
}

fn get(api: SocketAddr, target: &str) -> Answer {
    call(api, (DEMO, ""), "GET", target, "")
}

fn refused(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert!(!text(&body, "message").is_empty(), "{body}");
    (answer.status, text(&body, "error").to_owned())
}

fn named<'a>(list: &'a Value, key: &str) -> &'a Value {
    let all = list["retailers"].as_array().unwrap();
    all.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("no {key}: {list}"))
}

#[test]
fn every_dialects_credentials_open_it_and_no_others() {
    let server = Server::in_memory();
    let cronos = Project::of_cronos();
    let sengo = Project::of_sengo();
    let ayolinx = Client::demo();
    let api = server.api;
    for login in [
        (DEMO, ""),
        (DEMO, "not looked at"),
        (&cronos.key, &cronos.token),
        (&sengo.key, &sengo.token),
        (&ayolinx.key, &ayolinx.secret),
    ] {
        let answer = call(api, login, "GET", "/v1/retailers", "");
        assert_eq!(answer.status, 200, "{}: {}", login.0, answer.text());
    }
    for login in [
        ("", ""),
        ("", DEMO),
        ("SB-Mid-server-nobody", ""),
        (&cronos.key, ""),
        (&cronos.key, &sengo.token),
        (&cronos.token, &cronos.key),
        (&ayolinx.key, "wrong"),
    ] {
        let answer = call(api, login, "GET", "/v1/retailers", "");
        assert_eq!(refused(&answer), (401, "unauthorized".to_owned()), "{login:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    let without = once(api, &request("GET", "/v1/retailers", &[], b"")).unwrap();
    assert_eq!(refused(&without), (401, "unauthorized".to_owned()));
}

#[test]
fn it_says_what_does_not_fit() {
    let server = Server::in_memory();
    let api = server.api;
    let id = "019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77";
    for target in ["/v1", "/v1/", "/v1/nothing", "/v1/payments", "/v1/payments/x", "/v1/retailers/"]
    {
        assert_eq!(refused(&get(api, target)), (404, "not_found".to_owned()), "{target}");
    }
    assert_eq!(refused(&get(api, &format!("/v1/payments/{id}"))), (404, "not_found".to_owned()));
    for (method, target, allowed) in [
        ("POST", "/v1/retailers".to_owned(), "GET"),
        ("DELETE", format!("/v1/payments/{id}"), "GET"),
        ("GET", format!("/v1/payments/{id}/siblings"), "POST"),
    ] {
        let answer = call(api, (DEMO, ""), method, &target, "");
        assert_eq!(refused(&answer), (405, "method_not_allowed".to_owned()), "{target}");
        assert_eq!(answer.header("allow"), Some(allowed));
    }
    for query in
        ["amount=", "amount=-1", "amount=1e3", "amount=99999999999", "amount=1&amount=2", "x=1"]
    {
        let answer = get(api, &format!("/v1/retailers?{query}"));
        assert_eq!(refused(&answer), (400, "bad_request".to_owned()), "{query}");
    }
    let long = " ".repeat(100_000);
    let answer = call(api, (DEMO, ""), "POST", &format!("/v1/payments/{id}/siblings"), &long);
    assert_eq!(refused(&answer), (413, "body_too_large".to_owned()));
}

#[test]
fn who_may_not_call_is_told_so() {
    let folder = Folder::new("own-api");
    let server = Server::on(folder.path());
    let set = |words: &[&str]| {
        let place = ["--data", folder.path().to_str().unwrap()];
        run(&[&["merchant", "set", "G000000001"], words, &place].concat()).well();
    };
    let ask = || get(server.api, "/v1/retailers");
    set(&["--allow", "203.0.113.0/24"]);
    assert_eq!(refused(&ask()), (403, "forbidden".to_owned()));
    set(&["--allow", "", "--rate", "1"]);
    let answers: Vec<_> = (0..10).map(|_| ask()).collect();
    let slowed = answers.iter().find(|answer| answer.status == 429).expect("ten at once");
    assert_eq!(refused(slowed).1, "too_many_requests");
    assert_eq!(slowed.header("retry-after"), Some("1"));
    run(&["merchant", "disable", "G000000001", "--data", folder.path().to_str().unwrap()]).well();
    assert_eq!(refused(&ask()), (403, "forbidden".to_owned()));
}

#[test]
fn the_rules_of_every_retailer_are_told_with_what_an_amount_costs() {
    let server = Server::in_memory();
    let list = get(server.api, "/v1/retailers").json();
    let indomaret = named(&list, "indomaret");
    assert_eq!(indomaret["reversal_window_seconds"], 300);
    assert_eq!(indomaret["final_after_seconds"], 300 + 1_800);
    assert_eq!(indomaret["fee"], json!({ "plan": null, "borne_by": null, "quote": null }));
    assert!(!text(&indomaret["instructions"], "id").is_empty());
    assert!(!text(&indomaret["instructions"], "en").is_empty());
    assert_eq!(named(&list, "alfamart")["network"], named(&list, "alfamidi")["network"]);

    // The demo merchant of Cronos Engine has its payers bear a fee.
    let cronos = Project::of_cronos();
    let login = (cronos.key.as_str(), cronos.token.as_str());
    let list = call(server.api, login, "GET", "/v1/retailers?amount=100000", "").json();
    let fee = &named(&list, "alfamart")["fee"];
    let quote = &fee["quote"];
    assert_eq!(fee["borne_by"], "payer");
    assert_eq!((&quote["amount"], &quote["merchant_gets"]), (&json!(100_000), &json!(100_000)));
    let amount = |name: &str| quote[name].as_i64().unwrap();
    assert!(amount("fee") > 0, "{quote}");
    assert_eq!(amount("payer_hands_over"), 100_000 + amount("fee"));
    assert_eq!(quote["within_limits"], true);
    // Whoever pays the fee on top hands over more than the amount.
    let list = call(server.api, login, "GET", "/v1/retailers?amount=1", "").json();
    assert_eq!(named(&list, "indomaret")["fee"]["quote"]["within_limits"], false);
}

#[test]
fn one_order_is_payable_at_two_chains_and_paid_once() {
    let server = Server::in_memory();
    let api = server.api;
    let merchant = Merchant::demo(api);
    let order = new_order();
    let opened = merchant.charge(&order, "alfamart", 50_000);
    let first = text(&opened, "transaction_id");
    let path = format!("/v1/payments/{first}");
    let shown = get(api, &path).json();
    assert_eq!((text(&shown, "state"), text(&shown, "order_id")), ("pending", order.as_str()));
    assert_eq!(
        (&shown["amount"], &shown["fee"], &shown["paid"]),
        (&json!(50_000), &json!(0), &Value::Null)
    );
    assert_eq!(shown["siblings"], json!([]));
    // Another merchant does not see it.
    let foreign = call(api, (OTHER, ""), "GET", &path, "");
    assert_eq!(refused(&foreign), (404, "not_found".to_owned()));

    let siblings = format!("{path}/siblings");
    let ask = |body: &str| call(api, (DEMO, ""), "POST", &siblings, body);
    for (body, want) in [
        ("", (400, "bad_request")),
        ("[]", (400, "bad_request")),
        (r#"{"retailer": 7}"#, (400, "bad_request")),
        (r#"{"retailer": "Indomaret"}"#, (400, "bad_request")),
        (r#"{"retailer": "indomaret", "amount": 1}"#, (400, "bad_request")),
        (r#"{"retailer": "nowhere"}"#, (422, "unknown_retailer")),
    ] {
        assert_eq!(refused(&ask(body)), (want.0, want.1.to_owned()), "{body}");
    }
    let made = ask(r#"{"retailer": "indomaret"}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    let sibling = made.json();
    assert_eq!((text(&sibling, "retailer"), text(&sibling, "state")), ("indomaret", "pending"));
    assert_eq!(sibling["expires_at"], shown["expires_at"]);
    let (id, code) = (text(&sibling, "id"), text(&sibling, "code"));
    assert_ne!((id, code), (first, text(&shown, "code")));
    let again = ask(r#"{"retailer": "indomaret"}"#);
    assert_eq!((again.status, again.member("id").as_str()), (200, id));
    let shown = get(api, &path).json();
    assert_eq!(text(&shown["siblings"][0], "code"), code);

    let mut line = Connection::open(api).unwrap();
    let mut pay = |code: &str, sale: &str, retailer: &str| {
        let body = till::message(code, sale, retailer, &json!({ "amount": 50_000 }));
        text(&till::tell(&mut line, "payment", &body).unwrap().json(), "code").to_owned()
    };
    assert_eq!(pay(code, "S-1", "indomaret"), "00");
    assert_ne!(pay(text(&shown, "code"), "S-2", "alfamart"), "00");
    let paid = get(api, &format!("/v1/payments/{id}")).json();
    assert_eq!((text(&paid, "state"), text(&paid["siblings"][0], "state")), ("paid", "cancelled"));
    for instant in ["at", "till_at", "final_after"] {
        assert!(text(&paid["paid"], instant).ends_with("+07:00"), "{paid}");
    }
    assert_eq!(paid["paid"]["is_final"], false);
    let page = |id: &str| get(api, &format!("/pay/{id}")).text();
    assert!(page(first).contains("Sudah dibayar dengan kode lain"), "{}", page(first));
    assert!(page(id).contains("membatalkannya sampai"), "{}", page(id));
    // The merchant's own API shows the order as paid, by whichever name it asks.
    for name in [order.as_str(), first, id] {
        let status = merchant.status(name);
        assert_eq!(text(&status, "transaction_status"), "settlement", "{name}");
        assert_eq!(text(&status, "store"), "indomaret");
    }
    assert_eq!(refused(&ask(r#"{"retailer": "indomaret"}"#)), (409, "not_pending".to_owned()));
}
