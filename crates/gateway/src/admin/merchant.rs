//! Merchants and their accounts.

use domain::{
    fee::{FeePlan, NotAPlan},
    ids::{AccountNo, MerchantNo},
    money::Bearer,
    retailer::RetailerKey,
};
use storage::{AccountKeyRow, AccountRow, Directory, DirectoryWrite, MerchantRow};

use super::{
    AdminError, AdminReply, MerchantAdd, MerchantChange, MerchantName, MerchantReply,
    MerchantRotateKey, MerchantSet, MerchantTurn, NewCredentials, NewSecret, Reuse, checks, events,
    keys,
};
use crate::{
    Gateway,
    directory::{AccountSettings, EVERY_RETAILER, Secret},
    reach::Reach,
    rows::account_key_context,
    vault::Vault,
};

/// Adds a merchant with one account.
pub(super) async fn add(gateway: &Gateway, add: MerchantAdd) -> Result<AdminReply, AdminError> {
    let name = checks::name("the merchant's name", &add.name)?;
    let brands = &gateway.0.settings.brands;
    if !brands.iter().any(|terms| terms.name == add.brand) {
        let known: Vec<_> = brands.iter().map(|terms| terms.name.as_str()).collect();
        let why = format!("is no dialect of this gateway; there are {}", known.join(", "));
        return Err(AdminError::Bad { what: "the brand", value: add.brand, why });
    }
    let credentials =
        add.credentials.ok_or(AdminError::Incomplete("the dialect's credentials are missing"))?;
    check_credentials(gateway, &add.brand, &credentials)?;
    check_fees(gateway, &add.brand, &add.change)?;
    if let Some(cap) = add.change.advance_cap {
        // A second person is asked about it where a merchant is changed (rule 20).
        let why = "is agreed on with a merchant that is there: change it afterwards".to_owned();
        return Err(AdminError::Bad { what: "the cap of advances", value: cap.to_string(), why });
    }
    let now = gateway.clock().now();

    let reply = gateway
        .change_directory(|rows, vault| {
            let public_id = credentials.public_id.clone();
            let same = |row: &&AccountRow| row.brand == add.brand && row.public_id == public_id;
            if rows.accounts.iter().find(same).is_some() {
                return Err(AdminError::Taken { what: "merchant", name: public_id });
            }
            let merchant = MerchantRow {
                no: MerchantNo::new(keys::next(rows.merchants.iter().map(|row| row.no.get()))),
                name,
                created_at: now,
            };
            let mut account = AccountRow {
                no: AccountNo::new(keys::next(rows.accounts.iter().map(|row| row.no.get()))),
                merchant: merchant.no,
                brand: add.brand.clone(),
                public_id: public_id.clone(),
                client_key: credentials.client_key.clone(),
                shard: 0,
                notification_urls: String::new(),
                allow_list: String::new(),
                rate_max: 0,
                settings: String::new(),
                disabled: false,
                created_at: now,
            };
            let renamed = apply(&mut account, &add.change, gateway.reach(), false)?;
            let merchant = MerchantRow { name: renamed.unwrap_or(merchant.name), ..merchant };

            let mut writes = vec![DirectoryWrite::Merchant(merchant)];
            let key_rows = new_keys(rows, vault, account.no, &credentials.secrets, now)?;
            writes.push(DirectoryWrite::Account(account));
            writes.extend(key_rows);
            let reply = MerchantReply {
                brand: add.brand.clone(),
                public_id,
                secrets: shown(&credentials.secrets),
                told: credentials.told.clone(),
                older_until_ms: None,
            };
            Ok((writes, reply))
        })
        .await?;
    Ok(AdminReply::Merchant(reply))
}

/// Changes what is given.
pub(super) async fn set(gateway: &Gateway, set: MerchantSet) -> Result<AdminReply, AdminError> {
    if set.change == MerchantChange::default() {
        return Err(AdminError::Incomplete("nothing to change was given"));
    }
    change(gateway, &set.merchant, |rows, account| {
        check_fees(gateway, &account.brand, &set.change)?;
        let has_key = events::has_key(rows, account);
        apply(account, &set.change, gateway.reach(), has_key)
    })
    .await
}

/// Turns an account on or off.
pub(super) async fn turn(gateway: &Gateway, turn: MerchantTurn) -> Result<AdminReply, AdminError> {
    change(gateway, &turn.merchant, |_, account| {
        account.disabled = turn.disabled;
        Ok(None)
    })
    .await
}

