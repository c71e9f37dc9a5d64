//! Who asks, and whether that is true (contract, "Credentials and signatures"; rules 16 and 43).

use std::{net::IpAddr, sync::Arc};

use counter::{NonceMemory, is_fresh};
use domain::time::Timestamp;
use gateway::directory::{Directory, Partner};
use http::{HeaderMap, Method};

use crate::{
    reply::AnswerSigner,
    signature::{
        KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, SignedRequest, TIMESTAMP_HEADER, is_nonce,
    },
};

/// Key ids longer than this are not looked up and not logged.
const KEY_ID_MAX: usize = 64;

/// Why a request is not believed. For the log alone: the partner is told one text for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAuthenticated {
    #[error("Gerai-Key is missing, doubled or malformed")]
    KeyHeader,
    #[error("nobody has this key id, or the key is retired")]
    UnknownKey,
    #[error("the partner is turned off")]
    Disabled,
    #[error("the partner may not call from this address")]
    Address,
    #[error("Gerai-Timestamp is missing, doubled or malformed")]
    TimestampHeader,
    #[error("the timestamp is more than five minutes off")]
    Stale,
    #[error("Gerai-Nonce is missing, doubled or malformed")]
    NonceHeader,
    #[error("Gerai-Signature is missing or doubled")]
    SignatureHeader,
    #[error("the signature does not fit")]
    Signature,
    #[error("the nonce was used with other content")]
    NonceReused,
}

/// Who a request says it is from. What is missing, doubled or malformed is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) key_id: Option<&'a str>,
    timestamp: Option<&'a str>,
    nonce: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Claim<'a> {
    /// What the headers say.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let key_id = only(headers, KEY_HEADER);
        Self {
            key_id: key_id.filter(|text| (1..=KEY_ID_MAX).contains(&text.len())),
            timestamp: only(headers, TIMESTAMP_HEADER),
            nonce: only(headers, NONCE_HEADER).filter(|text| is_nonce(text)),
            signature: only(headers, SIGNATURE_HEADER),
        }
    }

    /// Who signs the answer: the key that was named, if there is one and a nonce to sign over. Not
    /// only for those who proved that they have the secret: a partner with a wrong clock shall be
    /// able to believe that it is refused. What is signed for others is text of ours alone.
    pub(crate) fn signer(
        &self,
        directory: &Directory,
        real_now: Timestamp,
    ) -> Option<AnswerSigner> {
        let (key_id, nonce) = (self.key_id?, self.nonce?);
        let (_, secret) = directory.partner_by_key(key_id, real_now)?;
        // The secret goes into the key of the signature.
        Some(AnswerSigner::new(secret.expose(), key_id, nonce))
    }
}

/// The value of a header that is there exactly once, in visible ASCII.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (None | Some(_), _) => None,
    }
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) method: &'a Method,
    /// The path with its query, as sent.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) peer: IpAddr,
    pub(crate) real_now: Timestamp,
}

/// The partner, if the claim is true.
pub(crate) fn admit(
    claim: &Claim<'_>,
    received: &Received<'_>,
    directory: &Directory,
    nonces: &NonceMemory,
) -> Result<Arc<Partner>, NotAuthenticated> {
    use NotAuthenticated as No;

    let real_now = received.real_now;
    let key_id = claim.key_id.ok_or(No::KeyHeader)?;
    let (partner, secret) = directory.partner_by_key(key_id, real_now).ok_or(No::UnknownKey)?;
    if partner.disabled {
        return Err(No::Disabled);
    }
    if !partner.allows(received.peer) {
        return Err(No::Address);
    }
    let timestamp = claim.timestamp.ok_or(No::TimestampHeader)?;
    let sent_at = parse_seconds(timestamp).ok_or(No::TimestampHeader)?;
    if !is_fresh(sent_at, real_now) {
        return Err(No::Stale);
    }
    let nonce = claim.nonce.ok_or(No::NonceHeader)?;
    let signature = claim.signature.ok_or(No::SignatureHeader)?;
    let request = SignedRequest {
        key_id,
        method: received.method.as_str(),
        target: received.target,
        timestamp,
        nonce,
        body: received.body,
    };
    // The secret goes into the key that verifies.
    if !request.is_signed_by(secret.expose(), signature) {
        return Err(No::Signature);
    }
    nonces.witness(key_id, nonce, request.content(), real_now).map_err(|_| No::NonceReused)?;
    Ok(Arc::clone(partner))
}

/// Unix seconds in digits alone.
fn parse_seconds(text: &str) -> Option<Timestamp> {
    if text.len() > 12 || text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = text.parse().ok()?;
    Some(Timestamp::from_millis(seconds.checked_mul(1_000)?))
}

#[cfg(test)]
mod tests;
