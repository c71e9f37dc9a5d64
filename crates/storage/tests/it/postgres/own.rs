//! What only PostgreSQL does: turns, conflicts, several connections, triggers.

use std::{thread, time::Duration};

use cluster::Server;
use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo},
    ledger::LedgerAccount,
    time::Timestamp,
};
use storage::{
    Bell, Engine, EventRow, Leases, Place, Reader, Sequences, StorageError, TailRow, Wanted, Watch,
    Writes,
    postgres::{Deadlines, PostgresPlace},
};

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
    let mut bench = empty();
    let Place::Postgres(hurried) = bench.place.clone() else { panic!() };
    let deadlines = Deadlines { lock: Duration::from_millis(200), ..Deadlines::default() };
    let hurried = Place::Postgres(hurried.with_deadlines(deadlines));
    assert!(matches!(Engine::open(&hurried), Err(StorageError::InUse(_))));
    let readers: Vec<Reader> = (0..3).map(|_| Engine::open_reader(&bench.place).unwrap()).collect();
    assert!(readers.iter().all(|reader| reader.sequences().is_ok()));
    // Whoever starts waits until the one before has started, or is gone.
    bench.writer.share().unwrap();
    let second = Engine::open(&hurried).unwrap();
    assert!(matches!(Engine::open(&hurried), Err(StorageError::InUse(_))));
    second.close().unwrap();
    Engine::open(&bench.place).unwrap().close().unwrap();
}

#[test]
fn turns_come_one_after_the_other_and_each_knows_of_those_before() {
    let mut bench = empty();
    bench.writer.join("one", "1").unwrap();
    bench.writer.commit(&Writes::default()).unwrap();
    bench.writer.share().unwrap();
    let mut other = Engine::open(&bench.place).unwrap();
    other.join("two", "1").unwrap();
    other.commit(&Writes::default()).unwrap();
    other.share().unwrap();
    let before = bench.writer.begin().unwrap().unwrap();
    assert_eq!(bench.writer.begin().unwrap(), Some(before), "it is the same turn");
    let waiting = thread::spawn(move || {
        let tail = other.begin().unwrap().unwrap();
        other.rest();
        (other, tail)
    });
    let sequences = Sequences { payment: 7, difference: 3, ..Sequences::default() };
    let tail = TailRow {
        turn: before.turn + 1,
        sequences,
        chain: [9; 32],
        booked_at: Timestamp::from_millis(5),
        root_no: 1,
        root: [8; 32],
        root_event: 2,
        root_minute: 3,
        directory_version: 4,
    };
    bench.writer.commit_observed(&Writes::default(), Some(&tail), || {}).unwrap();
    let (mut other, seen) = waiting.join().unwrap();
    assert_eq!(seen, tail);
    // What nobody says more of is counted.
    other.commit(&Writes::default()).unwrap();
    let next = bench.writer.begin().unwrap().unwrap();
    assert_eq!(next, TailRow { turn: tail.turn + 1, ..tail });
    bench.writer.rest();
    let nodes = bench.writer.reader().unwrap().nodes().unwrap();
    let said: Vec<_> = nodes.iter().map(|node| (node.no, &*node.name, node.last_turn)).collect();
    assert_eq!(said, [(2, "two", next.turn), (1, "one", tail.turn)]);
}

#[test]
fn a_turn_whose_connection_was_lost_is_looked_up() {
    let mut bench = empty();
    bench.writer.join("one", "1").unwrap();
    bench.writer.commit(&Writes::default()).unwrap();
    bench.writer.share().unwrap();
    let turn = bench.writer.begin().unwrap().unwrap().turn + 1;
    psql(&bench, OTHERS_END).unwrap();
    assert!(matches!(bench.writer.commit(&rows::opened(1..2)), Err(StorageError::Engine(_))));
    bench.writer.reconnect().unwrap();
    assert!(!bench.writer.resolve(turn).unwrap());
    bench.writer.commit(&rows::opened(1..2)).unwrap();
    assert!(bench.writer.resolve(turn).unwrap());
    assert!(!bench.writer.resolve(turn + 1).unwrap());
    // A session that is not ours any more but holds the lock is ended.
    bench.writer.begin().unwrap();
    bench.writer.reconnect().unwrap();
    assert!(!bench.writer.resolve(turn + 1).unwrap());
    // Who is not among the nodes any more knows nothing.
    psql(&bench, "delete from node").unwrap();
    assert!(bench.writer.resolve(turn).is_err());
    let error = bench.writer.commit(&Writes::default()).unwrap_err();
    assert!(error.to_string().contains("node"), "{error}");
}

