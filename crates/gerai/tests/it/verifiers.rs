//! Whether a notification is genuine, as merchants check it: by the programs under docs/verify, in four
//! languages, and by `gerai notification verify`; each with what the program really sent, and with the
//! same changed on the way.

use std::{path::PathBuf, process::Command};

use gateway::clock::Stopwatch;
use serde_json::{Value, json};

use crate::drive::{
    ayolinx::{Client, new_external_id},
    cronos::Project,
    folder::Folder,
    http::post,
    merchant::{DEMO, Merchant, OTHER, new_order, text},
    process::{Server, project, run, tell},
    receiver::{Arrival, Receiver},
};

/// The programs of each dialect, one for each language.
const LANGUAGES: [(&str, &[&str]); 4] =
    [("py", &["python3"]), ("js", &["node"]), ("php", &["php"]), ("go", &["go", "run"])];

/// Ayolinx' demo platform key, the half that merchants have.
const PLATFORM_KEY: &str = include_str!("../../../dialect-ayolinx/demo/platform_public.pem");

/// A notification that arrived, and what its merchant knows.
struct Sample {
    /// The programs' name.
    program: &'static str,
    /// The dialect's name for `gerai`.
    dialect: &'static str,
    /// The merchant's public name.
    merchant: String,
    arrival: Arrival,
    /// What the programs read from their environment.
    environment: Vec<(&'static str, String)>,
    /// What the body says that a thief would change.
    valuable: (&'static str, &'static str),
}

/// One of each dialect, as the program sent it.
fn samples(server: &Server, receiver: &Receiver, events_secret: &str) -> Vec<Sample> {
    let api = server.api;
    let pay = |code: &str| {
        let pressed = post(api, &format!("/sandbox/v1/payments/{code}/pay"), "");
        assert_eq!((pressed.status, pressed.member("code").as_str()), (200, "00"));
    };
    let arrived = |path: &str, says: &str| {
        let is_it =
            |one: &Arrival| one.path == path && String::from_utf8_lossy(&one.body).contains(says);
        let found = receiver.wait(|arrivals| arrivals.iter().any(is_it));
        found.into_iter().find(is_it).unwrap_or_else(|| panic!("nothing at {path}"))
    };
    let mut samples = Vec::new();

    let url = receiver.url("/midtrans");
    let headers = [("X-Override-Notification", url.as_str())];
    let charged = Merchant::demo(api).charge_with(&new_order(), "alfamart", 50_000, &headers);
    pay(text(&charged, "payment_code"));
    samples.push(Sample {
        program: "midtrans",
        dialect: "midtrans",
        merchant: "G000000001".to_owned(),
        arrival: arrived("/midtrans", "settlement"),
        environment: vec![("SERVER_KEY", DEMO.to_owned())],
        valuable: ("50000.00", "90000.00"),
    });
    samples.push(Sample {
        program: "gerai",
        dialect: "gerai",
        merchant: "G000000001".to_owned(),
        arrival: arrived("/events", "payment.paid"),
        environment: vec![("EVENTS_SECRET", events_secret.to_owned())],
        valuable: ("50000", "90000"),
    });

    for (dialect, path, shop) in
        [("cronos", "/cronos", Project::of_cronos()), ("sengo", "/sengo", Project::of_sengo())]
    {
        let opened = shop.open_telling(api, &new_order(), &receiver.url(path));
        pay(text(&opened["retail"], "paymentCode"));
        samples.push(Sample {
            program: "cronos",
            dialect,
            merchant: shop.key.clone(),
            arrival: arrived(path, "success"),
            environment: vec![("KEY", shop.key.clone()), ("TOKEN", shop.token)],
            valuable: ("50000", "90000"),
        });
    }

    let shop = Client::demo();
    let token = shop.token(api);
    let opened = shop.open(api, &token, &new_order(), &new_external_id());
    pay(text(&opened, "vaNumber"));
    samples.push(Sample {
        program: "ayolinx",
        dialect: "ayolinx",
        merchant: shop.key.clone(),
        arrival: arrived("/a%20yolinx", "50000.00"),
        environment: vec![
            ("NOTIFY_PATH", "/a%20yolinx".to_owned()),
            ("PLATFORM_PUBLIC_KEY", PLATFORM_KEY.to_owned()),
        ],
        valuable: ("50000.00", "90000.00"),
    });
    samples
}

/// A sandbox whose Ayolinx merchant is told at the receiver, and what everybody was told there.
fn scene(what: &str) -> (Folder, Receiver, Vec<Sample>) {
    let folder = Folder::new(what);
    let server = Server::on(folder.path());
    let receiver = Receiver::new();
    let client = Client::demo();
    let url = receiver.url("/a%20yolinx");
    let data = folder.path().to_str().unwrap().to_owned();
    run(&["merchant", "set", &client.key, "--notification-url", &url, "--data", &data]).well();
    let rotate = ["merchant", "rotate-key", "G000000001", "--key", "events"];
    let rotated = run(&[&rotate[..], &["--data", &data, "--json"]].concat()).json();
    let secret = text(&rotated["keys"][0], "secret");
    let events = receiver.url("/events");
    run(&["merchant", "set", "G000000001", "--events-url", &events, "--data", &data]).well();
    let samples = samples(&server, &receiver, secret);
    // What was answered is written down a moment later.
    let stopwatch = Stopwatch::start();
    let list = ["notification", "list", "--data", &data, "--json"];
    // Payers are reminded later.
    let is_tried = |one: &Value| !one["to_payer"].is_null() || one["attempts"].as_u64() > Some(0);
    while !run(&list).json().as_array().unwrap().iter().all(is_tried) {
        assert!(stopwatch.elapsed().as_secs() < 30, "not everything is written down");
    }
    assert_eq!(server.stop().code, Some(0));
    (folder, receiver, samples)
}

impl Sample {
    /// The body with another amount in it.
    fn changed_body(&self) -> String {
        let body = String::from_utf8(self.arrival.body.clone()).unwrap();
        let changed = body.replace(self.valuable.0, self.valuable.1);
        assert_ne!(changed, body);
        changed
    }

