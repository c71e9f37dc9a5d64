//! `gerai backup` and `gerai restore`.

use std::path::Path;

use serde_json::{Value, json};

use super::reconcile::{SETTINGS, wall};
use crate::drive::{
    folder::Folder,
    http::{Answer, Connection, post},
    merchant::{Merchant, new_order, text},
    process::{Ended, Server, run},
    till,
};

fn operate(data: &Path, words: &[&str]) -> Ended {
    run(&[words, &["--data", data.to_str().unwrap(), "--json"]].concat())
}

fn inquire(server: &Server, charged: &Value) -> Answer {
    let sale = format!("INQ-{}", new_order());
    let message = till::message(text(charged, "payment_code"), &sale, "alfamart", &json!({}));
    let mut connection = Connection::open(server.api).unwrap();
    till::tell(&mut connection, "inquiry", &message).unwrap()
}

#[test]
fn a_backup_of_a_running_server_is_restored_with_closed_counters() {
    let folder = Folder::new("backup");
    let (data, again) = (folder.join("data"), folder.join("again"));
    let server = Server::on(&data);
    let merchant = Merchant::demo(server.api);
    let orders = [new_order(), new_order(), new_order()];
    let paid = merchant.charge(&orders[0], "alfamart", 50_000);
    post(server.api, &format!("/sandbox/v1/payments/{}/pay", text(&paid, "payment_code")), "");
    let pending = merchant.charge(&orders[1], "alfamart", 50_000);
    let backup = folder.join("gerai-backup.db");
    let backup = backup.to_str().unwrap();
    operate(&data, &["backup", backup]).json();
    let later = merchant.charge(&orders[2], "alfamart", 50_000);
    let twice = operate(&data, &["backup", backup]).sentence();
    assert!(twice.contains(backup), "{twice}");
    let full = operate(&data, &["restore", backup]).sentence();
    assert!(full.contains(data.to_str().unwrap()), "{full}");
    assert_eq!(server.stop().code, Some(0));

    // Neither the key nor a merchant's secret lies in the backup.
    let bytes = std::fs::read(backup).unwrap();
    assert!(crate::drive::http::find(&bytes, b"SB-Mid-server-gerai-demo").is_none());

    operate(&again, &["restore", backup]).json();
    std::fs::copy(data.join("master.key"), again.join("master.key")).unwrap();
    assert_eq!(operate(&again, &["verify"]).json()["clean"], true);
    let server = Server::on(&again);
    let merchant = Merchant::demo(server.api);
    assert_eq!(text(&merchant.status(&orders[0]), "transaction_status"), "settlement");
    assert_eq!(text(&merchant.status(&orders[1]), "transaction_status"), "pending");
    let lost = merchant.send("GET", &format!("/v2/{}/status", orders[2]), &[], b"");
    assert_eq!(lost.member("status_code"), "404");
    // Codes that were given out since the backup are not given out again.
    let fresh = merchant.charge(&new_order(), "alfamart", 50_000);
    assert_ne!(text(&fresh, "payment_code"), text(&later, "payment_code"));

    let closed = inquire(&server, &pending);
    assert_eq!((closed.status, closed.member("code").as_str()), (503, "96"));
    assert_eq!(server.stop().code, Some(0));
    let server = Server::on(&again);
    assert_eq!(inquire(&server, &pending).member("code"), "96");
    operate(&again, &["counter", "open", "--after-restore"]).json();
    assert_eq!(inquire(&server, &pending).member("code"), "00");
    assert_eq!(inquire(&server, &paid).member("code"), "54");
}

#[test]
fn a_backup_that_was_changed_is_not_restored() {
    let folder = Folder::new("backup-changed");
    let data = folder.join("data");
    let server = Server::on(&data);
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    let backup = folder.join("gerai-backup.db");
    operate(&data, &["backup", backup.to_str().unwrap()]).json();
    let mut bytes = std::fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&backup, &bytes).unwrap();
    let again = folder.join("again");
    let sentence = operate(&again, &["restore", backup.to_str().unwrap()]).sentence();
    assert!(sentence.contains(backup.to_str().unwrap()), "{sentence}");
    assert!(!again.join("gerai.db").exists());
}

