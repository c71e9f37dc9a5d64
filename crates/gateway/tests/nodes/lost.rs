//! Commits whose answer is lost: the connection ends before the server hears of the commit, while it
//! carries it out, or after it did. The node finds out which, and tells its callers the truth.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use cluster::Server;
use domain::{payment::State, sale::Operation as O};
use storage::{Place, postgres::PostgresPlace};

use crate::{scene::Scene, shared::Nodes};

/// What a client sends to end a transaction.
const COMMIT: &[u8] = b"Q\0\0\0\x0bcommit\0";

/// What becomes of a commit on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It arrives, and so does its answer.
    Well,
    /// The connection ends before it arrives.
    Before,
    /// It arrives, and the connection ends while it is carried out.
    Meanwhile,
    /// It is carried out, and its answer is lost.
    After,
}

/// Connections to the shared server that may end over a commit.
struct Line {
    port: u16,
    counts: Arc<[AtomicUsize; 4]>,
    is_on: Arc<AtomicBool>,
}

impl Line {
    /// `seed` says which commits have which fate.
    fn new(seed: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts: Arc<[AtomicUsize; 4]> = Arc::default();
        let is_on = Arc::new(AtomicBool::new(false));
        let (to, on) = (Arc::clone(&counts), Arc::clone(&is_on));
        let commits = Arc::new(AtomicUsize::new(seed));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (counts, is_on) = (Arc::clone(&to), Arc::clone(&on));
                let commits = Arc::clone(&commits);
                let fate = move || {
                    if !is_on.load(Ordering::SeqCst) {
                        return Fate::Well;
                    }
                    // Fates follow each other without an order that a node could learn.
                    let no = commits.fetch_add(1, Ordering::SeqCst);
                    let (place, fate) = match no.wrapping_mul(2_654_435_761) >> 7 & 7 {
                        0 => (0, Fate::Before),
                        1 | 2 => (1, Fate::Meanwhile),
                        3 | 4 => (2, Fate::After),
                        _ => (3, Fate::Well),
                    };
                    counts[place].fetch_add(1, Ordering::SeqCst);
                    fate
                };
                carry(client.unwrap(), fate);
            }
        });
        Self { port, counts, is_on }
    }

    fn counts(&self) -> [usize; 4] {
        [0, 1, 2, 3].map(|place: usize| self.counts[place].load(Ordering::SeqCst))
    }
}

/// Carries what both ends say to each other.
fn carry(client: TcpStream, fate: impl Fn() -> Fate + Send + 'static) {
    let server = UnixStream::connect(Server::shared().folder().join(".s.PGSQL.5432")).unwrap();
    client.set_nodelay(true).unwrap();
    let swallows = Arc::new(AtomicBool::new(false));
    let (mut from_client, mut to_client) = (client.try_clone().unwrap(), client);
    let (mut to_server, mut from_server) = (server.try_clone().unwrap(), server);
    let swallow = Arc::clone(&swallows);
    thread::spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_client.read(&mut bytes) {
            let said = &bytes[..count];
            let fate = if said.ends_with(COMMIT) { fate() } else { Fate::Well };
            if fate == Fate::Before {
                break;
            }
            swallow.store(fate == Fate::After, Ordering::SeqCst);
            if to_server.write_all(said).is_err() || fate == Fate::Meanwhile {
                break;
            }
        }
        let _ = from_client.shutdown(Shutdown::Both);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_server.read(&mut bytes) {
            if swallows.load(Ordering::SeqCst) || to_client.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = from_server.shutdown(Shutdown::Both);
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

async fn every_caller_hears_the_truth(seed: usize) {
    let nodes = Nodes::new(1);
    let line = Line::new(seed);
    let url = format!("postgres://postgres@127.0.0.1:{}/{}", line.port, nodes.database());
    let place = Place::Postgres(PostgresPlace::new(&url).unwrap().accepting_loss());
    let shaky = [Nodes::node(&place), Nodes::node(&place)].map(Arc::new);
    line.is_on.store(true, Ordering::SeqCst);
    let mut tasks = tokio::task::JoinSet::new();
    for voice in 0..4 {
        let nodes = shaky.clone();
        tasks.spawn(async move {
            for round in 0..15 {
                let node: &Scene = &nodes[(voice + round) % 2];
                // Nobody asks twice, so whoever hears that an order is taken was told a lie, and so was
                // whoever hears that it is new where it is not.
                let view = node.open(&format!("order-{voice}-{round}"), "indomaret").await;
                let sale = format!("S-{voice}-{round}");
                let other: &Scene = &nodes[(voice + round + 1) % 2];
                other.outcome(O::Payment, &view, &sale).await.unwrap();
                let state = node.state(view.payment.no).await;
                assert!(matches!(state, State::Paid(_)), "{state:?}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    line.is_on.store(false, Ordering::SeqCst);
    let [before, meanwhile, after, well] = line.counts();
    assert!(before > 2 && meanwhile > 5 && after > 5 && well > 10, "{:?}", line.counts());
    assert_eq!(nodes.psql("select count(*) from payment"), "60");
    assert_eq!(nodes.psql("select count(*) from sale"), "60");
    nodes.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    for seed in [1, 300_000] {
        every_caller_hears_the_truth(seed).await;
    }
}
