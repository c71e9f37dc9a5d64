//! Payments that are opened in the dialects that sign their requests.

use std::fmt::Write as _;

use anyhow::{Context, bail};
use bytes::Bytes;
use dialect::{DemoAccount, Dialect};
use domain::{code::PaymentCode, time::Timestamp};
use http::{
    HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use super::{
    load::{self, Asked, Work},
    orders::AMOUNT,
    server::Server,
};

/// A dialect whose requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Voice {
    /// Cronos Engine: HMAC over the body.
    Cronos,
    /// The same under its other brand.
    Sengo,
    /// Ayolinx: HMAC over the body's hash, a token and an external id.
    Ayolinx,
}

impl Voice {
    pub(super) const ALL: [Self; 3] = [Self::Cronos, Self::Sengo, Self::Ayolinx];

    /// Its name for people.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Cronos => "Cronos",
            Self::Sengo => "SenGo",
            Self::Ayolinx => "Ayolinx",
        }
    }

    /// The demo merchant's key and the secret that it signs with.
    fn demo(self) -> (&'static str, &'static str) {
        let accounts = match self {
            Self::Cronos => dialect_cronos::CRONOS.demo(),
            Self::Sengo => dialect_cronos::SENGO.demo(),
            Self::Ayolinx => dialect_ayolinx::Ayolinx.demo(),
        };
        let secret = |demo: &DemoAccount| demo.secrets.first().map_or("", |(_, secret)| *secret);
        accounts.first().map_or(("", ""), |demo| (demo.public_id, secret(demo)))
    }

    /// The path that opens a payment.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Cronos | Self::Sengo => "/api/retail",
            Self::Ayolinx => CREATE,
        }
    }
}

const CREATE: &str = "/v1.0/retail/create";
/// Where tokens are.
pub(super) const TOKEN: &str = "/v1.0/access-token/b2b";

/// Orders with consecutive numbers, signed when they are sent: a merchant signs too.
#[derive(Debug)]
pub(super) struct Signed {
    voice: Voice,
    first: usize,
    /// Of Ayolinx: the token, the time that is signed, and a deadline.
    pass: Option<Pass>,
}

#[derive(Debug)]
struct Pass {
    token: String,
    now: String,
    valid_up_to: String,
}

impl Signed {
    /// Orders from the number `first` on, for one server.
    pub(super) async fn new(
        voice: Voice,
        first: usize,
        now: Timestamp,
        server: &Server,
    ) -> anyhow::Result<Self> {
        let pass = match voice {
            Voice::Cronos | Voice::Sengo => None,
            Voice::Ayolinx => Some(pass(voice, now, server).await?),
        };
        Ok(Self { voice, first, pass })
    }

    fn body(&self, number: usize) -> String {
        let mut body = String::with_capacity(400);
        // Writing to a string does not fail.
        let _ = match &self.pass {
            None => write!(
                body,
                r#"{{"reference":"order-{number:016}","phoneNumber":"081234567890","channel":"alfamart","amount":{AMOUNT},"expiryMinutes":60,"viewName":"Budi Santoso","additionalInfo":{{"callback":"http:\/\/merchant.example\/notify"}}}}"#
            ),
            Some(Pass { valid_up_to, .. }) => write!(
                body,
                r#"{{"partnerReferenceNo":"order-{number:016}","validUpTo":"{valid_up_to}","customerName":"Budi Santoso","customerEmail":"budi@example.com","customerPhone":"081234567890","amount":{{"currency":"IDR","value":"{AMOUNT}.00"}},"additionalInfo":{{"channel":"RETAIL_ALFAMART"}}}}"#
            ),
        };
        body
    }

    fn headers(&self, number: usize, body: &str) -> Vec<(&'static str, String)> {
        let (key, secret) = self.voice.demo();
        let key = key.to_owned();
        let signature = || dialect_cronos::sign(secret, &key, body.as_bytes());
        match (self.voice, &self.pass) {
            (Voice::Cronos, _) => {
                let signature = signature();
                vec![("on-key", key), ("on-token", secret.to_owned()), ("on-signature", signature)]
            }
            (Voice::Sengo, _) => {
                let signature = signature();
                vec![
                    ("x-client-key", key),
                    ("x-client-token", secret.to_owned()),
                    ("x-signature", signature),
                ]
            }
            (Voice::Ayolinx, None) => Vec::new(),
            (Voice::Ayolinx, Some(Pass { token, now, .. })) => {
                let signature = dialect_ayolinx::sign_request(
                    secret,
                    "POST",
                    CREATE,
                    token,
                    body.as_bytes(),
                    now,
                );
                vec![
                    ("authorization", format!("Bearer {token}")),
                    ("x-partner-id", key),
                    ("x-external-id", format!("{number:020}")),
                    ("x-timestamp", now.clone()),
                    ("x-signature", signature),
                ]
            }
        }
    }
}

