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

mod keys;

mod master;

pub mod lookup;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{Gateway, directory::Secret, request::Unavailable, vault::VaultError};

pub use command::{
    AdminCommand, CounterAdd, CounterChange, CounterRotateKey, CounterSet, CounterTurn,
    MerchantAdd, MerchantChange, MerchantName, MerchantRotateKey, MerchantSet, MerchantTurn,
    NewCredentials, NewSecret, PaymentClose, PaymentName, Reuse,
};
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
