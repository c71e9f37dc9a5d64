//! A merchant of Cronos Engine or `SenGo`, written from the platform's description (contract Cronos and
//! `SenGo`, 1 and 2).

use std::net::SocketAddr;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::http::{once, request};

/// What the headers of one of the platform's names are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// Of the project's key.
    pub(crate) key: &'static str,
    /// Of its token.
    pub(crate) token: &'static str,
    /// Of the signature.
    pub(crate) signature: &'static str,
}

/// Cronos Engine's.
pub(crate) const CRONOS: Names =
    Names { key: "On-Key", token: "On-Token", signature: "On-Signature" };
/// `SenGo`'s.
pub(crate) const SENGO: Names =
    Names { key: "X-Client-Key", token: "X-Client-Token", signature: "X-Signature" };

/// What a merchant has of the platform.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// What its headers are called.
    pub(crate) names: Names,
    /// Its public name.
    pub(crate) key: String,
    /// Its secret, which goes with every request.
    pub(crate) token: String,
}

impl Project {
    /// The demo merchant's of Cronos Engine, which the vendor publishes.
    pub(crate) fn of_cronos() -> Self {
        Self {
            names: CRONOS,
            key: "SC-KRW9ESNZUUKQXOOX".to_owned(),
            token: "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t".to_owned(),
        }
    }

    /// The demo merchant's of `SenGo`.
    pub(crate) fn of_sengo() -> Self {
        Self {
            names: SENGO,
            key: "SG-GERAIDEMO000001".to_owned(),
            token: "gerai0demo0token0for0sengo000001".to_owned(),
        }
    }

    /// The 64 bytes of a signature over `text`, which begins with the key (1.2).
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.token.as_bytes());
        hmac::sign(&key, text).as_ref().to_vec()
    }

    /// What every `GET` of this project is signed with (1.2).
    pub(crate) fn signature_of_get(&self) -> String {
        hex::encode(self.sign(self.key.as_bytes()))
    }

    /// Opens a payment of 50,000 at Alfamart, and must be allowed to; `responseData` is given back.
    pub(crate) fn open(&self, api: SocketAddr, reference: &str) -> Value {
        self.open_telling(api, reference, "http://merchant.test/notify")
    }

    /// The same, whose notifications go to `callback`.
    pub(crate) fn open_telling(&self, api: SocketAddr, reference: &str, callback: &str) -> Value {
        let body = json!({
            "reference": reference,
            "phoneNumber": "082195395779",
            "channel": "alfamart",
            "amount": 50_000,
            "viewName": "Toko Uji",
            "additionalInfo": { "callback": callback },
        })
        .to_string();
        let signature = hex::encode(self.sign(format!("{}{body}", self.key).as_bytes()));
        let headers = [
            (self.names.key, self.key.as_str()),
            (self.names.token, &self.token),
            (self.names.signature, &signature),
        ];
        let answer = once(api, &request("POST", "/api/retail", &headers, body.as_bytes())).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["responseData"].take()
    }

    /// How one of its payments stands; `responseData` is given back.
    pub(crate) fn check(&self, api: SocketAddr, id: &str) -> Value {
        let signature = self.signature_of_get();
        let headers = [
            (self.names.key, self.key.as_str()),
            (self.names.token, &self.token),
            (self.names.signature, &signature),
        ];
        let target = format!("/api/check/{id}");
        let answer = once(api, &request("GET", &target, &headers, b"")).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["responseData"].take()
    }
}
