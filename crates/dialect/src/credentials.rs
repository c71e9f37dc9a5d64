//! What merchants call with.

use gateway::directory::Secret;

/// The most bytes of a public key that a merchant hands in.
pub const PUBLIC_KEY_MAX: usize = 8 * 1024;

/// What credentials are made from.
#[derive(Debug, Clone, Copy)]
pub struct CredentialOrder<'a> {
    /// Bytes of chance.
    pub chance: &'a [u8; 64],
    /// Whether they are for production.
    pub production: bool,
    /// The merchant's own public key, where it handed one in: text, at most [`PUBLIC_KEY_MAX`] bytes.
    pub public_key: Option<&'a str>,
    /// Which keys are wanted.
    pub wanted: NewKey<'a>,
}

/// Which keys are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKey<'a> {
    /// All of them, for a new account. One that the merchant has to hand in may come later.
    All,
    /// Only the one for this purpose, or the usual one where none is named; an account keeps its
    /// names.
    Only(Option<&'a str>),
}

/// What a merchant needs to call.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The vendor's public name for the merchant.
    pub public_id: String,
    /// A key that may be known, where the vendor has one.
    pub client_key: Option<String>,
    /// The keys, each with its purpose. All are kept sealed.
    pub secrets: Vec<(&'static str, Secret)>,
    /// Which of them the merchant is not shown: its own public key, and what only the gateway signs
    /// with.
    pub kept: &'static [&'static str],
    /// What the merchant must know beside the keys it is shown, each with its name: the public half
    /// of a key of the gateway.
    pub told: Vec<(&'static str, String)>,
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadCredentials(pub String);

/// How a merchant of a dialect shows who it is to Gerai's own API, over HTTP Basic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// The secret of this purpose is the user name; there is no password.
    Key(&'static str),
    /// The vendor's public name is the user name, and the secret of this purpose the password.
    IdAndSecret(&'static str),
}

/// An account of a demo merchant. Everything in it is published.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// Whose: 1 is the demo merchant, 2 the other one, which proves that merchants do not see each
    /// other's payments.
    pub merchant: i64,
    /// The vendor's public name for the merchant.
    pub public_id: &'static str,
    /// A key that may be known, where the vendor has one.
    pub client_key: Option<&'static str>,
    /// The keys, each with its purpose.
    pub secrets: &'static [(&'static str, &'static str)],
    /// What its payments cost, as fee plans are written; none: nothing.
    pub fee_plan: Option<&'static str>,
}
