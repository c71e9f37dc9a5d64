//! What a merchant is told, as sent (sections 5.1 and 5.2). The members are in reverse alphabetical
//! order, as in the vendor's samples.

use dialect::{Notice, Outgoing, wib};
use domain::event::Announcement;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    amount::wire,
    answer::{CURRENCY, FRAUD_STATUS, PAYMENT_TYPE, approval, json, sign},
    memo::Memo,
    words::Words,
};

#[derive(Serialize)]
struct Notification<'a> {
    transaction_time: String,
    transaction_status: &'static str,
    transaction_id: String,
    store: &'a str,
    status_message: &'static str,
    status_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_time: Option<String>,
    payment_type: &'static str,
    payment_code: &'a str,
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    merchant_id: &'a str,
    gross_amount: String,
    fraud_status: &'static str,
    expiry_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field1: Option<&'a str>,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_code: Option<String>,
}

/// The news as it is sent. It says what was announced, even if the payment has moved on since.
pub(crate) fn render(notice: &Notice<'_>) -> Outgoing {
    let payment = &notice.view.payment;
    let memo = Memo::from_stored(&notice.view.personal.memo);
    let words = Words::of_news(notice.announcement);
    let (is_settled, is_approved) = match notice.announcement {
        Announcement::Paid => (true, true),
        // It was settled once, so it keeps the time; its approval is gone.
        Announcement::Reversed => (true, false),
        Announcement::Pending | Announcement::Cancelled | Announcement::Expired => (false, false),
    };
    let taking = payment.state.taking();
    let gross_amount = wire(payment.amount);
    let signature_key = sign(notice.account, payment, words.in_notification, &gross_amount);
    // The text with the server key behind it, which is what the merchant hashes.
    let (order, code) = (payment.order.as_str(), words.in_notification);
    let signed = signature_key.as_ref().map(|_| format!("{order}{code}{gross_amount}***"));
    let body = json(&Notification {
        transaction_time: wib(payment.opened_at),
        transaction_status: words.transaction_status,
        transaction_id: payment.id.to_string(),
        store: payment.opened_for.as_str(),
        status_message: "midtrans payment notification",
        status_code: words.in_notification,
        signature_key,
        settlement_time: taking.filter(|_| is_settled).map(|taking| wib(taking.paid_at)),
        payment_type: PAYMENT_TYPE,
        payment_code: payment.code.as_str(),
        order_id: payment.order.as_str(),
        metadata: memo.metadata.as_deref(),
        merchant_id: &notice.account.public_id,
        gross_amount,
        fraud_status: FRAUD_STATUS,
        expiry_time: wib(payment.expires_at),
        custom_field3: memo.custom_field3.as_deref(),
        custom_field2: memo.custom_field2.as_deref(),
        custom_field1: memo.custom_field1.as_deref(),
        currency: CURRENCY,
        approval_code: taking.filter(|_| is_approved).and_then(|taking| approval(payment, taking)),
    });
    let headers = vec![
        ("user-agent", "Veritrans".to_owned()),
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    Outgoing { headers, body, signed }
}
