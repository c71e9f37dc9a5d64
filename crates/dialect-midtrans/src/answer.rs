//! Answers that say yes (sections 2.6, 4.2, 4.3 and 4.4). All of them are HTTP 200; the members are
//! in the order of the vendor's samples.

use dialect::wib;
use domain::payment::{Payment, Shown, Taking};
use gateway::{directory::Account, request::PaymentView};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    SERVER_KEY, amount::wire, memo::Memo, receipt::INDOMARET, signature::signature_key,
    words::Words,
};

/// The only currency.
pub(crate) const CURRENCY: &str = "IDR";
/// The only kind of payment.
pub(crate) const PAYMENT_TYPE: &str = "cstore";
/// There is no fraud screening of cash.
pub(crate) const FRAUD_STATUS: &str = "accept";

#[derive(Serialize)]
struct Charged<'a> {
    status_code: &'static str,
    status_message: &'static str,
    transaction_id: String,
    order_id: &'a str,
    /// Where Alfamart's sample has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_id: Option<&'a str>,
    gross_amount: String,
    currency: &'static str,
    payment_type: &'static str,
    transaction_time: String,
    transaction_status: &'static str,
    fraud_status: &'static str,
    /// Where Indomaret's sample has it.
    #[serde(rename = "merchant_id", skip_serializing_if = "Option::is_none")]
    merchant_id_late: Option<&'a str>,
    payment_code: &'a str,
    store: &'a str,
    expiry_time: String,
}

/// The answer to a charge that was accepted.
pub(crate) fn charged(account: &Account, view: &PaymentView) -> Vec<u8> {
    let payment = &view.payment;
    let words = Words::of(&payment.shown());
    let is_late = payment.opened_for.as_str() == INDOMARET;
    let merchant_id = account.public_id.as_str();
    json(&Charged {
        status_code: words.in_status,
        status_message: "Success, cstore transaction is successful",
        transaction_id: payment.id.to_string(),
        order_id: payment.order.as_str(),
        merchant_id: (!is_late).then_some(merchant_id),
        gross_amount: wire(payment.amount),
        currency: CURRENCY,
        payment_type: PAYMENT_TYPE,
        transaction_time: wib(payment.opened_at),
        transaction_status: words.transaction_status,
        fraud_status: FRAUD_STATUS,
        merchant_id_late: is_late.then_some(merchant_id),
        payment_code: payment.code.as_str(),
        store: payment.opened_for.as_str(),
        expiry_time: wib(payment.expires_at),
    })
}

#[derive(Serialize)]
struct Status<'a> {
    status_code: &'static str,
    transaction_id: String,
    gross_amount: String,
    currency: &'static str,
    order_id: &'a str,
    payment_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_key: Option<String>,
    transaction_status: &'static str,
    fraud_status: &'static str,
    status_message: &'static str,
    merchant_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_code: Option<String>,
    payment_code: &'a str,
    store: &'a str,
    transaction_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_time: Option<String>,
    expiry_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
}

/// The answer to `GET /v2/{id}/status`.
pub(crate) fn status(account: &Account, view: &PaymentView) -> Vec<u8> {
    let payment = &view.payment;
    let memo = Memo::from_stored(&view.personal.memo);
    let shown = payment.shown();
    let words = Words::of(&shown);
    // A reversed payment was settled once, so it keeps the time; its approval is gone.
    let (settled, approved) = match &shown {
        Shown::Paid(taking) => (Some(taking), Some(taking)),
        Shown::Reversed(taking) => (Some(taking), None),
        Shown::Pending | Shown::Cancelled | Shown::Expired => (None, None),
    };
    let gross_amount = wire(payment.amount);
    json(&Status {
        status_code: words.in_status,
        transaction_id: payment.id.to_string(),
        currency: CURRENCY,
        order_id: payment.order.as_str(),
        payment_type: PAYMENT_TYPE,
        signature_key: sign(account, payment, words.in_status, &gross_amount),
        gross_amount,
        transaction_status: words.transaction_status,
        fraud_status: FRAUD_STATUS,
        status_message: "Success, transaction is found",
        merchant_id: &account.public_id,
        approval_code: approved.and_then(|taking| approval(payment, taking)),
        payment_code: payment.code.as_str(),
        store: payment.opened_for.as_str(),
        transaction_time: wib(payment.opened_at),
        settlement_time: settled.map(|taking| wib(taking.paid_at)),
        expiry_time: wib(payment.expires_at),
        custom_field1: memo.custom_field1.as_deref(),
        custom_field2: memo.custom_field2.as_deref(),
        custom_field3: memo.custom_field3.as_deref(),
        metadata: memo.metadata.as_deref(),
    })
}

#[derive(Serialize)]
struct Closed<'a> {
    status_code: &'static str,
    status_message: &'static str,
    transaction_id: String,
    order_id: &'a str,
    merchant_id: &'a str,
    gross_amount: String,
    currency: &'static str,
    payment_type: &'static str,
    transaction_time: String,
    transaction_status: &'static str,
    fraud_status: &'static str,
}

/// The answer to a cancel that was carried out.
pub(crate) fn cancelled(account: &Account, view: &PaymentView) -> Vec<u8> {
    closed(account, view, "Success, transaction is canceled")
}

/// The answer to an expire that was carried out.
pub(crate) fn expired(account: &Account, view: &PaymentView) -> Vec<u8> {
    closed(account, view, "Success, transaction has expired")
}

fn closed(account: &Account, view: &PaymentView, status_message: &'static str) -> Vec<u8> {
    let payment = &view.payment;
    let words = Words::of(&payment.shown());
    json(&Closed {
        status_code: words.in_status,
        status_message,
        transaction_id: payment.id.to_string(),
        order_id: payment.order.as_str(),
        merchant_id: &account.public_id,
        gross_amount: wire(payment.amount),
        currency: CURRENCY,
        payment_type: PAYMENT_TYPE,
        transaction_time: wib(payment.opened_at),
        transaction_status: words.transaction_status,
        fraud_status: FRAUD_STATUS,
    })
}

/// The signature with the account's newest key; none where the account has no key to sign with.
pub(crate) fn sign(
    account: &Account,
    payment: &Payment,
    status_code: &str,
    gross_amount: &str,
) -> Option<String> {
    let key = account.key(SERVER_KEY)?;
    Some(signature_key(payment.order.as_str(), status_code, gross_amount, key.expose()))
}

/// The proof of payment, which only Indomaret has. The same as on the till's receipt.
pub(crate) fn approval(payment: &Payment, taking: &Taking) -> Option<String> {
    let proven = payment.opened_for.as_str() == INDOMARET;
    proven.then(|| taking.approval_code())
}

/// The bytes of an answer. Texts and numbers under fixed names cannot fail to be written.
pub(crate) fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
