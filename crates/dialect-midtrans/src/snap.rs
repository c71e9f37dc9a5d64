//! Snap: the merchant names an order, and its payer chooses the store on a page of ours (section 8).
//!
//! What it has in common with a charge is read as a charge is; its answers and refusals have shapes of
//! their own. Everything under `/snap/v1` needs the server key; the pages need none.

mod close;
mod create;
pub(crate) mod fault;
pub(crate) mod reading;

pub(crate) mod finish;

use axum::{
    Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use dialect::{Answered, CHECKOUT_PAGE, Shell};
use domain::ids::CheckoutToken;
use gateway::request::Close;
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, LOCATION, RETRY_AFTER},
};

use self::fault::SnapFault;
use crate::routes::{receive, reply};

/// Where a new checkout's page is said to lie, as in the vendor's newer answers; a token follows.
const REDIRECTION: &str = "/snap/v3/redirection";
/// The same in its older ones.
const VTWEB: &str = "/snap/v2/vtweb";

/// Snap's endpoints and pages.
pub(crate) fn routes() -> Router<Shell> {
    Router::new()
        .route("/snap/v1/{*rest}", any(serve))
        .route(&format!("{REDIRECTION}/{{token}}"), get(show))
        .route(&format!("{VTWEB}/{{token}}"), get(show))
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Create,
    Close(Close),
    Pdf,
}

impl Endpoint {
    /// Its path without the token, for figures.
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "/snap/v1/transactions",
            Self::Close(Close::Cancel) => "/snap/v1/transactions/{token}/cancel",
            Self::Close(Close::Expire) => "/snap/v1/transactions/{token}/expire",
            Self::Pdf => "/snap/v1/transactions/{token}/pdf",
        }
    }

    /// Its only method.
    const fn method(self) -> &'static str {
        match self {
            Self::Create | Self::Close(_) => "POST",
            Self::Pdf => "GET",
        }
    }
}

/// Which endpoint lies at a path, and the token in it; an empty one where there is none.
fn read<'a>(method: &str, path: &'a str) -> Result<(Endpoint, &'a str), SnapFault> {
    let rest = path.strip_prefix("/snap/v1/transactions").ok_or(SnapFault::UNKNOWN_PATH)?;
    let (endpoint, token) = match rest.strip_prefix('/').and_then(|rest| rest.split_once('/')) {
        _ if rest.is_empty() => (Endpoint::Create, ""),
        Some((token, "cancel")) => (Endpoint::Close(Close::Cancel), token),
        Some((token, "expire")) => (Endpoint::Close(Close::Expire), token),
        Some((token, "pdf")) => (Endpoint::Pdf, token),
        Some(_) | None => return Err(SnapFault::UNKNOWN_PATH),
    };
    let allowed = endpoint.method();
    if method == allowed { Ok((endpoint, token)) } else { Err(SnapFault::wrong_method(allowed)) }
}

async fn serve(State(shell): State<Shell>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let target = read(request.method().as_str(), &path);
    let name = target.as_ref().map_or("none", |(endpoint, _)| endpoint.name());
    let answer = match target {
        Ok((Endpoint::Pdf, token)) => return to_page(token),
        Ok((endpoint, token)) => answer(&shell, request, endpoint, token).await,
        Err(fault) => Err(fault),
    };
    let mut response = match answer {
        Ok((status, body)) => reply(status, body),
        Err(fault) => refuse(&fault),
    };
    response.extensions_mut().insert(Answered(name));
    response
}

async fn answer(
    shell: &Shell,
    request: Request,
    endpoint: Endpoint,
    token: &str,
) -> Result<(StatusCode, Bytes), SnapFault> {
    let (head, body) = request.into_parts();
    let arrived = receive(shell, &head, body).await?;
    let call = arrived.call(shell, &head);
    match endpoint {
        Endpoint::Create => Ok((StatusCode::CREATED, create::create(shell, &call).await?)),
        Endpoint::Close(how) => Ok((StatusCode::OK, close::close(&call, token, how).await?)),
        // It is nobody's secret, and answered before anybody is asked who it is.
        Endpoint::Pdf => Err(SnapFault::UNKNOWN_PATH),
    }
}

/// The page behind a vendor's address lies at one of ours.
async fn show(Path(token): Path<String>) -> Response {
    to_page(&token)
}

/// What is no token leads to a page that says so.
fn to_page(token: &str) -> Response {
    let token = token.parse::<CheckoutToken>().map(|token| token.to_string());
    let page = format!("{CHECKOUT_PAGE}/{}", token.as_deref().unwrap_or("unknown"));
    match HeaderValue::from_str(&page) {
        Ok(page) => {
            let headers = [(LOCATION, page), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (StatusCode::FOUND, headers).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The answer with this HTTP status, as Snap writes it.
pub(crate) fn turned_down(path: &str, code: &str) -> Option<Response> {
    path.strip_prefix("/snap/v1/")?;
    SnapFault::examples().iter().find(|fault| fault.http().to_string() == code).map(refuse)
}

fn refuse(fault: &SnapFault) -> Response {
    let status = StatusCode::from_u16(fault.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply(status, fault.body().into());
    if let Some(allowed) = fault.allowed() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    if fault.may_be_tried_again() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_one_method() {
        let token = "01a1fd3e-a180-7fff-bfff-ffffffffffff";
        for (method, ending, endpoint) in [
            ("POST", "/cancel", Endpoint::Close(Close::Cancel)),
            ("POST", "/expire", Endpoint::Close(Close::Expire)),
            ("GET", "/pdf", Endpoint::Pdf),
        ] {
            let path = format!("/snap/v1/transactions/{token}{ending}");
            assert_eq!(read(method, &path), Ok((endpoint, token)));
            for other in ["GET", "POST", "PUT", "DELETE", "HEAD"] {
                let is_fine = read(other, &path).is_ok();
                assert_eq!(is_fine, other == method, "{other} {path}");
            }
        }
        assert_eq!(read("POST", "/snap/v1/transactions"), Ok((Endpoint::Create, "")));
        for path in [
            "/snap/v1/",
            "/snap/v1/transaction",
            "/snap/v1/transactions/",
            "/snap/v1/transactionsx",
            "/snap/v1/transactions/x",
            "/snap/v1/transactions/x/status",
            "/snap/v1/transactions/x/y/cancel",
        ] {
            assert_eq!(read("POST", path), Err(SnapFault::UNKNOWN_PATH), "{path}");
        }
    }
}
