//! Who acts in a table, and what the names in its cases stand for.

use std::net::SocketAddr;

use serde_json::Value;

use crate::drive::{
    ayolinx::{self, Client},
    cronos::{self, Project},
    http::{Answer, find},
    merchant::{DEMO, Merchant, basic, text},
    till,
};

/// Names, and what stands for them. Earlier ones may stand for text with later ones in it.
pub(super) type Names = Vec<(String, Vec<u8>)>;

/// One table's merchants, and the pending payment that none of its cases may touch.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) dialect: Dialect,
    /// The merchant's name for the payment.
    pub(super) order: String,
    pub(super) payment_id: String,
    names: Names,
}

/// Which dialect a table is in, with two merchants that speak it.
#[derive(Debug)]
pub(super) enum Dialect {
    Midtrans,
    /// Cronos Engine or `SenGo`. The other merchant has the option `strict`.
    Platform {
        merchant: Project,
        other: Project,
    },
    Ayolinx {
        merchant: Client,
        other: Client,
        token: String,
        other_token: String,
    },
}

impl Cast {
    /// The cast of a dialect, for a payment's order, id and code and for a payment of another dialect.
    pub(super) fn new(dialect: Dialect, payment: [&str; 3], foreign: &str) -> Self {
        let [order, id, code] = payment;
        let mut names: Names = Vec::new();
        let mut stands = |name: &str, text: &str| {
            names.push((format!("{{{name}}}"), text.as_bytes().to_vec()));
        };
        match &dialect {
            Dialect::Midtrans => {
                for (name, text) in MIDTRANS {
                    stands(name, text);
                }
            }
            Dialect::Platform { merchant, other } => {
                for (name, text) in PLATFORM {
                    stands(name, text);
                }
                for (name, text) in of_platform(merchant, other) {
                    stands(name, &text);
                }
            }
            Dialect::Ayolinx { merchant, other, token, other_token } => {
                for (name, text) in AYOLINX {
                    stands(name, text);
                }
                stands("client", &merchant.key);
                stands("other client", &other.key);
                stands("token", token);
                stands("other token", other_token);
            }
        }
        for (name, text) in [("order", order), ("id", id), ("code", code), ("foreign", foreign)] {
            stands(name, text);
        }
        stands("basic", &basic(DEMO));
        Self { dialect, order: order.to_owned(), payment_id: id.to_owned(), names }
    }

    /// Whether the payment still stands as it did at first.
    pub(super) fn is_pending(&self, api: SocketAddr) -> bool {
        match &self.dialect {
            Dialect::Midtrans => {
                text(&Merchant::demo(api).status(&self.order), "transaction_status") == "pending"
            }
            Dialect::Platform { merchant, .. } => {
                text(&merchant.check(api, &self.payment_id), "status") == "pending"
            }
            Dialect::Ayolinx { merchant, token, .. } => {
                let now = merchant.query(api, token, &self.order);
                text(&now, "latestTransactionStatus") == "03"
            }
        }
    }

    /// What must be in no log; a sandbox' answers tell a sender's own back.
    pub(super) fn tokens(&self) -> Vec<&str> {
        match &self.dialect {
            Dialect::Midtrans | Dialect::Platform { .. } => Vec::new(),
            Dialect::Ayolinx { token, other_token, .. } => vec![token, other_token],
        }
    }

    /// What must be in no log and in no answer.
    pub(super) fn secrets(&self) -> Vec<&str> {
        match &self.dialect {
            Dialect::Midtrans => vec![DEMO],
            Dialect::Platform { merchant, other } => vec![&merchant.token, &other.token],
            Dialect::Ayolinx { merchant, other, .. } => vec![&merchant.secret, &other.secret],
        }
    }

    /// Puts what the names stand for where a case asks for it.
    pub(super) fn fill(&self, bytes: &[u8]) -> Vec<u8> {
        let now = [
            ("{now}", till::sale_at()),
            ("{nonce}", till::new_nonce()),
            ("{an hour from now}", ayolinx::time(3_600)),
            ("{16 minutes from now}", ayolinx::time(960)),
            ("{16 minutes ago}", ayolinx::time(-960)),
        ];
        let now: Names =
            now.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
        fill(&fill(bytes, &self.names), &now)
    }

    /// Fails unless an answer is what this dialect's always are.
    pub(super) fn check(&self, answer: &Answer, body: &Value) -> Result<(), String> {
        let told = answer.text();
        if self.secrets().into_iter().any(|secret| told.contains(secret)) {
            return Err(format!("a secret is told: {told}"));
        }
        let envelope = match &self.dialect {
            Dialect::Midtrans => Ok(()),
            Dialect::Platform { .. } => is_of_platform(answer.status, body),
            Dialect::Ayolinx { .. } => is_of_ayolinx(answer.status, body),
        };
        envelope.map_err(|what| format!("{what}: {body}"))
    }
}

