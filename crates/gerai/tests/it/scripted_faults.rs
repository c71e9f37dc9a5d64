//! Scripts by which something goes wrong in a sandbox, with requests and with notifications.

use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::{Answer, Connection, get, once, post, request},
    merchant::{DEMO, Merchant, OTHER, new_order, signed, text},
    process::{Ended, Server, run},
    receiver::{Arrival, Receiver, Reply},
    till::Signed,
};

const FAULTS: &str = "/sandbox/v1/faults";

fn delete(server: &Server, target: &str) -> Answer {
    once(server.api, &request("DELETE", target, &[], b"")).unwrap()
}

/// Adds a script, and must be allowed to.
fn script(server: &Server, script: &Value) -> Value {
    let answer = post(server.api, FAULTS, &script.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn listed(server: &Server) -> Vec<Value> {
    get(server.api, FAULTS).json()["faults"].as_array().unwrap().clone()
}

/// Moves the clock, and returns when everything is sent that is due until then.
fn advance(server: &Server, span: &str) {
    let answer = post(server.api, "/sandbox/v1/clock", &format!(r#"{{"advance":"{span}"}}"#));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Opens a payment whose news goes to `url`: its order id and its code.
fn charge(server: &Server, url: &str, headers: &[(&str, &str)]) -> (String, String) {
    let order = new_order();
    let headers = [&[("X-Override-Notification", url)], headers].concat();
    let charged = Merchant::demo(server.api).charge_with(&order, "alfamart", 50_000, &headers);
    (order, text(&charged, "payment_code").to_owned())
}

fn pay(server: &Server, code: &str) {
    let paid = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    assert_eq!(paid.member("code"), "00", "{}", paid.text());
}

/// What arrived, by what it says.
fn words(arrivals: &[Arrival]) -> Vec<String> {
    let word = |arrival: &Arrival| text(&arrival.json(), "transaction_status").to_owned();
    arrivals.iter().map(word).collect()
}

/// The notifications of an order, the oldest first, as the program tells them.
fn notifications(folder: &Folder, order: &str) -> Vec<Value> {
    let data = folder.path().to_str().unwrap();
    let listed = run(&["notification", "list", "--order", order, "--json", "--data", data]).json();
    let numbers = listed.as_array().unwrap().iter().rev().map(|one| one["no"].to_string());
    let show = |no: String| run(&["notification", "show", &no, "--json", "--data", data]).json();
    numbers.map(show).collect()
}

/// Which of 24 requests are turned down.
fn turned_down(server: &Server, seed: u64) -> Vec<usize> {
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    merchant.charge(&order, "alfamart", 50_000);
    let wanted = json!({
        "fault": "error=500", "path": "/v2/*/status", "share": 0.5, "seed": seed,
    });
    let no = script(server, &wanted)["no"].clone();
    let is_down = |_: &usize| {
        let answer = merchant.send("GET", &format!("/v2/{order}/status"), &[], b"");
        text(&answer.json(), "status_code") == "500"
    };
    let down: Vec<_> = (0..24).filter(is_down).collect();
    let told = listed(server).pop().unwrap();
    assert_eq!((&told["seen"], &told["struck"]), (&json!(24), &json!(down.len())));
    assert_eq!(delete(server, &format!("{FAULTS}/{no}")).status, 200);
    down
}

#[test]
fn the_same_seed_turns_down_the_same_requests() {
    let server = Server::in_memory();
    let first = turned_down(&server, 7);
    assert!((4..20).contains(&first.len()), "{first:?}");
    assert_eq!(turned_down(&server, 7), first);
    assert_ne!(turned_down(&server, 8), first);
    // It is the same in another process.
    assert_eq!(turned_down(&Server::in_memory(), 7), first);
}

#[test]
fn a_script_strikes_whose_it_is_about_and_ends_with_its_times() {
    let server = Server::in_memory();
    let chosen = script(
        &server,
        &json!({ "fault": "drop=answer", "merchant": "G000000001", "times": 2, "path": "/v2/**" }),
    );
    assert!(chosen["seed"].is_u64(), "{chosen}");
    // Whether it was done, of a charge that may get no answer.
    let charge = |key: &str| {
        let order = new_order();
        let body = crate::drive::merchant::charge_body(&order, "alfamart", 50_000).to_string();
        let bytes = signed(key, "POST", "/v2/charge", &[("Connection", "close")], body.as_bytes());
        let mut connection = Connection::open(server.api).unwrap();
        connection.write(&bytes).unwrap();
        (order, connection.read_to_end().unwrap().is_empty())
    };
    assert!(!charge(OTHER).1, "it is somebody else's");
    let [first, second, third] = [(); 3].map(|()| charge(DEMO));
    assert_eq!([first.1, second.1, third.1], [true, true, false]);
    let status = Merchant::demo(server.api).status(&first.0);
    assert_eq!(text(&status, "transaction_status"), "pending", "it was carried out");
    let told = &listed(&server)[0];
    // The status was asked for too, after its times were over.
    assert_eq!((&told["seen"], &told["struck"]), (&json!(4), &json!(2)));
}

#[test]
fn a_counters_requests_go_wrong_too_and_its_answers_are_signed() {
    let server = Server::in_memory();
    let echo = || {
        let signed = Signed::now("GET", "/counter/v1/echo", b"");
        let request = request("GET", "/counter/v1/echo", &signed.headers(), b"");
        let answer = once(server.api, &request).unwrap();
        signed.check(&answer);
        answer
    };
    let wanted = json!({
        "fault": "error=96", "partner": "counter-demo", "path": "/counter/v1/echo", "times": 1,
    });
    script(&server, &wanted);
    let answer = echo();
    assert_eq!((answer.status, answer.member("code").as_str()), (503, "96"));
    assert_eq!(echo().status, 200);
}

#[test]
fn nothing_of_the_sandbox_itself_goes_wrong() {
    let server = Server::in_memory();
    script(&server, &json!({ "fault": "drop=request" }));
    for path in [FAULTS, "/simulator", "/inbox", "/sandbox/v1/clock"] {
        assert_eq!(get(server.api, path).status, 200, "{path}");
    }
    assert_eq!(delete(&server, FAULTS).json(), json!({ "removed": 1 }));
    let merchant = Merchant::demo(server.api);
    merchant.charge(&new_order(), "alfamart", 50_000);
    assert_eq!(delete(&server, &format!("{FAULTS}/1")).member("error"), "unknown_fault");
}

#[test]
fn a_lost_notification_is_retried_and_the_log_says_why() {
    let folder = Folder::new("fault-suppress");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    script(&server, &json!({ "fault": "suppress", "merchant": "G000000001", "times": 2 }));
    let (order, _) = charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "1s");
    assert_eq!(receiver.arrivals().len(), 0);
    advance(&server, "1h");
    assert_eq!(words(&receiver.arrivals()), ["pending"]);
    let [one] = notifications(&folder, &order).try_into().unwrap();
    assert_eq!(one["state"], "delivered", "{one:#}");
    let tries = one["tries"].as_array().unwrap();
    assert_eq!(tries.len(), 3, "{one:#}");
    for lost in &tries[..2] {
        assert!(text(lost, "verdict").starts_with("Lost on its way, as script 1 wants"), "{lost}");
        assert_eq!(lost["exchange"]["hops"], json!([]), "nothing was sent");
        assert!(lost["no"].is_u64(), "it is one of the vendor's tries");
    }
    assert_eq!(tries[2]["status"], 200);
    // By the vendor's intervals, and not by ours.
    run(&["verify", "--data", folder.path().to_str().unwrap()]).well();
}

#[test]
fn a_notification_that_is_lost_for_good_never_arrives() {
    let folder = Folder::new("fault-forever");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    script(&server, &json!({ "fault": "suppress=forever", "says": "paid", "brand": "midtrans" }));
    let (order, code) = charge(&server, &receiver.url("/hook"), &[]);
    pay(&server, &code);
    advance(&server, "12h");
    assert_eq!(words(&receiver.arrivals()), ["pending"]);
    let [_, paid] = notifications(&folder, &order).try_into().unwrap();
    assert_eq!((&paid["state"], paid["tries"].as_array().unwrap().len()), (&json!("failed"), 1));
    assert_eq!(
        text(&Merchant::demo(server.api).status(&order), "transaction_status"),
        "settlement"
    );
}

#[test]
fn a_duplicate_is_the_same_bytes_and_every_copy_is_in_the_log() {
    let folder = Folder::new("fault-duplicate");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    script(&server, &json!({ "fault": "duplicate=2" }));
    let (order, _) = charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "1s");
    let arrivals = receiver.wait_for(3);
    assert!(arrivals.iter().all(|one| one.body == arrivals[0].body), "{arrivals:?}");
    let [one] = notifications(&folder, &order).try_into().unwrap();
    let tries = one["tries"].as_array().unwrap();
    let numbers: Vec<_> = tries.iter().map(|one| one["no"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), None, None], "{one:#}");
    assert!(tries.iter().all(|one| one["status"] == 200), "{one:#}");
    assert!(text(&tries[1], "verdict").starts_with("A copy, as script 1 wants"));
    assert_eq!(one["state"], "delivered");

    // A merchant that chokes on the first is told by the vendor's rules, whatever the copies met.
    receiver.behave(|_, before| Reply::Status(if before.len() == 3 { 500 } else { 200 }));
    let (order, _) = charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "1s");
    assert_eq!(receiver.arrivals().len(), 6);
    assert_eq!(notifications(&folder, &order)[0]["state"], "due");
}

#[test]
fn a_delay_goes_by_the_sandboxs_clock() {
    let folder = Folder::new("fault-delay");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    script(&server, &json!({ "fault": "delay=10m" }));
    let (order, _) = charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "9m");
    assert_eq!(receiver.arrivals().len(), 0);
    advance(&server, "2m");
    assert_eq!(words(&receiver.arrivals()), ["pending"]);
    let [one] = notifications(&folder, &order).try_into().unwrap();
    let tries = one["tries"].as_array().unwrap();
    assert_eq!((tries.len(), &one["state"]), (2, &json!("delivered")), "{one:#}");
    assert!(text(&tries[0], "verdict").starts_with("Put off, as script 1 wants"), "{one:#}");
    assert_eq!((&tries[0]["no"], &tries[1]["no"]), (&Value::Null, &json!(1)));
    let [put_off, sent] = [0, 1]
        .map(|no| text(&tries[no], "at").parse::<jiff::Timestamp>().unwrap().as_millisecond());
    // It was struck a moment before it was written down.
    assert!((599_000..=602_000).contains(&(sent - put_off)), "{one:#}");
}

