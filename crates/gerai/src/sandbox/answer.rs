//! The sandbox's own answers.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use gateway::request::Unavailable;
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::json;

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// A refusal: a word for programs, a sentence for people.
pub(super) fn refused(status: StatusCode, error: &str, message: &str) -> Response {
    json(status, json!({ "error": error, "message": message }).to_string())
}

/// Nobody has this code.
pub(super) fn unknown_code() -> Response {
    refused(StatusCode::NOT_FOUND, "unknown_payment_code", "no payment has this payment code")
}

/// Nothing was decided.
pub(super) fn unavailable(why: Unavailable) -> Response {
    refused(StatusCode::SERVICE_UNAVAILABLE, "try_again", &why.to_string())
}

/// The path is right, the method is not.
pub(super) fn method_not_allowed() -> Response {
    json(StatusCode::METHOD_NOT_ALLOWED, r#"{"error":"method_not_allowed"}"#)
}
