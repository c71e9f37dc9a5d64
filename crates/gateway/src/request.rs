//! What can be asked of the gateway, and what it answers.

mod books;
mod checkout;
mod exchange;
mod lines;
mod looks;
mod redelivery;
mod refund;
mod ruling;
mod sibling;

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    event::Actor,
    ids::{AccountNo, NotificationNo, OrderId, PartnerNo, PaymentId, PaymentNo},
    money::Rupiah,
    payment::{Payment, Refusal},
    retailer::RetailerKey,
    sale::{Operation, SaleKeys},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use storage::News;

pub use books::{
    MatchLine, MatchRequest, Matching, Moved, Movement, MovementError, MovementRequest, PostedFile,
};
pub(crate) use checkout::SealedOffer;
pub use checkout::{
    Checkout, CheckoutError, CheckoutRequest, CheckoutStanding, Choice, ChooseError, ChooseRequest,
    Chosen, Offer, WithdrawError, WithdrawRequest,
};
pub use exchange::{Exchange, Hop, Phases};
pub use lines::{LineAct, LineToPost, LinesPosted, LinesRequest};
pub use looks::{Balances, ExternalUse, ListRequest, Standing};
pub use redelivery::Redelivery;
pub use refund::{IssuedRefund, RefundBill, RefundTerms};
pub use ruling::{CloseLine, Ruled, Ruling, RulingError, RulingRequest};
pub use sibling::{Sibling, SiblingError, SiblingRequest};

use crate::{directory::Account, outbox::EndpointNo};

/// Why nothing was decided. The caller may try again; nothing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many commands wait.
    #[error("the queue is full")]
    QueueFull,
    /// The gateway is going down.
    #[error("the gateway is stopping")]
    Stopping,
    /// The storage failed; the log says how.
    #[error("the storage failed")]
    Storage,
    /// The database is away for the moment.
    #[error("the database is away")]
    Away,
    /// Somebody changed who takes part at another node at the same moment; nothing was changed here.
    #[error("somebody else changed the same; try again")]
    Changed,
    /// After a restore, no counter is answered until an operator says so (rule 39).
    #[error("the counters are closed after a restore")]
    CountersClosed,
}

/// A payment with what was sealed beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// The payment.
    pub payment: Payment,
    /// Its personal data.
    pub personal: Personal,
    /// Where its notifications go instead of the account's URLs.
    pub notify_urls: Option<Vec<String>>,
}

/// What is sealed with a payment: everything about people, and whatever the dialect wants back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Personal {
    /// Who pays, as the merchant wrote it.
    pub payer_name: Option<String>,
    /// For the till's screen, already cut to the retailer's width.
    pub label: Option<String>,
    /// For the receipt, already cut to the retailer's shape.
    pub receipt_lines: Vec<String>,
    /// The dialect's own, opaque to everybody else.
    pub memo: String,
}

/// A merchant's key for a request, so that a repeat gets the same answer (rule 25).
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The merchant's key.
    pub key: String,
    /// Until when the answer is repeated.
    pub expires_at: Timestamp,
    /// Writes the answer that is stored with the change.
    pub render: fn(&Account, &PaymentView) -> Vec<u8>,
}

/// A merchant opens a payment.
#[derive(Debug, Clone)]
pub struct OpenRequest {
    /// Whose.
    pub account: AccountNo,
    /// The merchant's name for it.
    pub order: OrderId,
    /// Where it is to be paid.
    pub retailer: RetailerKey,
    /// What the merchant asks for.
    pub amount: Rupiah,
    /// From when on it cannot be paid; none: the retailer's default lifetime.
    pub expires_at: Option<Timestamp>,
    /// The instant the lifetime is counted from; usually `received_at`.
    pub lifetime_from: Timestamp,
    /// What is sealed with it.
    pub personal: Personal,
    /// Where its notifications go instead of the account's URLs.
    pub notify_urls: Option<Vec<String>>,
    /// Whether a payment that was cancelled or has expired gives its order id back.
    pub reuse_after_close: bool,
    /// Whether a reversed payment gives its order id back, where the account does not say.
    pub reuse_after_reversal: bool,
    /// The merchant's number for the request, used up whatever becomes of it (rule 25).
    pub external_id: Option<ExternalUse>,
    /// The merchant's key for the request.
    pub idempotency: Option<Idempotency>,
    /// When its last byte arrived (rule 9).
    pub received_at: Timestamp,
}

/// What opening came to.
#[derive(Debug, Clone)]
pub enum Opened {
    /// A new payment.
    New(Box<PaymentView>),
    /// The stored answer of an earlier request under the same key.
    Repeated(Bytes),
}

