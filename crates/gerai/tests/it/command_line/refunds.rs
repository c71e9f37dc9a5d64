//! Refund codes (rule 35): from cash that was paid twice to the till that gives it back.

use gateway::clock::Stopwatch;
use serde_json::{Value, json};

use super::{approvals::Second, production::Site};
use crate::drive::{
    folder::Folder,
    http::Connection,
    merchant::{Merchant, new_order, text},
    process::{Ended, Server, run},
    till,
};

/// A sandbox with settings of its own.
struct Shop {
    folder: Folder,
    config: String,
    server: Server,
    line: Connection,
}

impl Shop {
    fn new(what: &str, settings: &str) -> Self {
        let folder = Folder::new(what);
        let text = format!(
            "listen = '127.0.0.1:0'\noperations = '127.0.0.1:0'\ndata = '{}'\n\
             {settings}",
            folder.join("data").display()
        );
        let config = folder.write("gerai.toml", &text).to_str().unwrap().to_owned();
        let server = Server::start(&["sandbox", "--config", &config]);
        let line = Connection::open(server.api).unwrap();
        Self { folder, config, server, line }
    }

    fn operate(&self, words: &[&str]) -> Ended {
        run(&[words, &["--config", &self.config, "--json"]].concat())
    }

    fn till(&mut self, call: &str, code: &str, sale: &str, more: &Value) -> Value {
        let body = till::message(code, sale, "alfamart", more);
        till::tell(&mut self.line, call, &body).unwrap().json()
    }

    /// A payment that is paid twice; the second cash waits.
    fn paid_twice(&mut self, name: &str) {
        let merchant = Merchant::demo(self.server.api);
        let charged = merchant.charge(&new_order(), "alfamart", 50_000);
        let code = text(&charged, "payment_code");
        let amount = json!({"amount": 50_000});
        for (call, sale) in [("inquiry", "i"), ("payment", "a"), ("advice", "b")] {
            let told = self.till(call, code, &format!("{name}-{sale}"), &amount);
            assert_eq!(told["code"], "00", "{call}: {told}");
        }
    }

    fn shown(&self, cash: &str) -> Value {
        self.operate(&["unapplied", "show", cash]).json()
    }
}

const WHY: [&str; 2] = ["--reason", "paid twice, ticket 20"];

#[test]
fn cash_paid_twice_is_given_back_at_a_till() {
    let mut shop = Shop::new("refunds", "");
    shop.paid_twice("W");
    let issued = shop.operate(&[&["unapplied", "refund", "1", "--code"], &WHY[..]].concat()).json();
    let pin = text(&issued, "pin").to_owned();
    assert_eq!((pin.len(), &issued["amount"]), (6, &json!(50_000)));
    let shown = shop.shown("1");
    assert_eq!(
        (&shown["state"], &shown["refund_codes"][0]["state"]),
        (&json!("promised"), &json!("open"))
    );
    let code = text(&shown["refund_codes"][0], "code").to_owned();
    assert_eq!(code.len(), 16);
    assert!(!issued.to_string().contains(&code), "code and PIN go two ways");

    let asked = shop.till("inquiry", &code, "P-0", &json!({}));
    assert_eq!((&asked["direction"], &asked["amount"]), (&json!("payout"), &json!(50_000)));
    let wrong = if pin == "000000" { "000001" } else { "000000" };
    let told = shop.till("payout", &code, "P-1", &json!({"amount": 50_000, "pin": wrong}));
    assert_eq!(told["code"], "79", "{told}");
    let reserved = shop.till("payout", &code, "P-2", &json!({"amount": 50_000, "pin": pin}));
    assert_eq!(reserved["code"], "00", "{reserved}");
    let committed = shop.till("commit", &code, "P-2", &json!({}));
    assert_eq!(committed["message"], "paid out", "{committed}");
    assert_eq!(shop.till("commit", &code, "P-2", &json!({})), committed);
    let again = shop.till("payout", &code, "P-3", &json!({"amount": 50_000, "pin": pin}));
    assert_eq!(again["code"], "54", "{again}");

    let shown = shop.shown("1");
    assert_eq!(
        (&shown["state"], &shown["refund_codes"][0]["state"]),
        (&json!("paid_out"), &json!("paid"))
    );
    let events: Vec<_> =
        shown["events"].as_array().unwrap().iter().map(|event| text(event, "event")).collect();
    assert_eq!(events, ["refund_issued", "refund_pin_wrong", "refund_reserved", "refund_paid"]);
    let all = shop.operate(&["unapplied", "list", "--all"]).json();
    let people = run(&["unapplied", "show", "1", "--config", &shop.config]).well();
    for told in [&shown.to_string(), &all.to_string(), &people, &shop.server.log()] {
        assert!(!told.contains(&pin), "a PIN is told again: {told}");
    }
    assert_eq!(shop.operate(&["verify"]).json()["clean"], true);
}

