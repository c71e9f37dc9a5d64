//! Rows of the directory, read into what the running gateway uses.

use domain::{
    code::{Pool, PoolShape, Pools},
    retailer::RetailerKey,
};
use ipnet::IpNet;

use crate::{
    directory::{
        Account, AccountKey, AccountSettings, Directory, Fees, Partner, PartnerKey, Secret,
    },
    gateway::lines,
    settings::StartError,
    vault::{Vault, VaultError, key_fingerprint},
};

/// The context under which a secret of an account lies under the master key.
pub fn account_key_context(no: i64) -> String {
    format!("account_key {no}")
}

/// The context under which a secret of a partner lies under the master key.
pub fn partner_key_context(no: i64) -> String {
    format!("partner_key {no}")
}

/// The context under which a pool's key lies under the master key.
pub fn pool_key_context(no: i64) -> String {
    format!("pool {no}")
}

/// The context under which a key of the installation lies under the master key.
pub fn platform_key_context(name: &str) -> String {
    format!("platform_key {name}")
}

/// Opens and checks every row of the directory. Accounts without a URL are told at the `inbox`, where
/// there is one.
pub(crate) fn directory_from(
    rows: &storage::Directory,
    vault: &Vault,
    inbox: Option<&str>,
) -> Result<Directory, StartError> {
    let accounts = rows.accounts.iter().map(|row| {
        let mut account = account(row, rows, vault)?;
        if let (Some(inbox), true) = (inbox, account.notification_urls.is_empty()) {
            account.notification_urls.push(inbox.replace("{account}", &row.no.to_string()));
        }
        Ok(account)
    });
    let partners = rows.partners.iter().map(|row| partner(row, rows, vault));
    let pools = rows.pools.iter().map(|row| pool(row, vault));
    let pools = Pools::new(pools.collect::<Result<_, _>>()?)
        .map_err(|error| StartError::Directory(error.to_string()))?;
    Ok(Directory::new(
        accounts.collect::<Result<_, StartError>>()?,
        partners.collect::<Result<_, _>>()?,
        pools,
    ))
}

fn account(
    row: &storage::AccountRow,
    rows: &storage::Directory,
    vault: &Vault,
) -> Result<Account, StartError> {
    let merchant = rows.merchants.iter().find(|merchant| merchant.no == row.merchant);
    let mut keys = Vec::new();
    for key in rows.account_keys.iter().filter(|key| key.account == row.no) {
        keys.push(AccountKey {
            no: key.no,
            purpose: key.purpose.clone(),
            secret: secret(vault, &account_key_context(key.no), &key.sealed)?,
            retires_at: key.retires_at,
        });
    }
    let settings: AccountSettings = settings(&row.settings, &row.public_id)?;
    // The newest signs.
    keys.sort_by_key(|key| std::cmp::Reverse(key.no));
    Ok(Account {
        no: row.no,
        merchant: row.merchant,
        merchant_name: merchant.map_or_else(String::new, |merchant| merchant.name.clone()),
        brand: row.brand.clone(),
        public_id: row.public_id.clone(),
        client_key: row.client_key.clone(),
        shard: row.shard,
        keys,
        notification_urls: lines(&row.notification_urls),
        allow_list: networks(&row.allow_list)?,
        rate_max: row.rate_max,
        fees: Fees::read(&settings.fees)
            .map_err(|why| StartError::Directory(format!("merchant {}: {why}", row.public_id)))?,
        settings,
        disabled: row.disabled,
    })
}

fn partner(
    row: &storage::PartnerRow,
    rows: &storage::Directory,
    vault: &Vault,
) -> Result<Partner, StartError> {
    let mut keys = Vec::new();
    for key in rows.partner_keys.iter().filter(|key| key.partner == row.no) {
        keys.push(PartnerKey {
            no: key.no,
            key_id: key.key_id.clone(),
            secret: secret(vault, &partner_key_context(key.no), &key.sealed)?,
            retires_at: key.retires_at,
        });
    }
    keys.sort_by_key(|key| std::cmp::Reverse(key.no));
    let retailers = row.retailers.split(',').map(str::trim).filter(|key| !key.is_empty());
    let retailers = retailers
        .map(RetailerKey::new)
        .collect::<Result<_, _>>()
        .map_err(|error| StartError::Directory(format!("partner {}: {error}", row.name)))?;
    Ok(Partner {
        no: row.no,
        name: row.name.clone(),
        retailers,
        keys,
        allow_list: networks(&row.allow_list)?,
        settings: settings(&row.settings, &row.name)?,
        disabled: row.disabled,
    })
}

fn pool(row: &storage::PoolRow, vault: &Vault) -> Result<Pool, StartError> {
    let key = vault.open_key(&pool_key_context(row.no.get()), &row.sealed)?;
    let wrong = || VaultError::DoesNotOpen(format!("the key of pool {}", row.no));
    if key_fingerprint(&key) != row.fingerprint {
        return Err(wrong().into());
    }
    let key: [u8; 32] = key.as_slice().try_into().map_err(|_| wrong())?;
    let bad =
        |error: &dyn std::fmt::Display| StartError::Directory(format!("pool {}: {error}", row.no));
    let shape = PoolShape {
        network: RetailerKey::new(&row.network).map_err(|error| bad(&error))?,
        length: usize::try_from(row.length).map_err(|error| bad(&error))?,
        prefix: row.prefix.clone(),
        shards: row.shards,
    };
    Pool::new(row.no, shape, &key).map_err(|error| bad(&error))
}

fn secret(vault: &Vault, context: &str, sealed: &[u8]) -> Result<Secret, StartError> {
    let plain = vault.open_key(context, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Content)?;
    Ok(Secret::new(text))
}

fn networks(text: &str) -> Result<Vec<IpNet>, StartError> {
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            line.parse().map_err(|_| {
                StartError::Directory(format!("`{line}` is not a network in CIDR form"))
            })
        })
        .collect()
}

fn settings<T: serde::de::DeserializeOwned>(text: &str, whose: &str) -> Result<T, StartError> {
    toml::from_str(text)
        .map_err(|error| StartError::Directory(format!("settings of {whose}: {}", error.message())))
}
