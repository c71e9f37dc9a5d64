//! A cashier of the demo partner: sends what a till would send, through the same pipeline.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    ids::PartnerNo,
    money::Rupiah,
    payment::Payment,
    retailer::{Retailer, RetailerKey},
    sale::{Operation, SaleKeys, SaleParts, SaleState},
    time::{Span, Timestamp},
};
use gateway::{
    Gateway,
    directory::{Partner, Secret},
    request::{CounterReply, CounterRequest, PaymentRef, Unavailable},
};
use storage::{PaymentFilter, RefundRow, SaleRow};

use super::{
    DEMO,
    kept::Kept,
    wire::{self, Message},
};

/// Where this cashier sits.
const OUTLET: &str = "SANDBOX";
const TERMINAL: &str = "1";

/// What a caller may say about a message; what is absent is as a cashier would do it.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    /// Whole rupiah.
    pub(super) amount: Option<Rupiah>,
    /// The retailer's number for the sale.
    pub(super) sale: Option<String>,
    /// Whose counter.
    pub(super) retailer: Option<RetailerKey>,
    /// Which outlet.
    pub(super) outlet: Option<String>,
    /// What the payer types who wants the cash of a refund code.
    pub(super) pin: Option<Secret>,
    /// What follows when an answer was lost.
    pub(super) then: Then,
    /// By how much the till's clock is ahead of ours; less than zero: behind.
    pub(super) clock_off: Option<Span>,
}

/// What a cashier does whose till heard no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Then {
    /// Nothing.
    #[default]
    Nothing,
    /// Asks whether it is booked.
    Advice,
    /// Takes it back.
    Reversal,
}

/// Why nothing was asked of the pipeline, or what it said.
#[derive(Debug)]
pub(super) enum NotDone {
    /// Nobody has this code.
    UnknownCode,
    /// Nobody has taken cash for it, so that there is nothing to take back.
    NeverPaid,
    /// The wish cannot be fulfilled.
    Wish(String),
    /// Nothing was decided.
    Unavailable(Unavailable),
}

impl From<Unavailable> for NotDone {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why)
    }
}

/// The cashier. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Cashier {
    gateway: Gateway,
    wire: Arc<Kept<Message>>,
}

/// A sale about which messages are sent.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    partner: PartnerNo,
    retailer: RetailerKey,
    code: PaymentCode,
    keys: SaleKeys,
    sent: String,
    outlet: String,
    terminal: String,
    /// The till's clock; none: it shows the right time whenever it sends.
    till_at: Option<Timestamp>,
    /// What was taken under it, where it is an old one.
    taken: Option<Rupiah>,
}

impl Sale {
    /// The retailer's number for it.
    pub(super) fn number(&self) -> &str {
        &self.sent
    }

    /// What was taken under it, where it is an old one.
    pub(super) const fn taken(&self) -> Option<Rupiah> {
        self.taken
    }
}

/// What a till was told, and the message as it went over the wire.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) reply: CounterReply,
    pub(super) message: Arc<Message>,
}

impl Told {
    /// Whether it said yes.
    pub(super) fn is_approved(&self) -> bool {
        self.message.answered().is_some_and(|answer| answer["code"] == "00")
    }
}

