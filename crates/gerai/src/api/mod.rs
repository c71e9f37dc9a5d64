//! Gerai's own API for merchants of every dialect: what no vendor's API can say.
//!
//! HTTP Basic with the credentials of the merchant's dialect, JSON in and out. Whatever is wrong is
//! answered `{"error": "...", "message": "..."}`, one word for programs and a sentence for people.

mod caller;
mod events;
mod fault;
mod notifications;
mod payments;
mod retailers;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use dialect::{Answered, Shell, wib};
use domain::time::{Timestamp, WIB};
use http::{
    HeaderValue, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use intake::read_body;
use serde::Serialize;
use serde_json::Value;

pub(crate) use self::notifications::says;
use self::{
    events::{Caller, Slots},
    fault::Fault,
};

/// Which answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    /// `GET /v1/events`.
    Events,
    /// `GET /v1/notifications`.
    Notifications,
    /// `GET /v1/retailers`.
    Retailers,
    /// `GET /v1/payments/{id}`.
    Payment(&'a str),
    /// `POST /v1/payments/{id}/siblings`.
    Siblings(&'a str),
}

impl<'a> Endpoint<'a> {
    /// The endpoint of a path, and the method that it takes.
    fn read(path: &'a str) -> Option<(Self, Method)> {
        let rest = path.strip_prefix("/v1/")?;
        let mut parts = rest.split('/');
        match (parts.next()?, parts.next(), parts.next(), parts.next()) {
            ("events", None, None, None) => Some((Self::Events, Method::GET)),
            ("notifications", None, None, None) => Some((Self::Notifications, Method::GET)),
            ("retailers", None, None, None) => Some((Self::Retailers, Method::GET)),
            ("payments", Some(id), None, None) => Some((Self::Payment(id), Method::GET)),
            ("payments", Some(id), Some("siblings"), None) => {
                Some((Self::Siblings(id), Method::POST))
            }
            (_, _, _, _) => None,
        }
    }

    /// Its name in figures: a path without ids.
    const fn name(self) -> &'static str {
        match self {
            Self::Events => "/v1/events",
            Self::Notifications => "/v1/notifications",
            Self::Retailers => "/v1/retailers",
            Self::Payment(_) => "/v1/payments/{id}",
            Self::Siblings(_) => "/v1/payments/{id}/siblings",
        }
    }
}

/// The routes.
pub(crate) fn routes(shell: Shell) -> Router {
    Router::new()
        .route("/v1", any(serve))
        .route("/v1/", any(serve))
        .route("/v1/{*rest}", any(serve))
        .with_state((shell, Slots::default()))
}

async fn serve(State((shell, slots)): State<(Shell, Slots)>, request: Request) -> Response {
    let endpoint = Endpoint::read(request.uri().path());
    let name = endpoint.as_ref().map_or("none", |(endpoint, _)| endpoint.name());
    let mut response = match answer(&shell, &slots, request).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    response.extensions_mut().insert(Answered(name));
    response
}

async fn answer(shell: &Shell, slots: &Slots, request: Request<Body>) -> Result<Response, Fault> {
    let (head, body) = request.into_parts();
    let caller = caller::admitted(shell, &head);
    // The body is read even where it means nothing, or the sender might never see the answer.
    let body = read_body(body, shell.limits()).await;
    let account = caller?;
    let (endpoint, method) = Endpoint::read(head.uri.path()).ok_or(Fault::NotFound)?;
    if head.method != method {
        return Err(Fault::WrongMethod { allowed: method });
    }
    let body = body.map_err(Fault::of_body)?;
    let received_at = shell.gateway().clock().now();
    let query = head.uri.query().unwrap_or_default();
    let (status, value): (StatusCode, Value) = match endpoint {
        Endpoint::Events => {
            let caller = Caller { gateway: shell.gateway(), account: &account, slots };
            return events::answer(caller, query, &head.headers).await;
        }
        Endpoint::Notifications => {
            let caller = Caller { gateway: shell.gateway(), account: &account, slots };
            return notifications::answer(caller, query).await;
        }
        Endpoint::Retailers => retailers::list(shell.gateway(), &account, query, received_at)?,
        Endpoint::Payment(id) => payments::show(shell, &account, id).await?,
        Endpoint::Siblings(id) => {
            payments::sibling(shell, &account, id, &body, received_at).await?
        }
    };
    Ok(reply(status, &value))
}

fn reply(status: StatusCode, value: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(value) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An instant as it is told: RFC 3339 in WIB, with milliseconds.
pub(crate) fn instant(at: Timestamp) -> String {
    // WIB is a whole number of seconds from UTC, so the milliseconds are the same.
    let millis = at.plus(WIB).millis().rem_euclid(1_000);
    format!("{}.{millis:03}+07:00", wib(at).replace(' ', "T"))
}
