//! From HTTP to an endpoint and back. Every answer is JSON, whatever happens.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use dialect::{Answered, Shell};
use gateway::request::{OpenRequest, PaymentView};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use intake::read_body;

use crate::{
    auth,
    call::Call,
    create,
    endpoint::{self, Endpoint, METHOD, NO_SERVICE},
    fault::Fault,
    query, stamp, token,
};

/// Everything under `/v1.0`. Paths are compared in [`endpoint`], which is why there is one route.
pub(crate) fn routes(shell: Shell) -> Router {
    Router::new()
        .route("/v1.0", any(serve))
        .route("/v1.0/", any(serve))
        .route("/v1.0/{*rest}", any(serve))
        .with_state(shell)
}

async fn serve(State(shell): State<Shell>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let target = Endpoint::at(head.uri.path());
    let answer = match endpoint::read(head.method.as_str(), head.uri.path()) {
        Ok(endpoint) => answer(&shell, &head, body, endpoint).await,
        Err(fault) => Err(fault),
    };
    respond(&shell, target, &answer)
}

async fn answer(
    shell: &Shell,
    head: &Parts,
    body: Body,
    endpoint: Endpoint,
) -> Result<Bytes, Fault> {
    let body = receive(shell, body).await?;
    match endpoint {
        Endpoint::Token => token::issue(shell, &*auth::client(shell, head)?, &body),
        Endpoint::Create => create::create(&call(shell, head, endpoint, &body)?).await,
        Endpoint::Query => query::query(&call(shell, head, endpoint, &body)?).await,
    }
}

/// Answers `POST /v1.0/retail/create` as its route does, with `open` in the gateway's place. No route
/// leads here: it tells what a create costs besides being stored, when speed is measured.
pub async fn rehearse_create(
    shell: &Shell,
    request: Request,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Response {
    let (head, body) = request.into_parts();
    let answer = match endpoint::read(head.method.as_str(), head.uri.path()) {
        Ok(Endpoint::Create) => match receive(shell, body).await {
            Ok(body) => call(shell, &head, Endpoint::Create, &body)
                .and_then(|call| create::rehearse(&call, open)),
            Err(fault) => Err(fault),
        },
        Ok(Endpoint::Token | Endpoint::Query) => Err(Fault::UnknownPath),
        Err(fault) => Err(fault),
    };
    respond(shell, Some(Endpoint::Create), &answer)
}

/// The body, which is read before the sender is known: its hash is signed.
async fn receive(shell: &Shell, body: Body) -> Result<Bytes, Fault> {
    let limits = shell.limits();
    read_body(body, limits).await.map_err(|error| Fault::of_body(error, limits))
}

/// A request whose sender may be served.
fn call<'a>(
    shell: &'a Shell,
    head: &Parts,
    endpoint: Endpoint,
    body: &'a [u8],
) -> Result<Call<'a>, Fault> {
    let received_at = shell.gateway().clock().now();
    let auth::Caller { account, external_id } = auth::caller(shell, head, endpoint, body)?;
    Ok(Call { shell, account, endpoint, external_id, body, received_at })
}

/// The answer with this `responseCode`, which names the endpoint too: `4095401`.
pub(crate) fn turned_down(shell: &Shell, path: &str, code: &str) -> Option<Response> {
    let endpoint = Endpoint::at(path)?;
    let faults = [
        Fault::Malformed("as asked for by X-Gerai-Fault".to_owned()),
        Fault::format("amount.value"),
        Fault::missing("amount"),
        Fault::UnknownClient,
        Fault::UnknownToken,
        Fault::NoToken,
        Fault::ChannelOff,
        Fault::AmountLimit(None),
        Fault::RetailerPaused,
        Fault::Disabled,
        Fault::UnknownPayment,
        Fault::ExternalIdUsed,
        Fault::ReferenceUsed,
        Fault::TooOften,
        Fault::NoCode,
        Fault::Broken,
    ];
    let fault = faults.into_iter().find(|fault| fault.code(endpoint.service()) == code)?;
    Some(respond(shell, Some(endpoint), &Err(fault)))
}

fn respond(shell: &Shell, target: Option<Endpoint>, answer: &Result<Bytes, Fault>) -> Response {
    let service = target.map_or(NO_SERVICE, Endpoint::service);
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body.clone()),
        Err(fault) => {
            let status = StatusCode::from_u16(fault.http());
            (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), fault.body(service).into())
        }
    };
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The clock that signed times are compared with (rule 43).
    let now = stamp::wib(shell.gateway().clock().real_now());
    if let Ok(now) = HeaderValue::try_from(now) {
        headers.insert(HeaderName::from_static("x-timestamp"), now);
    }
    match answer {
        Err(Fault::WrongMethod) => {
            headers.insert(ALLOW, HeaderValue::from_static(METHOD));
        }
        Err(Fault::Busy | Fault::TooOften) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Ok(_) | Err(_) => {}
    }
    response.extensions_mut().insert(Answered(target.map_or("none", Endpoint::path)));
    response
}