/// `bytes` with what the names stand for.
pub(super) fn fill(bytes: &[u8], names: &Names) -> Vec<u8> {
    let mut filled = bytes.to_vec();
    if !filled.contains(&b'{') {
        return filled;
    }
    for (name, value) in names {
        while let Some(at) = find(&filled, name.as_bytes()) {
            filled.splice(at..at + name.len(), value.iter().copied());
        }
    }
    filled
}

/// The envelope of Cronos Engine and `SenGo` (5.2): the status once more as a number, a message, and
/// never the word of success where there is none.
fn is_of_platform(status: u16, body: &Value) -> Result<(), &'static str> {
    let message = body["responseMessage"].as_str().ok_or("responseMessage is no text")?;
    if body["responseCode"].as_u64() != Some(status.into()) {
        return Err("responseCode is not the status");
    }
    if status == 200 {
        return if message == "success" { Ok(()) } else { Err("responseMessage is not success") };
    }
    if message.is_empty() || message.eq_ignore_ascii_case("success") {
        return Err("responseMessage");
    }
    if status == 422 && !message.starts_with("The request is invalid or ") {
        return Err("responseMessage does not begin as the vendor's does");
    }
    if body.get("responseData") != Some(&Value::Null) {
        return Err("responseData is not null");
    }
    body["errorCode"].as_str().map(|_| ()).ok_or("errorCode is no text")
}

/// The envelope of Ayolinx (5): a code of seven digits that begins with the status, in a text, and a
/// message of at most 150 characters.
fn is_of_ayolinx(status: u16, body: &Value) -> Result<(), &'static str> {
    let code = body["responseCode"].as_str().ok_or("responseCode is no text")?;
    let message = body["responseMessage"].as_str().ok_or("responseMessage is no text")?;
    if !(1..=150).contains(&message.chars().count()) {
        return Err("the length of responseMessage");
    }
    if status == 200 && code == "00" {
        return Ok(());
    }
    let is_number = code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && code.starts_with(&status.to_string()) {
        Ok(())
    } else {
        Err("responseCode does not begin with the status")
    }
}

/// What is right about a till's message, and about a charge.
const MIDTRANS: [(&str, &str); 4] = [
    ("kind", r#""payment_type":"cstore""#),
    ("details", r#""transaction_details":{"order_id":"bad","gross_amount":50000}"#),
    ("store", r#""cstore":{"store":"alfamart"}"#),
    (
        "sale",
        r#""payment_code":"{code}","sale":"BAD","outlet":"T1","terminal":"1","sale_at":"{now}","retailer":"alfamart""#,
    ),
];

/// The good members of `POST /api/retail`.
const PLATFORM: [(&str, &str); 6] = [
    ("ref", r#""reference":"bad""#),
    ("phone", r#""phoneNumber":"082195395779""#),
    ("at", r#""channel":"alfamart""#),
    ("cash", r#""amount":50000"#),
    ("name", r#""viewName":"Mr. Gentur""#),
    ("callback", r#""additionalInfo":{"callback":"http://merchant.test/notify"}"#),
];

/// The good members of `POST /v1.0/retail/create` and of `POST /v1.0/retail/query`.
const AYOLINX: [(&str, &str); 7] = [
    ("ref", r#""partnerReferenceNo":"bad""#),
    ("until", r#""validUpTo":"{an hour from now}""#),
    ("who", r#""customerName":"Budi Santoso""#),
    ("mail", r#""customerEmail":"budi@example.com""#),
    ("cash", r#""amount":{"currency":"IDR","value":"50000.00"}"#),
    ("at", r#""additionalInfo":{"channel":"RETAIL_ALFAMART"}"#),
    ("original", r#""originalPartnerReferenceNo":"{order}""#),
];

/// `{Key}` is what the key's header is called, `{Their Key}` what the platform calls it under its other
/// name, `{key}` the merchant's, `{other key}` the other merchant's, `{their key}` the demo merchant's
/// under the other name; and so with tokens and signatures.
fn of_platform(merchant: &Project, other: &Project) -> Vec<(&'static str, String)> {
    let theirs = if merchant.names.key == cronos::CRONOS.key {
        Project::of_sengo()
    } else {
        Project::of_cronos()
    };
    let names = merchant.names;
    vec![
        ("Key", names.key.to_owned()),
        ("Token", names.token.to_owned()),
        ("Signature", names.signature.to_owned()),
        ("KEY", names.key.to_uppercase()),
        ("TOKEN", names.token.to_uppercase()),
        ("SIGNATURE", names.signature.to_uppercase()),
        ("Their Key", theirs.names.key.to_owned()),
        ("Their Token", theirs.names.token.to_owned()),
        ("Their Signature", theirs.names.signature.to_owned()),
        ("their signature", theirs.signature_of_get()),
        ("their key", theirs.key),
        ("their token", theirs.token),
        ("other key", other.key.clone()),
        ("other token", other.token.clone()),
        ("small key", merchant.key.to_lowercase()),
        ("key", merchant.key.clone()),
        ("token", merchant.token.clone()),
    ]
}
