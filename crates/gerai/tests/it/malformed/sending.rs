//! A case's request as bytes, with everything that its sender adds.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    cast::{Cast, Dialect, Names, fill},
    table::{Request, Sender},
};
use crate::drive::{
    ayolinx::{self, Client},
    cronos::Project,
    merchant::{DEMO, basic},
    till::{self, Signed},
};

/// What a sender adds.
#[derive(Debug, Default)]
struct Seal {
    headers: Vec<(String, Vec<u8>)>,
    /// What the names of the signature stand for in headers that are given.
    names: Names,
    /// What the answer must be signed for.
    till: Option<Signed>,
}

/// A request of which only the seal is missing.
#[derive(Debug)]
struct Draft<'a> {
    request: &'a Request,
    target: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// The request as it is sent; with a till's signature, if it is one.
    pub(super) fn bytes(&self, cast: &Cast) -> (Vec<u8>, Option<Signed>) {
        let text = |name: &str| String::from_utf8(cast.fill(name.as_bytes())).unwrap();
        let draft = Draft {
            request: self,
            target: cast.fill(&self.target),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (text(name), cast.fill(value)))
                .collect(),
            body: self.body.as_deref().map(|body| cast.fill(body)),
        };
        let without: Vec<_> = self.without.iter().map(|name| text(name)).collect();
        let seal = draft.seal(cast);

        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, value: &[u8]| {
            let is_given = draft.given(name).is_some();
            let is_left_out = without.iter().any(|other| other.eq_ignore_ascii_case(name));
            if !is_given && !is_left_out {
                headers.push((name.to_owned(), value.to_vec()));
            }
        };
        add("Host", b"gerai.test");
        for (name, value) in &seal.headers {
            add(name, value);
        }
        if let Some(body) = &draft.body {
            add("Content-Type", b"application/json");
            if draft.given("Transfer-Encoding").is_none() {
                add("Content-Length", body.len().to_string().as_bytes());
            }
        }
        for (name, value) in &draft.headers {
            headers.push((name.clone(), fill(value, &seal.names)));
        }
        let mut bytes = [self.method.as_bytes(), b" ", &draft.target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in headers {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(draft.body());
        (bytes, seal.till)
    }
}

