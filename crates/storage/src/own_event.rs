//! Gerai's own events (rule 27).

use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    own_event::OwnKind,
    time::Timestamp,
};

use crate::Digest;

/// One of a merchant's own events: what it is about, and what would otherwise change afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEventRow {
    /// Whose.
    pub account: AccountNo,
    /// Its number within the account: from 1, without a gap.
    pub no: i64,
    /// What it says.
    pub kind: OwnKind,
    /// When it happened.
    pub at: Timestamp,
    /// The event of the chain that it tells of; none for what the chain does not know.
    pub event: Option<EventNo>,
    /// Of which payment.
    pub payment: Option<PaymentNo>,
    /// The sale that brought it about.
    pub sale: Option<SaleNo>,
    /// How the payment stood then, as its merchant sees it: a name of
    /// [`domain::payment::State`].
    pub status: Option<&'static str>,
    /// Whether the payment's order id was another payment's by then (rule 10).
    pub superseded: bool,
    /// What no other row tells, as the members of a JSON object.
    pub detail: Option<String>,
    /// The digest of all the above.
    pub digest: Digest,
}

/// Where the own events of an account begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnEnds {
    /// The oldest that is kept; 0 where there is none.
    pub oldest: i64,
    /// The newest; 0 where there is none.
    pub newest: i64,
}
