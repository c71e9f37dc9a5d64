//! What one turn of the pipeline reads and writes.

use std::collections::{HashMap, HashSet};

use domain::{
    code::{PaymentCode, Slot},
    ids::{AccountNo, CheckoutToken, NotificationNo, PartnerNo, PaymentNo, SaleNo},
    sale::SaleKey,
    time::{BusinessDate, Timestamp},
};

use crate::{
    AliasRow, AttemptRow, BooksLoaded, BooksWanted, BooksWrites, ChainRootRow, CheckoutRow,
    CheckoutWanted, DataKeyRow, DifferenceRow, DirectoryWrite, DisputeRow, EntryRow, EventRow,
    ExternalId, ExternalIdRow, FileLineRow, IdempotencyRow, InquiryRow, LinesWanted, LinesWrites,
    NotificationRow, OwnEventRow, PaymentRow, PoolCursor, RefundRow, RefundWanted, RowDigest,
    SaleRow, UnappliedRow,
};

/// A code that a counter read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeWanted {
    /// The code.
    pub code: PaymentCode,
    /// The slot it names; none for a code made by others.
    pub slot: Option<Slot>,
    /// Whose inquiries of it are wanted too, where they matter.
    pub inquired_by: Option<PartnerNo>,
}

/// The rows a batch touches. Naming one twice is harmless.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Payments by number.
    pub payments: Vec<PaymentNo>,
    /// The newest payment of an order (that is not superseded).
    pub orders: Vec<(AccountNo, String)>,
    /// Payments by code: the newest lap of the slot, or the foreign code itself.
    pub codes: Vec<CodeWanted>,
    /// The newest lap of slots about to be issued again.
    pub slots: Vec<Slot>,
    /// Sales by partner and key, with their payments.
    pub sales: Vec<(PartnerNo, SaleKey)>,
    /// Durable inquiries by partner and key.
    pub inquiries: Vec<(PartnerNo, SaleKey)>,
    /// Every payment of orders with several codes, by the first of each (rule 36).
    pub families: Vec<PaymentNo>,
    /// Unapplied cash by number, with its sale. By the sale that brought it, it is loaded with the
    /// sale.
    pub unapplied: Vec<i64>,
    /// Refused reversals by number, with their sales.
    pub disputes: Vec<i64>,
    /// Idempotency answers by account and key.
    pub idempotency: Vec<(AccountNo, String)>,
    /// External ids that may be used up.
    pub external_ids: Vec<ExternalId>,
    /// Notifications by number.
    pub notifications: Vec<NotificationNo>,
    /// The due notifications of payments about to have newer news.
    pub due_of: Vec<PaymentNo>,
    /// All notifications of payments, whatever came of them.
    pub news_of: Vec<PaymentNo>,
    /// The newest own event of accounts.
    pub own_newest: Vec<AccountNo>,
    /// Balances, transfers, payouts and matched payments.
    pub books: BooksWanted,
    /// What lines of files are about.
    pub lines: LinesWanted,
    /// Refund codes, each with its cash.
    pub refunds: Vec<RefundWanted>,
    /// Checkouts.
    pub checkouts: Vec<CheckoutWanted>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Every payment that anything wanted led to.
    pub payments: HashMap<PaymentNo, PaymentRow>,
    /// The newest payment of an order.
    pub orders: HashMap<(AccountNo, String), PaymentNo>,
    /// The newest payment in a slot.
    pub slots: HashMap<Slot, PaymentNo>,
    /// The number of the newest own event of accounts; 0 where there is none.
    pub own_newest: HashMap<AccountNo, i64>,
    /// Payments by foreign code.
    pub foreign: HashMap<PaymentCode, PaymentNo>,
    /// Sales.
    pub sales: HashMap<(PartnerNo, SaleKey), SaleRow>,
    /// Every payment of an order with several codes, oldest first, by the first of them.
    pub families: HashMap<PaymentNo, Vec<PaymentNo>>,
    /// Refused reversals.
    pub disputes: HashMap<i64, DisputeRow>,
    /// Unapplied cash of those sales.
    pub unapplied: HashMap<SaleNo, UnappliedRow>,
    /// Durable inquiries by key.
    pub inquiries: HashMap<(PartnerNo, SaleKey), InquiryRow>,
    /// The first durable inquiry of a payment by a partner.
    pub inquired: HashMap<(PartnerNo, PaymentNo), Timestamp>,
    /// Idempotency answers, expired ones included.
    pub idempotency: HashMap<(AccountNo, String), IdempotencyRow>,
    /// External ids that are used up.
    pub external_ids: HashSet<ExternalId>,
    /// Notifications.
    pub notifications: HashMap<NotificationNo, NotificationRow>,
    /// Balances, transfers, payouts and matched payments.
    pub books: BooksLoaded,
    /// Refund codes by number.
    pub refunds: HashMap<i64, RefundRow>,
    /// Checkouts by token.
    pub checkouts: HashMap<CheckoutToken, CheckoutRow>,
    /// Sales that were booked from files, by code.
    pub aliases: HashMap<PaymentCode, Vec<AliasRow>>,
    /// Lines that wait.
    pub lines: HashMap<i64, FileLineRow>,
    /// What was said last of lines and sales.
    pub differences: Vec<DifferenceRow>,
}

