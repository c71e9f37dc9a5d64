//! A running shop moves from its folder to PostgreSQL, whatever happens on the way.

mod busy;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use cluster::{Database, Server as Cluster};
use serde_json::Value;

use self::busy::Busy;
use crate::drive::{
    folder::Folder,
    process::{Ended, Server, gerai, run},
};

/// A folder with a shop, a database, and a configuration for each.
struct Scene {
    folder: Folder,
    database: Database,
}

impl Scene {
    fn new(name: &str) -> Self {
        let scene = Self { folder: Folder::new(name), database: Database::empty() };
        let data = format!("data = '{}'\n", scene.data());
        let settings = busy::SETTINGS;
        // The tests' server forgets what it was told when the machine loses power.
        scene.folder.write("before.toml", &format!("{data}storage.accept_loss = true\n{settings}"));
        let storage = format!("url = '{}', accept_loss = true", scene.database.url());
        scene.folder.write("after.toml", &format!("{data}storage = {{ {storage} }}\n{settings}"));
        scene
    }

    fn data(&self) -> String {
        self.folder.join("data").to_str().unwrap().to_owned()
    }

    fn config(&self, name: &str) -> String {
        self.folder.join(&format!("{name}.toml")).to_str().unwrap().to_owned()
    }

    fn serve(&self, config: &str) -> Server {
        Server::start(&["sandbox", "--listen", "127.0.0.1:0", "--config", &self.config(config)])
    }

    fn run(&self, config: &str, words: &[&str]) -> Ended {
        run(&[words, &["--config", &self.config(config)]].concat())
    }

