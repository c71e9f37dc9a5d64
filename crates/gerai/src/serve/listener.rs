//! Accepting connections: so many at a time, each with a deadline for every head, and none cut off
//! while it is being answered.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::bail;
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use intake::Peer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::{peer::Proxies, stop::Stop};

/// The most that is read of a head before a request is refused, in bytes.
const HEAD_MAX: usize = 64 * 1024;

/// What stands behind a listening socket.
#[derive(Clone)]
pub(crate) struct Door {
    /// What answers.
    pub(crate) router: Router,
    /// Whose word about callers is believed.
    pub(crate) proxies: Arc<Proxies>,
    /// TLS, where it is spoken here.
    pub(crate) tls: Option<TlsAcceptor>,
    /// How long a head, and a TLS handshake, may take.
    pub(crate) header_timeout: Duration,
    /// Connections at a time.
    pub(crate) connections_max: usize,
    /// How long requests in flight may go on at the end.
    pub(crate) shutdown_timeout: Duration,
    /// Its name in metrics.
    pub(crate) name: &'static str,
}

/// Takes an address, or says in a sentence why not.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("cannot listen on {address}: the port is in use")
        }
        Err(error) => bail!("cannot listen on {address}: {error}"),
    }
}

/// The same, where there is one to take.
pub(crate) async fn bind_some(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    match address {
        Some(address) => bind(address).await.map(Some),
        None => Ok(None),
    }
}

/// Accepts until it is time to stop, then waits for what is in flight.
pub(crate) async fn accept(listener: TcpListener, door: Door, stop: Stop) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(door.connections_max));
    let open = metrics::gauge!("gerai_connections_open", "listener" => door.name);
    let (grace, connections_max) = (door.shutdown_timeout, door.connections_max);
    let door = Arc::new(door);
    loop {
        let accepted = tokio::select! {
            () = stop.asked() => break,
            accepted = next(&listener, &room) => accepted,
        };
        count(&open, connections_max, &room);
        match accepted {
            Ok((stream, from, permit)) => {
                let (door, open, room) = (Arc::clone(&door), open.clone(), Arc::clone(&room));
                let watcher = graceful.watcher();
                tokio::spawn(async move {
                    connection(&door, stream, from.ip(), watcher).await;
                    drop(permit);
                    count(&open, connections_max, &room);
                });
            }
            // The caller hung up before it was its turn; and a full table of files needs a moment.
            Err(error) if is_callers_fault(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(listener = door.name, "requests were still in flight and are cut off");
    }
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, from) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, from, permit))
}

#[expect(clippy::cast_precision_loss, reason = "a gauge")]
fn count(open: &metrics::Gauge, connections_max: usize, room: &Semaphore) {
    open.set(connections_max.saturating_sub(room.available_permits()) as f64);
}

fn is_callers_fault(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionReset | E::ConnectionAborted | E::InvalidInput)
}

async fn connection(door: &Door, stream: TcpStream, from: IpAddr, watcher: Watcher) {
    let Some(tls) = &door.tls else {
        return speak(door, stream, from, watcher).await;
    };
    match tokio::time::timeout(door.header_timeout, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(door, stream, from, watcher).await,
        Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS handshake"),
        Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
    }
}

async fn speak<S>(door: &Door, stream: S, from: IpAddr, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let answer = service_fn(move |mut request: http::Request<Incoming>| {
        let peer = Peer(door.proxies.caller(from, request.headers()));
        request.extensions_mut().insert(peer);
        let router = door.router.clone();
        async move { Ok::<_, Infallible>(never_fails(router.oneshot(request.map(Body::new)).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(door.header_timeout)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), answer);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%from, %error, "a connection ended early");
    }
}

fn never_fails<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
