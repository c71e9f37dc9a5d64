//! Who calls: HTTP Basic with what the merchant's dialect calls with.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Login, Shell};
use domain::time::Timestamp;
use gateway::directory::{Account, Directory};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};
use intake::Peer;
use zeroize::Zeroizing;

use super::fault::Fault;
use crate::dialects::DIALECTS;

/// The longest header that is looked at, in bytes.
const HEADER_MAX: usize = 1_024;

/// The account that calls, if it may.
pub(super) fn admitted(shell: &Shell, head: &Parts) -> Result<Arc<Account>, Fault> {
    let (user, password) = basic(&head.headers).ok_or(Fault::Unauthorized)?;
    let gateway = shell.gateway();
    let directory = gateway.directory();
    let account = known(&directory, &user, &password, gateway.clock().real_now())
        .ok_or(Fault::Unauthorized)?;
    let local = Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let Peer(from) = head.extensions.get().copied().unwrap_or(local);
    shell.admit(account, from)?;
    Ok(Arc::clone(account))
}

/// User name and password. None where the header is missing, not alone, or malformed.
fn basic(headers: &HeaderMap) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let value = value.to_str().ok().filter(|value| value.len() <= HEADER_MAX)?;
    let (scheme, credentials) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(credentials.trim()).ok()?);
    let text = std::str::from_utf8(&decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    let owned = |text: &str| Zeroizing::new(text.to_owned());
    (!user.is_empty()).then(|| (owned(user), owned(password)))
}

/// The account of these credentials under any dialect.
fn known<'a>(
    directory: &'a Directory,
    user: &str,
    password: &str,
    now: Timestamp,
) -> Option<&'a Arc<Account>> {
    DIALECTS.iter().find_map(|dialect| match dialect.login() {
        // What stands in the password's place is not looked at, as the vendor does not.
        Login::Key(purpose) => directory.account_by_secret(dialect.brand(), purpose, user, now),
        Login::IdAndSecret(purpose) => {
            let account = directory.account_by_public_id(dialect.brand(), user)?;
            // All are compared, so that the time tells nothing about which of them it was.
            let is_live = account.live_keys(purpose, now).fold(false, |found, secret| {
                found
                    | verify_slices_are_equal(secret.expose().as_bytes(), password.as_bytes())
                        .is_ok()
            });
            is_live.then_some(account)
        }
    })
}
