//! Rules 1 to 8 at the counter.

use domain::{
    payment::{Refusal, ReversalRefused, State},
    retailer::AdviceCreates,
    sale::Operation as O,
    time::Span,
};
use gateway::request::{Approved, Close, SaleStatus};
use storage::UnappliedState;
use testkit::{PARTNER, key};

use crate::scene::{Scene, answer, rupiah};

#[tokio::test]
async fn a_sale_is_paid_once_and_answered_the_same_for_ever() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    assert_eq!(scene.outcome(O::Inquiry, &view, "A-1").await, Ok(Approved::Payable));
    let first = scene.say(O::Payment, &view, "A-1").await;
    assert!(matches!(answer(first.clone()).outcome, Ok(Approved::Paid { .. })));

    scene.wait(3_600);
    for operation in [O::Payment, O::Advice] {
        let again = scene.say(operation, &view, "A-1").await;
        assert_eq!(again.body, first.body);
        assert_eq!(again.answer, None);
    }
    assert_eq!(scene.outcome(O::Payment, &view, "A-2").await, Err(Refusal::AlreadyPaid));
    let mut other = scene.message(O::Payment, view.payment.code, "A-1", "alfamart");
    other.amount = Some(rupiah(49_999));
    assert_eq!(answer(scene.send(other).await).outcome, Err(Refusal::SaleConflict));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_refusal_is_an_answer_too_and_is_repeated() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    let mut wrong = scene.message(O::Payment, view.payment.code, "A-1", "alfamart");
    wrong.amount = Some(rupiah(49_999));
    let first = scene.send(wrong.clone()).await;
    assert!(matches!(answer(first.clone()).outcome, Err(Refusal::WrongAmount { .. })));
    assert_eq!(scene.send(wrong).await.body, first.body);
    assert_eq!(scene.state(view.payment.no).await, State::Pending);
    scene.assert_clean().await;
}

#[tokio::test]
async fn one_code_is_taken_by_the_whole_network_and_by_no_other() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    let elsewhere = scene.message(O::Inquiry, view.payment.code, "I-1", "indomaret");
    let told = answer(scene.send(elsewhere).await);
    assert_eq!(told.outcome, Err(Refusal::NotPayableHere { retailer: key("indomaret") }));
    assert_eq!(told.retailers, [key("alfamart"), key("alfamidi")]);
    let midi = scene.message(O::Payment, view.payment.code, "M-1", "alfamidi");
    assert!(matches!(answer(scene.send(midi).await).outcome, Ok(Approved::Paid { .. })));
    let State::Paid(taking) = scene.state(view.payment.no).await else { panic!("paid") };
    assert_eq!((taking.retailer, view.payment.opened_for), (key("alfamidi"), key("alfamart")));
}

#[tokio::test]
async fn a_reversal_that_overtakes_its_payment_wins() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let first = scene.say(O::Reversal, &view, "I-1").await;
    assert_eq!(answer(first.clone()).outcome, Ok(Approved::Remembered));
    assert_eq!(scene.outcome(O::Payment, &view, "I-1").await, Err(Refusal::SaleReversed));
    assert_eq!(scene.outcome(O::Advice, &view, "I-1").await, Err(Refusal::SaleReversed));
    assert_eq!(scene.say(O::Reversal, &view, "I-1").await.body, first.body);
    // The payment itself is untouched, and another sale pays it.
    assert!(scene.outcome(O::Payment, &view, "I-2").await.is_ok());
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_reversal_in_time_is_final_and_one_too_late_is_a_dispute() {
    let scene = Scene::new();
    let early = scene.open("order-1", "indomaret").await;
    let late = scene.open("order-2", "indomaret").await;
    assert!(scene.outcome(O::Payment, &early, "I-1").await.is_ok());
    assert!(scene.outcome(O::Payment, &late, "I-2").await.is_ok());
    scene.wait(300);
    assert_eq!(scene.outcome(O::Reversal, &early, "I-1").await, Ok(Approved::Reversed));
    scene.wait(1);
    let refused = Err(Refusal::ReversalRefused(ReversalRefused::WindowClosed));
    let first = scene.say(O::Reversal, &late, "I-2").await;
    assert_eq!(answer(first.clone()).outcome, refused);
    assert_eq!(scene.say(O::Reversal, &late, "I-2").await.body, first.body);

    assert!(matches!(scene.state(early.payment.no).await, State::Reversed(..)));
    assert!(matches!(scene.state(late.payment.no).await, State::Paid(_)));
    for operation in [O::Payment, O::Advice, O::Commit] {
        assert_eq!(scene.outcome(operation, &early, "I-1").await, Err(Refusal::SaleReversed));
    }
    assert_eq!(scene.outcome(O::Payment, &early, "I-9").await, Err(Refusal::PaymentReversed));
    let disputes = scene.gateway.read(|reader| reader.disputes(10)).await.unwrap();
    assert_eq!(disputes.len(), 1);
    scene.assert_clean().await;
}

