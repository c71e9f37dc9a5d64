//! Every entry of the files in `cases/` is a test, and names its source. To add a case, add an entry.

mod refusals;

use std::{collections::BTreeSet, fs, path::Path};

use dialect::{Dialect, Notice};
use domain::{
    event::Announcement,
    money::{Balance, Bearer},
};
use gateway::{reach::Reach, request::Balances};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    CRONOS, Platform, SENGO, answer,
    brand::Brand,
    fault::Fault,
    memo::Memo,
    php::{self, Style},
    reading,
    samples::{account, view},
    sign,
};

/// A request, and what is understood of it.
#[derive(Deserialize)]
struct Read {
    name: String,
    source: String,
    /// The whole body, or members that are put into a good one; `null` takes one out.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    with: serde_json::Map<String, Value>,
    gives: Value,
}

/// A case whose result is compared to the byte, order of members included.
#[derive(Deserialize)]
struct Rendered {
    name: String,
    source: String,
    /// The news, for a notification.
    #[serde(default)]
    what: String,
    brand: String,
    standing: String,
    /// Whether the merchant bears the fee.
    #[serde(default)]
    merchant_bears: bool,
    gives: Box<RawValue>,
}

impl Rendered {
    fn platform(&self) -> Platform {
        let named = |platform: &Platform| platform.brand() == self.brand;
        [CRONOS, SENGO].into_iter().find(named).unwrap_or_else(|| panic!("{}", self.brand))
    }

    fn bearer(&self) -> Bearer {
        if self.merchant_bears { Bearer::Merchant } else { Bearer::Payer }
    }