/// Why a payment was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefusal {
    /// The merchant's number for the request was used before on this day (rule 25). Decided before
    /// everything else.
    #[error("the external id was used before")]
    ExternalIdUsed,
    /// The order id belongs to a payment that is open, paid or settled.
    #[error("the order id is taken")]
    OrderTaken,
    /// Nobody knows this retailer.
    #[error("no such retailer")]
    UnknownRetailer,
    /// The retailer takes no new payments now.
    #[error("the retailer is paused")]
    RetailerPaused,
    /// Less than the retailer takes, fee included.
    #[error("the retailer takes at least {limit}")]
    BelowLimit {
        /// The least, in whole rupiah.
        limit: Rupiah,
    },
    /// More than the retailer takes, fee included.
    #[error("the retailer takes at most {limit}")]
    AboveLimit {
        /// The most, in whole rupiah.
        limit: Rupiah,
    },
    /// The deadline has passed already.
    #[error("the deadline has passed")]
    DeadlinePassed,
    /// Shorter than the retailer allows.
    #[error("the lifetime is too short")]
    LifetimeTooShort,
    /// Longer than the retailer allows.
    #[error("the lifetime is too long")]
    LifetimeTooLong,
    /// The pool has no code left (rule 11).
    #[error("no payment code is left")]
    CodesExhausted,
}

/// Why opening came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] OpenRefusal),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// How a caller names a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentRef {
    /// By its id.
    Id(PaymentId),
    /// By the merchant's name: the newest one.
    Order(String),
    /// By the text in a path that may be either.
    IdOrOrder(String),
    /// By its row.
    No(PaymentNo),
    /// By its code.
    Code(PaymentCode),
}

/// How a payment is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Withdrawn.
    Cancel,
    /// Its time is ended before the deadline.
    Expire,
}

/// A merchant or operator closes a payment.
#[derive(Debug, Clone)]
pub struct CloseRequest {
    /// Whose payments are looked at; none: an operator sees all.
    pub account: Option<AccountNo>,
    /// Which.
    pub payment: PaymentRef,
    /// How.
    pub how: Close,
    /// By whom.
    pub actor: Actor,
    /// Why, where somebody said.
    pub reason: Option<String>,
    /// The merchant's key for the request.
    pub idempotency: Option<Idempotency>,
    /// When its last byte arrived.
    pub received_at: Timestamp,
}

/// What closing came to.
#[derive(Debug, Clone)]
pub enum Closed {
    /// It is closed now.
    Done(Box<PaymentView>),
    /// It had been closed the same way before.
    Already(Box<PaymentView>),
    /// The stored answer of an earlier request under the same key.
    Repeated(Bytes),
}

/// Why closing came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// This account has no such payment.
    #[error("no such payment")]
    NotFound,
    /// The domain says no; the payment is as it was.
    #[error("{1}")]
    Refused(Box<PaymentView>, Refusal),
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A counter's message about a sale.
#[derive(Debug, Clone)]
pub struct CounterRequest {
    /// Which message.
    pub operation: Operation,
    /// From whom.
    pub partner: PartnerNo,
    /// At whose counter.
    pub retailer: RetailerKey,
    /// The code that was read out.
    pub code: PaymentCode,
    /// The sale's canonical keys.
    pub sale: SaleKeys,
    /// The retailer's own number as it was sent, to be echoed.
    pub sale_sent: String,
    /// The outlet, as the till calls it; empty where the message has none.
    pub outlet: String,
    /// The terminal, as the till calls it; empty where the message has none.
    pub terminal: String,
    /// The number on the till's receipt.
    pub receipt_no: Option<String>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// When the message's last byte arrived.
    pub received_at: Timestamp,
    /// What is handed over or given back; none for inquiry and commit.
    pub amount: Option<Rupiah>,
    /// How much of it in notes and coins, where the till says so.
    pub cash: Option<Rupiah>,
    /// Why, for a reversal.
    pub reason: Option<String>,
    /// The message as it came, kept with a refused reversal.
    pub raw: Bytes,
    /// Writes the answer that is stored with the change. Must be a function of its arguments.
    pub render: fn(&Self, &CounterAnswer) -> Vec<u8>,
}

/// A till asks what became of a sale.
#[derive(Debug, Clone)]
pub struct StatusRequest {
    /// From whom.
    pub partner: PartnerNo,
    /// The code that was read out.
    pub code: PaymentCode,
    /// The sale's canonical keys.
    pub sale: SaleKeys,
    /// The retailer's own number as it was sent, to be echoed.
    pub sale_sent: String,
    /// The outlet, where the till says it.
    pub outlet: Option<String>,
    /// The till's clock at the sale, where it says so.
    pub till_at: Option<Timestamp>,
    /// Writes the answer, where none is stored: of a sale that was booked from a file.
    pub render: fn(&CounterRequest, &CounterAnswer) -> Vec<u8>,
}

