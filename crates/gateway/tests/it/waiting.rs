//! Cash that fits nowhere, and reversals that were refused: what operators decide (rules 6, 8, 10).

use domain::{
    code::PaymentCode,
    event::{Announcement, EventKind},
    ledger::LedgerAccount,
    payment::{Refusal, State},
    retailer::AdviceCreates,
    sale::{Operation as O, SaleState},
};
use gateway::request::{
    Approved, Close, Next, PaymentRef, PaymentView, Ruled, Ruling, RulingError, RulingRequest,
};
use storage::{DisputeState, UnappliedRow, UnappliedState};
use testkit::{ACCOUNT, key};

use crate::scene::{Scene, answer, due, report, rupiah};

impl Scene {
    async fn rule(&self, ruling: Ruling) -> Result<Ruled, RulingError> {
        let reason = "ticket 17".to_owned();
        self.gateway.rule(RulingRequest { ruling, reason, received_at: self.now() }).await
    }

    async fn match_cash(&self, cash: i64, payment: &PaymentView) -> Result<Ruled, RulingError> {
        let payment = PaymentRef::Id(payment.payment.id);
        self.rule(Ruling::Match { cash, payment }).await
    }

    async fn refund(&self, cash: i64) -> Result<Ruled, RulingError> {
        self.rule(Ruling::Refund { cash, bank_reference: "BCA-1".to_owned() }).await
    }

    /// A balance, positive for a debit.
    async fn balance(&self, account: LedgerAccount) -> i64 {
        let balances = self.gateway.read(|reader| reader.balances()).await.unwrap();
        balances.iter().find(|(of, _)| *of == account).map_or(0, |(_, sum)| sum.get())
    }

    async fn waiting(&self) -> Vec<UnappliedRow> {
        self.gateway.read(|reader| reader.unapplied_open(100)).await.unwrap()
    }

    /// Cash of an advice for a payment that has expired.
    async fn late_cash(&self, order: &str, sale: &str) -> PaymentView {
        let view = self.open(order, "indomaret").await;
        assert!(self.outcome(O::Inquiry, &view, sale).await.is_ok());
        self.close(view.payment.no, Close::Expire).await.unwrap();
        let told = self.outcome(O::Advice, &view, sale).await;
        assert!(matches!(told, Ok(Approved::Unapplied { .. })), "{told:?}");
        view
    }

    /// What the merchant is told from now on, each told well.
    async fn news(&self) -> Vec<(String, Announcement)> {
        let mut told = Vec::new();
        loop {
            let deliveries = due(self).await;
            if deliveries.is_empty() {
                return told;
            }
            for delivery in deliveries {
                let news = delivery.news.announcement();
                told.extend(news.map(|news| (delivery.view.payment.code.to_string(), news)));
                report(self, &delivery, Next::Delivered).await;
            }
        }
    }
}

fn unapplied() -> LedgerAccount {
    LedgerAccount::Unapplied(key("indomaret"))
}

#[tokio::test]
async fn late_cash_is_put_to_its_payment_and_the_merchant_is_told() {
    let scene = Scene::new();
    let view = scene.late_cash("order-1", "I-1").await;
    scene.news().await;
    assert_eq!(scene.balance(unapplied()).await, -50_000);
    scene.wait(60);
    let ruled = scene.match_cash(1, &view).await.unwrap();
    assert_eq!((ruled.state, ruled.amount), ("matched", rupiah(50_000)));
    assert_eq!(ruled.payment, Some((view.payment.id, "paid")));

    let State::Paid(taking) = scene.state(view.payment.no).await else { panic!("paid") };
    assert_eq!((taking.retailer, taking.paid_at), (key("indomaret"), scene.now()));
    assert_eq!(scene.news().await, [(view.payment.code.to_string(), Announcement::Paid)]);
    assert_eq!(scene.balance(unapplied()).await, 0);
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, -50_000);
    let receivable = LedgerAccount::Receivable(key("indomaret"), taking.business_date);
    assert_eq!(scene.balance(receivable).await, 50_000);
    assert!(scene.waiting().await.is_empty());
    // The till hears what it heard before.
    let advice = scene.say(O::Advice, &view, "I-1").await;
    assert!(advice.answer.is_none(), "repeated from storage");
    // Nothing is put to two payments, and what was matched is not given back too.
    let done = Err(RulingError::CashDone { no: 1, state: "matched" });
    assert_eq!(scene.match_cash(1, &view).await, done);
    assert_eq!(scene.refund(1).await, done);
    assert_eq!(scene.refund(2).await, Err(RulingError::UnknownCash(2)));
    let event = scene.gateway.read(move |reader| reader.events_of(view.payment.no)).await.unwrap();
    let event = &event.last().unwrap().event;
    assert_eq!(
        (event.kind, event.reason.as_deref()),
        (EventKind::UnappliedMatched, Some("ticket 17"))
    );
    scene.assert_clean().await;
}

