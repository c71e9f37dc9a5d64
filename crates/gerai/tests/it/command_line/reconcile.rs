//! A retailer's file beside what its counters told, and a merchant's statement over both.

use serde_json::{Value, json};

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{Merchant, new_order, text},
    process::{Server, run},
    till::unix_seconds,
};

/// How the file looks: no number that a till has told us. Sales are final at once here, and an advice
/// is not waited for.
pub(super) const SETTINGS: &str = r#"
[retailer.alfamart]
transport_max = "0s"
advice_max_age = "1s"

[reconcile.bare]
retailer = "alfamart"
name = "bare_{date:%Y-%m-%d}.csv"
due = "00:00"
due_days_after = 0
counter = "Kasir Demo"
sale_key = "none"
tolerance_seconds = 3600
layout = { delimiter = "," }
columns = { code = 1, amount = 2, time = 3 }
times = { time = "%Y-%m-%dT%H:%M:%S" }
"#;

/// The clock on a wall in Jakarta: `2026-11-21T14:00:00`.
pub(super) fn wall() -> String {
    let seconds = i64::try_from(unix_seconds()).unwrap() + 7 * 3_600;
    jiff::Timestamp::from_second(seconds).unwrap().to_string().trim_end_matches('Z').to_owned()
}

fn code_of(charged: &Value) -> String {
    text(charged, "payment_code").to_owned()
}

