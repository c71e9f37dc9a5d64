//! What is refused when a database is opened, and how nodes that start together share its schema.

use std::thread;

use cluster::{Database, Server};
use domain::ids::PaymentNo;
use storage::{
    Engine, Migrated, Place, StorageError,
    postgres::{MIGRATIONS, PostgresPlace},
};

use super::bench::empty;
use crate::rows;

/// The newest schema, which both engines count alike.
const NEWEST: i64 = storage::sqlite::SCHEMA;

fn place(database: &Database) -> PostgresPlace {
    PostgresPlace::new(&database.url()).unwrap().accepting_loss()
}

fn sql(database: &Database, statement: &str) -> String {
    Server::shared().psql(database.name(), &[statement])
}

fn refused(place: PostgresPlace) -> String {
    Engine::open(&Place::Postgres(place)).unwrap_err().to_string()
}

fn unreadable(database: &Database) -> StorageError {
    Engine::open_reader(&Place::Postgres(place(database))).unwrap_err()
}

#[test]
fn nodes_that_start_together_migrate_once() {
    let database = Database::empty();
    let place = Place::Postgres(place(&database));
    let outcomes: Vec<Migrated> = thread::scope(|scope| {
        let nodes = [(); 8].map(|()| scope.spawn(|| storage::migrate(&place).unwrap()));
        nodes.map(|node| node.join().unwrap()).into()
    });
    let did = outcomes.iter().filter(|outcome| outcome.from == 0).count();
    assert_eq!(did, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome.to == NEWEST), "{outcomes:?}");
    let names = MIGRATIONS.map(|migration| migration.name);
    let steps: Vec<_> = outcomes.iter().flat_map(Migrated::steps).collect();
    assert_eq!(steps, names);
    let record = sql(&database, "select name from gerai_migration order by no");
    assert_eq!(record.lines().collect::<Vec<_>>(), names);
    // Told by the database's clock, in milliseconds.
    let late = "select count(*) from gerai_migration \
        where abs(extract(epoch from now()) * 1000 - applied_at) > 600000";
    assert_eq!(sql(&database, late), "0");
}

#[test]
fn an_older_schema_is_brought_up_to_date_and_only_what_is_missing_is_done() {
    let database = Database::empty();
    let text: String = MIGRATIONS.iter().take(4).map(|migration| migration.sql).collect();
    sql(&database, &text);
    sql(
        &database,
        "create table gerai_migration (no bigint primary key, name text not null, \
         checksum bytea not null, works_for bigint not null, applied_at bigint not null default 0)",
    );
    for step in MIGRATIONS.iter().take(4) {
        let record = "insert into gerai_migration (no, name, checksum, works_for) values";
        let (no, name, text) = (step.no, step.name, step.sql);
        let checksum = format!("sha256(convert_to($t${text}$t$, 'UTF8'))");
        sql(&database, &format!("{record} ({no}, '{name}', {checksum}, {no})"));
    }
    let error = unreadable(&database).to_string();
    assert!(error.contains("schema 4 is older") && error.contains("gerai migrate"), "{error}");
    let place = Place::Postgres(place(&database));
    assert_eq!(storage::migrate(&place).unwrap(), Migrated { from: 4, to: NEWEST });
    assert_eq!(storage::migrate(&place).unwrap(), Migrated { from: NEWEST, to: NEWEST });
    let reader = Engine::open_reader(&place).unwrap();
    assert_eq!(reader.schema_differences().unwrap(), []);
}

#[test]
fn another_programs_database_is_left_alone() {
    let database = Database::empty();
    assert!(matches!(unreadable(&database), StorageError::Missing(_)));
    // What an extension brings is nobody's.
    sql(&database, "create extension pg_stat_statements");
    assert!(matches!(unreadable(&database), StorageError::Missing(_)));
    sql(&database, "create table theirs (a int)");
    let error = refused(place(&database));
    assert!(error.contains("another program's tables"), "{error}");
    assert_eq!(sql(&database, "select count(*) from pg_tables where tablename = 'payment'"), "0");
    // In a schema of its own it does not meet them.
    sql(&database, "create schema gerai");
    Engine::open(&Place::Postgres(place(&database).with_schema("gerai"))).unwrap().close().unwrap();
    let error = refused(place(&database).with_schema("nothing"));
    assert!(error.contains("no schema that exists"), "{error}");
}

#[test]
fn a_newer_schema_is_refused_unless_it_works_for_older_programs() {
    let bench = empty();
    bench.writer.close().unwrap();
    let knows = |no: i64, works_for: i64| {
        let row = format!("insert into gerai_migration values ({no}, 'later', '', {works_for})");
        sql(&bench.database, &row);
    };
    knows(NEWEST + 1, NEWEST);
    Engine::open_reader(&bench.place).unwrap();
    Engine::open(&bench.place).unwrap().close().unwrap();
    knows(NEWEST + 2, NEWEST + 2);
    let newer = |error| {
        let StorageError::NewerSchema { found, known, .. } = error else { panic!("{error}") };
        assert_eq!((found, known), (NEWEST + 2, NEWEST));
    };
    newer(Engine::open_reader(&bench.place).unwrap_err());
    newer(Engine::open(&bench.place).unwrap_err());
    newer(storage::migrate(&bench.place).unwrap_err());
}

