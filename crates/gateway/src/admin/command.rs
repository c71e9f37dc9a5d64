//! Commands as they are written down: plain values, nothing checked yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    directory::{AnnouncePaid, BillLanguage, LatePayment, OtherRetailer, Secret, Withholding},
    request::Close,
};

/// What an operator asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum AdminCommand {
    /// Adds a merchant with one account.
    MerchantAdd(MerchantAdd),
    /// Changes what is given, and nothing else.
    MerchantSet(MerchantSet),
    /// Turns an account on or off.
    MerchantTurn(MerchantTurn),
    /// Gives an account a new secret; the old one lives on for a while.
    MerchantRotateKey(MerchantRotateKey),
    /// Adds a partner on the counters' side.
    CounterAdd(CounterAdd),
    /// Changes what is given, and nothing else.
    CounterSet(CounterSet),
    /// Turns a partner on or off.
    CounterTurn(CounterTurn),
    /// Gives a partner a new key; the old one lives on for a while.
    CounterRotateKey(CounterRotateKey),
    /// Lets counters ask again after a restore (rule 39).
    CounterOpen,
    /// Writes down that a retailer's transfer arrived.
    FundingRecord(FundingRecord),
    /// Writes down that the bank was told to pay a merchant.
    PayoutRecord(PayoutRecord),
    /// Writes down that a payout arrived.
    PayoutConfirm(PayoutDecide),
    /// Writes down that a payout came back.
    PayoutReturn(PayoutDecide),
    /// Cancels or expires one payment, as an operator.
    PaymentClose(PaymentClose),
    /// Puts unapplied cash to a payment, which is paid by it.
    UnappliedMatch(UnappliedMatch),
    /// Writes down that unapplied cash was given back by a bank transfer.
    UnappliedRefund(UnappliedRefund),
    /// Issues a refund code for unapplied cash (rule 35).
    RefundCodeIssue(RefundCodeOrder),
    /// Says that a suspect pay-out took place.
    RefundCodeConfirm(RefundCodeOrder),
    /// Withdraws a refund code, or says that a suspect pay-out did not take place.
    RefundCodeRelease(RefundCodeOrder),
    /// Grants a reversal that was refused: the retailer took the money back.
    DisputeAccept(DisputeAccept),
    /// Leaves a reversal refused.
    DisputeReject(DisputeReject),
    /// Closes a difference between a retailer's file and ours.
    DifferenceClose(DifferenceClose),
}

/// A retailer's transfer arrived at the bank.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FundingRecord {
    /// Whose.
    pub retailer: String,
    /// For which of its days: `2026-11-21`.
    pub business_date: String,
    /// What arrived, in whole rupiah.
    pub amount: i64,
    /// What the retailer kept as its commission, in whole rupiah.
    #[serde(default)]
    pub commission: i64,
    /// What the bank calls the transfer.
    pub reference: String,
    /// Whether more than the retailer owes is kept as a difference.
    #[serde(default)]
    pub keep_difference: bool,
    /// Why, where somebody says.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who says so. Filled in by whoever knows who asks.
    #[serde(default)]
    pub by: String,
}

/// The bank was told to pay a merchant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutRecord {
    /// Whom.
    pub merchant: MerchantName,
    /// How much, in whole rupiah.
    pub amount: i64,
    /// What the bank was told.
    pub reference: String,
    /// Why, where somebody says.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who says so. Filled in by whoever knows who asks.
    #[serde(default)]
    pub by: String,
}

/// A payout arrived, or came back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutDecide {
    /// The payout, by its number.
    pub no: i64,
    /// Why, where somebody says.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who says so. Filled in by whoever knows who asks.
    #[serde(default)]
    pub by: String,
}

/// How an operator names an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantName {
    /// The dialect's public name for it (`G000000001`), or the merchant's name if only one has it.
    pub merchant: String,
    /// The dialect's brand; needed only where two brands use the same name.
    #[serde(default)]
    pub brand: Option<String>,
}

