//! Snap's words for a no: an HTTP status and a list of sentences (section 8).

use domain::retailer::Retailer;
use gateway::request::{CheckoutError, CheckoutStanding, OpenError, OpenRefusal, WithdrawError};
use serde::Serialize;

use crate::{answer::json, fault::Fault, json::NotJson};

/// Why a request is turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SnapFault {
    /// What the Core API could refuse as well.
    Core(Fault),
    /// The order was paid.
    OrderPaid,
    /// The order has a payment already.
    OrderTaken,
    /// No retailer that was asked for is served.
    NoChannel,
    /// There is no such checkout.
    UnknownToken,
    /// The merchant closed it, or replaced it.
    Cancelled,
    /// Its time is over.
    Expired,
    /// Its payer has chosen.
    InProgress,
}

#[derive(Serialize)]
struct Body {
    error_messages: Vec<String>,
}

impl SnapFault {
    pub(crate) const UNKNOWN_PATH: Self = Self::Core(Fault::UnknownPath);

    pub(crate) fn wrong_method(allowed: &'static str) -> Self {
        Self::Core(Fault::WrongMethod { allowed })
    }

    /// One with each HTTP status.
    pub(crate) fn examples() -> Vec<Self> {
        vec![
            Self::Core(Fault::Invalid(vec!["as asked for by X-Gerai-Fault".to_owned()])),
            Self::Core(Fault::Unauthorized),
            Self::UnknownToken,
            Self::Core(Fault::TooSlow),
            Self::Core(Fault::Deactivated),
            Self::Core(Fault::TooLarge { body_max: 0 }),
            Self::Core(Fault::TooOften),
            Self::Core(Fault::Broken),
            Self::Core(Fault::Busy),
        ]
    }

    /// The HTTP status.
    pub(crate) fn http(&self) -> u16 {
        match self {
            Self::Core(fault) => match fault {
                Fault::Syntax(_)
                | Fault::Invalid(_)
                | Fault::ChannelInactive
                | Fault::OrderTaken
                | Fault::CannotUpdate(_) => 400,
                Fault::Unauthorized => 401,
                Fault::UnknownPayment | Fault::UnknownPath => 404,
                Fault::WrongMethod { .. } => 405,
                Fault::TooSlow => 408,
                Fault::Deactivated => 410,
                Fault::TooLarge { .. } => 413,
                Fault::TooOften => 429,
                Fault::EmptyCharge | Fault::NoCode | Fault::Broken => 500,
                Fault::RetailerPaused | Fault::Busy => 503,
            },
            Self::OrderPaid
            | Self::OrderTaken
            | Self::NoChannel
            | Self::Cancelled
            | Self::Expired
            | Self::InProgress => 400,
            Self::UnknownToken => 404,
        }
    }

    /// The sentences.
    fn texts(&self) -> Vec<String> {
        let texts: &[&str] = match self {
            Self::Core(Fault::Invalid(problems)) => return problems.clone(),
            Self::Core(Fault::Unauthorized) => &[
                "Access denied due to unauthorized transaction, please check client or server key",
                "Visit https://snap-docs.midtrans.com/#request-headers for more details",
            ],
            Self::Core(Fault::Syntax(NotJson { line, column, why })) => {
                return vec![format!(
                    "the request body is not JSON: line {line}, column {column}: {why}"
                )];
            }
            Self::Core(Fault::Broken | Fault::EmptyCharge | Fault::NoCode) => {
                &["Sorry, we encountered internal server error. We will fix this soon."]
            }
            Self::Core(fault) => return vec![fault.text().into_owned()],
            Self::OrderPaid => &[
                "transaction_details.order_id has been paid and utilized, please use another order ID",
            ],
            Self::OrderTaken => &["transaction_details.order_id has already been taken"],
            Self::NoChannel => &["enabled_payments has no payment channel that is activated"],
            Self::UnknownToken => &["token not found"],
            Self::Cancelled => &["token already canceled"],
            Self::Expired => &["token already expired"],
            Self::InProgress => &["Transaction is on progress"],
        };
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        json(&Body { error_messages: self.texts() })
    }

    /// The method that the endpoint has, where that is what is wrong.
    pub(crate) fn allowed(&self) -> Option<&'static str> {
        if let Self::Core(Fault::WrongMethod { allowed }) = self { Some(allowed) } else { None }
    }

    /// Whether the same request may be fine in a second.
    pub(crate) fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Core(Fault::Busy | Fault::TooOften))
    }

    /// A checkout that was not opened. `retailer` is the first that was asked for.
    pub(crate) fn of_checkout(error: CheckoutError, retailer: Option<&Retailer>) -> Self {
        match error {
            CheckoutError::OrderPaid => Self::OrderPaid,
            CheckoutError::OrderOpen
            | CheckoutError::Refused(OpenRefusal::OrderTaken | OpenRefusal::ExternalIdUsed) => {
                Self::OrderTaken
            }
            CheckoutError::Refused(OpenRefusal::UnknownRetailer) => Self::NoChannel,
            CheckoutError::Refused(refusal) => {
                match Fault::of_open(OpenError::Refused(refusal), retailer) {
                    // Snap calls it otherwise.
                    Fault::Invalid(texts) => {
                        let named = |text: String| text.replace("custom_expiry", "expiry");
                        Self::Core(Fault::Invalid(texts.into_iter().map(named).collect()))
                    }
                    fault => Self::Core(fault),
                }
            }
            CheckoutError::Unavailable(unavailable) => Self::Core(unavailable.into()),
        }
    }

    /// A checkout that was not closed.
    pub(crate) fn of_withdraw(error: WithdrawError) -> Self {
        match error {
            WithdrawError::NotFound => Self::UnknownToken,
            WithdrawError::NotOpen(standing) => match standing {
                CheckoutStanding::Chosen(_) => Self::InProgress,
                CheckoutStanding::Expired => Self::Expired,
                // An open one is not refused.
                CheckoutStanding::Cancelled
                | CheckoutStanding::Revoked
                | CheckoutStanding::Open => Self::Cancelled,
            },
            WithdrawError::Unavailable(unavailable) => Self::Core(unavailable.into()),
        }
    }
}

impl<F: Into<Fault>> From<F> for SnapFault {
    fn from(fault: F) -> Self {
        Self::Core(fault.into())
    }
}
