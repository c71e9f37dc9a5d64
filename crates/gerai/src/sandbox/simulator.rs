//! The paths of the vendor's old simulator (contract Midtrans, 6.3): `GET /api/{store}/{code}` and
//! `POST /api/{store}/{code}/pay`.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use domain::retailer::RetailerKey;
use gateway::request::CounterReply;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    Sandbox, answer,
    cashier::{NotDone, Wishes},
};

type Code = Result<Path<String>, PathRejection>;

/// What a cashier of Alfamart sees.
pub(super) async fn inquire_alfamart(State(sandbox): State<Sandbox>, code: Code) -> Response {
    inquire(&sandbox, "alfamart", code).await
}

/// What a cashier of Indomaret sees.
pub(super) async fn inquire_indomaret(State(sandbox): State<Sandbox>, code: Code) -> Response {
    inquire(&sandbox, "indomaret", code).await
}

/// Pays at Alfamart.
pub(super) async fn pay_alfamart(State(sandbox): State<Sandbox>, code: Code) -> Response {
    pay(&sandbox, "alfamart", code).await
}

/// Pays at Indomaret.
pub(super) async fn pay_indomaret(State(sandbox): State<Sandbox>, code: Code) -> Response {
    pay(&sandbox, "indomaret", code).await
}

async fn inquire(sandbox: &Sandbox, store: &str, code: Code) -> Response {
    let result = match asked(sandbox, store, code).await {
        Ok((payment, wishes)) => sandbox.cashier.inquire(&payment, &wishes).await,
        Err(not_done) => Err(not_done),
    };
    respond(result, |shown| {
        let mut shown = shown;
        shown.insert("status".to_owned(), json!("SUCCESS"));
        Value::Object(shown)
    })
}

async fn pay(sandbox: &Sandbox, store: &str, code: Code) -> Response {
    let result = match asked(sandbox, store, code).await {
        Ok((payment, wishes)) => sandbox.cashier.pay(&payment, &wishes).await,
        Err(not_done) => Err(not_done),
    };
    respond(result, |_| json!({ "status": "SUCCESS" }))
}

async fn asked(
    sandbox: &Sandbox,
    store: &str,
    code: Code,
) -> Result<(domain::payment::Payment, Wishes), NotDone> {
    let Path(code) = code.map_err(|_| NotDone::UnknownCode)?;
    let payment = sandbox.cashier.payment(&code).await?;
    let retailer = RetailerKey::new(store).map_err(|error| NotDone::Wish(error.to_string()))?;
    Ok((payment, Wishes { retailer: Some(retailer), ..Wishes::default() }))
}

/// `SUCCESS` with what `success` makes of the till's answer, or `FAILED` with the reason.
fn respond(
    result: Result<CounterReply, NotDone>,
    success: impl FnOnce(Map<String, Value>) -> Value,
) -> Response {
    let (status, body) = match result {
        Ok(reply) => {
            let shown: Map<String, Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
            let approved = reply.answer.is_some_and(|answer| answer.outcome.is_ok());
            let body = if approved {
                success(shown)
            } else {
                failed(shown.get("message").and_then(Value::as_str).unwrap_or("refused"))
            };
            (StatusCode::OK, body)
        }
        Err(NotDone::UnknownCode) => (StatusCode::NOT_FOUND, failed("no such payment code")),
        Err(NotDone::NeverPaid) => (StatusCode::OK, failed("never paid")),
        Err(NotDone::Wish(why)) => (StatusCode::OK, failed(&why)),
        Err(NotDone::Unavailable(why)) => {
            (StatusCode::SERVICE_UNAVAILABLE, failed(&why.to_string()))
        }
    };
    answer::json(status, body.to_string())
}

fn failed(message: &str) -> Value {
    json!({ "status": "FAILED", "message": message })
}