impl Draft<'_> {
    fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// A header that the case gives.
    fn given(&self, name: &str) -> Option<&[u8]> {
        let given = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        given.map(|(_, value)| value.as_slice())
    }

    fn seal(&self, cast: &Cast) -> Seal {
        let Request { sender, other_signs, .. } = *self.request;
        let is_other = sender == Sender::Other;
        match (sender, &cast.dialect) {
            (Sender::Nobody, _) => Seal::default(),
            (Sender::Till, _) => self.seal_of_till(),
            (Sender::Merchant, Dialect::Midtrans) => Seal {
                headers: vec![("Authorization".to_owned(), basic(DEMO).into_bytes())],
                ..Seal::default()
            },
            (Sender::Merchant | Sender::Other, Dialect::Platform { merchant, other }) => {
                let sender = if is_other { other } else { merchant };
                let signer = if other_signs { other } else { sender };
                self.seal_of_platform(cast, sender, signer)
            }
            (
                Sender::Merchant | Sender::Other,
                Dialect::Ayolinx { merchant, other, token, other_token },
            ) => {
                let (sender, token) =
                    if is_other { (other, other_token) } else { (merchant, token) };
                let signer = if other_signs { other } else { sender };
                self.seal_of_ayolinx(cast, sender, signer, token)
            }
            (Sender::Client, Dialect::Ayolinx { merchant, other, .. }) => {
                let signer = if other_signs { other } else { merchant };
                self.seal_of_client(cast, merchant, signer)
            }
            (sender, dialect) => panic!("nobody is {sender:?} among {dialect:?}"),
        }
    }

    fn seal_of_till(&self) -> Seal {
        let target = String::from_utf8_lossy(&self.target);
        let mut made = Signed::now(&self.request.method, &target, self.body());
        let given =
            |name: &str| self.given(name).map(|value| String::from_utf8_lossy(value).into_owned());
        if let Some(timestamp) = given("Gerai-Timestamp") {
            made.timestamp = timestamp;
        }
        if let Some(nonce) = given("Gerai-Nonce") {
            made.nonce = nonce;
        }
        let method = &self.request.method;
        made.signature =
            till::sign_request(method, &target, &made.timestamp, &made.nonce, self.body());
        let headers = made
            .headers()
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec();
        Seal { headers, till: Some(made), ..Seal::default() }
    }

    /// Key, token and signature: over the key and, but for a `GET`, the body as it is sent.
    fn seal_of_platform(&self, cast: &Cast, sender: &Project, signer: &Project) -> Seal {
        let is_get = self.request.method == "GET";
        let text = match &self.request.over {
            Some(over) => fill(&cast.fill(over), &vec![named("body", self.body())]),
            None if is_get => sender.key.clone().into_bytes(),
            None => [sender.key.as_bytes(), self.body()].concat(),
        };
        let signature = signer.sign(&text);
        let names = spellings(&signature);
        let headers = vec![
            (sender.names.key.to_owned(), sender.key.clone().into_bytes()),
            (sender.names.token.to_owned(), sender.token.clone().into_bytes()),
            (sender.names.signature.to_owned(), hex::encode(&signature).into_bytes()),
        ];
        Seal { headers, names, till: None }
    }

    /// S2 and what goes with it.
    fn seal_of_ayolinx(&self, cast: &Cast, sender: &Client, signer: &Client, token: &str) -> Seal {
        let timestamp = self.timestamp();
        let token = self
            .given("Authorization")
            .and_then(|value| value.strip_prefix(b"Bearer "))
            .map_or_else(|| token.as_bytes().to_vec(), <[u8]>::to_vec);
        let hash = hex::encode(digest(&SHA256, self.body()));
        let path = self.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let over: &[u8] = self
            .request
            .over
            .as_deref()
            .unwrap_or(b"{method}:{path}:{the token}:{hash}:{timestamp}");
        let parts = vec![
            named("method", self.request.method.as_bytes()),
            named("path", path),
            named("the token", &token),
            named("HASH", hash.to_uppercase().as_bytes()),
            named("hash", hash.as_bytes()),
            named("timestamp", &timestamp),
            named("body", self.body()),
        ];
        let signature = signer.sign(&fill(&cast.fill(over), &parts));
        let mut names = spellings(&signature);
        names.push(named("rsa", BASE64_STANDARD.encode(signer.sign_token(b"a")).as_bytes()));
        let headers = vec![
            ("X-TIMESTAMP".to_owned(), timestamp),
            ("X-PARTNER-ID".to_owned(), sender.key.clone().into_bytes()),
            ("X-EXTERNAL-ID".to_owned(), ayolinx::new_external_id().into_bytes()),
            ("X-SIGNATURE".to_owned(), BASE64_STANDARD.encode(&signature).into_bytes()),
            ("Authorization".to_owned(), [b"Bearer ", token.as_slice()].concat()),
        ];
        Seal { headers, names, till: None }
    }

    /// S1 and what goes with it.
    fn seal_of_client(&self, cast: &Cast, sender: &Client, signer: &Client) -> Seal {
        let timestamp = self.timestamp();
        let over: &[u8] = self.request.over.as_deref().unwrap_or(b"{the client}|{timestamp}");
        let client = self.given("X-CLIENT-KEY").unwrap_or(sender.key.as_bytes());
        let parts = vec![named("the client", client), named("timestamp", &timestamp)];
        let text = fill(&cast.fill(over), &parts);
        let signature = signer.sign_token(&text);
        let mut names = spellings(&signature);
        names.push(named("hmac", BASE64_STANDARD.encode(signer.sign(&text)).as_bytes()));
        let headers = vec![
            ("X-TIMESTAMP".to_owned(), timestamp),
            ("X-CLIENT-KEY".to_owned(), client.to_vec()),
            ("X-SIGNATURE".to_owned(), BASE64_STANDARD.encode(&signature).into_bytes()),
        ];
        Seal { headers, names, till: None }
    }

    fn timestamp(&self) -> Vec<u8> {
        self.given("X-TIMESTAMP").map_or_else(|| ayolinx::time(0).into_bytes(), <[u8]>::to_vec)
    }
}

/// How a signature can be written: `{hex}`, `{HEX}`, `{base64}`; `{short hex}` lacks its
/// last byte, `{short base64}` its last three.
fn spellings(signature: &[u8]) -> Names {
    let without = |count: usize| &signature[..signature.len() - count];
    let spelt = [
        ("hex", hex::encode(signature)),
        ("HEX", hex::encode_upper(signature)),
        ("base64", BASE64_STANDARD.encode(signature)),
        ("short hex", hex::encode(without(1))),
        ("short base64", BASE64_STANDARD.encode(without(3))),
    ];
    spelt.into_iter().map(|(name, text)| named(name, text.as_bytes())).collect()
}

fn named(name: &str, value: &[u8]) -> (String, Vec<u8>) {
    (format!("{{{name}}}"), value.to_vec())
}
