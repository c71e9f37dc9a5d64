//! The program over PostgreSQL: one node, its commands, and what it says when the database will not do.

use cluster::{Database, Server as Cluster};

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{DEMO, Merchant, new_order, text},
    process::{Ended, Server, run},
};

/// A data folder, a database, and a configuration that names both.
struct Scene {
    folder: Folder,
    database: Database,
}

impl Scene {
    fn new(name: &str) -> Self {
        let scene = Self { folder: Folder::new(name), database: Database::empty() };
        // The tests' server forgets what it was told when the machine loses power.
        scene.configure(&format!("url = '{}'\naccept_loss = true\n", scene.database.url()));
        scene
    }

    fn configure(&self, storage: &str) {
        let data = self.folder.join("data");
        let text = format!("data = '{}'\n[storage]\n{storage}", data.display());
        std::fs::write(self.folder.join("gerai.toml"), text).unwrap();
    }

    fn config(&self) -> String {
        self.folder.join("gerai.toml").to_str().unwrap().to_owned()
    }

    fn start(&self) -> Server {
        Server::start(&["sandbox", "--listen", "127.0.0.1:0", "--config", &self.config()])
    }

    fn run(&self, command: &[&str]) -> Ended {
        run(&[command, &["--config", &self.config()]].concat())
    }

    fn sql(&self, statement: &str) -> String {
        Cluster::shared().psql(self.database.name(), &[statement])
    }
}

/// A payment of this much that was paid; its order id.
fn pay(server: &Server, amount: i64) -> String {
    let order = new_order();
    let charged = Merchant::demo(server.api).charge(&order, "indomaret", amount);
    let code = text(&charged, "payment_code");
    let paid = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    assert_eq!(paid.member("code"), "00");
    order
}

#[test]
fn a_node_serves_and_its_commands_read_and_change_beside_it() {
    let scene = Scene::new("postgres-node");
    let server = scene.start();
    let order = pay(&server, 50_000);
    let open = new_order();
    Merchant::demo(server.api).charge(&open, "alfamart", 70_000);

    // The folder holds what is not rows.
    let has = |name: &str| scene.folder.join("data").join(name).exists();
    assert!(has("master.key") && has("gerai.sock") && !has("gerai.db"));
    assert_eq!(scene.sql("select count(*) from payment where state = 3"), "1");

    let list = scene.run(&["payment", "list"]).well();
    assert!(list.contains(&order) && list.contains(&open), "{list}");
    scene.run(&["merchant", "add", "Toko Baru", "--brand", "midtrans"]).well();
    assert!(scene.run(&["merchant", "list"]).well().contains("Toko Baru"));
    assert!(scene.run(&["verify"]).well().contains("2 payments"));
    scene.run(&["balance", "G000000001"]).well();
    scene.run(&["notification", "list"]).well();

    // From the same folder nobody else serves; from another one it is another node.
    let second = scene.run(&["sandbox", "--listen", "127.0.0.1:0", "--operations", "off"]);
    assert!(second.sentence().contains("in use by another gerai"));
    assert_eq!(server.stop().code, Some(0));

    // Without a server a command that changes does its own work.
    scene.run(&["merchant", "add", "Toko Lain", "--brand", "midtrans"]).well();
    let server = scene.start();
    assert_eq!(
        text(&Merchant::demo(server.api).status(&order), "transaction_status"),
        "settlement"
    );
    pay(&server, 20_000);
    assert!(scene.run(&["verify"]).well().contains("3 payments"));
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let scene = Scene::new("postgres-kill");
    let mut orders = Vec::new();
    for _ in 0..3 {
        let mut server = scene.start();
        orders.push(pay(&server, 50_000));
        server.kill();
    }
    let server = scene.start();
    for order in &orders {
        let status = Merchant::demo(server.api).status(order);
        assert_eq!(text(&status, "transaction_status"), "settlement");
    }
    assert!(scene.run(&["verify"]).well().contains("3 payments"));
}

#[test]
fn a_schema_is_made_before_anything_is_served() {
    let scene = Scene::new("postgres-migrate");
    let sentence = scene.run(&["payment", "list"]).sentence();
    assert!(sentence.contains("holds no gerai database"), "{sentence}");
    let said = scene.run(&["migrate"]).well();
    assert!(said.contains("schema 0 is now") && said.contains("\n  0001_first\n"), "{said}");
    let said = scene.run(&["migrate"]).well();
    assert!(said.contains("nothing to do"), "{said}");
    let told = scene.run(&["migrate", "--json"]).json();
    assert_eq!(told["from"], told["to"]);
    assert_eq!(told["steps"], serde_json::json!([]));
    // It says so of SQLite too, and makes no folder by a slip of the fingers.
    let sqlite = scene.folder.join("sqlite");
    let sentence = run(&["migrate", "--data", sqlite.to_str().unwrap()]).sentence();
    assert!(sentence.contains("holds no gerai database") && !sqlite.exists(), "{sentence}");
    Server::on(&sqlite).stop();
    let said = run(&["migrate", "--data", sqlite.to_str().unwrap()]).well();
    assert!(said.contains("nothing to do"), "{said}");
}

#[test]
fn what_will_not_do_is_one_sentence_without_a_secret() {
    let scene = Scene::new("postgres-refused");
    let server = Cluster::shared();
    let url = scene.database.url();
    for (storage, why) in [
        (format!("url = '{url}'\n"), "fsync is off"),
        (format!("url = '{url}'\nstatement_timeout = '1 day'\n"), "statement_timeout"),
        (format!("url = '{}'\n", server.url("nothing")), "does not exist"),
        ("url = 'postgres://gerai:hush@127.0.0.1:1/gerai'\n".to_owned(), "refused"),
        ("url = 'postgres://gerai:hush@127.0.0.1:1/gerai?sslmode=maybe'\n".to_owned(), "sslmode"),
        (format!("url = '{url}'\npassword_file = '/nothing'\n"), "password_file"),
    ] {
        scene.configure(&storage);
        let sentence = scene.run(&["sandbox", "--listen", "127.0.0.1:0", "--operations", "off"]);
        let sentence = sentence.sentence();
        assert!(sentence.contains(why), "{sentence}");
        assert!(!sentence.contains("hush"), "{sentence}");
        let sentence = scene.run(&["payment", "list"]).sentence();
        assert!(sentence.contains(why) && !sentence.contains("hush"), "{sentence}");
    }
    scene.configure(&format!("url = '{url}'\naccept_loss = true\n"));
    for command in ["backup", "restore"] {
        let sentence = scene.run(&[command, scene.folder.path().to_str().unwrap()]).sentence();
        assert!(sentence.contains("PostgreSQL's own means"), "{sentence}");
    }
}

#[test]
fn demo_keys_never_get_into_production() {
    let scene = Scene::new("postgres-demo");
    scene.start().stop();
    let pools = "[pools]\nalfa.length = 16\nindomaret.length = 16\npegadaian.length = 16\npos.length = 16\n";
    let text = std::fs::read_to_string(scene.config()).unwrap();
    std::fs::write(scene.config(), text + pools).unwrap();
    let sentence = scene.run(&["serve", "--listen", "127.0.0.1:0"]).sentence();
    assert!(sentence.contains("made by a sandbox") && !sentence.contains(DEMO), "{sentence}");
}