    fn headers(&self) -> String {
        let lines = self.arrival.headers.iter();
        lines.map(|(name, value)| [name, ": ", value, "\n"].concat()).collect()
    }

    /// Files of body and headers, under a name of their own.
    fn write(&self, folder: &Folder, name: &str, body: &str, headers: &str) -> (PathBuf, PathBuf) {
        let name = format!("{}-{name}", self.dialect);
        let body = folder.write(&format!("{name}.json"), body);
        (body, folder.write(&format!("{name}.txt"), headers))
    }

    /// The files as they arrived, and with everything that must not pass.
    fn cases(&self, folder: &Folder) -> Vec<(bool, PathBuf, PathBuf)> {
        let body = String::from_utf8(self.arrival.body.clone()).unwrap();
        let headers = self.headers();
        let mut cases = vec![(true, self.write(folder, "genuine", &body, &headers))];
        cases.push((false, self.write(folder, "changed", &self.changed_body(), &headers)));
        cases.push((false, self.write(folder, "empty", "{}", &headers)));
        if self.program == "midtrans" {
            let unsigned = body.replace("signature_key", "signature_was");
            cases.push((false, self.write(folder, "unsigned", &unsigned, &headers)));
        } else {
            cases.push((false, self.write(folder, "spaced", &format!("{body} "), &headers)));
            cases.push((false, self.write(folder, "unsigned", &body, "content-type: x\n")));
            let other = headers
                .replace("timestamp: 20", "timestamp: 19")
                .replace("webhook-id: evt", "webhook-id: evt2")
                .replace(&format!("key: {}", self.merchant), "key: somebody-else");
            cases.push((false, self.write(folder, "other", &body, &other)));
        }
        cases.into_iter().map(|(genuine, (body, headers))| (genuine, body, headers)).collect()
    }
}

/// Runs every program of a language over every sample.
fn programs(ending: &str) {
    let (_, command) = LANGUAGES.iter().find(|(name, _)| *name == ending).unwrap();
    let (folder, _receiver, samples) = scene("verifiers");
    for sample in samples {
        let program = project().join("docs/verify").join(format!("{}.{ending}", sample.program));
        for (genuine, body, headers) in sample.cases(&folder) {
            let mut command_line = Command::new(command[0]);
            command_line.args(&command[1..]).arg(&program).args([&body, &headers]);
            // Go wants a place for what it compiles, also where nobody has a home.
            command_line.env("GOCACHE", project().join(".test-deps/go-cache"));
            for (name, value) in &sample.environment {
                command_line.env(name, value);
            }
            let output = command_line
                .output()
                .unwrap_or_else(|error| panic!("{}: {error}; run `make deps`", command[0]));
            let said = String::from_utf8_lossy(&output.stdout);
            let wanted = if genuine { "genuine" } else { "not genuine" };
            assert_eq!(
                said.trim(),
                wanted,
                "{} of {}: {}",
                program.display(),
                body.display(),
                tell(&output)
            );
            assert_eq!(output.status.success(), genuine, "{}", tell(&output));
        }
    }
}

#[test]
fn in_python() {
    programs("py");
}

#[test]
fn in_node() {
    programs("js");
}

#[test]
fn in_php() {
    programs("php");
}

#[test]
fn in_go() {
    programs("go");
}

#[test]
fn gerai_says_whether_and_why_not() {
    let (folder, receiver, samples) = scene("verify-command");
    let data = folder.path().to_str().unwrap();
    for sample in samples {
        let url = receiver.url(&sample.arrival.path);
        let ask = |body: &PathBuf, headers: &PathBuf, key: &[&str]| {
            let files = ["--body", body.to_str().unwrap(), "--headers", headers.to_str().unwrap()];
            let words = ["notification", "verify", "--dialect", sample.dialect, "--url", &url];
            let more = ["--data", data, "--json"];
            let ended = run(&[&words[..], &files, key, &more].concat());
            let said: Value = serde_json::from_str(&ended.said)
                .unwrap_or_else(|error| panic!("{error}: {ended:?}"));
            assert_eq!(said["right"], json!(ended.code == Some(0)), "{said}");
            (ended.code, said)
        };
        let by_data = ["--merchant", sample.merchant.as_str()];
        for (genuine, body, headers) in sample.cases(&folder) {
            let (code, said) = ask(&body, &headers, &by_data);
            assert_eq!(code, Some(if genuine { 0 } else { 2 }), "{body:?}: {said}");
            assert_eq!(said["differences"].as_array().unwrap().is_empty(), genuine, "{said}");
        }
        // The key of a file, and one of somebody else.
        let secret = &sample.environment.last().unwrap().1;
        let secret = if sample.program == "midtrans" { DEMO } else { secret.as_str() };
        let file = folder.write("key", &format!("{secret}\n"));
        let cases = sample.cases(&folder);
        let (_, body, headers) = &cases[0];
        let (code, said) = ask(body, headers, &["--key-file", file.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{said}");
        for secret in [DEMO, OTHER, secret] {
            assert!(secret == PLATFORM_KEY || !said.to_string().contains(secret), "{said}");
        }
        if matches!(sample.program, "midtrans" | "cronos") {
            let (code, said) = ask(body, headers, &["--key", "of-somebody-else"]);
            assert_eq!(code, Some(2), "{said}");
            let differences = said["differences"].to_string();
            assert!(differences.contains("demo merchant"), "the key is named: {differences}");
        }
    }
    let none = ["notification", "verify", "--dialect", "nobody", "--body", "/dev/null"];
    assert!(run(&none).sentence().contains("midtrans, cronos, sengo, ayolinx, gerai"));
    let none = ["notification", "verify", "--dialect", "midtrans", "--body", "/dev/null"];
    assert!(run(&none).sentence().contains("--merchant"));
}

#[test]
fn what_a_notification_says_it_signed_gives_its_signature() {
    let (folder, _receiver, samples) = scene("signed");
    let data = folder.path().to_str().unwrap();
    let list = run(&["notification", "list", "--data", data, "--json"]);
    let list = list.json();
    for sample in samples {
        let body = String::from_utf8(sample.arrival.body.clone()).unwrap();
        let mut found = list.as_array().unwrap().iter().filter_map(|line| {
            let no = line["no"].to_string();
            let shown = run(&["notification", "show", &no, "--data", data, "--json"]).json();
            let exchange = shown["tries"][0]["exchange"].clone();
            (exchange["hops"][0]["request_body"] == json!(body)).then_some((no, exchange))
        });
        let (no, exchange) =
            found.next().unwrap_or_else(|| panic!("{} is not kept", sample.dialect));
        let signed = text(&exchange, "signed");
        // For people it is the same, and no key is in it.
        let page = run(&["notification", "show", &no, "--data", data]).well();
        assert!(page.contains(&format!("«{signed}»")), "{page}");
        for part in ["attempt 1 of 1", "verdict  200", "first byte", "connection to 127.0.0.1"] {
            assert!(page.contains(part), "no `{part}` in {page}");
        }
        for (name, secret) in &sample.environment {
            assert!(matches!(*name, "KEY" | "NOTIFY_PATH") || !page.contains(secret), "{page}");
        }
        match sample.program {
            "midtrans" => {
                let told: Value = serde_json::from_str(&body).unwrap();
                let full = signed.replace("***", DEMO);
                let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, full.as_bytes());
                assert_eq!(told["signature_key"], json!(hex::encode(hash)));
            }
            "cronos" => {
                let shop = [Project::of_cronos(), Project::of_sengo()];
                let shop = shop.into_iter().find(|shop| shop.key == sample.merchant).unwrap();
                let header = shop.names.signature.to_lowercase();
                let ours = hex::encode(shop.sign(signed.as_bytes()));
                assert_eq!(sample.arrival.header(&header), Some(ours.as_str()));
            }
            "gerai" => {
                let id = sample.arrival.header("webhook-id").unwrap();
                assert!(signed.starts_with(id) && signed.ends_with(&body), "{signed}");
            }
            _ => assert!(signed.starts_with("POST:/a%20yolinx:"), "{signed}"),
        }
    }
}
