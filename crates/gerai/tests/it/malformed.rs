//! Requests that nobody should send: each gets its answer, and none leaves a row behind but the one
//! that its table says.

mod cast;
mod sending;
mod table;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use rusqlite::{Connection as Database, OpenFlags};
use serde_json::Value;

use self::{
    cast::{Cast, Dialect},
    table::{Case, Expected, Sent},
};
use crate::drive::{
    ayolinx::{Client, new_external_id},
    cronos::Project,
    folder::Folder,
    http::{Answer, Connection},
    merchant::{Merchant, new_order, text},
    process::{Server, gerai, run},
};

/// The tables of Midtrans' demo merchant (Gerai's own API too), of the counters, and of nobody.
const OF_MIDTRANS: [(&str, &str); 5] = [
    ("midtrans", include_str!("malformed/midtrans.txt")),
    ("counter", include_str!("malformed/counter.txt")),
    ("sandbox", include_str!("malformed/sandbox.txt")),
    ("own", include_str!("malformed/own.txt")),
    ("http", include_str!("malformed/http.txt")),
];
/// The same table under both of the platform's names.
const OF_CRONOS: [(&str, &str); 1] = [("cronos", include_str!("malformed/cronos_sengo.txt"))];
const OF_SENGO: [(&str, &str); 1] = [("sengo", include_str!("malformed/cronos_sengo.txt"))];
const OF_AYOLINX: [(&str, &str); 1] = [("ayolinx", include_str!("malformed/ayolinx.txt"))];

/// What the other merchant of Ayolinx signs with, and the half of it that it hands in.
const OTHER_PRIVATE_KEY: &str = include_str!("../../../dialect-ayolinx/demo/platform_private.pem");
const OTHER_PUBLIC_KEY: &str = include_str!("../../../dialect-ayolinx/demo/platform_public.pem");

