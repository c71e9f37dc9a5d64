//! Another code for an order that has one (rule 36).

use domain::{
    ids::AccountNo,
    payment::Payment,
    retailer::{ReceiptShape, RetailerKey},
    time::Timestamp,
};

use super::{OpenRefusal, OpenRequest, PaymentRef, PaymentView, Personal, Unavailable};

/// A merchant wants its order to be payable at another chain too.
#[derive(Debug, Clone)]
pub struct SiblingRequest {
    /// Whose.
    pub account: AccountNo,
    /// Any payment of the order.
    pub payment: PaymentRef,
    /// Where it is to be paid too.
    pub retailer: RetailerKey,
    /// When the request's last byte arrived.
    pub received_at: Timestamp,
}

/// The code that the order has there now.
#[derive(Debug, Clone)]
pub enum Sibling {
    /// A new one.
    New(Box<PaymentView>),
    /// The retailer's network took one of the order's codes already.
    There(Box<PaymentView>),
}

/// Why there is no other code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiblingError {
    /// This account has no such payment.
    #[error("no such payment")]
    NotFound,
    /// The order waits for no cash.
    #[error("the payment is {0}")]
    NotPending(&'static str),
    /// What would refuse a payment refuses this one.
    #[error(transparent)]
    Refused(#[from] OpenRefusal),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SiblingRequest {
    /// The sibling as a payment to open: the same order and amount, at the other retailer.
    pub(crate) fn opening(
        &self,
        beside: &Payment,
        personal: Personal,
        notify_urls: Option<Vec<String>>,
    ) -> OpenRequest {
        OpenRequest {
            account: self.account,
            order: beside.order.clone(),
            retailer: self.retailer,
            amount: beside.amount,
            expires_at: Some(beside.expires_at),
            lifetime_from: self.received_at,
            personal,
            notify_urls,
            reuse_after_close: false,
            reuse_after_reversal: false,
            external_id: None,
            idempotency: None,
            received_at: self.received_at,
        }
    }
}

impl OpenRequest {
    /// With texts that fit another retailer's receipt and screen.
    pub(crate) fn cut(mut self, shape: ReceiptShape) -> Self {
        let cut = |text: &String, width| text.chars().take(width).collect::<String>();
        let lines = self.personal.receipt_lines.iter().take(shape.lines_max);
        self.personal.receipt_lines = lines.map(|line| cut(line, shape.line_width)).collect();
        self.personal.label = self.personal.label.as_ref().map(|text| cut(text, shape.label_width));
        self
    }
}

impl From<crate::request::OpenError> for SiblingError {
    fn from(error: crate::request::OpenError) -> Self {
        match error {
            crate::request::OpenError::Refused(refusal) => Self::Refused(refusal),
            crate::request::OpenError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
