//! Rule 1 around midnight: a retailer whose numbers begin anew every business day.

use domain::{
    code::PaymentCode,
    event::EventKind,
    payment::{Refusal, State},
    retailer::SaleKeyForm,
    sale::{Operation as O, SaleKeys, SaleParts},
    time::{Span, Timestamp},
};
use gateway::request::{Approved, CounterReply, CounterRequest, PaymentView, SaleStatus};
use testkit::{START, key};

use proptest::prelude::*;

use crate::scene::{Scene, answer, rupiah};

/// A till of a retailer, ten seconds before the end of its business day.
struct Night {
    scene: Scene,
    retailer: &'static str,
    midnight: Timestamp,
}

impl Night {
    /// Where days end at midnight WIB.
    fn at(retailer: &'static str) -> Self {
        Self::with_cutoff(retailer, Span::hours(24))
    }

    fn with_cutoff(retailer: &'static str, cutoff: Span) -> Self {
        let scene = Scene::with(|settings| {
            testkit::each_retailer(settings, |retailer| {
                retailer.contract.sale_key = SaleKeyForm::OutletTerminalDateSale;
                retailer.contract.business_day_cutoff = cutoff;
            });
        });
        // It is 14:00 now.
        let midnight = START.plus(cutoff).plus(Span::hours(-14));
        scene.wait(midnight.since(START).as_millis() / 1_000 - 10);
        Self { scene, retailer, midnight }
    }

    /// Ten seconds into the next business day.
    fn pass(&self) {
        self.scene.wait(20);
        assert_eq!(self.scene.now(), self.midnight.plus(Span::seconds(10)));
    }

    fn yesterday(&self) -> Timestamp {
        self.midnight.plus(Span::seconds(-10))
    }

    fn keys(&self, code: &PaymentCode, number: &str, till_at: Timestamp) -> SaleKeys {
        let contract = &self.scene.gateway.retailers().get(key(self.retailer)).unwrap().contract;
        let (outlet, terminal) = (Some("T001"), Some("01"));
        SaleKeys::build(contract, &SaleParts { sale: number, outlet, terminal, till_at, code })
            .unwrap()
    }

    fn message(&self, operation: O, code: PaymentCode, number: &str) -> CounterRequest {
        let now = self.scene.now();
        self.dated(operation, code, number, now)
    }

    /// A message that says `till_at`, and arrives now.
    fn dated(
        &self,
        operation: O,
        code: PaymentCode,
        no: &str,
        till_at: Timestamp,
    ) -> CounterRequest {
        CounterRequest {
            sale: self.keys(&code, no, till_at),
            till_at,
            amount: match operation {
                O::Payment | O::Advice | O::Reversal => Some(rupiah(50_000)),
                O::Inquiry | O::Commit | O::Payout => None,
            },
            ..self.scene.message(operation, code, no, self.retailer)
        }
    }

    async fn say(&self, operation: O, view: &PaymentView, number: &str) -> CounterReply {
        self.scene.send(self.message(operation, view.payment.code, number)).await
    }

    async fn outcome(
        &self,
        operation: O,
        view: &PaymentView,
        number: &str,
    ) -> Result<Approved, Refusal> {
        answer(self.say(operation, view, number).await).outcome
    }

    /// What arrives now, and was sent before midnight.
    async fn late(&self, operation: O, view: &PaymentView, number: &str) -> CounterReply {
        let message = self.dated(operation, view.payment.code, number, self.yesterday());
        self.scene.send(message).await
    }

    async fn status(&self, view: &PaymentView, number: &str) -> SaleStatus {
        let keys = self.keys(&view.payment.code, number, self.scene.now());
        self.scene.status(view.payment.code, number, keys).await
    }
}

fn stands(status: &SaleStatus) -> &[u8] {
    match status {
        SaleStatus::Stands(body) => body,
        SaleStatus::TakenBack | SaleStatus::Unknown => panic!("{status:?}"),
    }
}