#[test]
fn every_one_gets_its_answer_and_leaves_nothing_behind() {
    let folder = Folder::new("malformed");
    let server = talkative(&folder);
    let midtrans = midtrans(&server);
    let foreign = midtrans.payment_id.clone();
    let foreign_order = midtrans.order.clone();
    let acts = [
        (midtrans, &OF_MIDTRANS[..]),
        (platform(Project::of_cronos(), "cronos", &folder, &server, &foreign), &OF_CRONOS),
        (platform(Project::of_sengo(), "sengo", &folder, &server, &foreign), &OF_SENGO),
        (ayolinx(&folder, &server, &foreign_order), &OF_AYOLINX),
    ];

    let mut wrong = String::new();
    for (cast, tables) in &acts {
        for (name, text) in *tables {
            let cases = table::read(text);
            assert!(cases.len() >= 12, "only {} cases in {name}", cases.len());
            play(name, &cases, cast, (&server, &folder), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");

    for (cast, _) in &acts {
        assert!(cast.is_pending(server.api), "{}", cast.order);
    }
    let report = run(&["verify", "--json", "--data", folder.path().to_str().unwrap()]).json();
    assert_eq!((&report["clean"], &report["payments"]), (&Value::Bool(true), &acts.len().into()));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!ended.log.contains("panicked"), "{}", ended.log);
    for (cast, _) in &acts {
        for secret in [cast.secrets(), cast.tokens()].concat() {
            assert!(!ended.log.contains(secret), "the log tells a secret: {}", ended.log);
        }
    }
}

/// A sandbox that logs all it can, so that what must not be in a log has every chance to be in it.
fn talkative(folder: &Folder) -> Server {
    let data = folder.path().to_str().unwrap();
    // Attempts to tell an inbox of what was opened would be rows that no request left behind.
    let config = folder.write("gerai.toml", "inbox = false\n");
    let config = config.to_str().unwrap();
    let words = ["sandbox", "--listen", "127.0.0.1:0", "--data", data, "--config", config];
    let mut command = gerai(&words);
    Server::start_command(command.env("GERAI_LOG", "trace"))
}

fn midtrans(server: &Server) -> Cast {
    let order = new_order();
    let charged = Merchant::demo(server.api).charge(&order, "alfamart", 50_000);
    let (id, code) = (text(&charged, "transaction_id"), text(&charged, "payment_code"));
    Cast::new(Dialect::Midtrans, [&order, id, code], id)
}

/// The demo merchant under one of the platform's names, and another whose signatures must be PHP's.
fn platform(
    merchant: Project,
    brand: &str,
    folder: &Folder,
    server: &Server,
    foreign: &str,
) -> Cast {
    let added = add(&["Toko Teliti", "--dialect", brand, "--option", "strict=true"], folder);
    let other = Project {
        names: merchant.names,
        key: text(&added, "merchant_id").to_owned(),
        token: key(&added, "token"),
    };
    let order = new_order();
    let opened = merchant.open(server.api, &order);
    let (id, code) = (text(&opened, "id"), text(&opened["retail"], "paymentCode"));
    Cast::new(Dialect::Platform { merchant, other }, [&order, id, code], foreign)
}

fn ayolinx(folder: &Folder, server: &Server, foreign: &str) -> Cast {
    let public_key = folder.write("other.pem", OTHER_PUBLIC_KEY);
    let public_key = public_key.to_str().unwrap();
    let added = add(&["Toko Lain", "--dialect", "ayolinx", "--public-key", public_key], folder);
    let other = Client {
        key: text(&added, "merchant_id").to_owned(),
        secret: key(&added, "client_secret"),
        private_key: OTHER_PRIVATE_KEY,
    };
    let merchant = Client::demo();
    let (token, other_token) = (merchant.token(server.api), other.token(server.api));
    let (order, external_id) = (new_order(), new_external_id());
    let opened = merchant.open(server.api, &token, &order, &external_id);
    let code = text(&opened, "vaNumber");
    let dialect = Dialect::Ayolinx { merchant, other, token, other_token };
    Cast::new(dialect, [&order, &external_id, code], foreign)
}

/// A merchant that was not there.
fn add(words: &[&str], folder: &Folder) -> Value {
    let data = ["--data", folder.path().to_str().unwrap(), "--json"];
    run(&[&["merchant", "add"], words, &data].concat()).json()
}

/// The secret with this name, of a merchant that was added.
fn key(added: &Value, name: &str) -> String {
    let keys = added["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["name"] == name);
    text(key.unwrap_or_else(|| panic!("no key {name}")), "secret").to_owned()
}

/// Goes through a table, and writes down what is wrong.
fn play(
    table: &str,
    cases: &[Case],
    cast: &Cast,
    (server, folder): (&Server, &Folder),
    wrong: &mut String,
) {
    let mut before = rows(folder.path());
    for case in cases {
        let mut remark = |what: String| writeln!(wrong, "{table}: {}: {what}", case.name).unwrap();
        if let Err(what) = judge(case, server, cast) {
            remark(what);
        }
        let now = rows(folder.path());
        for (table, count) in &now {
            let more = i64::from(case.leaves.as_ref() == Some(table));
            let found = count - before[table];
            if found != more {
                remark(format!("left {found} rows in {table}, not {more}"));
            }
        }
        before = now;
    }
}

/// What the gateway writes of its own accord and in its own time, whatever is asked of it.
const OWN_ACCORD: [&str; 2] = ["chain_root", "balance_snapshot"];

/// How many rows each table has that a request could fill.
fn rows(data: &Path) -> BTreeMap<String, i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Database::open_with_flags(data.join("gerai.db"), flags).unwrap();
    let mut names =
        database.prepare("select name from sqlite_master where type = 'table'").unwrap();
    let names = names.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    names
        .filter(|name| !OWN_ACCORD.contains(&name.as_str()))
        .map(|name| {
            let sql = format!("select count(*) from {name}");
            let count = database.query_row(&sql, (), |row| row.get(0)).unwrap();
            (name, count)
        })
        .collect()
}

/// Sends a case and compares.
fn judge(case: &Case, server: &Server, cast: &Cast) -> Result<(), String> {
    let (bytes, signed) = match &case.sent {
        Sent::Raw(bytes) => (cast.fill(bytes), None),
        Sent::Request(request) => request.bytes(cast),
    };
    let mut connection = Connection::open(server.api).unwrap();
    // The other end may have heard enough before everything is written.
    let written = connection.write(&bytes);
    if case.hangs_up {
        drop(connection.finish());
    }
    let answer = match connection.read() {
        Ok(answer) => Some(answer),
        Err(_) if written.is_err() => {
            return Err("hung up while it was being written to".to_owned());
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(error.to_string()),
    };
    // Whoever was not recognised may get an answer that is not signed.
    if let (Some(signed), Some(answer)) = (signed, &answer)
        && answer.status != 401
    {
        signed.check(answer);
    }
    compare(&case.expected, answer.as_ref(), cast)
}

fn compare(expected: &Expected, answer: Option<&Answer>, cast: &Cast) -> Result<(), String> {
    let status = answer.map_or(table::CLOSED, |answer| answer.status);
    if !expected.statuses.contains(&status) {
        return Err(format!(
            "{status} instead of {:?}: {}",
            expected.statuses,
            answer.map(Answer::text).unwrap_or_default()
        ));
    }
    let Some(answer) = answer.filter(|_| !expected.is_bare) else { return Ok(()) };
    let body: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("not JSON ({error}): {}", answer.text()))?;
    if answer.header("content-type") != Some("application/json") {
        return Err(format!("content-type: {:?}", answer.header("content-type")));
    }
    cast.check(answer, &body)?;
    for wish in &expected.members {
        let found = match &body[wish.name.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !wish.is_met_by(&found, &cast.fill(wish.text.as_bytes())) {
            return Err(format!("{} is {found}: {body}", wish.name));
        }
    }
    Ok(())
}
