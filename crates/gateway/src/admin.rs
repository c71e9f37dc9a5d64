//! What an operator may do to a running gateway: merchants, counters, keys, single payments.
//!
//! The commands are plain values that can be written down, because they come through a socket from
//! another process. Whoever carries them decides who may send them; nothing here asks. Everything is
//! checked before anything is written, and every refusal says which value is wrong. Secrets appear
//! only in the reply to the command that made them.

mod checks;

mod merchant;

mod counter;

mod payment;

mod keys;

mod master;

pub mod lookup;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    Gateway,
    directory::{AnnouncePaid, LatePayment, Secret},
    request::{Close, Unavailable},
    vault::VaultError,
};

pub use keys::{OVERLAP_HOURS_DEFAULT, OVERLAP_HOURS_MAX};
pub use master::{opens, reseal, rotate_master_key};
pub use merchant::find as find_account;
pub use payment::by_text;

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
    /// Cancels or expires one payment, as an operator.
    PaymentClose(PaymentClose),
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
}

/// A secret, on its way to the person who will keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// What it is for: `server_key`.
    pub purpose: String,
    /// The secret itself.
    #[serde(with = "keys::exposed")]
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
    /// The new secrets; every secret of the same purpose is replaced. Filled in by whoever knows the
    /// dialects.
    pub secrets: Option<Vec<NewSecret>>,
    /// How long the old secret is accepted beside the new one, in hours: 0 to
    /// [`OVERLAP_HOURS_MAX`].
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
    /// How long the old key is accepted beside the new one, in hours: 0 to [`OVERLAP_HOURS_MAX`].
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
    #[serde(with = "payment::how")]
    pub how: Close,
    /// Why; it is written into the payment's history (rule 20).
    pub reason: String,
}

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
    /// It is done, and there is nothing to say about it.
    Done,
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
        AdminCommand::PaymentClose(close) => payment::close(gateway, close).await,
    }
}