fn only_one_in(folder: &Path) -> std::path::PathBuf {
    let found: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn retailers_files_go_with_a_backup_and_are_checked() {
    let folder = Folder::new("backup-files");
    let (data, again) = (folder.join("data"), folder.join("again"));
    let config = folder.write("gerai.toml", SETTINGS).to_str().unwrap().to_owned();
    let server = Server::configured(&data, &config);
    let charged = Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    let now = wall();
    let line = format!("{},50000,{}T00:00:00\n", text(&charged, "payment_code"), &now[..10]);
    let file = folder.write(&format!("bare_{}.csv", &now[..10]), &line);
    let (file, rows) = (file.to_str().unwrap(), folder.join("rows.csv"));
    let words = ["reconcile", "alfamart", file, "--apply", "--config", &config, "--format", "csv"];
    let posted =
        operate(&data, &[&words[..], &["--output", rows.to_str().unwrap()]].concat()).json();
    assert_eq!(posted["posted"], 1, "{posted}");
    let kept = only_one_in(&data.join("files"));
    let name = kept.file_name().unwrap().to_str().unwrap().to_owned();

    let backups = folder.join("backups");
    std::fs::create_dir(&backups).unwrap();
    let made = operate(&data, &["backup", backups.join("one.db").to_str().unwrap()]).json();
    assert_eq!(made["files_missing"], json!([]));
    let listed = json!([{ "sha256": name, "bytes": line.len() }]);
    assert_eq!(made["manifest"]["files"], listed);
    // The second one finds the copy of the first.
    let beside = backups.join("gerai-files");
    let copied = std::fs::metadata(only_one_in(&beside)).unwrap().modified().unwrap();
    operate(&data, &["backup", backups.join("two.db").to_str().unwrap()]).json();
    assert_eq!(std::fs::metadata(only_one_in(&beside)).unwrap().modified().unwrap(), copied);

    operate(&again, &["restore", backups.to_str().unwrap()]).json();
    std::fs::copy(data.join("master.key"), again.join("master.key")).unwrap();
    let restored = again.join("files").join(&name);
    assert_eq!(std::fs::read_to_string(&restored).unwrap(), line);
    let mode = |path: &Path| {
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
            & 0o777
    };
    assert_eq!((mode(&again.join("files")), mode(&restored)), (0o700, 0o600));
    let verified = operate(&again, &["verify"]).json();
    assert_eq!((&verified["clean"], &verified["files"]), (&json!(true), &json!(1)));

    // What is not as it was posted is named, here and where it would be restored from.
    std::fs::write(&restored, line.replace("50000", "60000")).unwrap();
    let ended = operate(&again, &["verify"]);
    let found = serde_json::from_str::<Value>(&ended.said).unwrap();
    assert_eq!((ended.code, &found["findings_count"]), (Some(2), &json!(1)));
    assert_eq!(found["findings"][0]["what"], "its kept copy was changed");
    std::fs::remove_file(&restored).unwrap();
    let found = serde_json::from_str::<Value>(&operate(&again, &["verify"]).said).unwrap();
    assert_eq!(found["findings"][0]["what"], "its kept copy is missing");
    let place = found["findings"][0]["place"].as_str().unwrap();
    assert!(place.starts_with("file 1 (bare_"), "{place}");
    let third = folder.join("third.db");
    let made = operate(&again, &["backup", third.to_str().unwrap()]).json();
    assert_eq!(made["files_missing"], json!([format!("{place}: its kept copy is missing")]));

    std::fs::write(beside.join(&name), "something else").unwrap();
    let never = folder.join("never");
    let refused = operate(&never, &["restore", backups.to_str().unwrap()]).sentence();
    assert!(refused.contains(&name), "{refused}");
    assert!(!never.exists(), "nothing is made of a backup that is not whole");
    assert_eq!(server.stop().code, Some(0));
}
