//! The sandbox's demo merchants and counter: fixed, documented, and refused in production.

use dialect::{DemoAccount, Dialect};
use domain::{
    ids::{AccountNo, MerchantNo, PartnerNo},
    time::Timestamp,
};
use gateway::{
    directory::{AccountSettings, EVERY_RETAILER},
    rows::{account_key_context, partner_key_context},
    vault::{Vault, VaultError},
};
use storage::{
    AccountKeyRow, AccountRow, Directory, DirectoryWrite, MerchantRow, PartnerKeyRow, PartnerRow,
};

use crate::{dialects::DIALECTS, sandbox::DEMO};

/// The demo merchant, and the other one, which proves that merchants do not see each other's
/// payments. Their numbers are 1 and 2.
const MERCHANTS: [&str; 2] = ["Toko Demo", "Toko Lain"];

/// The counter's key id and secret (contracts/counter-http.md, "Credentials").
const COUNTER_KEY: (&str, &str) = (DEMO.counter_key, DEMO.counter_secret);

/// The merchants and the counter of the demo, for an empty directory.
pub(super) fn rows(vault: &Vault, now: Timestamp) -> Result<Vec<DirectoryWrite>, VaultError> {
    let merchants = (1..).zip(MERCHANTS).map(|(no, name)| {
        let (no, name) = (MerchantNo::new(no), name.to_owned());
        DirectoryWrite::Merchant(MerchantRow { no, name, created_at: now })
    });
    let mut writes: Vec<_> = merchants.collect();
    let (key_id, secret) = COUNTER_KEY;
    let partner = PartnerNo::new(1);
    writes.push(DirectoryWrite::Partner(PartnerRow {
        no: partner,
        name: "Kasir Demo".to_owned(),
        retailers: String::new(),
        allow_list: String::new(),
        settings: String::new(),
        disabled: false,
        created_at: now,
    }));
    writes.push(DirectoryWrite::PartnerKey(PartnerKeyRow {
        no: 1,
        partner,
        key_id: key_id.to_owned(),
        sealed: vault.seal_key(&partner_key_context(1), secret.as_bytes())?,
        created_at: now,
        retires_at: None,
    }));
    Ok(writes)
}

/// The demo merchants' accounts that the directory lacks: all of them at first, and those of a
/// dialect that is newer than the data. `events` says whether they have Gerai's own events.
pub(super) fn missing_accounts(
    rows: &Directory,
    vault: &Vault,
    now: Timestamp,
    events: bool,
) -> anyhow::Result<Vec<DirectoryWrite>> {
    let mut account_no = rows.accounts.iter().map(|row| row.no.get()).max().unwrap_or(0);
    let mut key_no = rows.account_keys.iter().map(|row| row.no).max().unwrap_or(0);
    let mut writes = Vec::new();
    for (dialect, demo) in everybody() {
        let is_there =
            |row: &AccountRow| row.brand == dialect.brand() && row.public_id == demo.public_id;
        if rows.accounts.iter().any(is_there) {
            continue;
        }
        account_no += 1;
        let account = AccountNo::new(account_no);
        writes.push(DirectoryWrite::Account(AccountRow {
            no: account,
            merchant: MerchantNo::new(demo.merchant),
            brand: dialect.brand().to_owned(),
            public_id: demo.public_id.to_owned(),
            client_key: demo.client_key.map(str::to_owned),
            shard: 0,
            notification_urls: String::new(),
            allow_list: String::new(),
            rate_max: 0,
            settings: settings(demo, events)?,
            disabled: false,
            created_at: now,
        }));
        for (purpose, secret) in demo.secrets {
            key_no += 1;
            writes.push(DirectoryWrite::AccountKey(AccountKeyRow {
                no: key_no,
                account,
                purpose: (*purpose).to_owned(),
                sealed: vault.seal_key(&account_key_context(key_no), secret.as_bytes())?,
                created_at: now,
                retires_at: None,
            }));
        }
    }
    Ok(writes)
}

fn settings(demo: &DemoAccount, events: bool) -> anyhow::Result<String> {
    let plan = demo.fee_plan.map(|plan| (EVERY_RETAILER.to_owned(), plan.to_owned()));
    let fees = plan.into_iter().collect();
    Ok(toml::to_string(&AccountSettings { fees, events, ..AccountSettings::default() })?)
}

/// Every demo account of every dialect.
fn everybody() -> impl Iterator<Item = (&'static dyn Dialect, &'static DemoAccount)> {
    let of = |dialect: &'static dyn Dialect| dialect.demo().iter().map(move |demo| (dialect, demo));
    DIALECTS.iter().copied().flat_map(of)
}

/// Whose demo key this directory holds, retired and disabled ones included: everybody knows them. The
/// key itself is not named, so that it never stands in a log.
pub(super) fn found(rows: &Directory, vault: &Vault) -> Result<Option<&'static str>, VaultError> {
    for row in &rows.account_keys {
        let secret = vault.open_key(&account_key_context(row.no), &row.sealed)?;
        let is_known = |demo: &DemoAccount| {
            demo.secrets.iter().any(|(_, known)| known.as_bytes() == secret.as_slice())
        };
        if let Some((_, demo)) = everybody().find(|(_, demo)| is_known(demo)) {
            return Ok(Some(demo.public_id));
        }
    }
    for row in &rows.accounts {
        let is_known = |demo: &DemoAccount| {
            row.client_key.is_some() && row.client_key.as_deref() == demo.client_key
        };
        if let Some((_, demo)) = everybody().find(|(_, demo)| is_known(demo)) {
            return Ok(Some(demo.public_id));
        }
    }
    let (key_id, demo_secret) = COUNTER_KEY;
    for row in &rows.partner_keys {
        let secret = vault.open_key(&partner_key_context(row.no), &row.sealed)?;
        if row.key_id == key_id || secret.as_slice() == demo_secret.as_bytes() {
            return Ok(Some(key_id));
        }
    }
    Ok(None)
}
