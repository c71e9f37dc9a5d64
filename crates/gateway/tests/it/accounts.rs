//! What a merchant sees of its own account: lists and balances.

use domain::{payment::State, sale::Operation as O, time::Span};
use gateway::request::{Balances, Close, ListRequest, Standing};
use testkit::{ACCOUNT, OTHER_ACCOUNT};

use crate::scene::Scene;

fn everything() -> ListRequest {
    ListRequest {
        account: ACCOUNT,
        opened_from: None,
        opened_before: None,
        standing: None,
        skip: 0,
        count_max: 100,
    }
}

async fn list(scene: &Scene, request: ListRequest) -> Vec<String> {
    let views = scene.gateway.list(request).await.unwrap();
    views.iter().map(|view| view.payment.order.as_str().to_owned()).collect()
}

#[tokio::test]
async fn lists_are_newest_first_and_hold_what_was_asked_for() {
    let scene = Scene::new();
    let start = scene.now();
    for name in ["pending", "paid", "reversed", "cancelled", "expired"] {
        let view = scene.open(name, "indomaret").await;
        let no = view.payment.no;
        match name {
            "paid" => drop(scene.outcome(O::Payment, &view, "I-1").await.unwrap()),
            "reversed" => {
                scene.outcome(O::Payment, &view, "I-2").await.unwrap();
                scene.outcome(O::Reversal, &view, "I-2").await.unwrap();
            }
            "cancelled" => drop(scene.close(no, Close::Cancel).await.unwrap()),
            "expired" => drop(scene.close(no, Close::Expire).await.unwrap()),
            _ => {}
        }
        scene.wait(1);
    }
    let mut other = scene.order("theirs", "indomaret");
    other.account = OTHER_ACCOUNT;
    scene.try_open(other).await.unwrap();

    let all = ["expired", "cancelled", "reversed", "paid", "pending"];
    assert_eq!(list(&scene, everything()).await, all);
    assert_eq!(
        list(&scene, ListRequest { skip: 1, count_max: 2, ..everything() }).await,
        all[1..3]
    );
    let opened_from = Some(start.plus(Span::seconds(1)));
    let opened_before = Some(start.plus(Span::seconds(3)));
    let some = ListRequest { opened_from, opened_before, ..everything() };
    assert_eq!(list(&scene, some).await, ["reversed", "paid"]);
    for (standing, expected) in [
        (Standing::Pending, vec!["pending"]),
        (Standing::Paid, vec!["paid"]),
        (Standing::Failed, vec!["cancelled", "reversed"]),
        (Standing::Expired, vec!["expired"]),
    ] {
        let request = ListRequest { standing: Some(standing), ..everything() };
        assert_eq!(list(&scene, request).await, expected, "{standing:?}");
    }
    let theirs = ListRequest { account: OTHER_ACCOUNT, ..everything() };
    assert_eq!(list(&scene, theirs).await, ["theirs"]);
    let view = scene.gateway.list(everything()).await.unwrap().remove(0);
    assert_eq!(view.personal.payer_name.as_deref(), Some("Budi Santoso"));
}

#[tokio::test]
async fn what_is_held_back_is_pending_in_lists() {
    let scene = Scene::new();
    scene.announce_when_final().await;
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "I-1").await.unwrap();
    assert!(matches!(scene.state(view.payment.no).await, State::Paid(_)));
    let standing = async |standing| {
        list(&scene, ListRequest { standing: Some(standing), ..everything() }).await.len()
    };
    assert_eq!((standing(Standing::Pending).await, standing(Standing::Paid).await), (1, 0));
    // Five minutes of the retailer's window, thirty of its transport.
    scene.wait(36 * 60);
    scene.gateway.sweep(scene.now()).await.unwrap();
    assert_eq!((standing(Standing::Pending).await, standing(Standing::Paid).await), (0, 1));
}

#[tokio::test]
async fn balances_follow_the_ledger() {
    let scene = Scene::new();
    let owed = async |account| {
        let Balances { pending, active } = scene.gateway.balances(account).await.unwrap();
        (pending.get(), active.get())
    };
    assert_eq!(owed(ACCOUNT).await, (0, 0));
    let first = scene.open("order-1", "indomaret").await;
    assert_eq!(owed(ACCOUNT).await, (0, 0), "nothing is owed for what is not paid");
    scene.outcome(O::Payment, &first, "I-1").await.unwrap();
    let second = scene.open("order-2", "indomaret").await;
    scene.outcome(O::Payment, &second, "I-2").await.unwrap();
    assert_eq!(owed(ACCOUNT).await, (100_000, 0));
    scene.outcome(O::Reversal, &first, "I-1").await.unwrap();
    assert_eq!(owed(ACCOUNT).await, (50_000, 0));
    assert_eq!(owed(OTHER_ACCOUNT).await, (0, 0));
    scene.assert_clean().await;
}
