//! The sandbox's demo merchants and counter: fixed, documented, and refused in production.

use domain::{
    ids::{AccountNo, MerchantNo, PartnerNo},
    time::Timestamp,
};
use gateway::{
    rows::{account_key_context, partner_key_context},
    vault::{Vault, VaultError},
};
use storage::{
    AccountKeyRow, AccountRow, Directory, DirectoryWrite, MerchantRow, PartnerKeyRow, PartnerRow,
};

use crate::{
    dialects::{USUAL_BRAND, USUAL_PURPOSE},
    sandbox::DEMO,
};

/// A merchant that everybody knows.
struct DemoMerchant {
    name: &'static str,
    public_id: &'static str,
    server_key: &'static str,
    client_key: &'static str,
}

const MERCHANTS: [DemoMerchant; 2] = [
    DemoMerchant {
        name: "Toko Demo",
        public_id: DEMO.merchant_id,
        server_key: DEMO.server_key,
        client_key: DEMO.client_key,
    },
    // Proves that merchants do not see each other's payments.
    DemoMerchant {
        name: "Toko Lain",
        public_id: "G000000002",
        server_key: "SB-Mid-server-gerai-other",
        client_key: "SB-Mid-client-gerai-other",
    },
];

/// The counter's key id and secret (contracts/counter-http.md, "Credentials").
const COUNTER_KEY: (&str, &str) = (DEMO.counter_key, DEMO.counter_secret);

/// Everything of the demo, for an empty directory.
pub(super) fn rows(vault: &Vault, now: Timestamp) -> Result<Vec<DirectoryWrite>, VaultError> {
    let mut writes = Vec::new();
    for (no, demo) in (1..).zip(&MERCHANTS) {
        let (merchant, account) = (MerchantNo::new(no), AccountNo::new(no));
        writes.push(DirectoryWrite::Merchant(MerchantRow {
            no: merchant,
            name: demo.name.to_owned(),
            created_at: now,
        }));
        writes.push(DirectoryWrite::Account(AccountRow {
            no: account,
            merchant,
            brand: USUAL_BRAND.to_owned(),
            public_id: demo.public_id.to_owned(),
            client_key: Some(demo.client_key.to_owned()),
            shard: 0,
            notification_urls: String::new(),
            allow_list: String::new(),
            rate_max: 0,
            settings: String::new(),
            disabled: false,
            created_at: now,
        }));
        writes.push(DirectoryWrite::AccountKey(AccountKeyRow {
            no,
            account,
            purpose: USUAL_PURPOSE.to_owned(),
            sealed: vault.seal_key(&account_key_context(no), demo.server_key.as_bytes())?,
            created_at: now,
            retires_at: None,
        }));
    }
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

/// Whose demo key this directory holds, retired and disabled ones included: everybody knows them. The
/// key itself is not named, so that it never stands in a log.
pub(super) fn found(rows: &Directory, vault: &Vault) -> Result<Option<&'static str>, VaultError> {
    for row in &rows.account_keys {
        let secret = vault.open_key(&account_key_context(row.no), &row.sealed)?;
        let is_known = |demo: &&DemoMerchant| demo.server_key.as_bytes() == secret.as_slice();
        if let Some(demo) = MERCHANTS.iter().find(is_known) {
            return Ok(Some(demo.public_id));
        }
    }
    for row in &rows.accounts {
        let is_known = |demo: &&DemoMerchant| row.client_key.as_deref() == Some(demo.client_key);
        if let Some(demo) = MERCHANTS.iter().find(is_known) {
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
