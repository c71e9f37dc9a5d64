//! Answers that say yes (sections 2.3 and 3). All of them are HTTP 200; the members are in the order
//! of the vendor's samples, and the text is what PHP would write.

use std::io::{self, Write};

use dialect::wib;
use domain::{
    money::Bearer,
    payment::{Payment, Shown},
    time::Timestamp,
};
use gateway::request::{Balances, PaymentView};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::{
    memo::Memo,
    php::{Style, write_fragment},
    words,
};

/// Around everything that is said.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<T> {
    response_code: u16,
    response_message: &'static str,
    response_data: T,
}

impl<T> Envelope<T> {
    const fn around(response_data: T) -> Self {
        Self { response_code: 200, response_message: "success", response_data }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    id: String,
    merchant_ref: &'a str,
    status: &'static str,
    fee_payer: &'static str,
    amount: i64,
    fee: i64,
    total_amount: i64,
    expired_date: String,
    paid_date: Option<String>,
    settle_date: String,
    additional_info: AdditionalInfo,
    retail: Retail<'a>,
}

#[derive(Serialize)]
struct AdditionalInfo {
    callback: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Retail<'a> {
    view_name: String,
    channel: &'a str,
    payment_code: &'a str,
}

/// What is said of a payment's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its `status`.
    pub(crate) status: &'static str,
    /// When it was paid, where it counts as paid.
    pub(crate) paid_at: Option<Timestamp>,
}

impl Standing {
    /// As it is now.
    pub(crate) fn of(payment: &Payment) -> Self {
        let shown = payment.shown();
        let paid_at = match &shown {
            Shown::Paid(taking) => Some(taking.paid_at),
            // Somebody who looks at the time of payment alone must not take it for paid.
            Shown::Pending | Shown::Reversed(_) | Shown::Cancelled | Shown::Expired => None,
        };
        Self { status: words::of(&shown), paid_at }
    }
}

fn transaction(view: &PaymentView, standing: Standing) -> Transaction<'_> {
    let payment = &view.payment;
    let memo = Memo::from_stored(&view.personal.memo);
    Transaction {
        id: payment.id.to_string(),
        merchant_ref: payment.order.as_str(),
        status: standing.status,
        fee_payer: match payment.fee.bearer {
            Bearer::Payer => "customer",
            Bearer::Merchant => "merchant",
        },
        amount: payment.amount.get(),
        fee: payment.fee.amount.get(),
        total_amount: payment.total().get(),
        expired_date: time(payment.expires_at),
        paid_date: standing.paid_at.map(time),
        settle_date: time(standing.paid_at.unwrap_or(payment.opened_at)),
        additional_info: AdditionalInfo { callback: memo.callback },
        retail: Retail {
            view_name: memo.view_name,
            channel: payment.opened_for.as_str(),
            payment_code: payment.code.as_str(),
        },
    }
}

/// A payment as it is now: the answer to opening it and to looking at it.
pub(crate) fn payment(view: &PaymentView) -> Vec<u8> {
    standing(view, Standing::of(&view.payment))
}

/// A payment of which something is said, which need not be so any more.
pub(crate) fn standing(view: &PaymentView, standing: Standing) -> Vec<u8> {
    json(&Envelope::around(transaction(view, standing)))
}

/// A page of payments.
pub(crate) fn list(views: &[PaymentView]) -> Vec<u8> {
    let list: Vec<_> =
        views.iter().map(|view| transaction(view, Standing::of(&view.payment))).collect();
    json(&Envelope::around(list))
}

#[derive(Serialize)]
struct Owed {
    active: i64,
    pending: i64,
    total: i64,
}

/// What the merchant is owed.
pub(crate) fn balance(balances: &Balances) -> Vec<u8> {
    let (active, pending) = (balances.active.get(), balances.pending.get());
    json(&Envelope::around(Owed { active, pending, total: active.saturating_add(pending) }))
}

/// `YYYY-MM-DDTHH:MM:SS+07:00` (section 6).
fn time(at: Timestamp) -> String {
    format!("{}+07:00", wib(at).replace(' ', "T"))
}

/// The bytes of an answer, as PHP writes them. Texts and numbers under fixed names cannot fail to be
/// written.
pub(crate) fn json(answer: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut bytes, Php(Vec::new()));
    match answer.serialize(&mut serializer) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

/// Compact, with slashes and everything above U+007F escaped. Holds room for what it writes.
struct Php(Vec<u8>);

impl Formatter for Php {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        self.0.clear();
        write_fragment(fragment, Style::PHP, &mut self.0);
        writer.write_all(&self.0)
    }
}
