//! Who takes part, as the running gateway knows it: immutable, replaced as a whole on every change.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::IpAddr,
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use domain::{
    code::Pools,
    fee::FeePlan,
    ids::{AccountNo, MerchantNo, PartnerNo},
    money::Bearer,
    payment::Announce,
    retailer::RetailerKey,
    time::Timestamp,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A text that never reaches a log: it has no `Display`, and its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. Say where it goes when you call this.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A merchant under one dialect.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub no: AccountNo,
    /// Whose.
    pub merchant: MerchantNo,
    /// The merchant's name, as receipts and cashiers show it.
    pub merchant_name: String,
    /// The dialect's brand: `midtrans`.
    pub brand: String,
    /// The dialect's public name for the merchant: `G000000001`.
    pub public_id: String,
    /// A key that may be known: Midtrans' client key.
    pub client_key: Option<String>,
    /// Where its payments lie.
    pub shard: u32,
    /// Its secrets, newest first.
    pub keys: Vec<AccountKey>,
    /// Where notifications go.
    pub notification_urls: Vec<String>,
    /// Networks that may call; empty: all.
    pub allow_list: Vec<IpNet>,
    /// Requests a second; 0: the configuration's default.
    pub rate_max: u32,
    /// Everything else.
    pub settings: AccountSettings,
    /// What payments cost, read from the settings.
    pub fees: Fees,
    /// Whether it is turned off.
    pub disabled: bool,
}

impl Account {
    /// The newest key for this purpose, whether or not an older one still lives.
    pub fn key(&self, purpose: &str) -> Option<&Secret> {
        self.keys.iter().find(|key| key.purpose == purpose).map(|key| &key.secret)
    }

    /// The keys for this purpose that are accepted at `now`, newest first.
    pub fn live_keys(&self, purpose: &str, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let live = move |key: &&AccountKey| key.retires_at.is_none_or(|at| now < at);
        let keys = self.keys.iter().filter(move |key| key.purpose == purpose);
        keys.filter(live).map(|key| &key.secret)
    }

    /// Whether a request may come from there.
    pub fn allows(&self, from: IpAddr) -> bool {
        allows(&self.allow_list, from)
    }

    /// How much may be advanced to it at a time, in whole rupiah; nothing while it is turned off.
    pub fn advance_cap(&self) -> i64 {
        if self.disabled { 0 } else { self.settings.advance_cap }
    }
}

/// A secret of an account.
#[derive(Debug, Clone)]
pub struct AccountKey {
    /// Its row.
    pub no: i64,
    /// What it is for: `server_key`.
    pub purpose: String,
    /// The secret.
    pub secret: Secret,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

/// Stands for all retailers that have no fee plan of their own.
pub const EVERY_RETAILER: &str = "*";

/// What payments cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fees {
    /// At retailers that are not named.
    pub usual: Option<FeePlan>,
    /// By retailer.
    pub at: Vec<(RetailerKey, FeePlan)>,
}

impl Fees {
    /// The plans of an account's settings; the error names the one that is none.
    pub fn read(fees: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut read = Self::default();
        for (retailer, plan) in fees {
            let plan: FeePlan =
                plan.parse().map_err(|error| format!("the fee plan for {retailer}: {error}"))?;
            if retailer == EVERY_RETAILER {
                read.usual = Some(plan);
            } else {
                let key = RetailerKey::new(retailer)
                    .map_err(|error| format!("a fee plan for `{retailer}`: {error}"))?;
                read.at.push((key, plan));
            }
        }
        Ok(read)
    }

    /// The plan that counts at this retailer.
    pub fn plan(&self, retailer: RetailerKey) -> Option<&FeePlan> {
        let named = self.at.iter().find(|(key, _)| *key == retailer).map(|(_, plan)| plan);
        named.or(self.usual.as_ref())
    }

    /// Whether any plan has the payer bear something.
    pub fn has_payer(&self) -> bool {
        let plans = self.usual.iter().chain(self.at.iter().map(|(_, plan)| plan));
        plans.into_iter().any(|plan| plan.bearer == Bearer::Payer && !plan.is_nothing())
    }
}

