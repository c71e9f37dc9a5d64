//! What a till is told.

use bytes::Bytes;
use domain::{
    ids::PaymentNo,
    masking::masked,
    payment::{Command, Payment, Refusal, Siblings, State, Take, approval_code, decide_beside},
    retailer::{ReceiptShape, Retailers},
    sale::Sale,
    time::{Span, Timestamp},
};
use storage::Sealed;

use super::super::batch::Batch;
use crate::{
    directory::Directory,
    gateway::Shared,
    request::{
        Approved, Bill, CounterAnswer, CounterReply, CounterRequest, PaymentView, Unavailable,
    },
};

impl Batch<'_> {
    pub(super) fn approved(&self, no: PaymentNo) -> Option<Approved> {
        approved(&self.payment(no)?.payment.state)
    }

    /// Answers without storing anything.
    pub(super) fn say(
        &mut self,
        request: &CounterRequest,
        payment: Option<PaymentNo>,
        outcome: Result<Approved, Refusal>,
    ) -> Result<CounterReply, Unavailable> {
        let payment = visible(payment, outcome.as_ref().err());
        let (body, answer) = self.render(request, payment, outcome)?;
        Ok(CounterReply { body, answer: Some(answer) })
    }

    pub(super) fn render(
        &mut self,
        request: &CounterRequest,
        payment: Option<PaymentNo>,
        outcome: Result<Approved, Refusal>,
    ) -> Result<(Bytes, CounterAnswer), Unavailable> {
        let view = payment.map(|no| self.seen(no)).transpose()?;
        let answer = self.shared.answer(&self.directory, request, view.as_ref(), outcome);
        Ok((Bytes::from((request.render)(request, &answer)), answer))
    }
}

/// Who asks for a code nobody knows learns nothing of a payment.
pub(super) fn visible(payment: Option<PaymentNo>, refusal: Option<&Refusal>) -> Option<PaymentNo> {
    payment.filter(|_| refusal != Some(&Refusal::UnknownCode))
}

/// What a till is told of a payment's state that its own sale brought about.
pub(crate) fn approved(state: &State) -> Option<Approved> {
    match state {
        State::Paid(taking) | State::Settled(taking) | State::ClawedBack(taking, _) => {
            Some(Approved::Paid {
                approval_code: taking.approval_code(),
                paid_at: taking.paid_at,
                final_after: taking.final_after,
            })
        }
        State::Reserved(hold) => Some(Approved::Reserved { approval_code: hold.approval_code() }),
        State::Reversed(..) => Some(Approved::Reversed),
        State::Opening | State::Pending | State::Cancelled(_) | State::Expired(..) => None,
    }
}

pub(crate) fn unapplied(sale: &Sale) -> Approved {
    Approved::Unapplied { approval_code: approval_code(sale.no, sale.till_at) }
}

/// After so many days a closed payment's code is answered like one nobody knows (rule 26).
const LONG_CLOSED: Span = Span::days(30);

pub(super) fn long_closed(payment: &Payment, now: Timestamp) -> bool {
    payment.state.closed_at().is_some_and(|at| now > at.plus(LONG_CLOSED))
}

impl Shared {
    /// Puts an outcome and its payment into what a till is told.
    pub(crate) fn answer(
        &self,
        directory: &Directory,
        request: &CounterRequest,
        view: Option<&PaymentView>,
        outcome: Result<Approved, Refusal>,
    ) -> CounterAnswer {
        let bill = view.map(|view| bill(&self.settings.retailers, directory, request, view));
        let elsewhere = matches!(outcome, Err(Refusal::NotPayableHere { .. }));
        let network = view.and_then(|view| self.network_of(&view.payment));
        let retailers = match network {
            Some(network) if elsewhere => {
                self.settings.retailers.of_network(network).map(|retailer| retailer.key).collect()
            }
            Some(_) | None => Vec::new(),
        };
        let contract = self.settings.retailers.get(request.retailer).map(|r| &r.contract);
        let code_override = match (&outcome, contract) {
            (Ok(Approved::Unapplied { .. }), Some(contract)) => {
                Some(contract.response_codes.unapplied.clone())
            }
            (Ok(_) | Err(_), _) => None,
        };
        CounterAnswer { outcome, bill, refund: None, retailers, code_override }
    }

    /// A stored answer.
    pub(crate) fn repeated(
        &self,
        data_key: i64,
        bytes: &[u8],
    ) -> Result<CounterReply, Unavailable> {
        let sealed = Sealed { data_key, bytes: bytes.to_vec() };
        match self.vault.open(&sealed, &self.readers) {
            Ok(body) => Ok(CounterReply { body: Bytes::copy_from_slice(&body), answer: None }),
            Err(error) => {
                tracing::error!(%error, "a stored answer does not open");
                Err(Unavailable::Storage)
            }
        }
    }
}

/// What a till shows and prints.
fn bill(
    retailers: &Retailers,
    directory: &Directory,
    request: &CounterRequest,
    view: &PaymentView,
) -> Bill {
    let payment = &view.payment;
    let in_full =
        directory.partner(request.partner).is_some_and(|partner| partner.settings.names_in_full);
    let payer_name = view
        .personal
        .payer_name
        .as_ref()
        .map(|name| if in_full { name.clone() } else { masked(name) });
    let merchant_name = directory
        .account(payment.account)
        .map_or_else(String::new, |account| account.merchant_name.clone());
    let receipt_lines = if view.personal.receipt_lines.is_empty() {
        let shape = retailers.get(payment.opened_for).map(|retailer| retailer.receipt);
        usual_lines(shape, &merchant_name, payment.order.as_str())
    } else {
        view.personal.receipt_lines.clone()
    };
    Bill {
        merchant_name,
        payer_name,
        label: view.personal.label.clone(),
        amount: payment.amount,
        fee: payment.fee.payer_part(),
        total: payment.total(),
        expires_at: payment.expires_at,
        receipt_lines,
    }
}

/// What a receipt says when the merchant said nothing: whom it was paid to, and for which order.
fn usual_lines(shape: Option<ReceiptShape>, merchant_name: &str, order: &str) -> Vec<String> {
    let Some(shape) = shape else { return Vec::new() };
    let cut = |text: &str| text.chars().take(shape.line_width).collect::<String>();
    let lines = if shape.lines_max == 1 {
        vec![cut(&format!("{merchant_name} {order}"))]
    } else {
        vec![cut(merchant_name), cut(order)]
    };
    lines.into_iter().take(shape.lines_max).collect()
}

/// What an inquiry is told.
pub(crate) fn inquired(
    payment: Option<&Payment>,
    siblings: Siblings,
    take: &Take<'_>,
    now: Timestamp,
) -> Result<Approved, Refusal> {
    match payment {
        Some(payment) if !long_closed(payment, now) => {
            let inquiry = Command::Inquire(*take);
            decide_beside(payment, siblings, inquiry, now).map(|_| Approved::Payable)
        }
        Some(_) | None => Err(Refusal::UnknownCode),
    }
}
