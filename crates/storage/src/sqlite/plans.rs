//! How the engine goes about each question: with ten million rows, a scan is an outage.

use rusqlite::{Connection, OpenFlags, StatementStatus};

use super::{Place, migrate, open::connect};
use crate::sql::{
    commit::{OWN_EVENTS_PRUNE, REMOVALS},
    read::sql,
};

fn plan(conn: &Connection, statement: &str) -> String {
    let mut explain = conn.prepare(&format!("explain query plan {statement}")).unwrap();
    // The plan does not depend on the values, but every parameter must have one.
    let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
    let lines = explain
        .query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3))
        .unwrap();
    lines.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

fn empty() -> Connection {
    // A connection as all others are, to a database of its own.
    let place = Place::Memory(format!("plans-{:?}", std::thread::current().id()));
    let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut conn = connect(&place, access).unwrap();
    migrate::migrate(&mut conn, "memory").unwrap();
    conn
}

#[test]
fn look_ups_sweeps_and_pages_scan_nothing_and_sort_nothing() {
    let conn = empty();
    for (name, statement) in [sql::LOOK_UPS, sql::SWEEPS, sql::PAGES].concat() {
        let plan = plan(&conn, statement).to_lowercase();
        assert!(plan.contains("search"), "{name}: {plan}");
        assert!(!plan.contains("scan"), "{name}: {plan}");
        let may_sort = name == "DATA_KEYS_NEWEST";
        assert!(may_sort || !plan.contains("temp b-tree"), "{name}: {plan}");
    }
}

#[test]
fn sweeps_read_their_own_index() {
    let conn = empty();
    for ((name, statement), index) in sql::SWEEPS.iter().zip([
        "payment_expiry",
        "payment_hold",
        "payment_final",
        "notification_due",
        "payment_expiry",
        "payment_hold",
        "payment_final",
        "notification_due",
        "matched_available",
        "matched_available",
        "payment_expiry",
        "payment_hold",
        "payment_final",
        "matched_available",
        "refund_code_expiry",
        "refund_code_hold",
    ]) {
        let plan = plan(&conn, statement);
        assert!(plan.contains(&format!("INDEX {index}")), "{name}: {plan}");
    }
}

#[test]
fn merchants_look_at_their_own_rows_only() {
    let conn = empty();
    let plan_of = |wanted: &str| {
        let (_, statement) = sql::LOOK_UPS.iter().find(|(name, _)| *name == wanted).unwrap();
        plan(&conn, statement)
    };
    // Every payment that is opened asks this one.
    let order = plan_of("PAYMENT_BY_ORDER");
    assert!(order.contains("INDEX payment_order (account_no=? AND order_id=?)"), "{order}");
    let list = plan_of("PAYMENTS_OF");
    assert!(list.contains("INDEX payment_account (account_no=? AND opened_at>? AND"), "{list}");
    let balances = plan_of("MERCHANT_BALANCES");
    let covered = "COVERING INDEX entry_merchant \
        (account_no=? AND account_kind=? AND event_no>? AND event_no<?)";
    assert!(balances.contains(covered), "{balances}");
    let owed = plan_of("OWED");
    let covered = "COVERING INDEX entry_receivable (retailer=? AND business_date=?)";
    assert!(owed.contains(covered), "{owed}");
    let waiting = plan_of("MATCHED_WAITING");
    assert!(waiting.contains("INDEX matched_waiting (retailer=? AND"), "{waiting}");
    let used = plan_of("EXTERNAL_ID");
    let by_all = "(day=? AND account_no=? AND endpoint=? AND id=?)";
    assert!(used.contains(&format!("PRIMARY KEY {by_all}")), "{used}");
}

#[test]
fn lists_walk_along_an_order_that_is_there() {
    let conn = empty();
    for (name, statement) in sql::WALKS {
        let plan = plan(&conn, statement).to_lowercase();
        assert!(!plan.contains("temp b-tree"), "{name}: {plan}");
    }
}

#[test]
fn removals_touch_what_they_remove() {
    let conn = empty();
    for (name, statement) in REMOVALS {
        let plan = plan(&conn, statement).to_lowercase();
        let by_key = if name == "EXTERNAL_IDS" {
            "primary key (day=? and account_no=?"
        } else {
            "integer primary key"
        };
        assert!(plan.contains(&format!("using {by_key}")), "{name}: {plan}");
        assert!(name != "EXTERNAL_IDS" || !plan.contains("scan"), "{name}: {plan}");
        assert!(!plan.contains("temp b-tree"), "{name}: {plan}");
        let sorted = ["idempotency_expiry", "sale_answered", "checkout_keep"];
        let indexed = sorted.iter().any(|index| plan.contains(index));
        let is_sorted = matches!(name, "IDEMPOTENCY" | "SALE_ANSWERS" | "CHECKOUTS");
        assert_eq!(indexed, is_sorted, "{name}: {plan}");
    }
}

#[test]
fn the_oldest_own_events_of_an_account_are_found_by_its_key() {
    let plan = plan(&empty(), OWN_EVENTS_PRUNE).to_lowercase();
    assert!(plan.contains("primary key (account_no=? and no"), "{plan}");
    assert!(!plan.contains("scan") && !plan.contains("temp b-tree"), "{plan}");
}

#[test]
fn whole_scans_are_only_where_everything_is_wanted() {
    let conn = empty();
    let names: Vec<_> = sql::WHOLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["NOTIFICATION_COUNTS", "MATCHED_BY_DAY", "MATCHED_WRONG", "ADVANCES_WRONG", "ENTRIES"]
    );
    for (name, statement) in sql::WHOLE {
        let plan = plan(&conn, statement);
        assert!(plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{name}: {plan}");
    }
}

#[test]
fn a_statement_is_prepared_once_whatever_is_bound() {
    let conn = empty();
    for (name, statement) in [sql::LOOK_UPS, sql::SWEEPS, sql::PAGES, sql::WALKS].concat() {
        let mut statement = conn.prepare(statement).unwrap();
        for value in 0..3 {
            let values = vec![value; statement.parameter_count()];
            let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{name}");
    }
}
