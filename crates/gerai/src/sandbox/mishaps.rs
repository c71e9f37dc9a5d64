//! What goes wrong in real life, one act each: `POST /sandbox/v1/payments/{payment_code}/{act}`.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use domain::{money::Rupiah, payment::Payment, sale::Operation, time::Span};
use http::StatusCode;
use pages::sandbox::Button;
use serde_json::{Value, json};

use super::{
    Sandbox, answer,
    cashier::{Cashier, NotDone, Sale, Then, Told, Wishes},
    press::{asked, refuse},
    travel::Wish,
    wire::Message,
};

/// How long after the deadline somebody comes who is late: longer than any retailer's grace.
const LATE: Span = Span::hours(1);

/// Something done at a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// What is to be paid?
    Inquire,
    /// The cash is booked, and the till never hears of it.
    Timeout,
    /// Was it booked?
    Advice,
    /// The same message twice, and a second sale.
    Twice,
    /// Not what is asked for.
    WrongAmount,
    /// At a chain that does not take the code.
    WrongChain,
    /// Paid, and taken back.
    Void,
    /// Two counters at the same time.
    TwoCounters,
    /// A till that lives in another day.
    WrongClock,
    /// The reversal is there before its payment.
    Overtaken,
    /// After the deadline.
    Late,
}

impl Act {
    /// All that go wrong, in the order of their buttons.
    pub(super) const MISHAPS: [Self; 10] = [
        Self::Timeout,
        Self::Advice,
        Self::Twice,
        Self::WrongAmount,
        Self::WrongChain,
        Self::Void,
        Self::TwoCounters,
        Self::WrongClock,
        Self::Overtaken,
        Self::Late,
    ];

    /// The last part of its path.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Inquire => "inquire",
            Self::Timeout => "timeout",
            Self::Advice => "advice",
            Self::Twice => "twice",
            Self::WrongAmount => "wrong-amount",
            Self::WrongChain => "wrong-chain",
            Self::Void => "void",
            Self::TwoCounters => "two-counters",
            Self::WrongClock => "wrong-clock",
            Self::Overtaken => "overtaken",
            Self::Late => "late",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Inquire => "Look up",
            Self::Timeout => "Pay; the answer is lost",
            Self::Advice => "Ask: was it booked? (advice)",
            Self::Twice => "Pay twice",
            Self::WrongAmount => "Pay a wrong amount",
            Self::WrongChain => "Pay at a wrong chain",
            Self::Void => "Pay, then void",
            Self::TwoCounters => "Pay at two counters at once",
            Self::WrongClock => "Pay at a till whose clock is off",
            Self::Overtaken => "A reversal overtakes its payment",
            Self::Late => "Pay late",
        }
    }

    /// What happens, and what should come of it.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Inquire => "The till asks what is to be paid; nothing is booked.",
            Self::Timeout => {
                "The cash is booked and the merchant told, but the till heard nothing. What it does now \
                 must not change that: advice, or take it back."
            }
            Self::Advice => {
                "The till says that it was done. The answer is the first one, byte for byte, and \
                 nothing is booked twice."
            }
            Self::Twice => {
                "The till repeats its message and gets the same answer; a second sale is refused. The \
                 cash is booked once."
            }
            Self::WrongAmount => {
                "A thousand rupiah too little: refused with the right sum, and nothing is booked."
            }
            Self::WrongChain => {
                "Refused at a chain that does not take this code; nothing is booked."
            }
            Self::Void => {
                "The cashier takes it back while the retailer's contract allows it. A merchant that was \
                 told of the payment is told of the reversal."
            }
            Self::TwoCounters => "Both pay at the same moment; one is told yes, the other no.",
            Self::WrongClock => {
                "The till's clock is a day and two hours behind. The payment counts by our clock; only \
                 the till's own time is written down as it says."
            }
            Self::Overtaken => {
                "The reversal arrives first and is remembered, so that the payment behind it is refused."
            }
            Self::Late => {
                "Moves the sandbox's clock past the deadline, for everybody, and pays then: refused, and \
                 the merchant is told that the payment has expired."
            }
        }
    }

    /// What should come of it, in a few words.
    const fn outcome(self) -> &'static str {
        match self {
            Self::Inquire => "what is to be paid; nothing is booked",
            Self::Timeout => "booked once; then ask, or take back",
            Self::Advice => "the first answer again",
            Self::Twice => "the same answer; then 54",
            Self::WrongAmount => "13, with the right sum",
            Self::WrongChain => "57, with the right chains",
            Self::Void => "00, or 12 where no reversals are agreed",
            Self::TwoCounters => "one 00, one 54",
            Self::WrongClock => "00, by our clock",
            Self::Overtaken => "00; then 76",
            Self::Late => "55; moves the clock for everybody",
        }
    }

    /// As the page shows it.
    pub(super) fn button(self) -> Button {
        Button {
            act: self.name().to_owned(),
            label: self.label().to_owned(),
            hint: self.outcome().to_owned(),
        }
    }
}