#[tokio::test]
async fn cash_read_out_under_a_wrong_code_pays_the_right_payment() {
    let scene = Scene::new();
    scene.late_cash("order-1", "I-1").await;
    let meant = scene.open("order-2", "indomaret").await;
    scene.match_cash(1, &meant).await.unwrap();
    assert!(matches!(scene.state(meant.payment.no).await, State::Paid(_)));
    let sales = scene.gateway.read(move |reader| reader.sales_of(meant.payment.no)).await.unwrap();
    assert_eq!(sales[0].sale.state, SaleState::Booked);
    // The till still takes its sale back in time, though it names the code it read.
    let first = scene.view(domain::ids::PaymentNo::new(1)).await;
    assert_eq!(scene.outcome(O::Reversal, &first, "I-1").await, Ok(Approved::Reversed));
    assert!(matches!(scene.state(meant.payment.no).await, State::Reversed(..)));
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, 0);
    assert_eq!(scene.balance(unapplied()).await, 0);
    // The record of the cash says so too, and nobody can do anything with it any more.
    let all = scene.gateway.read(|reader| reader.unapplied_all(10)).await.unwrap();
    assert_eq!(all[0].state, UnappliedState::Reversed);
    let done = Err(RulingError::CashDone { no: 1, state: "reversed" });
    assert_eq!(scene.refund(1).await, done);
    scene.assert_clean().await;
}

#[tokio::test]
async fn cash_that_is_taken_back_before_anybody_heard_of_it_is_reversed_and_its_payment_waits() {
    let scene = Scene::new();
    scene.announce_when_final().await;
    let view = scene.late_cash("order-1", "I-1").await;
    scene.match_cash(1, &view).await.unwrap();
    assert_eq!(scene.outcome(O::Reversal, &view, "I-1").await, Ok(Approved::Reversed));
    assert!(matches!(scene.state(view.payment.no).await, State::Pending));
    let all = scene.gateway.read(|reader| reader.unapplied_all(10)).await.unwrap();
    assert_eq!(all[0].state, UnappliedState::Reversed);
    scene.assert_clean().await;
}

#[tokio::test]
async fn what_is_matched_becomes_final_when_its_sale_would_have() {
    let scene = Scene::new();
    let view = scene.late_cash("order-1", "I-1").await;
    scene.wait(3_000);
    scene.match_cash(1, &view).await.unwrap();
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1), "its window is long over");
    let State::Paid(taking) = scene.state(view.payment.no).await else { panic!("paid") };
    assert!(taking.is_final);
    scene.assert_clean().await;
}

#[tokio::test]
async fn only_a_payment_that_owes_this_cash_gets_it() {
    let scene = Scene::new();
    let late = scene.late_cash("order-1", "I-1").await;
    let refused = |state, why| Err(RulingError::Refused { state, why });
    let mut other = scene.order("order-2", "indomaret");
    other.amount = rupiah(60_000);
    scene.try_open(other).await.unwrap();
    let other = scene.view(domain::ids::PaymentNo::new(2)).await;
    let wrong = Refusal::WrongAmount { owed: rupiah(60_000), offered: rupiah(50_000) };
    assert_eq!(scene.match_cash(1, &other).await, refused("pending", wrong));

    let paid = scene.open("order-3", "indomaret").await;
    assert!(scene.outcome(O::Payment, &paid, "I-3").await.is_ok());
    assert_eq!(scene.match_cash(1, &paid).await, refused("paid", Refusal::AlreadyPaid));
    let gone = scene.open("order-4", "indomaret").await;
    scene.close(gone.payment.no, Close::Cancel).await.unwrap();
    assert_eq!(scene.match_cash(1, &gone).await, refused("cancelled", Refusal::Cancelled));
    // Under an order id that is another payment's by now nobody could be told.
    scene.open("order-1", "indomaret").await;
    assert_eq!(scene.match_cash(1, &late).await, refused("expired", Refusal::Expired));
    assert_eq!(scene.waiting().await.len(), 1);
    assert_eq!(scene.balance(unapplied()).await, -50_000);
    scene.assert_clean().await;
}