/// What a merchant may set about an account. Stored as lines of TOML; what is absent has its default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// When it hears of a payment (rule 6).
    pub announce_paid: AnnouncePaid,
    /// What becomes of cash for an expired payment (rule 10).
    pub late_payment: LatePayment,
    /// Whether an order id is free again after a reversal (rule 6): the dialect's default, or said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse_after_reversal: Option<bool>,
    /// Whether the dialect's exclusions from idempotency keys are lifted (rule 25).
    pub idempotency_everywhere: bool,
    /// Whose payers may pay at another retailer than the one they have a code for (rule 36).
    #[serde(skip_serializing_if = "OtherRetailer::is_usual")]
    pub other_retailer: OtherRetailer,
    /// From how many business days after its funding on a payment is available (rule 28); none:
    /// [`PAYOUT_DAYS_DEFAULT`](crate::books::PAYOUT_DAYS_DEFAULT). It counts for what is funded from
    /// now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_days: Option<u8>,
    /// How much may be advanced to it at a time, in whole rupiah: what it has of matched payments
    /// that their retailers have not transferred yet (rule 28). 0: nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub advance_cap: i64,
    /// The tax that the merchant keeps back from our fees, as a line of its statement (rule 30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withholding: Option<Withholding>,
    /// What a payment costs, as plans are written: by retailer, or under [`EVERY_RETAILER`] for those
    /// that are not named. It counts for payments opened from now on; each keeps its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fees: BTreeMap<String, String>,
    /// Whether Gerai's own events are written for it, to be pulled or sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub events: bool,
    /// Where they are sent; none: they are only pulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_url: Option<String>,
    /// Whether that endpoint answered that it is gone for good: nothing is sent until it is set anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub events_url_gone: bool,
    /// By which channels its payers are told, by their names ([`domain::bill::Channel::name`]); none: by
    /// all in a sandbox, by none in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<Vec<String>>,
    /// The language in which its payers are told first.
    #[serde(skip_serializing_if = "BillLanguage::is_usual")]
    pub bill_language: BillLanguage,
    /// What only its dialect knows, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

/// The language in which payers are told: in a mail the one that comes first, elsewhere the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillLanguage {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

impl BillLanguage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    const fn is_usual(&self) -> bool {
        matches!(self, Self::Id)
    }
}

/// A tax that a merchant keeps back from our fees and pays for us. It is told, never posted: what is
/// owed stays the same until the merchant brings its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withholding {
    /// The rate, in per-mille of our fees without value added tax; 1 to 1,000.
    pub permille: u16,
    /// What it is called: `PPh 23`.
    pub label: String,
}

/// Whose payers may take another code of their order on their page, at another retailer (rule 36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherRetailer {
    /// Nobody's.
    Never,
    /// Those who chose the first one themselves, at a checkout.
    #[default]
    Checkout,
    /// Everybody's.
    Always,
}

impl OtherRetailer {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// When a merchant hears that a payment is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncePaid {
    /// As soon as it is durable.
    #[default]
    AtOnce,
    /// When it cannot be reversed any more.
    WhenFinal,
}

impl From<AnnouncePaid> for Announce {
    fn from(setting: AnnouncePaid) -> Self {
        match setting {
            AnnouncePaid::AtOnce => Self::AtOnce,
            AnnouncePaid::WhenFinal => Self::WhenFinal,
        }
    }
}

/// What becomes of cash for an expired payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatePayment {
    /// It becomes unapplied cash.
    #[default]
    Unapplied,
    /// It pays the payment after all, if the order id was not used again.
    Accept,
}

/// Who is connected on the counters' side.
#[derive(Debug, Clone)]
pub struct Partner {
    /// Its number.
    pub no: PartnerNo,
    /// Its name, for operators.
    pub name: String,
    /// The retailers it serves; empty: all.
    pub retailers: Vec<RetailerKey>,
    /// Its keys, newest first.
    pub keys: Vec<PartnerKey>,
    /// Networks that may call; empty: all.
    pub allow_list: Vec<IpNet>,
    /// Everything else.
    pub settings: PartnerSettings,
    /// Whether it is turned off.
    pub disabled: bool,
}

impl Partner {
    /// Whether it speaks for this retailer.
    pub fn serves(&self, retailer: RetailerKey) -> bool {
        self.retailers.is_empty() || self.retailers.contains(&retailer)
    }

    /// Whether a request may come from there.
    pub fn allows(&self, from: IpAddr) -> bool {
        allows(&self.allow_list, from)
    }
}

/// A key of a partner.
#[derive(Debug, Clone)]
pub struct PartnerKey {
    /// Its row.
    pub no: i64,
    /// The public half.
    pub key_id: String,
    /// The secret half.
    pub secret: Secret,
    /// When it stops being accepted.
    pub retires_at: Option<Timestamp>,
}