#[test]
fn older_news_arrives_behind_newer() {
    let folder = Folder::new("fault-reorder");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    script(&server, &json!({ "fault": "reorder=2h" }));
    let (order, code) = charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "1s");
    assert_eq!(receiver.arrivals().len(), 0);
    pay(&server, &code);
    advance(&server, "1s");
    assert_eq!(words(&receiver.arrivals()), ["settlement", "pending"]);
    let told = notifications(&folder, &order);
    let states: Vec<_> = told.iter().map(|one| text(one, "state")).collect();
    assert_eq!(states, ["delivered", "delivered"], "{told:#?}");
    let held = text(&told[0]["tries"][0], "verdict");
    assert!(held.starts_with("Held back until newer news of the payment is sent"), "{held}");
    advance(&server, "3h");
    assert_eq!(receiver.arrivals().len(), 2, "each is told once");

    // What else goes wrong with the newer does not keep the older from following it.
    let (_, code) = charge(&server, &receiver.url("/hook"), &[]);
    let simulate = ["simulate", "pay", &code, "--fault", "duplicate", "--url"];
    run(&[&simulate[..], &[&format!("http://{}", server.api)]].concat()).well();
    advance(&server, "1s");
    assert_eq!(words(&receiver.arrivals())[2..], ["settlement", "settlement", "pending"]);

    // Where no newer comes, it is sent alone.
    charge(&server, &receiver.url("/hook"), &[]);
    advance(&server, "1h");
    assert_eq!(receiver.arrivals().len(), 5);
    advance(&server, "61m");
    assert_eq!(words(&receiver.arrivals())[5..], ["pending"]);
}

