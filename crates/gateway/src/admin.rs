//! What an operator may do to a running gateway: merchants, counters, keys, single payments.
//!
//! The commands are plain values that can be written down, because they come through a socket from
//! another process. Whoever carries them decides who may send them; nothing here asks. Everything is
//! checked before anything is written, and every refusal says which value is wrong. Secrets appear
//! only in the reply to the command that made them.

pub mod approvals;

mod command;

mod checks;

mod merchant;

mod counter;

mod payment;

mod refund;

mod waiting;

mod books;

mod events;

mod keys;

mod master;

pub mod lookup;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{Gateway, directory::Secret, request::Unavailable, vault::VaultError};

pub use command::{
    AdminCommand, CounterAdd, CounterChange, CounterRotateKey, CounterSet, CounterTurn,
    DifferenceClose, DisputeAccept, DisputeReject, FundingRecord, MerchantAdd, MerchantChange,
    MerchantName, MerchantRotateKey, MerchantSet, MerchantTurn, NewCredentials, NewSecret,
    PaymentClose, PaymentName, PayoutDecide, PayoutRecord, RefundCodeOrder, Reuse, UnappliedMatch,
    UnappliedRefund,
};
pub use events::events_key;
pub use keys::{OVERLAP_HOURS_DEFAULT, OVERLAP_HOURS_MAX};
pub use master::{opens, reseal, rotate_master_key};
pub use merchant::find as find_account;
pub use payment::by_text;

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum AdminReply {
    /// A merchant's account was added or changed.
    Merchant(MerchantReply),
    /// A partner was added or changed.
    Counter(CounterReply),
    /// A payment was closed.
    Payment(PaymentReply),
    /// Cash or a reversal that waited was decided.
    Ruled(RuledReply),
    /// A refund code was issued.
    RefundCode(RefundCodeReply),
    /// A retailer's transfer is booked.
    Funding(FundingReply),
    /// A payout stands so.
    Payout(PayoutReply),
    /// A retailer's day is posted.
    Reconciled(ReconciledReply),
    /// It is done, and there is nothing to say about it.
    Done,
}

/// A retailer's day that was posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciledReply {
    /// Whose.
    pub retailer: String,
    /// Which, as `2026-11-21`.
    pub business_date: String,
    /// Its files' numbers.
    pub files: Vec<i64>,
    /// How many lines they have.
    pub lines: u64,
    /// Lines and records that came out as they had before.
    pub unchanged: u64,
    /// What came out, and how often.
    pub outcomes: std::collections::BTreeMap<String, u64>,
    /// Lines written down.
    pub posted: u64,
    /// Payments matched.
    pub matched: u64,
    /// Payments matched before that are not any more.
    #[serde(default)]
    pub unmatched: u64,
    /// Payments that cash from the files paid.
    pub paid: u64,
    /// Lines whose cash was booked though it fits no payment.
    pub unapplied: u64,
    /// Lines whose cash cannot be booked; somebody has to look.
    pub stuck: u64,
    /// Payments that a till can still take back; another run matches them.
    pub not_final: u64,
}

/// An account that was added or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantReply {
    /// The dialect's brand.
    pub brand: String,
    /// The vendor's public name for the merchant.
    pub public_id: String,
    /// New secrets. They are shown this once.
    pub secrets: Vec<NewSecret>,
    /// What the merchant must know beside them, each with its name.
    #[serde(default)]
    pub told: Vec<(String, String)>,
    /// Until when older secrets are accepted too, in milliseconds since 1970.
    pub older_until_ms: Option<i64>,
}

/// A partner that was added or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterReply {
    /// Its name.
    pub name: String,
    /// A new key. Its secret is shown this once.
    pub key: Option<NewCounterKey>,
    /// Until when older keys are accepted too, in milliseconds since 1970.
    pub older_until_ms: Option<i64>,
}

/// A new key of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCounterKey {
    /// The public half: what a request names.
    pub key_id: String,
    /// The secret half.
    #[serde(with = "keys::exposed")]
    pub secret: Secret,
}

