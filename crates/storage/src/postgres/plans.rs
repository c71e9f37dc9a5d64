//! How the engine goes about each question. The tables are empty, so its estimates mean nothing: what can
//! be done without a scan or a sort is, when both are said to be dear.

use cluster::Database;

use super::{Connection, PostgresPlace, io, text};
use crate::sql::{commit, read::sql};

/// A database with the newest schema, and a connection to it.
fn made() -> (Database, tokio_postgres::Client) {
    let database = Database::empty();
    let place = PostgresPlace::new(&database.url()).unwrap().accepting_loss();
    Connection::writer(&place).unwrap().close().unwrap();
    let client = io::run(async move { super::connect::connect(&place).await }).unwrap();
    io::wait(client.batch_execute(
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
         set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off",
    ))
    .unwrap();
    (database, client)
}

/// The lines of a plan that does not depend on the values.
fn plan(client: &tokio_postgres::Client, statement: &str) -> String {
    // What is only compared with nothing has no type here; in earnest it comes with one.
    let mut statement = statement.to_owned();
    for no in 1..10 {
        let typed = format!("${no}::bigint is null");
        statement = statement.replace(&format!("${no} is null"), &typed);
    }
    let explained = async {
        client.batch_execute(&format!("prepare it as {statement}")).await?;
        let count = "select cardinality(parameter_types) from pg_prepared_statements \
            where name = 'it'";
        let count: i32 = client.query_one(count, &[]).await?.get(0);
        let nulls = vec!["null"; usize::try_from(count).unwrap()].join(", ");
        let execute = if nulls.is_empty() { "it".to_owned() } else { format!("it({nulls})") };
        let lines = client.query(&format!("explain (costs off) execute {execute}"), &[]).await?;
        client.batch_execute("deallocate it").await?;
        Ok::<_, tokio_postgres::Error>(lines)
    };
    let lines = io::wait(explained).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    lines.iter().map(|line| line.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

#[test]
fn look_ups_sweeps_and_pages_scan_nothing_and_sort_nothing() {
    let (_database, client) = made();
    for (name, statement) in [sql::LOOK_UPS, sql::SWEEPS, sql::PAGES].concat() {
        let plan = plan(&client, &text::plain(statement));
        // The least of an index that only has what is asked about needs no condition.
        let is_least = plan.contains("Index Only Scan") && plan.starts_with("Aggregate");
        assert!(is_least || plan.contains("Index Cond"), "{name}: {plan}");
        assert!(!plan.contains("Seq Scan"), "{name}: {plan}");
        assert_eq!(sorts(&plan), FEW_OF_ONE.contains(&name), "{name}: {plan}");
    }
}

/// What belongs to one payment, sale, code or notification is a handful of rows, found by an index that does
/// not hold their numbers; and there are a few newest data keys.
const FEW_OF_ONE: [&str; 12] = [
    "FAMILY",
    "SALES_OF",
    "REFUND_OF",
    "REFUNDS_OF",
    "FILE_ALIASES",
    "EVENTS_OF",
    "NOTIFICATIONS_OF",
    "DUE_OF",
    "FIRST_ATTEMPT_OF",
    "LAST_ATTEMPT_OF",
    "ATTEMPTS_OF",
    "DATA_KEYS_NEWEST",
];

/// Whether a plan sorts all that it finds. Rows that come in the order of a first column are sorted a few
/// at a time by a second.
fn sorts(plan: &str) -> bool {
    plan.replace("Incremental Sort", "").contains("Sort\n")
}

#[test]
fn lists_walk_along_an_order_that_is_there() {
    let (_database, client) = made();
    for (name, statement) in sql::WALKS {
        let plan = plan(&client, &text::plain(statement));
        assert!(!sorts(&plan), "{name}: {plan}");
    }
}

#[test]
fn removals_touch_what_they_remove() {
    let (_database, client) = made();
    let own = [("OWN_EVENTS_PRUNE", commit::OWN_EVENTS_PRUNE)];
    for (name, statement) in commit::REMOVALS.into_iter().chain(own) {
        let plan = plan(&client, &text::plain(statement));
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{name}: {plan}");
    }
}

#[test]
fn everything_is_understood() {
    let (_database, client) = made();
    for (_, statement) in sql::WHOLE {
        plan(&client, &text::plain(statement));
    }
}
