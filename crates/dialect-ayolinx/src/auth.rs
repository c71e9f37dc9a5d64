//! Who calls, and in which order that is found out (section 1.6).

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use dialect::Shell;
use domain::time::Timestamp;
use gateway::{
    Environment,
    directory::{Account, Secret},
};
use http::request::Parts;
use intake::Peer;

use crate::{
    BRAND, CLIENT_SECRET, MERCHANT_PUBLIC_KEY, demo,
    endpoint::{Endpoint, METHOD},
    explain,
    fault::{Fault, SignatureHint},
    headers::{self, CLIENT_KEY, EXTERNAL_ID, PARTNER_ID, SIGNATURE, TIMESTAMP},
    signature::{self, Signed},
};

/// Who has proved who it is.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Its account.
    pub(crate) account: Arc<Account>,
    /// Its number for the request.
    pub(crate) external_id: String,
}

/// Who asks for anything but a token.
pub(crate) fn caller(
    shell: &Shell,
    head: &Parts,
    endpoint: Endpoint,
    body: &[u8],
) -> Result<Caller, Fault> {
    check_caller(shell, head, endpoint, body)
        .inspect_err(|fault| not_believed(shell, fault, head, endpoint, body))
}

/// Who asks for a token. Whether it may be served is judged after its signature, so that nobody uses
/// up another's rate.
pub(crate) fn client(shell: &Shell, head: &Parts) -> Result<Arc<Account>, Fault> {
    check_client(shell, head)
        .inspect_err(|fault| not_believed(shell, fault, head, Endpoint::Token, &[]))
}

/// Has it explained why a request is not believed, where somebody listens.
fn not_believed(shell: &Shell, fault: &Fault, head: &Parts, endpoint: Endpoint, body: &[u8]) {
    // Others were believed, and turned down for another reason.
    if !matches!(fault.http(), 400 | 401) {
        return;
    }
    shell.not_believed(|| {
        let gateway = shell.gateway();
        let token = headers::bearer(&head.headers);
        let request = explain::Request {
            head,
            endpoint,
            body,
            token: token.and_then(|token| gateway.tokens().read(BRAND, token)),
            fixed: token.and_then(|token| demo::holder(shell, token)),
        };
        explain::explain(&gateway.directory(), gateway.clock().real_now(), &request)
    });
}

fn check_caller(
    shell: &Shell,
    head: &Parts,
    endpoint: Endpoint,
    body: &[u8],
) -> Result<Caller, Fault> {
    let timestamp = headers::one(&head.headers, TIMESTAMP)?;
    let signature = headers::one(&head.headers, SIGNATURE)?;
    let partner_id = headers::one(&head.headers, PARTNER_ID)?;
    let external_id = headers::one(&head.headers, EXTERNAL_ID)?;
    let made_at = headers::made_at(timestamp)?;
    headers::check_external_id(external_id)?;

    let gateway = shell.gateway();
    let now = gateway.clock().real_now();
    let directory = gateway.directory();
    let claimed = directory.account_by_public_id(BRAND, partner_id);
    headers::check_fresh(made_at, now, claimed.map(Arc::as_ref))?;

    let token = headers::bearer(&head.headers).ok_or(Fault::NoToken)?;
    let holder = gateway.tokens().holder(BRAND, token, now).or_else(|| demo::holder(shell, token));
    let holder = holder.ok_or(Fault::UnknownToken)?;
    let account = directory.account(holder).ok_or(Fault::UnknownToken)?;
    if account.public_id != partner_id {
        return Err(Fault::UnknownClient);
    }
    shell.admit(account, from(head))?;

    let signed = Signed { method: METHOD, path: endpoint.path(), token, timestamp };
    let secrets = account.live_keys(CLIENT_SECRET, now).map(Secret::expose);
    if !signed.verify(secrets, body, signature) {
        let text = || signed.text(&signature::hash(body));
        return Err(Fault::Signature(hint(shell, signature, text)));
    }
    Ok(Caller { account: Arc::clone(account), external_id: external_id.to_owned() })
}

fn check_client(shell: &Shell, head: &Parts) -> Result<Arc<Account>, Fault> {
    let timestamp = headers::one(&head.headers, TIMESTAMP)?;
    let client_key = headers::one(&head.headers, CLIENT_KEY)?;
    let signature = headers::one(&head.headers, SIGNATURE)?;
    let made_at = headers::made_at(timestamp)?;

    let gateway = shell.gateway();
    let now = gateway.clock().real_now();
    let directory = gateway.directory();
    let account = directory.account_by_public_id(BRAND, client_key);
    headers::check_fresh(made_at, now, account.map(Arc::as_ref))?;
    let account = account.ok_or(Fault::UnknownClient)?;

    let text = signature::token_text(client_key, timestamp);
    if !is_signed(account, now, &text, signature) {
        return Err(Fault::Signature(hint(shell, signature, || text)));
    }
    shell.admit(account, from(head))?;
    Ok(Arc::clone(account))
}

fn is_signed(account: &Account, now: Timestamp, text: &str, signature: &str) -> bool {
    let mut keys = account.live_keys(MERCHANT_PUBLIC_KEY, now).peekable();
    if keys.peek().is_none() {
        tracing::warn!(
            merchant = %account.public_id,
            "a token was asked for, but this merchant's public key is missing: add it with \
             `gerai merchant rotate-key {} --key {MERCHANT_PUBLIC_KEY} --public-key FILE`",
            account.public_id,
        );
    }
    keys.any(|key| signature::verify_token(key.expose(), text, signature))
}

/// What a sandbox tells; nothing in production.
fn hint(
    shell: &Shell,
    signature: &str,
    string_to_sign: impl FnOnce() -> String,
) -> Option<Box<SignatureHint>> {
    if shell.gateway().environment() != Environment::Sandbox {
        return None;
    }
    let is_hex = signature.len().is_multiple_of(64)
        && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hint = is_hex.then_some("X-SIGNATURE looks like hexadecimal digits; base64 is wanted");
    Some(Box::new(SignatureHint { string_to_sign: string_to_sign(), hint }))
}

fn from(head: &Parts) -> IpAddr {
    let local = Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let Peer(from) = head.extensions.get().copied().unwrap_or(local);
    from
}
