//! A refund code at the counter: the payer gets cash, in two steps
//! (`POST /sandbox/v1/refunds/{refund_code}/{step}`).

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use domain::sale::Operation;
use http::StatusCode;
use pages::sandbox::Button;
use serde_json::{Value, json};

use super::{
    Sandbox, answer,
    cashier::{Cashier, NotDone, Wishes},
    press::{asked, refuse},
    wire::Message,
};

/// What a cashier does with a refund code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Looks it up, and reserves the cash for whoever knows the PIN.
    Reserve,
    /// Has handed the cash over.
    Commit,
    /// Hands nothing over after all.
    Reverse,
}

impl Step {
    /// All of them, in the order of their buttons.
    pub(super) const ALL: [Self; 3] = [Self::Reserve, Self::Commit, Self::Reverse];

    /// The last part of its path.
    const fn name(self) -> &'static str {
        match self {
            Self::Reserve => "payout",
            Self::Commit => "commit",
            Self::Reverse => "reverse",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Reserve => "1. Check the PIN",
            Self::Commit => "2. Hand the cash over",
            Self::Reverse => "or keep it",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Reserve => {
                "The till asks about the code, then reserves the cash. Nothing is handed over before \
                 this says yes; the third wrong PIN blocks the code."
            }
            Self::Commit => "The cash was handed over: it is paid out, once and for all.",
            Self::Reverse => {
                "Nothing was handed over: the code can be used again, this sale's number cannot."
            }
        }
    }

    /// As the page shows it.
    pub(super) fn button(self) -> Button {
        Button {
            act: self.name().to_owned(),
            label: self.label().to_owned(),
            hint: self.meaning().to_owned(),
        }
    }
}

/// Does it, and answers with every message of it.
pub(super) async fn step(
    step: Step,
    State(sandbox): State<Sandbox>,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (code, wishes) = match asked(&sandbox, code, request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    match play(&sandbox.cashier, step, &code, &wishes).await {
        Ok((sale, messages)) => {
            let messages: Vec<Value> = messages.iter().map(Message::told).collect();
            let body = json!({
                "refund_code": code,
                "act": step.name(),
                "meaning": step.meaning(),
                "sale": sale,
                "messages": messages,
            });
            answer::json(StatusCode::OK, body.to_string())
        }
        Err(NotDone::UnknownCode) => {
            answer::refused(StatusCode::NOT_FOUND, "unknown_refund_code", "no refund has this code")
        }
        Err(not_done) => refuse(not_done),
    }
}

/// The sale's number, and what was sent.
async fn play(
    cashier: &Cashier,
    step: Step,
    code: &str,
    wishes: &Wishes,
) -> Result<(String, Vec<Arc<Message>>), NotDone> {
    let row = cashier.refund(code).await?;
    let key = wishes.retailer.unwrap_or(row.refund.taken_by);
    let retailer = cashier.gateway().retailers().get(key);
    let retailer =
        retailer.ok_or_else(|| NotDone::Wish(format!("there is no retailer `{key}`")))?;
    let wish = |why: &str| NotDone::Wish(why.to_owned());
    if step != Step::Reserve && wishes.sale.is_none() {
        return Err(wish("sale: the number under which the cash was reserved"));
    }
    let sale = cashier.sale_of_code(&row.code, retailer, wishes)?;
    let amount = Some(wishes.amount.unwrap_or(row.refund.amount));
    let sent = match step {
        Step::Reserve => {
            let pin = wishes.pin.clone().ok_or_else(|| wish("pin: six digits"))?;
            let inquiry = cashier.send(Operation::Inquiry, &sale, None, true).await?;
            vec![inquiry, cashier.pay_out(&sale, amount, pin).await?]
        }
        Step::Commit => vec![cashier.send(Operation::Commit, &sale, None, true).await?],
        Step::Reverse => vec![cashier.send(Operation::Reversal, &sale, amount, true).await?],
    };
    let messages = sent.into_iter().map(|told| told.message).collect();
    Ok((sale.number().to_owned(), messages))
}