/// A payment that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReply {
    /// Its id.
    pub id: String,
    /// Its state now.
    pub state: String,
    /// Whether this command changed it; otherwise it had been closed the same way before.
    pub changed: bool,
}

/// Cash or a refused reversal that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuledReply {
    /// Its number.
    pub no: i64,
    /// How it stands now: `matched`, `refunded`, `accepted`, `rejected`.
    pub state: String,
    /// How much it is about, in whole rupiah.
    pub amount: i64,
    /// The payment it is about.
    pub payment: Option<String>,
    /// How that stands now.
    pub payment_state: Option<String>,
}

/// What a retailer's files say of a day beside what it transferred, in whole rupiah (rule 34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCompared {
    /// Lines that were paid and not taken back.
    pub lines: i64,
    /// Their sum.
    pub total: i64,
    /// What the retailer keeps of it, as the lines say; none where they do not all say.
    pub commission: Option<i64>,
    /// What arrived at the bank.
    pub arrived: i64,
    /// What the retailer kept.
    pub kept: i64,
    /// By how much arrived and kept together are more than the sum; negative where they are less.
    pub sum_differs: i64,
    /// By how much more was kept than the lines say; nothing where the retailer settles gross, or the
    /// lines do not say.
    pub commission_differs: i64,
    /// By how much more arrived than the sum less the commission that the lines say.
    pub net_differs: i64,
}

impl DayCompared {
    /// Compares a day's files with its transfers; none where there is no line.
    pub fn new(says: storage::FileSays, (arrived, kept): (i64, i64)) -> Option<Self> {
        let storage::FileSays { lines, total, commission, without_commission } = says;
        let commission = (without_commission == 0).then_some(commission);
        // Who settles gross keeps nothing, and sends an invoice for its commission.
        let due = if kept > 0 { commission.unwrap_or(kept) } else { 0 };
        (lines > 0).then_some(Self {
            lines,
            total,
            commission,
            arrived,
            kept,
            sum_differs: arrived.saturating_add(kept).saturating_sub(total),
            commission_differs: kept.saturating_sub(due),
            net_differs: arrived.saturating_add(due).saturating_sub(total),
        })
    }

    /// Whether the transfers are what the files say.
    pub const fn agrees(&self) -> bool {
        self.sum_differs == 0 && self.commission_differs == 0
    }
}

/// A refund code that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundCodeReply {
    /// The unapplied cash, by its number.
    pub no: i64,
    /// The number of its refund code. The code itself is told by `gerai unapplied show`.
    pub refund_code: i64,
    /// How much it pays out, in whole rupiah.
    pub amount: i64,
    /// Until when, in milliseconds since 1970.
    pub expires_at_ms: i64,
    /// What the payer types beside the code. It is shown this once.
    #[serde(with = "keys::exposed")]
    pub pin: Secret,
}

/// A retailer's transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingReply {
    /// Its number.
    pub no: i64,
    /// Whose.
    pub retailer: String,
    /// For which day.
    pub business_date: String,
    /// What arrived, in whole rupiah.
    pub amount: i64,
    /// What the retailer kept.
    pub commission: i64,
    /// How much both are more than it owed.
    pub difference: i64,
    /// What the bank calls it.
    pub reference: String,
    /// What the retailer still owes for the day.
    pub owed: i64,
    /// The totals of the day's matched payments.
    pub matched: i64,
    /// What the day's transfers settled.
    pub funded: i64,
    /// The day's files beside its transfers; none while there is no file.
    #[serde(default)]
    pub compared: Option<DayCompared>,
    /// Whether this command booked it; otherwise it had been booked before.
    pub changed: bool,
}

/// A payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutReply {
    /// Its number.
    pub no: i64,
    /// To whom.
    pub merchant_id: String,
    /// How much, in whole rupiah.
    pub amount: i64,
    /// What the bank was told.
    pub reference: String,
    /// `in transit`, `confirmed` or `returned`.
    pub state: String,
    /// What is available to the merchant now.
    pub active: i64,
    /// Whether this command changed it; otherwise it stood so before.
    pub changed: bool,
}