impl Work for Signed {
    fn request(&self, number: usize) -> Option<Asked> {
        let number = self.first + number;
        let body = self.body(number);
        let headers = self.headers(number, &body);
        let mut request = post(self.voice.path(), body);
        for (name, value) in headers {
            let value = HeaderValue::from_str(&value).ok()?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        Some(request)
    }

    fn check(&self, status: StatusCode, body: &[u8]) -> Result<Option<PaymentCode>, &'static str> {
        if status != StatusCode::OK {
            return Err("a payment was not opened");
        }
        let code = code(self.voice, body).ok_or("an opened payment came without a code")?;
        Ok(Some(code))
    }
}

fn post(path: &'static str, body: String) -> Asked {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static(path);
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("gerai.example"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

/// The code in an answer that opened a payment.
fn code(voice: Voice, body: &[u8]) -> Option<PaymentCode> {
    let member = match voice {
        Voice::Cronos | Voice::Sengo => r#""paymentCode":""#,
        Voice::Ayolinx => r#""vaNumber":""#,
    };
    let text = str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(member)?;
    PaymentCode::new(rest.split('"').next()?).ok()
}

/// A token, as a merchant gets one.
async fn pass(voice: Voice, now: Timestamp, server: &Server) -> anyhow::Result<Pass> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Granted {
        access_token: String,
    }
    let stamp = |at: Timestamp| format!("{}+07:00", dialect::wib(at).replace(' ', "T"));
    let (client, _) = voice.demo();
    let at = stamp(now);
    let signature = dialect_ayolinx::sign_token_request(
        dialect_ayolinx::DEMO_MERCHANT_PRIVATE_KEY,
        client,
        &at,
    )
    .context("the demo merchant's key does not sign")?;
    let mut request = post(TOKEN, r#"{"grantType":"client_credentials"}"#.to_owned());
    let headers = request.headers_mut();
    headers.insert("x-client-key", HeaderValue::from_static(client));
    headers.insert("x-timestamp", HeaderValue::from_str(&at)?);
    headers.insert("x-signature", HeaderValue::from_str(&signature)?);
    headers.remove(AUTHORIZATION);
    let (status, body) = load::once(server.api, request).await?;
    if status != StatusCode::OK {
        bail!("no token: {status} {}", String::from_utf8_lossy(&body));
    }
    let Granted { access_token: token } = serde_json::from_slice(&body)?;
    let valid_up_to = stamp(now.plus(domain::time::Span::hours(24)));
    Ok(Pass { token, now: at, valid_up_to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(voice: Voice) -> Signed {
        let pass = Pass {
            token: "t".to_owned(),
            now: "2026-11-21T14:00:00+07:00".to_owned(),
            valid_up_to: "2026-11-22T14:00:00+07:00".to_owned(),
        };
        Signed { voice, first: 7, pass: (voice == Voice::Ayolinx).then_some(pass) }
    }

    #[test]
    fn only_an_answer_with_a_code_counts() {
        for (voice, member) in [(Voice::Cronos, "paymentCode"), (Voice::Ayolinx, "vaNumber")] {
            let orders = orders(voice);
            let good = format!(r#"{{"{member}":"8127740588870520"}}"#);
            let code = PaymentCode::new("8127740588870520").ok();
            assert_eq!(orders.check(StatusCode::OK, good.as_bytes()), Ok(code));
            assert!(orders.check(StatusCode::CONFLICT, good.as_bytes()).is_err());
            let null = format!(r#"{{"{member}":null}}"#);
            assert!(orders.check(StatusCode::OK, null.as_bytes()).is_err());
        }
    }

    #[test]
    fn no_two_requests_are_equal_and_all_are_signed() {
        for voice in Voice::ALL {
            let orders = orders(voice);
            let seen = |number| {
                let request = orders.request(number).unwrap();
                let signed = |name: &&HeaderName| name.as_str().ends_with("signature");
                assert_eq!(request.headers().keys().filter(signed).count(), 1, "{voice:?}");
                format!("{request:?}")
            };
            assert_ne!(seen(0), seen(1));
        }
    }
}
