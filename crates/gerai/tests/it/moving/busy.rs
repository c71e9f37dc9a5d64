//! A shop in which everything happens that leaves rows behind.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::told;
use crate::drive::{
    ayolinx,
    cronos::Project,
    folder::Folder,
    http::{Connection, post},
    merchant::{Merchant, charge_body, new_order, text},
    process::{Ended, Server},
    receiver::{Receiver, Reply},
    till::{self, unix_seconds},
};

/// A payment is final at once, and a retailer's file has no number of the till.
pub(super) const SETTINGS: &str = r#"
[retailer.alfamart]
transport_max = "0s"

[reconcile.bare]
retailer = "alfamart"
name = "bare_{date:%Y-%m-%d}.csv"
counter = "Kasir Demo"
sale_key = "none"
tolerance_seconds = 86400
layout = { delimiter = "," }
columns = { code = 1, amount = 2, time = 3 }
times = { time = "%Y-%m-%dT%H:%M:%S" }
"#;

const MERCHANT: &str = "G000000001";

/// The shop, and what happened in it.
pub(super) struct Busy {
    server: Option<Server>,
    folder: Folder,
    /// Refuses what it is told, so that attempts are made and more are due.
    receiver: Receiver,
    orders: Vec<String>,
    /// Messages that were answered, and how: call, body, answer.
    said: Vec<(&'static str, String, Vec<u8>)>,
    /// An order with its code, which nobody has paid.
    open: Option<(String, String)>,
    ayolinx: Vec<String>,
}

impl Busy {
    pub(super) fn begin(server: Server, operate: impl Fn(&[&str]) -> Ended) -> Self {
        let receiver = Receiver::with(|_, _| Reply::Status(503));
        let url = receiver.url("/hook");
        operate(&["merchant", "set", MERCHANT, "--notification-url", &url]).well();
        operate(&["fee", "set", MERCHANT, "--borne-by=merchant", "--gateway=2500"]).well();
        let mut busy = Self {
            server: Some(server),
            folder: Folder::new("busy"),
            receiver,
            orders: Vec::new(),
            said: Vec::new(),
            open: None,
            ayolinx: Vec::new(),
        };
        busy.books(&operate);
        busy
    }

    /// Ends the server.
    pub(super) fn stop(&mut self) {
        let ended = self.server.take().unwrap().stop();
        assert_eq!(ended.code, Some(0), "{}", ended.log);
    }

    /// The same shop, served from elsewhere.
    pub(super) fn reopen(&mut self, server: Server) {
        self.server = Some(server);
    }

    fn api(&self) -> SocketAddr {
        self.server.as_ref().unwrap().api
    }

    fn charge(&mut self, amount: i64) -> (String, String) {
        let order = new_order();
        let charged = Merchant::demo(self.api()).charge(&order, "alfamart", amount);
        self.orders.push(order.clone());
        (order, text(&charged, "payment_code").to_owned())
    }

    fn till(&mut self, call: &'static str, code: &str, sale: &str, amount: i64) -> Value {
        let body = till::message(code, sale, "alfamart", &json!({ "amount": amount }));
        let mut line = Connection::open(self.api()).unwrap();
        let answer = till::tell(&mut line, call, &body).unwrap();
        let told = answer.json();
        self.said.push((call, body, answer.body));
        told
    }

    /// A payment that is paid, settled by a file, funded, and paid out.
    fn books(&mut self, operate: &impl Fn(&[&str]) -> Ended) {
        let ((_, code), (_, invented)) = (self.charge(100_000), self.charge(20_000));
        let paid = post(self.api(), &format!("/sandbox/v1/payments/{code}/pay"), "");
        assert_eq!(paid.member("code"), "00");
        let now = i64::try_from(unix_seconds()).unwrap() + 7 * 3_600;
        let now = jiff::Timestamp::from_second(now).unwrap().to_string();
        let (day, now) = (&now[..10], now.trim_end_matches('Z'));
        let lines = format!("{code},100000,{now}\n{invented},20000,{now}\n");
        let path = self.folder.write(&format!("bare_{day}.csv"), &lines);
        operate(&["reconcile", "alfamart", path.to_str().unwrap(), "--apply", "--json"]).well();
        let words = ["funding", "record", "alfamart", day, "50000", "--reference", "BCA-1"];
        operate(&words).well();
    }

