//! Money that a merchant has before its retailer transferred it, up to a cap (rule 28).

mod runs;
mod taken_back;

use domain::{
    event::EventKind,
    ids::{AccountNo, PaymentNo},
    ledger::Transfer,
    payment::State,
    sale::Operation as O,
    time::{Span, Timestamp},
};
use gateway::request::{
    MatchLine, MatchRequest, Movement, MovementError, MovementRequest, PaymentView, PostedFile,
    Ruling, RulingRequest, Unavailable,
};
use storage::{AdvanceState, DirectoryWrite, MatchedState, sqlite::Engine};
use testkit::{ACCOUNT, START, Shop, key};

use crate::{
    scene::{Scene, folder, rupiah},
    tampering::Data,
};

impl Scene {
    /// What the first merchant agreed on; a business day after its transfer money is available.
    async fn cap(&self, cap: i64) {
        let changed = self.gateway.change_directory(|rows, _| {
            let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
            account.settings = format!("payout_days = 1\nadvance_cap = {cap}\n");
            Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
        });
        changed.await.unwrap();
    }

    /// A payment that was paid now, and can still be reversed.
    async fn pay(&self, order: &str, amount: i64) -> PaymentView {
        let request = gateway::request::OpenRequest {
            amount: rupiah(amount),
            ..self.order(order, "alfamart")
        };
        let gateway::request::Opened::New(view) = self.try_open(request).await.unwrap() else {
            panic!("opened before");
        };
        let mut message = self.message(O::Payment, view.payment.code, order, "alfamart");
        message.amount = Some(rupiah(amount));
        self.send(message).await;
        *view
    }

    async fn settle_all(&self) {
        while self.gateway.sweep(self.now()).await.unwrap() > 0 {}
    }

    /// Until nothing of it can be reversed.
    async fn quiet(&self) {
        self.wait(31 * 60);
        self.settle_all().await;
    }

    /// A file of a day names these payments, and nobody has looked at the clock since.
    async fn file(&self, at: Timestamp, views: &[PaymentNo]) {
        let revision = self.gateway.read(|reader| Ok(reader.sequences()?.file)).await.unwrap();
        let file = PostedFile {
            retailer: key("alfamart"),
            business_date: at.business_date(),
            revision: u32::try_from(revision + 1).unwrap(),
            name: "ALFA.csv".to_owned(),
            profile: "alfa".to_owned(),
            sha256: [1; 32],
            lines: 1,
            total: 0,
            by: "budi (uid 1001)".to_owned(),
            at: self.now(),
        };
        let file = self.gateway.post_file(file).await.unwrap();
        let line = |(line, payment): (i64, &PaymentNo)| MatchLine {
            payment: *payment,
            line: Some(line),
            commission: rupiah(0),
        };
        let lines = (1..).zip(views).map(line).collect();
        let request = MatchRequest { file, lines, at: self.now() };
        self.gateway.match_payments(request).await.unwrap();
    }

    async fn moved(&self, movement: Movement) -> Result<(), MovementError> {
        let request = MovementRequest {
            movement,
            by: "budi (uid 1001)".to_owned(),
            reason: None,
            received_at: self.now(),
        };
        self.gateway.move_money(request).await.map(drop)
    }

    /// Alfamart transfers so much of what it took on the day of `at`.
    async fn transfer(&self, at: Timestamp, amount: i64, reference: &str) {
        let transfer = Transfer {
            retailer: key("alfamart"),
            business_date: at.business_date(),
            amount: rupiah(amount),
            commission: rupiah(0),
        };
        let reference = reference.to_owned();
        self.moved(Movement::Fund { transfer, reference, keep_difference: false }).await.unwrap();
        self.settle_all().await;
    }

    /// Pending, active and open advances.
    async fn owed(&self) -> (i64, i64, i64) {
        let balances = self.gateway.balances(ACCOUNT).await.unwrap();
        let advanced = self.gateway.read(|reader| reader.advanced(ACCOUNT)).await.unwrap();
        (balances.pending.get(), balances.active.get(), advanced)
    }

    async fn owed_at(&self, at: Timestamp) -> (i64, i64, i64) {
        let balances = self.gateway.balances_at(ACCOUNT, at).await.unwrap();
        let read = move |reader: &mut storage::sqlite::Reader| reader.advanced_at(ACCOUNT, at);
        let advanced = self.gateway.read(read).await.unwrap();
        (balances.pending.get(), balances.active.get(), advanced)
    }

