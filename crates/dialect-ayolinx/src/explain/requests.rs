//! S2: the signature of everything but token requests.

use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{
    Encoding, Explained, Fits, Hash, KeyBytes, Reading, Text, Trial, decodings, hashes,
    keys_taken_for, recipes,
};
use gateway::directory::{Account, Secret};
use http::header::HOST;

use super::{Seen, bearer, conclude, given, times, tokens};
use crate::{
    BRAND, CLIENT_SECRET,
    endpoint::{Endpoint, METHOD},
    headers::{self, EXTERNAL_ID, PARTNER_ID, SIGNATURE, TIMESTAMP},
    minify::minify,
    signature::{hash, sign_text},
};

/// How requests are signed, in words.
const SCHEME: &str = "X-SIGNATURE is the base64 of HMAC-SHA512 under the client secret, over METHOD, path, \
                      token, the body's SHA-256 in small hexadecimal digits and X-TIMESTAMP, with `:` \
                      between them";

pub(super) fn explain(explained: Explained, seen: &Seen<'_>) -> Option<Explained> {
    let mut explained = given(seen.with_parts(explained), seen);
    explained.scheme = SCHEME;
    for name in [TIMESTAMP, SIGNATURE, PARTNER_ID, EXTERNAL_ID] {
        if let Err(why) = seen.one(name) {
            return Some(explained.saying(why));
        }
    }
    let (timestamp, partner) = (seen.one(TIMESTAMP).ok()?, seen.one(PARTNER_ID).ok()?);
    let signature = seen.one(SIGNATURE).ok()?;
    let external = seen.one(EXTERNAL_ID).ok()?;
    let claimed = seen.directory.account_by_public_id(BRAND, partner);
    explained.who = claimed.map(|account| account.public_id.clone());
    explained.findings.extend(times::finding(timestamp, seen.now, claimed.map(AsRef::as_ref)));
    if headers::check_external_id(external).is_err() {
        let why = "X-EXTERNAL-ID has more than 36 characters, or blanks among them";
        return Some(explained.saying(why));
    }
    if let Err(why) = bearer::check(seen) {
        return Some(explained.saying(why));
    }
    let holder = seen.request.fixed.or(seen.request.token.map(|(holder, _)| holder));
    let holder = holder.and_then(|no| seen.directory.account(no))?;
    if holder.public_id != partner {
        return Some(explained.saying(match claimed {
            Some(_) => format!(
                "X-PARTNER-ID says {partner}, and the token is that of {}",
                holder.public_id
            ),
            None => seen.unknown(partner, PARTNER_ID),
        }));
    }
    let token = headers::bearer(seen.headers()).unwrap_or_default();
    let parts = Sent { seen, account: holder, token, timestamp, signature };
    parts.explain(explained)
}

/// The parts of a request that was signed, rightly or wrongly.
struct Sent<'a> {
    seen: &'a Seen<'a>,
    account: &'a Account,
    token: &'a str,
    timestamp: &'a str,
    signature: &'a str,
}

