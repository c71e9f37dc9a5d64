//! Payments are opened.

use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use dialect_cronos::{rehearse_create, sign};
use domain::sale::Operation;
use gateway::{
    admin::{self, AdminCommand, PaymentClose, PaymentName},
    request::{Approved, Close, OpenRequest, PaymentRef, PaymentView},
};
use serde_json::{Value, json};

use crate::shop::{ADI, BUDI, Caller, Counter, SARI, order, request};

/// The documented requests, as printed, the second with its last comma taken out.
const CRONOS: &str = "{\n\"reference\": \"123456\",\n\"phoneNumber\":\"082195395779\",\n\
    \"channel\":\"alfamart\",\n\"amount\": 100000,\n\"expiryMinutes\": 30,\n\
    \"viewName\": \"Mr. Gentur\",\n\"additionalInfo\": {\n\
    \"callback\": \"http://your-site-callback.com/notify\"\n}\n}";
const SENGO: &str = "{\n\"reference\": \"REFF012\",\n\"phoneNumber\":\"08123456789\",\n\
    \"channel\":\"alfamart\",\n\"amount\": 10000,\n\"expiryMinutes\": 30,\n\
    \"viewName\": \"Merchant Name\",\n\"additionalInfo\": {\n\
    \"callback\": \"http://your-site-callback.com/notify\",\n}\n}";

/// The answer without what is new each time, its members in their order.
fn lasting(text: &str, data: &Value) -> String {
    let id = data["id"].as_str().unwrap();
    let code = data["retail"]["paymentCode"].as_str().unwrap();
    assert_eq!((id.len(), code.bytes().all(|byte| byte.is_ascii_digit())), (36, true));
    assert!((10..=16).contains(&code.len()), "{code}");
    text.replace(id, "ID").replace(code, "CODE")
}

#[tokio::test]
async fn the_documented_requests_get_the_documented_answers() {
    let counter = Counter::new();
    // The vendor's own signature for this body, which is not the text that is sent.
    let signature = "aa05613e174754909b2b11a4744a15becc0c8fe1880e25b1465d47744561b3347c78d5d6d83cdc9e83f37c248a52a2ec471bef0f10d651fd437833a8d5178c41";
    let cronos = counter.send(request(BUDI, "POST", "/api/retail", signature, CRONOS)).await;
    let expected = r#"{"responseCode":200,"responseMessage":"success","responseData":{"id":"ID","merchantRef":"123456","status":"pending","feePayer":"customer","amount":100000,"fee":3000,"totalAmount":103000,"expiredDate":"2026-11-21T14:30:00+07:00","paidDate":null,"settleDate":"2026-11-21T14:00:00+07:00","additionalInfo":{"callback":"http:\/\/your-site-callback.com\/notify"},"retail":{"viewName":"Mr. Gentur","channel":"alfamart","paymentCode":"CODE"}}}"#;
    assert_eq!(lasting(&cronos.text, &cronos.data()), expected);
    assert_eq!((cronos.http, cronos.endpoint), (200, "retail"));

    let broken = counter.post(SARI, "/api/retail", SENGO).await;
    assert_eq!(broken.code(), "422 REQUEST_INVALID");
    let sentence = "The body is not JSON: line 10, column 1: a comma has nothing after it.";
    assert_eq!(broken.body()["errors"], json!({ "body": [sentence] }));
    let mended = SENGO.replace("notify\",\n}", "notify\"\n}");
    let sengo = counter.post(SARI, "/api/retail", &mended).await;
    let expected = r#"{"responseCode":200,"responseMessage":"success","responseData":{"id":"ID","merchantRef":"REFF012","status":"pending","feePayer":"customer","amount":10000,"fee":85,"totalAmount":10085,"expiredDate":"2026-11-21T14:30:00+07:00","paidDate":null,"settleDate":"2026-11-21T14:00:00+07:00","additionalInfo":{"callback":"http:\/\/your-site-callback.com\/notify"},"retail":{"viewName":"Merchant Name","channel":"alfamart","paymentCode":"CODE"}}}"#;
    assert_eq!(lasting(&sengo.text, &sengo.data()), expected);
}

#[tokio::test]
async fn a_fee_that_the_merchant_bears_is_not_handed_over() {
    let counter = Counter::new();
    let data = counter.open(ADI, &order("a", "indomaret", 53_207)).await.data();
    assert_eq!(data["feePayer"], "merchant");
    assert_eq!((&data["fee"], &data["totalAmount"]), (&json!(500), &json!(53_207)));
}

#[tokio::test]
async fn what_is_handed_over_keeps_the_channels_limits() {
    let counter = Counter::new();
    for (caller, amount, told) in [
        (BUDI, 7_000, None),
        (BUDI, 6_999, Some("The amount field must be at least 10000, the payer's fee included.")),
        (BUDI, 4_997_000, None),
        (
            BUDI,
            4_997_001,
            Some("The amount field must be at most 5000000, the payer's fee included."),
        ),
        (ADI, 10_000, None),
        (ADI, 9_999, Some("The amount field must be at least 10000, the payer's fee included.")),
        (ADI, 5_000_000, None),
        (
            ADI,
            9_999_999_999,
            Some("The amount field must be at most 5000000, the payer's fee included."),
        ),
    ] {
        let answer = counter.open(caller, &order(&format!("r{amount}"), "indomaret", amount)).await;
        match told {
            None => assert_eq!(answer.data()["amount"], amount),
            Some(told) => {
                assert_eq!(answer.code(), "422 REQUEST_INVALID", "{amount}");
                assert_eq!(answer.body()["errors"], json!({ "amount": [told] }));
            }
        }
    }
}

