//! A merchant's server that does to each request what it is told: answers with a status and a
//! `Retry-After`, breaks the connection off, or never says anything.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    Status(u16),
    /// A status, with what its `Retry-After` says.
    Later(u16, &'static str),
    /// The connection breaks off without an answer.
    Reset,
    /// What is no HTTP.
    Garbage,
    /// No answer, and the connection stays.
    Silence,
}

/// News that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) order: String,
    pub(super) status: String,
    pub(super) body: String,
}

type Behaviour = Box<dyn FnMut(&Arrived) -> Reply + Send>;

struct State {
    arrived: Vec<Arrived>,
    behaviour: Behaviour,
}

/// The server.
#[derive(Clone)]
pub(super) struct Receiver {
    state: Arc<Mutex<State>>,
    heard: Arc<Notify>,
    pub(super) address: SocketAddr,
}

impl Receiver {
    pub(super) async fn start(behaviour: impl FnMut(&Arrived) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { arrived: Vec::new(), behaviour: Box::new(behaviour) };
        let receiver = Self {
            state: Arc::new(Mutex::new(state)),
            heard: Arc::new(Notify::new()),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = serving.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        receiver
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(super) fn behave(&self, behaviour: impl FnMut(&Arrived) -> Reply + Send + 'static) {
        self.state.lock().unwrap().behaviour = Box::new(behaviour);
    }

    pub(super) fn arrived(&self) -> Vec<Arrived> {
        self.state.lock().unwrap().arrived.clone()
    }

    /// What arrived since the last time it was asked.
    pub(super) fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.state.lock().unwrap().arrived)
    }

    /// Waits until so many have arrived of which this is true.
    pub(super) async fn heard(&self, count: usize, which: impl Fn(&Arrived) -> bool) {
        loop {
            let heard = self.heard.notified();
            if self.arrived().iter().filter(|one| which(one)).count() >= count {
                return;
            }
            heard.await;
        }
    }

    /// One request and what becomes of it; the connection is not kept.
    async fn serve(&self, mut stream: TcpStream) {
        let Some(body) = read(&mut stream).await else { return };
        let json: Value = serde_json::from_str(&body).unwrap();
        // Only Midtrans has these; other vendors' news is told apart by its bytes.
        let text = |member: &str| json[member].as_str().unwrap_or_default().to_owned();
        let arrived = Arrived { order: text("order_id"), status: text("transaction_status"), body };
        let reply = {
            let mut state = self.state.lock().unwrap();
            let reply = (state.behaviour)(&arrived);
            state.arrived.push(arrived);
            reply
        };
        self.heard.notify_waiters();
        self.heard.notify_one();
        let end = "content-length: 0\r\nconnection: close\r\n\r\n";
        let answer = match reply {
            // What Ayolinx' acknowledgement has to say (its contract, section 5).
            Reply::Status(status) => format!(
                "HTTP/1.1 {status} As told\r\nconnection: close\r\ncontent-length: 26\r\n\r\n{}",
                r#"{"responseCode":"2005600"}"#
            ),
            Reply::Later(status, after) => {
                format!("HTTP/1.1 {status} As told\r\nretry-after: {after}\r\n{end}")
            }
            Reply::Reset => return,
            Reply::Garbage => "\0\u{1}nothing that anybody knows\r\n\r\n".to_owned(),
            Reply::Silence => {
                // It stays open until the other side goes.
                let _ = stream.read(&mut [0; 1]).await;
                return;
            }
        };
        // Who does not wait for the answer has its own reasons.
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

/// The body of a request.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = std::str::from_utf8(&bytes).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(body.to_owned());
        }
    }
}