#[tokio::test]
async fn another_sale_cannot_take_back_what_it_did_not_pay() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    assert!(scene.outcome(O::Payment, &view, "I-1").await.is_ok());
    let refused = Err(Refusal::ReversalRefused(ReversalRefused::OtherSale));
    assert_eq!(scene.outcome(O::Reversal, &view, "I-2").await, refused);
    let mut part = scene.message(O::Reversal, view.payment.code, "I-1", "indomaret");
    part.amount = Some(rupiah(20_000));
    let told = answer(scene.send(part).await).outcome;
    assert!(matches!(told, Err(Refusal::WrongAmount { .. })));
    // A slip of the amount may be mended.
    assert_eq!(scene.outcome(O::Reversal, &view, "I-1").await, Ok(Approved::Reversed));
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_advice_books_what_was_inquired_and_nothing_else() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    assert_eq!(scene.outcome(O::Advice, &view, "A-1").await, Err(Refusal::NeedsInquiry));
    assert!(scene.outcome(O::Inquiry, &view, "A-1").await.is_ok());
    let booked = scene.say(O::Advice, &view, "A-1").await;
    assert!(matches!(answer(booked.clone()).outcome, Ok(Approved::Paid { .. })));
    assert_eq!(scene.say(O::Payment, &view, "A-1").await.body, booked.body);

    let unknown = domain::code::PaymentCode::new("8100000000000000").unwrap();
    let told = scene.send(scene.message(O::Advice, unknown, "A-9", "alfamart")).await;
    assert_eq!(answer(told).outcome, Err(Refusal::UnknownCode));
    scene.assert_clean().await;
}

#[tokio::test]
async fn cash_that_fits_nowhere_is_booked_and_listed() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Always;
        });
    });
    let view = scene.open("order-1", "alfamart").await;
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    // Declined, but the till took the cash all the same.
    assert_eq!(scene.outcome(O::Payment, &view, "A-1").await, Err(Refusal::Cancelled));
    let booked = scene.say(O::Advice, &view, "A-1").await;
    assert!(matches!(answer(booked.clone()).outcome, Ok(Approved::Unapplied { .. })));
    assert_eq!(scene.say(O::Payment, &view, "A-1").await.body, booked.body);

    let unknown = domain::code::PaymentCode::new("8100000000000000").unwrap();
    let told = scene.send(scene.message(O::Advice, unknown, "A-9", "alfamart")).await;
    assert!(matches!(answer(told).outcome, Ok(Approved::Unapplied { .. })));

    let open = scene.gateway.read(|reader| reader.unapplied_open(10)).await.unwrap();
    let sum: i64 = open.iter().map(|row| row.amount.get()).sum();
    assert_eq!((open.len(), sum), (2, 100_000));
    assert!(open.iter().all(|row| row.state == UnappliedState::Open));
    scene.assert_clean().await;
}

#[tokio::test]
async fn unapplied_cash_can_be_taken_back_within_the_window() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    assert!(scene.outcome(O::Inquiry, &view, "I-1").await.is_ok());
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    let told = scene.outcome(O::Advice, &view, "I-1").await;
    assert!(matches!(told, Ok(Approved::Unapplied { .. })));
    assert_eq!(scene.outcome(O::Reversal, &view, "I-1").await, Ok(Approved::Reversed));
    assert_eq!(scene.gateway.read(|reader| reader.unapplied_open(10)).await.unwrap().len(), 0);
    scene.assert_clean().await;
}

