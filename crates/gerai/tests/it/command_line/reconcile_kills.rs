//! Killed again and again while it posts a retailer's file, the program posts every line exactly once.

use std::{fmt::Write as _, path::Path, process::Stdio, time::Duration};

use gateway::clock::Stopwatch;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{Merchant, new_order, text},
    process::{Server, gerai, run},
    till::unix_seconds,
};

const SETTINGS: &str = r#"
[retailer.alfamart]
transport_max = "0s"
advice_max_age = "1s"

[reconcile.numbered]
retailer = "alfamart"
name = "numbered_{date:%Y-%m-%d}.csv"
counter = "Kasir Demo"
sale_key = "sale"
create_lines_max = 100
layout = { delimiter = "," }
columns = { sale = 1, code = 2, amount = 3, time = 4 }
times = { time = "%Y-%m-%dT%H:%M:%S" }
"#;

/// Lines about sales of which no till has told us: nobody knows half of their codes.
const LINES: i64 = 6_000;
/// After so many lines it is killed; a commit has 250.
const KILLS: [i64; 8] = [1, 251, 600, 1_001, 1_501, 2_100, 2_800, 3_501];
/// For so long anything is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

fn ask(data: &Path, question: &str) -> i64 {
    let database = data.join("gerai.db");
    let reader = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    reader.query_row(question, (), |row| row.get(0)).unwrap()
}

/// Waits until so many lines are posted, and looks without a pause: a kill must hit the middle.
fn wait_for_lines(data: &Path, count: i64) {
    let database = data.join("gerai.db");
    let reader = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let waited = Stopwatch::start();
    let mut posted = reader.prepare("select count(*) from file_line").unwrap();
    while posted.query_row((), |row| row.get::<_, i64>(0)).unwrap() < count {
        assert!(waited.elapsed() < PATIENCE, "no {count} lines were posted");
        std::thread::yield_now();
    }
}

#[test]
fn a_file_is_posted_once_however_often_the_program_is_killed() {
    let folder = Folder::new("reconcile-kills");
    let data = folder.join("data");
    let config = folder.write("gerai.toml", SETTINGS).to_str().unwrap().to_owned();
    let place = ["--data", data.to_str().unwrap(), "--config", &config];
    let serve = || Server::start(&[&["sandbox", "--listen", "127.0.0.1:0"], &place[..]].concat());
    let operate = |words: &[&str]| run(&[words, &place].concat());
    let server = serve();

    // Some payments wait for the cash of a line, and one was paid at a till.
    let merchant = Merchant::demo(server.api);
    let codes: Vec<String> = (0..40)
        .map(|_| {
            text(&merchant.charge(&new_order(), "alfamart", 25_000), "payment_code").to_owned()
        })
        .collect();
    let answer = post(server.api, &format!("/sandbox/v1/payments/{}/pay", codes[0]), "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seconds = i64::try_from(unix_seconds()).unwrap() + 7 * 3_600;
    let wall = jiff::Timestamp::from_second(seconds).unwrap().to_string();
    let day = &wall[..10];
    let mut lines = String::new();
    for number in 0..LINES {
        let known = usize::try_from(number / 60).ok().filter(|_| number % 60 == 59);
        let code = known.and_then(|place| codes.get(place));
        let unknown = format!("{}", 9_900_000_000_000_000_i64 + number);
        let code = code.unwrap_or(&unknown);
        writeln!(lines, "S-{number},{code},25000,{day}T00:00:00").unwrap();
    }
    let file = folder.write(&format!("numbered_{day}.csv"), &lines);
    let file = file.to_str().unwrap();
    let words = ["reconcile", "alfamart", file, "--apply", "--json", "--yes-create", "6000"];
    let posting = |no: usize| {
        // What comes out is written to a file that must not be there yet.
        let out = folder.join(&format!("rows-{no}"));
        let out = ["--output", out.to_str().unwrap()].map(str::to_owned);
        let words = [&words[..], &place].concat().into_iter().map(str::to_owned);
        words.chain(out).collect::<Vec<_>>()
    };
    let post_well = |no| {
        let words = posting(no);
        run(&words.iter().map(String::as_str).collect::<Vec<_>>()).json()
    };

    drop(server.stop());

    // In turn the server is killed, and a command that runs by itself because there is none.
    let mut hits = 0;
    for (no, count) in KILLS.into_iter().enumerate() {
        let mut server = (no % 2 == 0).then(serve);
        let words = posting(no);
        let mut command = gerai(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let mut client = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_lines(&data, count);
        match &mut server {
            Some(server) => server.kill(),
            None => client.kill().unwrap(),
        }
        hits += usize::from(!client.wait().unwrap().success());
        let verified = operate(&["verify", "--json"]).json();
        assert_eq!(verified["clean"], true, "{verified}");
        let left = ask(&data, "select count(*) from file_line");
        assert!(left >= count, "{left} lines after a kill at {count}");
    }
    assert!(hits * 2 > KILLS.len(), "only {hits} kills hit a posting");
    let before = ask(&data, "select count(*) from file_line");
    let done = post_well(KILLS.len());
    assert_eq!(done["posted"], json!(LINES + 1 - before), "{done}");
    let again = post_well(KILLS.len() + 1);
    assert_eq!((&again["posted"], &again["unchanged"]), (&json!(0), &json!(LINES + 1)), "{again}");

    for (question, answer) in [
        ("select count(distinct identity) from file_line where line is not null", LINES),
        ("select count(*) from file_line where line is not null", LINES),
        ("select count(distinct sale_no) from file_line where line is not null", LINES),
        ("select count(*) from sale", LINES + 1),
        ("select count(*) from payment where state in (3, 4)", 40),
        ("select sum(amount) from unapplied where state = 0", (LINES - 39) * 25_000),
        ("select sum(amount) from entry where account_kind = 1", (LINES + 1) * 25_000),
        ("select count(*) from file", 1),
    ] {
        assert_eq!(ask(&data, question), answer, "{question}");
    }
    let verified = operate(&["verify", "--json"]).json();
    assert_eq!(verified["clean"], true, "{verified}");
}
