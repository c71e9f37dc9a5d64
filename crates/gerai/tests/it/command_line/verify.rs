//! `gerai verify` finds what was changed by hand, and says where.

use std::path::Path;

use rusqlite::Connection as Database;

use crate::drive::{
    folder::Folder,
    http::post,
    merchant::{Merchant, new_order, text},
    process::{Ended, Server, run},
};

/// A folder with three payments, of which the first two were paid.
fn a_day() -> Folder {
    let folder = Folder::new("verify");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    for no in 1..=3 {
        let charged = merchant.charge(&new_order(), "indomaret", 50_000);
        let code = text(&charged, "payment_code");
        if no < 3 {
            let paid = post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
            assert_eq!(paid.member("code"), "00");
        }
    }
    assert_eq!(server.stop().code, Some(0));
    folder
}

fn verify(data: &Path) -> Ended {
    run(&["verify", "--data", data.to_str().unwrap()])
}

#[test]
fn one_row_changed_by_hand_is_found_and_named() {
    let folder = a_day();
    let said = verify(folder.path()).well();
    assert!(said.contains("3 payments"), "{said}");
    let whole = std::fs::read(folder.join("gerai.db")).unwrap();

    let mut missed = Vec::new();
    let no_triggers = "drop trigger event_stays; drop trigger event_remains;
                       drop trigger entry_stays; drop trigger entry_remains;";
    for (change, place) in [
        ("update payment set amount = amount + 1 where no = 2", "payment 2"),
        (
            "update payment set state = 1, sale_no = null, taken_by = null, till_at = null,
          paid_at = null, business_date = null, final_after = null, is_final = null
          where no = 1",
            "payment 1",
        ),
        ("update payment set expires_at = expires_at + 1 where no = 3", "payment 3"),
        ("update payment set order_id = 'another' where no = 3", "payment 3"),
        ("delete from payment where no = 3", "payment 3"),
        ("update sale set amount = amount - 1 where no = 2", "sale 2"),
        ("update sale set sale_key = 'another' where no = 1", "sale 1"),
        ("update sale set answer = zeroblob(length(answer)) where no = 2", "sale 2"),
        ("update payment set personal = zeroblob(length(personal)) where no = 2", "payment 2"),
        ("delete from sale where no = 2", "sale 2"),
        ("update event set at = at + 1 where no = 2", "event 2"),
        ("delete from event where no = (select max(no) from event)", "payment"),
        ("update entry set amount = amount * 2", "event"),
        ("delete from entry where no = (select max(no) from entry)", "event"),
    ] {
        for name in ["gerai.db-wal", "gerai.db-shm"] {
            drop(std::fs::remove_file(folder.join(name)));
        }
        std::fs::write(folder.join("gerai.db"), &whole).unwrap();
        let database = Database::open(folder.join("gerai.db")).unwrap();
        database.execute_batch(&format!("{no_triggers} {change}")).unwrap();
        drop(database);
        let ended = verify(folder.path());
        // Where rows cannot even be read together, there is one sentence instead of a report.
        let mut lines = ended.said.lines().chain(ended.log.lines());
        let names = |line: &str| line.trim_start_matches("gerai: ").starts_with(place);
        if ended.code.is_none_or(|code| code == 0) || !lines.any(names) {
            missed.push(format!("{change}: no {place} in {ended:?}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn it_works_beside_a_running_server_and_changes_nothing() {
    let folder = a_day();
    let server = Server::on(folder.path());
    let before = std::fs::read(folder.join("gerai.db")).unwrap();
    for _ in 0..3 {
        verify(folder.path()).well();
    }
    assert_eq!(std::fs::read(folder.join("gerai.db")).unwrap(), before);
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    let said = verify(folder.path()).well();
    assert!(said.contains("4 payments"), "{said}");
}
