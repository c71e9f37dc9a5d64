//! The rows of the hot path.

use domain::{
    bill::{BillKind, Channel},
    code::PaymentCode,
    event::{Announcement, Event},
    ids::{AccountNo, EventNo, NotificationNo, PartnerNo, PaymentNo, SaleNo},
    ledger::Entry,
    money::Rupiah,
    payment::Payment,
    retailer::RetailerKey,
    sale::{Sale, SaleKey},
    time::{BusinessDate, Timestamp},
};

/// Bytes under a key of [`crate::DataKeyRow`]: whose key, and what it sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealed {
    /// The data key's number.
    pub data_key: i64,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

/// Half a SHA-256: enough to notice a changed row.
pub type Digest = [u8; 16];

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRow {
    /// The payment itself.
    pub payment: Payment,
    /// Where it lies.
    pub shard: u32,
    /// Where its notifications go instead of the account's URLs: one URL per line.
    pub notify_urls: Option<String>,
    /// The plan of its fee, as plans are written; none where it has no fee.
    pub fee_plan: Option<String>,
    /// Names, receipt lines and whatever the dialect wants back, sealed.
    pub personal: Sealed,
    /// The last event that touched it.
    pub last_event: EventNo,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// What.
    pub event: Event,
    /// Where it lies.
    pub shard: u32,
    /// The digest of the payment's row as this event left it.
    pub payment_digest: Digest,
    /// The chain: a digest over the one before, this event and its entries (rule 18).
    pub chain: [u8; 32],
}

/// One side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRow {
    /// Its row.
    pub no: i64,
    /// Where it lies.
    pub shard: u32,
    /// The event that posted it.
    pub event: EventNo,
    /// Account and amount.
    pub entry: Entry,
    /// When.
    pub at: Timestamp,
}

/// A sale and the answers it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRow {
    /// The sale itself.
    pub sale: Sale,
    /// Where it lies.
    pub shard: u32,
    /// The outlet, as the till calls it.
    pub outlet: String,
    /// The terminal, as the till calls it.
    pub terminal: String,
    /// The number on the till's receipt.
    pub receipt_no: Option<String>,
    /// The data key of the answers.
    pub data_key: i64,
    /// The answer to its payment or advice, sealed.
    pub answer: Option<Vec<u8>>,
    /// The answer to its commit, sealed.
    pub commit_answer: Option<Vec<u8>>,
    /// The answer to its reversal, sealed.
    pub reversal_answer: Option<Vec<u8>>,
    /// The digest of all the above.
    pub digest: Digest,
}

/// A durable inquiry (rule 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InquiryRow {
    /// Its row.
    pub no: i64,
    /// Where it lies.
    pub shard: u32,
    /// Who asked.
    pub partner: PartnerNo,
    /// Under which number.
    pub key: SaleKey,
    /// For which code.
    pub code: PaymentCode,
    /// Which payment that is.
    pub payment: PaymentNo,
    /// What the payer was told to hand over.
    pub total: Rupiah,
    /// The till's clock.
    pub till_at: Timestamp,
    /// Ours.
    pub received_at: Timestamp,
}

/// What became of unapplied cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnappliedState {
    /// It waits for an operator.
    Open,
    /// It was matched to a payment.
    Matched,
    /// It was given back.
    Refunded,
    /// The counter took the sale back.
    Reversed,
    /// A refund code is out for it (rule 35).
    Promised,
    /// It was given back at a counter, for a refund code.
    PaidOut,
}

impl UnappliedState {
    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Matched => "matched",
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
            Self::Promised => "promised",
            Self::PaidOut => "paid_out",
        }
    }
}

/// Cash that fits no payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnappliedRow {
    /// Its row.
    pub no: i64,
    /// Where it lies.
    pub shard: u32,
    /// The sale that brought it.
    pub sale: SaleNo,
    /// Who took it.
    pub retailer: RetailerKey,
    /// The code that was read out.
    pub code: PaymentCode,
    /// The payment it was meant for, where the code names one.
    pub payment: Option<PaymentNo>,
    /// How much.
    pub amount: Rupiah,
    /// Why it does not fit.
    pub why: String,
    /// The retailer's day.
    pub business_date: BusinessDate,
    /// Our clock.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: UnappliedState,
}

/// A reversal that was refused (rule 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeRow {
    /// Its row.
    pub no: i64,
    /// Where it lies.
    pub shard: u32,
    /// The sale that was to be reversed.
    pub sale: SaleNo,
    /// Its payment.
    pub payment: Option<PaymentNo>,
    /// Our clock.
    pub received_at: Timestamp,
    /// Why it was refused.
    pub why: String,
    /// The message, sealed.
    pub raw: Sealed,
    /// What became of it.
    pub state: DisputeState,
}

/// What became of a refused reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    /// It waits for an operator.
    Open,
    /// The retailer took the money back after all.
    Accepted,
    /// It stays refused.
    Rejected,
}

impl DisputeState {
    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// How far a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotificationState {
    /// It waits for its next attempt.
    Due,
    /// The merchant has it.
    Delivered,
    /// The dialect gave up.
    Failed,
    /// Newer news of the same payment went out instead.
    Superseded,
}

impl NotificationState {
    /// Its name in lists and figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

/// What a notification tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// How a payment stands, in the words of the merchant's vendor.
    Vendor(Announcement),
    /// One of Gerai's own events, by its number in the account.
    Own(i64),
    /// What its payer is told, and by which way.
    Bill(Channel, BillKind),
}

