//! `GET /api/transactions` and `GET /api/balance`.

use domain::{sale::Operation, time::Span};
use gateway::{
    admin::{self, AdminCommand, PaymentClose, PaymentName},
    request::Close,
};
use serde_json::{Value, json};

use crate::shop::{ADI, BUDI, Caller, Counter, SARI, order};

/// The references on a page.
async fn listed(counter: &Counter, caller: Caller, query: &str) -> Vec<String> {
    let answer = counter.get(caller, &format!("/api/transactions{query}")).await;
    assert_eq!(answer.endpoint, "transactions");
    let Value::Array(list) = answer.data() else { panic!("{query} is no list") };
    list.iter().map(|one| one["merchantRef"].as_str().unwrap().to_owned()).collect()
}

async fn open(counter: &Counter, caller: Caller, reference: &str) -> Value {
    counter.open(caller, &order(reference, "indomaret", 20_000)).await.data()
}

async fn close(counter: &Counter, opened: &Value, how: Close) {
    let payment = PaymentName::Text(opened["id"].as_str().unwrap().to_owned());
    let close = PaymentClose { payment, how, reason: "a test".to_owned() };
    admin::execute(&counter.shop.gateway, AdminCommand::PaymentClose(close)).await.unwrap();
}

#[tokio::test]
async fn a_list_holds_what_stands_as_it_is_asked() {
    let counter = Counter::new();
    open(&counter, BUDI, "pending").await;
    for reference in ["paid-1", "paid-2", "reversed"] {
        let opened = open(&counter, BUDI, reference).await;
        counter.tell(Operation::Payment, &opened).await.outcome.unwrap();
        if reference == "reversed" {
            counter.tell(Operation::Reversal, &opened).await.outcome.unwrap();
        }
    }
    close(&counter, &open(&counter, BUDI, "cancelled").await, Close::Cancel).await;
    close(&counter, &open(&counter, BUDI, "expired").await, Close::Expire).await;

    for query in ["", "?status=success", "?page=1&status=success&type=cashIn", "?type=receive"] {
        assert_eq!(listed(&counter, BUDI, query).await, ["paid-2", "paid-1"], "{query}");
    }
    assert_eq!(listed(&counter, BUDI, "?status=pending").await, ["pending"]);
    assert_eq!(listed(&counter, BUDI, "?status=failed").await, ["cancelled", "reversed"]);
    assert_eq!(listed(&counter, BUDI, "?status=expired").await, ["expired"]);
    for query in ["?type=cashOut", "?type=send", "?page=2", "?page=10000"] {
        assert_eq!(listed(&counter, BUDI, query).await, Vec::<String>::new(), "{query}");
    }
    // What is listed is what a check says.
    let list = counter.get(BUDI, "/api/transactions").await.data();
    assert_eq!(list[1], counter.get(BUDI, "/api/check/paid-1").await.data());
}

#[tokio::test]
async fn a_day_is_jakartas() {
    let counter = Counter::new();
    let clock = counter.shop.gateway.clock();
    for caller in [BUDI, SARI] {
        open(&counter, caller, "first").await;
    }
    // One millisecond before midnight, and midnight.
    clock.advance(Span::hours(10).plus(Span::millis(-1)));
    open(&counter, SARI, "last").await;
    clock.advance(Span::millis(1));
    for caller in [BUDI, SARI] {
        open(&counter, caller, "next").await;
    }
    let on =
        async |caller, day: &str| listed(&counter, caller, &format!("?status=pending{day}")).await;
    assert_eq!(on(SARI, "&date=2026-11-21").await, ["last", "first"]);
    assert_eq!(on(SARI, "&date=2026-11-22").await, ["next"]);
    assert_eq!(on(BUDI, "&date=2026-11-22").await, ["next"]);
    assert_eq!(on(BUDI, "&date=2026-11-20").await, Vec::<String>::new());
    // Without a date, one lists everything, the other today.
    assert_eq!(on(BUDI, "").await, ["next", "first"]);
    assert_eq!(on(SARI, "").await, ["next"]);
}

#[tokio::test]
async fn a_page_holds_fifteen() {
    let counter = Counter::new();
    for number in 0..32 {
        open(&counter, BUDI, &format!("r{number}")).await;
    }
    let page = async |page| listed(&counter, BUDI, &format!("?status=pending&page={page}")).await;
    let numbers = |from: i32, to: i32| -> Vec<String> {
        (to..=from).rev().map(|number| format!("r{number}")).collect()
    };
    assert_eq!(page(1).await, numbers(31, 17));
    assert_eq!(page(2).await, numbers(16, 2));
    assert_eq!(page(3).await, numbers(1, 0));
    assert_eq!(page(4).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_listed_is_told_at_once() {
    let counter = Counter::new();
    let query = "?page=0&status=paid&date=2025-02-29&type=both";
    let answer = counter.get(SARI, &format!("/api/transactions{query}")).await;
    assert_eq!(answer.code(), "422 REQUEST_INVALID");
    let body = answer.body();
    assert_eq!(
        body["errors"],
        json!({
            "page": ["The page field must be between 1 and 10000."],
            "status": ["The status field must be success, pending, expired or failed."],
            "date": ["The date field must be a date like 2026-01-31."],
            "type": ["The type field must be cashIn, receive, cashOut or send."],
        })
    );
    let message = "The request is invalid or incomplete: The page field must be between 1 and \
                   10000. (and 3 more errors)";
    assert_eq!(body["responseMessage"], message);
}

#[tokio::test]
async fn a_balance_is_what_the_merchant_is_owed() {
    let counter = Counter::new();
    let balance = async |caller| counter.get(caller, "/api/balance").await.data();
    let nothing = json!({ "active": 0, "pending": 0, "total": 0 });
    assert_eq!(balance(BUDI).await, nothing);
    for (caller, owed) in [(BUDI, 20_000), (ADI, 19_500)] {
        let opened = open(&counter, caller, "a").await;
        assert_eq!(balance(caller).await, nothing);
        counter.tell(Operation::Payment, &opened).await.outcome.unwrap();
        let pending = json!({ "active": 0, "pending": owed, "total": owed });
        assert_eq!(balance(caller).await, pending);
    }
    assert_eq!(balance(SARI).await, nothing);
    let text = counter.get(SARI, "/api/balance").await.text;
    let wanted = r#"{"responseCode":200,"responseMessage":"success","responseData":{"active":0,"pending":0,"total":0}}"#;
    assert_eq!(text, wanted);
}
