//! Every entry of the files in `cases/` is a test, and names its source. To add a case, add an entry.

mod damage;

mod keys;

mod refusals;

mod vectors;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use dialect::{Dialect, Notice};
use domain::event::Announcement;
use gateway::{directory::Account, reach::Reach};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use crate::{
    Ayolinx, answer,
    endpoint::Endpoint,
    fault::Fault,
    minify::minify,
    query, reading,
    samples::{account_with, at, view},
    stamp,
};

/// A case whose request is read.
#[derive(Deserialize)]
struct Case {
    name: String,
    source: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
    text: Option<String>,
    body: Option<Box<RawValue>>,
    gives: Value,
}

/// A case whose result is compared to the byte, order of members included.
#[derive(Deserialize)]
struct Rendered {
    name: String,
    source: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
    /// What is rendered: an answer, or the news of a notification.
    what: String,
    standing: String,
    gives: Box<RawValue>,
}

/// What every entry has.
trait Named {
    fn named(&self) -> (&str, &str);
}

impl Named for Case {
    fn named(&self) -> (&str, &str) {
        (&self.name, &self.source)
    }
}

impl Named for Rendered {
    fn named(&self) -> (&str, &str) {
        (&self.name, &self.source)
    }
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases<T: DeserializeOwned + Named>(name: &str) -> Vec<T> {
    let cases: Vec<T> = serde_json::from_str(&file(name)).unwrap();
    assert!(!cases.is_empty(), "{name} is empty");
    let mut names = BTreeSet::new();
    for case in &cases {
        let (case, source) = case.named();
        assert!(!source.is_empty(), "{name}: {case} names no source");
        assert!(names.insert(case), "{name}: two cases are called {case}");
    }
    cases
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

fn account_of(options: &BTreeMap<String, String>) -> Account {
    let options: Vec<_> =
        options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    account_with(&options)
}

fn shown(fault: &Fault, endpoint: Endpoint) -> Value {
    let body: Value = serde_json::from_slice(&fault.body(endpoint.service())).unwrap();
    let text = |member: &str| body[member].as_str().unwrap().to_owned();
    let code = text("responseCode");
    assert_eq!(code[..3], fault.http().to_string());
    json!({ "fault": format!("{code} {}", text("responseMessage")) })
}

/// The bytes of a case's request: its text as it is, or the JSON of its body as it is written.
fn request(case: &Case) -> &[u8] {
    match (&case.text, &case.body) {
        (Some(text), None) => text.as_bytes(),
        (None, Some(body)) => body.get().as_bytes(),
        _ => panic!("{}: either text or body", case.name),
    }
}

/// What was understood of a create.
fn create(body: &[u8], account: &Account) -> Value {
    let create =
        reading::body(body).and_then(|body| reading::create(&body, account, &Reach::Everything));
    let create = match create {
        Ok(create) => create,
        Err(fault) => return shown(&fault, Endpoint::Create),
    };
    let mut gives = json!({
        "order": create.order.as_str(),
        "expires": stamp::wib(create.expires_at),
        "payer": create.name,
        "email": create.email,
        "phone": create.phone,
        "amount": create.amount.get(),
        "returns_to": create.urls.payer_returns_to,
        "notifications": create.urls.notifications,
        "retailer": create.retailer.as_str(),
    });
    assert_eq!(create.expires_at.millis() % 1_000, 0);
    // What a case does not mention is empty.
    let gives = gives.as_object_mut().unwrap();
    gives.retain(|_, value| !value.is_null() && *value != json!([]));
    Value::Object(std::mem::take(gives))
}

#[test]
fn creates_are_read() {
    let mut failures = Vec::new();
    for case in cases::<Case>("creates.json") {
        let got = create(request(&case), &account_of(&case.options));
        if got != case.gives {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn queries_are_read() {
    let mut failures = Vec::new();
    for case in cases::<Case>("queries.json") {
        let account = account_of(&case.options);
        let read = query::body(request(&case)).and_then(|body| query::read(body, &account));
        let got = match read {
            Ok(query) => {
                json!({ "order": query.order.as_str(), "retailer": query.retailer.as_str() })
            }
            Err(fault) => shown(&fault, Endpoint::Query),
        };
        if got != case.gives {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn answers_are_written() {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases::<Rendered>("answers.json") {
        let write = match case.what.as_str() {
            "create" => answer::write_created,
            "query" => answer::write_standing,
            other => panic!("{}: no answer is called {other}", case.name),
        };
        let page = "https://pay.example/pay/1".to_owned();
        let got = write(&account_of(&case.options), &view(&case.standing), page);
        if minify(case.gives.get().as_bytes()) != got {
            failures.push(format!("{}\n  got {}", case.name, String::from_utf8_lossy(&got)));
        }
        seen.insert((case.what, case.standing));
    }
    report(&failures);
    // Rule 27: every state, and what is special within one.
    for standing in [
        "opening",
        "pending",
        "reserved",
        "in grace",
        "paid",
        "held",
        "final",
        "paid late",
        "settled",
        "reversed",
        "clawed_back",
        "cancelled",
        "expired",
    ] {
        assert!(seen.contains(&("query".to_owned(), standing.to_owned())), "{standing}");
    }
}

#[test]
fn notifications_are_written() {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for case in cases::<Rendered>("notifications.json") {
        let announcement = announcement(&case.what);
        let account = account_of(&case.options);
        let view = view(&case.standing);
        let notice = Notice {
            announcement,
            account: &account,
            view: &view,
            url: "https://shop.example.com/webhooks/ayolinx",
            happened_at: at("2024-09-18T15:00:00+07:00"),
            now: at("2024-09-18T15:00:01+07:00"),
        };
        let sent = Ayolinx.notification(&notice).unwrap();
        if minify(case.gives.get().as_bytes()) != sent.body {
            let got = String::from_utf8_lossy(&sent.body).into_owned();
            failures.push(format!("{}\n  got {got}", case.name));
        }
        let later = Notice { now: at("2024-09-18T16:00:00+07:00"), ..notice };
        let later = Ayolinx.notification(&later).unwrap();
        assert_eq!(later.body, sent.body, "{}", case.name);
        let names: Vec<_> = sent.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["content-type", "x-timestamp", "x-signature", "x-external-id"]);
        assert_eq!(sent.headers[1].1, "2024-09-18T15:00:01+07:00");
        // Time and signature are of the attempt, the id is of the news.
        assert_ne!(later.headers[1..3], sent.headers[1..3]);
        assert_eq!(later.headers[3], sent.headers[3]);
        assert!(sent.headers[3].1.len() <= 36);
        ids.insert((announcement, sent.headers[3].1.clone()));
        seen.insert(announcement);
    }
    report(&failures);
    assert!(seen.iter().eq(&Announcement::ALL.into_iter().collect::<BTreeSet<_>>()));
    assert_eq!(ids.len(), seen.len());
    for announcement in Announcement::ALL {
        assert_eq!(Ayolinx.announces(announcement), announcement != Announcement::Pending);
    }
}

fn announcement(name: &str) -> Announcement {
    let named = |announcement: &Announcement| format!("{announcement:?}") == name;
    Announcement::ALL.into_iter().find(named).unwrap_or_else(|| panic!("no news is called {name}"))
}
