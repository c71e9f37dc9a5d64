//! Checkouts: the merchant names an order, its payer chooses where to pay it.

use domain::{
    ids::{AccountNo, CheckoutToken, OrderId, PaymentNo},
    money::Rupiah,
    retailer::{Retailer, RetailerKey},
    time::{Span, Timestamp},
};
use serde::{Deserialize, Serialize};
use storage::{CheckoutRow, CheckoutState};

use super::{Close, OpenError, OpenRefusal, OpenRequest, PaymentView, Personal, Unavailable};

/// What a payer may choose from, and what goes with the payment that is opened then. Sealed with its
/// checkout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Who pays, as the merchant wrote it.
    pub payer_name: Option<String>,
    /// The dialect's own, as it will lie with the payment.
    pub memo: String,
    /// Where it can be paid, in the order in which it is shown. Nowhere twice.
    pub choices: Vec<Choice>,
    /// Where its notifications go instead of the account's URLs.
    pub notify_urls: Option<Vec<String>>,
    /// How long the payment can be paid; none: the retailer's default lifetime. Longer than the
    /// retailer allows is as long as it allows.
    pub lifetime: Option<Span>,
    /// From when that is counted; none: from when the retailer is chosen.
    pub lifetime_from: Option<Timestamp>,
    /// Where the payer goes back to who does not choose.
    pub back: Option<String>,
}

/// A retailer that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub retailer: RetailerKey,
    /// For the till's screen there, already cut to its width.
    pub label: Option<String>,
    /// For the receipt there, already cut to its shape.
    pub receipt_lines: Vec<String>,
}

impl Offer {
    /// The deadline of a payment that is opened at `now` for a retailer.
    pub(crate) fn deadline(&self, retailer: &Retailer, now: Timestamp) -> Option<Timestamp> {
        let lifetime = self.lifetime?;
        let deadline = self.lifetime_from.unwrap_or(now).plus(lifetime);
        Some(deadline.min(now.plus(retailer.lifetime_max)))
    }
}

/// A merchant lets its payer choose.
#[derive(Debug, Clone)]
pub struct CheckoutRequest {
    /// Whose.
    pub account: AccountNo,
    /// The merchant's name for it.
    pub order: OrderId,
    /// What the merchant asks for.
    pub amount: Rupiah,
    /// From when on nothing can be chosen.
    pub expires_at: Timestamp,
    /// What can be chosen.
    pub offer: Offer,
    /// Whether a payment that was cancelled or has expired gives its order id back.
    pub reuse_after_close: bool,
    /// Whether a reversed payment gives its order id back, where the account does not say.
    pub reuse_after_reversal: bool,
    /// When the request's last byte arrived.
    pub received_at: Timestamp,
}

impl CheckoutRequest {
    /// The payment of this checkout, at one of its retailers.
    pub(crate) fn opening(&self, choice: &Choice, expires_at: Option<Timestamp>) -> OpenRequest {
        let offer = &self.offer;
        OpenRequest {
            account: self.account,
            order: self.order.clone(),
            retailer: choice.retailer,
            amount: self.amount,
            expires_at,
            lifetime_from: self.received_at,
            personal: Personal {
                payer_name: offer.payer_name.clone(),
                label: choice.label.clone(),
                receipt_lines: choice.receipt_lines.clone(),
                memo: offer.memo.clone(),
            },
            notify_urls: offer.notify_urls.clone(),
            reuse_after_close: self.reuse_after_close,
            reuse_after_reversal: self.reuse_after_reversal,
            external_id: None,
            idempotency: None,
            received_at: self.received_at,
        }
    }
}

/// Why there is no checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutError {
    /// The order was paid.
    #[error("the order is paid")]
    OrderPaid,
    /// The order has a payment that waits for its cash.
    #[error("the order has an open payment")]
    OrderOpen,
    /// None of the retailers that are offered takes it; this is why the first does not.
    #[error(transparent)]
    Refused(#[from] OpenRefusal),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A payer has chosen.
#[derive(Debug, Clone)]
pub struct ChooseRequest {
    /// The checkout.
    pub token: CheckoutToken,
    /// Whose it is.
    pub account: AccountNo,
    /// The merchant's name of its order.
    pub order: OrderId,
    /// Where it will be paid.
    pub retailer: RetailerKey,
    /// When the request's last byte arrived.
    pub received_at: Timestamp,
}

/// The payment of a checkout.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// It is opened now.
    New(Box<PaymentView>),
    /// It had been opened before, perhaps for another retailer.
    There(Box<PaymentView>),
}

