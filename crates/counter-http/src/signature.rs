//! Signatures of requests and answers (contract, "Credentials and signatures"). Pure.
//!
//! Public, so that a till simulator, a command or a test signs with what the server verifies.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};

/// The request header with the key id.
pub const KEY_HEADER: &str = "gerai-key";
/// The request header with the Unix seconds of the transmission.
pub const TIMESTAMP_HEADER: &str = "gerai-timestamp";
/// The request header with the nonce.
pub const NONCE_HEADER: &str = "gerai-nonce";
/// The header with the signature, of requests and of answers.
pub const SIGNATURE_HEADER: &str = "gerai-signature";

/// What every signature begins with.
pub(crate) const VERSION: &str = "v1=";

/// What a request's signature covers.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The key id.
    pub key_id: &'a str,
    /// The method, in capitals.
    pub method: &'a str,
    /// The path with its query, as sent.
    pub target: &'a str,
    /// The timestamp, as sent.
    pub timestamp: &'a str,
    /// The nonce.
    pub nonce: &'a str,
    /// The body; empty where there is none.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    /// The string to sign: seven lines, none ended.
    pub fn canonical(&self) -> String {
        let Self { key_id, method, target, timestamp, nonce, body } = self;
        format!("v1\n{key_id}\n{method}\n{target}\n{timestamp}\n{nonce}\n{}", sha256_hex(body))
    }

    /// The value of the request's `Gerai-Signature`.
    pub fn sign(&self, secret: &str) -> String {
        sign(&key(secret), &self.canonical())
    }

    /// Whether `signature`, the header's value, is this request's under `secret`. Takes the same
    /// time wherever the two differ.
    pub fn is_signed_by(&self, secret: &str, signature: &str) -> bool {
        let Some(hex) = signature.strip_prefix(VERSION) else { return false };
        // The contract says lower case, and one spelling is enough.
        if hex.len() != 64 || hex.bytes().any(|b| b.is_ascii_uppercase()) {
            return false;
        }
        let mut tag = [0; 32];
        hex::decode_to_slice(hex, &mut tag).is_ok()
            && hmac::verify(&key(secret), self.canonical().as_bytes(), &tag).is_ok()
    }

    /// The SHA-256 of what the message says: method, target and body, but not when and under which
    /// nonce it was sent. What a nonce is bound to.
    pub fn content(&self) -> [u8; 32] {
        let text = format!("{}\n{}\n{}", self.method, self.target, sha256_hex(self.body));
        let mut content = [0; 32];
        content.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        content
    }
}

/// What an answer's signature covers.
#[derive(Debug, Clone, Copy)]
pub struct SignedAnswer<'a> {
    /// The key id of the request.
    pub key_id: &'a str,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl SignedAnswer<'_> {
    /// The string to sign: five lines, none ended.
    pub fn canonical(&self) -> String {
        let Self { key_id, nonce, status, body } = self;
        format!("v1\n{key_id}\n{nonce}\n{status}\n{}", sha256_hex(body))
    }

    /// The value of the answer's `Gerai-Signature`.
    pub fn sign(&self, secret: &str) -> String {
        self.sign_with(&key(secret))
    }

    /// The same, with a key that was made before the answer was known.
    pub(crate) fn sign_with(&self, key: &hmac::Key) -> String {
        sign(key, &self.canonical())
    }
}

