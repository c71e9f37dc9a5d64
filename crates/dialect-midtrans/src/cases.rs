//! Every entry of the files in `cases/` is a test, and names its source. To add a case, add an entry.

mod checkouts;
mod refusals;

use std::{collections::BTreeSet, fs, path::Path};

use dialect::{Dialect, Notice};
use domain::{event::Announcement, retailer::Retailers};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use crate::{
    Midtrans, actions, answer,
    fault::Fault,
    json::compact,
    reading,
    samples::{account, at, retailer, view},
};

/// What the cases of one file have in common.
#[derive(Deserialize)]
struct Case {
    name: String,
    source: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// A case whose result is compared to the byte, order of members included.
#[derive(Deserialize)]
struct Rendered {
    name: String,
    source: String,
    /// What is rendered: an answer, or the news of a notification.
    what: String,
    store: String,
    standing: String,
    #[serde(default)]
    memo: String,
    gives: Box<RawValue>,
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases(name: &str) -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(&file(name)).unwrap();
    let named: Vec<_> = cases.iter().map(|case| (&case.name, &case.source)).collect();
    check_names(name, &named);
    cases
}

fn rendered(name: &str) -> Vec<Rendered> {
    let cases: Vec<Rendered> = serde_json::from_str(&file(name)).unwrap();
    let named: Vec<_> = cases.iter().map(|case| (&case.name, &case.source)).collect();
    check_names(name, &named);
    cases
}

fn check_names(file: &str, cases: &[(&String, &String)]) {
    assert!(!cases.is_empty(), "{file} is empty");
    let names: BTreeSet<_> = cases.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), cases.len(), "{file}: two cases have one name");
    for (name, source) in cases {
        assert!(!source.is_empty(), "{file}: {name} names no source");
    }
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

/// What a fault looks like, without the id that is new each time.
fn shown(fault: &Fault) -> Value {
    let mut body: Value = serde_json::from_slice(&fault.body(Uuid::nil())).unwrap();
    let id = body.as_object_mut().and_then(|body| body.remove("id"));
    let of_payment = matches!(fault, Fault::CannotUpdate(_));
    let fresh = id == Some(json!("00000000-0000-0000-0000-000000000000"));
    assert!(fresh != of_payment || *fault == Fault::TooOften, "{fault:?} has the wrong id: {id:?}");
    json!({ "http": fault.http(), "body": body })
}

/// The text of a case's request: as it is, or the JSON of its body.
fn request(case: &Case) -> Vec<u8> {
    match (case.rest.get("text"), case.rest.get("body")) {
        (Some(text), None) => text.as_str().unwrap().as_bytes().to_vec(),
        (None, Some(body)) => serde_json::to_vec(body).unwrap(),
        _ => panic!("{}: either text or body", case.name),
    }
}

/// What was understood of a charge.
fn charge(body: &[u8]) -> Value {
    let charge = match reading::read(body) {
        Ok(charge) => charge,
        Err(fault) => return shown(&fault),
    };
    let shape = match charge.retailer.as_str() {
        "alfamart" => retailer("alfamart", "alfa", 3),
        store => retailer(store, store, 1),
    };
    let opened_at = at("2026-11-21 12:00:00");
    let deadline = charge.expiry.map(|expiry| expiry.deadline(opened_at));
    let mut gives = json!({
        "order": charge.order.as_str(),
        "amount": charge.amount.get(),
        "store": charge.retailer.as_str(),
        "lines": charge.slip.lines(charge.retailer, Some(&shape)),
        "memo": charge.memo.to_stored(),
    });
    gives["payer"] = charge.slip.payer_name().into();
    gives["label"] = charge.slip.label(Some(&shape)).into();
    gives["expires"] = deadline.map(|(expires_at, _)| dialect::wib(expires_at)).into();
    gives["lifetime_ms"] = deadline.map(|(at, from)| at.since(from).as_millis()).into();
    // What a case does not mention is empty.
    let gives = gives.as_object_mut().unwrap();
    gives.retain(|_, value| !value.is_null() && *value != json!("") && *value != json!([]));
    Value::Object(std::mem::take(gives))
}