#[test]
fn a_schema_of_other_texts_is_refused_and_says_which() {
    let bench = empty();
    bench.writer.close().unwrap();
    sql(&bench.database, "update gerai_migration set checksum = sha256('') where no in (4, 7)");
    let error = refused(place(&bench.database));
    assert!(error.contains("4 (0004_books), 7 (0007_file_lines)"), "{error}");
}

#[test]
fn what_was_changed_in_a_schema_is_found() {
    let bench = empty();
    let differences = || {
        let reader = Engine::open_reader(&bench.place).unwrap();
        reader.schema_differences().unwrap().into_iter().map(|(what, how)| format!("{what}: {how}"))
    };
    assert_eq!(differences().collect::<Vec<_>>(), Vec::<String>::new());
    for statement in [
        "alter table event disable trigger event_stays",
        "drop index sale_payment",
        "alter table payment drop constraint payment_amount_check",
        "alter table payout add column note text",
        "create view paid as select * from payment",
        "create or replace function refuse_change() returns trigger language plpgsql as \
         'begin return new; end'",
    ] {
        sql(&bench.database, statement);
    }
    // An operator may tune how rows are kept.
    sql(&bench.database, "alter table payment set (fillfactor = 50)");
    let mut found: Vec<_> = differences().collect();
    found.sort();
    assert_eq!(
        found,
        [
            "function refuse_change: it was changed",
            "index sale_payment: it is missing",
            "rule payment_amount_check on payment: it is missing",
            "table payout: it was changed",
            "trigger event_stays on event: it was changed",
            "view paid: it is not ours",
        ]
    );
    let left = "select count(*) from pg_namespace where nspname like 'gerai%'";
    assert_eq!(sql(&bench.database, left), "0");
}

#[test]
fn the_books_are_written_once() {
    let bench = empty();
    for table in ["event", "entry"] {
        let statement = format!("truncate {table}");
        let error = Server::shared().try_psql(bench.database.name(), &[&statement]).unwrap_err();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[test]
fn a_server_that_may_forget_is_refused() {
    let database = Database::empty();
    let forgetful = PostgresPlace::new(&database.url()).unwrap();
    let error = refused(forgetful);
    assert!(error.contains("fsync is off") && error.contains("accept_loss"), "{error}");

    let server = Server::private("", &[]);
    let durable = PostgresPlace::new(&server.url("postgres")).unwrap();
    Engine::open(&Place::Postgres(durable.clone())).unwrap().close().unwrap();
    // The role's own setting counts, not only the server's.
    server.psql("postgres", &["alter role postgres set synchronous_commit = local"]);
    let error = refused(durable.clone());
    assert!(error.contains("synchronous_commit is local"), "{error}");
    Engine::open(&Place::Postgres(durable.accepting_loss())).unwrap().close().unwrap();
}

#[test]
fn a_database_that_cannot_be_used_is_refused() {
    let database = Database::empty();
    let name = database.name();
    sql(&database, &format!("alter database {name} set default_transaction_read_only = on"));
    let error = refused(place(&database));
    assert!(error.contains("does not allow writes"), "{error}");

    let missing = PostgresPlace::new(&Server::shared().url("nothing")).unwrap();
    let error = refused(missing.accepting_loss());
    assert!(error.contains("database \"nothing\" does not exist"), "{error}");

    let latin = format!("{name}_latin");
    Server::shared().psql(
        "postgres",
        &[&format!("create database {latin} encoding 'LATIN1' template template0")],
    );
    let error = refused(PostgresPlace::new(&Server::shared().url(&latin)).unwrap());
    Server::shared().psql("postgres", &[&format!("drop database {latin} with (force)")]);
    assert!(error.contains("encoding is LATIN1"), "{error}");
}

/// What docs/operating.md grants to a gateway that may not change tables.
#[test]
fn a_user_without_rights_to_tables_serves_what_another_migrated() {
    let database = Database::empty();
    let name = database.name();
    let owner = PostgresPlace::new(&database.url()).unwrap().accepting_loss();
    let user = format!("{name}_user");
    sql(&database, &format!("create role {user} login"));
    let url = database.url().replace("postgres@", &format!("{user}@"));
    let limited = Place::Postgres(PostgresPlace::new(&url).unwrap().accepting_loss());
    let error = Engine::open(&limited).unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");

    storage::migrate(&Place::Postgres(owner)).unwrap();
    for grant in [
        "grant usage on schema public to",
        "grant select, insert, update, delete on all tables in schema public to",
        "grant usage on all sequences in schema public to",
    ] {
        sql(&database, &format!("{grant} {user}"));
    }
    let mut writer = Engine::open(&limited).unwrap();
    writer.commit(&rows::opened(1..3)).unwrap();
    let reader = writer.reader().unwrap();
    assert_eq!(reader.payments_after(PaymentNo::new(0), 9).unwrap().len(), 2);
    drop(reader);
    writer.close().unwrap();
    assert!(Server::shared().try_psql(name, &[&format!("drop owned by {user}")]).is_ok());
    sql(&database, &format!("drop role {user}"));
}