/// A new merchant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantAdd {
    /// Its name, as receipts and cashiers show it.
    pub name: String,
    /// The dialect's brand.
    pub brand: String,
    /// The merchant's own public key, for dialects that ask for one.
    #[serde(default)]
    pub public_key: Option<String>,
    /// What the dialect made for it. Filled in by whoever knows the dialects.
    pub credentials: Option<NewCredentials>,
    /// What is set at once.
    #[serde(default)]
    pub change: MerchantChange,
}

/// Credentials that a dialect made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCredentials {
    /// The vendor's public name for the merchant.
    pub public_id: String,
    /// A key that may be known, where the vendor has one.
    pub client_key: Option<String>,
    /// The secrets.
    pub secrets: Vec<NewSecret>,
    /// What the merchant must know beside them, each with its name.
    #[serde(default)]
    pub told: Vec<(String, String)>,
}

/// A secret, on its way to the person who will keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// What it is for: `server_key`.
    pub purpose: String,
    /// Whether the merchant is shown it: not its own public key, nor what only the gateway signs with.
    pub is_shown: bool,
    /// The secret itself.
    #[serde(with = "super::keys::exposed")]
    pub secret: Secret,
}

/// Changes of an account. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MerchantChange {
    /// The merchant's name.
    pub name: Option<String>,
    /// Where notifications go: `http` or `https`, at most three; an empty list for none.
    pub notification_urls: Option<Vec<String>>,
    /// Networks that may call, in CIDR; an empty list for all.
    pub allow_list: Option<Vec<String>>,
    /// Requests a second; 0 for the configuration's default.
    pub rate_max: Option<u32>,
    /// When it hears of a payment (rule 6).
    pub announce_paid: Option<AnnouncePaid>,
    /// What becomes of cash for an expired payment (rule 10).
    pub late_payment: Option<LatePayment>,
    /// Whether an order id is free again after a reversal (rule 6).
    pub reuse_after_reversal: Option<Reuse>,
    /// Whether the dialect's exclusions from idempotency keys are lifted (rule 25).
    pub idempotency_everywhere: Option<bool>,
    /// Whose payers may pay at another retailer (rule 36).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_retailer: Option<OtherRetailer>,
    /// From how many business days after its funding on a payment is available (rule 28): 0 to
    /// [`PAYOUT_DAYS_MAX`](crate::books::PAYOUT_DAYS_MAX).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_days: Option<u8>,
    /// How much may be advanced to it at a time, in whole rupiah (rule 28); 0 for nothing. Only where
    /// the merchant is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_cap: Option<i64>,
    /// The tax that it keeps back from our fees (rule 30); a rate of 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withholding: Option<Withholding>,
    /// What payments cost from now on: plans by retailer, or under
    /// [`EVERY_RETAILER`](crate::directory::EVERY_RETAILER); an empty plan for none.
    pub fees: BTreeMap<String, String>,
    /// Whether Gerai's own events are written for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<bool>,
    /// Where they are sent; an empty text for nowhere. Turns them on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_url: Option<String>,
    /// By which channels its payers are told: their names, separated by commas; `none`; or `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<String>,
    /// The language in which its payers are told first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill_language: Option<BillLanguage>,
    /// What only its dialect knows, by name; an empty value for the dialect's default. Checked by
    /// whoever knows the dialects.
    pub options: BTreeMap<String, String>,
}

/// Whether an order id is free again after a reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// As the dialect has it.
    Default,
}

/// Changes of a merchant that is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantSet {
    /// Which.
    pub merchant: MerchantName,
    /// What changes.
    pub change: MerchantChange,
}

/// On or off.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantTurn {
    /// Which.
    pub merchant: MerchantName,
    /// Whether it is turned off.
    pub disabled: bool,
}

/// A new secret for an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantRotateKey {
    /// Which.
    pub merchant: MerchantName,
    /// Which of its keys, by purpose; none: the dialect's usual one.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The merchant's own public key, where that is the one to replace.
    #[serde(default)]
    pub public_key: Option<String>,
    /// What the dialect made; every secret of the same purpose is replaced, names stay. Filled in by
    /// whoever knows the dialects.
    pub credentials: Option<NewCredentials>,
    /// How long the old secret is accepted beside the new one, in hours: 0 to
    /// [`OVERLAP_HOURS_MAX`](super::OVERLAP_HOURS_MAX).
    pub overlap_hours: u32,
}

