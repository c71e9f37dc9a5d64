//! What a reader of a document fills in: credentials, signature, timestamp and base URL.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::document::{Case, Credentials, Document, Signs};
use crate::drive::{
    http::once,
    merchant::{self, basic},
    process::{Server, project},
    till::unix_seconds,
};

const DAY: u64 = 24 * 3600;

/// A request of a case, with everything filled in.
pub(super) struct Filled<'c> {
    case: &'c Case,
    headers: Vec<(String, String)>,
    body: String,
    names: Vec<(&'static str, String)>,
}

impl Credentials {
    /// The demo account's id.
    pub(super) fn merchant_id(self) -> &'static str {
        match self {
            Self::Midtrans => "G000000001",
            Self::Cronos => "SC-KRW9ESNZUUKQXOOX",
            Self::Sengo => "SG-GERAIDEMO000001",
            Self::Ayolinx => "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666",
        }
    }

    /// What its requests are signed with; Midtrans' are not signed, and show it.
    fn secret(self) -> &'static str {
        match self {
            Self::Midtrans => merchant::DEMO,
            Self::Cronos => "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t",
            Self::Sengo => "gerai0demo0token0for0sengo000001",
            Self::Ayolinx => "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab",
        }
    }
}

impl<'c> Filled<'c> {
    /// Fills a case in; asks for a token where the headers want one.
    pub(super) fn new(document: &Document, case: &'c Case, server: &Server) -> Self {
        let wanted = case.headers.as_ref().unwrap_or(&document.headers);
        let key = document.credentials.merchant_id();
        let mut filled = Self { case, headers: Vec::new(), body: String::new(), names: Vec::new() };
        filled.name("{base}", format!("http://{}", server.api));
        filled.name("{key}", key.to_owned());
        filled.name("{timestamp}", jakarta(unix_seconds()));
        filled.name("{tomorrow}", jakarta(unix_seconds() + DAY));
        filled.body = case.fills.iter().fold(case.body.clone(), |body, (printed, instead)| {
            assert!(body.contains(printed.as_str()), "no {printed} in {body}");
            body.replace(printed, &filled.fill(instead))
        });
        let token = match document.credentials {
            Credentials::Midtrans => basic(document.credentials.secret()),
            Credentials::Cronos | Credentials::Sengo => document.credentials.secret().to_owned(),
            Credentials::Ayolinx => {
                let wants = wanted.values().any(|value| value.contains("{token}"));
                if wants { filled.ask_for_a_token(server) } else { String::new() }
            }
        };
        filled.name("{token}", token);
        let signature = filled.sign(document.credentials);
        filled.name("{signature}", signature);
        filled.headers =
            wanted.iter().map(|(name, value)| (name.clone(), filled.fill(value))).collect();
        filled
    }

    /// The bytes of the request: the headers of the document and no others.
    pub(super) fn request(&self) -> Vec<u8> {
        let mut lines = vec![format!("POST {} HTTP/1.1", self.case.path), "Host: x".to_owned()];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(format!("Content-Length: {}", self.body.len()));
        format!("{}\r\n\r\n{}", lines.join("\r\n"), self.body).into_bytes()
    }

    /// The same value with everything in braces filled in.
    pub(super) fn fill_value(&self, value: &Value) -> Value {
        value.as_str().map_or_else(|| value.clone(), |text| Value::String(self.fill(text)))
    }

    fn name(&mut self, name: &'static str, value: String) {
        self.names.push((name, value));
    }

    fn named(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.as_str()).unwrap()
    }

    fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The signature that the vendor's page tells to make.
    fn sign(&self, credentials: Credentials) -> String {
        let key = credentials.secret().as_bytes();
        let signed = match credentials {
            Credentials::Midtrans => return String::new(),
            Credentials::Cronos | Credentials::Sengo => {
                let body = match self.case.signs {
                    Signs::Documented => as_php_encodes(&self.body),
                    Signs::Raw => self.body.clone(),
                };
                format!("{}{body}", self.named("{key}"))
            }
            Credentials::Ayolinx => format!(
                "POST:{}:{}:{}:{}",
                self.case.path,
                self.named("{token}"),
                hex::encode(digest(&SHA256, self.body.as_bytes())),
                self.named("{timestamp}"),
            ),
        };
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key), signed.as_bytes());
        match credentials {
            Credentials::Ayolinx => BASE64_STANDARD.encode(tag),
            Credentials::Midtrans | Credentials::Cronos | Credentials::Sengo => hex::encode(tag),
        }
    }

    fn ask_for_a_token(&self, server: &Server) -> String {
        let (key, time) = (self.named("{key}"), self.named("{timestamp}"));
        let signature = sign_with_rsa(&format!("{key}|{time}"));
        let body = r#"{"grantType":"client_credentials"}"#;
        let request = format!(
            "POST /v1.0/access-token/b2b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             X-TIMESTAMP: {time}\r\nX-CLIENT-KEY: {key}\r\nX-SIGNATURE: {signature}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = once(server.api, request.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.member("accessToken")
    }
}

/// `json_encode` of a body whose texts are plain ASCII: no blanks between tokens, slashes escaped.
fn as_php_encodes(body: &str) -> String {
    assert!(body.is_ascii() && !body.contains('\\'), "this needs all of PHP's rules: {body}");
    let mut encoded = String::new();
    let mut in_text = false;
    for letter in body.chars() {
        in_text ^= letter == '"';
        match letter {
            '/' => encoded.push_str("\\/"),
            _ if in_text || !letter.is_ascii_whitespace() => encoded.push(letter),
            _ => {}
        }
    }
    encoded
}

/// A signature with the demo merchant's private key.
fn sign_with_rsa(text: &str) -> String {
    let demo = std::fs::read(project().join("tests/clients/ayolinx-demo.json")).unwrap();
    let demo: Value = serde_json::from_slice(&demo).unwrap();
    let pem = demo["merchantPrivateKey"].as_str().unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(base64).unwrap()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    BASE64_STANDARD.encode(signature)
}

/// A second of Unix time as Jakarta writes it.
fn jakarta(seconds: u64) -> String {
    let at = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    format!("{}+07:00", jiff::tz::Offset::constant(7).to_datetime(at))
}
