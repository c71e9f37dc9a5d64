//! A sandbox's clock is moved: what becomes due on the way has happened when the answer comes.

use serde_json::Value;

use crate::drive::{
    ayolinx::{self, new_external_id},
    folder::Folder,
    http::{Answer, get, post},
    merchant::{Merchant, new_order, text},
    process::{Server, run},
    receiver::{Arrival, Receiver, Reply},
};

const CLOCK: &str = "/sandbox/v1/clock";
const DAY_MS: i64 = 86_400_000;

fn advance(server: &Server, span: &str) -> Value {
    let answer = post(server.api, CLOCK, &format!(r#"{{"advance":"{span}"}}"#));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn instant(at: &Value) -> jiff::Timestamp {
    at.as_str().unwrap().parse().unwrap()
}

/// What an order's payment is, as the program tells it.
fn shown(folder: &Folder, order: &str) -> Value {
    let data = folder.path().to_str().unwrap();
    run(&[
        "payment",
        "show",
        "--json",
        "--data",
        data,
        "--merchant",
        "G000000001",
        "--order",
        order,
    ])
    .json()
}

#[test]
fn a_code_expires_and_a_restart_goes_on_from_there() {
    let folder = Folder::new("clock");
    let data = folder.path().to_str().unwrap().to_owned();
    let receiver = Receiver::new();
    let mut server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let url = receiver.url("/hook");
    let order = new_order();
    let headers = [("X-Override-Notification", url.as_str())];
    merchant.charge_with(&order, "alfamart", 50_000, &headers);
    receiver.wait_for(1);
    assert_eq!(get(server.api, CLOCK).json()["ahead_ms"], 0);

    let told = advance(&server, "25h");
    // Whoever is told is told before the answer.
    let states: Vec<_> = receiver.arrivals().iter().map(Arrival::json).collect();
    let states: Vec<_> = states.iter().map(|body| text(body, "transaction_status")).collect();
    assert_eq!(states, ["pending", "expire"]);
    assert_eq!(text(&merchant.status(&order), "transaction_status"), "expire");
    let ahead = told["ahead_ms"].as_i64().unwrap();
    assert!((DAY_MS..=DAY_MS + 3_600_000).contains(&ahead), "{told}");
    assert!(instant(&told["now"]) > instant(&told["real"]), "{told}");
    let page = get(server.api, &format!("/pay/{}", id_of(&folder, &order))).text();
    assert!(page.contains("Jam sandbox"), "{page}");

    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let at_rest = run(&["clock", "show", "--json", "--data", &data]).json();
    assert_eq!(at_rest["ahead_ms"], ahead);
    server = Server::on(folder.path());
    assert_eq!(get(server.api, CLOCK).json()["ahead_ms"], ahead);
    let advanced = run(&["clock", "advance", "1h30m", "--json", "--data", &data]).json();
    assert!(advanced["ahead_ms"].as_i64().unwrap() >= ahead + 5_400_000 - 60_000, "{advanced}");
    let back = post(server.api, CLOCK, r#"{"to":"2026-01-01T00:00:00Z"}"#);
    assert_eq!((back.status, back.member("error").as_str()), (409, "backwards"));
    run(&["verify", "--data", &data]).well();
}

fn id_of(folder: &Folder, order: &str) -> String {
    text(&shown(folder, order), "id").to_owned()
}

#[test]
fn all_retries_of_a_vendor_come_in_one_move_and_each_in_its_time() {
    let folder = Folder::new("clock-retries");
    let server = Server::on(folder.path());
    let receiver = Receiver::with(|_, _| Reply::Status(502));
    let url = receiver.url("/hook");
    let order = new_order();
    let headers = [("X-Override-Notification", url.as_str())];
    Merchant::demo(server.api).charge_with(&order, "alfamart", 50_000, &headers);
    receiver.wait_for(1);
    advance(&server, "12h");
    assert_eq!(receiver.arrivals().len(), 6, "five retries");
    let notification = &shown(&folder, &order)["notifications"][0];
    assert_eq!(notification["state"], "failed", "{notification:#}");
    let tries = notification["tries"].as_array().unwrap();
    let times: Vec<_> = tries.iter().map(|attempt| instant(&attempt["at"]).as_second()).collect();
    let waits: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
    // The intervals of the contract, 5.2, and as much of each as chance leaves.
    for (wait, (shortest, longest)) in
        waits.iter().zip([(33, 120), (165, 600), (495, 1_800), (1_485, 5_400), (3_465, 12_600)])
    {
        assert!((shortest..=longest + 15).contains(wait), "{waits:?}");
    }
    assert_eq!(waits.len(), 5);
}

#[test]
fn a_window_closes_and_the_till_is_late() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let charged = merchant.charge(&new_order(), "alfamart", 50_000);
    let code = text(&charged, "payment_code");
    let press = |button: &str| -> Answer {
        post(server.api, &format!("/sandbox/v1/payments/{code}/{button}"), "")
    };
    assert_eq!(press("pay").member("code"), "00");
    advance(&server, "2h");
    assert_ne!(press("reverse").member("code"), "00", "the window is over");
}

#[test]
fn tokens_and_signatures_follow_the_real_clock() {
    let server = Server::in_memory();
    let shop = ayolinx::Client::demo();
    let token = shop.token(server.api);
    let reference = new_order();
    shop.open(server.api, &token, &reference, &new_external_id());
    advance(&server, "30m");
    // The token has lived for seconds, and the signature is as old.
    shop.query(server.api, &token, &reference);
    shop.token(server.api);
}

#[test]
fn pages_and_commands_speak_of_the_sandboxs_time() {
    let folder = Folder::new("clock-shown");
    let data = folder.path().to_str().unwrap();
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    let is_shown = |path: &str| {
        let page = get(server.api, path).text();
        assert!(page.contains("Clock moved"), "{page}");
        !page.contains(r#"id="clock" hidden"#)
    };
    assert!(!is_shown("/inbox") && !is_shown("/simulator"));
    assert_eq!(get(server.api, "/inbox/mails").header("x-gerai-clock"), None);

    let (order, url) = (new_order(), receiver.url("/hook"));
    let headers = [("X-Override-Notification", url.as_str())];
    Merchant::demo(server.api).charge_with(&order, "alfamart", 50_000, &headers);
    receiver.wait_for(1);
    advance(&server, "25h");
    assert!(is_shown("/inbox") && is_shown("/simulator"));
    let parts = ["/inbox/mails", "/simulator/payments/latest"];
    for clock in parts.map(|part| get(server.api, part).header("x-gerai-clock").map(str::to_owned))
    {
        assert!(clock.unwrap().contains(" WIB, 1d "), "it is a day and an hour ahead");
    }
    let since = |span: &str| {
        let words =
            ["notification", "list", "--order", &order, "--since", span, "--json", "--data", data];
        run(&words)
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(one, "says").to_owned())
            .collect()
    };
    let (hours, day): (Vec<_>, Vec<_>) = (since("2h"), since("30h"));
    assert_eq!(
        (hours, day),
        (vec!["expired".to_owned()], vec!["expired".to_owned(), "pending".to_owned()])
    );
}