#[tokio::test]
async fn lifetimes_keep_the_channels_limits() {
    let counter = Counter::new();
    let too_long = "The expiryMinutes field must be at most 180 days.";
    for (minutes, expires, told) in [
        (Value::Null, "2026-11-21T15:00:00+07:00", None),
        (json!(1), "2026-11-21T14:01:00+07:00", None),
        (json!(180 * 24 * 60), "2027-05-20T14:00:00+07:00", None),
        (json!(180 * 24 * 60 + 1), "", Some(too_long)),
        (json!("9999999999"), "", Some(too_long)),
    ] {
        let mut body = order(&format!("r{minutes}").replace('"', ""), "alfamart", 20_000);
        body["expiryMinutes"] = minutes;
        let answer = counter.open(BUDI, &body).await;
        match told {
            None => assert_eq!(answer.data()["expiredDate"], expires),
            Some(told) => assert_eq!(answer.body()["errors"], json!({ "expiryMinutes": [told] })),
        }
    }
}

#[tokio::test]
async fn a_reference_is_used_once_and_for_ever() {
    let counter = Counter::new();
    let taken = async |reference: &str| {
        let again = counter.open(BUDI, &order(reference, "indomaret", 30_000)).await;
        assert_eq!(again.code(), "409 DUPLICATE_REFERENCE", "{reference}");
        assert_eq!(again.body()["responseData"], Value::Null);
    };
    let open = async |reference: &str| {
        counter.open(BUDI, &order(reference, "indomaret", 20_000)).await.data()
    };
    open("pending").await;
    taken("pending").await;
    let paid = open("paid").await;
    let Ok(Approved::Paid { .. }) = counter.tell(Operation::Payment, &paid).await.outcome else {
        panic!("it is paid")
    };
    taken("paid").await;
    counter.tell(Operation::Reversal, &paid).await.outcome.unwrap();
    taken("paid").await;
    for (reference, how) in [("cancelled", Close::Cancel), ("expired", Close::Expire)] {
        let id = open(reference).await["id"].as_str().unwrap().to_owned();
        let payment = PaymentName::Text(id);
        let close = PaymentClose { payment, how, reason: "a test".to_owned() };
        admin::execute(&counter.shop.gateway, AdminCommand::PaymentClose(close)).await.unwrap();
        taken(reference).await;
    }
    // What was refused was not used.
    let refused = counter.open(BUDI, &order("refused", "indomaret", 1)).await;
    assert_eq!(refused.http, 422);
    open("refused").await;
}

#[tokio::test]
async fn what_is_kept_is_what_the_counter_and_the_merchant_need() {
    let counter = Counter::new();
    let mut body = order("a", "alfamart", 20_000);
    body["viewName"] = json!("Kopi Café 北京 with a very long name");
    let data = counter.open(SARI, &body).await.data();
    assert_eq!(data["retail"]["viewName"], "Kopi Café 北京 with a very long name");
    let payment = PaymentRef::Order("a".to_owned());
    let view = counter.shop.gateway.payment(Some(SARI.account), payment).await.unwrap().unwrap();
    let personal = &view.personal;
    assert_eq!(personal.payer_name.as_deref(), Some("Kopi Café 北京 with a very long name"));
    assert_eq!(personal.label.as_deref(), Some("Kopi Café 北京 with a"));
    assert_eq!(personal.receipt_lines, Vec::<String>::new());
    assert!(personal.memo.contains("08123456789"));
    assert_eq!(view.notify_urls, Some(vec!["http://your-site-callback.com/notify".to_owned()]));
}

#[tokio::test]
async fn a_channel_that_the_gateway_lacks_is_no_product() {
    let without = |settings: &mut gateway::Settings| {
        for terms in &mut settings.brands {
            let kept =
                terms.retailers.iter().filter(|retailer| retailer.key.as_str() != "alfamart");
            terms.retailers = domain::retailer::Retailers::new(kept.cloned().collect());
        }
    };
    let counter = Counter::with(0, without);
    let answer = counter.open(BUDI, &order("a", "alfamart", 20_000)).await;
    assert_eq!(answer.code(), "401 PRODUCT_ACCESS_ERROR");
    assert_eq!(counter.open(BUDI, &order("a", "indomaret", 20_000)).await.http, 200);
}

#[tokio::test]
async fn a_rehearsal_answers_as_its_route_does_and_stores_nothing() {
    let counter = Counter::new();
    let real = counter.open(BUDI, &order("real", "alfamart", 20_000)).await;
    let payment = PaymentRef::Order("real".to_owned());
    let view = counter.shop.gateway.payment(Some(BUDI.account), payment).await.unwrap().unwrap();
    let text = order("real", "alfamart", 20_000).to_string();
    let asked = Mutex::new(None);
    let open = |request: OpenRequest| -> PaymentView {
        *asked.lock().unwrap() = Some(request.order.as_str().to_owned());
        view.clone()
    };
    let rehearse = async |caller: Caller, path: &str| {
        let signature = sign(caller.token, caller.key, text.as_bytes());
        let request = request(caller, "POST", path, &signature, text.clone());
        let response = rehearse_create(&counter.shell, request, &open).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    };
    assert_eq!(rehearse(BUDI, "/api/retail").await, (200, real.text));
    assert_eq!(asked.lock().unwrap().take().as_deref(), Some("real"));
    assert_eq!(rehearse(Caller { token: "x", ..BUDI }, "/api/retail").await.0, 401);
    assert_eq!(rehearse(BUDI, "/api/projects").await.0, 404);
    assert_eq!(asked.lock().unwrap().take(), None);
    let request = request(BUDI, "GET", "/api/retail", "", Body::empty());
    assert_eq!(rehearse_create(&counter.shell, request, &open).await.status(), 405);
}
