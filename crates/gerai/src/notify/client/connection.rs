//! An open connection over which requests are sent.

use std::{
    error::Error as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use gateway::reach::Target;
use http::{HeaderValue, Request, Response, Uri, header::HOST};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::AbortHandle,
    time::Instant,
};

use super::{ANSWER_MAX, Request as Asked, trouble::Trouble};

/// How often a connection that carries several requests is asked whether it is alive, and how long it
/// may take to answer.
const PING_EVERY: Duration = Duration::from_secs(10);
const PONG_MAX: Duration = Duration::from_secs(5);

/// Bytes of an answer's headers.
const HEAD_MAX: u32 = 32 * 1024;

type Body = Full<Bytes>;

/// The right to send one request over a line.
#[derive(Debug)]
pub(in crate::notify) struct Connection {
    sender: Sender,
    line: Arc<Line>,
    /// A request is out whose answer was not read to its end.
    is_busy: bool,
}

#[derive(Debug)]
enum Sender {
    /// HTTP/1.1: one at a time.
    One(http1::SendRequest<Body>),
    /// HTTP/2: many.
    Many(http2::SendRequest<Body>),
}

/// What those who share a connection share. It is closed when the last of them is gone.
#[derive(Debug)]
struct Line {
    address: SocketAddr,
    opened_at: Instant,
    driver: AbortHandle,
    /// Something was wrong with it: nothing more is sent over it.
    is_doomed: AtomicBool,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct Unanswered {
    /// Why.
    pub(super) error: hyper::Error,
    /// The other side has certainly not begun to read it, so that it can be sent again.
    pub(super) is_untouched: bool,
}

/// What HTTP/2 says of a request that was not looked at (RFC 9113, 6.8 and 8.7): a server that is
/// going down says so, and which requests it still answers.
fn is_untouched(error: &hyper::Error) -> bool {
    let told = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    told.is_some_and(|told| {
        let reason = told.reason();
        told.is_remote()
            && (told.is_go_away() && reason == Some(h2::Reason::NO_ERROR)
                || told.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM))
    })
}

impl Connection {
    /// HTTP/1.1 over `wire`.
    pub(super) async fn plain(
        wire: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        address: SocketAddr,
    ) -> Result<Self, Trouble> {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(ANSWER_MAX);
        let (mut sender, driver) =
            builder.handshake(TokioIo::new(wire)).await.map_err(Trouble::Http)?;
        let line = Line::new(address, driver);
        sender.ready().await.map_err(|_| Trouble::Hung)?;
        Ok(Self { sender: Sender::One(sender), line, is_busy: false })
    }

    /// HTTP/2 over `wire`.
    pub(super) async fn multiplexed(
        wire: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        address: SocketAddr,
    ) -> Result<Self, Trouble> {
        let window = u32::try_from(ANSWER_MAX).unwrap_or(u32::MAX);
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_stream_window_size(window)
            .max_header_list_size(HEAD_MAX)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_MAX);
        let (mut sender, driver) =
            builder.handshake(TokioIo::new(wire)).await.map_err(Trouble::Http)?;
        let line = Line::new(address, driver);
        sender.ready().await.map_err(|_| Trouble::Hung)?;
        Ok(Self { sender: Sender::Many(sender), line, is_busy: false })
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        target: &Target,
        asked: &Asked,
    ) -> Result<Response<Incoming>, Unanswered> {
        let mut request = Request::new(Full::new(asked.body.clone()));
        *request.method_mut() = asked.method.clone();
        *request.headers_mut() = asked.headers.clone();
        self.is_busy = true;
        let sent = match &mut self.sender {
            Sender::One(sender) => {
                let (path, host) = in_two(&target.uri);
                *request.uri_mut() = path;
                if let Some(host) = host {
                    request.headers_mut().insert(HOST, host);
                }
                sender.try_send_request(request).await
            }
            Sender::Many(sender) => {
                *request.uri_mut() = target.uri.clone();
                sender.try_send_request(request).await
            }
        };
        sent.map_err(|mut failed: TrySendError<Request<Body>>| {
            let is_unsent = failed.take_message().is_some();
            let error = failed.into_error();
            Unanswered { is_untouched: is_unsent || is_untouched(&error), error }
        })
    }

    /// The answer was read as far as it is wanted. What shares a connection goes on.
    pub(super) fn finish(mut self) {
        self.is_busy = false;
    }

    /// The answer was read to its end, so that the connection can be kept. Where it is shared, what is
    /// kept is another right to it.
    pub(super) fn free(&mut self) {
        self.is_busy = false;
    }

    /// Another right to the same connection, where it can be shared.
    pub(super) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::One(_) => None,
            Sender::Many(sender) => Some(Self {
                sender: Sender::Many(sender.clone()),
                line: Arc::clone(&self.line),
                is_busy: false,
            }),
        }
    }

    /// Whether it carries several requests at a time.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.sender, Sender::Many(_))
    }

    /// Whether nothing can be sent over it any more.
    pub(super) fn is_closed(&self) -> bool {
        let is_closed = match &self.sender {
            Sender::One(sender) => sender.is_closed(),
            Sender::Many(sender) => sender.is_closed(),
        };
        is_closed || self.line.is_doomed.load(Ordering::Relaxed)
    }

    /// Whether a request can be sent over it now.
    pub(super) fn is_ready(&self) -> bool {
        match &self.sender {
            Sender::One(sender) => sender.is_ready(),
            Sender::Many(sender) => sender.is_ready(),
        }
    }

    /// How long ago it was opened.
    pub(super) fn age(&self) -> Duration {
        self.line.opened_at.elapsed()
    }

    /// Whom it leads to.
    pub(in crate::notify) fn address(&self) -> SocketAddr {
        self.line.address
    }

    /// What is spoken over it.
    pub(in crate::notify) fn protocol(&self) -> &'static str {
        match &self.sender {
            Sender::One(_) => "HTTP/1.1",
            Sender::Many(_) => "HTTP/2.0",
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_busy {
            // A deadline passed, or it broke. Others that wait on it go on; nobody new joins them.
            self.line.is_doomed.store(true, Ordering::Relaxed);
        }
    }
}

impl Line {
    fn new<D>(address: SocketAddr, driver: D) -> Arc<Self>
    where
        D: Future<Output = Result<(), hyper::Error>> + Send + 'static,
    {
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer is told the same error.
            if let Err(error) = driver.await {
                tracing::trace!(%error, "a connection to a merchant broke");
            }
        });
        Arc::new(Self {
            address,
            opened_at: Instant::now(),
            driver: driver.abort_handle(),
            is_doomed: AtomicBool::new(false),
        })
    }
}

/// A URL as HTTP/1.1 has it: the path in its first line, and the host in a header.
fn in_two(uri: &Uri) -> (Uri, Option<HeaderValue>) {
    let path = uri.path_and_query().map(|path| Uri::from(path.clone())).unwrap_or_default();
    let host = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    (path, host)
}
