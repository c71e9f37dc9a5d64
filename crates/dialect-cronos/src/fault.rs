//! The platform's words for a no: the only place where a refusal becomes a code (section 5).

use std::borrow::Cow;

use dialect::{NotAdmitted, in_units};
use domain::retailer::Retailer;
use gateway::request::{OpenError, OpenRefusal, Unavailable};
use intake::{BodyError, Limits};
use serde::Serialize;

use crate::{answer::json, php::NotJson, problems::Problems};

/// Why a request is turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Key, token or signature is missing or wrong.
    Unauthorized,
    /// This account may not call from there.
    Address,
    /// What is asked for is not among what the account may use.
    NoAccess,
    /// The merchant is turned off, or the retailer is paused.
    Inactive,
    /// The body is not JSON.
    Syntax(NotJson),
    /// Members or parameters that are missing or not acceptable.
    Invalid(Problems),
    /// This merchant has no such payment.
    NotFound,
    /// The reference was used before.
    Duplicate,
    /// No payment code is left.
    NoCode,
    /// There is no such endpoint. No route leads here.
    UnknownPath,
    /// The endpoint has another method.
    WrongMethod {
        /// Which.
        allowed: &'static str,
    },
    /// More bytes than are taken.
    TooLarge {
        /// The most, in bytes.
        body_max: usize,
    },
    /// The body came too slowly.
    TooSlow,
    /// The body broke off.
    BrokenOff,
    /// Too many requests.
    TooOften,
    /// Too much waits already, or the gateway is going down.
    Busy,
    /// Something broke; the log says what.
    Broken,
}

/// A fault on the wire (section 5.2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    response_code: u16,
    response_message: &'a str,
    response_data: (),
    error_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a Problems>,
}

impl Fault {
    /// The HTTP status, which is `responseCode` too, and `errorCode`.
    const fn shape(&self) -> (u16, &'static str) {
        match self {
            Self::NoCode => (400, "CREATE_FAILED"),
            Self::Unauthorized => (401, "UNAUTHORIZED"),
            Self::NoAccess => (401, "PRODUCT_ACCESS_ERROR"),
            Self::Address => (403, "UNAUTHORIZED"),
            Self::Inactive => (403, "PAYMENT_INACTIVE_ERROR"),
            Self::NotFound => (404, "TRANSACTION_NOT_FOUND"),
            Self::Duplicate => (409, "DUPLICATE_REFERENCE"),
            Self::Syntax(_) | Self::Invalid(_) => (422, "REQUEST_INVALID"),
            // The vendor's table has its general error under this status.
            Self::TooOften => (429, "PAYMENT_INTERNAL_ERROR"),
            // The vendor's table has no row for those that follow.
            Self::BrokenOff => (400, "REQUEST_INVALID"),
            Self::UnknownPath => (404, "ENDPOINT_NOT_FOUND"),
            Self::WrongMethod { .. } => (405, "METHOD_NOT_ALLOWED"),
            Self::TooSlow => (408, "REQUEST_INVALID"),
            Self::TooLarge { .. } => (413, "REQUEST_INVALID"),
            Self::Broken => (500, "PAYMENT_INTERNAL_ERROR"),
            Self::Busy => (503, "PAYMENT_INTERNAL_ERROR"),
        }
    }

