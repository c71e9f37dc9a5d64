//! What goes over the wire in an attempt, written down while it goes.

use std::net::SocketAddr;

use gateway::request::{Exchange, Hop, Phases};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header::LOCATION};
use tokio::time::Instant;

use super::client::{Connection, Request};

/// Bytes of an answer's body that are kept.
const BODY_KEPT: usize = 4 * 1024;

/// Bytes of headers that are kept, of a request and of its answer each.
const HEADERS_KEPT: usize = 4 * 1024;

/// What stands for a value that is not kept.
const MASK: &str = "[not kept]";

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Looking up a name.
    Name,
    /// Connecting.
    Connect,
    /// The handshake of TLS.
    Tls,
    /// From the request to the head of its answer.
    Answer,
    /// Reading the answer's body.
    Body,
}

impl Stage {
    /// What it was that took too long, to follow a sentence.
    pub(super) fn meanwhile(self) -> &'static str {
        match self {
            Self::Name => ": looking up the name",
            Self::Connect => ": connecting",
            Self::Tls => ": the handshake of TLS",
            Self::Answer => ": waiting for the answer to begin",
            Self::Body => ": reading the answer's body",
        }
    }
}

/// An attempt's record, redirects included. It is whole at any time, so that an attempt that is
/// broken off leaves what happened until then.
#[derive(Debug, Default)]
pub(super) struct Record {
    exchange: Exchange,
    /// What is being done, and since when.
    stage: Option<(Stage, Instant)>,
    /// When the last request began.
    begun_at: Option<Instant>,
}

impl Record {
    /// The record of something signed over `signed`.
    pub(super) fn of(signed: Option<String>) -> Self {
        Self { exchange: Exchange { signed, ..Exchange::default() }, ..Self::default() }
    }

    /// A request is to go out.
    pub(super) fn sent(&mut self, uri: &Uri, request: &Request) {
        self.begun_at = Some(Instant::now());
        self.exchange.hops.push(Hop {
            url: without_password(uri),
            method: (request.method != Method::POST).then(|| request.method.to_string()),
            request_headers: kept(&request.headers),
            request_body: String::from_utf8_lossy(&request.body).into_owned(),
            ..Hop::default()
        });
    }

