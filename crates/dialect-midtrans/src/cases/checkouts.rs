//! Snap's requests and refusals.

use dialect::in_units;
use domain::ids::PaymentNo;
use gateway::request::{CheckoutError, CheckoutStanding, Unavailable, WithdrawError};
use serde_json::{Map, Value, json};

use super::{cases, report, request};
use crate::{
    fault::Fault,
    samples::retailer,
    snap::{fault::SnapFault, reading},
};

fn shown(fault: &SnapFault) -> Value {
    let body: Value = serde_json::from_slice(&fault.body()).unwrap();
    json!({ "http": fault.http(), "body": body })
}

/// What was understood of a request.
fn checkout(body: &[u8]) -> Value {
    let create = match reading::read(body) {
        Ok(create) => create,
        Err(fault) => return shown(&fault.into()),
    };
    let lines = create.stores.iter().filter_map(|store| {
        let shape = retailer(store.as_str(), store.as_str(), 3);
        let lines = create.slip.lines(*store, Some(&shape));
        (!lines.is_empty()).then(|| (store.to_string(), json!(lines)))
    });
    let mut gives = json!({
        "order": create.order.as_str(),
        "amount": create.amount.get(),
        "stores": create.stores.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "page": in_units(create.page),
        "lines": lines.collect::<Map<_, _>>(),
        "memo": create.memo.to_stored(),
        "finish": create.finish,
        "error": create.error,
        "payer": create.slip.payer_name(),
        "label": create.slip.label(None),
    });
    gives["expiry"] = create.expiry.map(|expiry| in_units(expiry.span)).into();
    gives["from"] = create.expiry.and_then(|expiry| expiry.from).map(dialect::wib).into();
    // What a case does not mention is empty; every checkout has its stores.
    let gives = gives.as_object_mut().unwrap();
    gives.retain(|_, value| !value.is_null() && *value != json!("") && *value != json!({}));
    Value::Object(std::mem::take(gives))
}

#[test]
fn checkouts_are_read() {
    let mut failures = Vec::new();
    for case in cases("checkouts.json") {
        let got = checkout(&request(&case));
        if got != case.rest["gives"] {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

/// Everything that can be refused, by the name of its case.
fn refusals() -> Vec<(String, SnapFault)> {
    let alfamart = retailer("alfamart", "alfa", 3);
    let create = |error| SnapFault::of_checkout(error, Some(&alfamart));
    let mut all = vec![
        ("create OrderPaid".to_owned(), create(CheckoutError::OrderPaid)),
        ("create OrderOpen".to_owned(), create(CheckoutError::OrderOpen)),
        ("create QueueFull".to_owned(), create(Unavailable::QueueFull.into())),
        ("create Storage".to_owned(), create(Unavailable::Storage.into())),
    ];
    all.extend(testkit::open_refusals().into_iter().map(|refusal| {
        (format!("create {}", testkit::refusal_name(refusal)), create(refusal.into()))
    }));
    for (name, error) in [
        ("NotFound", WithdrawError::NotFound),
        ("Chosen", WithdrawError::NotOpen(CheckoutStanding::Chosen(PaymentNo::new(1)))),
        ("Cancelled", WithdrawError::NotOpen(CheckoutStanding::Cancelled)),
        ("Revoked", WithdrawError::NotOpen(CheckoutStanding::Revoked)),
        ("Expired", WithdrawError::NotOpen(CheckoutStanding::Expired)),
        ("Stopping", Unavailable::Stopping.into()),
    ] {
        all.push((format!("withdraw {name}"), SnapFault::of_withdraw(error)));
    }
    for (name, fault) in [
        ("Unauthorized", Fault::Unauthorized),
        ("Deactivated", Fault::Deactivated),
        ("TooOften", Fault::TooOften),
        ("TooLarge", Fault::TooLarge { body_max: 65_536 }),
        ("TooSlow", Fault::TooSlow),
        ("UnknownPath", Fault::UnknownPath),
        ("WrongMethod", Fault::WrongMethod { allowed: "POST" }),
    ] {
        all.push((name.to_owned(), fault.into()));
    }
    all
}

#[test]
fn refusals_become_sentences() {
    let mut cases = cases("checkout_refusals.json");
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

#[test]
fn every_answer_that_a_sandbox_can_be_asked_for_has_a_status_of_its_own() {
    let mut statuses: Vec<_> = SnapFault::examples().iter().map(SnapFault::http).collect();
    let count = statuses.len();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses.len(), count);
    for status in [400, 401, 404, 500] {
        assert!(statuses.contains(&status), "{status}");
    }
}