async fn change(
    gateway: &Gateway,
    name: &MerchantName,
    edit: impl FnOnce(&Directory, &mut AccountRow) -> Result<Option<String>, AdminError>,
) -> Result<AdminReply, AdminError> {
    let reply = gateway
        .change_directory(|rows, _| {
            let mut account = find(rows, name)?.clone();
            let renamed = edit(rows, &mut account)?;
            let reply = MerchantReply {
                brand: account.brand.clone(),
                public_id: account.public_id.clone(),
                secrets: Vec::new(),
                told: Vec::new(),
                older_until_ms: None,
            };
            let merchant = rows.merchants.iter().find(|row| row.no == account.merchant);
            let mut writes = vec![DirectoryWrite::Account(account)];
            if let (Some(merchant), Some(name)) = (merchant, renamed) {
                writes.push(DirectoryWrite::Merchant(MerchantRow { name, ..merchant.clone() }));
            }
            Ok::<_, AdminError>((writes, reply))
        })
        .await?;
    Ok(AdminReply::Merchant(reply))
}

/// Gives an account new secrets.
pub(super) async fn rotate_key(
    gateway: &Gateway,
    rotate: MerchantRotateKey,
) -> Result<AdminReply, AdminError> {
    let made =
        rotate.credentials.ok_or(AdminError::Incomplete("the dialect's new secret is missing"))?;
    let secrets = made.secrets;
    if secrets.is_empty() {
        return Err(AdminError::Incomplete("the dialect has no secret to rotate"));
    }
    let now = gateway.clock().now();
    let directory = gateway.directory();
    let reply = gateway
        .change_directory(|rows, vault| {
            let account = find(rows, &rotate.merchant)?;
            let mut writes = Vec::new();
            let mut older_until = now;
            for new in &secrets {
                check_secret(&directory, &account.brand, new, now)?;
                let old: Vec<&AccountKeyRow> = rows
                    .account_keys
                    .iter()
                    .filter(|row| row.account == account.no && row.purpose == new.purpose)
                    .collect();
                let ends: Vec<_> = old.iter().map(|row| row.retires_at).collect();
                older_until = keys::retire(&new.purpose, &ends, rotate.overlap_hours, now)?;
                for row in old.into_iter().filter(|row| keys::outlives(row.retires_at, older_until))
                {
                    let retires_at = Some(older_until);
                    writes.push(DirectoryWrite::AccountKey(AccountKeyRow {
                        retires_at,
                        ..row.clone()
                    }));
                }
            }
            writes.extend(new_keys(rows, vault, account.no, &secrets, now)?);
            let reply = MerchantReply {
                brand: account.brand.clone(),
                public_id: account.public_id.clone(),
                secrets: shown(&secrets),
                told: made.told.clone(),
                older_until_ms: Some(older_until.millis()),
            };
            Ok::<_, AdminError>((writes, reply))
        })
        .await?;
    Ok(AdminReply::Merchant(reply))
}

/// The account an operator means.
pub fn find<'rows>(
    rows: &'rows Directory,
    name: &MerchantName,
) -> Result<&'rows AccountRow, AdminError> {
    let of_brand = |row: &&AccountRow| name.brand.as_ref().is_none_or(|brand| *brand == row.brand);
    let by_id = rows.accounts.iter().filter(of_brand).filter(|row| row.public_id == name.merchant);
    let by_id: Vec<_> = by_id.collect();
    let found = if by_id.is_empty() {
        let called = |row: &&AccountRow| {
            let merchant = rows.merchants.iter().find(|merchant| merchant.no == row.merchant);
            merchant.is_some_and(|merchant| merchant.name == name.merchant)
        };
        rows.accounts.iter().filter(of_brand).filter(called).collect()
    } else {
        by_id
    };
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(AdminError::Unknown { what: "merchant", name: name.merchant.clone() }),
        [..] => Err(AdminError::Ambiguous {
            what: "merchant",
            name: name.merchant.clone(),
            hint: "say its merchant id, and --brand where two brands use the same",
        }),
    }
}

