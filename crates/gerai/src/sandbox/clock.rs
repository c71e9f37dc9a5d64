//! `/sandbox/v1/clock`: what time it is in the sandbox, and moving it forward.

use axum::{
    extract::{Request, State},
    response::Response,
};
use domain::time::Timestamp;
use http::StatusCode;
use intake::read_body;
use serde::Deserialize;
use serde_json::json;

use super::{
    Sandbox,
    answer::{self, refused},
    press::bad_body,
    travel::{NotMoved, Told, Wish},
};
use crate::{api::instant, config::Period};

/// How far, or until when; one of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    advance: Option<String>,
    to: Option<String>,
}

/// What time it is.
pub(super) async fn show(State(sandbox): State<Sandbox>) -> Response {
    tell(sandbox.mover.told())
}

/// Moves it, and answers when everything is done that became due on the way.
pub(super) async fn go(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let body = match read_body(request.into_body(), &sandbox.limits).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let wish = match wish(&body) {
        Ok(wish) => wish,
        Err(why) => return refused(StatusCode::BAD_REQUEST, "malformed", &why),
    };
    match sandbox.mover.go(wish).await {
        Ok(told) => tell(told),
        Err(why) => refuse(&why),
    }
}

fn refuse(why: &NotMoved) -> Response {
    let (status, error) = match why {
        NotMoved::Production(_) => (StatusCode::NOT_FOUND, "not_found"),
        NotMoved::Backwards(_) => (StatusCode::CONFLICT, "backwards"),
        NotMoved::TooFar => (StatusCode::CONFLICT, "too_far"),
        NotMoved::Busy => (StatusCode::CONFLICT, "busy"),
        NotMoved::Unavailable(_) | NotMoved::Io(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "try_again")
        }
    };
    refused(status, error, &why.to_string())
}

fn tell(told: Told) -> Response {
    let read = |millis| instant(Timestamp::from_millis(millis));
    let told = json!({
        "now": read(told.now),
        "real": read(told.real),
        "ahead_ms": told.ahead,
    });
    answer::json(StatusCode::OK, told.to_string())
}

fn wish(body: &[u8]) -> Result<Wish, String> {
    if body.trim_ascii().first() != Some(&b'{') {
        return Err(r#"the body must be a JSON object: {"advance":"24h"}"#.to_owned());
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match (body.advance, body.to) {
        (Some(advance), None) => match Period::parse(&advance) {
            Ok(period) => Ok(Wish::Advance(period.span().as_millis())),
            Err(error) => Err(format!("advance: {error}")),
        },
        (None, Some(to)) => rfc_3339(&to)
            .map(|at| Wish::To(at.millis()))
            .ok_or_else(|| "to: an instant as 2026-11-21T14:00:00+07:00".to_owned()),
        (None, None) | (Some(_), Some(_)) => {
            Err("say either `advance` or `to`, one of them".to_owned())
        }
    }
}

/// Reads RFC 3339 with an offset. Some 25 bytes are usual; more than 40 are not looked at.
pub(crate) fn rfc_3339(text: &str) -> Option<Timestamp> {
    let is_instant = text.len() <= 40 && text.as_bytes().get(10) == Some(&b'T');
    let at: jiff::Timestamp = text.parse().ok().filter(|_| is_instant)?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use domain::time::Span;

    use super::*;

    #[test]
    fn one_of_two_and_nothing_else() {
        let day = Wish::Advance(Span::days(1).as_millis());
        assert_eq!(wish(br#"{"advance":"24h"}"#), Ok(day));
        assert_eq!(wish(br#" {"advance":"1d","to":null}"#), Ok(day));
        let to = Wish::To(1_795_244_400_000);
        assert_eq!(wish(br#"{"to":"2026-11-21T14:00:00+07:00"}"#), Ok(to));
        assert_eq!(wish(br#"{"to":"2026-11-21T07:00:00.000Z"}"#), Ok(to));
        for body in [
            "",
            "[]",
            "{}",
            "{",
            r#"{"advance":"24"}"#,
            r#"{"advance":"-1h"}"#,
            r#"{"advance":24}"#,
            r#"{"advance":"4000d"}"#,
            r#"{"to":"2026-11-21"}"#,
            r#"{"to":"2026-11-21 14:00:00+07:00"}"#,
            r#"{"to":"2026-11-21T14:00:00"}"#,
            r#"{"advance":"1h","to":"2026-11-21T14:00:00Z"}"#,
            r#"{"advanced":"1h"}"#,
        ] {
            assert!(wish(body.as_bytes()).is_err(), "{body}");
        }
    }
}
