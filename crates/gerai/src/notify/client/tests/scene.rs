//! A network of the tests' own: it leads to wherever a test says, and remembers what it was asked.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, OnceLock},
};

use dialect::{DeliveryTerms, Outgoing};
use domain::time::Span;
use gateway::reach::Reach;
use rustls::ClientConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::TcpStream,
    sync::mpsc,
};

use super::super::{
    Client, Exchange,
    network::{Later, Network, Wire},
    trust,
};

/// Where a connection leads.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// To a listener of the test, whatever address was asked for.
    Listener(SocketAddr),
    /// To a server in memory, so that a clock that stands still counts every byte.
    Memory(mpsc::UnboundedSender<DuplexStream>),
    /// Nowhere.
    Refuses,
    /// Nowhere, and nobody says so.
    Hangs,
}

/// What a look-up gives.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Addresses(Vec<IpAddr>),
    Unknown,
    Hangs,
}

/// The network.
#[derive(Debug)]
pub(super) struct Net {
    /// The last is given again and again.
    answers: Mutex<VecDeque<Found>>,
    /// By address; the last is that of all others.
    ways: Vec<(Option<IpAddr>, Way)>,
    pub(super) looked_up: Mutex<Vec<String>>,
    pub(super) dialed: Mutex<Vec<SocketAddr>>,
}

impl Net {
    /// Every name has these addresses, and every address is there. But nobody answers for names that
    /// begin with `hangs`.
    pub(super) fn new(answers: impl IntoIterator<Item = Found>, way: Way) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ways: vec![(None, way)],
            looked_up: Mutex::default(),
            dialed: Mutex::default(),
        }
    }

    /// This address is elsewhere.
    pub(super) fn with(mut self, address: &str, way: Way) -> Self {
        self.ways.insert(0, (Some(address.parse().unwrap()), way));
        self
    }

    pub(super) fn dialed(&self) -> Vec<String> {
        self.dialed.lock().unwrap().iter().map(ToString::to_string).collect()
    }
}

impl Network for Net {
    fn look_up(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>> {
        self.looked_up.lock().unwrap().push(name.to_owned());
        if name.starts_with("hangs") {
            return Box::pin(std::future::pending());
        }
        let mut answers = self.answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move {
            match next.expect("nobody looks this up") {
                Found::Addresses(addresses) => Ok(addresses),
                Found::Unknown => Err(io::Error::other("no such name")),
                Found::Hangs => std::future::pending().await,
            }
        })
    }

    fn connect(&self, address: SocketAddr) -> Later<io::Result<Box<dyn Wire>>> {
        self.dialed.lock().unwrap().push(address);
        let found = self.ways.iter().find(|(ip, _)| ip.is_none_or(|ip| ip == address.ip()));
        let way = found.unwrap().1.clone();
        Box::pin(async move {
            match way {
                Way::Listener(listener) => {
                    Ok(Box::new(TcpStream::connect(listener).await?) as Box<dyn Wire>)
                }
                Way::Memory(server) => {
                    let (ours, theirs) = tokio::io::duplex(1 << 20);
                    server.send(theirs).map_err(io::Error::other)?;
                    Ok(Box::new(ours) as Box<dyn Wire>)
                }
                Way::Refuses => Err(io::ErrorKind::ConnectionRefused.into()),
                Way::Hangs => std::future::pending().await,
            }
        })
    }
}

/// A production client over `net`.
pub(super) fn production(net: &Arc<Net>) -> Client {
    client(net, Reach::default())
}

/// A client over `net` that trusts the system's authorities, which are read once.
pub(super) fn client(net: &Arc<Net>, reach: Reach) -> Client {
    static TLS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let tls = TLS.get_or_init(|| trust::tls(None).unwrap());
    let net: Arc<dyn Network> = Arc::<Net>::clone(net);
    Client::over(net, reach, Arc::clone(tls))
}

pub(super) fn ips(texts: &str) -> Found {
    let ips = texts.split(',').map(str::trim).filter(|text| !text.is_empty());
    Found::Addresses(ips.map(|ip| ip.parse().unwrap()).collect())
}

pub(super) fn outgoing() -> Outgoing {
    let headers =
        vec![("x-test", "yes".to_owned()), ("authorization", "Basic c2VjcmV0".to_owned())];
    Outgoing { headers, body: b"{}".to_vec(), signed: None }
}

/// One attempt of fifteen seconds.
pub(super) async fn post(client: &Client, url: &str) -> Exchange {
    let terms = DeliveryTerms { timeout: Span::seconds(15), redirects_max: 5 };
    client.post(url, outgoing(), terms).await
}

pub(super) fn remark(exchange: &Exchange) -> &str {
    exchange.record.remark.as_deref().unwrap_or_default()
}

/// Reads one request, head and body; nothing when the other side is gone.
pub(super) async fn read_request(wire: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<String> {
    let mut read = Vec::new();
    loop {
        // Every request of these tests has the same body.
        if read.ends_with(b"\r\n\r\n{}") {
            return Some(String::from_utf8(read).unwrap());
        }
        let mut byte = [0];
        if wire.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        read.extend_from_slice(&byte);
    }
}

/// Writes, whether or not anybody is there to read.
pub(super) async fn write(wire: &mut (impl tokio::io::AsyncWrite + Unpin), text: &str) -> bool {
    wire.write_all(text.as_bytes()).await.is_ok() && wire.flush().await.is_ok()
}

/// A whole answer with these headers, each with its line end.
pub(super) fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 5\r\n{headers}\r\nnoted")
}
