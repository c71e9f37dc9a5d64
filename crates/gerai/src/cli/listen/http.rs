//! One request and its answer, each over a connection of its own.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use http::{
    HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// The most that is read of an answer's body, in bytes: a hundred notifications fit.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// Sends requests.
pub(super) struct Http {
    tls: TlsConnector,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Seconds, where the answer says so.
    pub(super) retry_after: Option<u64>,
    pub(super) body: BytesMut,
}

/// There was no answer, and why.
#[derive(Debug)]
pub(super) struct Unanswered(pub(super) String);

impl Http {
    /// Trusts the system's certification authorities and those of `ca_file`.
    pub(super) fn new(ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            let cannot = || format!("cannot read certificates from {}", path.display());
            for certificate in CertificateDer::pem_file_iter(path).with_context(cannot)? {
                roots.add(certificate.with_context(cannot)?).with_context(cannot)?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS cannot be used")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Asks for something.
    pub(super) async fn get(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        self.exchange(Method::GET, url, headers, Bytes::new(), limit).await
    }

    /// Sends something.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        body: String,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        self.exchange(Method::POST, url, headers, Bytes::from(body), limit).await
    }

    async fn exchange(
        &self,
        method: Method,
        url: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        let uri: Uri = url.parse().map_err(|_| Unanswered(format!("{url} is no URL")))?;
        let request = request(method, &uri, headers, body)?;
        match timeout(limit, self.send(&uri, request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Unanswered(format!("no answer within {} s", limit.as_secs()))),
        }
    }

    async fn send(&self, uri: &Uri, request: Request<Full<Bytes>>) -> Result<Answer, Unanswered> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await.map_err(|error| reasons(&error))?;
        stream.set_nodelay(true).map_err(|error| reasons(&error))?;
        if !is_tls {
            return converse(stream, request).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| reasons(&error))?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| reasons(&error))?;
        converse(stream, request).await
    }
}

fn request(
    method: Method,
    uri: &Uri,
    headers: Vec<(String, String)>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Unanswered> {
    let is_post = method == Method::POST;
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let host = uri.authority().map_or("", http::uri::Authority::as_str);
    let mut request = Request::builder().method(method).uri(path).header(HOST, host);
    if is_post {
        request = request.header(CONTENT_LENGTH, body.len());
    }
    let mut request = request.body(Full::new(body)).map_err(|error| reasons(&error))?;
    let mut has_agent = false;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| reasons(&error))?;
        let value = HeaderValue::from_str(&value).map_err(|error| reasons(&error))?;
        has_agent |= name == USER_AGENT;
        request.headers_mut().append(name, value);
    }
    if !has_agent && !is_post {
        let agent = HeaderValue::from_static(concat!("gerai/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, agent);
    }
    Ok(request)
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Unanswered> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| reasons(&error))?;
    let conversation = async {
        let response = sender.send_request(request).await.map_err(|error| reasons(&error))?;
        let (head, body) = response.into_parts();
        let retry_after =
            head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(body, ANSWER_MAX).collect().await;
        let body = body.map_err(|error| Unanswered(error.to_string()))?.to_bytes();
        Ok(Answer { status: head.status, retry_after, body: BytesMut::from(body) })
    };
    tokio::pin!(connection);
    tokio::pin!(conversation);
    // The connection has to be driven for the answer to come; its end alone is no answer.
    tokio::select! {
        answer = &mut conversation => answer,
        _ = &mut connection => conversation.await,
    }
}

/// An error with everything behind it, in one line.
fn reasons(error: &dyn Error) -> Unanswered {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    Unanswered(text)
}
