//! `GET /v1/events`, at once and after a while.

use gateway::clock::Stopwatch;
use rusqlite::Connection as Database;
use serde_json::Value;

use super::{events, press, pull, types};
use crate::drive::{
    folder::Folder,
    merchant::{Merchant, OTHER, new_order, text},
    process::{Server, run},
};

#[test]
fn pages_follow_each_other_and_never_change() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let charged = merchant.charge(&order, "indomaret", 50_000);
    press(server.api, &charged, "pay");
    let before = pull(&merchant, "?limit=2");
    press(server.api, &charged, "reverse");

    let all = events(&pull(&merchant, ""));
    assert_eq!(types(&all), ["payment.opened", "payment.paid", "payment.reversed"]);
    // What was read before the reversal reads the same after it, byte for byte.
    let again = pull(&merchant, "?limit=2");
    let shared = before.text().find(r#"],"next""#).unwrap();
    assert_eq!(before.text()[..shared], again.text()[..shared]);

    let paid = &all[1];
    let (payment, counter) = (&paid["data"]["payment"], &paid["data"]["counter"]);
    assert_eq!(text(payment, "id"), text(&charged, "transaction_id"));
    assert_eq!(text(payment, "order_id"), order);
    assert_eq!(text(payment, "code"), text(&charged, "payment_code"));
    assert_eq!((text(payment, "status"), text(payment, "taken_by")), ("paid", "indomaret"));
    assert_eq!(payment["total"], 50_000);
    assert_eq!(text(counter, "retailer"), "indomaret");
    assert_eq!(text(counter, "approval_code").len(), 20);
    assert_eq!(text(&paid["data"]["account"], "merchant_id"), "G000000001");
    assert_eq!(all[0]["data"]["counter"], Value::Null);

    // One after the other, by the cursor that each gives.
    let mut cursor = "0".to_owned();
    let mut found = Vec::new();
    loop {
        let page = pull(&merchant, &format!("?after={cursor}&limit=1"));
        found.extend(events(&page));
        cursor = page.member("next");
        if page.json()["has_more"] == false {
            break;
        }
    }
    assert_eq!(found, all);
    assert!(events(&pull(&merchant, &format!("?after={cursor}"))).is_empty());
    let reversed = pull(&merchant, "?type=payment.reversed,payment.expired");
    assert_eq!(types(&events(&reversed)), ["payment.reversed"]);
    assert_eq!(reversed.member("next"), cursor);
    assert!(events(&pull(&merchant, "?after=latest")).is_empty());

    let other = Merchant { server_key: OTHER.to_owned(), ..merchant };
    assert!(events(&pull(&other, "")).is_empty());
    let ahead = pull(&other, "?after=1");
    assert_eq!((ahead.status, ahead.member("error").as_str()), (400, "bad_request"));
}

#[test]
fn who_waits_is_answered_when_something_happens_or_nothing_did() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let watch = Stopwatch::start();
    let empty = pull(&merchant, "?wait=1");
    assert!(events(&empty).is_empty() && watch.elapsed().as_millis() >= 1_000);

    // A wait of a minute is longer than this test's patience with a silent connection.
    let waiting = {
        let merchant = merchant.clone();
        std::thread::spawn(move || pull(&merchant, "?after=0&wait=60&type=payment.paid"))
    };
    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    press(server.api, &charged, "pay");
    assert_eq!(types(&events(&waiting.join().unwrap())), ["payment.paid"]);

    // Whoever waits when the gateway goes is answered, and holds nothing up.
    let waiting = std::thread::spawn(move || pull(&merchant, "?after=latest&wait=60"));
    let watch = Stopwatch::start();
    while !listens(&server) {
        assert!(watch.elapsed().as_secs() < 20, "nobody waits");
    }
    assert_eq!(server.stop().code, Some(0));
    assert!(events(&waiting.join().unwrap()).is_empty());
}

/// Whether somebody waits for events.
fn listens(server: &Server) -> bool {
    let figures = crate::drive::http::get(server.operations(), "/metrics").text();
    figures.lines().any(|line| line == "gerai_event_listeners 1")
}

#[test]
fn what_is_not_kept_any_more_is_told_clearly() {
    let folder = Folder::new("old-events");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    for _ in 0..3 {
        merchant.charge(&new_order(), "alfamart", 50_000);
    }
    // As the household forgets them after a month.
    let database = Database::open(folder.join("gerai.db")).unwrap();
    assert_eq!(database.execute("delete from own_event where no < 3", ()).unwrap(), 2);
    let gone = pull(&merchant, "?after=1");
    assert_eq!((gone.status, gone.member("error").as_str()), (410, "gone"));
    let oldest = gone.member("oldest");
    assert_eq!(oldest, "2");
    for query in [format!("?after={oldest}"), String::new()] {
        let found = events(&pull(&merchant, &query));
        assert_eq!(found.iter().map(|event| event["number"].clone()).collect::<Vec<_>>(), [3]);
    }
}

#[test]
fn an_operator_turns_them_on_and_off() {
    let folder = Folder::new("events-off");
    let data = folder.path().to_str().unwrap();
    let server = Server::on(folder.path());
    let set = |words: &[&str]| {
        let of = [&["merchant", "set", "G000000002"][..], words, &["--json", "--data", data]];
        run(&of.concat())
    };
    let merchant = Merchant { api: server.api, server_key: OTHER.to_owned() };
    assert_eq!(set(&["--events", "off"]).json()["settings"].get("events"), None);
    merchant.charge(&new_order(), "alfamart", 50_000);
    let off = pull(&merchant, "");
    assert_eq!((off.status, off.member("error").as_str()), (409, "events_off"));
    assert_eq!(set(&["--events", "on"]).json()["settings"]["events"], true);
    merchant.charge(&new_order(), "alfamart", 50_000);
    assert_eq!(types(&events(&pull(&merchant, ""))), ["payment.opened"]);
    // Without a key nothing could be signed.
    let refused = set(&["--events-url", "http://127.0.0.1:9/"]).sentence();
    assert!(refused.contains("rotate-key"), "{refused}");
    assert_eq!(server.stop().code, Some(0));
    run(&["verify", "--data", data]).well();
}
