//! `/sandbox/v1/faults`: adding scripts, looking at them and taking them away.

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use intake::read_body;
use serde_json::json;

use super::{NO_SUCH_CODE, script::Script, scripts::SCRIPTS_MAX, turned_down};
use crate::sandbox::{
    Sandbox,
    answer::{self, refused},
    press::bad_body,
};

/// `GET`: all of them, the oldest first.
pub(in crate::sandbox) async fn list(State(sandbox): State<Sandbox>) -> Response {
    let book = sandbox.scripts.lock();
    let told: Vec<_> = book.scripts().iter().map(|(no, script)| script.told(*no)).collect();
    answer::json(StatusCode::OK, json!({ "faults": told }).to_string())
}

/// `POST`: one more.
pub(in crate::sandbox) async fn add(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let shell = &sandbox.shell;
    let body = match read_body(request.into_body(), shell.limits()).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let malformed = |why: &str| refused(StatusCode::BAD_REQUEST, "malformed", why);
    let gateway = shell.gateway();
    let (directory, real_now) = (gateway.directory(), gateway.clock().real_now());
    let script = match Script::read(&body, &directory, real_now, rand::random()) {
        Ok(script) => script,
        Err(why) => return malformed(&why),
    };
    if let Some((path, code)) = script.turns_down()
        && turned_down(shell, path, &HeaderMap::new(), code).is_none()
    {
        return malformed(&format!("fault: {NO_SUCH_CODE}"));
    }
    let mut book = sandbox.scripts.lock();
    let Some(no) = book.add(script.clone()) else {
        let why = format!("there are {SCRIPTS_MAX} scripts already; remove some");
        return refused(StatusCode::CONFLICT, "too_many", &why);
    };
    answer::json(StatusCode::OK, json!(script.told(no)).to_string())
}

/// `DELETE`: all of them.
pub(in crate::sandbox) async fn remove_all(State(sandbox): State<Sandbox>) -> Response {
    removed(sandbox.scripts.lock().remove(None))
}

/// `DELETE` of one.
pub(in crate::sandbox) async fn remove(
    State(sandbox): State<Sandbox>,
    no: Result<Path<u64>, PathRejection>,
) -> Response {
    let count = no.map_or(0, |Path(no)| sandbox.scripts.lock().remove(Some(no)));
    if count == 0 {
        return refused(StatusCode::NOT_FOUND, "unknown_fault", "no script has this number");
    }
    removed(count)
}

fn removed(count: usize) -> Response {
    answer::json(StatusCode::OK, json!({ "removed": count }).to_string())
}
