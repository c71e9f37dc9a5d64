//! A merchant of Ayolinx, written from the platform's description (contract Ayolinx, 1 to 3).

use std::net::SocketAddr;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    http::{Answer, once, request},
    till::{new_nonce, unix_seconds},
};

/// Where tokens are had.
pub(crate) const TOKEN: &str = "/v1.0/access-token/b2b";
/// Where payments are opened.
pub(crate) const CREATE: &str = "/v1.0/retail/create";
/// Where payments are looked at.
pub(crate) const QUERY: &str = "/v1.0/retail/query";

/// The demo merchant's secret (1.7).
pub(crate) const SECRET: &str = "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab";

/// What a merchant has of Ayolinx.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Its public name.
    pub(crate) key: String,
    /// What it signs requests with.
    pub(crate) secret: String,
    /// What it signs token requests with: PKCS #8 in PEM.
    pub(crate) private_key: &'static str,
}

impl Client {
    /// The demo merchant's (1.7).
    pub(crate) fn demo() -> Self {
        Self {
            key: "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666".to_owned(),
            secret: SECRET.to_owned(),
            private_key: include_str!("../../../../dialect-ayolinx/demo/merchant_private.pem"),
        }
    }

    /// The bytes of S1 (1.3).
    pub(crate) fn sign_token(&self, text: &[u8]) -> Vec<u8> {
        let base64: String =
            self.private_key.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64_STANDARD.decode(base64).unwrap();
        let pair = KeyPair::from_pkcs8(&der).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).unwrap();
        signature
    }

    /// The 64 bytes of S2 (1.3).
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.secret.as_bytes());
        hmac::sign(&key, text).as_ref().to_vec()
    }

    /// A new token, which must be given.
    pub(crate) fn token(&self, api: SocketAddr) -> String {
        let timestamp = time(0);
        let text = format!("{}|{timestamp}", self.key);
        let signature = BASE64_STANDARD.encode(self.sign_token(text.as_bytes()));
        let headers = [
            ("X-TIMESTAMP", timestamp.as_str()),
            ("X-CLIENT-KEY", &self.key),
            ("X-SIGNATURE", &signature),
        ];
        let body = br#"{"grantType":"client_credentials"}"#;
        let answer = once(api, &request("POST", TOKEN, &headers, body)).unwrap();
        assert_eq!(answer.member("responseCode"), "2007300", "{}", answer.text());
        answer.member("accessToken")
    }

    /// Sends a signed request under a number for it.
    pub(crate) fn ask(
        &self,
        api: SocketAddr,
        token: &str,
        (path, external_id): (&str, &str),
        body: &Value,
    ) -> Answer {
        let (timestamp, body) = (time(0), body.to_string());
        let text = text_to_sign("POST", path, token, body.as_bytes(), &timestamp);
        let signature = BASE64_STANDARD.encode(self.sign(text.as_bytes()));
        let authorization = format!("Bearer {token}");
        let headers = [
            ("X-TIMESTAMP", timestamp.as_str()),
            ("X-PARTNER-ID", &self.key),
            ("X-EXTERNAL-ID", external_id),
            ("X-SIGNATURE", &signature),
            ("Authorization", &authorization),
        ];
        once(api, &request("POST", path, &headers, body.as_bytes())).unwrap()
    }

    /// Opens a payment of 50,000 at Alfamart, and must be allowed to.
    pub(crate) fn open(
        &self,
        api: SocketAddr,
        token: &str,
        reference: &str,
        external_id: &str,
    ) -> Value {
        let body = json!({
            "partnerReferenceNo": reference,
            "validUpTo": time(3_600),
            "customerName": "Budi Santoso",
            "customerEmail": "budi@example.com",
            "amount": { "currency": "IDR", "value": "50000.00" },
            "additionalInfo": { "channel": "RETAIL_ALFAMART" },
        });
        let answer = self.ask(api, token, (CREATE, external_id), &body);
        assert_eq!(answer.member("responseCode"), "00", "{}", answer.text());
        answer.json()
    }

    /// How one of its payments stands.
    pub(crate) fn query(&self, api: SocketAddr, token: &str, reference: &str) -> Value {
        let body = json!({
            "originalPartnerReferenceNo": reference,
            "additionalInfo": { "channel": "RETAIL_ALFAMART" },
        });
        let answer = self.ask(api, token, (QUERY, &new_external_id()), &body);
        assert_eq!(answer.member("responseCode"), "00", "{}", answer.text());
        answer.json()
    }
}

/// What S2 is over (1.3).
pub(crate) fn text_to_sign(
    method: &str,
    path: &str,
    token: &str,
    body: &[u8],
    timestamp: &str,
) -> String {
    let hash = hex::encode(digest(&SHA256, body));
    format!("{method}:{path}:{token}:{hash}:{timestamp}")
}

/// A number for a request that no other request of this machine has; at most 36 characters.
pub(crate) fn new_external_id() -> String {
    new_nonce().split_off("nonce-".len())
}

/// The world's clock in Jakarta, so many seconds from now.
pub(crate) fn time(seconds: i64) -> String {
    let at = i64::try_from(unix_seconds()).unwrap() + seconds;
    let jakarta =
        jiff::tz::Offset::constant(7).to_datetime(jiff::Timestamp::from_second(at).unwrap());
    format!("{}+07:00", jakarta.strftime("%Y-%m-%dT%H:%M:%S"))
}
