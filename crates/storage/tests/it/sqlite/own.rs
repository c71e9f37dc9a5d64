//! What only SQLite does: files, locks, schema numbers, triggers, copies.

use std::{path::Path, thread};

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo},
    ledger::LedgerAccount,
};
use rusqlite::Connection;
use storage::{
    AccountFilter, Standing, StorageError, Wanted, Writes,
    sqlite::{Engine, Place, SCHEMA},
};

use super::bench::{folder, in_memory, on_disk};
use crate::rows;

/// The database as another program sees it.
fn raw(folder: &Path) -> Connection {
    Connection::open(folder.join("gerai.db")).unwrap()
}

#[test]
fn events_and_entries_are_written_once() {
    let mut bench = on_disk("append-only");
    let events = vec![rows::event(1, 1, EventKind::Paid)];
    let entries = vec![rows::entry(1, 1, LedgerAccount::FeeEarned, 5)];
    bench.writer.commit(&Writes { events, entries, ..Writes::default() }).unwrap();
    let raw = raw(bench.folder.as_ref().unwrap());
    for statement in [
        "update event set at = 0",
        "delete from event",
        "update entry set amount = 0 where no = 1",
        "delete from entry where no = 1",
    ] {
        let error = raw.execute(statement, ()).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
}

#[test]
fn rows_that_are_not_ours_are_corrupt_and_named() {
    let mut bench = on_disk("corrupt");
    let mut writes = rows::opened(1..3);
    writes.entries = vec![rows::entry(1, 2, LedgerAccount::FeeEarned, 5)];
    bench.writer.commit(&writes).unwrap();
    let raw = raw(bench.folder.as_ref().unwrap());
    let reader = bench.writer.reader().unwrap();
    for (change, undo, what) in [
        ("code = 'no code'", "code = '8100000000000001'", "code"),
        ("sale_no = 5", "sale_no = null", "no state"),
        ("opened_for = ''", "opened_for = 'alfamart'", "opened_for"),
        ("lap = 5000000000", "lap = 0", "out of range"),
    ] {
        raw.execute(&format!("update payment set {change} where no = 1"), ()).unwrap();
        let error = reader.payment(PaymentNo::new(1)).unwrap_err();
        let StorageError::Corrupt(corrupt) = error else { panic!("{error}") };
        assert_eq!((corrupt.table, corrupt.row.as_str()), ("payment", "1"));
        assert!(corrupt.what.contains(what), "{}", corrupt.what);
        let wanted = Wanted { payments: vec![PaymentNo::new(1)], ..Wanted::default() };
        assert!(matches!(bench.writer.load(&wanted), Err(StorageError::Corrupt(_))));
        raw.execute(&format!("update payment set {undo} where no = 1"), ()).unwrap();
        reader.payment(PaymentNo::new(1)).unwrap();
    }
    raw.execute_batch("drop trigger entry_stays; update entry set event_no = 1").unwrap();
    let error = reader.events_after(EventNo::new(0), 9).unwrap_err();
    assert!(matches!(error, StorageError::Corrupt(_)), "{error}");
}

#[test]
fn a_place_has_one_writer() {
    let bench = on_disk("locked");
    let place = Place::Folder(bench.folder.clone().unwrap());
    assert!(matches!(Engine::open(&place), Err(StorageError::InUse(_))));
    let memory = Place::Memory("locked".to_owned());
    let first = Engine::open(&memory).unwrap();
    assert!(matches!(Engine::open(&memory), Err(StorageError::InUse(_))));
    drop(first);
    Engine::open(&memory).unwrap();
}

#[test]
fn closing_gives_the_folder_back_and_keeps_the_rows() {
    let folder = folder("reopened");
    let place = Place::Folder(folder.clone());
    for round in 0..3 {
        let mut writer = Engine::open(&place).unwrap();
        assert_eq!(writer.sequences().unwrap().payment, round);
        writer.commit(&rows::opened(round + 1..round + 2)).unwrap();
        writer.checkpoint().unwrap();
        if round == 1 {
            drop(writer);
        } else {
            writer.close().unwrap();
        }
    }
    // With nobody writing, a reader finds its way too.
    let reader = Engine::open_reader(&place).unwrap();
    assert!(reader.payment(PaymentNo::new(3)).unwrap().is_some());
    drop(reader);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn other_databases_are_left_alone() {
    let bench = on_disk("schemas");
    let folder = bench.folder.clone().unwrap();
    let place = Place::Folder(folder.clone());
    raw(&folder).pragma_update(None, "user_version", SCHEMA + 1).unwrap();
    let newer = |error| {
        let StorageError::NewerSchema { found, known, .. } = error else { return false };
        (found, known) == (SCHEMA + 1, SCHEMA)
    };
    assert!(newer(Engine::open_reader(&place).unwrap_err()));
    let other = super::bench::folder("schemas-copy");
    std::fs::create_dir_all(&other).unwrap();
    raw(&folder).execute("vacuum into ?1", [other.join("gerai.db").to_str().unwrap()]).unwrap();
    assert!(newer(Engine::open(&Place::Folder(other.clone())).unwrap_err()));

    std::fs::remove_file(other.join("gerai.db")).unwrap();
    raw(&other).execute_batch("create table theirs (a)").unwrap();
    let place = Place::Folder(other.clone());
    assert!(matches!(Engine::open(&place), Err(StorageError::Open { .. })));
    assert!(matches!(Engine::open_reader(&place), Err(StorageError::Open { .. })));

    std::fs::write(other.join("gerai.db"), "no database at all, but some text instead").unwrap();
    assert!(Engine::open(&place).is_err());
    std::fs::remove_dir_all(other).unwrap();
}

/// A database as the first release left it, with rows of all that later schemas put in order.
fn of_schema_one(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let raw = raw(folder);
    raw.execute_batch(include_str!("../../../migrations/sqlite/0001_first.sql")).unwrap();
    raw.execute_batch(
        "pragma application_id = 1195725377;
         pragma user_version = 1;
         insert into payment (no, shard, id, account_no, order_id, opened_for, code, lap, amount, \
             fee, opened_at, expires_at, announce, superseded, state, personal_key, personal, \
             last_event) \
             values (1, 0, zeroblob(16), 3, 'order-1', 'alfamart', '8100000000000001', 0, 50000, \
             0, 1000, 2000, 0, 0, 1, 1, x'', 1);
         insert into event (no, shard, payment_no, kind, at, actor, payment_digest, chain, \
             entry_first, entry_count) \
             values (1, 0, 1, 3, 1000, 3, zeroblob(16), zeroblob(32), 1, 1);
         insert into entry (no, shard, event_no, account_kind, account_no, amount, at) \
             values (1, 0, 1, 7, 3, -50000, 1000);
         insert into unapplied (no, shard, sale_no, retailer, code, amount, why, business_date, \
             received_at, state) \
             values (1, 0, 4, 'alfamart', '8100000000000002', 7000, 'paid twice', 20000, 1500, 2);",
    )
    .unwrap();
}

#[test]
fn a_database_of_the_first_schema_is_brought_up_to_date() {
    let folder = folder("schema-one");
    of_schema_one(&folder);
    let place = Place::Folder(folder.clone());
    let error = Engine::open_reader(&place).unwrap_err().to_string();
    assert!(error.contains("starting the server upgrades it"), "{error}");

    let mut writer = Engine::open(&place).unwrap();
    let reader = writer.reader().unwrap();
    let list = AccountFilter {
        account: rows::ACCOUNT,
        opened_from: rows::at(1_000),
        opened_before: rows::at(1_001),
        standing: Some(Standing::Pending),
        skip: 0,
        rows_max: 9,
    };
    assert_eq!(reader.payments_of(&list).unwrap().len(), 1);
    assert_eq!(reader.balances_of(rows::ACCOUNT).unwrap().pending.get(), -50_000);
    // Its table was made anew, with what was in it.
    let cash = reader.unapplied_by_no(1).unwrap().unwrap();
    assert_eq!((cash.sale.get(), cash.state), (4, storage::UnappliedState::Refunded));
    let external_ids = vec![rows::external(1, "a")];
    writer.commit(&Writes { external_ids, ..Writes::default() }).unwrap();
    drop(reader);
    writer.close().unwrap();

    // The second time there is nothing to do.
    let version =
        || -> i64 { raw(&folder).query_row("pragma user_version", (), |row| row.get(0)).unwrap() };
    assert_eq!(version(), SCHEMA);
    Engine::open(&place).unwrap().close().unwrap();
    assert_eq!(version(), SCHEMA);
    Engine::open_reader(&place).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_to_read_is_said() {
    let folder = folder("nothing");
    let place = Place::Folder(folder.clone());
    assert!(matches!(Engine::open_reader(&place), Err(StorageError::Missing(_))));
    assert!(!folder.exists());
    let memory = Place::Memory("nothing".to_owned());
    assert!(matches!(Engine::open_reader(&memory), Err(StorageError::Missing(_))));
}

#[test]
fn places_in_memory_have_names_and_end_with_their_last_connection() {
    let mut one = in_memory("places-one");
    let two = in_memory("places one?&/%");
    one.writer.commit(&rows::opened(1..3)).unwrap();
    let shared = Engine::open_reader(&Place::Memory("places-one".to_owned())).unwrap();
    assert_eq!(shared.payments_after(PaymentNo::new(0), 9).unwrap().len(), 2);
    let other = two.writer.reader().unwrap();
    assert_eq!(other.payments_after(PaymentNo::new(0), 9).unwrap().len(), 0);
    drop((one, shared));
    let again = in_memory("places-one");
    assert_eq!(again.writer.sequences().unwrap().payment, 0);
}

#[test]
fn a_snapshot_is_one_moment() {
    let mut bench = on_disk("snapshot");
    let reader = bench.writer.reader().unwrap();
    reader
        .snapshot(|reader| {
            let before = reader.payments_after(PaymentNo::new(0), 9)?.len();
            bench.writer.commit(&rows::opened(1..4)).unwrap();
            assert_eq!((before, reader.payments_after(PaymentNo::new(0), 9)?.len()), (0, 0));
            Ok::<_, StorageError>(())
        })
        .unwrap();
    assert_eq!(reader.payments_after(PaymentNo::new(0), 9).unwrap().len(), 3);
}

#[test]
fn readers_go_on_beside_a_writer() {
    for mut bench in [on_disk("beside"), in_memory("beside")] {
        let reader = bench.writer.reader().unwrap();
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                let mut seen = 0;
                while seen < 50 {
                    let rows = reader.payments_after(PaymentNo::new(seen), 100).unwrap();
                    for row in rows {
                        seen += 1;
                        assert_eq!(row, rows::payment(seen));
                    }
                }
            });
            for no in 1..=50 {
                bench.writer.commit(&rows::opened(no..no + 1)).unwrap();
            }
            reading.join().unwrap();
        });
    }
}

