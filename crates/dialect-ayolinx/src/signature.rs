//! The three kinds of signature (section 1.3).
//!
//! S1 proves a merchant with its private key when it asks for a token, S2 with its secret when it
//! asks for anything else, and S3 proves the gateway to the merchant. All are written in base64.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

use crate::{minify::minify, pem, public_key};

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Bytes of an S2.
const S2_BYTES: usize = 64;
/// The longest signature that is looked at: RSA of 8192 bits has 1,024 bytes.
const TEXT_MAX: usize = 1_500;

/// Lower-case hexadecimal digits of SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// What S1 signs.
pub(crate) fn token_text(client_key: &str, timestamp: &str) -> String {
    format!("{client_key}|{timestamp}")
}

/// Whether `signature` is the S1 of `text` under the public key `pem`. A broken key verifies nothing.
pub(crate) fn verify_token(pem: &str, text: &str, signature: &str) -> bool {
    let (Ok(key), Some(signature)) = (public_key::read(pem), decode(signature)) else {
        return false;
    };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref())
        .verify(text.as_bytes(), &signature)
        .is_ok()
}

/// What a request is signed over, apart from its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    /// In capitals.
    pub(crate) method: &'a str,
    /// Without the query, not decoded.
    pub(crate) path: &'a str,
    /// The token, without the word before it.
    pub(crate) token: &'a str,
    /// As the header has it, to the byte.
    pub(crate) timestamp: &'a str,
}

impl Signed<'_> {
    /// What S2 signs, for a body of this hash.
    pub(crate) fn text(&self, body_hash: &str) -> String {
        let Self { method, path, token, timestamp } = self;
        format!("{method}:{path}:{token}:{body_hash}:{timestamp}")
    }

    /// Whether `signature` is the S2 of this request under one of the secrets, over the body as it
    /// was sent or as it is without its white space.
    pub(crate) fn verify<'s>(
        &self,
        secrets: impl Iterator<Item = &'s str>,
        body: &[u8],
        signature: &str,
    ) -> bool {
        let Some(signature) = decode(signature).filter(|bytes| bytes.len() == S2_BYTES) else {
            return false;
        };
        let raw = self.text(&hash(body));
        let minified = minify(body);
        let minified = (minified.len() != body.len()).then(|| self.text(&hash(&minified)));
        for secret in secrets {
            let key = hmac::Key::new(hmac::HMAC_SHA512, secret.as_bytes());
            for text in [Some(&raw), minified.as_ref()].into_iter().flatten() {
                if hmac::verify(&key, text.as_bytes(), &signature).is_ok() {
                    return true;
                }
            }
        }
        false
    }
}

/// Signs a request as a merchant does (S2): `X-SIGNATURE` for `method` and `path` with `token`,
/// `body` and `timestamp`, the value of `X-TIMESTAMP`. For tests and measurements.
pub fn sign_request(
    secret: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &[u8],
    timestamp: &str,
) -> String {
    let text = Signed { method, path, token, timestamp }.text(&hash(body));
    sign_text(secret, &text)
}

/// The HMAC-SHA512 of `text`, in base64.
pub(crate) fn sign_text(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA512, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// What S3 signs.
pub(crate) fn notification_text(route: &str, body: &[u8], timestamp: &str) -> String {
    format!("POST:{route}:{}:{timestamp}", hash(body))
}

/// The S3 of `text` under a private key in PKCS #8; none where the key is broken.
pub(crate) fn sign_notification(pem: &str, text: &str) -> Option<String> {
    let unwrapped = pem::unwrap(pem).ok()?;
    let key = KeyPair::from_pkcs8(&unwrapped.der).ok()?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    Some(STANDARD.encode(signature))
}

/// Signs a request for a token as a merchant does (S1), under its private key in PKCS #8; none where
/// the key is broken. For tests and measurements.
pub fn sign_token_request(pem: &str, client_key: &str, timestamp: &str) -> Option<String> {
    sign_notification(pem, &format!("{client_key}|{timestamp}"))
}

fn decode(signature: &str) -> Option<Vec<u8>> {
    (signature.len() <= TEXT_MAX).then(|| BASE64.decode(signature).ok()).flatten()
}
