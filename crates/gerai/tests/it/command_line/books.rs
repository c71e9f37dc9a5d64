//! Where the money is: transfers, payouts and balances, as operators write them down.

use domain::time::BusinessDate;
use rusqlite::Connection as Database;
use serde_json::Value;

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{Merchant, new_order, text},
    process::{Ended, Server, run},
};

const MERCHANT: &str = "G000000001";

/// A payment is final at once here, so that the clock need not be moved; and the retailer's file has no
/// number of the till.
const SETTINGS: &str = r#"
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

struct Desk {
    folder: Folder,
    data: String,
    config: String,
}

impl Desk {
    fn new() -> Self {
        let folder = Folder::new("books");
        let path = folder.write("gerai.toml", SETTINGS);
        let config = path.to_str().unwrap().to_owned();
        let data = folder.join("data").to_str().unwrap().to_owned();
        Self { folder, data, config }
    }

    fn serve(&self) -> Server {
        let place = ["--data", &self.data, "--config", &self.config];
        let words = ["sandbox", "--listen", "127.0.0.1:0"];
        Server::start(&[&words[..], &place].concat())
    }

    fn operate(&self, words: &[&str]) -> Ended {
        run(&[words, &["--data", &self.data, "--config", &self.config]].concat())
    }

    fn balance(&self) -> (i64, i64) {
        let told = self.operate(&["balance", MERCHANT, "--json"]).json();
        let figure = |name: &str| told[name].as_i64().unwrap();
        assert_eq!(figure("total"), figure("pending") + figure("active"));
        (figure("pending"), figure("active"))
    }

    fn advanced(&self) -> i64 {
        let told = self.operate(&["balance", MERCHANT, "--json"]).json();
        told["advanced"].as_i64().unwrap()
    }

    /// Asks again and again, as somebody at a desk would.
    fn wait_for_balance(&self, expected: (i64, i64)) {
        let arrived = (0..500).any(|_| self.balance() == expected);
        assert!(arrived, "{:?}", self.balance());
    }

    /// The retailer's file has the payment.
    fn reconcile(&self, code: &str, date: &str) {
        let line = format!("{code},100000,{date}T12:00:00\n");
        let path = self.folder.write(&format!("bare_{date}.csv"), &line);
        let words = ["reconcile", "alfamart", path.to_str().unwrap(), "--apply", "--json"];
        self.operate(&words).well();
    }
}

fn day_of(desk: &Desk, id: &str) -> String {
    let shown = desk.operate(&["payment", "events", id, "--json"]).json();
    let paid = shown.as_array().unwrap().iter().find(|event| event["event"] == "paid").unwrap();
    let at = text(paid, "at").get(..10).unwrap().to_owned();
    assert!(BusinessDate::parse(&at).is_some(), "{at}");
    at
}

#[test]
fn money_comes_in_is_available_and_goes_out() {
    let desk = Desk::new();
    let server = desk.serve();
    let merchant = Merchant::demo(server.api);
    let charged = merchant.charge(&new_order(), "alfamart", 100_000);
    let code = text(&charged, "payment_code");
    let paid = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    assert_eq!(paid.status, 200, "{}", paid.text());
    let date = day_of(&desk, text(&charged, "transaction_id"));
    assert_eq!(desk.balance(), (100_000, 0));
    let before = desk.operate(&["balance", MERCHANT, "--at", "2020-01-01 08:00", "--json"]).json();
    assert_eq!((&before["pending"], &before["active"]), (&0.into(), &0.into()));
    assert_eq!(before["at"], "2020-01-01T08:00:00.000+07:00");

    // What the day's file has is advanced, up to a cap, until the retailer transfers it.
    let cap = |cap: &str| desk.operate(&["merchant", "set", MERCHANT, "--advance-cap", cap]).well();
    cap("99999");
    desk.reconcile(code, &date);
    assert_eq!(desk.balance(), (100_000, 0));
    cap("100000");
    desk.wait_for_balance((0, 100_000));
    assert_eq!(desk.advanced(), 100_000);
    fund(&desk, &date);
    assert!((0..500).any(|_| desk.advanced() == 0), "the transfer covers it");
    pay_out(&desk);
    let told = desk.operate(&["verify", "--json"]).json();
    assert_eq!(told["clean"], true, "{told}");
    assert_eq!(server.stop().code, Some(0));
}

