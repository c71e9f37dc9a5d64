//! Answers that say yes (sections 2.4 and 3.2). The members are in the order of the contract's tables.

use domain::payment::{Payment, Shown};
use gateway::{directory::Account, request::PaymentView};
use serde::Serialize;

use crate::{
    amount::{self, CURRENCY},
    call::Call,
    channel,
    endpoint::{Endpoint, SUCCESS},
    options, reference, stamp,
    words::Words,
};

/// The message of everything that was carried out.
pub(crate) const SUCCESSFUL: &str = "Successful";

/// An amount.
#[derive(Debug, Serialize)]
pub(crate) struct Amount {
    /// Always rupiah.
    pub(crate) currency: &'static str,
    /// With two decimals.
    pub(crate) value: String,
}

impl Amount {
    /// What a payment's merchant asked for.
    pub(crate) fn of(payment: &Payment) -> Self {
        Self { currency: CURRENCY, value: amount::write(payment.amount) }
    }
}

/// Where a payment is to be made.
#[derive(Debug, Serialize)]
pub(crate) struct Channel {
    /// Its name.
    pub(crate) channel: &'static str,
}

impl Channel {
    /// The channel a payment was opened for.
    pub(crate) fn of(payment: &Payment) -> Self {
        Self { channel: channel::name(payment.opened_for) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    response_code: &'static str,
    response_message: &'static str,
    partner_reference_no: &'a str,
    expiry_date: String,
    va_number: &'a str,
    payment_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing<'a> {
    response_code: &'static str,
    response_message: &'static str,
    original_partner_reference_no: &'a str,
    original_reference_no: String,
    latest_transaction_status: &'static str,
    transaction_status_desc: &'static str,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_time: Option<String>,
    va_number: &'a str,
    expiry_date: String,
    payment_url: String,
    additional_info: Channel,
}

/// The answer to a create that was carried out.
pub(crate) fn created(call: &Call<'_>, view: &PaymentView) -> Vec<u8> {
    write_created(&call.account, view, call.shell.payment_url(&view.payment.id))
}

/// The answer to a query.
pub(crate) fn standing(call: &Call<'_>, view: &PaymentView) -> Vec<u8> {
    write_standing(&call.account, view, call.shell.payment_url(&view.payment.id))
}

/// See [`created`]. `payment_url` is the payer's page.
pub(crate) fn write_created(account: &Account, view: &PaymentView, payment_url: String) -> Vec<u8> {
    let payment = &view.payment;
    json(&Created {
        response_code: success(Endpoint::Create, account),
        response_message: SUCCESSFUL,
        partner_reference_no: payment.order.as_str(),
        expiry_date: stamp::wib(payment.expires_at),
        va_number: payment.code.as_str(),
        payment_url,
    })
}

/// See [`standing`]. `payment_url` is the payer's page.
pub(crate) fn write_standing(
    account: &Account,
    view: &PaymentView,
    payment_url: String,
) -> Vec<u8> {
    let payment = &view.payment;
    let shown = payment.shown();
    let words = Words::of(&shown);
    let finished_time = match shown {
        Shown::Paid(taking) => Some(stamp::wib(taking.paid_at)),
        Shown::Pending | Shown::Reversed(_) | Shown::Cancelled | Shown::Expired => None,
    };
    json(&Standing {
        response_code: success(Endpoint::Query, account),
        response_message: SUCCESSFUL,
        original_partner_reference_no: payment.order.as_str(),
        original_reference_no: reference::number(payment),
        latest_transaction_status: words.status,
        transaction_status_desc: words.description,
        amount: Amount::of(payment),
        finished_time,
        va_number: payment.code.as_str(),
        expiry_date: stamp::wib(payment.expires_at),
        payment_url,
        additional_info: Channel::of(payment),
    })
}

/// The code of success that this merchant's clients expect.
fn success(endpoint: Endpoint, account: &Account) -> &'static str {
    if options::answers_in_snap(account) { endpoint.snap_success() } else { SUCCESS }
}

/// The bytes of an answer. Texts under fixed names cannot fail to be written.
pub(crate) fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