/// Whether the text can be a nonce: 16 to 64 characters of `[A-Za-z0-9_-]`.
pub fn is_nonce(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (16..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// The key that `secret` is.
pub(crate) fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

fn sign(key: &hmac::Key, text: &str) -> String {
    format!("{VERSION}{}", hex::encode(hmac::sign(key, text.as_bytes())))
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "gerai-demo-counter-secret";
    const SIGNATURE: &str = "v1=c9e5d09c8f5327547dd6aeaf4f06d4e6c11e3389124fc020a49cc67dd64f9e13";

    /// The contract's vector.
    const REQUEST: SignedRequest<'_> = SignedRequest {
        key_id: "counter-demo",
        method: "POST",
        target: "/counter/v1/inquiry",
        timestamp: "1789000000",
        nonce: "0123456789abcdef",
        body: br#"{"payment_code":"8127740588870520"}"#,
    };

    #[test]
    fn the_contracts_vectors() {
        assert_eq!(REQUEST.sign(SECRET), SIGNATURE);
        assert!(REQUEST.is_signed_by(SECRET, SIGNATURE));
        let answer = SignedAnswer {
            key_id: "counter-demo",
            nonce: "0123456789abcdef",
            status: 200,
            body: br#"{"code":"00"}"#,
        };
        assert_eq!(
            answer.sign(SECRET),
            "v1=caf58fbb0c54bd9249209cc480128d2525dd5e4bfeff429b737da4c92b44856e"
        );
    }

    #[test]
    fn the_strings_to_sign() {
        let request = SignedRequest {
            method: "GET",
            target: "/counter/v1/echo?a=%20b",
            body: b"",
            ..REQUEST
        };
        // The SHA-256 of nothing, as FIPS 180 examples give it.
        assert_eq!(
            request.canonical(),
            "v1\ncounter-demo\nGET\n/counter/v1/echo?a=%20b\n1789000000\n0123456789abcdef\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let answer = SignedAnswer { key_id: "k", nonce: "n", status: 503, body: b"" };
        assert_eq!(
            answer.canonical(),
            "v1\nk\nn\n503\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn whatever_changes_the_signature_does_not_fit() {
        let changed = [
            SignedRequest { key_id: "counter-dem0", ..REQUEST },
            SignedRequest { method: "GET", ..REQUEST },
            SignedRequest { target: "/counter/v1/inquiry?", ..REQUEST },
            SignedRequest { timestamp: "1789000001", ..REQUEST },
            SignedRequest { nonce: "0123456789abcdeF", ..REQUEST },
            SignedRequest { body: br#"{"payment_code":"8127740588870521"}"#, ..REQUEST },
        ];
        for request in changed {
            assert!(!request.is_signed_by(SECRET, SIGNATURE), "{request:?}");
        }
        assert!(!REQUEST.is_signed_by("gerai-demo-counter-secreT", SIGNATURE));
        let bare = &SIGNATURE[3..];
        for signature in [
            "",
            "v1=",
            bare,
            &format!("v2={bare}"),
            &format!("V1={bare}"),
            &format!("v1={}", bare.to_uppercase()),
            &format!("v1= {bare}"),
            &format!("{SIGNATURE}0"),
            &SIGNATURE[..66],
            &format!("v1={}", "é".repeat(32)),
            &format!("v1={}", "g".repeat(64)),
        ] {
            assert!(!REQUEST.is_signed_by(SECRET, signature), "{signature}");
        }
    }

    #[test]
    fn content_is_what_is_said_and_not_when() {
        let content = REQUEST.content();
        assert_eq!(SignedRequest { timestamp: "1789000009", ..REQUEST }.content(), content);
        assert_eq!(SignedRequest { nonce: "another-nonce-000", ..REQUEST }.content(), content);
        assert_ne!(SignedRequest { method: "GET", ..REQUEST }.content(), content);
        assert_ne!(SignedRequest { target: "/counter/v1/payment", ..REQUEST }.content(), content);
        assert_ne!(SignedRequest { body: b"", ..REQUEST }.content(), content);
    }

    #[test]
    fn nonces() {
        for good in ["0123456789abcdef", "ABC_-xyz01234567", &"a".repeat(64)] {
            assert!(is_nonce(good), "{good}");
        }
        for bad in
            ["", "0123456789abcde", &"a".repeat(65), "0123456789abcde\n", "0123456789abcde é"]
        {
            assert!(!is_nonce(bad), "{bad:?}");
        }
    }
}