fn fund(desk: &Desk, date: &str) {
    let record = |amount: &str, more: &[&str]| {
        let words = ["funding", "record", "alfamart", date, amount, "--reference", "BCA-1"];
        desk.operate(&[&words, more].concat())
    };
    let sentence = record("100001", &[]).sentence();
    assert!(sentence.contains("the retailer owes Rp 100000 for that day"), "{sentence}");
    let sentence = record("10000000000", &[]).sentence();
    assert!(sentence.contains("the amount `10000000000`: the amount is above"), "{sentence}");
    let said = record("99000", &["--commission", "1000"]).well();
    assert!(said.contains("funding 1 of alfamart") && said.contains("is recorded"), "{said}");
    assert!(said.contains("Rp 0 are still owed"), "{said}");
    let said = record("99000", &["--commission", "1000"]).well();
    assert!(said.contains("was recorded before"), "{said}");
    let sentence = record("98000", &[]).sentence();
    assert!(sentence.contains("the reference `BCA-1` is taken by funding 1"), "{sentence}");
    let words = ["funding", "record", "lawson", date, "1", "--reference", "X"];
    assert!(desk.operate(&words).sentence().contains("`lawson`: is no retailer"));
    let words = ["funding", "record", "alfamart", "2026-02-30", "1", "--reference", "X"];
    assert!(desk.operate(&words).sentence().contains("`2026-02-30`: is no day"));

    let list = desk.operate(&["funding", "list", "--json"]).json();
    let [line] = list.as_array().unwrap().as_slice() else { panic!("{list}") };
    let figures = (&line["amount"], &line["commission"], &line["difference"]);
    assert_eq!(figures, (&99_000.into(), &1_000.into(), &0.into()));
    assert!(text(line, "recorded_by").contains("(uid "), "{line}");
    let days = desk.operate(&["funding", "list", "--days", "--json"]).json();
    assert_eq!((&days[0]["funded"], &days[0]["owed"]), (&100_000.into(), &0.into()));
}

fn pay_out(desk: &Desk) {
    let record = |amount: &str, reference: &str| {
        desk.operate(&["payout", "record", MERCHANT, amount, "--reference", reference])
    };
    let sentence = record("100001", "P-1").sentence();
    let why = "Rp 100001 is more than the merchant's active balance of Rp 100000";
    assert!(sentence.contains(why), "{sentence}");
    let said = record("60000", "P-1").well();
    assert!(said.contains("payout 1 of Rp 60000 to G000000001 is in transit;"), "{said}");
    assert!(record("60000", "P-1").well().contains("in transit already"));
    assert!(record("50000", "P-1").sentence().contains("the reference `P-1` is taken"));
    record("40000", "P-2").well();
    assert_eq!(desk.balance(), (0, 0));

    assert!(desk.operate(&["payout", "confirm", "1"]).well().contains("is confirmed;"));
    assert!(desk.operate(&["payout", "confirm", "1"]).well().contains("is confirmed already;"));
    let back = desk.operate(&["payout", "return", "2", "--reason", "account closed"]).well();
    assert!(back.contains("is returned; the active balance is Rp 40000"), "{back}");
    assert!(desk.operate(&["payout", "confirm", "2"]).sentence().contains("was returned"));
    assert!(desk.operate(&["payout", "confirm", "9"]).sentence().contains("no payout 9"));
    assert_eq!(desk.balance(), (0, 40_000));
    assert_eq!(desk.operate(&["payout", "list", "--json"]).json(), Value::Array(Vec::new()));
    let all = desk.operate(&["payout", "list", "--all", "--json"]).json();
    let states: Vec<_> = all.as_array().unwrap().iter().map(|line| text(line, "state")).collect();
    assert_eq!(states, ["returned", "confirmed"]);
}

/// What the rows say of money is compared with what was posted.
#[test]
fn a_row_about_money_that_was_changed_is_found() {
    let desk = Desk::new();
    let server = desk.serve();
    let merchant = Merchant::demo(server.api);
    let charged = merchant.charge(&new_order(), "alfamart", 100_000);
    let code = text(&charged, "payment_code");
    assert_eq!(post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "").status, 200);
    let date = day_of(&desk, text(&charged, "transaction_id"));
    let words = ["funding", "record", "alfamart", &date, "70000", "--reference", "BCA-1"];
    desk.operate(&words).well();
    assert_eq!(server.stop().code, Some(0));
    assert!(desk.operate(&["verify"]).well().contains("1 payment"));

    let path = desk.folder.join("data").join("gerai.db");
    let whole = std::fs::read(&path).unwrap();
    for (change, place) in [
        ("update funding set amount = 70001", "funding 1"),
        ("delete from funding", "day alfamart"),
        ("update retailer_day set funded = funded - 1", "day alfamart"),
        ("delete from retailer_day", "day alfamart"),
        (
            "insert into payout (no, account_no, amount, state, reference, event_no, recorded_at, \
             recorded_by) values (1, 1, 5, 0, 'x', 1, 0, 'x')",
            "payout 1",
        ),
        (
            "insert into balance_snapshot (account_no, event_no, pending, active, at) \
             values ((select account_no from payment), 2, -99999, 0, 0)",
            "account G000000001",
        ),
    ] {
        std::fs::write(&path, &whole).unwrap();
        for log in ["gerai.db-wal", "gerai.db-shm"] {
            drop(std::fs::remove_file(desk.folder.join("data").join(log)));
        }
        Database::open(&path).unwrap().execute_batch(change).unwrap();
        let found = desk.operate(&["verify"]);
        assert_ne!(found.code, Some(0), "{change}");
        assert!(found.said.contains(place) || found.log.contains(place), "{change}\n{found:?}");
    }
}
