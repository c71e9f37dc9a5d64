//! What two persons said of one refund code is not said of the next (rule 20).

use domain::refund::RefundState;
use gateway::{
    admin::{AdminCommand, AdminError, RefundCodeOrder, approvals::settle},
    request::RulingError,
};

use super::scene;

#[tokio::test]
async fn what_was_approved_of_one_code_is_not_said_of_the_next() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    scene.issue(cash).await;
    let release = || {
        let reason = "sent to the wrong payer".to_owned();
        AdminCommand::RefundCodeRelease(RefundCodeOrder { no: cash, reason, refund_code: None })
    };
    // Somebody proposes it, and until it is approved others have done it and issued another code.
    let settled = settle(&scene.gateway, release()).await.unwrap();
    scene.admin(release()).await.unwrap();
    scene.issue(cash).await;
    let told = scene.admin(settled).await;
    let other = RulingError::OtherCode { cash, newest: 2 };
    assert_eq!(told, Err(AdminError::Ruling(other)));
    assert_eq!(scene.refund_code(cash).await.refund.state, RefundState::Open);
    scene.assert_clean().await;
}
