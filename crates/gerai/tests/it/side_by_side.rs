//! Sandboxes of a test suite: many at a time, each by itself, each small.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::drive::{
    http::{get, post},
    merchant::{Merchant, text},
    process::{Server, gerai},
};

/// How many run at a time.
const COUNT: usize = 12;

/// The most memory that one may take, in KiB. Generous, because a build for tests is not optimised:
/// what a release takes stands in docs/performance.md, and must be below 60 MB.
const MEMORY_MAX_KIB: u64 = 120 * 1024;

#[test]
fn sandboxes_side_by_side_know_nothing_of_each_other() {
    let servers: Vec<_> = (0..COUNT).map(|_| Server::in_memory()).collect();
    // All have the same merchant and the same order; every other one is paid, each at another sum.
    let amount = |no: usize| 10_000 + 1_000 * i64::try_from(no).unwrap();
    std::thread::scope(|scope| {
        for (no, server) in servers.iter().enumerate() {
            scope.spawn(move || {
                let opened = Merchant::demo(server.api).charge("order-1", "alfamart", amount(no));
                if no % 2 == 0 {
                    let code = text(&opened, "payment_code");
                    let path = format!("/sandbox/v1/payments/{code}/pay");
                    assert_eq!(post(server.api, &path, "").member("code"), "00");
                }
            });
        }
    });
    // One of them lives two days later.
    let moved = post(servers[1].api, "/sandbox/v1/clock", &json!({ "advance": "48h" }).to_string());
    assert_eq!(moved.status, 200, "{}", moved.text());

    for (no, server) in servers.iter().enumerate() {
        let order = Merchant::demo(server.api).status("order-1");
        let standing = match no {
            1 => "expire",
            no if no % 2 == 0 => "settlement",
            _ => "pending",
        };
        assert_eq!(text(&order, "transaction_status"), standing, "{no}");
        assert_eq!(text(&order, "gross_amount"), format!("{}.00", amount(no)), "{no}");
        let ahead = get(server.api, "/sandbox/v1/clock").json()["ahead_ms"].clone();
        assert_eq!(ahead == json!(0), no != 1, "{no}: {ahead}");
        let memory = server.memory_kib();
        assert!(memory > 0 && memory < MEMORY_MAX_KIB, "{no}: {memory} KiB");
    }
    for server in servers {
        assert_eq!(server.stop().code, Some(0));
    }
}

#[test]
fn a_script_is_told_the_url_and_nothing_else() {
    let listen = ["sandbox", "--in-memory", "--listen", "127.0.0.1:0", "--print-url"];
    let mut child = gerai(&listen).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let address = line.strip_prefix("http://").and_then(|rest| rest.strip_suffix('\n')).unwrap();
    // Whoever has read the line is answered.
    assert_eq!(get(address.parse().unwrap(), "/sandbox/v1/clock").status, 200);
    let ended = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(ended.success() && child.wait().unwrap().success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