#[tokio::test]
async fn cash_is_given_back_by_a_transfer_once() {
    let scene = Scene::new();
    let view = scene.late_cash("order-1", "I-1").await;
    scene.news().await;
    let ruled = scene.refund(1).await.unwrap();
    assert_eq!((ruled.state, ruled.amount), ("refunded", rupiah(50_000)));
    assert_eq!(scene.balance(unapplied()).await, 0);
    assert_eq!(scene.balance(LedgerAccount::RefundsPayable).await, 0);
    assert_eq!(scene.balance(LedgerAccount::SettlementBank).await, -50_000);
    assert_eq!(scene.refund(1).await, Err(RulingError::CashDone { no: 1, state: "refunded" }));
    assert!(scene.news().await.is_empty(), "it is not the merchant's money");
    assert!(matches!(scene.state(view.payment.no).await, State::Expired(..)));
    // The payer has its money: the till cannot give it back too.
    let refused = scene.outcome(O::Reversal, &view, "I-1").await;
    assert!(matches!(refused, Err(Refusal::ReversalRefused(_))), "{refused:?}");
    let events = scene.gateway.read(move |reader| reader.events_of(view.payment.no)).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|row| row.event.kind).collect();
    assert_eq!(
        kinds[2..],
        [EventKind::CashUnapplied, EventKind::UnappliedRefunded, EventKind::Disputed]
    );
    assert_eq!(events[3].event.reason.as_deref(), Some("transfer BCA-1: ticket 17"));
    scene.assert_clean().await;
}

/// A payment whose reversal came too late.
async fn disputed(scene: &Scene) -> PaymentView {
    let view = scene.open("order-1", "indomaret").await;
    assert!(scene.outcome(O::Payment, &view, "I-1").await.is_ok());
    scene.wait(301);
    assert!(scene.outcome(O::Reversal, &view, "I-1").await.is_err());
    view
}

#[tokio::test]
async fn a_dispute_that_is_accepted_claws_the_payment_back() {
    let scene = Scene::new();
    let view = disputed(&scene).await;
    let early = scene.rule(Ruling::Accept { dispute: 1 }).await;
    assert_eq!(early, Err(RulingError::Refused { state: "paid", why: Refusal::TooEarly }));
    scene.wait(3_000);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    scene.news().await;
    let ruled = scene.rule(Ruling::Accept { dispute: 1 }).await.unwrap();
    assert_eq!(ruled.state, "accepted");
    assert_eq!(ruled.payment, Some((view.payment.id, "clawed_back")));
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, 0);
    assert_eq!(scene.balance(LedgerAccount::DisputedReceivable(key("indomaret"))).await, -50_000);
    assert!(scene.news().await.is_empty(), "no wire has a word for it (rule 27)");
    let done = Err(RulingError::DisputeDone { no: 1, state: "accepted" });
    assert_eq!(scene.rule(Ruling::Accept { dispute: 1 }).await, done);
    assert_eq!(scene.rule(Ruling::Reject { dispute: 1 }).await, done);
    let unknown = scene.rule(Ruling::Reject { dispute: 2 }).await;
    assert_eq!(unknown, Err(RulingError::UnknownDispute(2)));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_dispute_that_is_rejected_leaves_everything_as_it_is() {
    let scene = Scene::new();
    let view = disputed(&scene).await;
    let ruled = scene.rule(Ruling::Reject { dispute: 1 }).await.unwrap();
    assert_eq!((ruled.state, ruled.payment), ("rejected", Some((view.payment.id, "paid"))));
    let rows = scene.gateway.read(|reader| Ok((reader.disputes(9)?, reader.disputes_open(9)?)));
    let (all, open) = rows.await.unwrap();
    assert_eq!((all.len(), all[0].state, open.len()), (1, DisputeState::Rejected, 0));
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, -50_000);
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_dispute_about_unapplied_cash_gives_that_back() {
    let scene = Scene::new();
    let view = scene.late_cash("order-1", "I-1").await;
    scene.wait(301);
    assert!(scene.outcome(O::Reversal, &view, "I-1").await.is_err());
    scene.rule(Ruling::Accept { dispute: 1 }).await.unwrap();
    assert_eq!(scene.balance(unapplied()).await, 0);
    assert!(scene.waiting().await.is_empty());
    // And one about nothing that was booked can only be rejected.
    let other = scene.open("order-2", "indomaret").await;
    assert!(scene.outcome(O::Payment, &other, "I-2").await.is_ok());
    assert!(scene.outcome(O::Reversal, &other, "I-3").await.is_err());
    let nothing = scene.rule(Ruling::Accept { dispute: 2 }).await;
    assert_eq!(nothing, Err(RulingError::NothingBooked));
    scene.assert_clean().await;
}

