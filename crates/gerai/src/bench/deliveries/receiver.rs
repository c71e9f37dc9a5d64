//! Merchants' ends: one that answers at once, and ten thousand that never do.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use gateway::clock::Stopwatch;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

use super::super::load::{Latencies, latencies};

/// What stands before an order's number in a notification.
const BEFORE_NUMBER: &[u8] = br#""order_id":"order-"#;

/// Which orders wait to be told of, and how long the others took.
#[derive(Debug)]
pub(super) struct Board {
    stopwatch: Stopwatch,
    told: Notify,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// When each order was sent to the gateway.
    waiting: HashMap<usize, Duration>,
    latencies: Latencies,
    last_at: Duration,
    strangers: u64,
}

/// What a receiver heard since it was asked last.
#[derive(Debug)]
pub(super) struct Heard {
    /// From the request that opened a payment to the first attempt to tell of it.
    pub(super) latencies: Latencies,
    /// When the last came, on the board's own stopwatch.
    pub(super) last_at: Duration,
    /// What was told twice, or was never opened. The first is allowed, after a crash alone.
    pub(super) strangers: u64,
}

impl Board {
    fn new() -> anyhow::Result<Self> {
        let inner = Inner {
            waiting: HashMap::new(),
            latencies: latencies()?,
            last_at: Duration::ZERO,
            strangers: 0,
        };
        let stopwatch = Stopwatch::start();
        Ok(Self { stopwatch, told: Notify::new(), inner: Mutex::new(inner) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since the board was made.
    pub(super) fn elapsed(&self) -> Duration {
        self.stopwatch.elapsed()
    }

    /// This order is opened now.
    pub(super) fn expect(&self, number: usize) {
        let now = self.elapsed();
        self.lock().waiting.insert(number, now);
    }

    /// How many have not been told of yet.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    fn tell(&self, number: Option<usize>) {
        let now = self.elapsed();
        let mut inner = self.lock();
        inner.last_at = now;
        match number.and_then(|number| inner.waiting.remove(&number)) {
            Some(since) => {
                let took = now.saturating_sub(since).as_micros();
                let took = u64::try_from(took).unwrap_or(u64::MAX);
                inner.latencies.saturating_record(took);
            }
            None => inner.strangers += 1,
        }
        if inner.waiting.is_empty() {
            self.told.notify_waiters();
        }
    }

    /// Returns when all that was opened has been told of; an error when that takes too long.
    pub(super) async fn all_told(&self, limit: Duration) -> anyhow::Result<()> {
        let told = async {
            loop {
                let told = self.told.notified();
                if self.waiting() == 0 {
                    return;
                }
                told.await;
            }
        };
        tokio::time::timeout(limit, told)
            .await
            .map_err(|_| anyhow::anyhow!("{} payments were never told of", self.waiting()))
    }

    /// What was heard since this was asked last.
    pub(super) fn heard(&self) -> anyhow::Result<Heard> {
        let fresh = latencies()?;
        let mut inner = self.lock();
        let strangers = std::mem::take(&mut inner.strangers);
        let latencies = std::mem::replace(&mut inner.latencies, fresh);
        Ok(Heard { latencies, last_at: inner.last_at, strangers })
    }
}

/// A merchant's server; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Receiver {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// What it hears.
    pub(super) board: Arc<Board>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that answers at once.
    pub(super) async fn prompt() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let board = Arc::new(Board::new()?);
        let heard = Arc::clone(&board);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let board = Arc::clone(&heard);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&board)));
                    // A connection that breaks is the gateway's to notice.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { address, board, task })
    }

    /// One that takes connections to every address of this host and never says a word. Connections
    /// that nobody has room for wait in the kernel, as at a server that hangs.
    pub(super) async fn silent() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))
            .await
            .context("a server that hangs needs a port on every loopback address")?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, from)) = listener.accept().await {
                if from.ip().is_loopback() {
                    held.push(stream);
                }
            }
            // No more can be held: nobody is answered from here on either.
            std::future::pending::<()>().await;
            drop((held, listener));
        });
        Ok(Self { address, board: Arc::new(Board::new()?), task })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    request: Request<Incoming>,
    board: Arc<Board>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    board.tell(number(&body));
    Ok(Response::new(Full::new(Bytes::from_static(b"OK"))))
}

/// The number of the order that a notification names.
fn number(body: &[u8]) -> Option<usize> {
    let at = body.windows(BEFORE_NUMBER.len()).position(|window| window == BEFORE_NUMBER)?;
    let rest = body.get(at + BEFORE_NUMBER.len()..)?;
    str::from_utf8(rest.split(|byte| *byte == b'"').next()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_names_its_order() {
        let body = br#"{"a":1,"order_id":"order-0000000000000042","b":2}"#;
        assert_eq!(number(body), Some(42));
        assert_eq!(number(br#"{"order_id":"else"}"#), None);
        assert_eq!(number(b""), None);
    }

    #[tokio::test]
    async fn what_is_told_twice_or_of_nothing_is_a_stranger() {
        let board = Board::new().unwrap();
        board.expect(1);
        board.expect(2);
        board.tell(Some(1));
        board.tell(Some(1));
        board.tell(None);
        assert_eq!(board.waiting(), 1);
        assert!(board.all_told(Duration::from_millis(1)).await.is_err());
        board.tell(Some(2));
        board.all_told(Duration::from_secs(5)).await.unwrap();
        let heard = board.heard().unwrap();
        assert_eq!((heard.latencies.len(), heard.strangers), (2, 2));
        assert_eq!(board.heard().unwrap().latencies.len(), 0);
    }
}