#[test]
fn a_request_says_what_goes_wrong_with_what_is_told_of_it() {
    let folder = Folder::new("fault-header");
    let (server, receiver) = (Server::on(folder.path()), Receiver::new());
    let url = receiver.url("/hook");
    let fault = [("X-Gerai-Fault", "suppress=forever; seed=3")];
    let (lost, code) = charge(&server, &url, &fault);
    let (kept, _) = charge(&server, &url, &[]);
    advance(&server, "1s");
    let orders = |arrivals: &[Arrival]| -> Vec<String> {
        arrivals.iter().map(|one| text(&one.json(), "order_id").to_owned()).collect()
    };
    assert_eq!(orders(&receiver.arrivals()), [kept]);
    // What comes of another request about the same payment is told.
    let simulate = ["simulate", "pay", &code, "--fault", "duplicate", "--url"];
    run(&[&simulate[..], &[&format!("http://{}", server.api)]].concat()).well();
    advance(&server, "1s");
    assert_eq!(orders(&receiver.arrivals())[1..], [lost.clone(), lost.clone()]);
    let told = notifications(&folder, &lost);
    let verdict = text(&told[0]["tries"][0], "verdict");
    assert!(verdict.contains("the request's X-Gerai-Fault"), "{verdict}");
}

/// Which of twelve payments' news never arrives.
fn lost(server: &Server, receiver: &Receiver, seed: u64) -> Vec<usize> {
    script(server, &json!({ "fault": "suppress=forever", "share": 0.5, "seed": seed }));
    let is_lost = |_: &usize| {
        let before = receiver.arrivals().len();
        charge(server, &receiver.url("/hook"), &[]);
        advance(server, "1s");
        receiver.arrivals().len() == before
    };
    let lost = (0..12).filter(is_lost).collect();
    delete(server, FAULTS);
    lost
}