/// What a till is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterAnswer {
    /// Yes or no.
    pub outcome: Result<Approved, Refusal>,
    /// The payment, where the code names one that this counter may see.
    pub bill: Option<Bill>,
    /// The refund code, where the code is one (rule 35).
    pub refund: Option<RefundBill>,
    /// Where the code can be paid, when it cannot be paid here.
    pub retailers: Vec<RetailerKey>,
    /// A code of the retailer's contract instead of the usual one (rule 3).
    pub code_override: Option<String>,
}

/// What was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approved {
    /// It may be paid.
    Payable,
    /// It is held; a commit must follow.
    Reserved {
        /// What the till prints as proof: 20 digits.
        approval_code: String,
    },
    /// It is paid.
    Paid {
        /// What the till prints as proof: 20 digits.
        approval_code: String,
        /// Our receipt.
        paid_at: Timestamp,
        /// When no reversal is accepted any more.
        final_after: Timestamp,
    },
    /// The cash is booked, though it fits no payment.
    Unapplied {
        /// What the till prints as proof: 20 digits.
        approval_code: String,
    },
    /// The sale is taken back.
    Reversed,
    /// There was nothing to take back; the sale's number is dead from now on.
    Remembered,
    /// A refund code may be paid out.
    Redeemable,
    /// A refund code is held for this counter; a commit must follow when the cash is handed over.
    PayoutReserved {
        /// What the till prints as proof: 20 digits.
        approval_code: String,
    },
    /// A refund code is paid out.
    PaidOut {
        /// What the till prints as proof: 20 digits.
        approval_code: String,
        /// When that was booked.
        paid_at: Timestamp,
    },
    /// Nothing is paid out under this sale, now or later.
    PayoutReversed,
}

/// What a till shows and prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Who is paid.
    pub merchant_name: String,
    /// Who pays; masked unless the partner may see names (rule 26).
    pub payer_name: Option<String>,
    /// For the till's screen.
    pub label: Option<String>,
    /// What the merchant asked for.
    pub amount: Rupiah,
    /// What the payer pays on top.
    pub fee: Rupiah,
    /// Both.
    pub total: Rupiah,
    /// From when on it cannot be paid.
    pub expires_at: Timestamp,
    /// For the receipt.
    pub receipt_lines: Vec<String>,
}

/// The answer's bytes, and what they mean for metrics and throttling.
#[derive(Debug, Clone)]
pub struct CounterReply {
    /// The answer, as rendered now or as stored.
    pub body: Bytes,
    /// What it says; none when it was repeated from storage.
    pub answer: Option<CounterAnswer>,
}

/// What became of a sale.
#[derive(Debug, Clone)]
pub enum SaleStatus {
    /// The sale stands; this is its answer, as it was stored, or told from the rows.
    Stands(Bytes),
    /// It was taken back, or is taken back before it came.
    TakenBack,
    /// Its reservation was given up, or it was never heard of, or its code is another.
    Unknown,
}

/// A notification ready to be sent.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its row.
    pub no: NotificationNo,
    /// For whom.
    pub account: std::sync::Arc<Account>,
    /// The payment as it is now; `news` says what is told of it.
    pub view: PaymentView,
    /// The news.
    pub news: News,
    /// When the news was committed.
    pub created_at: Timestamp,
    /// When its first attempt began; for the first attempt: now.
    pub first_at: Timestamp,
    /// Where it goes; none when the URL it was meant for is gone.
    pub url: Option<String>,
    /// How often it was tried before.
    pub attempts: u32,
    /// The endpoint it waited for.
    pub endpoint: EndpointNo,
    /// When it was due.
    pub due_at: Timestamp,
}

/// What a delivery came to.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    /// Which notification.
    pub no: NotificationNo,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The answer's HTTP status, when there was one.
    pub status: Option<u16>,
    /// What follows.
    pub next: Next,
    /// Why, for people.
    pub verdict: String,
    /// What was sent and what came back.
    pub exchange: Exchange,
    /// What it means for the vendor's tries.
    pub counts: Counts,
}

/// What an attempt means for the tries that the vendor's rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It is one of them.
    Try,
    /// It is kept, and nothing else: nobody was there, as before. What it was about stays as it is,
    /// whatever [`AttemptReport::next`] says.
    Probe,
    /// Nothing was sent; what follows does.
    Nothing,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The merchant has it.
    Delivered,
    /// Try again at this instant.
    RetryAt(Timestamp),
    /// The dialect gives up.
    GiveUp,
}
