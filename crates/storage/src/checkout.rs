//! Checkouts: payments whose retailer is not chosen yet.

use domain::{
    ids::{AccountNo, CheckoutToken, OrderId, PaymentNo},
    money::Rupiah,
    time::Timestamp,
};

use crate::Sealed;

/// A checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRow {
    /// Its row.
    pub no: i64,
    /// Where its payment will lie.
    pub shard: u32,
    /// Under which name its payer finds it.
    pub token: CheckoutToken,
    /// Whose.
    pub account: AccountNo,
    /// The merchant's name of the order.
    pub order: OrderId,
    /// What the merchant asks for.
    pub amount: Rupiah,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// From when on nothing can be chosen.
    pub expires_at: Timestamp,
    /// From when on the row may go.
    pub keep_until: Timestamp,
    /// How it stands, whatever the time is.
    pub state: CheckoutState,
    /// What is paid for and where it can be, sealed.
    pub offer: Sealed,
}

/// How a checkout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutState {
    /// Nobody has chosen yet.
    Open,
    /// A retailer was chosen; this payment was opened.
    Chosen(PaymentNo),
    /// Its merchant withdrew it.
    Cancelled(Timestamp),
    /// Its merchant ended its time.
    Expired(Timestamp),
    /// A newer one of its order took its place.
    Revoked(Timestamp),
}

/// Which checkouts a batch touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckoutWanted {
    /// By its token, with the payment that was chosen.
    Token(CheckoutToken),
    /// The one of an order that is open.
    OpenOf(AccountNo, String),
}