impl News {
    /// What is announced in the vendor's words; none for an event of our own and for a bill.
    pub const fn announcement(self) -> Option<Announcement> {
        match self {
            Self::Vendor(announcement) => Some(announcement),
            Self::Own(_) | Self::Bill(..) => None,
        }
    }

    /// Whether newer news of the same payment says all that this says. Own events are facts, each of
    /// which is told.
    pub const fn gives_way(self) -> bool {
        match self {
            Self::Vendor(_) | Self::Bill(..) => true,
            Self::Own(_) => false,
        }
    }
}

/// The place in which a merchant's own endpoint for Gerai's events stands beside its vendor's URLs,
/// which are counted from 0.
pub const OWN_TARGET: u32 = 1_000;

/// News for a merchant or its payer: the event, not the bytes, so that no error in rendering can fail a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// Its row.
    pub no: NotificationNo,
    /// Where it lies.
    pub shard: u32,
    /// Of which payment.
    pub payment: PaymentNo,
    /// Of which event.
    pub event: EventNo,
    /// For which account.
    pub account: AccountNo,
    /// Which of the account's (or payment's) URLs, from 0; [`OWN_TARGET`] for the endpoint of
    /// Gerai's own events, [`bill_target`](crate::bill_target) for the payer.
    pub target: u32,
    /// What it says.
    pub news: News,
    /// How far it is.
    pub state: NotificationState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When the event was.
    pub created_at: Timestamp,
    /// A number for the host and port it goes to; 0 where that was not known.
    pub endpoint: i64,
}

/// The notifications that wait for one endpoint, by the one that is due first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointWaiting {
    /// The endpoint's number, as in [`NotificationRow::endpoint`].
    pub endpoint: i64,
    /// For which account.
    pub account: AccountNo,
    /// When it is due, or was.
    pub due_at: Timestamp,
}

/// One try of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its row.
    pub no: i64,
    /// Where it lies.
    pub shard: u32,
    /// Of which notification.
    pub notification: NotificationNo,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The answer's HTTP status, when there was one.
    pub status: Option<u16>,
    /// What the dialect made of it.
    pub verdict: String,
    /// URL, headers and body as sent, then the answer's, sealed.
    pub exchange: Sealed,
    /// Whether it is one of the tries that the vendor's rules count: not so a probe of an endpoint
    /// that does not answer, nor the end of news whose time passed meanwhile.
    pub is_try: bool,
}

/// A merchant's request that was answered, under the merchant's own key for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Where it lies.
    pub shard: u32,
    /// Whose.
    pub account: AccountNo,
    /// The merchant's key.
    pub key: String,
    /// The order the request was about; another order never gets this answer (rule 25).
    pub order: String,
    /// The answer, sealed.
    pub answer: Sealed,
    /// Until when it is repeated.
    pub expires_at: Timestamp,
}

/// A merchant's number for a request (rule 25).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalId {
    /// The day on Jakarta's calendar when the request arrived.
    pub day: BusinessDate,
    /// Whose.
    pub account: AccountNo,
    /// The dialect's name of the endpoint.
    pub endpoint: String,
    /// The merchant's number.
    pub id: String,
}

/// An [`ExternalId`] that is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdRow {
    /// The id.
    pub external: ExternalId,
    /// Where it lies.
    pub shard: u32,
}

/// The highest number in use of every sequence; 0 in an empty database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sequences {
    /// Of payments.
    pub payment: i64,
    /// Of events.
    pub event: i64,
    /// Of entries.
    pub entry: i64,
    /// Of sales.
    pub sale: i64,
    /// Of inquiries.
    pub inquiry: i64,
    /// Of unapplied cash.
    pub unapplied: i64,
    /// Of refund codes.
    pub refund: i64,
    /// Of checkouts.
    pub checkout: i64,
    /// Of disputes.
    pub dispute: i64,
    /// Of notifications.
    pub notification: i64,
    /// Of attempts.
    pub attempt: i64,
    /// Of data keys.
    pub data_key: i64,
    /// Of retailers' files.
    pub file: i64,
    /// Of retailers' transfers.
    pub funding: i64,
    /// Of payouts.
    pub payout: i64,
    /// Of lines of files.
    pub file_line: i64,
    /// Of sales booked from files under another name.
    pub file_alias: i64,
    /// Of differences that were closed.
    pub difference: i64,
}

/// Which payments of an account to list, newest first by the time of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFilter {
    /// Whose.
    pub account: AccountNo,
    /// Opened at this instant or later.
    pub opened_from: Timestamp,
    /// Opened before this instant.
    pub opened_before: Timestamp,
    /// Standing so only.
    pub standing: Option<Standing>,
    /// How many of the newest are left out.
    pub skip: u32,
    /// At most so many.
    pub rows_max: u32,
}

/// The states of payments as their merchants see them; `domain::payment::Payment::shown` says the
/// same of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Not paid yet, or paid and held back until it is final.
    Pending,
    /// Paid, settled or clawed back.
    Paid,
    /// Reversed or cancelled.
    Failed,
    /// Expired.
    Expired,
}

/// Which payments to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentFilter {
    /// Of one account only.
    pub account: Option<AccountNo>,
    /// In one state only, by [`domain::payment::State::name`].
    pub state: Option<String>,
    /// Older than this row, for the next page.
    pub before: Option<PaymentNo>,
    /// At most so many.
    pub rows_max: usize,
}