    fn text(&self) -> Cow<'static, str> {
        let text = match self {
            Self::Syntax(_) | Self::Invalid(_) => {
                let problems = self.problems();
                let what = problems.as_deref().map(Problems::summary).unwrap_or_default();
                return format!("The request is invalid or incomplete: {what}").into();
            }
            Self::TooLarge { body_max } => {
                return format!("The request body is larger than {body_max} bytes.").into();
            }
            Self::WrongMethod { allowed } => {
                return format!("The method is not allowed. Use {allowed}.").into();
            }
            Self::Unauthorized => "Authorization failed. Please provide valid credentials.",
            Self::Address => {
                "The API request is not permitted from your current location or IP address."
            }
            Self::NoAccess => "The project has no access to this product or channel.",
            Self::Inactive => "The project or the payment channel is not active.",
            Self::NotFound => "The requested transaction could not be found.",
            Self::Duplicate => "The reference has been used before.",
            Self::NoCode => {
                "We encountered an error while creating your request from our switching service, \
                 please try again!"
            }
            Self::UnknownPath => "There is no such endpoint.",
            Self::TooSlow => "The request body did not arrive in time.",
            Self::BrokenOff => "The request body is incomplete.",
            Self::TooOften => "Too many requests. Please try again later.",
            Self::Busy => "The server is busy. Please try again.",
            Self::Broken => "Something went wrong on our side. Please try again.",
        };
        text.into()
    }

    /// What is wrong, by field; the body as a whole is one.
    fn problems(&self) -> Option<Cow<'_, Problems>> {
        match self {
            Self::Invalid(problems) => Some(Cow::Borrowed(problems)),
            Self::Syntax(NotJson { line, column, why }) => {
                let sentence =
                    format!("The body is not JSON: line {line}, column {column}: {why}.");
                Some(Cow::Owned(Problems::one("body", sentence)))
            }
            Self::Unauthorized
            | Self::Address
            | Self::NoAccess
            | Self::Inactive
            | Self::NotFound
            | Self::Duplicate
            | Self::NoCode
            | Self::UnknownPath
            | Self::WrongMethod { .. }
            | Self::TooLarge { .. }
            | Self::TooSlow
            | Self::BrokenOff
            | Self::TooOften
            | Self::Busy
            | Self::Broken => None,
        }
    }

    /// The HTTP status.
    pub(crate) const fn http(&self) -> u16 {
        self.shape().0
    }

    /// Status and error code, as the dossier lists them.
    pub(crate) fn code(&self) -> String {
        let (http, code) = self.shape();
        format!("{http} {code}")
    }

    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        let (response_code, error_code) = self.shape();
        let errors = self.problems();
        json(&Body {
            response_code,
            response_message: &self.text(),
            response_data: (),
            error_code,
            errors: errors.as_deref(),
        })
    }

    /// A payment that was not opened. `retailer` is the one that was asked for, with the limits that
    /// apply.
    pub(crate) fn of_open(error: OpenError, retailer: Option<&Retailer>) -> Self {
        match error {
            OpenError::Unavailable(unavailable) => unavailable.into(),
            OpenError::Refused(refusal) => match refusal {
                // Nothing here uses external ids, so the first does not occur.
                OpenRefusal::ExternalIdUsed | OpenRefusal::OrderTaken => Self::Duplicate,
                OpenRefusal::UnknownRetailer => Self::NoAccess,
                OpenRefusal::RetailerPaused => Self::Inactive,
                OpenRefusal::CodesExhausted => Self::NoCode,
                // Limits hold for what the payer hands over, which may be more than the amount.
                OpenRefusal::BelowLimit { limit } => {
                    Self::field("amount", &format!("at least {limit}, the payer's fee included"))
                }
                OpenRefusal::AboveLimit { limit } => {
                    Self::field("amount", &format!("at most {limit}, the payer's fee included"))
                }
                OpenRefusal::DeadlinePassed => Self::field("expiryMinutes", "at least 1"),
                OpenRefusal::LifetimeTooShort => {
                    let limit = retailer.map(|retailer| in_units(retailer.lifetime_min));
                    let words = limit.map(|limit| format!("at least {limit}"));
                    Self::field("expiryMinutes", words.as_deref().unwrap_or("longer"))
                }
                OpenRefusal::LifetimeTooLong => {
                    let limit = retailer.map(|retailer| in_units(retailer.lifetime_max));
                    let words = limit.map(|limit| format!("at most {limit}"));
                    Self::field("expiryMinutes", words.as_deref().unwrap_or("shorter"))
                }
            },
        }
    }

    fn field(field: &'static str, limit: &str) -> Self {
        Self::Invalid(Problems::one(field, format!("The {field} field must be {limit}.")))
    }

    /// A body that was not read.
    pub(crate) const fn of_body(error: BodyError, limits: &Limits) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge { body_max: limits.body_max },
            BodyError::TooSlow => Self::TooSlow,
            BodyError::Broken => Self::BrokenOff,
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
            NotAdmitted::Disabled => Self::Inactive,
            NotAdmitted::Address => Self::Address,
            NotAdmitted::TooOften => Self::TooOften,
        }
    }
}
