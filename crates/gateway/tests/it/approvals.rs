//! Two persons (rule 20): one proposes, another decides.

use domain::{event::EventKind, ids::EventNo, time::Span};
use gateway::admin::approvals::{
    ApprovalError, PROPOSAL_LIFETIME, approve, carried_out, propose, reject,
};
use storage::{Person, ProposalState};

use crate::scene::Scene;

fn person(uid: u32, name: &str) -> Person {
    Person { uid, name: name.to_owned() }
}

fn anna() -> Person {
    person(1_001, "anna")
}

fn budi() -> Person {
    person(1_002, "budi")
}

async fn proposed(scene: &Scene, command: &str) -> i64 {
    propose(&scene.gateway, command.to_owned(), "ticket 17", anna()).await.unwrap().no
}

/// What the chain says of persons' decisions.
async fn told(scene: &Scene) -> Vec<(EventKind, String)> {
    let events = scene.gateway.read(|reader| reader.events_after(EventNo::new(0), 100)).await;
    let events = events.unwrap().into_iter();
    events.map(|(row, _)| (row.event.kind, row.event.reason.unwrap_or_default())).collect()
}

#[tokio::test]
async fn another_person_approves_and_it_is_carried_out_once() {
    let scene = Scene::new();
    let no = proposed(&scene, "turn the wheel").await;
    let own = approve(&scene.gateway, no, anna()).await.unwrap_err();
    assert!(matches!(own, ApprovalError::SamePerson { .. }), "{own}");
    // Another name does not make another person: the number counts.
    let renamed = approve(&scene.gateway, no, person(1_001, "budi")).await.unwrap_err();
    assert!(matches!(renamed, ApprovalError::SamePerson { .. }), "{renamed}");

    let row = approve(&scene.gateway, no, budi()).await.unwrap();
    assert_eq!((row.command.as_str(), row.state), ("turn the wheel", ProposalState::Approved));
    for decided in [
        approve(&scene.gateway, no, person(1_003, "citra")).await.unwrap_err(),
        reject(&scene.gateway, no, "too late", anna()).await.unwrap_err(),
    ] {
        let expected = "proposal 1 is approved already, by budi (uid 1002)";
        assert_eq!(decided.to_string(), expected);
    }
    carried_out(&scene.gateway, row.clone(), Ok(())).await.unwrap();
    let kept = scene.gateway.read(move |reader| reader.proposal(no)).await.unwrap().unwrap();
    assert_eq!(kept.state, ProposalState::Done);
    assert_eq!(kept.decided, Some((budi(), scene.now())));
    // What is over is over, also for the rows.
    assert!(carried_out(&scene.gateway, row, Err("no".to_owned())).await.is_err());

    assert_eq!(
        told(&scene).await,
        [
            (
                EventKind::Proposed,
                "proposal 1 by anna (uid 1001): ticket 17; turn the wheel".to_owned()
            ),
            (EventKind::Approved, "proposal 1 by budi (uid 1002); turn the wheel".to_owned()),
        ]
    );
    scene.assert_clean().await;
}

#[tokio::test]
async fn anybody_may_say_no() {
    let scene = Scene::new();
    let no = proposed(&scene, "one").await;
    let row = reject(&scene.gateway, no, "a mistake", anna()).await.unwrap();
    assert_eq!((row.state, row.why.as_deref()), (ProposalState::Rejected, Some("a mistake")));
    let gone = approve(&scene.gateway, no, budi()).await.unwrap_err();
    assert_eq!(gone.to_string(), "proposal 1 is rejected already, by anna (uid 1001)");
    let no = proposed(&scene, "one").await;
    assert_eq!(no, 2, "the same may be proposed again");
    reject(&scene.gateway, no, "not now", budi()).await.unwrap();
    let (kind, reason) = told(&scene).await.pop().unwrap();
    assert_eq!(kind, EventKind::Rejected);
    assert_eq!(reason, "proposal 2 by budi (uid 1002): not now");
}

#[tokio::test]
async fn a_proposal_waits_seven_days() {
    let scene = Scene::new();
    let no = proposed(&scene, "one").await;
    let again = propose(&scene.gateway, "one".to_owned(), "again", budi()).await.unwrap_err();
    assert_eq!(again, ApprovalError::Waiting(no));
    scene.gateway.clock().advance(Span::millis(PROPOSAL_LIFETIME.as_millis() - 1));
    let second = proposed(&scene, "two").await;
    approve(&scene.gateway, second, budi()).await.unwrap();
    scene.gateway.clock().advance(Span::millis(1));
    assert_eq!(approve(&scene.gateway, no, budi()).await, Err(ApprovalError::Expired(no)));
    assert_eq!(approve(&scene.gateway, 99, budi()).await, Err(ApprovalError::Unknown(99)));
    let again = proposed(&scene, "one").await;
    assert_eq!(approve(&scene.gateway, again, budi()).await.unwrap().no, again);
}

#[tokio::test]
async fn a_reason_is_needed_and_too_many_are_a_mistake() {
    let scene = Scene::new();
    let none = propose(&scene.gateway, "one".to_owned(), "  ", anna()).await.unwrap_err();
    assert!(matches!(none, ApprovalError::Admin(_)), "{none}");
    for no in 0..100 {
        proposed(&scene, &format!("command {no}")).await;
    }
    let many = propose(&scene.gateway, "more".to_owned(), "why", anna()).await.unwrap_err();
    assert_eq!(many, ApprovalError::TooMany);
}
