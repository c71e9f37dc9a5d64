//! `X-Gerai-Fault`: a request that says what goes wrong with it. In a sandbox only.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use dialect::Shell;
use domain::time::Span;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::{Full, Limited};

use super::answer::refused;
use crate::{config::Period, dialects::DIALECTS};

/// Who asks for a fault says so here.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-gerai-fault");

/// Nobody waits longer for an answer.
const LATENCY_MAX: Span = Span::minutes(5);

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// The request is carried out so much later.
    Latency(Duration),
    /// The connection ends before the request is carried out.
    RequestLost,
    /// The request is carried out, and the connection ends before it is answered.
    AnswerLost,
    /// It is turned down with this code of the dialect, and not carried out.
    TurnedDown(String),
}

impl Fault {
    fn read(value: &HeaderValue) -> Result<Self, String> {
        let text = value.to_str().unwrap_or_default().trim();
        match text.split_once('=') {
            Some(("latency", span)) => match Period::parse(span) {
                Ok(period) if period.span() <= LATENCY_MAX => Ok(Self::Latency(period.duration())),
                Ok(_) => Err("a latency is at most 5m".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Some(("drop", "request")) => Ok(Self::RequestLost),
            Some(("drop", "answer")) => Ok(Self::AnswerLost),
            Some(("error", code)) if (1..=64).contains(&code.len()) => {
                Ok(Self::TurnedDown(code.to_owned()))
            }
            Some(_) | None => {
                Err("it is latency=2s, drop=request, drop=answer or error=CODE".to_owned())
            }
        }
    }
}

/// Lets go wrong what a request asks for.
pub(crate) async fn strike(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let fault = match request.headers().get(HEADER).map(Fault::read) {
        None => return next.run(request).await,
        Some(Ok(fault)) => fault,
        Some(Err(why)) => {
            let why = format!("X-Gerai-Fault: {why}");
            return refused(StatusCode::BAD_REQUEST, "malformed_fault", &why);
        }
    };
    match fault {
        Fault::TurnedDown(code) => turned_down(&shell, request.uri().path(), &code),
        Fault::Latency(latency) => {
            tokio::time::sleep(latency).await;
            next.run(request).await
        }
        Fault::RequestLost => hung_up(),
        Fault::AnswerLost => {
            drop(next.run(request).await);
            hung_up()
        }
    }
}

/// The dialect's own answer with this code.
fn turned_down(shell: &Shell, path: &str, code: &str) -> Response {
    let answer = DIALECTS.iter().find_map(|dialect| dialect.turned_down(shell, path, code));
    answer.unwrap_or_else(|| {
        let why = "X-Gerai-Fault: the endpoint at this path has no error with this code";
        refused(StatusCode::BAD_REQUEST, "malformed_fault", why)
    })
}

/// An answer whose body fails at once: the server ends the connection before a byte of it is sent.
fn hung_up() -> Response {
    Response::new(Body::new(Limited::new(Full::<bytes::Bytes>::from("no"), 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_spelt_so_and_not_otherwise() {
        let read = |text: &str| Fault::read(&HeaderValue::from_str(text).unwrap());
        assert_eq!(read("latency=250ms"), Ok(Fault::Latency(Duration::from_millis(250))));
        assert_eq!(read("latency=5m"), Ok(Fault::Latency(Duration::from_mins(5))));
        assert_eq!(read(" drop=request "), Ok(Fault::RequestLost));
        assert_eq!(read("drop=answer"), Ok(Fault::AnswerLost));
        for text in [
            "",
            "latency",
            "latency=",
            "latency=301s",
            "latency=-1s",
            "drop",
            "drop=all",
            "error=",
            "x=1",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
