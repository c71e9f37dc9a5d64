//! What payments cost: agreed, quoted, and what is posted of it.

use serde_json::Value;

use crate::drive::{
    cronos::Project,
    folder::Folder,
    http::post,
    merchant::{Merchant, charge_body, new_order, text},
    process::{Server, run},
};

/// The example of the ledger's rules: 3,000 on top, of it 1,000 for the chain, 2,000 with PPN for us.
const PLAN: [&str; 10] = [
    "fee",
    "set",
    "SC-KRW9ESNZUUKQXOOX",
    "--for",
    "alfamart",
    "--borne-by=payer",
    "--gateway=2000",
    "--retailer=1000",
    "--tax=inclusive",
    "--json",
];

#[test]
fn a_plan_counts_for_what_is_opened_from_then_on() {
    let folder = Folder::new("fees");
    let data = ["--data", folder.path().to_str().unwrap()];
    let operate = |words: &[&str]| run(&[words, &data].concat());
    let server = Server::on(folder.path());
    let project = Project::of_cronos();

    let before = project.open(server.api, &new_order());
    assert_eq!((&before["fee"], &before["totalAmount"]), (&3_000.into(), &53_000.into()));
    let merchant = operate(&PLAN).json();
    let plan = "payer tax=inclusive gateway=2000 retailer=1000";
    assert_eq!(merchant["settings"]["fees"]["alfamart"], plan);
    let shown = operate(&["fee", "show", "SC-KRW9ESNZUUKQXOOX", "--json"]).json();
    assert_eq!((&shown["alfamart"], &shown["*"]), (&plan.into(), &"payer gateway=3000".into()));

    let words = ["fee", "quote", "SC-KRW9ESNZUUKQXOOX", "100000", "--for", "alfamart", "--json"];
    let quoted = operate(&words).json();
    for (name, value) in [
        ("fee", 3_000),
        ("total", 103_000),
        ("merchant_gets", 100_000),
        ("gateway", 1_802),
        ("tax", 198),
        ("retailer_share", 1_000),
    ] {
        assert_eq!(quoted[name], value, "{name}: {quoted}");
    }

    let after = project.open(server.api, &new_order());
    assert_eq!(after["totalAmount"], 53_000);
    for opened in [&before, &after] {
        let code = text(&opened["retail"], "paymentCode");
        let paid = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
        assert_eq!(paid.status, 200, "{}", paid.text());
    }
    // Each was paid under the plan it was opened under.
    let entries = |opened: &Value| {
        let words = ["payment", "events", text(opened, "id"), "--json"];
        let events = operate(&words).json();
        let paid = events.as_array().unwrap().iter().find(|event| event["event"] == "paid");
        let entries = paid.unwrap()["postings"].as_array().unwrap().clone();
        entries
            .iter()
            .map(|entry| {
                let amount = entry["amount"].as_i64().unwrap();
                (text(entry, "account").split(' ').take(2).collect::<Vec<_>>().join(" "), amount)
            })
            .collect::<Vec<_>>()
    };
    let named = |entries: &[(&str, i64)]| -> Vec<_> {
        entries.iter().map(|(account, amount)| ((*account).to_owned(), *amount)).collect()
    };
    assert_eq!(
        entries(&before),
        named(&[
            ("receivable alfamart", 53_000),
            ("merchant pending", -50_000),
            ("fee deferred", -3_000)
        ])
    );
    assert_eq!(
        entries(&after),
        named(&[
            ("receivable alfamart", 53_000),
            ("merchant pending", -50_000),
            ("commission payable", -1_000),
            ("fee deferred", -1_802),
            ("PPN payable", -198),
        ])
    );
    assert!(operate(&["verify", "--json"]).json()["clean"].as_bool().unwrap());
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_fee_that_the_merchant_bears_changes_nothing_for_the_payer() {
    let folder = Folder::new("fees-merchant");
    let data = ["--data", folder.path().to_str().unwrap()];
    let operate = |words: &[&str]| run(&[words, &data].concat());
    let server = Server::on(folder.path());
    // What a wire cannot say is refused before anything is stored (rule 21).
    let on_top = ["fee", "set", "G000000001", "--borne-by=payer", "--gateway=2500"];
    let sentence = operate(&on_top).sentence();
    assert!(sentence.contains("the payer bear it, which midtrans cannot tell"), "{sentence}");
    let words = ["fee", "set", "G000000001", "--borne-by=merchant", "--gateway=1000+50bp[..2000]"];
    operate(&words).well();

    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let body = charge_body(&order, "alfamart", 100_000).to_string();
    let charged = merchant.send("POST", "/v2/charge", &[], body.as_bytes()).json();
    assert_eq!(charged["gross_amount"], "100000.00");
    let words = ["payment", "show", text(&charged, "transaction_id"), "--json"];
    let shown = operate(&words).json();
    assert_eq!((&shown["total"], &shown["fee"]), (&100_000.into(), &0.into()));
    for words in [
        &["fee", "set", "G000000001", "--for", "nowhere", "--borne-by=merchant", "--gateway=1"][..],
        &["fee", "set", "G000000001", "--borne-by=merchant"],
        &["fee", "set", "G000000001", "--borne-by=merchant", "--gateway=2[3..1]"],
        &["fee", "quote", "G000000001", "-5"],
    ] {
        let refused = operate(words);
        assert_ne!(refused.code, Some(0), "{words:?}: {}", refused.said);
    }
    assert_eq!(server.stop().code, Some(0));
}