/// A new partner on the counters' side.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterAdd {
    /// Its name, for operators; no two are equal.
    pub name: String,
    /// What is set at once.
    #[serde(default)]
    pub change: CounterChange,
}

/// Changes of a partner. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CounterChange {
    /// The retailers it serves; an empty list for all.
    pub retailers: Option<Vec<String>>,
    /// Networks that may call, in CIDR; an empty list for all.
    pub allow_list: Option<Vec<String>>,
    /// Whether it is told payers' names in full (rule 26).
    pub names_in_full: Option<bool>,
}

/// Changes of a partner that is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterSet {
    /// Its name or one of its key ids.
    pub counter: String,
    /// What changes.
    pub change: CounterChange,
}

/// On or off.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterTurn {
    /// Its name or one of its key ids.
    pub counter: String,
    /// Whether it is turned off.
    pub disabled: bool,
}

/// A new key for a partner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterRotateKey {
    /// Its name or one of its key ids.
    pub counter: String,
    /// How long the old key is accepted beside the new one, in hours: 0 to [`OVERLAP_HOURS_MAX`](super::OVERLAP_HOURS_MAX).
    pub overlap_hours: u32,
}

/// How an operator names a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentName {
    /// Its id or its code.
    Text(String),
    /// The merchant's own name for it: the newest payment of that name.
    Order {
        /// Whose.
        merchant: MerchantName,
        /// The order id.
        order: String,
    },
}

/// Ends a payment before its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentClose {
    /// Which.
    pub payment: PaymentName,
    /// How.
    #[serde(with = "super::payment::how")]
    pub how: Close,
    /// Why; it is written into the payment's history (rule 20).
    pub reason: String,
}

/// Cash that fitted nowhere, and the payment it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnappliedMatch {
    /// The cash, by its number.
    pub no: i64,
    /// The payment. It owes exactly this cash, and waits for it or has expired.
    pub payment: PaymentName,
    /// Why; it is written into the payment's history (rule 20).
    pub reason: String,
}

/// Cash that fitted nowhere, and the transfer that gave it back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnappliedRefund {
    /// The cash, by its number.
    pub no: i64,
    /// The bank's name for the transfer: 1 to 80 characters.
    pub bank_reference: String,
    /// Why; it is written into the history (rule 20).
    pub reason: String,
}

/// Unapplied cash, and what is decided about its refund code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundCodeOrder {
    /// The cash, by its number.
    pub no: i64,
    /// Why; it is written into the history (rule 20).
    pub reason: String,
    /// Which of its codes is confirmed or released; filled in where it is proposed, so that what is
    /// approved later is not said of another code. Without it the newest is meant.
    #[serde(default)]
    pub refund_code: Option<i64>,
}

/// A refused reversal that is granted after all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeAccept {
    /// The dispute, by its number.
    pub no: i64,
    /// Why; it is written into the payment's history (rule 20).
    pub reason: String,
}

/// A refused reversal that stays refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeReject {
    /// The dispute, by its number.
    pub no: i64,
    /// Why; it is written into the payment's history (rule 20).
    pub reason: String,
}

/// A difference between a retailer's file and ours that is closed (rule 34).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DifferenceClose {
    /// The line that waits, by its number.
    pub no: i64,
    /// What it was: `ours`, `theirs`, `clawback` or `write-off`.
    pub verdict: String,
    /// Why; it is written into the history (rule 20).
    pub reason: String,
    /// Who says so; filled in by whoever knows.
    #[serde(default)]
    pub by: String,
    /// When the line was posted, in milliseconds since 1970; filled in where it is proposed, so that
    /// what is approved later is not said of what another file says by then.
    #[serde(default)]
    pub posted_at_ms: Option<i64>,
}
