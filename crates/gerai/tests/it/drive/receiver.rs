//! A merchant's notification endpoint on localhost.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::Value;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A notification as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The path it was sent to.
    pub(crate) path: String,
    /// Names in lower case, with values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The status it was answered with; none where it got no answer.
    pub(crate) answered: Option<u16>,
}

impl Arrival {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether it was answered with 2xx.
    pub(crate) fn is_accepted(&self) -> bool {
        self.answered.is_some_and(|status| (200..300).contains(&status))
    }

    /// A header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What an arrival is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// This status.
    Status(u16),
    /// This status, pointing somewhere.
    Redirect(u16, String),
    /// Nothing until the receiver's manners change, or for a long time; then it hangs up.
    Silence,
    /// Nothing: it hangs up at once.
    HangUp,
}

/// Decides about an arrival; `before` are those that came earlier.
type Manners = dyn Fn(&Arrival, &[Arrival]) -> Reply + Send;

struct State {
    arrivals: Vec<Arrival>,
    manners: Box<Manners>,
    /// Counts changes of the manners, so that those who are kept waiting notice.
    changes: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// A receiver that listens until the test ends.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Receiver {
    /// One that accepts everything.
    pub(crate) fn new() -> Self {
        Self::with(|_, _| Reply::Status(200))
    }

    /// One with manners of its own.
    pub(crate) fn with(manners: impl Fn(&Arrival, &[Arrival]) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { arrivals: Vec::new(), manners: Box::new(manners), changes: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                std::thread::spawn(move || converse(&server, stream));
            }
        });
        Self { shared, address }
    }

    /// A URL here.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on it behaves so; whoever waits for an answer gets one accordingly.
    pub(crate) fn behave(&self, manners: impl Fn(&Arrival, &[Arrival]) -> Reply + Send + 'static) {
        let mut state = self.shared.state();
        state.manners = Box::new(manners);
        state.changes += 1;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// What has arrived so far.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.shared.state().arrivals.clone()
    }

    /// Waits until `enough` holds of what has arrived, and gives that back, whether it holds or the
    /// patience has ended.
    pub(crate) fn wait(&self, enough: impl Fn(&[Arrival]) -> bool) -> Vec<Arrival> {
        let state = self.shared.state();
        let waits = |state: &mut State| !enough(&state.arrivals);
        let (state, _) = self.shared.changed.wait_timeout_while(state, PATIENCE, waits).unwrap();
        state.arrivals.clone()
    }

    /// Waits for so many, of which there must not be more.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Arrival> {
        let arrivals = self.wait(|arrivals| arrivals.len() >= count);
        assert_eq!(arrivals.len(), count, "{arrivals:?}");
        arrivals
    }
}

/// Serves one connection until the caller goes away.
fn converse(shared: &Shared, stream: TcpStream) {
    let Ok(mut answers) = stream.try_clone() else { return };
    let mut requests = BufReader::new(stream);
    while let Some(mut arrival) = read(&mut requests) {
        let reply = decide(shared, &mut arrival);
        let text = match reply {
            Reply::Status(status) => {
                format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n")
            }
            Reply::Redirect(status, to) => {
                format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
            }
            Reply::Silence | Reply::HangUp => return,
        };
        if answers.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// What an arrival is answered with. Silence is never followed by an answer: the caller may have
/// been killed meanwhile, and what it did not hear must not count as told.
fn decide(shared: &Shared, arrival: &mut Arrival) -> Reply {
    let mut state = shared.state();
    let reply = (state.manners)(arrival, &state.arrivals);
    if reply == Reply::Silence {
        let before = state.changes;
        let waits = |state: &mut State| state.changes == before;
        state = shared.changed.wait_timeout_while(state, PATIENCE, waits).unwrap().0;
    }
    arrival.answered = match &reply {
        Reply::Status(status) | Reply::Redirect(status, _) => Some(*status),
        Reply::Silence | Reply::HangUp => None,
    };
    state.arrivals.push(arrival.clone());
    drop(state);
    shared.changed.notify_all();
    reply
}

fn read(requests: &mut BufReader<TcpStream>) -> Option<Arrival> {
    let mut line = String::new();
    requests.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        requests.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    requests.read_exact(&mut body).ok()?;
    Some(Arrival { path, headers, body, answered: None })
}
