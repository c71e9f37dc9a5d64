//! What was sent and what came back, written down for people.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, StatusCode, Uri};

/// Bytes of an answer's body that are kept.
const BODY_KEPT: usize = 4 * 1024;

/// Bytes of an answer's headers that are kept.
const HEADERS_KEPT: usize = 4 * 1024;

/// The text of an exchange, redirects included.
#[derive(Debug, Default)]
pub(super) struct Transcript(String);

impl Transcript {
    /// A request goes out.
    pub(super) fn sent(&mut self, uri: &Uri, headers: &HeaderMap, body: &[u8]) {
        self.line(&format!("POST {}", without_password(uri)));
        self.headers(headers);
        self.body(body, body.len());
    }

    /// An answer begins.
    pub(super) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.line(&status.to_string());
        self.headers(headers);
    }

    /// The answer's body, as far as it was read.
    pub(super) fn body(&mut self, body: &[u8], kept_max: usize) {
        let kept = body.get(..kept_max.min(body.len())).unwrap_or_default();
        self.0.push('\n');
        self.0.push_str(&String::from_utf8_lossy(kept));
        if kept.len() < body.len() {
            self.0.push_str(" [...]");
        }
        self.0.push_str("\n\n");
    }

    /// The answer's body, cut to what is kept.
    pub(super) fn answer_body(&mut self, body: &[u8]) {
        self.body(body, BODY_KEPT);
    }

    /// What happened instead.
    pub(super) fn remark(&mut self, text: &str) {
        self.line(&format!("-- {text}"));
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn headers(&mut self, headers: &HeaderMap) {
        let end = self.0.len() + HEADERS_KEPT;
        for (name, value) in headers {
            let value = if is_secret(name) {
                "[not kept]".into()
            } else {
                String::from_utf8_lossy(value.as_bytes())
            };
            if self.0.len() + name.as_str().len() + value.len() > end {
                self.line("[...]");
                return;
            }
            // Writing to a string does not fail.
            let _ = writeln!(self.0, "{name}: {value}");
        }
    }
}

/// Whether a header's value is a secret, ours or the merchant's.
fn is_secret(name: &HeaderName) -> bool {
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
        let mut transcript = Transcript::default();
        let uri: Uri = "http://name:password@a.example/b?c=d".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Basic c2VjcmV0".parse().unwrap());
        headers.insert("accept", "application/json".parse().unwrap());
        transcript.sent(&uri, &headers, b"{}");

        let mut answer = HeaderMap::new();
        answer.insert("set-cookie", "session=hidden".parse().unwrap());
        for _ in 0..100 {
            answer.append("x-long", "y".repeat(1_000).parse().unwrap());
        }
        transcript.answered(StatusCode::OK, &answer);
        transcript.answer_body(&vec![b'z'; 100_000]);
        let text = transcript.into_text();

        let request = "POST http://a.example/b?c=d\n\
                       authorization: [not kept]\naccept: application/json\n\n{}\n\n200 OK\n";
        assert!(text.starts_with(request), "{text}");
        for secret in ["password", "c2VjcmV0", "hidden"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.len() < 10_000, "{}", text.len());
        assert!(text.contains("zzz [...]"));
    }
}
