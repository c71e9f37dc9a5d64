//! Midtrans' words for a no: the only place where a refusal becomes a code (sections 1.6 and 3).

use std::borrow::Cow;

use dialect::{NotAdmitted, in_units};
use domain::{ids::PaymentId, payment::Refusal, retailer::Retailer};
use gateway::request::{CloseError, OpenError, OpenRefusal, Unavailable};
use intake::{BodyError, Limits};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    answer::json,
    json::NotJson,
    problems::{above, below},
};

/// Why a request is turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The body is not JSON.
    Syntax(NotJson),
    /// Members that are missing or not acceptable, each with its path.
    Invalid(Vec<String>),
    /// A charge of nothing: `null` or `{}`.
    EmptyCharge,
    /// No merchant has this key, or it may not be used from there.
    Unauthorized,
    /// A kind of payment or a store that is not offered.
    ChannelInactive,
    /// This merchant has no such payment.
    UnknownPayment,
    /// There is no such endpoint.
    UnknownPath,
    /// The endpoint has another method.
    WrongMethod {
        /// Which.
        allowed: &'static str,
    },
    /// The order id is in use.
    OrderTaken,
    /// The payment's state forbids it.
    CannotUpdate(PaymentId),
    /// The merchant is turned off.
    Deactivated,
    /// More bytes than are taken.
    TooLarge {
        /// The most, in bytes.
        body_max: usize,
    },
    /// The body came too slowly.
    TooSlow,
    /// Too many requests.
    TooOften,
    /// The retailer takes no new payments now.
    RetailerPaused,
    /// No payment code is left.
    NoCode,
    /// Too much waits already, or the gateway is going down.
    Busy,
    /// Something broke; the log says what.
    Broken,
}

/// A fault on the wire.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// The HTTP status.
    http: u16,
    /// The body's `status_code`.
    code: &'static str,
}

const fn shape(http: u16, code: &'static str) -> Shape {
    Shape { http, code }
}

#[derive(Serialize)]
struct Body<'a> {
    status_code: &'static str,
    status_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_messages: Option<&'a [String]>,
    id: String,
}

/// The gateway in front of the vendor's own servers answers this one (section 1.7).
#[derive(Serialize)]
struct Throttled {
    message: &'static str,
}

impl Fault {
    fn shape(&self) -> Shape {
        match self {
            // Codes of the body that come with HTTP 200 (section 1.6).
            Self::UnknownPayment => shape(200, "404"),
            Self::OrderTaken => shape(200, "406"),
            Self::CannotUpdate(_) => shape(200, "412"),
            // The others are the HTTP status as well.
            Self::Invalid(_) => shape(400, "400"),
            Self::Unauthorized => shape(401, "401"),
            Self::ChannelInactive => shape(402, "402"),
            Self::UnknownPath => shape(404, "404"),
            Self::WrongMethod { .. } => shape(405, "405"),
            Self::TooSlow => shape(408, "408"),
            Self::Deactivated => shape(410, "410"),
            Self::Syntax(_) | Self::TooLarge { .. } => shape(413, "413"),
            Self::TooOften => shape(429, "429"),
            Self::EmptyCharge | Self::Broken => shape(500, "500"),
            Self::RetailerPaused | Self::Busy => shape(503, "503"),
            Self::NoCode => shape(505, "505"),
        }
    }