    fn moving(&self, more: &[&str]) -> Vec<String> {
        let from = format!("sqlite:{}", self.data());
        let (to, config) = (self.database.url(), self.config("before"));
        let words = ["move", "--from", &from, "--to", &to, "--config", &config];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    fn move_it(&self, more: &[&str]) -> Ended {
        let words = self.moving(more);
        run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The same, while the test goes on.
    fn begin_to_move(&self) -> Child {
        let words = self.moving(&[]);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        gerai(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn sql(&self, statement: &str) -> String {
        Cluster::shared().psql(self.database.name(), &[statement])
    }

    /// How many rows have come; none where no move is under way.
    fn come(&self) -> Option<u64> {
        let sql = "select coalesce(sum(rows), 0) from gerai_move_part";
        let said = Cluster::shared().try_psql(self.database.name(), &[sql]);
        said.ok().map(|rows| rows.parse().unwrap())
    }

    /// Many rows that nobody asks for, so that moving takes a while.
    fn ballast(&self, rows: u32) {
        let database = rusqlite::Connection::open(self.folder.join("data/gerai.db")).unwrap();
        let sql = format!(
            "with recursive count (no) as (values (1) union all select no + 1 from count where no < {rows}) \
             insert into external_id (day, account_no, endpoint, id, shard) \
             select 30000, 1, 'create', printf('%08d', no), 0 from count"
        );
        database.execute_batch(&sql).unwrap();
    }
}

#[test]
fn a_shop_moves_beside_its_customers_and_goes_on_where_it_was() {
    let scene = Scene::new("move");
    let mut busy = Busy::begin(scene.serve("before"), |words| scene.run("before", words));
    busy.day();

    // Nearly everything goes while payers pay.
    let said = scene.move_it(&["--no-wait"]).well();
    assert!(said.contains("the shop is open") && said.contains("Now stop the shop"), "{said}");
    let early = scene.come().unwrap();
    assert!(early > 100, "{early}");
    let sentence = scene.run("after", &["payment", "list"]).sentence();
    assert!(sentence.contains("run `gerai move` again"), "{sentence}");
    let sentence = scene.run("after", &["sandbox", "--listen", "127.0.0.1:0"]).sentence();
    assert!(sentence.contains("run `gerai move` again"), "{sentence}");

    // What was open is paid, what is new is opened, and then the shop is closed, for which it waits.
    busy.evening();
    let mut moving = scene.begin_to_move();
    let mut lines = BufReader::new(moving.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("now stop the shop")));
    let before = busy.answers(|words| scene.run("before", words));
    busy.stop();
    let said: Vec<_> = lines.map(Result::unwrap).collect();
    let said = said.join("\n");
    assert!(moving.wait().unwrap().success(), "{said}");
    assert!(said.contains("Everything is in postgres://") && said.contains("What to do next"));

    // Nobody starts it there again by accident; keys and files are where they were.
    let sentence = scene.run("before", &["sandbox", "--listen", "127.0.0.1:0"]).sentence();
    assert!(sentence.contains("its rows were moved to postgres://"), "{sentence}");
    let sentence = scene.move_it(&[]).sentence();
    assert!(sentence.contains("its rows were moved to postgres://"), "{sentence}");

    busy.reopen(scene.serve("after"));
    let after = busy.answers(|words| scene.run("after", words));
    assert_eq!(after.len(), before.len());
    for (after, before) in after.iter().zip(&before) {
        assert_eq!(after, before);
    }
    let verified = scene.run("after", &["verify", "--json"]).json();
    assert_eq!(verified["clean"], true, "{verified}");
    assert_eq!(scene.sql("select to_regclass('gerai_move') is null"), "t");

    busy.night();
    busy.day();
    busy.stop();
    let verified = scene.run("after", &["verify", "--json"]).json();
    assert_eq!(verified["clean"], true, "{verified}");
}

#[test]
fn a_move_that_is_killed_goes_on_and_moves_nothing_twice() {
    let scene = Scene::new("move-kill");
    let mut busy = Busy::begin(scene.serve("before"), |words| scene.run("before", words));
    busy.day();
    busy.stop();
    scene.ballast(120_000);
    let (mut before, mut in_the_middle) = (0, 0);
    for _ in 0..3 {
        let mut moving = scene.begin_to_move();
        // It has brought something more, or is over.
        while scene.come().is_none_or(|come| come <= before) && moving.try_wait().unwrap().is_none()
        {
        }
        moving.kill().unwrap();
        moving.wait().unwrap();
        let Some(come) = scene.come() else { break };
        assert!(come >= before, "{come} of {before}");
        (before, in_the_middle) = (come, in_the_middle + 1);
    }
    assert!(in_the_middle > 1, "no kill has come in time");
    // A shop that is not moved to the end is still the shop.
    scene.serve("before").stop();
    let said = scene.move_it(&[]).well();
    assert!(said.contains("rows are there already; going on"), "{said}");
    let kept = said.split_once(" s; ").unwrap().1.split_once(' ').unwrap().0;
    // Of the small tables some have changed meanwhile.
    assert!(kept.parse::<u64>().unwrap() + 200 > before, "{before}: {said}");
    assert_eq!(scene.sql("select count(*) from external_id where day = 30000"), "120000");
    let verified = scene.run("after", &["verify", "--json"]).json();
    assert_eq!(verified["clean"], true, "{verified}");
}

#[test]
fn a_target_that_somebody_else_has_written_to_is_refused() {
    let scene = Scene::new("move-refused");
    let mut busy = Busy::begin(scene.serve("before"), |words| scene.run("before", words));
    busy.day();
    scene.move_it(&["--no-wait"]).well();
    let refused = |why: &str| {
        let sentence = scene.move_it(&["--no-wait"]).sentence();
        assert!(sentence.contains(why), "{sentence}");
    };
    scene.sql("insert into platform_key values ('mine', '')");
    refused("the rows of platform_key are not those that were moved there");
    scene.sql("delete from platform_key where name = 'mine'");
    scene.move_it(&["--no-wait"]).well();

    // As many rows, and one of them another: nobody sees that before all is compared.
    scene.sql("update sale set outlet = 'T-9' where no = 1");
    busy.stop();
    refused("the rows of sale are not those that were moved there");
    scene.serve("before").stop();
    assert_eq!(scene.sql("select to_regclass('gerai_move') is null"), "f");

    // Another shop's move, and a database with rows.
    let other = Scene::new("move-other");
    other.serve("before").stop();
    let from = format!("sqlite:{}", other.data());
    let config = other.config("before");
    let words = ["move", "--from", &from, "--config", &config, "--to"];
    let sentence = run(&[&words[..], &[&scene.database.url()]].concat()).sentence();
    assert!(sentence.contains("and that is another one"), "{sentence}");
    let used = Scene::new("move-used");
    used.serve("after").stop();
    let sentence = run(&[&words[..], &[&used.database.url()]].concat()).sentence();
    assert!(sentence.contains("it is not empty"), "{sentence}");
    other.serve("before").stop();
    for (from, to, why) in [
        ("sqlite:/nothing/here", "postgres://gerai@127.0.0.1:1/x", "no master key"),
        ("postgres://a@b/c", "postgres://gerai@127.0.0.1:1/x", "sqlite:DIR"),
        (&from, "sqlite:/nothing", "postgres://"),
        (&from, "postgres://gerai:hush@127.0.0.1:1/x?sslmode=maybe", "sslmode"),
    ] {
        let ended = run(&["move", "--from", from, "--to", to]);
        assert_ne!(ended.code, Some(0));
        assert!(ended.log.contains(why) && !ended.log.contains("hush"), "{}", ended.log);
    }
}

/// What a command printed as JSON, without what says when it was asked.
fn told(ended: Ended) -> Value {
    let mut told = ended.json();
    if let Some(map) = told.as_object_mut() {
        map.remove("at");
    }
    told
}
