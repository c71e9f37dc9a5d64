//! Killed at random moments under load, the program loses nothing that it has acknowledged, doubles
//! nothing, and still tells merchants what is due to them.
//!
//! `GERAI_KILLS` says how often it is killed (20), `GERAI_SEED` repeats the choices of a run.

mod nodes;
mod story;
mod telling;
mod witness;

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use gateway::clock::Stopwatch;
use rusqlite::Connection as Database;

use self::story::{Shop, Story};
use crate::drive::{
    chance::Chance,
    folder::Folder,
    http::Connection,
    merchant::{DEMO, signature_key, text},
    process::{Server, run},
    receiver::{Arrival, Receiver, Reply},
};

/// Tills and merchants that call at the same time.
const CALLERS: u64 = 6;
/// How long the program may take to be ready again. The aim is one second, on a quiet machine.
const READY_AGAIN_MAX: Duration = Duration::from_secs(10);

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let seed = variable("GERAI_SEED").unwrap_or_else(new_seed);
    let kills = variable("GERAI_KILLS").unwrap_or(20);
    eprintln!("GERAI_SEED={seed} GERAI_KILLS={kills}");
    let chance = Chance::new(seed);

    let folder = Folder::new("kills");
    let receiver = Receiver::new();
    let mut stories = Vec::new();
    let mut slowest = Duration::ZERO;
    let mut doubts = 0;
    for round in 0..kills {
        let mut chance = chance.branch(round);
        behave(&receiver, round);
        let stopwatch = Stopwatch::start();
        let mut server = Server::on(folder.path());
        slowest = slowest.max(stopwatch.elapsed());
        doubts += look_back(&server, &mut stories, Some(&mut chance));
        if round % 2 == 0 {
            assert_clean(folder.path());
        }
        work_until_killed(&mut server, &receiver, &mut stories, &mut chance);
        if round % 2 == 1 {
            assert_clean(folder.path());
        }
    }
    assert!(slowest < READY_AGAIN_MAX, "ready again only after {slowest:?}");

    wait_is_over(folder.path());
    receiver.behave(|_, _| Reply::Status(200));
    let server = Server::on(folder.path());
    doubts += look_back(&server, &mut stories, None);
    assert!(kills < 20 || doubts > 0, "no kill has hit a request");
    let told = receiver.wait(|arrivals| untold(&stories, arrivals, Silence::IsCutShort).is_none());
    assert_eq!(untold(&stories, &told, Silence::IsCutShort), None);
    assert_signed(&told);
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_clean(folder.path());
    assert_rows(folder.path(), &stories);
    eprintln!(
        "{} payments, {doubts} in doubt, {} notifications, slowest start {slowest:?}",
        stories.len(),
        told.len()
    );
}

/// In turn, a round's merchant accepts everything, does not answer, or refuses what it sees for the
/// first time.
fn behave(receiver: &Receiver, round: u64) {
    match round % 3 {
        0 => receiver.behave(|_, _| Reply::Status(200)),
        1 => receiver.behave(|_, _| Reply::Silence),
        _ => receiver.behave(|arrival, before| {
            let seen = before.iter().any(|b| b.path == arrival.path && b.body == arrival.body);
            Reply::Status(if seen { 200 } else { 503 })
        }),
    }
}

/// Lets callers work, and kills the program after some answers and a moment more.
fn work_until_killed(
    server: &mut Server,
    receiver: &Receiver,
    stories: &mut Vec<Story>,
    chance: &mut Chance,
) {
    let pool = Mutex::new(std::mem::take(stories));
    let killed = AtomicBool::new(false);
    let (acknowledged, acknowledgements) = mpsc::channel();
    let shop = Shop { api: server.api, notify: receiver.url("") };
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (acknowledged, chance) = (acknowledged.clone(), chance.branch(caller));
            let (pool, shop, killed) = (&pool, &shop, &killed);
            scope.spawn(move || call(shop, pool, killed, &acknowledged, chance));
        }
        for _ in 0..30 + chance.below(400) {
            acknowledgements.recv_timeout(Duration::from_secs(30)).unwrap();
        }
        std::thread::sleep(Duration::from_micros(chance.below(4_000)));
        killed.store(true, Ordering::SeqCst);
        server.kill();
    });
    *stories = pool.into_inner().unwrap_or_else(PoisonError::into_inner);
}