    /// Everything else, as often as it is called.
    pub(super) fn day(&mut self) {
        let api = self.api();
        let merchant = Merchant::demo(api);
        let (first, second) = (self.charge(50_000), self.charge(60_000));
        let name = &first.0;
        for (call, sale) in [("inquiry", "i"), ("payment", "a"), ("advice", "b")] {
            let told = self.till(call, &first.1, &format!("{name}-{sale}"), 50_000);
            assert_eq!(told["code"], "00", "{call}: {told}");
        }
        let told = self.till("payment", &second.1, &format!("{name}-c"), 60_000);
        assert_eq!(told["code"], "00", "{told}");
        self.till("reversal", &second.1, &format!("{name}-c"), 60_000);
        let told = self.till("payment", &first.1, &format!("{name}-d"), 50_000);
        assert_ne!(told["code"], "00", "{told}");
        let third = self.charge(70_000);
        assert_eq!(merchant.act(&third.0, "cancel").member("status_code"), "200");
        let order = new_order();
        let body = charge_body(&order, "indomaret", 30_000).to_string();
        let key = format!("key-{order}");
        let headers = [("Idempotency-Key", key.as_str())];
        let answer = merchant.send("POST", "/v2/charge", &headers, body.as_bytes());
        assert_eq!(answer.status, 200);
        self.orders.push(order);
        self.open = Some(self.charge(80_000));

        let client = ayolinx::Client::demo();
        let token = client.token(api);
        let reference = new_order();
        client.open(api, &token, &reference, &ayolinx::new_external_id());
        self.ayolinx.push(reference);
        Project::of_cronos().open_telling(api, &new_order(), &self.receiver.url("/cronos"));
        let seen = self.receiver.arrivals().len();
        self.receiver.wait(|arrivals| arrivals.len() > seen);
    }

    /// Payments in between the two halves of a move.
    pub(super) fn evening(&mut self) {
        let (order, code) = self.open.take().unwrap();
        let told = self.till("payment", &code, &format!("{order}-e"), 80_000);
        assert_eq!(told["code"], "00", "{told}");
        for amount in 1..40 {
            let (order, code) = self.charge(10_000 + amount);
            if amount % 2 == 0 {
                self.till("payment", &code, &format!("{order}-f"), 10_000 + amount);
            }
        }
        self.open = Some(self.charge(90_000));
    }

    /// What merchants, tills and operators hear of everything that was.
    pub(super) fn answers(&self, operate: impl Fn(&[&str]) -> Ended) -> Vec<String> {
        let api = self.api();
        let mut answers = Vec::new();
        for order in &self.orders {
            answers.push(Merchant::demo(api).status(order));
        }
        let client = ayolinx::Client::demo();
        let token = client.token(api);
        for reference in &self.ayolinx {
            let mut queried = client.query(api, &token, reference);
            queried.as_object_mut().unwrap().remove("responseTime");
            answers.push(queried);
        }
        let mut line = Connection::open(api).unwrap();
        for (call, body, answer) in &self.said {
            let again = till::tell(&mut line, call, body).unwrap();
            if *call != "inquiry" {
                assert_eq!(&again.body, answer, "{call} of {body}");
            }
        }
        for words in [
            &["payment", "list", "--limit", "500", "--json"][..],
            &["balance", MERCHANT, "--json"],
            &["unapplied", "list", "--all", "--json"],
            &["funding", "list", "--json"],
            &["merchant", "list", "--json"],
            &["counter", "list", "--json"],
            &["merchant", "show", MERCHANT, "--json"],
        ] {
            answers.push(told(operate(words)));
        }
        // Whoever listens anew does so elsewhere.
        let (here, there) = (api.to_string(), "127.0.0.1:0");
        answers.iter().map(|answer| answer.to_string().replace(&here, there)).collect()
    }

    /// Pays what was open, once and for all.
    pub(super) fn night(&mut self) {
        let (order, code) = self.open.take().unwrap();
        let told = self.till("payment", &code, &format!("{order}-g"), 90_000);
        assert_eq!(told["code"], "00", "{told}");
        let status = Merchant::demo(self.api()).status(&order);
        assert_eq!(text(&status, "transaction_status"), "settlement");
    }
}
