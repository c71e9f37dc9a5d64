//! Creates.

use axum::body::to_bytes;
use dialect_ayolinx::rehearse_create;
use domain::{
    code::PaymentCode,
    ids::{AccountNo, OrderId, PaymentNo},
    money::Fee,
    payment::{Announce, Payment, State},
};
use gateway::request::{OpenRequest, PaymentRef, PaymentView};
use serde_json::{Value, json};

use crate::shop::{CREATE, Counter, order};

/// The demo merchant's account is the third.
const DEMO_ACCOUNT: AccountNo = AccountNo::new(3);

async fn view(counter: &Counter, reference: &str) -> Option<PaymentView> {
    let payment = PaymentRef::Order(reference.to_owned());
    counter.shop.gateway.payment(Some(DEMO_ACCOUNT), payment).await.unwrap()
}

#[tokio::test]
async fn the_answer_has_the_printed_members_and_no_others() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let mut body = order("INV 1");
    body["validUpTo"] = json!("2026-11-22T07:00:00.750Z");
    let answer = caller.create(&body).await;
    let view = view(&counter, "INV 1").await.unwrap();
    let expected = format!(
        r#"{{"responseCode":"00","responseMessage":"Successful","partnerReferenceNo":"INV 1","expiryDate":"2026-11-22T14:00:00+07:00","vaNumber":"{}","paymentUrl":"https://pay.example/pay/{}"}}"#,
        view.payment.code.as_str(),
        view.payment.id,
    );
    assert_eq!(answer.text, expected);
    assert_eq!(view.payment.expires_at.millis() % 1_000, 0);

    counter.set("success_code", "snap").await;
    assert_eq!(caller.create(&order("b")).await.said(), "2005400 Successful");
    let found = caller.query("b", "RETAIL_ALFAMART").await;
    assert_eq!(found.said(), "2005500 Successful");
}

#[tokio::test]
async fn what_a_merchant_says_is_kept() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let mut body = order("INV-1");
    body["urlParams"] = json!([
        { "url": "https://shop.example.com/thanks", "type": "PAY_RETURN" },
        { "url": "https://shop.example.com/hook?a=1", "type": "NOTIFICATION" },
    ]);
    assert_eq!(caller.create(&body).await.said(), "00 Successful");
    let PaymentView { payment, personal, notify_urls } = view(&counter, "INV-1").await.unwrap();
    assert_eq!(payment.amount.get(), 44_000);
    assert_eq!(payment.fee, Fee::NONE);
    assert_eq!(personal.payer_name.as_deref(), Some("Budi Santoso"));
    assert_eq!(personal.label.as_deref(), Some("INV-1"));
    assert_eq!(personal.receipt_lines, ["Ref. INV-1"]);
    let memo: Value = serde_json::from_str(&personal.memo).unwrap();
    let expected = json!({
        "email": "budi@example.com",
        "phone": "081234567890",
        "return_url": "https://shop.example.com/thanks",
    });
    assert_eq!(memo, expected);
    assert_eq!(notify_urls, Some(vec!["https://shop.example.com/hook?a=1".to_owned()]));

    caller.create(&order("INV-2")).await;
    assert_eq!(view(&counter, "INV-2").await.unwrap().notify_urls, None);
}

#[tokio::test]
async fn what_the_gateway_refuses_has_its_code() {
    let counter = Counter::new();
    counter.set("indomaret", "true").await;
    let caller = counter.caller().await;
    let cases = [
        ("amount.value", "9999.00", "4035402 Exceeds Transaction Amount Limit [At least 10000.00]"),
        ("amount.value", "10000.00", "00 Successful"),
        ("amount.value", "5000000.00", "00 Successful"),
        (
            "amount.value",
            "5000001.00",
            "4035402 Exceeds Transaction Amount Limit [At most 5000000.00]",
        ),
        ("amount.value", "9999999999999.00", "4035402 Exceeds Transaction Amount Limit"),
        (
            "validUpTo",
            "2026-11-21T14:00:00+07:00",
            "4005401 Invalid Field Format validUpTo [It has passed]",
        ),
        (
            "validUpTo",
            "2026-11-21T14:00:19+07:00",
            "4005401 Invalid Field Format validUpTo [At least 20 seconds from now]",
        ),
        ("validUpTo", "2026-11-21T14:00:20+07:00", "00 Successful"),
        ("validUpTo", "2027-05-20T14:00:00+07:00", "00 Successful"),
        (
            "validUpTo",
            "2027-05-20T14:00:01+07:00",
            "4005401 Invalid Field Format validUpTo [At most 15552000 seconds from now]",
        ),
        ("additionalInfo.channel", "RETAIL_DANDAN", "4035401 Feature Not Allowed"),
        ("additionalInfo.channel", "RETAIL_ALFAMIDI", "00 Successful"),
        ("additionalInfo.channel", "RETAIL_INDOMARET", "00 Successful"),
    ];
    for (number, (path, value, said)) in cases.into_iter().enumerate() {
        let mut body = order(&format!("order-{number}"));
        let pointer = format!("/{}", path.replace('.', "/"));
        *body.pointer_mut(&pointer).unwrap() = json!(value);
        assert_eq!(caller.create(&body).await.said(), said, "{path} {value}");
    }
}

#[tokio::test]
async fn a_reference_is_used_once_for_all_time() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    assert_eq!(caller.create(&order("a")).await.said(), "00 Successful");
    let mut other = order("a");
    other["amount"]["value"] = json!("50000.00");
    for body in [order("a"), other] {
        let again = caller.create(&body).await;
        assert_eq!(again.said(), "4095401 Duplicate partnerReferenceNo");
    }
}

#[tokio::test]
async fn a_rehearsal_answers_like_a_create() {
    let counter = Counter::new();
    let caller = counter.caller().await;
    let request = caller.request(CREATE, &order("a").to_string(), "1");
    let open = |request: OpenRequest| {
        assert_eq!(request.external_id.unwrap().endpoint, "retail/create");
        let payment = Payment {
            no: PaymentNo::new(1),
            id: "0192038a-8f72-7c4e-9d35-2d740d54c1a9".parse().unwrap(),
            account: request.account,
            order: OrderId::new("a").unwrap(),
            opened_for: request.retailer,
            code: PaymentCode::new("8127740588870520").unwrap(),
            slot: None,
            lap: 0,
            amount: request.amount,
            fee: Fee::NONE,
            opened_at: request.received_at,
            expires_at: request.expires_at.unwrap(),
            announce: Announce::AtOnce,
            superseded: false,
            family: None,
            state: State::Pending,
        };
        PaymentView { payment, personal: request.personal, notify_urls: None }
    };
    let response = rehearse_create(&counter.shell, request, open).await;
    let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["vaNumber"], "8127740588870520");
    assert_eq!(view(&counter, "a").await, None);

    let mut request = caller.request(CREATE, "{}", "1");
    request.headers_mut().remove("authorization");
    let refused = rehearse_create(&counter.shell, request, |_| panic!("nothing is opened")).await;
    assert_eq!(refused.status(), 401);
}
