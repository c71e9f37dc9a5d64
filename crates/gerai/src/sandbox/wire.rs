//! What went over the counter's wire: what a till would send, and what it would be told.

use std::sync::Arc;

use bytes::Bytes;
use dialect::wib;
use domain::{sale::Operation, time::Timestamp};
use gateway::request::CounterRequest;
use serde::Serialize;
use serde_json::{Value, json};

/// A message of a counter, and its answer.
#[derive(Debug)]
pub(super) struct Message {
    /// When it was sent.
    pub(super) at: Timestamp,
    /// The payment code that it is about.
    pub(super) code: String,
    /// The retailer's name.
    pub(super) retailer: String,
    /// Characters of the retailer's receipt.
    pub(super) width: usize,
    /// The outlet and the terminal that sent it.
    pub(super) counter: String,
    /// Which message.
    pub(super) operation: Operation,
    /// Its body.
    pub(super) request: String,
    /// The answer's body; none where nothing was decided.
    pub(super) answer: Option<Bytes>,
    /// Whether the till heard the answer.
    pub(super) arrived: bool,
}

impl Message {
    /// Where it goes.
    pub(super) const fn path(&self) -> &'static str {
        match self.operation {
            Operation::Inquiry => "/counter/v1/inquiry",
            Operation::Payment => "/counter/v1/payment",
            Operation::Commit => "/counter/v1/commit",
            Operation::Advice => "/counter/v1/advice",
            Operation::Reversal => "/counter/v1/reversal",
            Operation::Payout => "/counter/v1/payout",
        }
    }

    /// What the answer says, member by member.
    pub(super) fn answered(&self) -> Option<Value> {
        serde_json::from_slice(self.answer.as_ref()?).ok()
    }

    /// What it weighs, in bytes.
    pub(super) fn weight(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, Bytes::len);
        self.request.len() + answer + size_of::<Self>()
    }

    /// For programs.
    pub(super) fn told(self: &Arc<Self>) -> Value {
        let request: Option<Value> = serde_json::from_str(&self.request).ok();
        json!({
            "call": format!("POST {}", self.path()),
            "counter": self.counter,
            "at": wib(self.at),
            "request": request,
            "answer": self.answered(),
            "arrived": self.arrived,
        })
    }
}

/// The body of a request, in the contract's order.
#[derive(Serialize)]
struct Body<'a> {
    payment_code: &'a str,
    sale: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outlet: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminal: Option<&'a str>,
    sale_at: String,
    retailer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Never what was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'static str>,
}

/// What a till would send that asks for this.
pub(super) fn body(request: &CounterRequest) -> String {
    let has_place = match request.operation {
        Operation::Inquiry | Operation::Payment | Operation::Advice | Operation::Payout => true,
        Operation::Commit | Operation::Reversal => false,
    };
    let place = |text| has_place.then_some(text);
    let body = Body {
        payment_code: request.code.as_str(),
        sale: &request.sale_sent,
        outlet: place(request.outlet.as_str()),
        terminal: place(request.terminal.as_str()),
        sale_at: format!("{}+07:00", wib(request.till_at).replace(' ', "T")),
        retailer: request.retailer.as_str(),
        amount: request.amount.map(domain::money::Rupiah::get),
        reason: request.reason.as_deref(),
        pin: (request.operation == Operation::Payout).then_some("******"),
    };
    // Its members are texts and numbers, so it is always written.
    serde_json::to_string(&body).unwrap_or_default()
}
