//! Who takes part: merchants, partners, pools and keys. Small tables, held in memory by the gateway.

use domain::{
    ids::{AccountNo, MerchantNo, PartnerNo, PoolNo},
    time::Timestamp,
};

use crate::ProposalRow;

/// A merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRow {
    /// Its row.
    pub no: MerchantNo,
    /// Its name, as receipts and cashiers show it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A merchant under one dialect (rule 40).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its row.
    pub no: AccountNo,
    /// Whose.
    pub merchant: MerchantNo,
    /// The dialect's brand: `midtrans`.
    pub brand: String,
    /// The dialect's public name for the merchant: `G000000001`.
    pub public_id: String,
    /// A key that may be known: Midtrans' client key.
    pub client_key: Option<String>,
    /// Where its payments lie.
    pub shard: u32,
    /// Where notifications go, one URL per line.
    pub notification_urls: String,
    /// Networks that may call, in CIDR, one per line; empty: all.
    pub allow_list: String,
    /// Requests a second; 0: the configuration's default.
    pub rate_max: u32,
    /// Everything else, as `key = value` lines of TOML.
    pub settings: String,
    /// Whether it is turned off.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A secret of an account. Two may live at once, while one replaces the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKeyRow {
    /// Its row.
    pub no: i64,
    /// Whose.
    pub account: AccountNo,
    /// What it is for: `server_key`.
    pub purpose: String,
    /// The secret, under the master key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

/// Who is connected on the counters' side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerRow {
    /// Its row.
    pub no: PartnerNo,
    /// Its name, for operators.
    pub name: String,
    /// The retailers it serves, separated by commas; empty: all.
    pub retailers: String,
    /// Networks that may call, in CIDR, one per line; empty: all.
    pub allow_list: String,
    /// Everything else, as `key = value` lines of TOML.
    pub settings: String,
    /// Whether it is turned off.
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A secret of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerKeyRow {
    /// Its row.
    pub no: i64,
    /// Whose.
    pub partner: PartnerNo,
    /// The public half: what a request names.
    pub key_id: String,
    /// The secret, under the master key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

/// A pool of payment codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// Its row.
    pub no: PoolNo,
    /// The network.
    pub network: String,
    /// Digits of a code.
    pub length: u32,
    /// What every code begins with.
    pub prefix: String,
    /// Ranges.
    pub shards: u32,
    /// The pool's key, under the master key.
    pub sealed: Vec<u8>,
    /// Eight bytes of the key's hash, checked at start (rule 13).
    pub fingerprint: [u8; 8],
    /// When it was made.
    pub created_at: Timestamp,
}

/// How far a shard of a pool is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolCursor {
    /// The pool.
    pub pool: PoolNo,
    /// The shard.
    pub shard: u32,
    /// How often the range was gone through.
    pub lap: u32,
    /// The next slot that nobody leased.
    pub next: u64,
}

/// A key for personal data of one merchant and month (rule 18); erasing is destroying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyRow {
    /// Its number.
    pub no: i64,
    /// Whose data.
    pub merchant: MerchantNo,
    /// Months since 1970-01.
    pub month: i32,
    /// The key, under the master key; empty when destroyed.
    pub sealed: Vec<u8>,
}

/// A key of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKeyRow {
    /// What for: `payment_id`, `chain`.
    pub name: String,
    /// The key, under the master key.
    pub sealed: Vec<u8>,
}

/// Everything above, read at start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Merchants.
    pub merchants: Vec<MerchantRow>,
    /// Accounts.
    pub accounts: Vec<AccountRow>,
    /// Their keys.
    pub account_keys: Vec<AccountKeyRow>,
    /// Partners.
    pub partners: Vec<PartnerRow>,
    /// Their keys.
    pub partner_keys: Vec<PartnerKeyRow>,
    /// Pools, oldest first.
    pub pools: Vec<PoolRow>,
    /// How far they are used.
    pub cursors: Vec<PoolCursor>,
    /// The installation's keys.
    pub platform_keys: Vec<PlatformKeyRow>,
    /// Data keys of the newest months (older ones are read when needed).
    pub data_keys: Vec<DataKeyRow>,
    /// Counts changes, where several nodes may make some; elsewhere 0.
    pub version: i64,
}

/// One change of the directory. Inserts replace the row with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryWrite {
    /// A merchant, new or changed.
    Merchant(MerchantRow),
    /// An account, new or changed.
    Account(AccountRow),
    /// A key of an account, new or changed.
    AccountKey(AccountKeyRow),
    /// A partner, new or changed.
    Partner(PartnerRow),
    /// A key of a partner, new or changed.
    PartnerKey(PartnerKeyRow),
    /// A pool; only `sealed` ever changes.
    Pool(PoolRow),
    /// A key of the installation.
    PlatformKey(PlatformKeyRow),
    /// A command that waits for a second person, new or decided.
    Proposal(ProposalRow),
    /// Every sealed key anew, under another master key.
    Resealed(Resealed),
}

/// Every sealed key with the number that names its row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedKeys {
    /// Of accounts, by number.
    pub account_keys: Vec<(i64, Vec<u8>)>,
    /// Of partners, by number.
    pub partner_keys: Vec<(i64, Vec<u8>)>,
    /// Of pools, by number.
    pub pools: Vec<(i64, Vec<u8>)>,
    /// Data keys, by number.
    pub data_keys: Vec<(i64, Vec<u8>)>,
    /// Of the installation, by name.
    pub platform_keys: Vec<(String, Vec<u8>)>,
}

/// [`SealedKeys`] under another master key, all of them, in one commit.
pub type Resealed = SealedKeys;
