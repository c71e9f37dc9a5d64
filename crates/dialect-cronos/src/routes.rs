//! From HTTP to an endpoint and back. Every answer is JSON, whatever happens.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use dialect::{Answered, Shell, flag};
use domain::time::Timestamp;
use gateway::request::{OpenRequest, PaymentView};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use intake::{Peer, read_body};

use crate::{
    STRICT, answer,
    auth::{Caller, Presented},
    call::Call,
    check, explain,
    fault::Fault,
    path::{self, Endpoint, Target},
    php,
    problems::Problems,
    retail,
    signature::{Signature, Signed, matching},
    transactions,
};

/// The platform's paths under `/api`, and no others: what else lies there is not this platform's.
pub(crate) fn routes(shell: Shell) -> Router {
    let mut router = Router::new().route("/api/check/{*id}", any(serve));
    for name in path::NAMES {
        for end in ["", "/"] {
            router = router.route(&format!("/api/{name}{end}"), any(serve));
        }
    }
    router.with_state(shell)
}

async fn serve(State(shell): State<Shell>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let target = path::read(head.uri.path());
    let endpoint = target.as_ref().map_or("none", |target| target.endpoint.name());
    let answer = match path::ask(head.method.as_str(), target) {
        Ok(target) => answer(&shell, &head, body, target).await,
        Err(fault) => Err(fault),
    };
    respond(answer, endpoint)
}

async fn answer(shell: &Shell, head: &Parts, body: Body, target: Target) -> Result<Bytes, Fault> {
    let arrived = receive(shell, head, body, target.endpoint).await?;
    let body = php::parse(&arrived.body);
    let call = arrived.call(shell, head, target.endpoint, &body)?;
    match target.endpoint {
        Endpoint::Retail => retail::open(&call, body).await,
        Endpoint::Check => check::check(&call, target.id).await,
        Endpoint::Transactions => transactions::list(&call).await,
        Endpoint::Balance => {
            let balances = call.gateway.balances(call.account.no).await?;
            Ok(answer::balance(&balances).into())
        }
        Endpoint::Restricted => Err(Fault::NoAccess),
    }
}

/// Answers `POST /api/retail` as its route does, with `open` in the gateway's place. No route leads
/// here: it tells what opening a payment costs besides its being stored, when speed is measured.
pub async fn rehearse_create(
    shell: &Shell,
    request: Request,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Response {
    let (head, body) = request.into_parts();
    let answer = match path::ask(head.method.as_str(), path::read(head.uri.path())) {
        Ok(Target { endpoint: Endpoint::Retail, .. }) => rehearse(shell, &head, body, open).await,
        Ok(_) => Err(Fault::UnknownPath),
        Err(fault) => Err(fault),
    };
    respond(answer, Endpoint::Retail.name())
}

async fn rehearse(
    shell: &Shell,
    head: &Parts,
    body: Body,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Result<Bytes, Fault> {
    let arrived = receive(shell, head, body, Endpoint::Retail).await?;
    let body = php::parse(&arrived.body);
    let call = arrived.call(shell, head, Endpoint::Retail, &body)?;
    retail::rehearse(&call, body, open)
}

/// What has been read of a request whose sender has shown its key and its token.
struct Arrived {
    caller: Caller,
    signature: Signature,
    body: Bytes,
    at: Timestamp,
}

/// Key and token first, because the signature needs both (section 1.7).
async fn receive(
    shell: &Shell,
    head: &Parts,
    body: Body,
    endpoint: Endpoint,
) -> Result<Arrived, Fault> {
    let gateway = shell.gateway();
    let known = Presented::read(&head.headers).and_then(|presented| {
        let now = gateway.clock().real_now();
        let caller = presented.caller(&gateway.directory(), now)?;
        Some((caller, *presented.signature()))
    });
    // The body is read even where it means nothing, or the sender might never see the answer.
    let body = read_body(body, shell.limits()).await;
    let Some((caller, signature)) = known else {
        not_believed(shell, head, endpoint, body.as_deref().unwrap_or_default());
        return Err(Fault::Unauthorized);
    };
    let body = body.map_err(|error| Fault::of_body(error, shell.limits()))?;
    Ok(Arrived { caller, signature, body, at: gateway.clock().now() })
}

/// Has it explained why a request is not believed, where somebody listens.
fn not_believed(shell: &Shell, head: &Parts, endpoint: Endpoint, body: &[u8]) {
    shell.not_believed(|| {
        let gateway = shell.gateway();
        let now = gateway.clock().real_now();
        explain::explain(&gateway.directory(), now, &explain::Request { head, endpoint, body })
    });
}

impl Arrived {
    /// The call, if it is signed and its sender may be served.
    fn call<'a>(
        &self,
        shell: &'a Shell,
        head: &'a Parts,
        endpoint: Endpoint,
        body: &retail::Body<'_>,
    ) -> Result<Call<'a>, Fault> {
        let Caller { brand, account, token } = &self.caller;
        let signed = match endpoint {
            Endpoint::Retail | Endpoint::Restricted => {
                Signed::Body { bytes: &self.body, document: body.as_ref().ok() }
            }
            // Whatever body such a request carries is not signed (section 1.5).
            Endpoint::Check | Endpoint::Transactions | Endpoint::Balance => Signed::Key,
        };
        let strict = flag(&STRICT, account);
        let variant = matching(token.expose(), &account.public_id, signed, &self.signature, strict);
        let variant_name = variant.map_or("none", |variant| variant.name());
        metrics::counter!("gerai_signatures_total",
            "brand" => brand.name(), "variant" => variant_name)
        .increment(1);
        tracing::debug!(brand = brand.name(), account = %account.no, variant_name, "a signature");
        if variant.is_none() {
            not_believed(shell, head, endpoint, &self.body);
            return Err(Fault::Unauthorized);
        }
        let local = Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let Peer(from) = head.extensions.get().copied().unwrap_or(local);
        shell.admit(account, from)?;
        Ok(Call {
            gateway: shell.gateway(),
            brand: *brand,
            account: std::sync::Arc::clone(account),
            query: head.uri.query(),
            received_at: self.at,
        })
    }
}

fn respond(answer: Result<Bytes, Fault>, endpoint: &'static str) -> Response {
    let mut response = match answer {
        Ok(body) => reply(StatusCode::OK, body),
        Err(fault) => refuse(&fault),
    };
    response.extensions_mut().insert(Answered(endpoint));
    response
}

/// The answer with this code of the dossier: `409 DUPLICATE_REFERENCE`, or its second half alone.
pub(crate) fn turned_down(path: &str, code: &str) -> Option<Response> {
    path::read(path)?;
    let faults = [
        Fault::NoCode,
        Fault::Unauthorized,
        Fault::NoAccess,
        Fault::Address,
        Fault::Inactive,
        Fault::NotFound,
        Fault::Duplicate,
        Fault::Invalid(Problems::one("reference", "As asked for by X-Gerai-Fault.")),
        Fault::Broken,
        Fault::TooOften,
        Fault::TooSlow,
        Fault::Busy,
    ];
    let is_it = |fault: &&Fault| {
        let whole = fault.code();
        whole == code || whole.split_once(' ').is_some_and(|(_, name)| name == code)
    };
    faults.iter().find(is_it).map(refuse)
}

fn refuse(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply(status, fault.body().into());
    let headers = response.headers_mut();
    if let Fault::WrongMethod { allowed } = fault {
        headers.insert(ALLOW, HeaderValue::from_static(allowed));
    }
    if matches!(fault, Fault::Busy | Fault::TooOften) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn reply(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}
