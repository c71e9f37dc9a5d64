//! What operators do, beside a running server and without one.

use std::path::Path;

use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::{Connection, post},
    merchant::{DEMO, Merchant, charge_body, new_order, text},
    process::{Ended, Server, run},
    receiver::Receiver,
    till,
};

fn operate(data: &Path, words: &[&str]) -> Ended {
    run(&[words, &["--data", data.to_str().unwrap(), "--json"]].concat())
}

/// A sandbox that runs, or one that was started once and is not running.
struct Site {
    folder: Folder,
    server: Option<Server>,
    runs: bool,
}

impl Site {
    fn new(what: &str, runs: bool) -> Self {
        let folder = Folder::new(what);
        let server = Server::on(folder.path());
        let mut site = Self { folder, server: Some(server), runs };
        site.rest();
        site
    }

    /// An operator's command: beside the server, or while none runs.
    fn operate(&self, words: &[&str]) -> Value {
        operate(self.folder.path(), words).json()
    }

    /// The API, whether the server runs all the time or only for this.
    fn awake(&mut self) -> std::net::SocketAddr {
        let folder = self.folder.path();
        self.server.get_or_insert_with(|| Server::on(folder)).api
    }

    /// Ends the server unless it is to run all the time.
    fn rest(&mut self) {
        if !self.runs
            && let Some(server) = self.server.take()
        {
            let ended = server.stop();
            assert_eq!(ended.code, Some(0), "{}", ended.log);
        }
    }

    /// What a charge with this key is answered with.
    fn charge(&mut self, server_key: &str) -> String {
        let api = self.awake();
        let merchant = Merchant { api, server_key: server_key.to_owned() };
        let body = charge_body(&new_order(), "alfamart", 50_000).to_string();
        let code = merchant.send("POST", "/v2/charge", &[], body.as_bytes()).member("status_code");
        self.rest();
        code
    }
}

fn count(listed: &Value) -> usize {
    listed.as_array().unwrap().len()
}

fn merchants(runs: bool) {
    let mut site = Site::new("merchants", runs);
    let before = count(&site.operate(&["merchant", "list"]));
    let added = site.operate(&["merchant", "add", "Toko Uji"]);
    let id = text(&added, "merchant_id").to_owned();
    let first = text(&added["keys"][0], "secret").to_owned();
    assert_eq!(site.charge(&first), "201");

    let listed = site.operate(&["merchant", "list"]);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert!(names.contains(&"Toko Uji"), "{listed}");
    assert_eq!(count(&listed), before + 1);
    let shown = site.operate(&["merchant", "show", &id]);
    assert_eq!(text(&shown, "name"), "Toko Uji");
    for output in [&listed, &shown] {
        assert!(!output.to_string().contains(&first), "a secret is shown again");
    }

    let receiver = Receiver::new();
    let set = ["merchant", "set", &id, "--notification-url", &receiver.url("/told")];
    assert_eq!(site.operate(&set)["notification_urls"], json!([receiver.url("/told")]));
    assert_eq!(site.charge(&first), "201");
    if site.runs {
        receiver.wait_for(1);
    }

    assert_eq!(site.operate(&["merchant", "disable", &id])["state"], "disabled");
    assert_eq!(site.charge(&first), "410");
    assert_eq!(site.operate(&["merchant", "enable", &id])["state"], "enabled");
    assert_eq!(site.charge(&first), "201");

    let rotated = site.operate(&["merchant", "rotate-key", &id]);
    let second = text(&rotated["keys"][0], "secret").to_owned();
    assert_eq!((site.charge(&first), site.charge(&second)), ("201".into(), "201".into()));
    let rotated = site.operate(&["merchant", "rotate-key", &id, "--overlap", "0"]);
    let third = text(&rotated["keys"][0], "secret").to_owned();
    assert_eq!(site.charge(&first), "401");
    assert_eq!(site.charge(&second), "401");
    assert_eq!(site.charge(&third), "201");
    assert_eq!(site.charge(DEMO), "201");
    assert_eq!(operate(site.folder.path(), &["verify"]).json()["clean"], true);
}

#[test]
fn merchants_beside_a_server() {
    merchants(true);
}

#[test]
fn merchants_without_a_server() {
    merchants(false);
}