#[test]
fn a_file_is_looked_at_posted_and_told_in_a_statement() {
    let folder = Folder::new("reconcile");
    let data = folder.join("data");
    let config = folder.write("gerai.toml", SETTINGS).to_str().unwrap().to_owned();
    let place = ["--data", data.to_str().unwrap(), "--config", &config];
    let operate = |words: &[&str]| run(&[words, &place].concat());
    let server = Server::start(&[&["sandbox", "--listen", "127.0.0.1:0"], &place[..]].concat());
    operate(&["fee", "set", "G000000001", "--borne-by=merchant", "--gateway=2500"]).well();

    let now = wall();
    let (day, merchant) = (&now[..10], Merchant::demo(server.api));
    let [paid, missed, invented] =
        [(); 3].map(|()| merchant.charge(&new_order(), "alfamart", 100_000));
    for charged in [&paid, &missed] {
        let path = format!("/sandbox/v1/payments/{}/pay", code_of(charged));
        let answer = post(server.api, &path, "");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let name = format!("bare_{day}.csv");
    let lines =
        format!("{},100000,{now}\n{},100000,{day}T00:00:00\n", code_of(&paid), code_of(&invented));
    let file = folder.write(&name, &lines);
    let file = file.to_str().unwrap();

    // A look, which changes nothing.
    let late = operate(&["reconcile", "--missing", "--date", day, "--json"]).json();
    assert_eq!(late[0]["name"], name.as_str(), "{late}");
    let looked = operate(&["reconcile", "alfamart", file, "--format", "jsonl"]).well();
    let outcomes: Vec<Value> =
        looked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = outcomes.iter().filter_map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["matched", "theirs_only", "ours_only"]);
    let shown = operate(&["reconcile", "alfamart", file]).well();
    assert!(shown.contains("this was a dry run"), "{shown}");
    assert_eq!(merchant.status(text(&invented, "order_id"))["transaction_status"], "pending");

    // Posted, and posted again.
    let words = ["reconcile", "alfamart", file, "--format", "csv", "--apply", "--json"];
    let out = folder.join("rows.csv");
    let first = operate(&[&words[..], &["--output", out.to_str().unwrap()]].concat()).json();
    assert_eq!(
        (&first["matched"], &first["paid"], &first["posted"]),
        (&json!(2), &json!(1), &json!(3)),
        "{first}"
    );
    assert!(std::fs::read_to_string(&out).unwrap().starts_with("outcome,"));
    let out = folder.join("again.csv");
    let again = operate(&[&words[..], &["--output", out.to_str().unwrap()]].concat()).json();
    assert_eq!((&again["posted"], &again["unchanged"]), (&json!(0), &json!(3)), "{again}");
    assert_eq!(merchant.status(text(&invented, "order_id"))["transaction_status"], "settlement");
    let open = operate(&["reconcile", "alfamart", "--open", "--json"]).json();
    assert_eq!((&open[0]["what"], &open[0]["carried"]), (&json!("ours_only"), &json!(0)));
    assert_eq!(open[0]["code"], code_of(&missed).as_str());
    assert_eq!(operate(&["reconcile", "--missing", "--date", day, "--json"]).json(), json!([]));

    // What only we have is the retailer's slip; its transfer is compared with what its file says.
    let no = open[0]["no"].to_string();
    let close = ["reconcile", "--close", &no, "--as", "theirs", "--reason", "a slip, ticket 21"];
    assert!(operate(&close).sentence().contains("say clawback"));
    let close = ["reconcile", "--close", &no, "--as", "ours", "--reason", "a slip, ticket 21"];
    assert_eq!(operate(&[&close[..], &["--json"]].concat()).json()["amount"], 100_000);
    assert!(operate(&close).sentence().contains("is closed already"));
    assert_eq!(operate(&["reconcile", "alfamart", "--open", "--json"]).json(), json!([]));
    let fund = |amount: &str, reference: &str| {
        let fund = ["funding", "record", "alfamart", day, amount, "--reference", reference];
        operate(&[&fund[..], &["--json"]].concat()).json()["compared"].take()
    };
    let compared = fund("195000", "BCA-1");
    assert_eq!((&compared["lines"], &compared["total"]), (&json!(2), &json!(200_000)));
    assert_eq!(compared["sum_differs"], -5_000, "{compared}");
    let days = operate(&["funding", "list", "--differences", "--json"]).json();
    assert_eq!(days[0]["file"]["net_differs"], -5_000, "{days}");
    let compared = fund("5000", "BCA-2");
    assert_eq!((&compared["arrived"], &compared["sum_differs"]), (&json!(200_000), &json!(0)));
    assert_eq!(operate(&["funding", "list", "--differences", "--json"]).json(), json!([]));

    // Three payments of 100,000 with a fee of 2,500 each: the naive sum.
    let words = ["statement", "G000000001", "--from", day, "--to", day];
    let sheet = operate(&words).well();
    let rows: Vec<Vec<&str>> =
        sheet.lines().map(|line| line.trim_end().split(',').collect()).collect();
    let payments: Vec<_> = rows.iter().filter(|row| row[1] == "payment").collect();
    assert_eq!(payments.len(), 3, "{sheet}");
    assert!(payments.iter().all(|row| row[5..8] == ["100000", "2500", "97500"]), "{sheet}");
    let closing = rows.last().unwrap();
    assert_eq!(closing[1..10], ["closing", "", "", "", "", "", "292500", "0", "292500"], "{sheet}");
    let page = operate(&[&words[..], &["--format", "html"]].concat()).well();
    assert!(page.contains("<td>Saldo akhir</td><td class=\"n\">Rp 292.500</td>"), "{page}");
    assert_eq!(operate(&["verify", "--json"]).json()["clean"], true);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_is_wrong_with_a_profile_is_told_by_its_key() {
    let folder = Folder::new("profiles");
    let told = |settings: &str| {
        let config = folder.write("gerai.toml", settings);
        run(&["reconcile", "--missing", "--config", config.to_str().unwrap()]).sentence()
    };
    let wrong = SETTINGS.replace("sale_key = \"none\"", "sale_key = \"number\"");
    assert!(told(&wrong).contains("`reconcile.bare.sale_key`"), "{}", told(&wrong));
    let wrong = SETTINGS.replace("code = 1", "kode = 1");
    assert!(told(&wrong).contains("`reconcile.bare.columns"), "{}", told(&wrong));
    let wrong = SETTINGS.replace("retailer = \"alfamart\"", "retailer = \"nowhere\"");
    assert!(told(&wrong).contains("`reconcile.bare.retailer`"), "{}", told(&wrong));
    let wrong = SETTINGS.replace("\"Kasir Demo\"", "7");
    assert!(told(&wrong).contains("`reconcile.bare.counter`"), "{}", told(&wrong));
}
