//! Starting: what is printed, and one clear sentence where it cannot be.

use std::{net::TcpListener, os::unix::fs::PermissionsExt, process::Command};

use rusqlite::Connection as Database;
use serde_json::Value;

use crate::drive::{
    folder::Folder,
    http::get,
    merchant::{DEMO, Merchant, new_order},
    process::{Server, run},
};

#[test]
fn it_prints_where_things_are_and_lines_that_work_when_they_are_pasted() {
    let folder = Folder::new("welcome");
    let server = Server::on(folder.path());
    let said = server.said();
    for part in [
        folder.path().to_str().unwrap(),
        &format!("http://{}/v2/charge", server.api),
        "G000000001",
        DEMO,
        "SB-Mid-client-gerai-demo",
        "counter-demo",
        "operations at http://127.0.0.1:",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let last = said.lines().last().unwrap();
    assert_eq!(last, format!("listening on http://{}", server.api));

    let mut pasted = said.lines().map(str::trim).filter(|line| line.starts_with("curl "));
    for (line, expected) in [(pasted.next(), "\"201\""), (pasted.next(), "\"00\"")] {
        let output = Command::new("sh").args(["-c", line.unwrap()]).output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(answer.contains(expected), "{line:?}: {answer}");
    }
}

#[test]
fn the_sandbox_is_what_is_meant_without_a_command() {
    let server = Server::start(&["--listen", "127.0.0.1:0", "--in-memory"]);
    assert_ne!(server.api.port(), 0);
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
}

#[test]
fn the_data_is_for_its_owner_alone() {
    let folder = Folder::new("modes");
    let data = folder.join("data");
    let _server = Server::on(&data);
    let mode = |name: &str| {
        let path = if name.is_empty() { data.clone() } else { data.join(name) };
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for name in ["master.key", "gerai.sock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sentence = run(&["sandbox", "--in-memory", "--listen", &address]).sentence();
    assert!(sentence.contains(&address) && sentence.contains("in use"), "{sentence}");

    let arguments = ["sandbox", "--in-memory", "--listen", "127.0.0.1:0", "--operations", &address];
    let sentence = run(&arguments).sentence();
    assert!(sentence.contains(&address) && sentence.contains("in use"), "{sentence}");
}

#[test]
fn a_folder_that_cannot_be_written() {
    let folder = Folder::new("unwritable");
    let file = folder.write("file", "not a folder");
    let inside = file.join("data");
    for path in [file.to_str().unwrap(), inside.to_str().unwrap(), "/proc/gerai-data"] {
        let sentence = run(&["sandbox", "--listen", "127.0.0.1:0", "--data", path]).sentence();
        assert!(sentence.contains(path), "{sentence}");
    }
}

#[test]
fn a_folder_that_another_one_uses() {
    let folder = Folder::new("taken");
    let server = Server::on(folder.path());
    let path = folder.path().to_str().unwrap();
    let sentence = run(&["sandbox", "--listen", "127.0.0.1:0", "--data", path]).sentence();
    assert!(sentence.contains(path) && sentence.contains("in use"), "{sentence}");
    // The one that runs is not disturbed.
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
}

#[test]
fn a_database_of_a_newer_version() {
    let folder = Folder::new("newer");
    assert_eq!(Server::on(folder.path()).stop().code, Some(0));
    let database = Database::open(folder.join("gerai.db")).unwrap();
    database.pragma_update(None, "user_version", 4_711).unwrap();
    drop(database);
    let path = folder.path().to_str().unwrap();
    for arguments in [
        &["sandbox", "--listen", "127.0.0.1:0", "--data", path][..],
        &["verify", "--data", path],
        &["payment", "list", "--data", path],
        &["merchant", "disable", "G000000001", "--data", path],
    ] {
        let sentence = run(arguments).sentence();
        assert!(sentence.contains("newer") && sentence.contains("4711"), "{sentence}");
    }
}

#[test]
fn a_database_of_another_program() {
    let folder = Folder::new("foreign");
    let database = Database::open(folder.join("gerai.db")).unwrap();
    database.execute("create table diary (day text)", ()).unwrap();
    drop(database);
    let path = folder.path().to_str().unwrap();
    let sentence = run(&["sandbox", "--listen", "127.0.0.1:0", "--data", path]).sentence();
    assert!(sentence.contains(path), "{sentence}");
}

#[test]
fn a_file_that_is_no_database() {
    let folder = Folder::new("rubbish");
    folder.write("gerai.db", &"this is not a database. ".repeat(400));
    let path = folder.path().to_str().unwrap();
    let sentence = run(&["sandbox", "--listen", "127.0.0.1:0", "--data", path]).sentence();
    assert!(sentence.contains(path) || sentence.contains("database"), "{sentence}");
}

#[test]
fn the_wrong_master_key() {
    let folder = Folder::new("wrong-key");
    assert_eq!(Server::on(folder.path()).stop().code, Some(0));
    let path = folder.path().to_str().unwrap();
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--data", path];
    let key = folder.write("master.key", &"0123456789abcdef".repeat(4));
    let sentence = run(&arguments).sentence();
    assert!(sentence.contains("master key"), "{sentence}");
    std::fs::remove_file(key).unwrap();
    let sentence = run(&arguments).sentence();
    assert!(sentence.contains("master.key"), "{sentence}");
}

#[test]
fn a_configuration_that_is_wrong_names_what() {
    let folder = Folder::new("config");
    for (text, name) in [
        ("listn = \"127.0.0.1:0\"", "listn"),
        ("[limits]\nbody_maximum = 1", "limits.body_maximum"),
        ("[limits]\nbody_max = \"much\"", "limits.body_max"),
        ("[limits]\nbody_timeout = \"10 parsecs\"", "limits.body_timeout"),
        ("listen = \"everywhere\"", "listen"),
        ("trusted_proxies = [\"10.0.0.0/99\"]", "trusted_proxies"),
        ("[retailer.alfamart]\namount_minimum = 1", "retailer.alfamart.amount_minimum"),
        ("[pools.alfa]\nprefix = \"0\"", "pools.alfa"),
        ("listen = ", "line 1"),
    ] {
        let config = folder.write("gerai.toml", text);
        let config = config.to_str().unwrap();
        let sentence = run(&["sandbox", "--in-memory", "--config", config]).sentence();
        assert!(sentence.contains(name), "{text:?}: {sentence}");
    }
    let nowhere = folder.join("nowhere.toml");
    let nowhere = nowhere.to_str().unwrap();
    let sentence = run(&["sandbox", "--in-memory", "--config", nowhere]).sentence();
    assert!(sentence.contains(nowhere), "{sentence}");
}

#[test]
fn logs_are_json_when_nobody_watches() {
    let folder = Folder::new("logs");
    let config = folder.write("gerai.toml", "log = \"debug\"\n");
    let data = folder.join("data");
    let server = Server::configured(&data, &config);
    let merchant = Merchant::demo(server.api);
    merchant.charge(&new_order(), "alfamart", 50_000);
    merchant.act("nobody", "cancel");
    get(server.api, "/nowhere");
    let ended = server.stop();
    assert!(!ended.log.is_empty());
    for line in ended.log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        for name in ["timestamp", "level", "message", "target"] {
            assert!(line[name].is_string(), "no {name} in {line}");
        }
    }
}