    async fn matched_state(&self, no: PaymentNo) -> MatchedState {
        self.gateway.read(move |reader| reader.matched(no)).await.unwrap().unwrap().state
    }

    /// The retailer says that it took the payment of this sale back, and an operator agrees.
    async fn claw_back(&self, view: &PaymentView) {
        let order = view.payment.order.as_str();
        let mut message = self.message(O::Reversal, view.payment.code, order, "alfamart");
        message.amount = Some(view.payment.total());
        self.send(message).await;
        let disputes = self.gateway.read(|reader| reader.disputes_open(10)).await.unwrap();
        let ruling = Ruling::Accept { dispute: disputes.last().unwrap().no };
        let (reason, received_at) = ("the chain is right".to_owned(), self.now());
        self.gateway.rule(RulingRequest { ruling, reason, received_at }).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_matched_is_advanced_up_to_the_cap_and_oldest_first() {
    let scene = Scene::new();
    scene.cap(100_000).await;
    let first = scene.pay("first", 60_000).await;
    let second = scene.pay("second", 50_000).await;
    let third = scene.pay("third", 40_000).await;
    // Not before it is final, and not before the retailer owns up to it.
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (150_000, 0, 0));
    scene.quiet().await;
    assert_eq!(scene.owed().await, (150_000, 0, 0));
    let all = [&first, &second, &third].map(|view| view.payment.no);
    scene.file(START, &all).await;
    let before = scene.now();
    scene.wait(60);
    scene.settle_all().await;
    // The second does not fit beside the first, the third does.
    assert_eq!(scene.owed().await, (50_000, 100_000, 100_000));
    assert!(matches!(scene.state(first.payment.no).await, State::Settled(_)));
    assert!(matches!(scene.state(second.payment.no).await, State::Paid(_)));
    assert_eq!(scene.matched_state(first.payment.no).await, MatchedState::Waiting);
    let events =
        scene.gateway.read(move |reader| reader.events_of(first.payment.no)).await.unwrap();
    assert_eq!(events.last().unwrap().event.kind, EventKind::Advanced);
    assert_eq!(scene.owed_at(before).await, (150_000, 0, 0));
    scene.assert_clean().await;

    scene.wait(60);
    // It can be paid out; the transfer covers it, and nothing is moved twice.
    let amount = rupiah(100_000);
    let reference = "P-1".to_owned();
    scene.moved(Movement::PayOut { account: ACCOUNT, amount, reference }).await.unwrap();
    scene.transfer(START, 150_000, "T-1").await;
    assert_eq!(scene.owed().await, (50_000, 0, 0));
    assert_eq!(scene.matched_state(first.payment.no).await, MatchedState::Settled);
    assert_eq!(scene.matched_state(second.payment.no).await, MatchedState::Funded);
    scene.gateway.clock().advance(Span::days(5));
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 50_000, 0));
    assert_eq!(scene.owed_at(before.plus(Span::minutes(1))).await, (50_000, 100_000, 100_000));
    let settled = [&first, &second].map(|view| view.payment.no);
    for no in settled {
        let events = scene.gateway.read(move |reader| reader.events_of(no)).await.unwrap();
        let moved = |kind| events.iter().filter(|row| row.event.kind == kind).count();
        assert_eq!(moved(EventKind::Advanced) + moved(EventKind::Settled), 1);
    }
    scene.assert_clean().await;
}