/// Does it, and answers with every message of it.
pub(super) async fn act(
    act: Act,
    State(sandbox): State<Sandbox>,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (code, wishes) = match asked(&sandbox, code, request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let payment = match sandbox.cashier.payment(&code).await {
        Ok(payment) => payment,
        Err(not_done) => return refuse(not_done),
    };
    if act == Act::Late {
        let after = payment.expires_at.plus(LATE);
        if sandbox.cashier.gateway().clock().now() < after
            && let Err(why) = sandbox.mover.go(Wish::To(after.millis())).await
        {
            return answer::refused(StatusCode::CONFLICT, "clock", &why.to_string());
        }
    }
    match (Scene { cashier: &sandbox.cashier, payment: &payment, wishes }).play(act).await {
        Ok(messages) => {
            let messages: Vec<Value> = messages.iter().map(Message::told).collect();
            let body = json!({
                "payment_code": payment.code.as_str(),
                "act": act.name(),
                "meaning": act.meaning(),
                "messages": messages,
            });
            answer::json(StatusCode::OK, body.to_string())
        }
        Err(not_done) => refuse(not_done),
    }
}

/// A cashier, a payment, and what was wished for.
struct Scene<'a> {
    cashier: &'a Cashier,
    payment: &'a Payment,
    wishes: Wishes,
}

type Messages = Vec<Arc<Message>>;