/// Everything that can be wrong with cash (rule 10): refused at the counter where it can be, and
/// booked to unapplied cash where the till has it already.
#[tokio::test]
async fn late_double_over_under_and_unknown_are_refused_or_booked() {
    let scene = Scene::with(|settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = AdviceCreates::Always;
        });
    });
    let say = async |operation, code, sale: &str, amount| {
        let mut message = scene.message(operation, code, sale, "indomaret");
        message.amount = Some(rupiah(amount));
        answer(scene.send(message).await).outcome
    };
    // Late: the deadline has passed and is committed.
    let mut short = scene.order("late", "indomaret");
    short.expires_at = Some(scene.now().plus(domain::time::Span::seconds(30)));
    scene.try_open(short).await.unwrap();
    let late = scene.view(domain::ids::PaymentNo::new(1)).await.payment.code;
    scene.wait(60);
    assert_eq!(scene.gateway.sweep(scene.now()).await, Ok(1));
    // Double: another counter was first.
    let double = scene.open("double", "indomaret").await.payment.code;
    assert!(say(O::Payment, double, "I-1", 50_000).await.is_ok());
    // Over and under.
    let over = scene.open("over", "indomaret").await.payment.code;
    let under = scene.open("under", "indomaret").await.payment.code;
    let unknown = PaymentCode::new("571000000000").unwrap();

    let wrong = |offered| Refusal::WrongAmount { owed: rupiah(50_000), offered: rupiah(offered) };
    let cases = [
        ("L", late, 50_000, Refusal::Expired),
        ("D", double, 50_000, Refusal::AlreadyPaid),
        ("O", over, 51_000, wrong(51_000)),
        ("U", under, 49_000, wrong(49_000)),
        ("N", unknown, 20_000, Refusal::UnknownCode),
    ];
    for (sale, code, amount, why) in cases {
        assert_eq!(say(O::Payment, code, sale, amount).await, Err(why), "{sale}");
        let booked = say(O::Advice, code, &format!("{sale}-2"), amount).await;
        assert!(matches!(booked, Ok(Approved::Unapplied { .. })), "{sale}: {booked:?}");
    }
    let waiting = scene.waiting().await;
    let told: Vec<_> = waiting.iter().map(|row| (row.amount.get(), row.why.clone())).collect();
    let want = cases.map(|(_, _, amount, why)| (amount, why.to_string()));
    assert_eq!(told, want);
    let sum: i64 = waiting.iter().map(|row| row.amount.get()).sum();
    assert_eq!(scene.balance(unapplied()).await, -sum);
    // Only the double one was paid, once.
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, -50_000);
    assert!(waiting.iter().all(|row| row.state == UnappliedState::Open));
    scene.assert_clean().await;

    // The late one is matched, the others given back: every account but the till's is settled.
    let late = scene.view(domain::ids::PaymentNo::new(1)).await;
    scene.match_cash(1, &late).await.unwrap();
    for no in 2..=5 {
        scene.refund(no).await.unwrap();
    }
    assert_eq!(scene.balance(unapplied()).await, 0);
    assert_eq!(scene.balance(LedgerAccount::MerchantPending(ACCOUNT)).await, -100_000);
    let refunded = 50_000 + 51_000 + 49_000 + 20_000;
    assert_eq!(scene.balance(LedgerAccount::SettlementBank).await, -refunded);
    scene.assert_clean().await;
}
