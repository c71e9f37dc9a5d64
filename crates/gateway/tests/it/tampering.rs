//! Whatever is changed, added or removed by hand is found and named.

mod office;

use std::path::PathBuf;

use domain::{code::PaymentCode, payment::State, sale::Operation as O};
use domain::{event::EventKind, retailer::AdviceCreates};
use gateway::{
    admin::approvals::{approve, carried_out, propose, reject},
    request::{Close, PaymentRef, SiblingRequest},
    verify::{Report, verify, verify_with},
};
use rusqlite::Connection;
use storage::{
    Person,
    sqlite::{Engine, Place},
};
use testkit::{ACCOUNT, START, Shop, key};

use crate::scene::{Scene, folder};

/// Where [`a_day`] leaves the digests of its first minute.
pub(crate) const EARLY: &str = "early.sql";

/// A data folder, which is removed when it is done with.
pub(crate) struct Data(pub(crate) PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Data {
    pub(crate) fn place(&self) -> Place {
        Place::Folder(self.0.clone())
    }

    /// A copy on which somebody who knows the schema has laid hands: what forbids it is taken away,
    /// and put back.
    pub(crate) fn with_hands(&self, name: &str, hand: &str) -> Self {
        let copy = Self(folder(name));
        std::fs::create_dir(&copy.0).unwrap();
        std::fs::copy(self.0.join("gerai.db"), copy.0.join("gerai.db")).unwrap();
        let conn = copy.raw();
        let triggers: Vec<(String, String)> = conn
            .prepare("select name, sql from sqlite_schema where type = 'trigger'")
            .unwrap()
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for (trigger, _) in &triggers {
            conn.execute(&format!("drop trigger {trigger}"), ()).unwrap();
        }
        conn.execute_batch("pragma ignore_check_constraints = on").unwrap();
        conn.execute_batch(hand).unwrap_or_else(|error| panic!("{hand}: {error}"));
        for (_, sql) in &triggers {
            conn.execute_batch(sql).unwrap();
        }
        drop(conn);
        copy
    }

    pub(crate) fn raw(&self) -> Connection {
        let conn = Connection::open(self.0.join("gerai.db")).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn
    }

    pub(crate) fn report(&self) -> Report {
        let mut reader = Engine::open_reader(&self.place()).unwrap();
        verify(&mut reader, &testkit::vault(), &mut |_| {}).unwrap()
    }

    /// What puts back the digests that lie beside their rows, as they are now.
    fn digests(&self) -> String {
        let conn = self.raw();
        let mut rows = conn.prepare("select kind, no, hex(digest) from row_digest").unwrap();
        let rows = rows.query_map((), |row| {
            let (kind, no): (i64, i64) = (row.get(0)?, row.get(1)?);
            let digest: String = row.get(2)?;
            Ok(format!("insert into row_digest values ({kind}, {no}, x'{digest}');"))
        });
        let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        format!("delete from row_digest; {}", rows.join(" "))
    }

    fn found(&self) -> Vec<String> {
        let findings = self.report().findings.into_iter();
        findings.map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
    }
}

fn person(uid: u32) -> Person {
    Person { uid, name: format!("person {uid}") }
}

/// A few minutes with one of everything: paid, superseded, reversed and disputed payments,
/// cash that fitted nowhere, and two persons' decisions.
pub(crate) async fn a_day(name: &str) -> Data {
    let data = Data(folder(name));
    let scene = Scene(Shop::at(data.place(), START, |settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Always;
        });
    }));
    for order in ["order-1", "order-2"] {
        let view = scene.open(order, "indomaret").await;
        scene.outcome(O::Payment, &view, &format!("S-{order}")).await.unwrap();
    }
    let cancelled = scene.open("order-3", "indomaret").await;
    scene.close(cancelled.payment.no, Close::Cancel).await.unwrap();
    scene.open("order-3", "indomaret").await;
    scene.outcome(O::Advice, &cancelled, "S-3").await.unwrap();

    std::fs::write(data.0.join(EARLY), data.digests()).unwrap();
    scene.wait(70);
    let unknown = PaymentCode::new("8100000000000000").unwrap();
    let given_back = scene.message(O::Advice, unknown, "S-9", "indomaret");
    scene.send(given_back.clone()).await;
    scene.send(scene.message(O::Reversal, unknown, "S-9", "indomaret")).await;
    let reversed = scene.open("order-5", "indomaret").await;
    scene.outcome(O::Payment, &reversed, "S-5").await.unwrap();
    scene.outcome(O::Reversal, &reversed, "S-5").await.unwrap();
    let held = scene.open("order-6", "alfamart").await;
    scene.outcome(O::Payment, &held, "S-6").await.unwrap();
    scene.outcome(O::Reversal, &held, "S-6").await.unwrap_err();

    scene.wait(130);
    for (no, command) in [(1, "turn the wheel"), (2, "open the door")] {
        let row = propose(&scene.gateway, command.to_owned(), "ticket", person(1)).await.unwrap();
        assert_eq!(row.no, no);
    }
    let row = approve(&scene.gateway, 1, person(2)).await.unwrap();
    carried_out(&scene.gateway, row, Ok(())).await.unwrap();
    reject(&scene.gateway, 2, "no", person(2)).await.unwrap();
    let first = scene.open("order-7", "indomaret").await;
    let sibling = SiblingRequest {
        account: ACCOUNT,
        payment: PaymentRef::Id(first.payment.id),
        retailer: key("alfamart"),
        received_at: scene.now(),
    };
    scene.gateway.open_sibling(sibling).await.unwrap();
    assert!(matches!(scene.state(held.payment.no).await, State::Paid(_)));
    scene.assert_clean().await;
    scene.0.close();
    let report = data.report();
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!((report.roots, report.payments), (2, 8));
    data
}