/// Why a command was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// Nobody is called that.
    #[error("there is no {what} `{name}`; `gerai {what} list` shows all")]
    Unknown {
        /// `merchant` or `counter`.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// More than one is called that.
    #[error("more than one {what} is called `{name}`: {hint}")]
    Ambiguous {
        /// `merchant` or `counter`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// How to say which.
        hint: &'static str,
    },
    /// The name is in use.
    #[error("there is a {what} `{name}` already")]
    Taken {
        /// `merchant` or `counter`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A value cannot be what it is given for.
    #[error("{what} `{value}`: {why}")]
    Bad {
        /// Which value.
        what: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The command needs something that whoever sent it left out.
    #[error("{0}")]
    Incomplete(&'static str),
    /// Two secrets live already, and a third would replace the one that is still in use.
    #[error(
        "two {0}s live already: wait until the older one has stopped, or rotate with `--overlap 0`, \
         which stops both"
    )]
    TwoKeysLive(String),
    /// There is no such payment.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// The payment is as it was.
    #[error("the payment is {state}: {why}")]
    Refused {
        /// The payment's state.
        state: &'static str,
        /// Why it stays so.
        why: String,
    },
    /// What waits stays as it is.
    #[error("{0}")]
    Ruling(crate::request::RulingError),
    /// The money moved otherwise, or not at all.
    #[error("{0}")]
    Movement(crate::request::MovementError),
    /// Nothing was decided.
    #[error("{0}; try again")]
    Unavailable(#[from] Unavailable),
    /// A key does not open, or cannot be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Carries a command out. The reply comes when the change is durable and in force.
pub async fn execute(gateway: &Gateway, command: AdminCommand) -> Result<AdminReply, AdminError> {
    match command {
        AdminCommand::MerchantAdd(add) => merchant::add(gateway, add).await,
        AdminCommand::MerchantSet(set) => merchant::set(gateway, set).await,
        AdminCommand::MerchantTurn(turn) => merchant::turn(gateway, turn).await,
        AdminCommand::MerchantRotateKey(rotate) => merchant::rotate_key(gateway, rotate).await,
        AdminCommand::CounterAdd(add) => counter::add(gateway, add).await,
        AdminCommand::CounterSet(set) => counter::set(gateway, set).await,
        AdminCommand::CounterTurn(turn) => counter::turn(gateway, turn).await,
        AdminCommand::CounterRotateKey(rotate) => counter::rotate_key(gateway, rotate).await,
        AdminCommand::CounterOpen => {
            gateway.open_counters();
            Ok(AdminReply::Done)
        }
        AdminCommand::FundingRecord(record) => books::fund(gateway, record).await,
        AdminCommand::PayoutRecord(record) => books::pay_out(gateway, record).await,
        AdminCommand::PayoutConfirm(decide) => books::confirm(gateway, decide).await,
        AdminCommand::PayoutReturn(decide) => books::give_back(gateway, decide).await,
        AdminCommand::PaymentClose(close) => payment::close(gateway, close).await,
        AdminCommand::UnappliedMatch(order) => waiting::match_cash(gateway, order).await,
        AdminCommand::UnappliedRefund(order) => waiting::refund(gateway, order).await,
        AdminCommand::RefundCodeIssue(order) => refund::issue(gateway, order).await,
        AdminCommand::RefundCodeConfirm(order) => refund::confirm(gateway, order).await,
        AdminCommand::RefundCodeRelease(order) => refund::release(gateway, order).await,
        AdminCommand::DisputeAccept(order) => waiting::accept(gateway, order).await,
        AdminCommand::DisputeReject(order) => waiting::reject(gateway, order).await,
        AdminCommand::DifferenceClose(order) => waiting::close(gateway, order).await,
    }
}
