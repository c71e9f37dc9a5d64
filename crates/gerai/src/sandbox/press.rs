//! `POST /sandbox/v1/payments/{payment_code}/pay` and `/reverse`: the cashier's two buttons.

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use domain::{money::Rupiah, retailer::RetailerKey, time::Span};
use gateway::{directory::Secret, request::CounterReply};
use http::StatusCode;
use intake::{BodyError, read_body};
use serde::Deserialize;

use super::{
    Sandbox,
    answer::{json, refused, unavailable, unknown_code},
    cashier::{NotDone, Then, Wishes},
};

/// What may be said in the body; all of it may be left out, and so may the body. It may hold a PIN, so
/// it is never shown.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Body {
    amount: Option<i64>,
    sale: Option<String>,
    retailer: Option<String>,
    outlet: Option<String>,
    pin: Option<String>,
    then: Option<String>,
    clock_off_minutes: Option<i64>,
}

/// The most that a till's clock may be off, in minutes: a year.
const CLOCK_OFF_MAX: i64 = 366 * 24 * 60;

/// Pays it, under a sale of its own.
pub(super) async fn pay(
    State(sandbox): State<Sandbox>,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (code, wishes) = match asked(&sandbox, code, request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let cashier = &sandbox.cashier;
    let result = match cashier.payment(&code).await {
        Ok(payment) => cashier.pay(&payment, &wishes).await,
        Err(not_done) => Err(not_done),
    };
    respond(result)
}

/// Takes it back: the sale that paid it, unless the body names another.
pub(super) async fn reverse(
    State(sandbox): State<Sandbox>,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (code, wishes) = match asked(&sandbox, code, request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let cashier = &sandbox.cashier;
    let result = match cashier.payment(&code).await {
        Ok(payment) => cashier.reverse(&payment, &wishes).await,
        Err(not_done) => Err(not_done),
    };
    respond(result)
}

/// The code and the wishes of a request.
pub(super) async fn asked(
    sandbox: &Sandbox,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<(String, Wishes), Response> {
    let Path(code) = code.map_err(|_| unknown_code())?;
    let body = read_body(request.into_body(), &sandbox.limits).await.map_err(bad_body)?;
    let malformed = |why: String| refused(StatusCode::BAD_REQUEST, "malformed", &why);
    let wishes = wishes(&body).map_err(malformed)?;
    Ok((code, wishes))
}

/// Why a body was not read.
pub(super) fn bad_body(error: BodyError) -> Response {
    let (status, why) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
        BodyError::Broken => (StatusCode::BAD_REQUEST, "the body broke off"),
    };
    refused(status, "bad_body", why)
}

fn wishes(body: &[u8]) -> Result<Wishes, String> {
    match body.trim_ascii().first() {
        None => return Ok(Wishes::default()),
        Some(b'{') => {}
        // A list would do too, otherwise: its members in the order of the fields.
        Some(_) => return Err("the body must be a JSON object".to_owned()),
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let amount = body.amount.map(Rupiah::new).transpose();
    let retailer = body.retailer.as_deref().map(RetailerKey::new).transpose();
    let outlet_fits = body.outlet.as_ref().is_none_or(|outlet| {
        (1..=32).contains(&outlet.len()) && outlet.bytes().all(|b| b.is_ascii_graphic())
    });
    if !outlet_fits {
        return Err("outlet: 1 to 32 visible ASCII characters".to_owned());
    }
    if body.pin.as_ref().is_some_and(|pin| !is_pin(pin)) {
        return Err("pin: six digits, in quotes".to_owned());
    }
    let then = match body.then.as_deref() {
        None | Some("nothing") => Then::Nothing,
        Some("advice") => Then::Advice,
        Some("reversal") => Then::Reversal,
        Some(_) => return Err("then: nothing, advice or reversal".to_owned()),
    };
    let clock_off = match body.clock_off_minutes {
        None => None,
        Some(minutes) if (-CLOCK_OFF_MAX..=CLOCK_OFF_MAX).contains(&minutes) => {
            Some(Span::minutes(minutes))
        }
        Some(_) => return Err("clock_off_minutes: a year at most".to_owned()),
    };
    Ok(Wishes {
        then,
        clock_off,
        amount: amount.map_err(|error| format!("amount: {error}"))?,
        sale: body.sale,
        retailer: retailer.map_err(|error| format!("retailer: {error}"))?,
        outlet: body.outlet,
        pin: body.pin.map(Secret::new),
    })
}

fn is_pin(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the till would have been told, or why it was not asked.
fn respond(result: Result<CounterReply, NotDone>) -> Response {
    match result {
        Ok(reply) => json(StatusCode::OK, reply.body),
        Err(not_done) => refuse(not_done),
    }
}

/// Why the till was not asked.
pub(super) fn refuse(not_done: NotDone) -> Response {
    match not_done {
        NotDone::UnknownCode => unknown_code(),
        NotDone::NeverPaid => {
            let why = "no counter has taken cash for this payment";
            refused(StatusCode::CONFLICT, "never_paid", why)
        }
        NotDone::Wish(why) => refused(StatusCode::BAD_REQUEST, "malformed", &why),
        NotDone::Unavailable(why) => unavailable(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_may_be_left_out_and_nothing_misspelt() {
        for body in ["", " \n", "{}", "{\"amount\":null}"] {
            let wishes = wishes(body.as_bytes()).unwrap();
            assert!(wishes.amount.is_none() && wishes.sale.is_none(), "{body}");
        }
        let body = br#"{"amount":50000,"sale":"S-1","retailer":"alfamidi","outlet":"T001"}"#;
        let wishes = wishes(body).unwrap();
        assert_eq!(wishes.amount, Some(Rupiah::new(50_000).unwrap()));
        assert_eq!(wishes.sale.as_deref(), Some("S-1"));
        assert_eq!(wishes.retailer, Some(RetailerKey::new("alfamidi").unwrap()));
        assert_eq!(wishes.outlet.as_deref(), Some("T001"));
        for body in [
            "[]",
            "1",
            "{",
            "{\"amout\":1}",
            "{\"amount\":-1}",
            "{\"amount\":1.5}",
            "{\"amount\":\"1\"}",
            "{\"retailer\":\"Alfa Mart\"}",
            "{\"outlet\":\"\"}",
            "{\"then\":\"again\"}",
            "{\"pin\":\"12345\"}",
            "{\"pin\":123456}",
            "{\"clock_off_minutes\":527041}",
            "\u{0}",
        ] {
            assert!(super::wishes(body.as_bytes()).is_err(), "{body}");
        }
    }
}
