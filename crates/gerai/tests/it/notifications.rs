//! Finding out why, and putting it right: `gerai notification list`, `show` and `resend`.

use std::path::Path;

use gateway::clock::Stopwatch;
use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{DEMO, Merchant, new_order, text},
    process::{Ended, Server, run},
    receiver::{Arrival, Receiver, Reply},
};

/// Runs a command about notifications.
fn ask(data: &Path, words: &[&str]) -> Ended {
    run(&[&["notification"], words, &["--data", data.to_str().unwrap()]].concat())
}

fn list(data: &Path, words: &[&str]) -> Vec<Value> {
    let words = [&["list"], words, &["--json"]].concat();
    ask(data, &words).json().as_array().unwrap().clone()
}

fn show(data: &Path, no: &Value) -> Value {
    ask(data, &["show", &no.to_string(), "--json"]).json()
}

/// Waits until so many notifications are in a state.
fn until(data: &Path, state: &str, count: usize) -> Vec<Value> {
    let stopwatch = Stopwatch::start();
    loop {
        let found = list(data, &["--state", state]);
        if found.len() == count {
            return found;
        }
        assert!(stopwatch.elapsed().as_secs() < 30, "not {count} {state}: {found:#?}");
    }
}

/// Opens a payment whose news goes to `url`, and pays it; its order id.
fn paid(server: &Server, url: &str) -> String {
    let order = new_order();
    let headers = [("X-Override-Notification", url)];
    let charged = Merchant::demo(server.api).charge_with(&order, "alfamart", 50_000, &headers);
    let code = text(&charged, "payment_code");
    let pressed = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    assert_eq!((pressed.status, pressed.member("code").as_str()), (200, "00"));
    order
}

fn words(arrivals: &[Arrival], order: &str) -> Vec<String> {
    let bodies = arrivals.iter().map(Arrival::json);
    let own = bodies.filter(|body| body["order_id"] == order);
    own.map(|body| text(&body, "transaction_status").to_owned()).collect()
}

fn numbers(lines: &[Value]) -> Vec<i64> {
    lines.iter().map(|line| line["no"].as_i64().unwrap()).collect()
}

#[test]
fn what_was_told_is_found_by_every_name() {
    let folder = Folder::new("told");
    let (data, receiver) = (&folder.join("data"), Receiver::new());
    let server = Server::configured(data, folder.write("gerai.toml", "inbox = false\n"));
    let url = receiver.url("/hook");
    let (first, second) = (paid(&server, &url), paid(&server, &url));
    receiver.wait_for(4);
    let all = until(data, "delivered", 4);
    // Newest first, and every page once.
    assert!(numbers(&all).is_sorted_by(|one, next| one > next), "{all:#?}");
    let page = list(data, &["--limit", "3"]);
    let rest = list(data, &["--before", &page[2]["no"].to_string()]);
    assert_eq!([numbers(&page), numbers(&rest)].concat(), numbers(&all));

    let own = list(data, &["--order", &second]);
    assert_eq!(own.iter().map(|one| text(one, "says")).collect::<Vec<_>>(), ["paid", "pending"]);
    for name in ["payment_id", "code"] {
        assert_eq!(list(data, &[text(&own[0], name)]), own, "{name}");
    }
    assert_eq!(list(data, &["--order", &first, "--state", "failed"]), Vec::<Value>::new());
    assert_eq!(list(data, &["--merchant", "G000000001"]).len(), 4);
    assert_eq!(list(data, &["--merchant", "G000000002"]).len(), 0);
    assert_eq!(list(data, &["--since", "1h"]).len(), 4);
    assert_eq!(list(data, &["--since", "2h", "--until", "1h"]).len(), 0);
    assert_eq!(list(data, &["--until", "2020-01-01"]).len(), 0);
    assert_eq!(list(data, &["--since", "2020-01-01"]).len(), 4);
    for (words, why) in [
        (&["list", "--since", "yesterday"][..], "2h, 30m or 3d"),
        (&["list", "no-such-order"], "--order no-such-order"),
        (&["list", "--order", "nobodys"], "no such payment"),
        (&["list", "--merchant", "G9"], "no merchant `G9`"),
        (&["list", "--since", "1h", "--until", "2h"], "--until is before --since"),
        (&["show", "4711"], "no notification 4711"),
        (&["resend", "4711"], "no notification 4711"),
    ] {
        let ended = ask(data, words);
        assert!(ended.log.contains(why), "{words:?}: {ended:?}");
        assert_ne!(ended.code, Some(0));
    }
    // Why there is none is what is asked next.
    let silent = new_order();
    Merchant::demo(server.api).charge(&silent, "alfamart", 50_000);
    let none = ask(data, &["list", "--order", &silent]).well();
    assert!(none.contains("neither its account nor its request named a URL"), "{none}");
    assert_eq!(ask(data, &["list", "--state", "failed"]).well(), "no such notifications\n");
    let table = ask(data, &["list"]).well();
    assert!(table.contains(&second) && table.contains("delivered"), "{table}");

    // Beside a server and without one, the same.
    let before = show(data, &own[0]["no"]);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(show(data, &own[0]["no"]), before);
    let attempt = &before["tries"][0];
    assert_eq!((&attempt["status"], &before["tries"][1]), (&json!(200), &Value::Null));
    let hop = &attempt["exchange"]["hops"][0];
    assert_eq!(text(hop, "url"), url);
    assert!(hop["phases"]["total"].as_u64() >= hop["phases"]["first_byte"].as_u64(), "{hop}");
    assert!(hop["phases"]["tls"].is_null(), "{hop}");
    assert!(!before.to_string().contains(DEMO));
}

