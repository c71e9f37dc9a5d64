//! Ayolinx' words for a no: the only place where a refusal becomes a code (section 5).

use std::borrow::Cow;

use dialect::NotAdmitted;
use domain::{retailer::Retailer, time::Span};
use gateway::request::{OpenError, OpenRefusal, Unavailable};
use intake::{BodyError, Limits};
use serde::Serialize;

use crate::{amount, answer::json, endpoint::NO_SERVICE, json::NotAnObject};

/// The most characters of a `responseMessage`.
const MESSAGE_MAX: usize = 150;

/// Why a request is turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no such endpoint.
    UnknownPath,
    /// The endpoint has another method.
    WrongMethod,
    /// The body cannot be read, with the reason.
    Malformed(String),
    /// A member or header that is not as it should be, with the reason where the form is not all.
    Format(Cow<'static, str>, Option<String>),
    /// A member or header that is missing or empty.
    Missing(Cow<'static, str>),
    /// The signature is not the one this request must have.
    Signature(Option<Box<SignatureHint>>),
    /// Nobody has this client key, or the token is another client's.
    UnknownClient,
    /// `X-TIMESTAMP` is too far from now.
    Stale,
    /// The request comes from an address that is not on the merchant's list.
    Address,
    /// The token was never issued, or is over.
    UnknownToken,
    /// There is no token.
    NoToken,
    /// The channel is not offered by this gateway.
    ChannelOff,
    /// More or less than the retailer takes, with the limit in words.
    AmountLimit(Option<String>),
    /// The retailer takes no new payments now.
    RetailerPaused,
    /// The merchant is turned off.
    Disabled,
    /// This merchant has no such payment.
    UnknownPayment,
    /// The `X-EXTERNAL-ID` was used before on this day.
    ExternalIdUsed,
    /// The `partnerReferenceNo` was used before.
    ReferenceUsed,
    /// Too many requests.
    TooOften,
    /// Too much waits already, or the gateway is going down. Nothing was stored.
    Busy,
    /// No payment code is left.
    NoCode,
    /// Something broke; the log says what.
    Broken,
}

/// What a sandbox tells about a signature that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignatureHint {
    /// What should have been signed, with the hash of the body as it was received.
    pub(crate) string_to_sign: String,
    /// What seems to be wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    response_code: String,
    response_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_info: Option<&'a SignatureHint>,
}

impl Fault {
    /// A member that is not as it should be.
    pub(crate) fn format(field: impl Into<Cow<'static, str>>) -> Self {
        Self::Format(field.into(), None)
    }

    /// A member that must not be missing.
    pub(crate) fn missing(field: impl Into<Cow<'static, str>>) -> Self {
        Self::Missing(field.into())
    }

    /// HTTP status and case code: the first three and the last two digits of a `responseCode`.
    const fn codes(&self) -> (u16, &'static str) {
        match self {
            Self::Malformed(_) => (400, "00"),
            Self::Format(..) => (400, "01"),
            Self::Missing(_) => (400, "02"),
            Self::Signature(_) | Self::UnknownClient | Self::Stale | Self::Address => (401, "00"),
            Self::UnknownToken => (401, "01"),
            Self::NoToken => (401, "03"),
            Self::ChannelOff => (403, "01"),
            Self::AmountLimit(_) => (403, "02"),
            Self::RetailerPaused => (403, "06"),
            Self::Disabled => (403, "18"),
            Self::UnknownPayment => (404, "01"),
            Self::UnknownPath => (404, "02"),
            Self::WrongMethod => (405, "01"),
            Self::ExternalIdUsed => (409, "00"),
            Self::ReferenceUsed => (409, "01"),
            Self::TooOften | Self::Busy => (429, "00"),
            Self::NoCode => (500, "00"),
            Self::Broken => (500, "01"),
        }
    }

    /// The HTTP status.
    pub(crate) const fn http(&self) -> u16 {
        self.codes().0
    }

    /// The `responseCode` of the endpoint with this service code.
    pub(crate) fn code(&self, service: &str) -> String {
        let (http, case) = self.codes();
        let service = if *self == Self::UnknownPath { NO_SERVICE } else { service };
        format!("{http}{service}{case}")
    }

