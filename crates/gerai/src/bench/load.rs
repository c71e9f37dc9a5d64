//! Load over connections that are kept: a closed loop, in which each asks again as soon as it is
//! answered, or an open one, which keeps a pace whatever is answered.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use bytes::Bytes;
use domain::code::PaymentCode;
use gateway::clock::Stopwatch;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// What is sent, and what must come back.
pub(super) trait Work: Send + Sync + 'static {
    /// The request with this number, counted from 0; none when there are no more.
    fn request(&self, number: usize) -> Option<Asked>;

    /// The payment code that an answer hands out, where it does; or why the answer is wrong.
    fn check(&self, status: StatusCode, body: &[u8]) -> Result<Option<PaymentCode>, &'static str>;
}

/// A request on its way.
pub(super) type Asked = Request<Full<Bytes>>;

/// Latencies in microseconds, each within one percent.
pub(super) type Latencies = Histogram<u32>;

/// What one round came to.
#[derive(Debug)]
pub(super) struct Round {
    /// Right answers. A wrong one ends the run.
    pub(super) answers: u64,
    /// From the first request to the last answer.
    pub(super) took: Duration,
    /// How long each took.
    pub(super) latencies: Latencies,
    /// The codes that were handed out, in the order in which they were asked for.
    pub(super) codes: Vec<PaymentCode>,
}

/// The longest latency that is told from longer ones, in microseconds: a minute.
const LATENCY_MAX: u64 = 60_000_000;

/// How much longer than its span a round may take, before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks over `connections` for `span`, or until `work` has no more requests.
pub(super) async fn round(
    address: SocketAddr,
    connections: usize,
    span: Duration,
    work: Arc<dyn Work>,
) -> anyhow::Result<Round> {
    run(&[address], connections, Schedule { span, pace: None }, work).await
}

/// The same, with the connections shared evenly among several servers.
pub(super) async fn round_over(
    addresses: &[SocketAddr],
    connections: usize,
    span: Duration,
    work: Arc<dyn Work>,
) -> anyhow::Result<Round> {
    run(addresses, connections, Schedule { span, pace: None }, work).await
}

/// Asks `pace` times a second for `span`, as long as `connections` are enough for that. A latency
/// counts from the moment at which the request was meant to go out.
pub(super) async fn paced(
    address: SocketAddr,
    connections: usize,
    pace: u64,
    span: Duration,
    work: Arc<dyn Work>,
) -> anyhow::Result<Round> {
    run(&[address], connections, Schedule { span, pace: Some(pace) }, work).await
}

/// When requests go out.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    span: Duration,
    /// How many a second; none for as many as are answered.
    pace: Option<u64>,
}

impl Schedule {
    /// When the request with this number is meant to go out, where there is a pace.
    fn due(self, number: usize) -> Option<Duration> {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let micros = number.saturating_mul(1_000_000).checked_div(self.pace?)?;
        Some(Duration::from_micros(micros))
    }
}

async fn run(
    addresses: &[SocketAddr],
    connections: usize,
    schedule: Schedule,
    work: Arc<dyn Work>,
) -> anyhow::Result<Round> {
    let limit = schedule.span + PATIENCE;
    tokio::time::timeout(limit, ask_over(addresses, connections, schedule, work))
        .await
        .with_context(|| format!("the round hung: it was not over after {} s", limit.as_secs()))?
}

async fn ask_over(
    addresses: &[SocketAddr],
    connections: usize,
    schedule: Schedule,
    work: Arc<dyn Work>,
) -> anyhow::Result<Round> {
    let mut lines = Vec::with_capacity(connections);
    for address in addresses.iter().cycle().take(connections) {
        lines.push(Line::connect(*address).await?);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let stopwatch = Stopwatch::start();
    let mut tasks = JoinSet::new();
    for line in lines {
        let (work, next) = (Arc::clone(&work), Arc::clone(&next));
        tasks.spawn(async move { line.ask_until(&*work, &next, stopwatch, schedule).await });
    }
    let mut round =
        Round { answers: 0, took: Duration::ZERO, latencies: latencies()?, codes: Vec::new() };
    let mut numbered = Vec::new();
    while let Some(tally) = tasks.join_next().await {
        let tally = tally.context("a connection panicked")??;
        round.latencies.add(&tally.latencies)?;
        numbered.extend(tally.codes);
    }
    round.took = stopwatch.elapsed();
    round.answers = round.latencies.len();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    round.codes = numbered.into_iter().map(|(_, code)| code).collect();
    Ok(round)
}

/// No latency yet.
pub(super) fn latencies() -> anyhow::Result<Latencies> {
    Ok(Histogram::new_with_bounds(1, LATENCY_MAX, 2)?)
}

/// One connection, kept alive.
struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<TokioIo<TcpStream>, Full<Bytes>>,
}

struct Tally {
    latencies: Latencies,
    codes: Vec<(usize, PaymentCode)>,
}

impl Line {
    async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, connection })
    }

    /// Both ends of the connection in one task: nothing has to be handed to another thread.
    async fn ask_until(
        self,
        work: &dyn Work,
        next: &AtomicUsize,
        stopwatch: Stopwatch,
        schedule: Schedule,
    ) -> anyhow::Result<Tally> {
        tokio::select! {
            tally = ask(self.sender, work, next, stopwatch, schedule) => tally,
            ended = self.connection => {
                ended.context("a connection broke")?;
                bail!("the server closed a connection")
            }
        }
    }
}

async fn ask(
    mut sender: SendRequest<Full<Bytes>>,
    work: &dyn Work,
    next: &AtomicUsize,
    stopwatch: Stopwatch,
    schedule: Schedule,
) -> anyhow::Result<Tally> {
    let mut tally = Tally { latencies: latencies()?, codes: Vec::new() };
    let mut now = stopwatch.elapsed();
    while now < schedule.span {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = schedule.due(number);
        if let Some(due) = due {
            if due >= schedule.span {
                break;
            }
            tokio::time::sleep(due.saturating_sub(stopwatch.elapsed())).await;
        }
        let Some(request) = work.request(number) else { break };
        let began = due.unwrap_or_else(|| stopwatch.elapsed());
        sender.ready().await.context("a connection ended early")?;
        let response = sender.send_request(request).await.context("no answer")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("half an answer")?.to_bytes();
        now = stopwatch.elapsed();
        match work.check(status, &body) {
            Ok(code) => tally.codes.extend(code.map(|code| (number, code))),
            Err(why) => bail!("{why}: {status} {}", shown(&body)),
        }
        let took = now.saturating_sub(began).as_micros();
        tally.latencies.saturating_record(u64::try_from(took).unwrap_or(u64::MAX));
    }
    Ok(tally)
}

/// The start of an answer, for people.
fn shown(body: &[u8]) -> String {
    let start = body.get(..body.len().min(300)).unwrap_or_default();
    String::from_utf8_lossy(start).into_owned()
}

/// One request on a connection of its own, and the whole answer.
pub(super) async fn once(
    address: SocketAddr,
    request: Asked,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let Line { mut sender, connection } = Line::connect(address).await?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    tokio::select! {
        answer = answer => answer,
        ended = connection => {
            ended?;
            bail!("{address} closed the connection")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_kept_by_the_number() {
        let span = Duration::from_secs(1);
        let paced = Schedule { span, pace: Some(200) };
        assert_eq!(paced.due(0), Some(Duration::ZERO));
        assert_eq!(paced.due(3), Some(Duration::from_millis(15)));
        assert_eq!(Schedule { span, pace: None }.due(3), None);
        assert_eq!(Schedule { span, pace: Some(0) }.due(3), None);
    }
}