#[tokio::test]
async fn two_steps_hold_the_payment_until_the_commit_or_the_time_out() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let code = view.payment.code;
    let say = |operation, sale| scene.send(scene.message(operation, code, sale, "twostep"));
    let reserved = say(O::Payment, "P-1").await;
    assert!(matches!(answer(reserved.clone()).outcome, Ok(Approved::Reserved { .. })));
    assert_eq!(scene.outcome(O::Payment, &view, "I-1").await, Err(Refusal::BeingPaid));
    assert!(scene.close(view.payment.no, Close::Cancel).await.is_err());

    scene.wait(60);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    assert_eq!(scene.state(view.payment.no).await, State::Pending);
    // The same sale reserves again, and commits in time.
    assert!(matches!(answer(say(O::Payment, "P-1").await).outcome, Ok(Approved::Reserved { .. })));
    let committed = say(O::Commit, "P-1").await;
    assert!(matches!(answer(committed.clone()).outcome, Ok(Approved::Paid { .. })));
    assert_eq!(say(O::Commit, "P-1").await.body, committed.body);
    scene.assert_clean().await;
}

#[tokio::test]
async fn status_tells_what_became_of_a_sale() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    let status = async |sale: &str| {
        let keys = domain::sale::SaleKey::new(sale).unwrap().into();
        scene.status(view.payment.code, sale, keys).await
    };
    assert!(matches!(status("I-1").await, SaleStatus::Unknown));
    let paid = scene.say(O::Payment, &view, "I-1").await;
    let SaleStatus::Stands(body) = status("I-1").await else { panic!("stands") };
    assert_eq!(body, paid.body);
    scene.say(O::Reversal, &view, "I-1").await;
    assert!(matches!(status("I-1").await, SaleStatus::TakenBack));
}

#[tokio::test]
async fn an_inquiry_before_the_deadline_opens_the_grace() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.grace = Span::minutes(5);
        });
    });
    let mut request = scene.order("order-1", "alfamart");
    request.expires_at = Some(scene.now().plus(Span::seconds(30)));
    scene.try_open(request).await.unwrap();
    let view = scene.view(domain::ids::PaymentNo::new(1)).await;
    scene.wait(29);
    assert!(scene.outcome(O::Inquiry, &view, "A-1").await.is_ok());
    scene.wait(100);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(0), "in grace");
    assert_eq!(scene.outcome(O::Inquiry, &view, "A-2").await, Err(Refusal::Expired));
    assert!(scene.outcome(O::Payment, &view, "A-1").await.is_ok());
}

#[tokio::test]
async fn unknown_foreign_and_long_closed_codes_sound_the_same() {
    let scene = Scene::new();
    let view = scene.open("order-1", "alfamart").await;
    scene.close(view.payment.no, Close::Cancel).await.unwrap();
    scene.wait(31 * 86_400);
    assert_eq!(scene.outcome(O::Inquiry, &view, "A-1").await, Err(Refusal::UnknownCode));
    for code in ["8100000000000000", "FOREIGN1", "1"] {
        let code = domain::code::PaymentCode::new(code).unwrap();
        let told = answer(scene.send(scene.message(O::Inquiry, code, "A-2", "alfamart")).await);
        assert_eq!((told.outcome, told.bill), (Err(Refusal::UnknownCode), None));
    }
}

#[tokio::test]
async fn inquiries_that_grant_nothing_are_answered_from_memory() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Never;
        });
    });
    let view = scene.open("order-1", "alfamart").await;
    assert_eq!(scene.outcome(O::Inquiry, &view, "A-1").await, Ok(Approved::Payable));
    let rows = scene
        .gateway
        .read(|reader| reader.inquiry(PARTNER, &domain::sale::SaleKey::new("A-1").unwrap()));
    assert_eq!(rows.await.unwrap(), None, "nothing was written");
    assert!(scene.outcome(O::Payment, &view, "A-1").await.is_ok());
    assert_eq!(scene.outcome(O::Inquiry, &view, "A-2").await, Err(Refusal::AlreadyPaid));
    assert_eq!(scene.outcome(O::Advice, &view, "A-3").await, Err(Refusal::UnknownSale));
}