/// Why nothing was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// There is no such checkout.
    #[error("no such checkout")]
    NotFound,
    /// Nothing can be chosen there any more.
    #[error("the checkout is closed")]
    Closed(CheckoutStanding),
    /// It cannot be paid there.
    #[error("the retailer is not offered")]
    NotOffered,
    /// What would refuse a payment refuses this one.
    #[error(transparent)]
    Refused(OpenRefusal),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<OpenError> for ChooseError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Refused(refusal) => Self::Refused(refusal),
            OpenError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

/// A merchant closes a checkout.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawRequest {
    /// Whose checkouts are looked at.
    pub account: AccountNo,
    /// Which.
    pub token: CheckoutToken,
    /// How.
    pub how: Close,
    /// When the request's last byte arrived.
    pub received_at: Timestamp,
}

/// Why a checkout was not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// This account has no such checkout.
    #[error("no such checkout")]
    NotFound,
    /// It is closed already, or its retailer is chosen.
    #[error("the checkout is not open")]
    NotOpen(CheckoutStanding),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// How a checkout stands at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutStanding {
    /// A retailer can be chosen.
    Open,
    /// One was chosen; this payment was opened.
    Chosen(PaymentNo),
    /// Its merchant withdrew it.
    Cancelled,
    /// Its time is over.
    Expired,
    /// A newer one of its order took its place.
    Revoked,
}

impl CheckoutStanding {
    /// Of this row at `now`.
    pub(crate) fn of(row: &CheckoutRow, now: Timestamp) -> Self {
        match row.state {
            CheckoutState::Open if now < row.expires_at => Self::Open,
            CheckoutState::Open | CheckoutState::Expired(_) => Self::Expired,
            CheckoutState::Chosen(payment) => Self::Chosen(payment),
            CheckoutState::Cancelled(_) => Self::Cancelled,
            CheckoutState::Revoked(_) => Self::Revoked,
        }
    }
}

/// A checkout with what was sealed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Under which name its payer finds it.
    pub token: CheckoutToken,
    /// Whose.
    pub account: AccountNo,
    /// The merchant's name for it.
    pub order: OrderId,
    /// What the merchant asks for.
    pub amount: Rupiah,
    /// From when on nothing can be chosen.
    pub expires_at: Timestamp,
    /// How it stands.
    pub standing: CheckoutStanding,
    /// What can be chosen.
    pub offer: Offer,
}

/// An offer as it is sealed. Members are only ever added at the end.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedOffer {
    payer_name: Option<String>,
    memo: String,
    choices: Vec<(String, Option<String>, Vec<String>)>,
    notify_urls: Option<Vec<String>>,
    lifetime_ms: Option<i64>,
    lifetime_from_ms: Option<i64>,
    back: Option<String>,
    reuse_after_close: bool,
    reuse_after_reversal: bool,
}

impl SealedOffer {
    pub(crate) fn of(request: &CheckoutRequest) -> Self {
        let offer = &request.offer;
        let choice = |choice: &Choice| {
            let Choice { retailer, label, receipt_lines } = choice;
            (retailer.as_str().to_owned(), label.clone(), receipt_lines.clone())
        };
        Self {
            payer_name: offer.payer_name.clone(),
            memo: offer.memo.clone(),
            choices: offer.choices.iter().map(choice).collect(),
            notify_urls: offer.notify_urls.clone(),
            lifetime_ms: offer.lifetime.map(Span::as_millis),
            lifetime_from_ms: offer.lifetime_from.map(Timestamp::millis),
            back: offer.back.clone(),
            reuse_after_close: request.reuse_after_close,
            reuse_after_reversal: request.reuse_after_reversal,
        }
    }

    /// The request as it is decided at `received_at`: once to open the checkout, once to open its
    /// payment. A retailer that nobody could name any more is left out.
    pub(crate) fn request(self, row: &CheckoutRow, received_at: Timestamp) -> CheckoutRequest {
        let choices = self.choices.into_iter().filter_map(|(retailer, label, receipt_lines)| {
            let retailer = RetailerKey::new(&retailer).ok()?;
            Some(Choice { retailer, label, receipt_lines })
        });
        CheckoutRequest {
            account: row.account,
            order: row.order.clone(),
            amount: row.amount,
            expires_at: row.expires_at,
            offer: Offer {
                payer_name: self.payer_name,
                memo: self.memo,
                choices: choices.collect(),
                notify_urls: self.notify_urls,
                lifetime: self.lifetime_ms.map(Span::millis),
                lifetime_from: self.lifetime_from_ms.map(Timestamp::from_millis),
                back: self.back,
            },
            reuse_after_close: self.reuse_after_close,
            reuse_after_reversal: self.reuse_after_reversal,
            received_at,
        }
    }
}