#[test]
fn a_pay_out_that_nobody_confirms_is_left_to_persons() {
    // A commit is soon overdue.
    let soon = "[retailer.alfamart]\nreserve_timeout = '1s'";
    let mut shop = Shop::new("refunds-suspect", soon);
    let mut out = Vec::new();
    for cash in ["1", "2"] {
        shop.paid_twice(&format!("W{cash}"));
        let issue = [&["unapplied", "refund", cash, "--code"], &WHY[..]].concat();
        let pin = text(&shop.operate(&issue).json(), "pin").to_owned();
        let code = text(&shop.shown(cash)["refund_codes"][0], "code").to_owned();
        let sale = format!("P-{cash}");
        let told = shop.till("payout", &code, &sale, &json!({"amount": 50_000, "pin": pin}));
        assert_eq!(told["code"], "00", "{told}");
        out.push((code, sale, pin));
        // A second and the household's next round later.
        shop.server.wait_for_log(&format!("\"refund\":{cash},"));
    }
    // The log tells of it in the moment before its commit.
    let stopwatch = Stopwatch::start();
    let suspects = loop {
        let suspects = shop.operate(&["unapplied", "codes", "--suspect"]).json();
        if suspects.as_array().unwrap().len() == 2 {
            break suspects;
        }
        assert!(stopwatch.elapsed().as_secs() < 30, "{suspects}");
    };
    assert_eq!(text(&suspects[0]["pay_out"], "outlet"), "T-0001");
    let refund = ["unapplied", "refund", "1", "--bank-reference", "BCA-1"];
    let refused = shop.operate(&[&refund[..], &WHY[..]].concat()).sentence();
    assert!(refused.contains("unapplied cash 1 is promised already"), "{refused}");

    let confirmed = shop.operate(&[&["unapplied", "confirm", "1"], &WHY[..]].concat()).json();
    assert_eq!(text(&confirmed, "state"), "paid_out");
    let released = shop.operate(&[&["unapplied", "release", "2"], &WHY[..]].concat()).json();
    assert_eq!(text(&released, "state"), "open");
    assert_eq!(shop.operate(&["unapplied", "codes", "--suspect"]).json(), json!([]));
    // The tills' late words: one says what persons said, the other says otherwise.
    let (code, sale, _) = &out[0];
    assert_eq!(shop.till("commit", code, sale, &json!({}))["code"], "00");
    let (code, sale, pin) = &out[1];
    assert_eq!(shop.till("commit", code, sale, &json!({}))["code"], "56");
    let told = shop.till("payout", code, "P-9", &json!({"amount": 50_000, "pin": pin}));
    assert_eq!(told["code"], "56", "it is dead");
    assert_eq!(shop.operate(&["dispute", "list"]).json().as_array().unwrap().len(), 1);
    assert_eq!(shop.operate(&["unapplied", "list"]).json()[0]["no"], 2);
    assert_eq!(shop.operate(&["verify"]).json()["clean"], true);
    drop(shop.folder);
}

#[test]
fn after_a_restore_no_till_pays_out_what_may_have_been_paid_out() {
    let mut shop = Shop::new("refunds-restored", "");
    shop.paid_twice("W");
    let issue = [&["unapplied", "refund", "1", "--code"], &WHY[..]].concat();
    let pin = text(&shop.operate(&issue).json(), "pin").to_owned();
    let code = text(&shop.shown("1")["refund_codes"][0], "code").to_owned();
    let backup = shop.folder.join("backup.db");
    let backup = backup.to_str().unwrap();
    shop.operate(&["backup", backup]).json();
    // What the backup does not know.
    let pay = json!({"amount": 50_000, "pin": pin});
    assert_eq!(shop.till("payout", &code, "P-1", &pay)["code"], "00");
    assert_eq!(shop.till("commit", &code, "P-1", &json!({}))["code"], "00");

    let Shop { folder, config, server, .. } = shop;
    assert_eq!(server.stop().code, Some(0));
    let again = folder.join("again");
    let key = folder.join("data").join("master.key");
    let text_of = std::fs::read_to_string(&config).unwrap();
    let text_of = text_of.replace(folder.join("data").to_str().unwrap(), again.to_str().unwrap());
    let config = folder.write("again.toml", &text_of).to_str().unwrap().to_owned();
    run(&["restore", backup, "--config", &config, "--json"]).json();
    std::fs::copy(key, again.join("master.key")).unwrap();
    let server = Server::start(&["sandbox", "--config", &config]);
    let line = Connection::open(server.api).unwrap();
    let mut shop = Shop { folder, config, server, line };
    // Nobody has to think of it: opening the counters is enough.
    shop.operate(&["counter", "open", "--after-restore"]).json();
    let suspects = shop.operate(&["unapplied", "codes", "--suspect"]).json();
    assert_eq!(suspects.as_array().unwrap().len(), 1, "{suspects}");
    assert_eq!(shop.till("payout", &code, "P-2", &pay)["code"], "59");
    assert_eq!(shop.till("inquiry", &code, "P-3", &json!({}))["code"], "59");
    let confirm = [&["unapplied", "confirm", "1"], &WHY[..]].concat();
    let refused = shop.operate(&confirm).sentence();
    assert!(refused.contains("suspect"), "{refused}");
    assert_eq!(shop.operate(&["verify"]).json()["clean"], true);
    // Started once more, it is as it was; two persons release it, and another is issued.
    let Shop { folder, config, server, .. } = shop;
    assert_eq!(server.stop().code, Some(0));
    let server = Server::start(&["sandbox", "--config", &config]);
    let line = Connection::open(server.api).unwrap();
    let shop = Shop { folder, config, server, line };
    shop.operate(&[&["unapplied", "release", "1"], &WHY[..]].concat()).json();
    shop.operate(&issue).json();
    let shown = shop.shown("1");
    let states: Vec<_> = shown["refund_codes"].as_array().unwrap().iter().collect();
    assert_eq!(states.len(), 2, "{shown}");
    assert_eq!(shop.operate(&["unapplied", "codes", "--suspect"]).json(), json!([]));
    assert_eq!(shop.operate(&["verify"]).json()["clean"], true);
    drop(shop.folder);
}