/// Takes stories a step further until the connection breaks.
fn call(
    shop: &Shop,
    pool: &Mutex<Vec<Story>>,
    killed: &AtomicBool,
    acknowledged: &mpsc::Sender<()>,
    mut chance: Chance,
) {
    let mut connection = Connection::open(shop.api);
    loop {
        let mut story = {
            let mut pool = pool.lock().unwrap();
            match usize::try_from(chance.below(60)).unwrap() {
                // Mostly something recent; stories that others work on are not in the pool.
                back if back < 40 && back < pool.len() => {
                    let place = pool.len() - 1 - back;
                    pool.swap_remove(place)
                }
                _ => Story::new(&mut chance),
            }
        };
        let step = match &mut connection {
            Ok(connection) => story.step(shop, connection, &mut chance),
            Err(error) => Err(error.kind().into()),
        };
        pool.lock().unwrap().push(story);
        if let Err(error) = step {
            assert!(killed.load(Ordering::SeqCst), "broken before the kill: {error}");
            return;
        }
        // Nobody counts any more once the kill is on its way.
        let _ = acknowledged.send(());
    }
}

/// Settles what was in doubt and checks what was acknowledged: everything that the last round has
/// touched and some of the rest, or everything. Gives back how many were in doubt.
fn look_back(server: &Server, stories: &mut [Story], mut some: Option<&mut Chance>) -> usize {
    let mut connection = Connection::open(server.api).unwrap();
    let doubts = stories.iter().filter(|story| story.is_in_doubt()).count();
    for story in stories {
        let is_new = std::mem::take(&mut story.touched);
        let chosen = some.as_mut().is_none_or(|chance| chance.percent(5));
        if is_new || chosen {
            story.settle(&mut connection);
            story.check(&mut connection);
        }
    }
    doubts
}

fn assert_clean(data: &Path) {
    let report = run(&["verify", "--json", "--data", data.to_str().unwrap()]).json();
    assert_eq!(report["clean"], true, "{report:#}");
}

/// Two minutes pass for everything that waits to be sent again; nobody has to sit through them.
fn wait_is_over(data: &Path) {
    let database = Database::open(data.join("gerai.db")).unwrap();
    database.execute("update notification set due_at = 0 where state = 0", ()).unwrap();
}

/// What a receiver's silence means to news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// Nothing: the sender is killed before it has waited long enough.
    IsCutShort,
    /// It may be a failed attempt, as a refusal is.
    MayFail,
}

/// News that a merchant was not told, or not in its order. Only what it refused itself may have been
/// overtaken by newer news.
fn untold(stories: &[Story], arrivals: &[Arrival], silence: Silence) -> Option<String> {
    let mut told: HashMap<&str, Vec<String>> = HashMap::new();
    let mut refused: HashMap<&str, Vec<String>> = HashMap::new();
    let counts = |arrival: &&Arrival| arrival.answered.is_some() || silence == Silence::MayFail;
    for arrival in arrivals.iter().filter(counts) {
        let words = if arrival.is_accepted() { &mut told } else { &mut refused };
        let words = words.entry(arrival.path.as_str()).or_default();
        let word = text(&arrival.json(), "transaction_status").to_owned();
        // More than once is allowed; it is its first time that counts.
        if !words.contains(&word) {
            words.push(word);
        }
    }
    stories.iter().filter(|story| story.notified).find_map(|story| {
        let path = story.path();
        let words = told.get(path.as_str()).map(Vec::as_slice).unwrap_or_default();
        let refused = refused.get(path.as_str()).map(Vec::as_slice).unwrap_or_default();
        let mut due = story.news();
        let last = due.pop();
        due.retain(|word| {
            let told = words.iter().any(|other| other == word);
            told || !refused.iter().any(|other| other == word)
        });
        due.extend(last);
        let order = &story.order;
        (words != due)
            .then(|| format!("{order}: {words:?} instead of {due:?}, {refused:?} refused"))
    })
}

fn assert_signed(arrivals: &[Arrival]) {
    for arrival in arrivals {
        let body = arrival.json();
        assert_eq!(text(&body, "signature_key"), signature_key(&body, DEMO), "{body}");
    }
}

/// There are as many payments in each state as the stories tell, and no cash that belongs nowhere.
fn assert_rows(data: &Path, stories: &[Story]) {
    let database = Database::open(data.join("gerai.db")).unwrap();
    let count = |sql: &str| -> i64 { database.query_row(sql, (), |row| row.get(0)).unwrap() };
    let told = |word: &str| i64::try_from(stories.iter().filter(|s| s.word() == word).count());
    assert_eq!(count("select count(*) from payment"), i64::try_from(stories.len()).unwrap());
    let paid = "select count(*) from payment where paid_at is not null and closed_at is null";
    assert_eq!(count(paid), told("settlement").unwrap());
    let events = "select count(*) from (select payment_no from event where sale_no is not null \
                  group by payment_no, kind having count(*) > 1)";
    assert_eq!(count(events), 0, "something happened twice to one payment");
    assert_eq!(count("select count(*) from unapplied"), 0);
}

#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by the environment")]
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[expect(clippy::disallowed_methods, reason = "every run tries other moments, and says which")]
fn new_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::from(since.subsec_nanos()) ^ (since.as_secs() << 20)
}