#[test]
fn a_copy_taken_while_writing_is_whole() {
    let bench = on_disk("backup");
    let copies = folder("backup-copies");
    let reader = bench.writer.reader().unwrap();
    let mut bench = bench;
    thread::scope(|scope| {
        let writer = &mut bench.writer;
        let writing = scope.spawn(move || {
            for no in 0..200 {
                writer.commit(&rows::opened(no * 3 + 1..no * 3 + 4)).unwrap();
            }
        });
        for copy in 0..5 {
            let place = copies.join(copy.to_string());
            std::fs::create_dir_all(&place).unwrap();
            let file = place.join("gerai.db");
            reader.backup_to(&file).unwrap();
            assert!(matches!(reader.backup_to(&file), Err(StorageError::Open { .. })));

            let mut writer = Engine::open(&Place::Folder(place)).unwrap();
            let sequences = writer.sequences().unwrap();
            assert_eq!(sequences.payment % 3, 0);
            assert_eq!(sequences.payment, sequences.event);
            assert_eq!(sequences.payment, sequences.notification);
            let copied = writer.reader().unwrap();
            let events = copied.events_after(EventNo::new(0), 10_000).unwrap();
            assert_eq!(i64::try_from(events.len()).unwrap(), sequences.event);
            let next = sequences.payment + 1;
            writer.commit(&rows::opened(next..next + 1)).unwrap();
        }
        writing.join().unwrap();
    });
    std::fs::remove_dir_all(copies).unwrap();
}

#[test]
fn the_engine_is_set_up_as_the_figures_want_it() {
    let bench = on_disk("pragmas");
    let raw = raw(bench.folder.as_ref().unwrap());
    let pragma = |name: &str| -> String {
        raw.query_row(&format!("select cast((select * from pragma_{name}) as text)"), (), |row| {
            row.get(0)
        })
        .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("application_id"), "1195725377");
    assert_eq!(pragma("integrity_check"), "ok");
}
