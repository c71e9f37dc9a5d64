//! What an operator sets about a merchant's own events: whether there are any, where they are sent,
//! and the keys that sign them, as Standard Webhooks has them.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use storage::{AccountRow, Directory};
use zeroize::Zeroizing;

use super::{AdminError, MerchantChange, NewCredentials, NewSecret, checks};
use crate::{
    Gateway,
    directory::{AccountSettings, Secret},
    own_events::{EVENTS_KEY, EVENTS_KEY_PAIR},
    reach::Reach,
    vault::{VaultError, random},
};

/// The name under which a merchant is told the public half of its key pair.
const PUBLIC_KEY: &str = "events_public_key";

/// Changes what is given. `has_key` says whether the account has a key that signs events: without one
/// nothing can be sent.
pub(super) fn apply(
    settings: &mut AccountSettings,
    change: &MerchantChange,
    reach: &Reach,
    has_key: bool,
) -> Result<(), AdminError> {
    if let Some(url) = &change.events_url {
        let what = "the events URL";
        let url = checks::urls(what, std::slice::from_ref(url), reach)?;
        if url.contains('\n') {
            let why = "names several endpoints; there is one".to_owned();
            return Err(AdminError::Bad { what, value: "…".to_owned(), why });
        }
        settings.events_url = (!url.is_empty()).then_some(url);
        settings.events_url_gone = false;
        if settings.events_url.is_some() {
            if !has_key {
                let why = format!(
                    "needs a key that signs: `gerai merchant rotate-key MERCHANT --key {EVENTS_KEY}` \
                     makes the first"
                );
                let value = settings.events_url.clone().unwrap_or_default();
                return Err(AdminError::Bad { what, value, why });
            }
            settings.events = true;
        }
    }
    if let Some(on) = change.events {
        settings.events = on;
    }
    Ok(())
}

/// Whether an account has a key that signs events.
pub(super) fn has_key(rows: &Directory, account: &AccountRow) -> bool {
    let signs = |purpose: &str| purpose == EVENTS_KEY || purpose == EVENTS_KEY_PAIR;
    rows.account_keys.iter().any(|key| key.account == account.no && signs(&key.purpose))
}

/// A new key that signs events; none where `purpose` is another's. The seed of a key pair is shown to
/// nobody; its public half is told.
pub fn events_key(purpose: &str) -> Result<Option<NewCredentials>, VaultError> {
    let (secret, is_shown, told) = match purpose {
        EVENTS_KEY => (text("whsec_", &Zeroizing::new(random::<32>()?)[..]), true, Vec::new()),
        EVENTS_KEY_PAIR => {
            let seed = Zeroizing::new(random::<32>()?);
            let public = public_half(&seed[..])?;
            (text("whsk_", &seed[..]), false, vec![(PUBLIC_KEY.to_owned(), public)])
        }
        _ => return Ok(None),
    };
    let secrets = vec![NewSecret { purpose: purpose.to_owned(), is_shown, secret }];
    Ok(Some(NewCredentials { public_id: String::new(), client_key: None, secrets, told }))
}

fn text(prefix: &str, bytes: &[u8]) -> Secret {
    let encoded = Zeroizing::new(STANDARD.encode(bytes));
    Secret::new(format!("{prefix}{}", encoded.as_str()))
}

/// The public half of a seed, as merchants are told it.
fn public_half(seed: &[u8]) -> Result<String, VaultError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| VaultError::Content)?;
    Ok(format!("whpk_{}", STANDARD.encode(pair.public_key())))
}

impl Gateway {
    /// Stops sending an account's own events to `url`, which answered that it is gone for good. They
    /// are still written, and can be pulled; setting an endpoint anew sends them again.
    pub async fn events_endpoint_gone(
        &self,
        account: domain::ids::AccountNo,
        url: &str,
    ) -> Result<(), AdminError> {
        self.change_directory(|rows, _| {
            let found = rows.accounts.iter().find(|row| row.no == account);
            let Some(mut row) = found.cloned() else { return Ok((Vec::new(), ())) };
            let what = "the account's stored settings";
            let mut settings: AccountSettings = checks::read_settings(what, &row.settings)?;
            if settings.events_url_gone || settings.events_url.as_deref() != Some(url) {
                return Ok((Vec::new(), ()));
            }
            settings.events_url_gone = true;
            row.settings = checks::settings(&settings)?;
            Ok((vec![storage::DirectoryWrite::Account(row)], ()))
        })
        .await
    }
}