/// Changes the row; gives the merchant's new name where there is one.
fn apply(
    account: &mut AccountRow,
    change: &MerchantChange,
    reach: &Reach,
    has_events_key: bool,
) -> Result<Option<String>, AdminError> {
    if let Some(urls) = &change.notification_urls {
        account.notification_urls = checks::urls("the notification URL", urls, reach)?;
    }
    if let Some(nets) = &change.allow_list {
        account.allow_list = checks::nets(nets)?;
    }
    if let Some(rate_max) = change.rate_max {
        account.rate_max = checks::rate(rate_max)?;
    }
    let mut settings: AccountSettings =
        checks::read_settings("the account's stored settings", &account.settings)?;
    if let Some(announce_paid) = change.announce_paid {
        settings.announce_paid = announce_paid;
    }
    if let Some(late_payment) = change.late_payment {
        settings.late_payment = late_payment;
    }
    if let Some(reuse) = change.reuse_after_reversal {
        settings.reuse_after_reversal = match reuse {
            Reuse::Yes => Some(true),
            Reuse::No => Some(false),
            Reuse::Default => None,
        };
    }
    if let Some(everywhere) = change.idempotency_everywhere {
        settings.idempotency_everywhere = everywhere;
    }
    if let Some(other_retailer) = change.other_retailer {
        settings.other_retailer = other_retailer;
    }
    if let Some(days) = change.payout_days {
        settings.payout_days = Some(checks::payout_days(days)?);
    }
    if let Some(cap) = change.advance_cap {
        settings.advance_cap = checks::amount("the cap of advances", cap)?.get();
    }
    if let Some(withholding) = &change.withholding {
        settings.withholding = checks::withholding(withholding)?;
    }
    for (retailer, plan) in &change.fees {
        if plan.is_empty() {
            settings.fees.remove(retailer);
        } else {
            settings.fees.insert(retailer.clone(), plan.clone());
        }
    }
    events::apply(&mut settings, change, reach, has_events_key)?;
    if let Some(channels) = &change.bill {
        settings.bill = checks::channels(channels)?;
    }
    if let Some(language) = change.bill_language {
        settings.bill_language = language;
    }
    for (name, value) in &change.options {
        if value.is_empty() {
            settings.options.remove(name);
        } else {
            settings.options.insert(name.clone(), value.clone());
        }
    }
    account.settings = checks::settings(&settings)?;
    change.name.as_deref().map(|name| checks::name("the merchant's name", name)).transpose()
}

/// Whether these are plans, for retailers that are there, which the brand can tell its merchants of
/// (rule 21).
fn check_fees(gateway: &Gateway, brand: &str, change: &MerchantChange) -> Result<(), AdminError> {
    let bad = |value: &str, why: String| AdminError::Bad {
        what: "the fee plan",
        value: value.to_owned(),
        why,
    };
    let terms = gateway.0.settings.brands.iter().find(|terms| terms.name == brand);
    let tells_fees = terms.is_some_and(|terms| terms.tells_fees);
    for (retailer, plan) in &change.fees {
        let known = RetailerKey::new(retailer).ok().and_then(|key| gateway.retailers().get(key));
        if retailer != EVERY_RETAILER && known.is_none() {
            return Err(bad(retailer, "is for a retailer that nobody knows".to_owned()));
        }
        if plan.is_empty() {
            continue;
        }
        let read: FeePlan = plan.parse().map_err(|error: NotAPlan| bad(plan, error.to_string()))?;
        if read.bearer == Bearer::Payer && !read.is_nothing() && !tells_fees {
            let why = format!(
                "has the payer bear it, which {brand} cannot tell its merchants; let the merchant bear it"
            );
            return Err(bad(plan, why));
        }
    }
    Ok(())
}

fn check_credentials(
    gateway: &Gateway,
    brand: &str,
    credentials: &NewCredentials,
) -> Result<(), AdminError> {
    checks::token("the merchant id", &credentials.public_id)?;
    if let Some(client_key) = &credentials.client_key {
        checks::token("the client key", client_key)?;
    }
    let directory = gateway.directory();
    let now = gateway.clock().now();
    credentials.secrets.iter().try_for_each(|new| check_secret(&directory, brand, new, now))
}

/// A secret that another account holds would let one merchant act as the other.
fn check_secret(
    directory: &crate::directory::Directory,
    brand: &str,
    new: &NewSecret,
    now: domain::time::Timestamp,
) -> Result<(), AdminError> {
    if !new.is_shown {
        // Two accounts of one merchant may well share its public key.
        return checks::key("the key", new.secret.expose());
    }
    checks::token("the secret", new.secret.expose())?;
    if directory.account_by_secret(brand, &new.purpose, new.secret.expose(), now).is_some() {
        let why = "is in use already".to_owned();
        return Err(AdminError::Bad { what: "the secret", value: "…".to_owned(), why });
    }
    Ok(())
}

/// What the merchant is shown of its secrets.
fn shown(secrets: &[NewSecret]) -> Vec<NewSecret> {
    secrets.iter().filter(|secret| secret.is_shown).cloned().collect()
}

fn new_keys(
    rows: &Directory,
    vault: &Vault,
    account: AccountNo,
    secrets: &[NewSecret],
    now: domain::time::Timestamp,
) -> Result<Vec<DirectoryWrite>, AdminError> {
    let first = keys::next(rows.account_keys.iter().map(|row| row.no));
    (first..)
        .zip(secrets)
        .map(|(no, NewSecret { purpose, secret, .. })| {
            let secret: &Secret = secret;
            let context = account_key_context(no);
            let sealed = vault.seal_key(&context, secret.expose().as_bytes())?;
            let purpose = purpose.clone();
            let row =
                AccountKeyRow { no, account, purpose, sealed, created_at: now, retires_at: None };
            Ok(DirectoryWrite::AccountKey(row))
        })
        .collect()
}