/// What is removed because nobody may ask for it any more. One commit removes a bounded number, the
/// oldest first: ask again in the next round.
#[expect(clippy::enum_variant_names, reason = "each variant says which side of its instant goes")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prune {
    /// Idempotency answers that expired before this instant.
    IdempotencyBefore(Timestamp),
    /// Attempts that began before this instant.
    AttemptsBefore(Timestamp),
    /// Durable inquiries received before this instant.
    InquiriesBefore(Timestamp),
    /// Stored answers of sales received before this instant (rule 1 keeps them 400 days); the rows
    /// stay, for reconciliation, with a data key of 0, which says that their digest covered more.
    SaleAnswersBefore(Timestamp),
    /// External ids used up on days before this one.
    ExternalIdsBefore(BusinessDate),
    /// Checkouts that were to be kept until some instant before this one.
    CheckoutsBefore(Timestamp),
    /// An account's own events that happened before this instant; its newest stays.
    OwnEventsBefore(AccountNo, Timestamp),
}

/// Everything one commit changes. All of it or nothing.
///
/// Order of execution: data keys, changed payments, new payments, sales, the rest.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// Data keys that later rows refer to.
    pub data_keys: Vec<DataKeyRow>,
    /// Payments opened.
    pub payments_new: Vec<PaymentRow>,
    /// Payments changed: state, announce, `superseded` and last event. Rows opened in this very batch and
    /// changed again are in `payments_new` only, as they are at the end.
    pub payments_changed: Vec<PaymentRow>,
    /// Sales, new.
    pub sales_new: Vec<SaleRow>,
    /// Sales, changed: every column but number, partner and key.
    pub sales_changed: Vec<SaleRow>,
    /// Inquiries.
    pub inquiries: Vec<InquiryRow>,
    /// What happened.
    pub events: Vec<EventRow>,
    /// What was posted: in the order of `events`, numbered consecutively within each.
    pub entries: Vec<EntryRow>,
    /// Unapplied cash, new.
    pub unapplied_new: Vec<UnappliedRow>,
    /// Unapplied cash, changed: its state.
    pub unapplied_changed: Vec<UnappliedRow>,
    /// Refund codes, new.
    pub refunds_new: Vec<RefundRow>,
    /// Refund codes, changed: tries and state.
    pub refunds_changed: Vec<RefundRow>,
    /// Checkouts, new.
    pub checkouts_new: Vec<CheckoutRow>,
    /// Checkouts, changed: their state and how long they are kept.
    pub checkouts_changed: Vec<CheckoutRow>,
    /// Refused reversals, new.
    pub disputes: Vec<DisputeRow>,
    /// Refused reversals, changed: their state.
    pub disputes_changed: Vec<DisputeRow>,
    /// Gerai's own events.
    pub own_events: Vec<OwnEventRow>,
    /// News to send.
    pub notifications_new: Vec<NotificationRow>,
    /// News tried: state, attempts and due time.
    pub notifications_changed: Vec<NotificationRow>,
    /// The tries.
    pub attempts: Vec<AttemptRow>,
    /// Files, matched payments, transfers, payouts.
    pub books: BooksWrites,
    /// Lines of files.
    pub lines: LinesWrites,
    /// Answers to repeat; replaces one with the same key.
    pub idempotency: Vec<IdempotencyRow>,
    /// External ids used up.
    pub external_ids: Vec<ExternalIdRow>,
    /// Digests of rows that lie beside them.
    pub digests: Vec<RowDigest>,
    /// Roots of the chain as it was before this commit.
    pub roots: Vec<ChainRootRow>,
    /// Leased blocks of code slots.
    pub cursors: Vec<PoolCursor>,
    /// Changes of the directory.
    pub directory: Vec<DirectoryWrite>,
    /// Removals.
    pub prunes: Vec<Prune>,
}

impl Writes {
    /// Whether everybody has to read anew who takes part.
    pub fn changes_directory(&self) -> bool {
        self.directory.iter().any(|write| !matches!(write, DirectoryWrite::Proposal(_)))
    }
}
