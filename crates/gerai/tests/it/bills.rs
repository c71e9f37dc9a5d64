//! Payers are told what to pay, reminded of it, and sent a receipt: by e-mail, SMS and `WhatsApp`.
//!
//! The mail server is another program, which reads mails with a library of its own; the APIs are
//! receivers on localhost.

mod by_api;
mod by_mail;
mod inbox;
mod kept;
mod production;

use std::path::Path;

use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{Merchant, charge_body, new_order, text},
    process::{Server, run},
};

/// A sandbox that sends bills as production would.
struct Shop {
    folder: Folder,
    server: Server,
}

impl Shop {
    /// With these settings, which may name places in the folder.
    fn open(folder: Folder, settings: &str) -> Self {
        let server = start(&folder, settings);
        Self { folder, server }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.join("data")
    }

    /// Opens a payment of 50,000 at Alfamart for somebody with these addresses; the order and the code.
    fn charge(&self, email: &str, phone: &str) -> (String, String) {
        let order = new_order();
        let code = charge_at(&self.server, "alfamart", &order, (email, phone));
        (order, code)
    }

    fn press(&self, code: &str, button: &str) {
        let pressed = post(self.server.api, &format!("/sandbox/v1/payments/{code}/{button}"), "");
        assert_eq!(pressed.status, 200, "{}", pressed.text());
    }

    fn advance(&self, span: &str) {
        let body = format!(r#"{{"advance":"{span}"}}"#);
        let answer = post(self.server.api, "/sandbox/v1/clock", &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// What an operator is told of an order's bills, oldest first.
    fn bills(&self, order: &str) -> Vec<Value> {
        bills(&self.data(), order)
    }
}

/// A sandbox on the folder's data.
fn start(folder: &Folder, settings: &str) -> Server {
    let config = folder.write("gerai.toml", settings);
    Server::configured(&folder.join("data"), config)
}

/// What makes a sandbox send: it has to stand before the first table.
const SENDS: &str = "[bill]\nsandbox_sends = true\ntimeout = \"1s\"\n";

fn charge_at(server: &Server, store: &str, order: &str, (email, phone): (&str, &str)) -> String {
    let mut body = charge_body(order, store, 50_000);
    body["customer_details"] =
        json!({ "first_name": "Budi", "last_name": "Santosö", "email": email, "phone": phone });
    let merchant = Merchant::demo(server.api);
    let answer = merchant.send("POST", "/v2/charge", &[], body.to_string().as_bytes());
    assert_eq!(answer.member("status_code"), "201", "{}", answer.text());
    text(&answer.json(), "payment_code").to_owned()
}

fn bills(data: &Path, order: &str) -> Vec<Value> {
    let data = data.to_str().unwrap();
    let list = ["notification", "list", "--json", "--merchant", "G000000001"];
    let told = run(&[&list[..], &["--order", order, "--data", data]].concat()).json();
    let mut bills: Vec<Value> = told
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["to_payer"].is_string())
        .cloned()
        .collect();
    bills.reverse();
    bills
}

/// The same, as words: what it says, to whom, and how far it is.
fn told(bills: &[Value]) -> Vec<(String, String, String)> {
    let word = |bill: &Value, name: &str| text(bill, name).to_owned();
    bills
        .iter()
        .map(|bill| (word(bill, "says"), word(bill, "to_payer"), word(bill, "state")))
        .collect()
}

/// Waits until an operator is told that `enough` holds of an order's bills.
fn wait_for(shop: &Shop, order: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    // Reports are committed after the answer: the clock's settling is what waits for them.
    shop.advance("1s");
    let bills = shop.bills(order);
    assert!(enough(&bills), "{bills:#?}");
    bills
}
