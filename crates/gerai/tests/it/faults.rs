//! A request that says what goes wrong with it, in a sandbox.

use gateway::clock::Stopwatch;

use crate::drive::{
    http::{Connection, request},
    merchant::{Merchant, basic, charge_body, new_order, text},
    process::Server,
};

/// Charges with a fault; every byte that came back.
fn charge(merchant: &Merchant, order: &str, fault: &str) -> Vec<u8> {
    let authorization = basic(&merchant.server_key);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("connection", "close"),
        ("x-gerai-fault", fault),
    ];
    let body = charge_body(order, "alfamart", 50_000).to_string();
    let mut connection = Connection::open(merchant.api).unwrap();
    connection.write(&request("POST", "/v2/charge", &headers, body.as_bytes())).unwrap();
    connection.read_to_end().unwrap()
}

#[test]
fn a_lost_request_is_not_carried_out_and_a_lost_answer_is() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let [lost, done] = [new_order(), new_order()];
    assert_eq!(charge(&merchant, &lost, "drop=request"), b"");
    assert_eq!(text(&merchant.status(&lost), "status_code"), "404", "it is there");
    assert_eq!(charge(&merchant, &done, "drop=answer"), b"");
    assert_eq!(text(&merchant.status(&done), "transaction_status"), "pending");
}

#[test]
fn a_slow_answer_is_slow_and_right() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let stopwatch = Stopwatch::start();
    let answer = charge(&merchant, &new_order(), "latency=300ms");
    assert!(stopwatch.elapsed().as_millis() >= 300);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("payment_code"), "{answer}");
    let answer = charge(&merchant, &new_order(), "latency=soon");
    assert!(String::from_utf8(answer).unwrap().contains("malformed_fault"));
}

#[test]
fn an_error_is_the_dialects_own_and_nothing_is_done() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let answer = String::from_utf8(charge(&merchant, &order, "error=505")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 505"), "{answer}");
    assert!(answer.contains(r#""status_code":"505""#), "{answer}");
    let answer = String::from_utf8(charge(&merchant, &order, "error=406")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""406""#), "{answer}");
    let answer = String::from_utf8(charge(&merchant, &order, "error=999")).unwrap();
    assert!(answer.contains("malformed_fault"), "{answer}");
    assert_eq!(text(&merchant.status(&order), "status_code"), "404", "it is there");
}
