//! Sending one notification: a POST, its redirects, and what came back, all within one deadline.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use dialect::{Answer, DeliveryTerms, Outgoing};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header::LOCATION,
};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    location::follow,
    reach::{Reach, Resolver},
    transcript::Transcript,
};
use crate::config::ConfigError;

/// The most that is read of an answer's body, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Idle connections that are kept to one endpoint.
const IDLE_MAX: usize = 16;

/// Sends notifications. Keeps connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    inner: legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    reach: Reach,
}

/// What became of an attempt.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// What came back in the end.
    outcome: Outcome,
    /// For people.
    pub(crate) text: String,
}

/// What came back in the end.
#[derive(Debug)]
enum Outcome {
    Answered(StatusCode, BytesMut),
    TimedOut,
    Unreachable,
}

impl Exchange {
    /// For the dialect.
    pub(crate) fn answer(&self) -> Answer<'_> {
        match &self.outcome {
            Outcome::Answered(status, body) => Answer::Status(status.as_u16(), body),
            Outcome::TimedOut => Answer::TimedOut,
            Outcome::Unreachable => Answer::Unreachable,
        }
    }

    /// The HTTP status, where there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Answered(status, _) => Some(status.as_u16()),
            Outcome::TimedOut | Outcome::Unreachable => None,
        }
    }
}

/// An answer to one request.
struct Hop {
    status: StatusCode,
    location: Option<String>,
    body: BytesMut,
}

impl Client {
    /// A client that connects to what `reach` allows, and trusts the system's certification
    /// authorities or those of `ca_file` instead.
    pub(crate) fn new(reach: Reach, ca_file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut connector = HttpConnector::new_with_resolver(Resolver(reach));
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(ca_file)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(IDLE_MAX)
            .http1_max_buf_size(ANSWER_MAX)
            .build(connector);
        Ok(Self { inner, reach })
    }

    /// Sends `outgoing` to `url` under the dialect's terms.
    pub(crate) async fn post(
        &self,
        url: &str,
        outgoing: Outgoing,
        terms: DeliveryTerms,
    ) -> Exchange {
        let mut transcript = Transcript::default();
        let timeout = Duration::from_millis(terms.timeout.as_millis().unsigned_abs());
        let hops = self.hops(url, outgoing, terms.redirects_max, &mut transcript);
        let outcome = if let Ok(outcome) = tokio::time::timeout(timeout, hops).await {
            outcome
        } else {
            transcript.remark("no whole answer in time");
            Outcome::TimedOut
        };
        Exchange { outcome, text: transcript.into_text() }
    }

    async fn hops(
        &self,
        url: &str,
        outgoing: Outgoing,
        redirects_max: u8,
        transcript: &mut Transcript,
    ) -> Outcome {
        let headers = headers(&outgoing);
        let body = Bytes::from(outgoing.body);
        let Ok(mut target) = url.parse::<Uri>() else {
            transcript.remark("this is no URL");
            return Outcome::Unreachable;
        };
        let mut redirects = 0;
        loop {
            let Hop { status, location, body: answered } =
                match self.hop(&target, &headers, &body, transcript).await {
                    Ok(answer) => answer,
                    Err(why) => {
                        transcript.remark(&why);
                        return Outcome::Unreachable;
                    }
                };
            let moved = status == StatusCode::TEMPORARY_REDIRECT
                || status == StatusCode::PERMANENT_REDIRECT;
            let next = location.filter(|_| moved).and_then(|place| follow(&target, &place));
            match next {
                Some(_) if redirects == redirects_max => {
                    transcript.remark("too many redirects");
                    return Outcome::Answered(status, answered);
                }
                Some(next) => {
                    redirects += 1;
                    target = next;
                }
                None => return Outcome::Answered(status, answered),
            }
        }
    }

    /// One request and its answer.
    async fn hop(
        &self,
        target: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
        transcript: &mut Transcript,
    ) -> Result<Hop, String> {
        transcript.sent(target, headers, body);
        let known = matches!(target.scheme_str(), Some("http" | "https"));
        let host = target.host().filter(|_| known).ok_or("neither an http nor an https URL")?;
        if !self.reach.allows_host(host) {
            return Err("notifications may not be sent to this address".to_owned());
        }
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.clone();
        *request.headers_mut() = headers.clone();

        let response = self.inner.request(request).await.map_err(|error| reasons(&error))?;
        let (head, body) = response.into_parts();
        transcript.answered(head.status, &head.headers);
        let body = read(body).await;
        transcript.answer_body(&body);
        let location = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        Ok(Hop { status: head.status, location: location.map(str::to_owned), body })
    }
}

/// The body, as far as it is read. Where it breaks off, the status counts all the same.
async fn read(mut body: Incoming) -> BytesMut {
    let mut read = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            let room = ANSWER_MAX.saturating_sub(read.len());
            read.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        }
        if read.len() >= ANSWER_MAX {
            break;
        }
    }
    read
}

/// What the dialect wants sent. A value that no header can hold is left out.
fn headers(outgoing: &Outgoing) -> HeaderMap {
    let pairs = outgoing.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    pairs.collect()
}

/// An error with everything behind it, in one line.
fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, ConfigError> {
    let failed = |why: &dyn std::fmt::Display| ConfigError::value("notification.ca_file", why);
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    let Some(path) = ca_file else {
        return Ok(match builder.clone().with_native_roots() {
            Ok(builder) => builder.with_no_client_auth(),
            Err(error) => {
                tracing::warn!(%error, "the system trusts no certification authority: \
                    notifications to https will fail");
                builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
            }
        });
    };
    let named = |why: String| failed(&format!("{}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| named(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| named(error.to_string()))?;
        roots.add(certificate).map_err(|error| named(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(named("it holds no certificate".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