fn mistakes(runs: bool) {
    let site = Site::new("mistakes", runs);
    let before = count(&site.operate(&["merchant", "list"]));
    let data = site.folder.path().to_owned();
    for (words, named) in [
        (&["merchant", "show", "G999999999"][..], "G999999999"),
        (&["merchant", "disable", "G999999999"], "G999999999"),
        (&["merchant", "set", "G000000001", "--notification-url", "ftp://a.test"], "ftp://a.test"),
        (&["merchant", "set", "G000000001", "--allow", "10.0.0.0/99"], "10.0.0.0/99"),
        (&["merchant", "add", "Toko", "--brand", "nobody"], "nobody"),
        (&["counter", "show", "nobody"], "nobody"),
        (&["counter", "add", "Kasir Demo"], "Kasir Demo"),
        (&["payment", "show", "8127740588870520"], "payment"),
        (&["payment", "cancel", "8127740588870520", "--reason", "none"], "payment"),
    ] {
        let sentence = operate(&data, words).sentence();
        assert!(sentence.contains(named), "{words:?}: {sentence}");
    }
    assert_eq!(count(&site.operate(&["merchant", "list"])), before);
}

#[test]
fn mistakes_beside_a_server() {
    mistakes(true);
}

#[test]
fn mistakes_without_a_server() {
    mistakes(false);
}

#[test]
fn a_folder_without_data_is_not_made_by_a_slip_of_the_fingers() {
    let folder = Folder::new("slip");
    let data = folder.join("gerai-date");
    for words in
        [&["merchant", "add", "Toko"][..], &["merchant", "list"], &["payment", "list"], &["verify"]]
    {
        let sentence = operate(&data, words).sentence();
        assert!(sentence.contains(data.to_str().unwrap()), "{words:?}: {sentence}");
    }
    assert!(!data.exists());
}