/// What an operator may set about a partner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartnerSettings {
    /// Whether this partner is told payers' names in full (rule 26).
    pub names_in_full: bool,
}

fn allows(list: &[IpNet], from: IpAddr) -> bool {
    // A v4 client on a dual-stack socket looks like ::ffff:a.b.c.d.
    let from = from.to_canonical();
    list.is_empty() || list.iter().any(|net| net.contains(&from))
}

/// Everybody, ready to be looked up.
#[derive(Debug, Default)]
pub struct Directory {
    accounts: HashMap<AccountNo, Arc<Account>>,
    partners: HashMap<PartnerNo, Arc<Partner>>,
    by_secret: HashMap<[u8; 32], AccountNo>,
    /// By brand, then by public name.
    by_public_id: HashMap<String, HashMap<String, AccountNo>>,
    by_key_id: HashMap<String, PartnerNo>,
    /// The pools of payment codes.
    pub pools: Pools,
}

impl Directory {
    /// A directory of these.
    pub fn new(accounts: Vec<Account>, partners: Vec<Partner>, pools: Pools) -> Self {
        let mut directory = Self { pools, ..Self::default() };
        for account in accounts {
            for key in &account.keys {
                let print = fingerprint(&account.brand, &key.purpose, key.secret.expose());
                directory.by_secret.insert(print, account.no);
            }
            let of_brand = directory.by_public_id.entry(account.brand.clone()).or_default();
            of_brand.insert(account.public_id.clone(), account.no);
            directory.accounts.insert(account.no, Arc::new(account));
        }
        for partner in partners {
            for key in &partner.keys {
                directory.by_key_id.insert(key.key_id.clone(), partner.no);
            }
            directory.partners.insert(partner.no, Arc::new(partner));
        }
        directory
    }

    /// The account with this number.
    pub fn account(&self, no: AccountNo) -> Option<&Arc<Account>> {
        self.accounts.get(&no)
    }

    /// The account that holds this secret under this brand, unless the key is retired at `now`.
    ///
    /// Looked up by its hash, so the time taken says nothing about how much of a guess was right.
    pub fn account_by_secret(
        &self,
        brand: &str,
        purpose: &str,
        secret: &str,
        now: Timestamp,
    ) -> Option<&Arc<Account>> {
        let account =
            self.accounts.get(self.by_secret.get(&fingerprint(brand, purpose, secret))?)?;
        let live = account.keys.iter().any(|key| {
            key.purpose == purpose
                && key.secret.expose() == secret
                && key.retires_at.is_none_or(|retires_at| now < retires_at)
        });
        live.then_some(account)
    }

    /// The account of this brand with this public name.
    pub fn account_by_public_id(&self, brand: &str, public_id: &str) -> Option<&Arc<Account>> {
        self.accounts.get(self.by_public_id.get(brand)?.get(public_id)?)
    }

    /// The accounts that money may be advanced to, in the order of their numbers, each with how much
    /// at a time in whole rupiah.
    pub fn caps(&self) -> Vec<(AccountNo, i64)> {
        let caps = self.accounts.values().map(|account| (account.no, account.advance_cap()));
        let mut caps: Vec<_> = caps.filter(|(_, cap)| *cap > 0).collect();
        caps.sort_unstable();
        caps
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The partner with this number.
    pub fn partner(&self, no: PartnerNo) -> Option<&Arc<Partner>> {
        self.partners.get(&no)
    }

    /// The partner and secret of a key id, unless the key is retired at `now`.
    pub fn partner_by_key(&self, key_id: &str, now: Timestamp) -> Option<(&Arc<Partner>, &Secret)> {
        let partner = self.partners.get(self.by_key_id.get(key_id)?)?;
        let key = partner.keys.iter().find(|key| {
            key.key_id == key_id && key.retires_at.is_none_or(|retires_at| now < retires_at)
        })?;
        Some((partner, &key.secret))
    }

    /// All partners, in no order.
    pub fn partners(&self) -> impl Iterator<Item = &Arc<Partner>> {
        self.partners.values()
    }
}

fn fingerprint(brand: &str, purpose: &str, secret: &str) -> [u8; 32] {
    let text = Zeroizing::new(format!("{brand}\n{purpose}\n{secret}"));
    let mut print = [0; 32];
    print.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    print
}
