//! `gerai backup` and `gerai restore`.

use std::path::Path;

use serde_json::{Value, json};

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