    /// Something else is done from now on; what was done before took until now.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.close(true);
        self.stage = Some((stage, Instant::now()));
    }

    /// Nothing more is done for the last request.
    pub(super) fn leave(&mut self) {
        self.close(true);
        self.total();
    }

    /// What is being done.
    pub(super) fn stage(&self) -> Option<Stage> {
        self.stage.map(|(stage, _)| stage)
    }

    /// This address answers.
    pub(super) fn connected(&mut self, address: SocketAddr) {
        if let Some(hop) = self.exchange.hops.last_mut() {
            hop.address = Some(address.to_string());
        }
    }

    /// The request goes over this connection.
    pub(super) fn over(&mut self, connection: &Connection, is_reused: bool) {
        if let Some(hop) = self.exchange.hops.last_mut() {
            hop.address = Some(connection.address().to_string());
            hop.protocol = Some(connection.protocol().to_owned());
            hop.reused = is_reused;
        }
    }

    /// An answer begins.
    pub(super) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        if let Some(hop) = self.exchange.hops.last_mut() {
            hop.status = Some(status.as_u16());
            hop.answer_headers = kept(headers);
        }
    }

    /// The answer's body, as far as it was read; `is_cut` where there is more of it.
    pub(super) fn answer_body(&mut self, body: &[u8], is_cut: bool) {
        if let Some(hop) = self.exchange.hops.last_mut() {
            let kept = body.get(..BODY_KEPT).unwrap_or(body);
            hop.answer_body = String::from_utf8_lossy(kept).into_owned();
            hop.answer_cut = is_cut || kept.len() < body.len();
        }
    }

    /// What happened besides an answer.
    pub(super) fn remark(&mut self, text: impl Into<String>) {
        self.exchange.remark = Some(text.into());
    }

    /// What happened instead of an answer.
    pub(super) fn fail(&mut self, text: String) {
        self.close(false);
        self.total();
        self.remark(text);
    }

    /// Whether a redirect was followed.
    pub(super) fn is_onward(&self) -> bool {
        self.exchange.hops.len() > 1
    }

    /// As it is kept.
    pub(super) fn into_exchange(self) -> Exchange {
        self.exchange
    }

    /// Ends what is being done, and keeps how long it took. An answer that did not come has no first
    /// byte.
    fn close(&mut self, is_done: bool) {
        let Some((stage, since)) = self.stage.take() else { return };
        let Some(phases) = self.phases() else { return };
        let took = Some(micros(since));
        match stage {
            Stage::Name => phases.dns = took,
            Stage::Connect => phases.connect = took,
            Stage::Tls => phases.tls = took,
            Stage::Answer if is_done => phases.first_byte = took,
            Stage::Answer | Stage::Body => {}
        }
    }

    fn total(&mut self) {
        let total = self.begun_at.take().map(micros);
        if let (Some(phases), Some(total)) = (self.phases(), total) {
            phases.total = Some(total);
        }
    }

    fn phases(&mut self) -> Option<&mut Phases> {
        self.exchange.hops.last_mut().map(|hop| &mut hop.phases)
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Headers as they are kept: without secrets, and only the first of very many.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = HEADERS_KEPT;
    let mut kept = Vec::new();
    for (name, value) in headers {
        let value = if is_secret(name) {
            MASK.to_owned()
        } else if name == LOCATION && value.as_bytes().contains(&b'@') {
            // There may be a user and a password in it.
            let uri = Uri::try_from(value.as_bytes()).ok().filter(|uri| uri.authority().is_some());
            uri.map_or_else(|| MASK.to_owned(), |uri| without_password(&uri))
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let Some(left) = room.checked_sub(name.as_str().len().saturating_add(value.len())) else {
            kept.push(("...".to_owned(), "[there are more]".to_owned()));
            break;
        };
        room = left;
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}

/// Whether a header's value is a secret, ours or the merchant's.
pub(super) fn is_secret(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"]
        .iter()
        .any(|word| name.contains(word))
}

/// The URL without what stands before an `@`.
fn without_password(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept_and_nothing_grows_without_bounds() {
        let mut record = Record::of(Some("POST:/b:***".to_owned()));
        let uri: Uri = "http://name:password@a.example/b?c=d".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Basic c2VjcmV0".parse().unwrap());
        headers.insert("accept", "application/json".parse().unwrap());
        let body = "x".repeat(10_000);
        let sent = Request { method: Method::POST, headers, body: body.clone().into() };
        record.sent(&uri, &sent);

        let mut answer = HeaderMap::new();
        answer.insert("set-cookie", "session=hidden".parse().unwrap());
        for _ in 0..100 {
            answer.append("x-long", "y".repeat(1_000).parse().unwrap());
        }
        record.answered(StatusCode::OK, &answer);
        record.answer_body(&vec![b'z'; 100_000], false);
        let exchange = record.into_exchange();

        assert_eq!(exchange.signed.as_deref(), Some("POST:/b:***"));
        let [hop] = exchange.hops.as_slice() else { panic!("{exchange:?}") };
        assert_eq!(hop.url, "http://a.example/b?c=d");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sent = [pair("authorization", MASK), pair("accept", "application/json")];
        assert_eq!(hop.request_headers, sent);
        assert_eq!(hop.request_body, body, "what was sent is kept whole");
        assert_eq!(hop.status, Some(200));
        assert_eq!(hop.answer_headers[0], pair("set-cookie", MASK));
        assert_eq!(hop.answer_headers.len(), 6, "one and four, and that there are more");
        assert_eq!((hop.answer_body.len(), hop.answer_cut), (4_096, true));
        let text = format!("{exchange:?}");
        for secret in ["password", "c2VjcmV0", "hidden"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