#[test]
fn leases_are_shared_evenly_and_return_from_the_dead() {
    let mut bench = empty();
    let bell = Bell::default();
    let mut watches = Vec::new();
    for name in ["one", "two", "three"] {
        let no = bench.writer.join(name, "1").unwrap().unwrap();
        bench.writer.commit(&Writes::default()).unwrap();
        watches.push(Watch::open(&bench.place, no, &bell).unwrap().unwrap());
    }
    let count = |leases: Leases| (0..16).filter(|bucket| leases.sends_to(*bucket)).count();
    // The first comes alone, but knows of the others.
    let round = |watches: &[Watch]| -> Vec<Leases> {
        watches.iter().map(|watch| watch.keep_leases().unwrap()).collect()
    };
    let shared = round(&watches);
    assert_eq!(shared.iter().map(|leases| count(*leases)).collect::<Vec<_>>(), [6, 5, 5]);
    assert_eq!(shared.iter().filter(|leases| leases.keeps_house()).count(), 1);
    for bucket in 0..16 {
        assert_eq!(shared.iter().filter(|leases| leases.sends_to(bucket)).count(), 1);
    }
    assert_eq!(round(&watches), shared, "nothing moves without a reason");
    // One stops in order: the others share its part at once.
    watches.remove(0).leave().unwrap();
    let shared = round(&watches);
    assert_eq!(shared.iter().map(|leases| count(*leases)).collect::<Vec<_>>(), [8, 8]);
    assert_eq!(shared.iter().filter(|leases| leases.keeps_house()).count(), 1);
    // One dies: its part is taken when it has ended.
    watches.remove(0);
    let alone = watches[0].keep_leases().unwrap();
    assert_eq!(count(alone), 8);
    psql(
        &bench,
        "update lease set until = until - 12000; update node set seen_at = seen_at - 12000",
    )
    .unwrap();
    assert_eq!(watches[0].keep_leases().unwrap(), Leases::ALL);
    // A look finds the turns, and hears of each.
    let seen = watches[0].look().unwrap();
    bench.writer.commit(&Writes::default()).unwrap();
    watches[0].wait(Duration::from_mins(1)).unwrap();
    assert_eq!(watches[0].look().unwrap().turn, seen.turn + 1);
}

/// Ends every session of a database but the one that asks.
const OTHERS_END: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
    where datname = current_database() and pid <> pg_backend_pid()";

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

#[test]
fn a_commit_that_no_standby_has_is_not_confirmed() {
    let server = Server::private("", &[]);
    let place = Place::Postgres(PostgresPlace::new(&server.url("postgres")).unwrap());
    let mut writer = Engine::open(&place).unwrap();
    writer.join("one", "1").unwrap();
    writer.commit(&Writes::default()).unwrap();
    let turn = writer.begin().unwrap().unwrap().turn + 1;
    let standby = |name: &str| {
        let set = format!("alter system set synchronous_standby_names = '{name}'");
        server.psql("postgres", &["set synchronous_commit = local", &set]);
        server.psql("postgres", &["select pg_reload_conf()"]);
    };
    standby("nobody");
    let committed = thread::scope(|scope| {
        let commit = scope.spawn(|| writer.commit(&rows::opened(1..2)));
        // Whoever cancels a commit that waits for its standby is answered with a success and a warning.
        let cancel = "select count(pg_cancel_backend(pid)) from pg_stat_activity \
            where wait_event = 'SyncRep'";
        while !commit.is_finished() {
            server.psql("postgres", &[cancel]);
        }
        commit.join().unwrap()
    });
    assert!(matches!(committed, Err(StorageError::Unknown(_))), "{committed:?}");
    standby("");
    writer.reconnect().unwrap();
    assert!(writer.resolve(turn).unwrap());
}
