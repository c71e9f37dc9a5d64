//! From HTTP to an endpoint and back. Every answer is JSON, whatever happens.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use dialect::{Answered, Shell};
use domain::time::Timestamp;
use gateway::{
    directory::Account,
    request::{OpenRequest, PaymentView},
};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use intake::{Peer, read_body};
use uuid::Uuid;

use crate::{
    BRAND, SERVER_KEY, actions, auth,
    call::Call,
    charge, explain,
    fault::Fault,
    path::{self, Endpoint, Target},
    snap, status,
};

/// Everything under `/v2`, and Snap. Paths are taken apart in [`path`], which is why there is one route.
pub(crate) fn routes(shell: Shell) -> Router {
    Router::new()
        .route("/v2", any(serve))
        .route("/v2/", any(serve))
        .route("/v2/{*rest}", any(serve))
        .merge(snap::routes())
        .with_state(shell)
}

async fn serve(State(shell): State<Shell>, request: Request) -> Response {
    let target = path::read(request.method().as_str(), request.uri().path());
    let endpoint = target.as_ref().map_or("none", |target| target.endpoint.name());
    let mut response = match answer(&shell, request, target).await {
        Ok(body) => reply(StatusCode::OK, body),
        Err(fault) => refuse(&fault),
    };
    response.extensions_mut().insert(Answered(endpoint));
    response
}

async fn answer(
    shell: &Shell,
    request: Request,
    target: Result<Target, Fault>,
) -> Result<Bytes, Fault> {
    let (head, body) = request.into_parts();
    let target = target?;
    let arrived = receive(shell, &head, body).await?;
    dispatch(&arrived.call(shell, &head), target).await
}

/// Answers `POST /v2/charge` as its route does, with `open` in the gateway's place. No route leads
/// here: it tells what a charge costs besides being stored, when speed is measured.
pub async fn rehearse_charge(
    shell: &Shell,
    request: Request,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Response {
    let (head, body) = request.into_parts();
    let answer = match path::read(head.method.as_str(), head.uri.path()) {
        Ok(Target { endpoint: Endpoint::Charge, .. }) => match receive(shell, &head, body).await {
            Ok(arrived) => charge::rehearse(&arrived.call(shell, &head), open),
            Err(fault) => Err(fault),
        },
        Ok(_) => Err(Fault::UnknownPayment),
        Err(fault) => Err(fault),
    };
    let mut response =
        answer.map_or_else(|fault| refuse(&fault), |body| reply(StatusCode::OK, body));
    response.extensions_mut().insert(Answered(Endpoint::Charge.name()));
    response
}

/// What has been read of a request whose sender may be served.
pub(crate) struct Arrived {
    account: Arc<Account>,
    body: Bytes,
    at: Timestamp,
}

impl Arrived {
    pub(crate) fn call<'a>(&'a self, shell: &'a Shell, head: &'a Parts) -> Call<'a> {
        Call {
            gateway: shell.gateway(),
            account: Arc::clone(&self.account),
            headers: &head.headers,
            body: &self.body,
            received_at: self.at,
        }
    }
}

pub(crate) async fn receive(shell: &Shell, head: &Parts, body: Body) -> Result<Arrived, Fault> {
    let caller = admit(shell, head);
    // The body is read even where it means nothing, or the sender might never see the answer; it is
    // judged after the sender (section 1.2).
    let body = read_body(body, shell.limits()).await;
    let account = caller?;
    let body = body.map_err(|error| Fault::of_body(error, shell.limits()))?;
    Ok(Arrived { account, body, at: shell.gateway().clock().now() })
}

async fn dispatch(call: &Call<'_>, target: Target) -> Result<Bytes, Fault> {
    match target.endpoint {
        Endpoint::Charge => charge::charge(call).await,
        Endpoint::Status => status::status(call, target.id).await,
        Endpoint::StatusB2b => Err(Fault::UnknownPayment),
        Endpoint::Cancel => actions::cancel(call, target.id).await,
        Endpoint::Expire => actions::expire(call, target.id).await,
        Endpoint::Approve | Endpoint::Deny | Endpoint::Refund | Endpoint::RefundDirect => {
            actions::refuse(call, target.id).await
        }
        Endpoint::Capture => actions::capture(call).await,
    }
}

/// Who calls, if it may.
fn admit(shell: &Shell, head: &Parts) -> Result<Arc<Account>, Fault> {
    let gateway = shell.gateway();
    let directory = gateway.directory();
    let now = gateway.clock().real_now();
    let key = auth::server_key(&head.headers);
    let held =
        key.and_then(|key| directory.account_by_secret(BRAND, SERVER_KEY, key.expose(), now));
    let Some(account) = held else {
        shell.not_believed(|| explain::explain(&directory, now, head));
        return Err(Fault::Unauthorized);
    };
    let local = Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let Peer(from) = head.extensions.get().copied().unwrap_or(local);
    shell.admit(account, from)?;
    Ok(Arc::clone(account))
}

/// The answer with this code. Of codes that several faults share, it is the one a merchant meets most.
pub(crate) fn turned_down(path: &str, code: &str) -> Option<Response> {
    path.strip_prefix("/v2/")?;
    let faults = [
        Fault::Invalid(vec!["as asked for by X-Gerai-Fault".to_owned()]),
        Fault::Unauthorized,
        Fault::ChannelInactive,
        Fault::UnknownPayment,
        Fault::OrderTaken,
        Fault::TooSlow,
        Fault::Deactivated,
        Fault::TooLarge { body_max: 0 },
        Fault::TooOften,
        Fault::Broken,
        Fault::RetailerPaused,
        Fault::NoCode,
    ];
    faults.iter().find(|fault| fault.code() == code).map(refuse)
}

fn refuse(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply(status, fault.body(fresh_id()).into());
    let headers = response.headers_mut();
    if let Fault::WrongMethod { allowed } = fault {
        headers.insert(ALLOW, HeaderValue::from_static(allowed));
    }
    if matches!(fault, Fault::Busy | Fault::TooOften) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// An answer in JSON.
pub(crate) fn reply(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A UUID version 4 for an answer that names nothing else. It is only a name, so no chance at all is
/// better than no answer.
fn fresh_id() -> Uuid {
    let mut bytes = [0; 16];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("no random bytes for the id of an answer");
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