    /// What the case wants, to the byte.
    fn text(&self) -> String {
        let document = php::parse(self.gives.get().as_bytes()).unwrap();
        String::from_utf8(document.encode(Style::PHP).unwrap()).unwrap()
    }
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check_names<'a>(file: &str, cases: impl Iterator<Item = (&'a String, &'a String)>) {
    let mut names = BTreeSet::new();
    for (name, source) in cases {
        assert!(names.insert(name), "{file}: two cases are called {name}");
        assert!(!source.is_empty(), "{file}: {name} names no source");
    }
    assert!(!names.is_empty(), "{file} is empty");
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

/// What a fault looks like.
fn shown(fault: &Fault) -> Value {
    let body: Value = serde_json::from_slice(&fault.body()).unwrap();
    assert_eq!(body["responseCode"], fault.http());
    assert_eq!(fault.code(), format!("{} {}", fault.http(), body["errorCode"].as_str().unwrap()));
    body
}

/// The text of a case's request.
fn request(case: &Read) -> String {
    if let Some(text) = &case.text {
        return text.clone();
    }
    let mut body = json!({
        "reference": "REFF012",
        "phoneNumber": "08123456789",
        "channel": "alfamart",
        "amount": 10_000,
        "expiryMinutes": 30,
        "viewName": "Merchant Name",
        "additionalInfo": { "callback": "http://your-site-callback.com/notify" },
    });
    for (member, value) in &case.with {
        body[member] = value.clone();
    }
    body.to_string()
}

/// What was understood.
fn understood(body: &[u8]) -> Value {
    let wanted = match php::parse(body)
        .map_err(Fault::from)
        .and_then(|it| reading::read(&it, &Reach::Everything))
    {
        Ok(wanted) => wanted,
        Err(fault) => return shown(&fault),
    };
    assert_eq!(Memo::from_stored(&wanted.memo.to_stored()), wanted.memo);
    json!({
        "order": wanted.order.as_str(),
        "amount": wanted.amount.get(),
        "channel": wanted.retailer.as_str(),
        "minutes": wanted.lifetime.as_millis() / 60_000,
        "memo": wanted.memo,
    })
}

/// What is understood of the good body, but for what a case mentions.
fn understood_as(gives: &Value) -> Value {
    let mut wanted = json!({
        "order": "REFF012",
        "amount": 10_000,
        "channel": "alfamart",
        "minutes": 30,
        "memo": {
            "viewName": "Merchant Name",
            "callback": "http://your-site-callback.com/notify",
            "phoneNumber": "08123456789",
        },
    });
    for (member, value) in gives.as_object().unwrap() {
        match value.as_object() {
            Some(inner) => inner.iter().for_each(|(k, v)| wanted[member][k] = v.clone()),
            None => wanted[member] = value.clone(),
        }
    }
    wanted
}

/// A refusal with these errors. Its message begins with one of them, and counts the others.
fn refused(errors: &Value, got: &Value) -> Value {
    let message = got["responseMessage"].as_str().unwrap_or_default();
    let sentences: Vec<_> =
        errors.as_object().unwrap().values().flat_map(|of| of.as_array().unwrap()).collect();
    let others = match sentences.len() {
        1 => String::new(),
        2 => " (and 1 more error)".to_owned(),
        count => format!(" (and {} more errors)", count - 1),
    };
    let possible = sentences.iter().map(|first| {
        let first = first.as_str().unwrap();
        format!("The request is invalid or incomplete: {first}{others}")
    });
    assert!(possible.into_iter().any(|one| one == message), "{message}");
    json!({
        "responseCode": 422,
        "responseMessage": message,
        "responseData": null,
        "errorCode": "REQUEST_INVALID",
        "errors": errors,
    })
}

#[test]
fn requests_are_read() {
    let cases: Vec<Read> = serde_json::from_str(&file("requests.json")).unwrap();
    check_names("requests.json", cases.iter().map(|case| (&case.name, &case.source)));
    let mut failures = Vec::new();
    for case in cases {
        let got = understood(request(&case).as_bytes());
        let wanted = match case.gives.get("errors") {
            Some(errors) => refused(errors, &got),
            None => understood_as(&case.gives),
        };
        if got != wanted {
            failures.push(format!("{}\n  got {got:#}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn answers_are_written() {
    let cases: Vec<Rendered> = serde_json::from_str(&file("answers.json")).unwrap();
    check_names("answers.json", cases.iter().map(|case| (&case.name, &case.source)));
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases {
        let view = view(case.platform().0, &case.standing, case.bearer());
        let got = String::from_utf8(answer::payment(&view)).unwrap();
        if got != case.text() {
            failures.push(format!("{}\n  got {got}", case.name));
        }
        seen.insert(case.standing);
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
        assert!(seen.contains(standing), "{standing}");
    }
}

#[test]
fn notifications_are_written_and_signed() {
    let cases: Vec<Rendered> = serde_json::from_str(&file("notifications.json")).unwrap();
    check_names("notifications.json", cases.iter().map(|case| (&case.name, &case.source)));
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for case in cases {
        let platform = case.platform();
        let announcement = announcement(&case.what);
        let account = account(platform.0);
        let view = view(platform.0, &case.standing, case.bearer());
        let notice = Notice {
            announcement,
            account: &account,
            view: &view,
            url: "http://your-site-callback.com/notify",
            happened_at: view.payment.opened_at,
            now: view.payment.opened_at,
        };
        let sent = platform.notification(&notice).unwrap();
        let got = String::from_utf8(sent.body).unwrap();
        if got != case.text() {
            failures.push(format!("{}\n  got {got}", case.name));
        }
        let (key, signature) = match platform.0 {
            Brand::Cronos => ("on-key", "on-signature"),
            Brand::Sengo => ("x-client-key", "x-signature"),
        };
        let token = "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t";
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json".to_owned()),
            (key, "SC-KRW9ESNZUUKQXOOX".to_owned()),
            (signature, sign(token, "SC-KRW9ESNZUUKQXOOX", got.as_bytes())),
        ];
        assert_eq!(sent.headers, headers, "{}", case.name);
        // What people are shown as signed gives the signature under the token, and is all of it.
        let signed = sent.signed.unwrap();
        assert!(!signed.contains(token), "{signed}");
        assert_eq!(sent.headers[3].1, sign(token, "", signed.as_bytes()), "{}", case.name);
        seen.insert((announcement, case.brand));
    }
    report(&failures);
    for platform in [CRONOS, SENGO] {
        for announcement in Announcement::ALL {
            let told = platform.announces(announcement);
            assert_eq!(told, announcement != Announcement::Pending);
            // What is not announced is told all the same when a merchant asks for it.
            assert!(seen.contains(&(announcement, platform.brand().to_owned())));
        }
    }
}

fn announcement(name: &str) -> Announcement {
    let named = |announcement: &Announcement| format!("{announcement:?}") == name;
    Announcement::ALL.into_iter().find(named).unwrap_or_else(|| panic!("no news is called {name}"))
}

#[test]
fn a_merchant_without_a_token_is_not_told() {
    let mut account = account(Brand::Cronos);
    account.keys.clear();
    let view = view(Brand::Cronos, "paid", Bearer::Payer);
    let happened_at = view.payment.opened_at;
    let notice = Notice {
        announcement: Announcement::Paid,
        account: &account,
        view: &view,
        url: "http://your-site-callback.com/notify",
        happened_at,
        now: happened_at,
    };
    assert!(CRONOS.notification(&notice).is_err());
}

#[test]
fn lists_and_balances_are_written() {
    let views = [
        view(Brand::Sengo, "paid", Bearer::Payer),
        view(Brand::Cronos, "expired", Bearer::Merchant),
    ];
    let list: Value = serde_json::from_slice(&answer::list(&views)).unwrap();
    let one = |view| serde_json::from_slice::<Value>(&answer::payment(view)).unwrap();
    let both: Vec<_> = views.iter().map(|view| one(view)["responseData"].clone()).collect();
    let wanted = json!({ "responseCode": 200, "responseMessage": "success", "responseData": both });
    assert_eq!(list, wanted);
    let empty = r#"{"responseCode":200,"responseMessage":"success","responseData":[]}"#;
    assert_eq!(answer::list(&[]), empty.as_bytes());

    let (active, pending) = (Balance::from_stored(1_933_280), Balance::from_stored(20));
    let balances = Balances { pending, active };
    let wanted = r#"{"responseCode":200,"responseMessage":"success","responseData":{"active":1933280,"pending":20,"total":1933300}}"#;
    assert_eq!(answer::balance(&balances), wanted.as_bytes());
}

#[test]
fn refusals_become_codes() {
    #[derive(Deserialize)]
    struct Refused {
        name: String,
        gives: Value,
    }
    let mut cases: Vec<Refused> = serde_json::from_str(&file("refusals.json")).unwrap();
    let mut failures = Vec::new();
    for (what, fault) in refusals::all() {
        let got = shown(&fault);
        let Some(index) = cases.iter().position(|case| case.name == what) else {
            failures.push(format!("{what} has no case\n  got {got}"));
            continue;
        };
        let case = cases.swap_remove(index);
        if got != case.gives {
            failures.push(format!("{what}\n  got {got}"));
        }
    }
    failures.extend(cases.iter().map(|case| format!("{} is no refusal", case.name)));
    report(&failures);
}

#[test]
fn what_is_answered_is_what_php_would_write() {
    let mut view = view(Brand::Cronos, "paid", Bearer::Payer);
    let memo = Memo {
        view_name: "Café \"北京\" \\ 😀 \u{7f}\u{1}\n</b>".to_owned(),
        callback: "https://example.test/a/b?c=d&e=f".to_owned(),
        phone_number: "1".to_owned(),
    };
    view.personal.memo = memo.to_stored();
    let bytes = answer::payment(&view);
    let text = std::str::from_utf8(&bytes).unwrap();
    let name = r#""viewName":"Caf\u00e9 \"\u5317\u4eac\" \\ \ud83d\ude00 DEL\u0001\n<\/b>""#;
    assert!(text.contains(&name.replace("DEL", "\u{7f}")), "{text}");
    assert!(text.contains(r#""callback":"https:\/\/example.test\/a\/b?c=d&e=f""#), "{text}");
    assert_eq!(php::parse(&bytes).unwrap().encode(Style::PHP), Some(bytes.clone()));
}