#[tokio::test]
async fn a_commit_after_midnight_books_the_sale_on_its_own_date() {
    let night = Night::at("twostep");
    let view = night.scene.open("order-1", "indomaret").await;
    let reserved = night.outcome(O::Payment, &view, "7").await;
    assert!(matches!(reserved, Ok(Approved::Reserved { .. })));
    night.pass();
    let committed = night.say(O::Commit, &view, "7").await;
    assert!(matches!(answer(committed.clone()).outcome, Ok(Approved::Paid { .. })));
    let again = night.say(O::Commit, &view, "7").await;
    assert_eq!((again.body, again.answer), (committed.body.clone(), None));
    // And so does one that was sent before midnight.
    assert_eq!(night.late(O::Commit, &view, "7").await.body, committed.body);
    assert_eq!(stands(&night.status(&view, "7").await), committed.body);

    let State::Paid(taking) = night.scene.state(view.payment.no).await else { panic!("paid") };
    assert_eq!(taking.business_date, night.yesterday().business_date());
    assert_eq!(taking.till_at, night.yesterday());
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn a_commit_after_the_reservation_was_given_up_books_it_on_its_own_date_too() {
    let night = Night::at("twostep");
    let view = night.scene.open("order-1", "indomaret").await;
    assert!(night.outcome(O::Payment, &view, "7").await.is_ok());
    night.scene.wait(60);
    assert_eq!(night.scene.gateway.sweep(night.scene.now()).await, Ok(1));
    assert!(matches!(night.status(&view, "7").await, SaleStatus::Unknown));
    assert!(matches!(night.outcome(O::Commit, &view, "7").await, Ok(Approved::Paid { .. })));
    let State::Paid(taking) = night.scene.state(view.payment.no).await else { panic!("paid") };
    assert_eq!(taking.business_date, night.yesterday().business_date());
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn an_advice_after_midnight_finds_what_was_booked() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    let paid = night.say(O::Payment, &view, "7").await;
    night.pass();
    let advised = night.say(O::Advice, &view, "7").await;
    assert_eq!((advised.body, advised.answer), (paid.body.clone(), None));
    assert_eq!(stands(&night.status(&view, "7").await), paid.body);
    assert_eq!(night.late(O::Payment, &view, "7").await.body, paid.body);
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn an_advice_after_midnight_books_what_was_refused_before() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    assert!(night.outcome(O::Inquiry, &view, "7").await.is_ok());
    night.scene.close(view.payment.no, gateway::request::Close::Cancel).await.unwrap();
    assert_eq!(night.outcome(O::Payment, &view, "7").await, Err(Refusal::Cancelled));
    night.pass();
    let booked = night.say(O::Advice, &view, "7").await;
    assert!(matches!(answer(booked.clone()).outcome, Ok(Approved::Unapplied { .. })));
    assert_eq!(night.late(O::Payment, &view, "7").await.body, booked.body);
    let open = night.scene.gateway.read(|reader| reader.unapplied_open(10)).await.unwrap();
    let dates: Vec<_> = open.iter().map(|row| row.business_date).collect();
    assert_eq!(dates, [night.yesterday().business_date()]);
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn an_advice_that_overtakes_its_payment_books_its_cash_once() {
    let night = Night::at("indomaret");
    let paid = night.scene.open("order-1", "indomaret").await;
    let gone = night.scene.open("order-2", "indomaret").await;
    for (number, view) in [("7", &paid), ("8", &gone)] {
        assert!(night.outcome(O::Inquiry, view, number).await.is_ok());
    }
    night.scene.close(gone.payment.no, gateway::request::Close::Cancel).await.unwrap();
    night.pass();
    for (number, view) in [("7", &paid), ("8", &gone)] {
        let booked = night.say(O::Advice, view, number).await;
        assert!(answer(booked.clone()).outcome.is_ok());
        for operation in [O::Payment, O::Advice] {
            let late = night.late(operation, view, number).await;
            assert_eq!((late.body, late.answer), (booked.body.clone(), None), "{operation:?}");
        }
    }
    let open = night.scene.gateway.read(|reader| reader.unapplied_open(10)).await.unwrap();
    assert_eq!(open.len(), 1);
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn a_reversal_after_midnight_takes_the_sale_back() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    assert!(night.outcome(O::Payment, &view, "7").await.is_ok());
    night.pass();
    // A slip of the amount may be mended, as on the same day.
    let mut short = night.message(O::Reversal, view.payment.code, "7");
    short.amount = Some(rupiah(49_999));
    let told = answer(night.scene.send(short).await).outcome;
    assert!(matches!(told, Err(Refusal::WrongAmount { .. })));
    let reversed = night.say(O::Reversal, &view, "7").await;
    assert_eq!(answer(reversed.clone()).outcome, Ok(Approved::Reversed));
    let again = night.say(O::Reversal, &view, "7").await;
    assert_eq!((again.body, again.answer), (reversed.body.clone(), None));
    assert_eq!(night.late(O::Reversal, &view, "7").await.body, reversed.body);

    assert!(matches!(night.scene.state(view.payment.no).await, State::Reversed(..)));
    for operation in [O::Payment, O::Advice, O::Commit] {
        let late = answer(night.late(operation, &view, "7").await).outcome;
        assert_eq!(late, Err(Refusal::SaleReversed), "{operation:?}");
    }
    assert_eq!(night.outcome(O::Advice, &view, "7").await, Err(Refusal::SaleReversed));
    assert!(matches!(night.status(&view, "7").await, SaleStatus::TakenBack));
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn a_reversal_that_overtakes_its_payment_over_midnight_wins() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    night.pass();
    let reversed = night.say(O::Reversal, &view, "7").await;
    assert_eq!(answer(reversed.clone()).outcome, Ok(Approved::Remembered));
    for operation in [O::Payment, O::Advice] {
        let late = answer(night.late(operation, &view, "7").await).outcome;
        assert_eq!(late, Err(Refusal::SaleReversed), "{operation:?}");
    }
    assert_eq!(night.say(O::Reversal, &view, "7").await.body, reversed.body);
    assert_eq!(night.late(O::Reversal, &view, "7").await.body, reversed.body);
    assert!(matches!(night.status(&view, "7").await, SaleStatus::TakenBack));
    assert_eq!(night.scene.state(view.payment.no).await, State::Pending);
    // The payment itself is untouched, and another sale pays it.
    assert!(night.outcome(O::Payment, &view, "8").await.is_ok());

    // Yesterday's number is free for today's payment of another code.
    let other = night.scene.open("order-2", "indomaret").await;
    let paid = night.say(O::Payment, &other, "7").await;
    assert!(matches!(answer(paid.clone()).outcome, Ok(Approved::Paid { .. })));
    assert_eq!(night.say(O::Payment, &other, "7").await.body, paid.body);
    assert_eq!(night.say(O::Reversal, &view, "7").await.body, reversed.body);
    assert!(matches!(night.status(&view, "7").await, SaleStatus::TakenBack));
    assert_eq!(stands(&night.status(&other, "7").await), paid.body);
    assert_eq!(night.outcome(O::Reversal, &other, "7").await, Ok(Approved::Reversed));
    // A number of today is used once, for one code.
    let third = night.scene.open("order-3", "indomaret").await;
    assert_eq!(night.outcome(O::Payment, &third, "7").await, Err(Refusal::SaleConflict));
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn the_same_number_next_day_is_another_sale() {
    let night = Night::at("indomaret");
    let first = night.scene.open("order-1", "indomaret").await;
    let second = night.scene.open("order-2", "indomaret").await;
    let paid = night.say(O::Payment, &first, "7").await;
    night.pass();
    // The payer's code is paid, and the number is free for another: no repeat, no conflict.
    assert_eq!(night.outcome(O::Payment, &first, "1").await, Err(Refusal::AlreadyPaid));
    let next = night.say(O::Payment, &second, "7").await;
    assert!(matches!(answer(next.clone()).outcome, Ok(Approved::Paid { .. })));
    assert_ne!(next.body, paid.body);

    // What follows says which of the two it means.
    assert_eq!(night.say(O::Advice, &first, "7").await.body, paid.body);
    assert_eq!(night.say(O::Advice, &second, "7").await.body, next.body);
    assert_eq!(stands(&night.status(&first, "7").await), paid.body);
    assert_eq!(stands(&night.status(&second, "7").await), next.body);
    assert_eq!(night.outcome(O::Reversal, &first, "7").await, Ok(Approved::Reversed));
    assert!(matches!(night.scene.state(second.payment.no).await, State::Paid(_)));
    assert_eq!(night.say(O::Payment, &second, "7").await.body, next.body);
    assert_eq!(night.outcome(O::Reversal, &second, "7").await, Ok(Approved::Reversed));

    // The same code under the same number is no repeat of yesterday's, either.
    let third = night.scene.open("order-3", "indomaret").await;
    assert!(night.outcome(O::Payment, &third, "9").await.is_ok());
    night.scene.wait(86_400);
    assert_eq!(night.outcome(O::Payment, &third, "9").await, Err(Refusal::AlreadyPaid));
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn the_same_code_and_number_can_be_tried_again_the_next_day() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    let mut short = night.message(O::Payment, view.payment.code, "1");
    short.amount = Some(rupiah(49_999));
    let told = answer(night.scene.send(short).await).outcome;
    assert!(matches!(told, Err(Refusal::WrongAmount { .. })));
    night.pass();
    assert!(matches!(night.outcome(O::Payment, &view, "1").await, Ok(Approved::Paid { .. })));
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn a_reversal_of_what_was_refused_yesterday_stops_today_as_well() {
    let night = Night::at("indomaret");
    let view = night.scene.open("order-1", "indomaret").await;
    let mut short = night.message(O::Payment, view.payment.code, "1");
    short.amount = Some(rupiah(49_999));
    night.scene.send(short.clone()).await;
    night.pass();
    // Either of yesterday's refused sale, or of one of today that it has overtaken.
    let reversed = night.say(O::Reversal, &view, "1").await;
    assert_eq!(answer(reversed.clone()).outcome, Ok(Approved::Reversed));
    assert_eq!(night.say(O::Reversal, &view, "1").await.body, reversed.body);
    assert_eq!(night.outcome(O::Payment, &view, "1").await, Err(Refusal::SaleReversed));
    assert_eq!(answer(night.scene.send(short).await).outcome, Err(Refusal::SaleReversed));
    assert!(matches!(night.status(&view, "1").await, SaleStatus::TakenBack));
    night.scene.assert_clean().await;
}

#[tokio::test]
async fn the_day_ends_when_the_retailer_says() {
    let night = Night::with_cutoff("indomaret", Span::hours(22));
    let view = night.scene.open("order-1", "indomaret").await;
    let paid = night.say(O::Payment, &view, "7").await;
    let code = view.payment.code;
    let evening = night.keys(&code, "7", night.scene.now());
    night.pass();
    assert_eq!(night.keys(&code, "7", night.scene.now()).before, Some(evening.own));
    assert_eq!(night.say(O::Advice, &view, "7").await.body, paid.body);
    // Midnight itself is in the middle of this retailer's day.
    let before = night.keys(&code, "7", night.midnight.plus(Span::minutes(119))).own;
    let after = night.keys(&code, "7", night.midnight.plus(Span::minutes(121))).own;
    assert_eq!(before, after);
    assert_eq!(night.outcome(O::Reversal, &view, "7").await, Ok(Approved::Reversed));
    night.scene.assert_clean().await;
}

#[derive(Debug, Clone)]
struct Step {
    operation: O,
    payment: usize,
    number: &'static str,
    two_step: bool,
    /// How old the message is when it arrives, in hours.
    age: i64,
    /// What passes afterwards, in seconds.
    wait: i64,
}

fn step() -> impl Strategy<Value = Step> {
    let operations = vec![O::Inquiry, O::Payment, O::Payment, O::Advice, O::Commit, O::Reversal];
    (
        prop::sample::select(operations),
        0..3_usize,
        prop::sample::select(vec!["1", "2"]),
        any::<bool>(),
        prop::sample::select(vec![0, 0, 1, 13, 25]),
        prop::sample::select(vec![0, 1, 61, 301, 43_200]),
    )
        .prop_map(|(operation, payment, number, two_step, age, wait)| Step {
            operation,
            payment,
            number,
            two_step,
            age,
            wait,
        })
}

/// Whatever is sent, at whatever age: sent again it is answered the same, nothing is paid twice, what
/// was taken back is not paid by any message of its sale, and the rows add up.
async fn play(steps: Vec<Step>) {
    let night = Night::at("indomaret");
    let mut views = Vec::new();
    for order in ["order-1", "order-2", "order-3"] {
        views.push(night.scene.open(order, "indomaret").await);
    }
    for Step { operation, payment, number, two_step, age, wait } in steps {
        let code = views[payment].payment.code;
        let till_at = night.scene.now().plus(Span::hours(-age));
        let mut message = night.dated(operation, code, number, till_at);
        if two_step {
            message.retailer = key("twostep");
        }
        let first = night.scene.send(message.clone()).await;
        assert_eq!(night.scene.send(message.clone()).await.body, first.body, "{message:?}");
        let outcome = first.answer.map(|answer| answer.outcome);
        if operation == O::Reversal && matches!(outcome, Some(Ok(_))) {
            for operation in [O::Payment, O::Advice] {
                let at = till_at.plus(Span::hours(-24));
                let late = night.scene.send(night.dated(operation, code, number, at)).await;
                let outcome = late.answer.map(|answer| answer.outcome);
                // The day before may hold a sale of its own, which is repeated or in conflict.
                let why = [Refusal::SaleReversed, Refusal::SaleConflict];
                let is_no = |outcome: Result<_, _>| outcome.is_err_and(|no| why.contains(&no));
                assert!(outcome.clone().is_none_or(is_no), "{operation:?} {outcome:?}");
            }
        }
        night.scene.wait(wait);
        night.scene.gateway.sweep(night.scene.now()).await.unwrap();
    }
    night.scene.assert_clean().await;
    for view in views {
        let no = view.payment.no;
        let events = night.scene.gateway.read(move |reader| reader.events_of(no)).await.unwrap();
        let paid = events.iter().filter(|row| row.event.kind == EventKind::Paid).count();
        assert!(paid <= 1, "payment {no} was paid {paid} times");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: testkit::cases(150), ..ProptestConfig::default() })]

    #[test]
    fn the_rows_add_up_over_many_midnights(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(steps));
    }
}
