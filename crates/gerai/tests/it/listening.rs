//! `gerai listen`: a laptop that nobody can reach hears a gateway's notifications.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::drive::{
    ayolinx::{Client, new_external_id},
    cronos::Project,
    folder::Folder,
    http::{once, post, request},
    merchant::{DEMO, Merchant, new_order, signature_key, text},
    process::{Server, gerai, run},
    receiver::{Receiver, Reply},
};

/// `gerai listen` while it runs.
struct Listener {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Listener {
    /// Starts it, and waits until it listens.
    fn start(server: &str, forward: &str, words: &[&str]) -> Self {
        let own = ["listen", "--url", server, "--forward", forward, "--json"];
        let mut child = gerai(&[&own, words].concat())
            .env_remove("GERAI_SECRET")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut listener = Self { child, lines };
        let ready = listener.line();
        assert_eq!(ready["forward"], forward, "{ready}");
        listener
    }

    /// The next line, for which it must not take forever: the runner ends what hangs.
    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Waits for it to end by itself.
    fn ended(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn url(server: &Server) -> String {
    format!("http://{}", server.api)
}

fn pay(server: &Server, code: &str) {
    let pressed = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    assert_eq!((pressed.status, pressed.member("code").as_str()), (200, "00"));
}

#[test]
fn every_dialect_is_heard_in_its_own_form() {
    let server = Server::in_memory();
    let receiver = Receiver::new();
    let gateway = url(&server);
    let merchant = Merchant::demo(server.api);

    // The account has no notification URL at all.
    let mut listener = Listener::start(&gateway, &receiver.url("/midtrans"), &["--count", "2"]);
    let order = new_order();
    pay(&server, text(&merchant.charge(&order, "alfamart", 50_000), "payment_code"));
    for says in ["pending", "paid"] {
        let line = listener.line();
        assert_eq!(
            (&line["says"], &line["order_id"], &line["status"]),
            (&json!(says), &json!(order), &json!(200))
        );
    }
    listener.ended();
    let arrivals = receiver.wait_for(2);
    let told = arrivals[1].json();
    assert_eq!(text(&told, "transaction_status"), "settlement");
    assert_eq!(text(&told, "signature_key"), signature_key(&told, DEMO));
    assert_eq!(arrivals[1].header("user-agent"), Some("Veritrans"));

    for (brand, shop) in [("cronos", Project::of_cronos()), ("sengo", Project::of_sengo())] {
        let path = format!("/{brand}");
        let words = ["--brand", brand, "--count", "1"];
        let mut listener = Listener::start(&gateway, &receiver.url(&path), &words);
        let opened = shop.open(server.api, &new_order());
        pay(&server, text(&opened["retail"], "paymentCode"));
        assert_eq!(listener.line()["says"], "paid");
        listener.ended();
        let arrivals = receiver.wait(|all| all.iter().any(|one| one.path == path));
        let arrival = arrivals.iter().find(|one| one.path == path).unwrap();
        let signed = [shop.key.as_bytes(), &arrival.body].concat();
        let signature = hex::encode(shop.sign(&signed));
        let name = shop.names.signature.to_lowercase();
        assert_eq!(arrival.header(&name), Some(signature.as_str()));
    }

    // Ayolinx signs the path: that of the local program.
    let shop = Client::demo();
    let forward = receiver.url("/local/a%20b?x=1");
    let words = ["--brand", "ayolinx", "--full", "--count", "1"];
    let mut listener = Listener::start(&gateway, &forward, &words);
    let token = shop.token(server.api);
    let opened = shop.open(server.api, &token, &new_order(), &new_external_id());
    pay(&server, text(&opened, "vaNumber"));
    let line = listener.line();
    assert!(text(&line, "signed").starts_with("POST:/local/a%20b:"), "{line}");
    listener.ended();
}

#[test]
fn a_refusal_is_shown_and_a_restart_survived() {
    let folder = Folder::new("listening");
    let data = folder.path().to_str().unwrap();
    let server = Server::on(folder.path());
    let address = server.api.to_string();
    let receiver = Receiver::with(|_, before| match before.len() {
        0 => Reply::Status(500),
        1 => Reply::HangUp,
        _ => Reply::Status(200),
    });
    let mut listener = Listener::start(&url(&server), &receiver.url("/hook"), &[]);
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let code = text(&merchant.charge(&order, "alfamart", 50_000), "payment_code").to_owned();
    let refused = listener.line();
    assert_eq!((&refused["says"], &refused["status"]), (&json!("pending"), &json!(500)));
    pay(&server, &code);
    let lost = listener.line();
    assert_eq!((&lost["says"], &lost["status"]), (&json!("paid"), &Value::Null));
    assert!(!text(&lost, "answer").is_empty(), "{lost}");

    // The gateway goes away; the listener asks again, says so once, and goes on where it was.
    assert_eq!(server.stop().code, Some(0));
    assert!(listener.line()["unreachable"].is_string());
    let again = ["sandbox", "--listen", &address, "--operations", "off", "--data", data];
    let server = Server::start(&again);
    assert_eq!(listener.line()["reachable"], true);
    let merchant = Merchant::demo(server.api);
    let cancelled = merchant.charge(&new_order(), "alfamart", 50_000);
    assert_eq!(listener.line()["says"], "pending");
    merchant.act(text(&cancelled, "order_id"), "cancel");
    let told = listener.line();
    assert_eq!((&told["says"], &told["status"]), (&json!("cancelled"), &json!(200)));
    drop(listener);

    // From the beginning, and no more than asked for.
    let words = ["--replay", "--count", "4"];
    let mut listener = Listener::start(&url(&server), &receiver.url("/again"), &words);
    for says in ["pending", "paid", "pending", "cancelled"] {
        assert_eq!(listener.line()["says"], says);
    }
    listener.ended();
}

#[test]
fn what_is_sent_again_is_heard_again() {
    let folder = Folder::new("listen-again");
    let data = folder.path().to_str().unwrap();
    let server = Server::on(folder.path());
    let (receiver, endpoint) = (Receiver::new(), Receiver::new());
    let url = endpoint.url("/hook");
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let headers = [("X-Override-Notification", url.as_str())];
    let charged = merchant.charge_with(&order, "alfamart", 50_000, &headers);
    endpoint.wait_for(1);

    // Who listens from now on is told neither the news from before nor that it was sent again before.
    let resend = || {
        let words = ["notification", "resend", "1", "--apply", "--reason", "ticket 7"];
        run(&[&words[..], &["--data", data]].concat()).well();
    };
    resend();
    endpoint.wait_for(2);
    let mut listener = Listener::start(&self::url(&server), &receiver.url("/local"), &[]);
    resend();
    let line = listener.line();
    let told = (&line["says"], &line["again"], &line["order_id"], &line["status"]);
    assert_eq!(told, (&json!("pending"), &json!(true), &json!(order), &json!(200)));
    // Once; and news is told as ever.
    pay(&server, text(&charged, "payment_code"));
    let line = listener.line();
    assert_eq!((&line["says"], &line["again"]), (&json!("paid"), &json!(false)));
    let arrivals = receiver.wait_for(2);
    let told = arrivals[0].json();
    assert_eq!(text(&told, "signature_key"), signature_key(&told, DEMO));
}

#[test]
fn who_listens_has_to_say_who_it_is() {
    let server = Server::in_memory();
    let gateway = url(&server);
    let folder = Folder::new("listen-login");
    let wrong = folder.write("wrong", "SB-Mid-server-nobody\n");
    let right = folder.write("right", &format!("{DEMO}\n"));
    let ask = |words: &[&str]| {
        let own = ["listen", "--forward", "http://127.0.0.1:1/hook"];
        run(&[&own, words].concat())
    };
    let wrong = wrong.to_str().unwrap();
    let operations = format!("http://{}", server.operations());
    for (words, why) in [
        (&["--url", &gateway, "--secret-file", wrong][..], "401"),
        (&["--url", &gateway, "--brand", "nobody"], "no dialect `nobody`"),
        (&["--url", &gateway, "--brand", "cronos", "--secret-file", wrong], "--merchant"),
        (&["--url", "http://203.0.113.1", "--secret-file", wrong], "--plain-http"),
        (&["--url", "/nowhere"], "no address"),
        (&["--url", &gateway, "--merchant", "G000000009"], "--secret-file"),
        (&["--url", &gateway, "--ca-file", wrong], "it holds no certificate"),
        (&["--url", "http://who:secret@127.0.0.1:1"], "leave user name and password out"),
        (&["--url", &operations], "not as a gateway's API does"),
    ] {
        let sentence = ask(words).sentence();
        assert!(sentence.contains(why) && !sentence.contains("nobody\n"), "{words:?}: {sentence}");
        assert!(!sentence.contains("who:secret"), "{sentence}");
    }
    assert_eq!(ask(&["--url", &gateway, "--count", "0"]).code, Some(2));
    // Nobody takes it at the other end, and that is told.
    let merchant = Merchant::demo(server.api);
    merchant.charge(&new_order(), "alfamart", 50_000);
    let words = [
        "--url",
        gateway.as_str(),
        "--secret-file",
        right.to_str().unwrap(),
        "--replay",
        "--count",
        "1",
    ];
    let table = ask(&words).well();
    assert!(table.contains("listening to") && table.contains("pending"), "{table}");
    assert!(table.contains("127.0.0.1:1 refused the connection"), "{table}");
}

#[test]
fn an_order_with_two_codes_is_heard_once() {
    let server = Server::in_memory();
    let merchant = Merchant::demo(server.api);
    let opened = merchant.charge(&new_order(), "alfamart", 50_000);
    let path = format!("/v1/payments/{}/siblings", text(&opened, "transaction_id"));
    let sibling = merchant.send("POST", &path, &[], br#"{"retailer": "indomaret"}"#);
    assert_eq!(sibling.status, 201, "{}", sibling.text());
    pay(&server, &sibling.member("code"));
    // The other code is closed in the same commit, and says nothing.
    let heard = merchant.send("GET", "/v1/notifications?after=start", &[], b"").json();
    let heard = heard["notifications"].as_array().unwrap();
    let said: Vec<_> = heard.iter().map(|one| (text(one, "says"), text(one, "code"))).collect();
    let (first, second) = (text(&opened, "payment_code"), sibling.member("code"));
    assert_eq!(said, [("pending", first), ("paid", second.as_str())]);
}

#[test]
fn the_endpoint_waits_and_keeps_merchants_apart() {
    let server = Server::in_memory();
    let ask = |login: &str, query: &str| {
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(login));
        let headers = [("Authorization", authorization.as_str())];
        let target = format!("/v1/notifications{query}");
        once(server.api, &request("GET", &target, &headers, b"")).unwrap()
    };
    let own = format!("{DEMO}:");
    let empty = ask(&own, "").json();
    assert_eq!((&empty["notifications"], &empty["has_more"]), (&json!([]), &json!(false)));
    let cursor = text(&empty, "next").to_owned();
    let merchant = Merchant::demo(server.api);
    let order = new_order();

    // Whoever waits is answered by the commit.
    let waiting = format!("?after={cursor}&wait=60&url=http%3A%2F%2Flaptop%3A3000%2Fhook");
    let told = std::thread::scope(|scope| {
        let waits = scope.spawn(|| ask(&own, &waiting));
        merchant.charge(&order, "alfamart", 50_000);
        waits.join().unwrap()
    });
    let told = told.json();
    let one = &told["notifications"][0];
    assert_eq!((text(one, "order_id"), text(one, "says")), (order.as_str(), "pending"));
    let body: Value = serde_json::from_str(text(one, "body")).unwrap();
    assert_eq!(text(&body, "signature_key"), signature_key(&body, DEMO));
    assert!(text(one, "signed").ends_with("***"));
    assert!(!told.to_string().contains(DEMO));
    assert_eq!(
        ask(&own, &format!("?after={}", text(&told, "next"))).json()["notifications"],
        json!([])
    );
    assert_eq!(ask(&own, "?after=start").json()["notifications"][0]["id"], one["id"]);
    // Another merchant hears nothing of it.
    let other = ask("SB-Mid-server-gerai-other:", "?after=start").json();
    assert_eq!(other["notifications"], json!([]));
    for query in [
        "?after=1",
        "?after=019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77",
        "?wait=61",
        "?url=hook",
        "?limit=1",
        "?after=start&after=start",
    ] {
        assert_eq!(ask(&own, query).status, 400, "{query}");
    }
    assert_eq!(ask("nobody:", "").status, 401);
}

#[test]
fn a_gateway_is_listened_to_over_tls() {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = rcgen::generate_simple_self_signed(names).unwrap();
    let folder = Folder::new("listen-tls");
    let certificate = folder.write("cert.pem", &own.cert.pem());
    let key = folder.write("key.pem", &own.signing_key.serialize_pem());
    let master = folder.join("master.key");
    run(&["master-key", "new", master.to_str().unwrap()]).well();
    let pools = ["alfa", "indomaret", "pegadaian", "pos"];
    let pools = pools.map(|pool| format!("[pools.{pool}]\nlength = 14\n")).concat();
    let settings = format!(
        "listen = \"127.0.0.1:0\"\noperations = \"off\"\ndata = '{}'\nmaster_key_file = '{}'\n\
         [tls]\ncertificate = '{}'\nkey = '{}'\n{pools}",
        folder.join("data").display(),
        master.display(),
        certificate.display(),
        key.display(),
    );
    let config = folder.write("gerai.toml", &settings);
    let config = ["--config", config.to_str().unwrap()];
    let server = Server::start(&[&["serve"], &config[..]].concat());
    let added = run(&[&["merchant", "add", "Toko Aman", "--json"], &config[..]].concat()).json();
    let secret = folder.write("secret", text(&added["keys"][0], "secret"));

    let receiver = Receiver::new();
    let url = format!("https://localhost:{}", server.api.port());
    let secret = ["--secret-file", secret.to_str().unwrap()];
    let trusted = [&secret[..], &["--ca-file", certificate.to_str().unwrap()]].concat();
    drop(Listener::start(&url, &receiver.url("/hook"), &trusted));

    // Whom nobody vouches for is not told the secret.
    let own = ["listen", "--url", &url, "--forward", "http://127.0.0.1:1/", "--json"];
    let mut child = gerai(&[&own, &secret[..]].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let mut listener = Listener { lines: BufReader::new(child.stdout.take().unwrap()), child };
    let why = listener.line();
    assert!(text(&why, "why").contains("certificate"), "{why}");
    drop(listener);
    assert_eq!(server.stop().code, Some(0));
}