/// A production with cash for a code that nobody knows, which its retailer's file brought.
fn with_cash(
    what: &str,
    second: Option<&(nix::unistd::User, nix::unistd::Group)>,
    more: &str,
) -> Site {
    let profile = "[reconcile.plain]\nretailer = 'alfamart'\nname = 'plain_{date:%Y%m%d}.csv'\n\
        sale_key = 'sale'\nlayout = { delimiter = ',' }\ncolumns = { sale = 1, code = 2, amount = 3 }\n";
    let group = second.map_or("", |(_, group)| group.name.as_str());
    Site::new(what, &format!("operators_group = '{group}'\n{more}{profile}"))
}

#[test]
fn in_production_they_are_off_and_take_two_persons() {
    let off = with_cash("refunds-off", None, "");
    let server = off.serve();
    let words = [&["unapplied", "refund", "1", "--code"], &WHY[..]].concat();
    let refused = off.operate(&words).sentence();
    assert!(refused.contains("refund codes are turned off"), "{refused}");
    assert_eq!(server.stop().code, Some(0));

    let person = Second::person();
    let on = "[refund_codes]\nenabled = 'always'\n";
    let site = with_cash("refunds-on", person.as_ref(), on);
    let server = site.serve();
    site.operate(&["counter", "add", "Switch A"]).json();
    let nothing = site.operate(&words).sentence();
    assert!(nothing.contains("there is no unapplied cash 1"), "{nothing}");
    let Some(person) = person else { return };
    let second = Second::at(&site, person);
    let file = site.folder.write("plain_20261120.csv", "S-1,81123456,50000\n");
    let (file, rows) = (file.to_str().unwrap(), site.folder.join("rows"));
    let rows = rows.to_str().unwrap();
    let apply = ["reconcile", "alfamart", file, "--apply", "--reason", "x", "--output", rows];
    site.operate(&apply).json();
    second.operates(&site, &["approve", "yes", "1"]).json();

    let proposed = site.operate(&words).json();
    let command = "unapplied refund 1 --code --reason 'paid twice, ticket 20'";
    assert_eq!((&proposed["proposal"], text(&proposed, "command")), (&json!(2), command));
    let own = site.operate(&["approve", "yes", "2"]).sentence();
    assert!(own.contains("another person has to approve it"), "{own}");
    let issued = second.operates(&site, &["approve", "yes", "2"]).json();
    let pin = text(&issued, "pin");
    let shown = site.operate(&["unapplied", "show", "1"]).json();
    assert_eq!(text(&shown["refund_codes"][0], "state"), "open");
    let kept = site.operate(&["approve", "list", "--all"]).json().to_string();
    for told in [&kept, &shown.to_string(), &server.log()] {
        assert!(!told.contains(pin), "a PIN is told again: {told}");
    }
    // To withdraw it takes two, too.
    let release = [&["unapplied", "release", "1"], &WHY[..]].concat();
    assert_eq!(site.operate(&release).json()["proposal"], 3);
    assert_eq!(site.operate(&["unapplied", "list"]).json(), json!([]));
    second.operates(&site, &["approve", "yes", "3"]).json();
    assert_eq!(site.operate(&["unapplied", "list"]).json()[0]["no"], 1);
    let confirm = [&["unapplied", "confirm", "1"], &WHY[..]].concat();
    let refused = site.operate(&confirm).sentence();
    assert!(refused.contains("the refund code of unapplied cash 1 is released"), "{refused}");
    assert_eq!(site.operate(&["verify"]).json()["clean"], true);
    assert_eq!(server.stop().code, Some(0));
}