    /// The `responseMessage`. Clients compare the code; the message is for people.
    pub(crate) fn text(&self) -> String {
        let (words, reason): (Cow<'static, str>, Option<&str>) = match self {
            Self::Malformed(why) => ("Bad Request.".into(), Some(why)),
            Self::Format(field, why) => {
                (format!("Invalid Field Format {field}").into(), why.as_deref())
            }
            Self::Missing(field) => (format!("Invalid Mandatory Field {field}").into(), None),
            Self::Signature(_) => ("Unauthorized.".into(), Some("Signature")),
            Self::UnknownClient => ("Unauthorized.".into(), Some("Unknown client")),
            Self::Stale => ("Unauthorized.".into(), Some("Timestamp")),
            Self::Address => ("Unauthorized.".into(), Some("IP address")),
            Self::UnknownToken => ("Invalid Token (B2B)".into(), None),
            Self::NoToken => ("Token Not Found (B2B)".into(), None),
            Self::ChannelOff => ("Feature Not Allowed".into(), None),
            Self::AmountLimit(why) => ("Exceeds Transaction Amount Limit".into(), why.as_deref()),
            Self::RetailerPaused => {
                ("Feature Not Allowed At This Time.".into(), Some("The retailer is paused"))
            }
            Self::Disabled => ("Inactive Card/Account/Customer".into(), None),
            Self::UnknownPayment => ("Transaction Not Found".into(), None),
            Self::UnknownPath => ("Invalid Routing".into(), None),
            Self::WrongMethod => ("Requested Operation Is Not Allowed".into(), None),
            Self::ExternalIdUsed => ("Conflict".into(), None),
            Self::ReferenceUsed => ("Duplicate partnerReferenceNo".into(), None),
            Self::TooOften | Self::Busy => ("Too Many Requests".into(), None),
            Self::NoCode => ("General Error".into(), None),
            Self::Broken => ("Internal Server Error".into(), None),
        };
        let text = match reason {
            Some(reason) => format!("{words} [{reason}]"),
            None => words.into_owned(),
        };
        text.chars().take(MESSAGE_MAX).collect()
    }

    /// The body, for the endpoint with this service code.
    pub(crate) fn body(&self, service: &str) -> Vec<u8> {
        let additional_info = if let Self::Signature(hint) = self { hint.as_deref() } else { None };
        json(&Body {
            response_code: self.code(service),
            response_message: &self.text(),
            additional_info,
        })
    }

    /// A payment that was not opened. `retailer` is the one that was asked for, with the limits that
    /// apply.
    pub(crate) fn of_open(error: OpenError, retailer: Option<&Retailer>) -> Self {
        let lifetime = |why: String| Self::Format("validUpTo".into(), Some(why));
        match error {
            OpenError::Unavailable(unavailable) => unavailable.into(),
            OpenError::Refused(refusal) => match refusal {
                OpenRefusal::ExternalIdUsed => Self::ExternalIdUsed,
                OpenRefusal::OrderTaken => Self::ReferenceUsed,
                OpenRefusal::UnknownRetailer => Self::ChannelOff,
                OpenRefusal::RetailerPaused => Self::RetailerPaused,
                OpenRefusal::BelowLimit { limit } => {
                    Self::AmountLimit(Some(format!("At least {}", amount::write(limit))))
                }
                OpenRefusal::AboveLimit { limit } => {
                    Self::AmountLimit(Some(format!("At most {}", amount::write(limit))))
                }
                OpenRefusal::DeadlinePassed => lifetime("It has passed".to_owned()),
                OpenRefusal::LifetimeTooShort => lifetime(match retailer {
                    Some(retailer) => {
                        format!("At least {} seconds from now", seconds(retailer.lifetime_min))
                    }
                    None => "Too soon".to_owned(),
                }),
                OpenRefusal::LifetimeTooLong => lifetime(match retailer {
                    Some(retailer) => {
                        format!("At most {} seconds from now", seconds(retailer.lifetime_max))
                    }
                    None => "Too far from now".to_owned(),
                }),
                OpenRefusal::CodesExhausted => Self::NoCode,
            },
        }
    }

    /// A body that was not read.
    pub(crate) fn of_body(error: BodyError, limits: &Limits) -> Self {
        Self::Malformed(match error {
            BodyError::TooLarge => format!("The body is larger than {} bytes", limits.body_max),
            BodyError::TooSlow => "The body did not arrive in time".to_owned(),
            BodyError::Broken => "The body is incomplete".to_owned(),
        })
    }
}

fn seconds(span: Span) -> i64 {
    span.as_millis() / 1_000
}

impl From<NotAnObject> for Fault {
    fn from(NotAnObject(why): NotAnObject) -> Self {
        Self::Malformed(why)
    }
}

impl From<Unavailable> for Fault {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            // SNAP has no code for this. A time-out would leave open whether something was stored;
            // this one says that nothing was, and when to come back.
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
            NotAdmitted::Disabled => Self::Disabled,
            NotAdmitted::Address => Self::Address,
            NotAdmitted::TooOften => Self::TooOften,
        }
    }
}