#[test]
fn the_same_seed_loses_the_same_notifications() {
    let (server, receiver) = (Server::in_memory(), Receiver::new());
    let first = lost(&server, &receiver, 11);
    assert!((1..12).contains(&first.len()), "{first:?}");
    assert_eq!(lost(&server, &receiver, 11), first);
    assert_ne!(lost(&server, &receiver, 12), first);
}

#[test]
fn the_inbox_sees_the_same() {
    let server = Server::in_memory();
    script(&server, &json!({ "fault": "duplicate=1", "says": "pending" }));
    let charged = Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    pay(&server, text(&charged, "payment_code"));
    advance(&server, "1s");
    let inbox = get(server.api, "/sandbox/v1/inbox").json();
    let bodies = inbox["notifications"].as_array().unwrap().iter();
    let bodies: Vec<Value> =
        bodies.map(|one| serde_json::from_str(text(one, "body")).unwrap()).collect();
    let words: Vec<_> = bodies.iter().map(|body| text(body, "transaction_status")).collect();
    assert_eq!(words, ["pending", "pending", "settlement"]);
}

#[test]
fn scripts_from_a_shell() {
    let server = Server::in_memory();
    let url = format!("http://{}", server.api);
    let fault = |words: &[&str]| -> Ended { run(&[&["fault"], words, &["--url", &url]].concat()) };
    let words = ["add", "latency=1s..2s", "--brand", "midtrans", "--share", "0.25", "--seed", "7"];
    let added = fault(&[&words[..], &["--json"]].concat()).json();
    assert_eq!(
        (&added["no"], &added["seed"], &added["share"]),
        (&json!(1), &json!(7), &json!(0.25))
    );
    assert_eq!(fault(&["list", "--json"]).json()["faults"], json!([added]));
    let table = fault(&["list"]).well();
    assert!(table.contains("latency=1s..2s") && table.contains("brand midtrans"), "{table}");
    let wrong = fault(&["add", "latency=soon"]).sentence();
    assert!(wrong.contains("latency: `soon` is no length of time"), "{wrong}");
    assert_eq!(fault(&["remove", "1"]).well(), "1 removed\n");
    assert!(fault(&["remove", "1"]).sentence().contains("no script has this number"));
    assert_eq!(fault(&["remove", "--all", "--json"]).json(), json!({ "removed": 0 }));
    assert!(fault(&["list"]).well().contains("nothing goes wrong"));
}
