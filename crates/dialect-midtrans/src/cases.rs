//! Every entry of the files in `cases/` is a test, and names its source. To add a case, add an entry.

use std::{collections::BTreeSet, fs, path::Path};

use dialect::{Dialect, NotAdmitted, Notice};
use domain::{
    event::Announcement,
    money::Rupiah,
    payment::{Refusal, ReversalRefused},
    retailer::{RetailerKey, Retailers},
};
use gateway::request::{CloseError, OpenError, OpenRefusal, Unavailable};
use intake::{BodyError, Limits};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use crate::{
    Midtrans, actions, answer,
    fault::Fault,
    json::{NotJson, compact},
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
        let notice = Notice { announcement, account: &account, view: &view, happened_at, now };
        let sent = Midtrans.notification(&notice);
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
    for (what, fault) in refusals() {
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

/// Everything that can be refused, by the name of its case.
fn refusals() -> Vec<(String, Fault)> {
    let named = |kind: &str, what: &dyn std::fmt::Debug| {
        let text = format!("{what:?}");
        let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
        format!("{kind} {name}")
    };
    let alfamart = retailer("alfamart", "alfa", 3);
    let mut all = Vec::new();
    for refusal in open_refusals() {
        let fault = Fault::of_open(OpenError::Refused(refusal), Some(&alfamart));
        all.push((named("open", &refusal), fault));
    }
    for refusal in close_refusals() {
        let view = Box::new(view("alfamart", "paid", ""));
        let fault = Fault::of_close(CloseError::Refused(view, refusal));
        all.push((named("close", &refusal), fault));
    }
    all.push(("close NotFound".to_owned(), Fault::of_close(CloseError::NotFound)));
    for unavailable in [
        Unavailable::QueueFull,
        Unavailable::Stopping,
        Unavailable::Storage,
        Unavailable::CountersClosed,
    ] {
        all.push((named("unavailable", &unavailable), unavailable.into()));
    }
    for not_admitted in [NotAdmitted::Disabled, NotAdmitted::Address, NotAdmitted::TooOften] {
        all.push((named("admit", &not_admitted), not_admitted.into()));
    }
    for error in [BodyError::TooLarge, BodyError::TooSlow, BodyError::Broken] {
        all.push((named("body", &error), Fault::of_body(error, &Limits::default())));
    }
    let not_json = NotJson { line: 6, column: 3, why: "expected `,` or `}`".to_owned() };
    for fault in [
        Fault::Syntax(not_json),
        Fault::EmptyCharge,
        Fault::Unauthorized,
        Fault::ChannelInactive,
        Fault::UnknownPayment,
        Fault::UnknownPath,
        Fault::WrongMethod { allowed: "POST" },
    ] {
        all.push((named("fault", &fault), fault));
    }
    all
}

/// One of each. A new refusal does not compile until it is listed.
fn open_refusals() -> Vec<OpenRefusal> {
    let limit = Rupiah::new(5_000_000).unwrap();
    let all = vec![
        OpenRefusal::OrderTaken,
        OpenRefusal::UnknownRetailer,
        OpenRefusal::RetailerPaused,
        OpenRefusal::BelowLimit { limit },
        OpenRefusal::AboveLimit { limit },
        OpenRefusal::DeadlinePassed,
        OpenRefusal::LifetimeTooShort,
        OpenRefusal::LifetimeTooLong,
        OpenRefusal::CodesExhausted,
    ];
    let place = |refusal: &OpenRefusal| match refusal {
        OpenRefusal::OrderTaken => 0,
        OpenRefusal::UnknownRetailer => 1,
        OpenRefusal::RetailerPaused => 2,
        OpenRefusal::BelowLimit { .. } => 3,
        OpenRefusal::AboveLimit { .. } => 4,
        OpenRefusal::DeadlinePassed => 5,
        OpenRefusal::LifetimeTooShort => 6,
        OpenRefusal::LifetimeTooLong => 7,
        OpenRefusal::CodesExhausted => 8,
    };
    assert!(all.iter().map(place).eq(0..all.len()));
    all
}

/// One of each. A new refusal does not compile until it is listed.
fn close_refusals() -> Vec<Refusal> {
    let limit = Rupiah::new(1).unwrap();
    let all = vec![
        Refusal::UnknownCode,
        Refusal::NotPayableHere { retailer: RetailerKey::new("alfamart").unwrap() },
        Refusal::AlreadyPaid,
        Refusal::PaymentReversed,
        Refusal::Cancelled,
        Refusal::Expired,
        Refusal::BeingPaid,
        Refusal::NeedsInquiry,
        Refusal::WrongAmount { owed: limit, offered: limit },
        Refusal::OverLimit { limit },
        Refusal::UnderLimit { limit },
        Refusal::SaleReversed,
        Refusal::SaleConflict,
        Refusal::UnknownSale,
        Refusal::ReversalRefused(ReversalRefused::Final),
        Refusal::NotPending,
        Refusal::NotPaid,
        Refusal::NotReserved,
        Refusal::TooEarly,
    ];
    let place = |refusal: &Refusal| match refusal {
        Refusal::UnknownCode => 0,
        Refusal::NotPayableHere { .. } => 1,
        Refusal::AlreadyPaid => 2,
        Refusal::PaymentReversed => 3,
        Refusal::Cancelled => 4,
        Refusal::Expired => 5,
        Refusal::BeingPaid => 6,
        Refusal::NeedsInquiry => 7,
        Refusal::WrongAmount { .. } => 8,
        Refusal::OverLimit { .. } => 9,
        Refusal::UnderLimit { .. } => 10,
        Refusal::SaleReversed => 11,
        Refusal::SaleConflict => 12,
        Refusal::UnknownSale => 13,
        Refusal::ReversalRefused(_) => 14,
        Refusal::NotPending => 15,
        Refusal::NotPaid => 16,
        Refusal::NotReserved => 17,
        Refusal::TooEarly => 18,
    };
    assert!(all.iter().map(place).eq(0..all.len()));
    all
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