impl Scene<'_> {
    async fn play(self, act: Act) -> Result<Messages, NotDone> {
        match act {
            Act::Inquire => {
                let sale = self.sale(&self.wishes)?;
                Ok(vec![self.send(Operation::Inquiry, &sale, true).await?.message])
            }
            Act::Timeout => self.timeout().await,
            Act::Advice => {
                let sale = self.cashier.old_sale(self.payment).await?;
                Ok(vec![self.send(Operation::Advice, &sale, true).await?.message])
            }
            Act::Twice => {
                let (sale, second) = (
                    self.sale(&self.wishes)?,
                    self.sale(&Wishes { sale: None, ..self.wishes.clone() })?,
                );
                let mut messages = self.pay(&sale, true).await?;
                messages.push(self.send(Operation::Payment, &sale, true).await?.message);
                messages.push(self.send(Operation::Payment, &second, true).await?.message);
                Ok(messages)
            }
            Act::WrongAmount => self.wrong_amount().await,
            Act::WrongChain => self.wrong_chain().await,
            Act::Void => {
                let sale = self.sale(&self.wishes)?;
                let mut messages = self.pay(&sale, true).await?;
                messages.push(self.send(Operation::Reversal, &sale, true).await?.message);
                Ok(messages)
            }
            Act::TwoCounters => self.two_counters().await,
            Act::WrongClock => {
                let off = self.wishes.clock_off.unwrap_or(Span::hours(-26));
                let sale = self.sale(&Wishes { clock_off: Some(off), ..self.wishes.clone() })?;
                self.pay(&sale, true).await
            }
            Act::Late => {
                let sale = self.sale(&self.wishes)?;
                self.pay(&sale, true).await
            }
            Act::Overtaken => {
                let sale = self.sale(&self.wishes)?;
                let reversal = self.send(Operation::Reversal, &sale, true).await?.message;
                let mut messages = vec![reversal];
                messages.extend(self.pay(&sale, true).await?);
                Ok(messages)
            }
        }
    }

    async fn timeout(&self) -> Result<Messages, NotDone> {
        let sale = self.sale(&self.wishes)?;
        let mut messages = self.pay(&sale, false).await?;
        match self.wishes.then {
            Then::Nothing => {}
            Then::Advice => {
                messages.push(self.send(Operation::Advice, &sale, true).await?.message);
            }
            Then::Reversal => {
                messages.push(self.send(Operation::Reversal, &sale, true).await?.message);
            }
        }
        Ok(messages)
    }

    async fn wrong_amount(mut self) -> Result<Messages, NotDone> {
        if self.wishes.amount.is_none() {
            let total = self.payment.total().get();
            let wrong = if total > 1_000 { total - 1_000 } else { total + 1_000 };
            let wrong = Rupiah::new(wrong).map_err(|error| NotDone::Wish(error.to_string()))?;
            self.wishes.amount = Some(wrong);
        }
        let sale = self.sale(&self.wishes)?;
        self.pay(&sale, true).await
    }

    async fn wrong_chain(self) -> Result<Messages, NotDone> {
        let retailers = self.cashier.gateway().retailers();
        let network = retailers.get(self.payment.opened_for).map(|retailer| retailer.network);
        let other = retailers.iter().find(|retailer| Some(retailer.network) != network);
        let other = other.ok_or_else(|| NotDone::Wish("there is no other chain".to_owned()))?;
        let wishes = Wishes { retailer: Some(other.key), ..self.wishes.clone() };
        let sale = self.cashier.new_sale(self.payment, other, &wishes)?;
        let inquiry = self.send(Operation::Inquiry, &sale, true).await?.message;
        let payment = self.send(Operation::Payment, &sale, true).await?.message;
        Ok(vec![inquiry, payment])
    }

    async fn two_counters(&self) -> Result<Messages, NotDone> {
        let second =
            Wishes { sale: None, outlet: Some("SANDBOX-2".to_owned()), ..self.wishes.clone() };
        let (one, two) = (self.sale(&self.wishes)?, self.sale(&second)?);
        let (one, two) = tokio::join!(self.pay(&one, true), self.pay(&two, true));
        Ok([one?, two?].concat())
    }

    fn sale(&self, wishes: &Wishes) -> Result<Sale, NotDone> {
        let retailer = self.cashier.retailer(self.payment, wishes)?;
        self.cashier.new_sale(self.payment, retailer, wishes)
    }

    /// Takes the cash with whatever messages this retailer's tills send for that. Where the answer to
    /// the payment does not arrive, nothing follows it.
    async fn pay(&self, sale: &Sale, arrives: bool) -> Result<Messages, NotDone> {
        let contract = &self.cashier.retailer(self.payment, &self.wishes)?.contract;
        let mut messages = Vec::new();
        if contract.requires_inquiry || contract.two_step {
            messages.push(self.send(Operation::Inquiry, sale, true).await?.message);
        }
        let told = self.send(Operation::Payment, sale, arrives).await?;
        let goes_on = contract.two_step && arrives && told.is_approved();
        messages.push(told.message);
        if goes_on {
            messages.push(self.send(Operation::Commit, sale, true).await?.message);
        }
        Ok(messages)
    }

    async fn send(
        &self,
        operation: Operation,
        sale: &Sale,
        arrives: bool,
    ) -> Result<Told, NotDone> {
        let amount = match operation {
            Operation::Inquiry | Operation::Commit => None,
            Operation::Payment | Operation::Advice | Operation::Reversal | Operation::Payout => {
                Some(self.wishes.amount.or(sale.taken()).unwrap_or_else(|| self.payment.total()))
            }
        };
        self.cashier.send(operation, sale, amount, arrives).await
    }
}
