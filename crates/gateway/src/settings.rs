//! What the gateway is started with, and why it may not start.

use std::time::Duration;

use domain::{calendar::Calendar, event::Announcement, retailer::Retailers};
use storage::StorageError;

use crate::{
    bill::BillTerms, reach::Reach, request::RefundTerms, tax::TaxRates, vault::VaultError,
};

/// Where this gateway stands in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// For developers: simulator, demo merchants, notifications to localhost.
    Sandbox,
    /// For cash.
    Production,
}

/// A dialect's brand, as far as the gateway must know it.
#[derive(Debug, Clone)]
pub struct BrandTerms {
    /// Its name: `midtrans`.
    pub name: String,
    /// The retailers as this brand offers them (rule 44).
    pub retailers: Retailers,
    /// What its merchants are told (rule 42).
    pub announces: Vec<Announcement>,
    /// Whether its wire can say that the payer bears a fee (rule 21).
    pub tells_fees: bool,
}

/// What the gateway is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sandbox or production.
    pub environment: Environment,
    /// The retailers.
    pub retailers: Retailers,
    /// The brands of dialects that are spoken.
    pub brands: Vec<BrandTerms>,
    /// The standard rate of value added tax.
    pub tax: TaxRates,
    /// The days on which banks transfer money.
    pub calendar: Calendar,
    /// Where notifications may go.
    pub reach: Reach,
    /// Commands that may wait in each lane.
    pub lane_room: usize,
    /// Commands that one commit may hold.
    pub batch_max: usize,
    /// How refund codes are issued; none where they are turned off (rule 35).
    pub refund_codes: Option<RefundTerms>,
    /// Connections kept open for reading.
    pub readers_max: usize,
    /// Whether open payments are kept in memory to answer inquiries (rule 45).
    pub cache_open: bool,
    /// What this node is called among those that share its database.
    pub node: String,
    /// How long a command waits while the database is away, before its caller is told to try again. Where
    /// the storage is in this process nobody waits for it.
    pub patience: Duration,
    /// Where merchants are told that named no URL, with `{account}` for the account's number: a
    /// sandbox's inbox. None: such merchants are not told.
    pub inbox: Option<String>,
    /// How payers are told; none where they are not.
    pub bill: Option<BillTerms>,
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The rows cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key does not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row of the directory makes no sense.
    #[error("{0}")]
    Directory(String),
}