    /// The body's `status_code`.
    pub(crate) fn code(&self) -> &'static str {
        self.shape().code
    }

    /// What it says for people.
    pub(crate) fn text(&self) -> Cow<'static, str> {
        let text = match self {
            Self::Syntax(NotJson { line, column, why }) => {
                return format!(
                    "The request cannot be processed due to syntax error in the request body. \
                     Line {line}, column {column}: {why}."
                )
                .into();
            }
            Self::TooLarge { body_max } => {
                return format!("The request body is larger than {body_max} bytes.").into();
            }
            Self::WrongMethod { allowed } => {
                return format!("Method is not allowed. Use {allowed}.").into();
            }
            Self::Invalid(_) => "One or more parameters in the payload is invalid.",
            Self::EmptyCharge | Self::Broken => {
                "Sorry. Our system is recovering from unexpected issues. Please retry."
            }
            Self::Unauthorized => {
                "Transaction cannot be authorized with the current client/server key."
            }
            Self::ChannelInactive => "Payment channel is not activated.",
            Self::UnknownPayment => "Transaction doesn't exist.",
            Self::UnknownPath => "The requested resource is not found",
            Self::OrderTaken => {
                "The request could not be completed due to a conflict with the current state of \
                 the target resource, please try again"
            }
            Self::CannotUpdate(_) => "Transaction status cannot be updated.",
            Self::Deactivated => "Merchant account is deactivated.",
            Self::TooSlow => "The request body did not arrive in time.",
            Self::TooOften => "API rate limit exceeded",
            Self::RetailerPaused => "Bank/partner is experiencing connection issue.",
            Self::NoCode => "Unable to create va_number for this transaction",
            Self::Busy => "The server is busy. Please retry.",
        };
        text.into()
    }

    /// The HTTP status.
    pub(crate) fn http(&self) -> u16 {
        self.shape().http
    }

    /// The body. `request` is a fresh id, shown where the fault is not about a payment.
    pub(crate) fn body(&self, request: Uuid) -> Vec<u8> {
        if *self == Self::TooOften {
            return json(&Throttled { message: "API rate limit exceeded" });
        }
        let validation_messages =
            if let Self::Invalid(messages) = self { Some(messages.as_slice()) } else { None };
        let id = if let Self::CannotUpdate(payment) = self {
            payment.to_string()
        } else {
            request.hyphenated().to_string()
        };
        json(&Body {
            status_code: self.shape().code,
            status_message: &self.text(),
            validation_messages,
            id,
        })
    }

    /// A charge that was not carried out. `retailer` is the one that was asked for, with the limits
    /// that apply.
    pub(crate) fn of_open(error: OpenError, retailer: Option<&Retailer>) -> Self {
        let amount = "transaction_details.gross_amount";
        let problem = match error {
            OpenError::Unavailable(unavailable) => return unavailable.into(),
            OpenError::Refused(refusal) => match refusal {
                // Midtrans has no external ids, and a charge brings none.
                OpenRefusal::OrderTaken | OpenRefusal::ExternalIdUsed => return Self::OrderTaken,
                OpenRefusal::UnknownRetailer => return Self::ChannelInactive,
                OpenRefusal::RetailerPaused => return Self::RetailerPaused,
                OpenRefusal::CodesExhausted => return Self::NoCode,
                OpenRefusal::BelowLimit { limit } => below(amount, limit.get()),
                OpenRefusal::AboveLimit { limit } => above(amount, limit.get()),
                OpenRefusal::DeadlinePassed => "custom_expiry has already passed".to_owned(),
                OpenRefusal::LifetimeTooShort => match retailer {
                    Some(retailer) => {
                        format!(
                            "custom_expiry must be at least {}",
                            in_units(retailer.lifetime_min)
                        )
                    }
                    None => "custom_expiry is too short".to_owned(),
                },
                OpenRefusal::LifetimeTooLong => match retailer {
                    Some(retailer) => {
                        format!("custom_expiry must be at most {}", in_units(retailer.lifetime_max))
                    }
                    None => "custom_expiry is too long".to_owned(),
                },
            },
        };
        Self::Invalid(vec![problem])
    }

    /// A payment that was not closed.
    pub(crate) fn of_close(error: CloseError) -> Self {
        match error {
            CloseError::NotFound => Self::UnknownPayment,
            CloseError::Unavailable(unavailable) => unavailable.into(),
            CloseError::Refused(view, refusal) => match refusal {
                // A close is refused by the first two; whatever else says no to it leaves the
                // payment as it is, which is what this code says.
                Refusal::NotPending
                | Refusal::BeingPaid
                | Refusal::UnknownCode
                | Refusal::NotPayableHere { .. }
                | Refusal::AlreadyPaid
                | Refusal::PaymentReversed
                | Refusal::Cancelled
                | Refusal::Expired
                | Refusal::NeedsInquiry
                | Refusal::WrongAmount { .. }
                | Refusal::OverLimit { .. }
                | Refusal::UnderLimit { .. }
                | Refusal::SaleReversed
                | Refusal::SaleConflict
                | Refusal::UnknownSale
                | Refusal::ReversalRefused(_)
                | Refusal::Refund(_)
                | Refusal::NotPaid
                | Refusal::NotReserved
                | Refusal::TooEarly => Self::CannotUpdate(view.payment.id),
            },
        }
    }

    /// A body that was not read.
    pub(crate) fn of_body(error: BodyError, limits: &Limits) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge { body_max: limits.body_max },
            BodyError::TooSlow => Self::TooSlow,
            BodyError::Broken => Self::Invalid(vec!["the request body is incomplete".to_owned()]),
        }
    }
}

impl From<NotJson> for Fault {
    fn from(not_json: NotJson) -> Self {
        Self::Syntax(not_json)
    }
}

impl From<Unavailable> for Fault {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::QueueFull
            | Unavailable::Stopping
            | Unavailable::Away
            | Unavailable::Changed
            | Unavailable::CountersClosed => Self::Busy,
            Unavailable::Storage => Self::Broken,
        }
    }
}

impl From<NotAdmitted> for Fault {
    fn from(not_admitted: NotAdmitted) -> Self {
        match not_admitted {
            NotAdmitted::Disabled => Self::Deactivated,
            NotAdmitted::Address => Self::Unauthorized,
            NotAdmitted::TooOften => Self::TooOften,
        }
    }
}