#[tokio::test]
async fn there_is_room_again_when_an_advance_is_covered_or_taken_back() {
    let scene = Scene::new();
    scene.cap(50_000).await;
    let first = scene.pay("first", 50_000).await;
    scene.quiet().await;
    scene.file(START, &[first.payment.no]).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 50_000, 50_000));
    // The next day there is no room until the first day's money is there.
    scene.gateway.clock().advance(Span::days(1));
    let next_day = scene.now();
    let second = scene.pay("second", 50_000).await;
    let third = scene.pay("third", 50_000).await;
    scene.quiet().await;
    scene.file(next_day, &[second.payment.no, third.payment.no]).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (100_000, 50_000, 50_000));
    scene.transfer(START, 50_000, "T-1").await;
    assert_eq!(scene.owed().await, (50_000, 100_000, 50_000));
    // A clawback debits what the merchant has, and there is room for the third.
    scene.claw_back(&second).await;
    assert_eq!(scene.owed().await, (50_000, 50_000, 0));
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 100_000, 50_000));
    let state = |no| scene.gateway.read(move |reader| reader.advance(no));
    let [first, second, third] = [&first, &second, &third].map(|view| view.payment.no);
    assert_eq!(state(first).await.unwrap().unwrap().state, AdvanceState::Covered);
    assert_eq!(state(second).await.unwrap().unwrap().state, AdvanceState::TakenBack);
    assert_eq!(state(third).await.unwrap().unwrap().state, AdvanceState::Open);
    scene.assert_clean().await;
    // What was taken back stays so when its day is transferred.
    scene.transfer(next_day, 100_000, "T-2").await;
    scene.gateway.clock().advance(Span::days(5));
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 100_000, 0));
    assert_eq!(scene.matched_state(second).await, MatchedState::Closed);
    scene.assert_clean().await;
}

#[tokio::test]
async fn nothing_is_advanced_without_a_cap_or_to_others() {
    let scene = Scene::new();
    let view = scene.pay("first", 50_000).await;
    scene.quiet().await;
    scene.file(START, &[view.payment.no]).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (50_000, 0, 0));
    // A cap counts for what waits already; a lower one takes nothing back.
    scene.cap(49_999).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (50_000, 0, 0));
    scene.cap(50_000).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 50_000, 50_000));
    scene.cap(1).await;
    scene.settle_all().await;
    assert_eq!(scene.owed().await, (0, 50_000, 50_000));
    let other = scene.gateway.read(|reader| reader.advanced(AccountNo::new(2))).await.unwrap();
    assert_eq!(other, 0);
    scene.assert_clean().await;
}

#[tokio::test]
async fn an_advance_changed_by_hand_is_found() {
    let data = Data(folder("advances"));
    let shop = Shop::at(data.place(), START, |_| {});
    let scene = Scene(shop);
    scene.cap(100_000).await;
    let first = scene.pay("first", 50_000).await;
    let second = scene.pay("second", 50_000).await;
    scene.quiet().await;
    scene.file(START, &[first.payment.no, second.payment.no]).await;
    scene.settle_all().await;
    // The next day's is covered.
    scene.gateway.clock().advance(Span::days(1));
    let next_day = scene.now();
    scene.cap(150_000).await;
    let third = scene.pay("third", 50_000).await;
    scene.quiet().await;
    scene.file(next_day, &[third.payment.no]).await;
    scene.settle_all().await;
    scene.transfer(next_day, 50_000, "T-1").await;
    let row = scene.gateway.read(move |reader| reader.advance(third.payment.no)).await.unwrap();
    assert_eq!(row.unwrap().state, AdvanceState::Covered);
    scene.assert_clean().await;
    scene.0.close();
    for (name, hand, place) in [
        (
            "advance-more",
            "update advance set amount = amount + 1 where payment_no = 1",
            "payment 1",
        ),
        ("advance-gone", "delete from advance where payment_no = 2", "advance"),
        ("advance-new", "insert into advance values (4, 1, 5, 1, 1, 0, null)", "advance"),
        (
            "advance-state",
            "update advance set state = 1, closed_at = 9 where payment_no = 2",
            "payment 2",
        ),
        ("advance-whose", "update advance set account_no = 2 where payment_no = 1", "payment 1"),
        ("advance-when", "update advance set at = at - 1 where payment_no = 1", "payment 1"),
        ("matched-whose", "update matched set account_no = 2 where payment_no = 1", "payment 1"),
        (
            "advance-closed",
            "update advance set closed_at = closed_at - 1 where state = 1",
            "advance 3",
        ),
        (
            "matched-state",
            "update matched set state = 2, available_on = 1 where payment_no = 1",
            "payment 1",
        ),
    ] {
        let copy = data.with_hands(name, hand);
        let mut reader = Engine::open_reader(&copy.place()).unwrap();
        let report = gateway::verify::verify(&mut reader, &testkit::vault(), &mut |_| {}).unwrap();
        let found = report.findings.iter().any(|finding| finding.place.contains(place));
        assert!(found, "{name}: {:#?}", report.findings);
    }
}
