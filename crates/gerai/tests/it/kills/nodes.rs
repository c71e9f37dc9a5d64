//! The same with three nodes over one PostgreSQL, one of which is killed at a time: what one of them
//! acknowledged the others know, and what it was about to tell they tell.

use std::{
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use cluster::{Database, Server as Cluster};

use super::{
    CALLERS, Silence, assert_signed, behave, look_back, new_seed,
    story::{Shop, Story},
    untold, variable,
};
use crate::drive::{
    chance::Chance,
    folder::Folder,
    http::Connection,
    process::{Server, run},
    receiver::{Receiver, Reply},
};

const NODES: usize = 3;

/// Three nodes with a folder each, one master key and one database.
struct Installation {
    folders: Vec<Folder>,
    database: Database,
}

impl Installation {
    fn new() -> Self {
        let database = Database::empty();
        let folders: Vec<_> = (0..NODES).map(|no| Folder::new(&format!("node-{no}"))).collect();
        let installation = Self { folders, database };
        for no in 0..NODES {
            let folder = installation.folders[no].path();
            let (data, url) = (folder.join("data"), installation.database.url());
            let text = format!(
                "data = '{}'\n[storage]\nurl = '{url}'\naccept_loss = true\n",
                data.display()
            );
            std::fs::write(folder.join("gerai.toml"), text).unwrap();
        }
        // The first start makes the key; the operator gives every other node a copy.
        assert_eq!(installation.start(0).stop().code, Some(0));
        let key = installation.folders[0].path().join("data/master.key");
        for no in 1..NODES {
            let data = installation.folders[no].path().join("data");
            std::fs::create_dir_all(&data).unwrap();
            std::fs::copy(&key, data.join("master.key")).unwrap();
        }
        installation
    }

    fn config(&self, no: usize) -> PathBuf {
        self.folders[no].path().join("gerai.toml")
    }

    fn start(&self, no: usize) -> Server {
        let config = self.config(no);
        Server::start(&["sandbox", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()])
    }

    fn sql(&self, statement: &str) -> String {
        Cluster::shared().psql(self.database.name(), &[statement])
    }

    fn assert_clean(&self) {
        let config = self.config(0);
        let report = run(&["verify", "--json", "--config", config.to_str().unwrap()]).json();
        assert_eq!(report["clean"], true, "{report:#}");
    }
}

#[test]
fn a_node_that_is_killed_loses_nothing_of_what_it_said() {
    let seed = variable("GERAI_SEED").unwrap_or_else(new_seed);
    let kills = variable("GERAI_KILLS").unwrap_or(10);
    eprintln!("GERAI_SEED={seed} GERAI_KILLS={kills}");
    let chance = Chance::new(seed);
    let installation = Installation::new();
    let receiver = Receiver::new();
    let mut servers: Vec<Server> = (0..NODES).map(|no| installation.start(no)).collect();
    let mut stories = Vec::new();
    let mut doubts = 0;
    for round in 0..kills {
        let mut chance = chance.branch(round);
        behave(&receiver, round);
        let victim = usize::try_from(chance.below(3)).unwrap();
        work_until_one_is_killed(&mut servers, victim, &receiver, &mut stories, &mut chance);
        // Whoever had asked the one that is gone asks another.
        let other = &servers[(victim + 1) % NODES];
        doubts += look_back(other, &mut stories, Some(&mut chance));
        servers[victim] = installation.start(victim);
        if round % 3 == 0 {
            installation.assert_clean();
        }
    }
    assert!(kills < 10 || doubts > 0, "no kill has hit a request");
    for server in servers {
        assert_eq!(server.stop().code, Some(0));
    }
    installation.sql("update notification set due_at = 0 where state = 0");
    receiver.behave(|_, _| Reply::Status(200));
    let servers: Vec<Server> = (0..NODES).map(|no| installation.start(no)).collect();
    look_back(&servers[0], &mut stories, None);
    let told = receiver.wait(|arrivals| untold(&stories, arrivals, Silence::MayFail).is_none());
    assert_eq!(untold(&stories, &told, Silence::MayFail), None);
    assert_signed(&told);
    for server in servers {
        assert_eq!(server.stop().code, Some(0));
    }
    installation.assert_clean();
    assert_rows(&installation, &stories);
    eprintln!("{} payments, {doubts} in doubt, {} notifications", stories.len(), told.len());
}

/// Lets callers work at all nodes, and kills one after some answers and a moment more.
fn work_until_one_is_killed(
    servers: &mut [Server],
    victim: usize,
    receiver: &Receiver,
    stories: &mut Vec<Story>,
    chance: &mut Chance,
) {
    let pool = Mutex::new(std::mem::take(stories));
    let killed = AtomicBool::new(false);
    let over = AtomicBool::new(false);
    let (acknowledged, acknowledgements) = mpsc::channel();
    let shops: Vec<Shop> =
        servers.iter().map(|server| Shop { api: server.api, notify: receiver.url("") }).collect();
    std::thread::scope(|scope| {
        for (caller, shop) in (0..CALLERS).zip(shops.iter().cycle()) {
            let (acknowledged, mut chance) = (acknowledged.clone(), chance.branch(caller));
            let (pool, killed, over) = (&pool, &killed, &over);
            scope.spawn(move || {
                let mut connection = Connection::open(shop.api).unwrap();
                while !over.load(Ordering::SeqCst) {
                    let mut story = next(pool, &mut chance);
                    let step = story.step(shop, &mut connection, &mut chance);
                    pool.lock().unwrap().push(story);
                    if let Err(error) = step {
                        assert!(killed.load(Ordering::SeqCst), "broken before the kill: {error}");
                        return;
                    }
                    // Nobody counts any more once the kill is on its way.
                    let _ = acknowledged.send(());
                }
            });
        }
        for _ in 0..30 + chance.below(200) {
            acknowledgements.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        std::thread::sleep(Duration::from_micros(chance.below(8_000)));
        killed.store(true, Ordering::SeqCst);
        servers[victim].kill();
        // The others go on meanwhile: the turn that died with it holds nobody up.
        for _ in 0..20 {
            acknowledgements.recv_timeout(Duration::from_mins(1)).unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
    *stories = pool.into_inner().unwrap_or_else(PoisonError::into_inner);
}

/// A story to take a step further: mostly something recent that nobody else works on, or a new one.
fn next(pool: &Mutex<Vec<Story>>, chance: &mut Chance) -> Story {
    let mut pool = pool.lock().unwrap();
    let back = usize::try_from(chance.below(60)).unwrap();
    let place = pool.len().checked_sub(1 + back).filter(|_| back < 40);
    // Who was in doubt is asked before it goes on.
    match place.filter(|place| !pool[*place].is_in_doubt()) {
        Some(place) => pool.swap_remove(place),
        None => Story::new(chance),
    }
}

/// There are as many payments in each state as the stories tell, and no cash that belongs nowhere.
fn assert_rows(installation: &Installation, stories: &[Story]) {
    let count = |sql: &str| -> usize { installation.sql(sql).trim().parse().unwrap() };
    assert_eq!(count("select count(*) from payment"), stories.len());
    let paid = "select count(*) from payment where paid_at is not null and closed_at is null";
    assert_eq!(count(paid), stories.iter().filter(|story| story.word() == "settlement").count());
    let twice = "select count(*) from (select payment_no from event where sale_no is not null \
        group by payment_no, kind having count(*) > 1) twice";
    assert_eq!(count(twice), 0, "something happened twice to one payment");
    assert_eq!(count("select count(*) from unapplied"), 0);
    assert_eq!(count("select coalesce(sum(amount), 0) from entry"), 0);
}
