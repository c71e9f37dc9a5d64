//! One request and its answer, each over a connection of its own.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use bytes::{Bytes, BytesMut};
use http::{
    HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, HOST, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, crypto::aws_lc_rs::default_provider, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::notify::{trouble, trust};

/// The most that is read of an answer's body, in bytes: a hundred notifications fit.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// Sends requests.
pub(in crate::cli) struct Http {
    tls: TlsConnector,
}

/// An answer.
pub(in crate::cli) struct Answer {
    pub(in crate::cli) status: StatusCode,
    /// Seconds, where the answer says so.
    pub(in crate::cli) retry_after: Option<u64>,
    pub(in crate::cli) body: BytesMut,
}

/// There was no answer, and why.
#[derive(Debug)]
pub(in crate::cli) struct Unanswered(pub(in crate::cli) String);

impl Http {
    /// Trusts the system's certification authorities and those of `ca_file`.
    pub(in crate::cli) fn new(ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let roots = trust::roots(ca_file).map_err(|why| anyhow!("--ca-file {why}"))?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .context("TLS cannot be used")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Asks for something.
    pub(in crate::cli) async fn get(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        self.exchange(Method::GET, url, headers, Bytes::new(), limit).await
    }

    /// Sends something.
    pub(in crate::cli) async fn post(
        &self,
        url: &str,
        headers: Vec<(String, String)>,
        body: String,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        self.exchange(Method::POST, url, headers, Bytes::from(body), limit).await
    }

    /// Asks for whatever it is.
    pub(in crate::cli) async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: Vec<(String, String)>,
        body: String,
        limit: Duration,
    ) -> Result<Answer, Unanswered> {
        self.exchange(method, url, headers, Bytes::from(body), limit).await
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
        let connecting =
            |error| Unanswered(trouble::connecting(format_args!("{host}:{port}"), &error));
        let stream = TcpStream::connect((host, port)).await.map_err(connecting)?;
        stream.set_nodelay(true).map_err(connecting)?;
        if !is_tls {
            return converse(stream, request).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| reasons(&error))?;
        let shaken = self.tls.connect(name, stream).await;
        let stream = shaken.map_err(|error| Unanswered(trouble::tls(&error)))?;
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
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| unanswered(&error))?;
    let conversation = async {
        let response = sender.send_request(request).await.map_err(|error| unanswered(&error))?;
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

fn unanswered(error: &hyper::Error) -> Unanswered {
    Unanswered(trouble::http(error))
}

fn reasons(error: &dyn std::error::Error) -> Unanswered {
    Unanswered(trouble::reasons(error))
}
