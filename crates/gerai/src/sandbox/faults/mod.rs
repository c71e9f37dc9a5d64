//! What goes wrong because somebody wants it: with a request that says so itself (`X-Gerai-Fault`), or
//! with whatever a script is about (`/sandbox/v1/faults`). In a sandbox only.
//!
//! [`fault`] says what can go wrong and how it is written, [`terms`] how often, [`script`] with whose
//! messages; [`scripts`] holds all of it, [`news`] is what the worker that tells merchants asks.

mod fault;
mod header;
mod named;
mod news;
mod path;
mod routes;
mod script;
mod scripts;
mod terms;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use dialect::Shell;
use domain::time::Span;
use http::{HeaderMap, StatusCode, request::Parts};
use http_body_util::{Full, Limited};
use intake::read_body;

pub(super) use self::routes::{add, list, remove, remove_all};
pub(crate) use self::scripts::Scripts;
use self::{
    fault::{Fault, LATENCY_MAX, RequestFault, duration},
    header::Asked,
    script::Call,
    terms::{Chance, Count},
};
use super::{answer::refused, press::bad_body};
use crate::dialects::DIALECTS;

/// What happens to one request.
#[derive(Debug, Default)]
struct Blow {
    latency: Span,
    fault: Option<RequestFault>,
}

impl Blow {
    /// Adds what strikes too: latencies add up, and of anything else the first counts.
    fn add(&mut self, fault: &Fault, chance: Chance) {
        match fault {
            Fault::Latency(range) => {
                self.latency = self.latency.plus(range.draw(chance)).min(LATENCY_MAX);
            }
            Fault::Request(fault) => {
                self.fault.get_or_insert_with(|| fault.clone());
            }
            Fault::News(_) => {}
        }
    }
}

/// Lets go wrong what a request asks for, or what a script has for it.
pub(crate) async fn strike(
    State((shell, scripts)): State<(Shell, Scripts)>,
    request: Request,
    next: Next,
) -> Response {
    let asked = match Asked::of(request.headers(), rand::random()) {
        Ok(asked) => asked,
        Err(why) => return malformed(&why),
    };
    let (head, body) = request.into_parts();
    let blow = match &asked {
        Some(asked) => asked.blow(&shell, &head),
        None => Ok(scripts.blow(&shell, &head)),
    };
    let blow = match blow {
        Ok(blow) => blow,
        Err(why) => return malformed(why),
    };
    let Some((news, terms)) = asked.and_then(|asked| Some((asked.news?, asked.terms))) else {
        return act(&shell, blow, Request::from_parts(head, body), next).await;
    };
    let body = match read_body(body, shell.limits()).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let names = named::names(shell.gateway(), head.uri.path(), &body).await;
    // As long as this is held, news of what the request names comes of the request.
    let _listening = scripts.listen(names, news, terms);
    act(&shell, blow, Request::from_parts(head, Body::from(body)), next).await
}

/// Carries a request out, as far as it is.
async fn act(shell: &Shell, blow: Blow, request: Request, next: Next) -> Response {
    if !blow.latency.is_zero() {
        tokio::time::sleep(duration(blow.latency)).await;
    }
    match blow.fault {
        None => next.run(request).await,
        Some(RequestFault::RequestLost) => hung_up(),
        Some(RequestFault::AnswerLost) => {
            drop(next.run(request).await);
            hung_up()
        }
        Some(RequestFault::TurnedDown(code)) => {
            let (head, _) = request.into_parts();
            turned_down(shell, head.uri.path(), &head.headers, &code)
                .unwrap_or_else(|| malformed(NO_SUCH_CODE))
        }
    }
}

/// What is said of a code that an endpoint does not have.
const NO_SUCH_CODE: &str = "the endpoint at this path has no error with this code";

impl Asked {
    /// What a request asks for itself.
    fn blow(&self, shell: &Shell, head: &Parts) -> Result<Blow, &'static str> {
        let mut blow = Blow::default();
        if let Some(RequestFault::TurnedDown(code)) = &self.request
            && turned_down(shell, head.uri.path(), &head.headers, code).is_none()
        {
            return Err(NO_SUCH_CODE);
        }
        let Some(chance) = Count::default().next(&self.terms) else { return Ok(blow) };
        if let Some(range) = self.latency {
            blow.add(&Fault::Latency(range), chance);
        }
        blow.fault.clone_from(&self.request);
        Ok(blow)
    }
}

impl Scripts {
    /// What scripts have for a request.
    fn blow(&self, shell: &Shell, head: &Parts) -> Blow {
        let mut blow = Blow::default();
        if path::is_apart(head.uri.path()) || self.is_empty() {
            return blow;
        }
        let gateway = shell.gateway();
        let (directory, real_now) = (gateway.directory(), gateway.clock().real_now());
        let mut dialects = DIALECTS.iter();
        let account =
            dialects.find_map(|dialect| dialect.claimed(&directory, &head.headers, real_now));
        let call = Call {
            path: head.uri.path(),
            account: account.map(AsRef::as_ref),
            partner: counter_http::claimed(&head.headers),
        };
        let can = |fault: &Fault| match fault {
            Fault::Request(RequestFault::TurnedDown(code)) => {
                turned_down(shell, head.uri.path(), &head.headers, code).is_some()
            }
            Fault::Latency(_)
            | Fault::Request(RequestFault::RequestLost | RequestFault::AnswerLost)
            | Fault::News(_) => true,
        };
        self.strike_request(&call, can, |fault, chance| blow.add(fault, chance));
        blow
    }
}

/// The dialect's own answer with this code, or the counter protocol's.
fn turned_down(shell: &Shell, path: &str, headers: &HeaderMap, code: &str) -> Option<Response> {
    let answer = DIALECTS.iter().find_map(|dialect| dialect.turned_down(shell, path, code));
    answer.or_else(|| counter_http::turned_down(shell.gateway(), path, headers, code))
}

/// The header cannot be done.
fn malformed(why: &str) -> Response {
    refused(StatusCode::BAD_REQUEST, "malformed_fault", &format!("X-Gerai-Fault: {why}"))
}

/// An answer whose body fails at once: the server ends the connection before a byte of it is sent.
fn hung_up() -> Response {
    Response::new(Body::new(Limited::new(Full::<bytes::Bytes>::from("no"), 1)))
}