impl Sent<'_> {
    fn explain(&self, mut explained: Explained) -> Option<Explained> {
        let now = self.seen.now;
        let body = self.seen.request.body;
        let path = self.seen.request.endpoint.path();
        let text = Text::default()
            .part("method", METHOD)
            .glue(":")
            .part("path", path)
            .glue(":")
            .secret("token", self.token)
            .glue(":")
            .part("body's SHA-256", hash(body))
            .glue(":")
            .part("timestamp", self.timestamp);
        let secrets: Vec<Secret> = self.account.live_keys(CLIENT_SECRET, now).cloned().collect();
        let whole = String::from_utf8_lossy(&text.bytes()).into_owned();
        explained.expected = secrets.first().map(|secret| sign_text(secret.expose(), &whole));
        explained.signed = Some(text);
        let decoded = decodings(self.signature, Encoding::Base64, Hash::makes);
        let own = decoded.clone();
        explained.fits = Some(Fits::new(move |text| {
            let text = String::from_utf8_lossy(text);
            secrets.iter().any(|secret| {
                let made = STANDARD.decode(sign_text(secret.expose(), &text)).unwrap_or_default();
                own.iter().any(|one| one.value == made)
            })
        }));
        if decoded.is_empty() {
            let why = tokens::asymmetric(self.seen, self.account, self.signature, &whole)
                .unwrap_or_else(|| {
                    format!(
                        "X-SIGNATURE has {} characters and is in no encoding that we know; the base64 \
                         of 64 bytes has 88",
                        self.signature.chars().count()
                    )
                });
            return Some(explained.saying(why));
        }
        let outcome = Trial::default()
            .part(orders(&self.account.public_id))
            .part(methods())
            .part(self.paths())
            .part(self.tokens())
            .part(hashes(&[body, &minify(body)]))
            .part(times::readings(self.timestamp))
            .part(self.keys())
            .run_keyed(&decoded, recipes(Hash::Sha512), whole.len(), compose);
        conclude(
            explained,
            outcome,
            "the body, the path, the token or the client secret is another than you signed with: nothing \
             that is usual comes to this signature. Compare your text with the one below, byte for byte",
        )
    }

    fn keys(&self) -> Vec<Reading<KeyBytes>> {
        keys_taken_for(self.seen.directory, self.account, CLIENT_SECRET, self.seen.now)
    }

    fn paths(&self) -> Vec<Reading<String>> {
        let uri = &self.seen.request.head.uri;
        let path = self.seen.request.endpoint.path();
        let host = self.seen.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or("localhost");
        let mut found = vec![Reading::plain(path.to_owned())];
        let mut add = |value: String, how: &str| {
            if found.iter().all(|known| known.value != value) {
                found.push(Reading::other(
                    value,
                    format!("you signed the path {how}; it is {path}"),
                ));
            }
        };
        if let Some(query) = uri.query() {
            add(format!("{path}?{query}"), "with the query");
        }
        for scheme in ["https", "http"] {
            add(format!("{scheme}://{host}{path}"), "with the host in front");
        }
        add(format!("{host}{path}"), "with the host in front");
        add(format!("{path}/"), "with a slash behind it");
        add(path.trim_start_matches('/').to_owned(), "without the slash in front");
        let short = path.strip_prefix("/v1.0").unwrap_or(path);
        add(short.to_owned(), "without `/v1.0`");
        for prefix in ["/snap", "/api", "/openapi"] {
            add(format!("{prefix}{path}"), &format!("with `{prefix}` in front"));
        }
        add(path.replace('/', "%2F"), "with `%2F` for its slashes");
        add(path.to_lowercase(), "in small letters");
        for other in [Endpoint::Token, Endpoint::Create, Endpoint::Query] {
            add(other.path().to_owned(), "of another endpoint");
        }
        add("/v1.0/debit/payment-host-to-host".to_owned(), "of the documentation's example");
        add(String::new(), "as an empty text");
        found
    }

    fn tokens(&self) -> Vec<Reading<String>> {
        let other = |value: String, why: &str| Reading::other(value, why);
        vec![
            Reading::plain(self.token.to_owned()),
            other(format!("Bearer {}", self.token), "you signed the token with `Bearer` in front"),
            other(String::new(), "you signed without the token"),
            other(self.token.to_uppercase(), "you signed the token in capitals"),
            other(
                self.account.public_id.clone(),
                "you signed the client key in place of the token",
            ),
        ]
    }
}

fn methods() -> Vec<Reading<&'static str>> {
    vec![
        Reading::plain(METHOD),
        Reading::other("post", "you signed the method in small letters; it is POST"),
        Reading::other("Post", "you signed the method in small letters; it is POST"),
        Reading::other("GET", "you signed GET as the method; it is POST"),
        Reading::other("", "you signed without the method"),
    ]
}

/// How the parts are put together: a letter for each, and what stands between them. M is the method, P
/// the path, T the token, H the body's hash, S the time.
fn orders(client_key: &str) -> Vec<Reading<String>> {
    let other = |order: &str, why: &str| Reading::other(order.to_owned(), why);
    vec![
        Reading::plain("M:P:T:H:S".to_owned()),
        other("M|P|T|H|S", "you put `|` between the parts; `:` is expected"),
        other("M\nP\nT\nH\nS", "you put line ends between the parts; `:` is expected"),
        other("MPTHS", "you put nothing between the parts; `:` is expected"),
        other("M:P:T:H:S\n", "you signed a line end behind the text"),
        other("M:P:H:S", "you left the token out, as the text of a notification does"),
        other("M:P:T:S:H", "you signed the time in front of the body's hash; it comes last"),
        other("M:P:T:H", "you signed without the time"),
        other("M:P:T:S", "you signed without the body's hash"),
        other("P:T:H:S", "you signed without the method"),
        // Client keys have no capitals of the letters that stand for parts, but may have others.
        Reading::other(
            format!("={client_key}|"),
            "you signed client key and time, which is the text of a token request",
        ),
    ]
}

fn compose(parts: &[&[u8]]) -> Vec<u8> {
    let [order, method, path, token, hash, at] = parts else { return Vec::new() };
    if let Some(front) = order.strip_prefix(b"=") {
        return [front, at].concat();
    }
    let mut text = Vec::new();
    for letter in *order {
        match letter {
            b'M' => text.extend_from_slice(method),
            b'P' => text.extend_from_slice(path),
            b'T' => text.extend_from_slice(token),
            b'H' => text.extend_from_slice(hash),
            b'S' => text.extend_from_slice(at),
            between => text.push(*between),
        }
    }
    text
}