#[test]
fn counters() {
    let folder = Folder::new("counters");
    let server = Server::on(folder.path());
    let data = folder.path();
    let added = operate(data, &["counter", "add", "Switch A", "--retailer", "alfamart"]).json();
    let secret = text(&added["keys"][0], "secret").to_owned();
    let listed = operate(data, &["counter", "list"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let shown = operate(data, &["counter", "show", "Switch A"]).json();
    assert_eq!(shown["retailers"], json!(["alfamart"]));
    assert!(!format!("{listed}{shown}").contains(&secret), "a secret is shown again");

    // The demo counter is turned off and on again while the server runs.
    let charged = Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    let message = till::message(text(&charged, "payment_code"), "S-1", "alfamart", &json!({}));
    let mut connection = Connection::open(server.api).unwrap();
    let mut inquire = |status| {
        let signed = till::Signed::now("POST", "/counter/v1/inquiry", message.as_bytes());
        let request = crate::drive::http::request(
            "POST",
            "/counter/v1/inquiry",
            &signed.headers(),
            message.as_bytes(),
        );
        assert_eq!(connection.exchange(&request).unwrap().status, status);
    };
    inquire(200);
    operate(data, &["counter", "disable", "counter-demo"]).json();
    inquire(401);
    operate(data, &["counter", "enable", "counter-demo"]).json();
    inquire(200);
    operate(data, &["counter", "rotate-key", "Kasir Demo", "--overlap", "0"]).json();
    inquire(401);
}

#[test]
fn payments() {
    let folder = Folder::new("payments");
    let server = Server::on(folder.path());
    let data = folder.path();
    let merchant = Merchant::demo(server.api);
    let orders = [new_order(), new_order(), new_order()];
    let charged = orders.each_ref().map(|order| merchant.charge(order, "alfamart", 50_000));
    let [paid, cancelled, expired] = charged.each_ref().map(|body| text(body, "payment_code"));
    post(server.api, &format!("/sandbox/v1/payments/{paid}/pay"), "");

    let close = |word, code: &str| {
        let words = ["payment", word, code, "--reason", "ticket 17"];
        operate(data, &words).json()["state"].clone()
    };
    assert_eq!(close("cancel", cancelled), "cancelled");
    assert_eq!(close("expire", expired), "expired");
    let refused = operate(data, &["payment", "cancel", paid, "--reason", "ticket 18"]).sentence();
    assert!(refused.contains("paid"), "{refused}");
    assert_eq!(text(&merchant.status(&orders[1]), "transaction_status"), "cancel");
    assert_eq!(text(&merchant.status(&orders[2]), "transaction_status"), "expire");

    let listed = operate(data, &["payment", "list", "--state", "paid"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(text(&listed[0], "code"), paid);
    let by_id = text(&charged[0], "transaction_id");
    for name in [&[paid][..], &[by_id], &["--merchant", "G000000001", "--order", &orders[0]]] {
        let shown = operate(data, &[&["payment", "show"], name].concat()).json();
        assert_eq!((text(&shown, "id"), text(&shown, "state")), (by_id, "paid"), "{name:?}");
    }
    let events = operate(data, &["payment", "events", cancelled]).json().to_string();
    assert!(events.contains("ticket 17"), "{events}");
}

#[test]
fn cash_that_fits_nowhere_and_refused_reversals_are_listed() {
    let folder = Folder::new("waiting");
    let server = Server::on(folder.path());
    let data = folder.path();
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let charged = merchant.charge(&order, "alfamart", 50_000);
    let code = text(&charged, "payment_code");
    let mut line = Connection::open(server.api).unwrap();
    let mut tell = |call: &str, sale: &str| {
        let body = till::message(code, sale, "alfamart", &json!({"amount": 50_000}));
        text(&till::tell(&mut line, call, &body).unwrap().json(), "code").to_owned()
    };
    assert_eq!(operate(data, &["unapplied", "list"]).json(), json!([]));
    assert_eq!(operate(data, &["dispute", "list"]).json(), json!([]));
    assert_eq!(tell("payment", "W-1"), "00");
    assert_eq!(tell("reversal", "W-1"), "12", "Alfamart takes nothing back");
    assert_eq!(tell("inquiry", "W-2"), "54");
    // Inquired under the first sale's code before it was paid elsewhere, then advised all the same.
    let other = merchant.charge(&new_order(), "alfamart", 50_000);
    let code = text(&other, "payment_code");
    let mut tell = |call: &str, sale: &str| {
        let body = till::message(code, sale, "alfamart", &json!({"amount": 50_000}));
        text(&till::tell(&mut line, call, &body).unwrap().json(), "code").to_owned()
    };
    assert_eq!(tell("inquiry", "W-3"), "00");
    assert_eq!(tell("payment", "W-4"), "00");
    assert_eq!(tell("advice", "W-3"), "00", "the cash is there, so it is booked");

    let cash = operate(data, &["unapplied", "list"]).json();
    assert_eq!(cash.as_array().unwrap().len(), 1);
    assert_eq!((text(&cash[0], "code"), &cash[0]["amount"]), (code, &json!(50_000)));
    let disputes = operate(data, &["dispute", "list"]).json();
    assert_eq!(disputes.as_array().unwrap().len(), 1);
    assert!(text(&disputes[0], "why").contains("window"), "{disputes}");

    let third = merchant.charge(&new_order(), "alfamart", 50_000);
    let (third, id) = (text(&third, "payment_code"), text(&third, "transaction_id"));
    let because = ["--reason", "typed the code wrong"];
    let matched = operate(data, &[&["unapplied", "match", "1", third], &because[..]].concat());
    let matched = matched.json();
    assert_eq!((text(&matched, "state"), text(&matched, "payment")), ("matched", id));
    assert_eq!(text(&matched, "payment_state"), "paid");
    assert_eq!(text(&merchant.status(id), "transaction_status"), "settlement");
    let refund = ["unapplied", "refund", "1", "--bank-reference", "BCA-1"];
    let refused = operate(data, &[&refund[..], &because[..]].concat()).sentence();
    assert!(refused.contains("unapplied cash 1 is matched already"), "{refused}");
    assert_eq!(operate(data, &["unapplied", "list"]).json(), json!([]));
    let all = operate(data, &["unapplied", "list", "--all"]).json();
    assert_eq!(all[0]["state"], "matched");
    let rejected = operate(data, &[&["dispute", "reject", "1"], &because[..]].concat()).json();
    assert_eq!((text(&rejected, "state"), &rejected["amount"]), ("rejected", &json!(50_000)));
    let refused = operate(data, &[&["dispute", "accept", "1"], &because[..]].concat()).sentence();
    assert!(refused.contains("dispute 1 is rejected already"), "{refused}");
    assert_eq!(operate(data, &["dispute", "list"]).json(), json!([]));
    let all = operate(data, &["dispute", "list", "--all"]).json();
    assert_eq!(all[0]["state"], "rejected");
    assert_eq!(operate(data, &["verify"]).json()["clean"], true);
}

#[test]
fn the_master_key_is_replaced_while_everything_runs() {
    let folder = Folder::new("rotate");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let before = std::fs::read_to_string(folder.join("master.key")).unwrap();
    let order = new_order();
    merchant.charge(&order, "alfamart", 50_000);
    operate(folder.path(), &["master-key", "rotate"]).json();
    let after = std::fs::read_to_string(folder.join("master.key")).unwrap();
    assert_ne!(before, after);
    assert!(!server.log().contains(before.trim()) && !server.log().contains(after.trim()));
    merchant.charge(&new_order(), "alfamart", 50_000);
    assert_eq!(operate(folder.path(), &["verify"]).json()["clean"], true);
    assert_eq!(server.stop().code, Some(0));
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    assert_eq!(text(&merchant.status(&order), "transaction_status"), "pending");
    assert_eq!(operate(folder.path(), &["verify"]).json()["clean"], true);
}