#[test]
fn charges_are_read() {
    let mut failures = Vec::new();
    for case in cases("charges.json") {
        let got = charge(&request(&case));
        if got != case.rest["gives"] {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn captures_are_read() {
    let mut failures = Vec::new();
    for case in cases("captures.json") {
        let got = match actions::captured(&request(&case)) {
            Ok(id) => json!({ "id": id }),
            Err(fault) => shown(&fault),
        };
        if got != case.rest["gives"] {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn answers_are_written() {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for case in rendered("answers.json") {
        let view = view(&case.store, &case.standing, &case.memo);
        let write = match case.what.as_str() {
            "charge" => answer::charged,
            "status" => answer::status,
            "cancel" => answer::cancelled,
            "expire" => answer::expired,
            other => panic!("{}: no answer is called {other}", case.name),
        };
        let got = String::from_utf8(write(&account(), &view)).unwrap();
        if compact(case.gives.get(), 9).as_deref() != Some(&got) {
            failures.push(format!("{}\n  got {got}", case.name));
        }
        seen.insert((case.what, case.standing));
    }
    report(&failures);
    // Rule 27: every state, and what is special within one.
    for standing in [
        "opening",
        "pending",
        "reserved",
        "in grace",
        "paid",
        "held",
        "final",
        "paid late",
        "settled",
        "reversed",
        "clawed_back",
        "cancelled",
        "expired",
    ] {
        assert!(seen.contains(&("status".to_owned(), standing.to_owned())), "{standing}");
    }
}

#[test]
fn notifications_are_written() {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for case in rendered("notifications.json") {
        let announcement = announcement(&case.what);
        let account = account();
        let view = view(&case.store, &case.standing, &case.memo);
        let happened_at = view.payment.opened_at;
        let now = happened_at;
        let url = "https://merchant.example/notify";
        let notice = Notice { announcement, account: &account, view: &view, url, happened_at, now };
        let sent = Midtrans.notification(&notice).unwrap();
        // What people are shown as signed gives the signature when the key is put in.
        let signed = sent.signed.unwrap();
        let key = account.key(crate::SERVER_KEY).unwrap();
        assert!(signed.ends_with("***") && !signed.contains(key.expose()), "{signed}");
        let signed = signed.replace("***", key.expose());
        let hash =
            hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, signed.as_bytes()));
        let told: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(told["signature_key"], hash, "{}", case.name);
        let got = String::from_utf8(sent.body).unwrap();
        if compact(case.gives.get(), 9).as_deref() != Some(&got) {
            failures.push(format!("{}\n  got {got}", case.name));
        }
        let headers = [
            ("user-agent", "Veritrans".to_owned()),
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        assert_eq!(sent.headers, headers);
        seen.insert((announcement, case.store));
    }
    report(&failures);
    for announcement in Announcement::ALL {
        assert!(Midtrans.announces(announcement));
        for store in ["alfamart", "indomaret"] {
            assert!(seen.contains(&(announcement, store.to_owned())), "{announcement:?} {store}");
        }
    }
}

fn announcement(name: &str) -> Announcement {
    let named = |announcement: &Announcement| format!("{announcement:?}") == name;
    Announcement::ALL.into_iter().find(named).unwrap_or_else(|| panic!("no news is called {name}"))
}

#[test]
fn refusals_become_codes() {
    let mut cases: Vec<_> = cases("refusals.json");
    let mut failures = Vec::new();
    for (what, fault) in refusals::all() {
        let Some(index) = cases.iter().position(|case| case.name == what) else {
            failures.push(format!("{what} has no case\n  got {:#}", shown(&fault)));
            continue;
        };
        let case = cases.swap_remove(index);
        let got = shown(&fault);
        if got != case.rest["gives"] {
            failures.push(format!("{what}\n  got {got:#}"));
        }
    }
    failures.extend(cases.iter().map(|case| format!("{} is no refusal", case.name)));
    report(&failures);
}

#[test]
fn a_merchant_without_a_key_gets_no_signature() {
    let mut account = account();
    account.keys.clear();
    let view = view("alfamart", "paid", "");
    let status: Value = serde_json::from_slice(&answer::status(&account, &view)).unwrap();
    assert_eq!(status["transaction_status"], "settlement");
    assert_eq!(status.get("signature_key"), None);
}

#[test]
fn alfamarts_network_starts_at_one_rupiah() {
    let base = Retailers::new(vec![
        retailer("alfamart", "alfa", 3),
        retailer("alfamidi", "alfa", 3),
        retailer("indomaret", "indomaret", 1),
    ]);
    let offered = Midtrans.retailers(&base);
    let least: Vec<_> = offered.iter().map(|r| (r.key.to_string(), r.amount_min.get())).collect();
    let expected = [("alfamart", 1), ("alfamidi", 1), ("indomaret", 10_000)];
    assert_eq!(least, expected.map(|(key, least)| (key.to_owned(), least)));
}