#[test]
fn an_inbox_is_told_from_a_url_that_is_gone() {
    let folder = Folder::new("targets");
    let (data, receiver) = (folder.path(), Receiver::new());
    let server = Server::on(data);
    let url = receiver.url("/hook");
    let set = |url: &str| {
        let words = ["merchant", "set", "G000000001", "--notification-url", url, "--data"];
        run(&[&words[..], &[data.to_str().unwrap()]].concat()).well();
    };
    let merchant = Merchant::demo(server.api);
    let at_inbox = new_order();
    merchant.charge(&at_inbox, "alfamart", 50_000);
    until(data, "delivered", 1);
    set(&url);
    let at_url = new_order();
    merchant.charge(&at_url, "alfamart", 50_000);
    until(data, "delivered", 2);
    let to = |order: &str| {
        let line = list(data, &["--order", order]).remove(0);
        let table = ask(data, &["list", "--order", order]).well();
        (line["url"].clone(), line["is_at_inbox"].clone(), table)
    };
    // Neither changes its place because the account does.
    for of_account in [url.as_str(), ""] {
        set(of_account);
        let (told, inbox, table) = to(&at_url);
        assert_eq!((told, inbox), (json!(url), json!(false)));
        assert_eq!(table.contains("which the account no longer has"), of_account.is_empty());
    }
    let (told, inbox, table) = to(&at_inbox);
    assert_eq!((told, inbox), (Value::Null, json!(true)));
    assert!(table.contains("(the sandbox's inbox)"), "{table}");
}

/// An outage of a merchant's server, put right in one command.
fn outage(beside_a_server: bool) {
    let folder = Folder::new("outage");
    let (data, receiver) = (folder.path(), Receiver::with(|_, _| Reply::Status(410)));
    let server = Server::on(data);
    let url = receiver.url("/hook");
    let orders = [paid(&server, &url), paid(&server, &url)];
    let failed = until(data, "failed", 4);
    let verdict = text(&failed[0], "last_verdict");
    assert!(verdict.contains("410"), "{verdict}");
    let attempts = receiver.arrivals().len();

    // What would be sent is told, and nothing is sent.
    let dry = ask(data, &["resend", "--failed", "--since", "1h", "--json"]).json();
    assert_eq!((&dry["applied"], &dry["found"]), (&json!(false), &json!(4)));
    let told = ask(data, &["resend", "--failed", "--since", "1h"]).well();
    assert!(told.contains("G000000001: 4 notifications") && told.contains("a dry run"), "{told}");
    assert_eq!(until(data, "failed", 4).len(), 4);
    let none = ["resend", "--failed", "--since", "1h", "--merchant", "G000000002", "--json"];
    assert_eq!(ask(data, &none).json()["found"], 0);
    for words in [
        &["resend", "--failed"][..],
        &["resend", "--failed", "--since", "1h", "--apply"],
        &["resend"],
        &["resend", "--failed", "--state", "due", "--since", "1h"],
        &["resend", "1", "--failed", "--since", "1h"],
    ] {
        assert_eq!(ask(data, words).code, Some(2), "{words:?}");
    }
    assert_eq!(receiver.arrivals().len(), attempts);

    receiver.behave(|_, _| Reply::Status(200));
    let server = if beside_a_server {
        Some(server)
    } else {
        assert_eq!(server.stop().code, Some(0));
        None
    };
    let reason = ["--reason", "the merchant mended its server, ticket 21"];
    let apply = [&["resend", "--failed", "--since", "1h", "--apply", "--json"], &reason[..]];
    let sent = ask(data, &apply.concat()).json();
    assert_eq!(
        (&sent["applied"], &sent["due"], &sent["left"]),
        (&json!(true), &json!(4), &json!([]))
    );
    let server = server.unwrap_or_else(|| Server::on(data));
    let arrivals = receiver.wait(|all| all.len() >= attempts + 4);
    for order in &orders {
        // Of the same order the older comes first, once more.
        let told = words(&arrivals[attempts..], order);
        assert_eq!(told, ["pending", "settlement"]);
    }
    let delivered = until(data, "delivered", 4);
    assert_eq!(numbers(&delivered), numbers(&failed), "they are the same");
    let shown = show(data, &delivered[0]["no"]);
    let statuses: Vec<_> =
        shown["tries"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!(410), &json!(200)]);
    if beside_a_server {
        server.wait_for_log("ticket 21");
        assert!(server.log().contains("uid"), "{}", server.log());
    }
    // Sent again from nothing to do: nothing.
    let again = ask(data, &apply.concat()).json();
    assert_eq!((&again["due"], &again["left"]), (&json!(0), &json!([])));

    // One that its merchant has is sent once more; what is older would come behind it.
    let own = list(data, &["--order", &orders[0]]);
    let resend = |no: &Value| {
        let words = ["resend", &no.to_string(), "--apply", "--json"];
        ask(data, &[&words[..], &reason].concat()).json()
    };
    assert_eq!(resend(&own[0]["no"])["due"], 1);
    receiver.wait(|all| all.len() >= attempts + 5);
    until(data, "delivered", 4);
    let left = resend(&own[1]["no"]);
    assert_eq!((&left["due"], &left["left"][0]["no"]), (&json!(0), &own[1]["no"]));
    assert!(text(&left["left"][0], "why").contains("newer news"), "{left}");
    let told = words(&receiver.arrivals(), &orders[0]);
    assert_eq!(told.last().map(String::as_str), Some("settlement"));
    assert_eq!(run(&["verify", "--data", data.to_str().unwrap()]).code, Some(0));
}

#[test]
fn an_outage_is_put_right_beside_a_server() {
    outage(true);
}

#[test]
fn an_outage_is_put_right_without_a_server() {
    outage(false);
}