impl Cashier {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self { gateway, wire: Arc::default() }
    }

    /// Everything that went over the counters' wire.
    pub(super) fn wire(&self) -> &Kept<Message> {
        &self.wire
    }

    /// The gateway at which it sits.
    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The payment with this code; `latest` is the one that was opened last.
    pub(super) async fn payment(&self, code: &str) -> Result<Payment, NotDone> {
        if code == "latest" {
            let newest = PaymentFilter { rows_max: 1, ..PaymentFilter::default() };
            let rows = self.gateway.read(move |reader| reader.payments(&newest)).await?;
            return rows.into_iter().next().map(|row| row.payment).ok_or(NotDone::UnknownCode);
        }
        let code = PaymentCode::new(code).map_err(|_| NotDone::UnknownCode)?;
        let found = self.gateway.payment(None, PaymentRef::Code(code)).await?;
        found.map(|view| view.payment).ok_or(NotDone::UnknownCode)
    }

    /// The refund code with these digits.
    pub(super) async fn refund(&self, code: &str) -> Result<RefundRow, NotDone> {
        let code = PaymentCode::new(code).map_err(|_| NotDone::UnknownCode)?;
        let found = self.gateway.read(move |reader| reader.refund_by_code(&code)).await?;
        found.ok_or(NotDone::UnknownCode)
    }

    /// Asks whether it may be paid.
    pub(super) async fn inquire(
        &self,
        payment: &Payment,
        wishes: &Wishes,
    ) -> Result<CounterReply, NotDone> {
        let retailer = self.retailer(payment, wishes)?;
        let sale = self.new_sale(payment, retailer, wishes)?;
        self.tell(Operation::Inquiry, &sale, None).await
    }

    /// Takes the cash, with whatever messages this retailer's tills send for that.
    pub(super) async fn pay(
        &self,
        payment: &Payment,
        wishes: &Wishes,
    ) -> Result<CounterReply, NotDone> {
        let retailer = self.retailer(payment, wishes)?;
        let sale = self.new_sale(payment, retailer, wishes)?;
        let contract = &retailer.contract;
        if contract.requires_inquiry || contract.two_step {
            self.tell(Operation::Inquiry, &sale, None).await?;
        }
        let amount = wishes.amount.unwrap_or_else(|| payment.total());
        let reply = self.tell(Operation::Payment, &sale, Some(amount)).await?;
        let approved = reply.answer.as_ref().is_some_and(|answer| answer.outcome.is_ok());
        if contract.two_step && approved {
            return self.tell(Operation::Commit, &sale, None).await;
        }
        Ok(reply)
    }

    /// Gives the cash back: of the sale that is named, else of the one that brought it.
    pub(super) async fn reverse(
        &self,
        payment: &Payment,
        wishes: &Wishes,
    ) -> Result<CounterReply, NotDone> {
        let sale = if wishes.sale.is_some() {
            let retailer = self.retailer(payment, wishes)?;
            self.new_sale(payment, retailer, wishes)?
        } else {
            self.old_sale(payment).await?
        };
        let amount = wishes.amount.unwrap_or(sale.taken.unwrap_or_else(|| payment.total()));
        self.tell(Operation::Reversal, &sale, Some(amount)).await
    }

    /// The sale that brought the cash, or holds some.
    pub(super) async fn old_sale(&self, payment: &Payment) -> Result<Sale, NotDone> {
        let row = self.last_sale(payment).await?.ok_or(NotDone::NeverPaid)?;
        let sent = row.sale.key.as_str();
        let sent = sent.rsplit_once('/').map_or(sent, |(_, sent)| sent).to_owned();
        Ok(Sale {
            partner: row.sale.partner,
            retailer: row.sale.retailer,
            code: row.sale.code,
            keys: row.sale.key.into(),
            sent,
            outlet: row.outlet,
            terminal: row.terminal,
            till_at: None,
            taken: Some(row.sale.amount),
        })
    }

    /// The sale that brought the payment's cash; else the newest that took or holds some.
    async fn last_sale(&self, payment: &Payment) -> Result<Option<SaleRow>, NotDone> {
        let (no, taking) = (payment.no, payment.state.taking().map(|taking| taking.sale));
        let rows = self.gateway.read(move |reader| reader.sales_of(no)).await?;
        let brought = rows.iter().find(|row| Some(row.sale.no) == taking);
        let with_cash = rows.iter().filter(|row| row.sale.state != SaleState::Refused);
        Ok(brought.or_else(|| with_cash.max_by_key(|row| row.sale.no)).cloned())
    }

    pub(super) fn retailer(
        &self,
        payment: &Payment,
        wishes: &Wishes,
    ) -> Result<&Retailer, NotDone> {
        let key = wishes.retailer.unwrap_or(payment.opened_for);
        let retailer = self.gateway.retailers().get(key);
        retailer.ok_or_else(|| NotDone::Wish(format!("there is no retailer `{key}`")))
    }

    /// A sale of its own.
    pub(super) fn new_sale(
        &self,
        payment: &Payment,
        retailer: &Retailer,
        wishes: &Wishes,
    ) -> Result<Sale, NotDone> {
        self.sale_of_code(&payment.code, retailer, wishes)
    }

    /// The same, of whatever has this code.
    pub(super) fn sale_of_code(
        &self,
        code: &PaymentCode,
        retailer: &Retailer,
        wishes: &Wishes,
    ) -> Result<Sale, NotDone> {
        let sent = wishes
            .sale
            .clone()
            .unwrap_or_else(|| format!("SANDBOX-{}", hex::encode(rand::random::<[u8; 12]>())));
        let outlet = wishes.outlet.clone().unwrap_or_else(|| OUTLET.to_owned());
        let now = self.gateway.clock().now();
        let till_at = wishes.clock_off.map(|off| now.plus(off));
        let parts = SaleParts {
            sale: &sent,
            outlet: Some(&outlet),
            terminal: Some(TERMINAL),
            till_at: till_at.unwrap_or(now),
            code,
        };
        let keys = SaleKeys::build(&retailer.contract, &parts)
            .map_err(|error| NotDone::Wish(error.to_string()))?;
        let partner = self.partner()?.no;
        Ok(Sale {
            partner,
            retailer: retailer.key,
            code: *code,
            keys,
            sent,
            outlet,
            terminal: TERMINAL.to_owned(),
            till_at,
            taken: None,
        })
    }

    fn partner(&self) -> Result<Arc<Partner>, NotDone> {
        let directory = self.gateway.directory();
        let found = directory.partner_by_key(DEMO.counter_key, self.gateway.clock().now());
        found.map(|(partner, _)| Arc::clone(partner)).ok_or_else(|| {
            NotDone::Wish(format!("the demo partner's key `{}` is not live", DEMO.counter_key))
        })
    }

    async fn tell(
        &self,
        operation: Operation,
        sale: &Sale,
        amount: Option<Rupiah>,
    ) -> Result<CounterReply, NotDone> {
        Ok(self.send(operation, sale, amount, true).await?.reply)
    }

    /// Sends a message; `arrives` says whether the till hears the answer.
    pub(super) async fn send(
        &self,
        operation: Operation,
        sale: &Sale,
        amount: Option<Rupiah>,
        arrives: bool,
    ) -> Result<Told, NotDone> {
        self.send_with(operation, sale, amount, arrives, None).await
    }

    /// Reserves the cash of a refund code for whoever knows its PIN.
    pub(super) async fn pay_out(
        &self,
        sale: &Sale,
        amount: Option<Rupiah>,
        pin: Secret,
    ) -> Result<Told, NotDone> {
        self.send_with(Operation::Payout, sale, amount, true, Some(pin)).await
    }

    async fn send_with(
        &self,
        operation: Operation,
        sale: &Sale,
        amount: Option<Rupiah>,
        arrives: bool,
        pin: Option<Secret>,
    ) -> Result<Told, NotDone> {
        let now = self.gateway.clock().now();
        let reason = (operation == Operation::Reversal).then(|| "sandbox".to_owned());
        let request = CounterRequest {
            operation,
            partner: sale.partner,
            retailer: sale.retailer,
            code: sale.code,
            sale: sale.keys.clone(),
            sale_sent: sale.sent.clone(),
            outlet: sale.outlet.clone(),
            terminal: sale.terminal.clone(),
            receipt_no: None,
            till_at: sale.till_at.unwrap_or(now),
            received_at: now,
            amount,
            cash: None,
            reason,
            raw: Bytes::new(),
            render: counter_http::render,
        };
        let retailer = self.gateway.retailers().get(sale.retailer);
        let sent = wire::body(&request);
        let result = match pin {
            Some(pin) => self.gateway.pay_out_at_counter(request, pin).await,
            None => self.gateway.counter(request).await,
        };
        let message = Arc::new(Message {
            at: now,
            code: sale.code.as_str().to_owned(),
            retailer: retailer.map(|retailer| retailer.name.clone()).unwrap_or_default(),
            width: retailer.map_or(0, |retailer| retailer.receipt.line_width),
            counter: format!("{}/{}", sale.outlet, sale.terminal),
            operation,
            request: sent,
            answer: result.as_ref().ok().map(|reply| reply.body.clone()),
            arrived: arrives && result.is_ok(),
        });
        self.wire.keep(Arc::clone(&message), message.weight());
        Ok(Told { reply: result?, message })
    }
}
