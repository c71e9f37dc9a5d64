//! What was answered is still so after a restart; what was changed by hand is found.

use domain::{payment::State, sale::Operation as O};
use gateway::verify::verify;
use storage::sqlite::{Engine, Place};
use testkit::{START, Shop};

use crate::scene::{Scene, folder};

#[tokio::test]
async fn a_restart_changes_no_answer() {
    let folder = folder("restart");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    let view = scene.open("order-1", "indomaret").await;
    let paid = scene.say(O::Payment, &view, "I-1").await;
    scene.0.close();

    let scene = Scene(Shop::at(place, START, |_| {}));
    assert_eq!(scene.say(O::Payment, &view, "I-1").await.body, paid.body);
    assert!(matches!(scene.state(view.payment.no).await, State::Paid(_)));
    let next = scene.open("order-2", "indomaret").await;
    assert!(next.payment.no > view.payment.no);
    assert_ne!(next.payment.code, view.payment.code);
    assert_eq!(scene.gateway.deliveries(scene.now(), 10).await.unwrap().len(), 2);
    scene.assert_clean().await;
    scene.0.close();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn any_row_changed_by_hand_is_named() {
    let folder = folder("tamper");
    let place = Place::Folder(folder.clone());
    let scene = Scene(Shop::at(place.clone(), START, |_| {}));
    for order in ["order-1", "order-2"] {
        let view = scene.open(order, "indomaret").await;
        scene.outcome(O::Payment, &view, &format!("S-{order}")).await.unwrap();
    }
    scene.0.close();

    // Whoever changes rows by hand drops the triggers that forbid it first.
    let hands = [
        ("payment 2", "update payment set amount = amount + 1 where no = 2"),
        ("payment 2", "update payment set order_id = 'order-9' where no = 2"),
        ("payment 1", "update payment set state = 1 where no = 1"),
        ("event 2", "update event set at = at + 1 where no = 2"),
        ("event 3", "delete from event where no = 2"),
        ("event 2", "update entry set amount = amount * 2 where event_no = 2"),
        (
            "entry",
            "insert into entry select 99, shard, event_no, account_kind, account_no, retailer, business_date, amount, at from entry where no = 1",
        ),
        ("sale 1", "update sale set outlet = 'T999' where no = 1"),
        ("sale 1", "update sale set answer = zeroblob(40) where no = 1"),
        ("payment 2", "delete from payment where no = 2"),
        ("event", "delete from entry where no = 1"),
    ];
    for (place_named, hand) in hands {
        let copy = folder.with_extension("copy");
        let _ = std::fs::remove_dir_all(&copy);
        std::fs::create_dir(&copy).unwrap();
        std::fs::copy(folder.join("gerai.db"), copy.join("gerai.db")).unwrap();
        let conn = rusqlite::Connection::open(copy.join("gerai.db")).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch("pragma ignore_check_constraints = on").unwrap();
        let triggers: Vec<String> = conn
            .prepare("select name from sqlite_master where type = 'trigger'")
            .unwrap()
            .query_map((), |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for trigger in triggers {
            conn.execute(&format!("drop trigger {trigger}"), ()).unwrap();
        }
        assert!(conn.execute(hand, ()).unwrap() > 0, "{hand}");
        drop(conn);
        let mut reader = Engine::open_reader(&Place::Folder(copy.clone())).unwrap();
        let found = match verify(&mut reader, &testkit::vault(), &mut |_| {}) {
            Ok(report) => report
                .findings
                .iter()
                .map(|finding| format!("{}: {}", finding.place, finding.what))
                .collect::<Vec<_>>()
                .join("\n"),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(place_named), "{hand}\nfound: {found}");
        std::fs::remove_dir_all(copy).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}
