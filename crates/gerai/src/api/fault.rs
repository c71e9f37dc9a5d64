//! What is wrong with a request, as it is told.

use axum::response::{IntoResponse, Response};
use dialect::NotAdmitted;
use gateway::request::{OpenRefusal, SiblingError, Unavailable};
use http::{
    HeaderValue, Method, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use intake::BodyError;
use serde_json::{Value, json};

/// Why a request is not answered as it wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody knows these credentials.
    Unauthorized,
    /// The account is turned off, or may not call from there.
    Forbidden,
    /// The account calls too often.
    TooOften,
    /// There is nothing of this name, or it is somebody else's.
    NotFound,
    /// The path takes another method.
    WrongMethod {
        /// Which.
        allowed: Method,
    },
    /// A value cannot be what it is given for.
    Bad(String),
    /// The body is longer than allowed.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// The order waits for no cash.
    NotPending(&'static str),
    /// Another code cannot be opened.
    Refused(OpenRefusal),
    /// Events so old are not kept any more.
    Gone {
        /// The cursor from which on they are.
        oldest: i64,
    },
    /// The account has no events of Gerai's own.
    EventsOff,
    /// So many streams and waiting requests of the account are open already.
    TooManyStreams,
    /// Nothing was decided.
    Unavailable,
}

impl Fault {
    pub(super) fn of_body(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::TooSlow => Self::TooSlow,
            BodyError::Broken => Self::Bad("the body broke off".to_owned()),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::TooOften | Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotPending(_) | Self::EventsOff => StatusCode::CONFLICT,
            Self::Gone { .. } => StatusCode::GONE,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::TooOften => "too_many_requests",
            Self::NotFound => "not_found",
            Self::WrongMethod { .. } => "method_not_allowed",
            Self::Bad(_) => "bad_request",
            Self::TooLarge => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::NotPending(_) => "not_pending",
            Self::Refused(refusal) => match refusal {
                OpenRefusal::UnknownRetailer => "unknown_retailer",
                OpenRefusal::RetailerPaused => "retailer_paused",
                OpenRefusal::BelowLimit { .. } => "below_limit",
                OpenRefusal::AboveLimit { .. } => "above_limit",
                OpenRefusal::DeadlinePassed => "deadline_passed",
                OpenRefusal::LifetimeTooShort => "lifetime_too_short",
                OpenRefusal::LifetimeTooLong => "lifetime_too_long",
                OpenRefusal::CodesExhausted => "codes_exhausted",
                OpenRefusal::ExternalIdUsed | OpenRefusal::OrderTaken => "refused",
            },
            Self::Gone { .. } => "gone",
            Self::EventsOff => "events_off",
            Self::TooManyStreams => "too_many_streams",
            Self::Unavailable => "unavailable",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Unauthorized => "HTTP Basic is wanted: your key as user name and your secret as \
                password, or your server key alone"
                .to_owned(),
            Self::Forbidden => {
                "this account is turned off, or may not call from this address".to_owned()
            }
            Self::TooOften => "too many requests a second; try again later".to_owned(),
            Self::NotFound => "there is nothing of this name".to_owned(),
            Self::WrongMethod { allowed } => format!("this path takes {allowed}"),
            Self::Bad(why) => why.clone(),
            Self::TooLarge => "the body is too long".to_owned(),
            Self::TooSlow => "the body came too slowly".to_owned(),
            Self::NotPending(state) => {
                format!("the order waits for no cash: its payment is {state}")
            }
            Self::Refused(refusal) => refusal.to_string(),
            Self::Gone { oldest } => {
                format!("events so old are not kept any more; the oldest come after {oldest}")
            }
            Self::EventsOff => "this account has no events of Gerai's own; whoever operates the \
                gateway turns them on: gerai merchant set ... --events on"
                .to_owned(),
            Self::TooManyStreams => {
                "16 streams and waiting requests of this account are open already".to_owned()
            }
            Self::Unavailable => "nothing was decided; try again".to_owned(),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut value = json!({ "error": self.word(), "message": self.message() });
        if let (Self::Gone { oldest }, Value::Object(members)) = (&self, &mut value) {
            // The form of a cursor.
            members.insert("oldest".to_owned(), Value::String(oldest.to_string()));
        }
        let mut response = super::reply(self.status(), &value);
        let headers = response.headers_mut();
        match &self {
            Self::Unauthorized => {
                let basic = HeaderValue::from_static("Basic realm=\"gerai\", charset=\"UTF-8\"");
                headers.insert(WWW_AUTHENTICATE, basic);
            }
            Self::WrongMethod { allowed } => {
                if let Ok(allowed) = HeaderValue::from_str(allowed.as_str()) {
                    headers.insert(ALLOW, allowed);
                }
            }
            Self::TooOften | Self::TooManyStreams | Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Forbidden
            | Self::NotFound
            | Self::Bad(_)
            | Self::TooLarge
            | Self::TooSlow
            | Self::NotPending(_)
            | Self::Refused(_)
            | Self::Gone { .. }
            | Self::EventsOff => {}
        }
        response
    }
}

impl From<NotAdmitted> for Fault {
    fn from(why: NotAdmitted) -> Self {
        match why {
            NotAdmitted::Disabled | NotAdmitted::Address => Self::Forbidden,
            NotAdmitted::TooOften => Self::TooOften,
        }
    }
}

impl From<Unavailable> for Fault {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl From<SiblingError> for Fault {
    fn from(error: SiblingError) -> Self {
        match error {
            SiblingError::NotFound => Self::NotFound,
            SiblingError::NotPending(state) => Self::NotPending(state),
            SiblingError::Refused(refusal) => Self::Refused(refusal),
            SiblingError::Unavailable(_) => Self::Unavailable,
        }
    }
}
