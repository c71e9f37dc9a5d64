//! What only PostgreSQL does: turns, conflicts, several connections, triggers.

use cluster::Server;
use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo},
    ledger::LedgerAccount,
};
use storage::{Engine, EventRow, Reader, StorageError, Wanted, Writes};

use super::bench::{Bench, empty};
use crate::rows;

/// What another program makes of the database.
fn psql(bench: &Bench, statement: &str) -> Result<String, String> {
    Server::shared().try_psql(bench.database.name(), &[statement])
}

#[test]
fn events_and_entries_are_written_once() {
    let mut bench = empty();
    let events = vec![rows::event(1, 1, EventKind::Paid)];
    let entries = vec![rows::entry(1, 1, LedgerAccount::FeeEarned, 5)];
    bench.writer.commit(&Writes { events, entries, ..Writes::default() }).unwrap();
    for statement in [
        "update event set at = 0",
        "delete from event",
        "update entry set amount = 0 where no = 1",
        "delete from entry where no = 1",
    ] {
        let error = psql(&bench, statement).unwrap_err();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
}

#[test]
fn rows_that_are_not_ours_are_corrupt_and_named() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..3)).unwrap();
    let reader = bench.writer.reader().unwrap();
    for (change, undo, what) in [
        ("code = 'no code'", "code = '8100000000000001'", "code"),
        ("sale_no = 5", "sale_no = null", "no state"),
        ("lap = 5000000000", "lap = 0", "out of range"),
    ] {
        psql(&bench, &format!("update payment set {change} where no = 1")).unwrap();
        let error = reader.payment(PaymentNo::new(1)).unwrap_err();
        let StorageError::Corrupt(corrupt) = error else { panic!("{error}") };
        assert_eq!((corrupt.table, corrupt.row.as_str()), ("payment", "1"));
        assert!(corrupt.what.contains(what), "{}", corrupt.what);
        let wanted = Wanted { payments: vec![PaymentNo::new(1)], ..Wanted::default() };
        assert!(matches!(bench.writer.load(&wanted), Err(StorageError::Corrupt(_))));
        psql(&bench, &format!("update payment set {undo} where no = 1")).unwrap();
        reader.payment(PaymentNo::new(1)).unwrap();
    }
}

#[test]
fn a_database_has_one_writer_and_any_number_of_readers() {
    let bench = empty();
    assert!(matches!(Engine::open(&bench.place), Err(StorageError::InUse(_))));
    let readers: Vec<Reader> = (0..3).map(|_| Engine::open_reader(&bench.place).unwrap()).collect();
    assert!(readers.iter().all(|reader| reader.sequences().is_ok()));
    let Bench { writer, place, database } = bench;
    writer.close().unwrap();
    // The server gives the lock back when it sees that the connection is gone.
    while matches!(Engine::open(&place), Err(StorageError::InUse(_))) {}
    drop(database);
}

#[test]
fn a_turn_that_is_abandoned_leaves_nothing() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..2)).unwrap();
    let wanted = Wanted { payments: vec![PaymentNo::new(1)], ..Wanted::default() };
    // Several loads are one turn.
    assert_eq!(bench.writer.load(&wanted).unwrap().payments.len(), 1);
    assert_eq!(bench.writer.load(&wanted).unwrap().payments.len(), 1);
    let idle = "select count(*) from pg_stat_activity \
        where datname = current_database() and state = 'idle in transaction'";
    assert_eq!(psql(&bench, idle).unwrap().trim(), "1");
    bench.writer.rest();
    assert_eq!(psql(&bench, idle).unwrap().trim(), "0");
    bench.writer.rest();
    // What is refused ends the turn too, and the next goes on.
    bench.writer.load(&wanted).unwrap();
    let again = bench.writer.commit(&rows::opened(1..2));
    assert!(matches!(again, Err(StorageError::Constraint(_))), "{again:?}");
    assert_eq!(psql(&bench, idle).unwrap().trim(), "0");
    bench.writer.commit(&rows::opened(2..3)).unwrap();
    assert_eq!(bench.writer.sequences().unwrap().payment, 2);
}

#[test]
fn what_broke_first_is_what_is_said() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..3)).unwrap();
    // Everything after the payment fails because the transaction is over.
    let mut writes = rows::opened(2..4);
    writes.events.push(rows::event(9, 2, EventKind::Paid));
    let error = bench.writer.commit(&writes).unwrap_err().to_string();
    assert!(error.contains("payment_"), "{error}");
}

#[test]
fn a_walk_is_longer_than_what_is_fetched_at_once() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..2_501)).unwrap();
    let reader = bench.writer.reader().unwrap();
    let mut seen = Vec::new();
    let mut orphans = 0;
    reader
        .walk_payments(
            (0, i64::MAX),
            &mut |row, past| {
                let row = row.unwrap();
                assert_eq!(past.len(), 1);
                seen.push(row.payment.no.get());
            },
            &mut |_| orphans += 1,
        )
        .unwrap();
    assert_eq!((seen, orphans), ((1..2_501).collect(), 0));
    let mut events = Vec::new();
    reader
        .walk_events((0, i64::MAX), (i64::MIN, i64::MAX), &mut |step| {
            if let storage::Step::Event(EventRow { event, .. }, ..) = step {
                events.push(event.no.get());
            }
        })
        .unwrap();
    assert_eq!(events, (1..2_501).collect::<Vec<_>>());
}

#[test]
fn connections_see_one_moment_while_others_write() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..4)).unwrap();
    let mut readers: Vec<Reader> = (0..3).map(|_| bench.writer.reader().unwrap()).collect();
    Reader::together(&mut readers, |readers| {
        assert_eq!(readers.len(), 3);
        bench.writer.commit(&rows::opened(4..9)).unwrap();
        for reader in readers.iter() {
            assert_eq!(reader.payments_after(PaymentNo::new(0), 99)?.len(), 3);
        }
        Ok::<_, StorageError>(())
    })
    .unwrap();
    for reader in &readers {
        assert_eq!(reader.payments_after(PaymentNo::new(0), 99).unwrap().len(), 8);
    }
    let seen = readers[0]
        .snapshot(|reader| {
            bench.writer.commit(&rows::opened(9..12)).unwrap();
            reader.events_after(EventNo::new(0), 99)
        })
        .unwrap();
    assert!(seen.len() == 8 || seen.len() == 11, "{}", seen.len());
}

#[test]
fn readers_write_nothing_and_copies_are_for_other_programs() {
    let bench = empty();
    let reader = bench.writer.reader().unwrap();
    let refused = reader.backup_to(std::path::Path::new("/nowhere/copy.db")).unwrap_err();
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
    assert_eq!(reader.schema_differences().unwrap(), []);
}

#[test]
fn a_connection_that_is_lost_is_an_error_and_nothing_else() {
    let mut bench = empty();
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    bench.writer.load(&Wanted::default()).unwrap();
    psql(&bench, kill).unwrap();
    let error = bench.writer.commit(&rows::opened(1..2)).unwrap_err();
    assert!(matches!(error, StorageError::Engine(_)), "{error}");
    assert!(matches!(bench.writer.sequences(), Err(StorageError::Engine(_))));
}