fn missed(data: &Data, name: &str, hands: &[(&str, &str)]) -> Vec<String> {
    let mut missed = Vec::new();
    for (place, hand) in hands {
        let found = data.with_hands(name, hand).found();
        if !found.iter().any(|line| line.starts_with(place)) {
            missed.push(format!("{hand}: no {place} in {found:#?}"));
        }
    }
    missed
}

#[tokio::test]
async fn rows_removed_or_added_are_named() {
    let data = a_day("removed").await;
    let missed = missed(
        &data,
        "removed-copy",
        &[
            ("event 2:", "delete from event where no = 2"),
            ("event 3:", "delete from event where no in (3, 4)"),
            ("payment 2:", "delete from payment where no = 2"),
            ("payment 7:", "delete from payment where no = 7"),
            ("payment 8 ", "delete from event where no = (select max(no) from event)"),
            ("payment 8 ", "update payment set sibling_of = null where no = 7"),
            ("payment 8:", "delete from payment where no = 8"),
            ("sale 2:", "delete from sale where no = 2"),
            ("sale 6:", "delete from sale where no = (select max(no) from sale)"),
            ("event 2: of its 2 entries these are missing: 1", "delete from entry where no = 1"),
            ("event ", "delete from entry where no = (select max(no) from entry)"),
            ("chain_root 1:", "delete from chain_root where no = 1"),
            ("chain_root 2:", "delete from chain_root where no = 2"),
            ("chain_root 1:", "delete from chain_root"),
            ("proposal 1:", "delete from proposal where no = 1"),
            ("sale 3: its unapplied cash is missing", "delete from unapplied where no = 1"),
            ("event ", "delete from dispute"),
            (
                "entry 99: no event tells of it",
                "insert into entry select 99, shard, event_no, account_kind, account_no, retailer, \
             business_date, amount, at from entry where no = 1",
            ),
            (
                "event 23: it is missing, and all up to 98, or 99 was added",
                "insert into event select 99, shard, payment_no, kind, at, actor, actor_no, reason, \
             sale_no, payment_digest, chain, null, 0 from event where no = 1",
            ),
            (
                "event 23: its link does not fit",
                "insert into event select 23, shard, null, kind, at, actor, actor_no, reason, null, \
             payment_digest, chain, null, 0 from event where no = 1",
            ),
            (
                "unapplied 99: no event tells of it",
                "insert into unapplied select 99, shard, 2, retailer, code, payment_no, amount, why, \
             business_date, received_at, state from unapplied where no = 1",
            ),
            (
                "proposal 99:",
                "insert into proposal select 99, command, proposed_uid, proposed_by, proposed_at, \
             reason, expires_at, state, decided_uid, decided_by, decided_at, why from proposal \
             where no = 1",
            ),
            // A sale's answers are kept for 400 days, and with them what its digest covers.
            (
                "sale 1 ",
                "update sale set answer = null, commit_answer = null, reversal_answer = null, \
             data_key = 0, outlet = 'T999' where no = 1",
            ),
        ],
    );
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn a_schema_that_forbids_less_is_named() {
    let data = a_day("schema").await;
    data.raw()
        .execute_batch(
            "drop trigger event_stays; drop index payment_order;
             create trigger more after insert on sale begin select 1; end;",
        )
        .unwrap();
    let found = data.found();
    let expected = [
        "index payment_order: it is missing",
        "trigger event_stays: it is missing",
        "trigger more: it is not ours",
    ];
    assert_eq!(found, expected);
}

/// What is not named of each column of these tables changed by hand, in the newest row that has one.
pub(crate) fn columns_missed(data: &Data, name: &str, tables: &[(&str, &str)]) -> Vec<String> {
    let conn = data.raw();
    let mut missed = Vec::new();
    for (table, key) in tables {
        let mut columns = conn.prepare(&format!("pragma table_info({table})")).unwrap();
        let columns = columns.query_map((), |row| Ok((row.get(1)?, row.get(2)?))).unwrap();
        let columns: Vec<(String, String)> = columns.map(Result::unwrap).collect();
        assert!(!columns.is_empty(), "no table {table}");
        for (column, kind) in columns.iter().filter(|(column, _)| column != key) {
            let sql = format!("select max({key}) from {table} where {column} is not null");
            let Some(no) = conn.query_row(&sql, (), |row| row.get::<_, Option<i64>>(0)).unwrap()
            else {
                continue;
            };
            let other = match kind.as_str() {
                "INTEGER" => format!("{column} + 7"),
                "TEXT" => format!("{column} || 'x'"),
                "BLOB" => format!("zeroblob(length({column}))"),
                other => panic!("{other}"),
            };
            let hand = format!("update {table} set {column} = {other} where {key} = {no}");
            let found = data.with_hands(name, &hand).found();
            let place = match *table {
                "entry" => {
                    let sql = format!("select event_no from entry where no = {no}");
                    let event: i64 = conn.query_row(&sql, (), |row| row.get(0)).unwrap();
                    format!("event {event}")
                }
                table => format!("{table} {no}"),
            };
            if !found.iter().any(|line| line.starts_with(&place)) {
                missed.push(format!("{hand}: {found:#?}"));
            }
        }
    }
    missed
}

#[tokio::test]
async fn any_column_changed_by_hand_is_named() {
    let data = a_day("columns").await;
    let tables =
        ["payment", "event", "entry", "sale", "unapplied", "dispute", "chain_root", "proposal"];
    let missed = columns_missed(&data, "columns-copy", &tables.map(|table| (table, "no")));
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn what_was_posted_otherwise_is_named_by_its_payment() {
    let data = a_day("postings").await;
    // Whoever has the chain's key can make every link fit; the payment's row says what is due.
    let hand = "update entry set amount = amount * 2 where event_no = 2";
    let found = data.with_hands("postings-copy", hand).found();
    for place in ["payment 1 ", "receivable of indomaret", "pending balance of account 1"] {
        assert!(found.iter().any(|line| line.starts_with(place)), "no {place} in {found:#?}");
    }
}

#[tokio::test]
async fn several_threads_find_what_one_finds() {
    let data = a_day("threads").await;
    let copy = data.with_hands(
        "threads-copy",
        "update payment set amount = amount + 1 where no = 2; delete from sale where no = 2",
    );
    let mut readers = [0; 3].map(|_| Engine::open_reader(&copy.place()).unwrap());
    let together = verify_with(&mut readers, &testkit::vault(), &mut |_| {}).unwrap();
    assert_eq!(together, copy.report());
    assert!(!together.is_clean());
}

#[tokio::test]
async fn what_persons_decided_is_in_the_chain() {
    let data = a_day("decided").await;
    let events: i64 = data
        .raw()
        .query_row("select count(*) from event where kind between 14 and 16", (), |row| row.get(0))
        .unwrap();
    assert_eq!((events, EventKind::Proposed.name()), (4, "proposed"));
}
