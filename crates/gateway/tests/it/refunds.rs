//! Refund codes (rule 35): cash that fitted nowhere goes back over a counter, once.

mod approved;
mod own_events;
mod tampering;

use domain::{
    code::PaymentCode,
    event::EventKind,
    ledger::LedgerAccount,
    payment::{Refusal, ReversalRefused},
    refund::{ClosedBy, RefundRefusal, RefundState},
    sale::Operation,
};
use gateway::{
    admin::{AdminCommand, AdminError, AdminReply, RefundCodeOrder, execute},
    directory::Secret,
    request::{Approved, CounterReply, RefundTerms, RulingError},
};
use storage::{RefundRow, UnappliedState};

use crate::scene::{Scene, answer, rupiah};

const CAP: i64 = 1_000_000;

fn scene() -> Scene {
    Scene::with(|settings| {
        settings.refund_codes =
            Some(RefundTerms { cap: rupiah(CAP), lifetime: domain::time::Span::days(7) });
    })
}

/// A wrong PIN of the right shape.
fn wrong(pin: &Secret) -> Secret {
    let is_zero = pin.expose().starts_with('0');
    Secret::new(format!("{}{}", if is_zero { '1' } else { '0' }, &pin.expose()[1..]))
}

impl Scene {
    /// A payment that was paid twice: the second cash waits, as number 1.
    async fn paid_twice(&self) -> i64 {
        let view = self.open("order-1", "alfamart").await;
        let _ = self.say(Operation::Inquiry, &view, "inquiry-1").await;
        let paid = self.outcome(Operation::Payment, &view, "sale-1").await;
        assert!(matches!(paid, Ok(Approved::Paid { .. })), "{paid:?}");
        let twice = self.outcome(Operation::Advice, &view, "sale-2").await;
        assert!(matches!(twice, Ok(Approved::Unapplied { .. })), "{twice:?}");
        1
    }

    async fn admin(&self, command: AdminCommand) -> Result<AdminReply, AdminError> {
        execute(&self.gateway, command).await
    }

    /// A refund code for cash 1, and its PIN.
    async fn issue(&self, cash: i64) -> (PaymentCode, Secret) {
        let order =
            RefundCodeOrder { no: cash, reason: "paid twice".to_owned(), refund_code: None };
        let reply = self.admin(AdminCommand::RefundCodeIssue(order)).await.unwrap();
        let AdminReply::RefundCode(issued) = reply else { panic!("{reply:?}") };
        assert_eq!(issued.amount, 50_000);
        (self.refund_code(cash).await.code, issued.pin)
    }

    async fn refund_code(&self, cash: i64) -> RefundRow {
        self.gateway.read(move |reader| reader.refund_of(cash)).await.unwrap().unwrap()
    }

    async fn cash_state(&self, cash: i64) -> UnappliedState {
        let found = self.gateway.read(move |reader| reader.unapplied_by_no(cash)).await;
        found.unwrap().unwrap().state
    }

    async fn pay_out(&self, code: PaymentCode, pin: &Secret, sale: &str) -> CounterReply {
        self.pay_out_at(code, pin, sale, "alfamart").await
    }

    async fn pay_out_at(
        &self,
        code: PaymentCode,
        pin: &Secret,
        sale: &str,
        retailer: &str,
    ) -> CounterReply {
        let request = self.message(Operation::Payout, code, sale, retailer);
        self.gateway.pay_out_at_counter(request, pin.clone()).await.unwrap()
    }

    async fn till(&self, operation: Operation, code: PaymentCode, sale: &str) -> CounterReply {
        self.send(self.message(operation, code, sale, "alfamart")).await
    }

    async fn outcome_of(
        &self,
        operation: Operation,
        code: PaymentCode,
        sale: &str,
    ) -> Result<Approved, Refusal> {
        answer(self.till(operation, code, sale).await).outcome
    }

    async fn in_books(&self, account: LedgerAccount) -> i64 {
        let entries = self.gateway.read(|reader| reader.entries_after(0, 10_000)).await.unwrap();
        let of = entries.iter().filter(|row| row.entry.account == account);
        of.map(|row| row.entry.amount.get()).sum()
    }

    async fn kinds(&self) -> Vec<EventKind> {
        let found =
            self.gateway.read(|reader| reader.events_after(domain::ids::EventNo::new(0), 1_000));
        let kinds = found.await.unwrap().into_iter().map(|(row, _)| row.event.kind);
        kinds.skip_while(|kind| *kind != EventKind::RefundIssued).collect()
    }

    async fn sweep_all(&self) {
        while self.gateway.sweep(self.now()).await.unwrap() > 0 {}
    }
}

fn refused(refusal: RefundRefusal) -> Result<Approved, Refusal> {
    Err(Refusal::Refund(refusal))
}

#[tokio::test]
async fn cash_goes_back_over_the_counter_in_two_steps() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let retailer = testkit::key("alfamart");
    let day = scene.now().business_date();
    let receivable = LedgerAccount::Receivable(retailer, day);
    let took = scene.in_books(receivable).await;

    let (code, pin) = scene.issue(cash).await;
    assert_eq!(code.as_str().len(), 16);
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Promised);
    assert_eq!(scene.in_books(LedgerAccount::Unapplied(retailer)).await, 0);
    assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, -50_000);
    scene.assert_clean().await;

    let asked = answer(scene.till(Operation::Inquiry, code, "asked").await);
    assert_eq!(asked.outcome, Ok(Approved::Redeemable));
    assert_eq!(asked.bill, None, "it names nobody");
    assert_eq!(asked.refund.unwrap().amount, rupiah(50_000));

    let reserved = scene.pay_out(code, &pin, "out-1").await;
    let told = answer(reserved.clone());
    let Ok(Approved::PayoutReserved { approval_code }) = &told.outcome else { panic!("{told:?}") };
    assert_eq!(approval_code.len(), 20);
    assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, -50_000, "nothing is paid yet");
    scene.assert_clean().await;

    let committed = scene.till(Operation::Commit, code, "out-1").await;
    let told = answer(committed.clone()).outcome;
    assert!(matches!(told, Ok(Approved::PaidOut { .. })), "{told:?}");
    assert_eq!(scene.cash_state(cash).await, UnappliedState::PaidOut);
    assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, 0);
    // The chain took twice and gave back once, so it owes once.
    assert_eq!(scene.in_books(receivable).await, took - 50_000);

    // Everything is repeated byte for byte, and nobody else gets anything.
    assert_eq!(scene.pay_out(code, &pin, "out-1").await.body, reserved.body);
    assert_eq!(scene.till(Operation::Commit, code, "out-1").await.body, committed.body);
    let other = answer(scene.pay_out(code, &pin, "out-2").await).outcome;
    assert_eq!(other, Err(Refusal::AlreadyPaid));
    assert_eq!(
        scene.outcome_of(Operation::Inquiry, code, "asked-2").await,
        Err(Refusal::AlreadyPaid)
    );
    let back = scene.outcome_of(Operation::Reversal, code, "out-1").await;
    assert_eq!(back, Err(Refusal::ReversalRefused(ReversalRefused::Final)));
    scene.assert_clean().await;
    assert_eq!(
        scene.kinds().await,
        [
            EventKind::RefundIssued,
            EventKind::RefundReserved,
            EventKind::RefundPaid,
            EventKind::Disputed,
        ]
    );
}

#[tokio::test]
async fn an_unconfirmed_pay_out_is_suspect_and_offered_to_nobody() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let order =
        || RefundCodeOrder { no: cash, reason: "asked the shop".to_owned(), refund_code: None };
    scene.pay_out(code, &pin, "out-1").await;
    let early = scene.admin(AdminCommand::RefundCodeRelease(order())).await;
    let stands = RulingError::RefundStands { cash, state: "reserved" };
    assert_eq!(early, Err(AdminError::Ruling(stands)));

    scene.wait(61);
    scene.sweep_all().await;
    assert!(matches!(scene.refund_code(cash).await.refund.state, RefundState::Suspect(_)));
    scene.assert_clean().await;
    let other = answer(scene.pay_out(code, &pin, "out-2").await).outcome;
    assert_eq!(other, refused(RefundRefusal::Unconfirmed));
    let asked = scene.outcome_of(Operation::Inquiry, code, "asked").await;
    assert_eq!(asked, refused(RefundRefusal::Unconfirmed));
    // Not even its own sale is told again to hand the cash over.
    let again = answer(scene.pay_out(code, &pin, "out-1").await).outcome;
    assert_eq!(again, refused(RefundRefusal::Unconfirmed));
    // Its time is over, and still only persons decide.
    scene.wait(8 * 86_400);
    scene.sweep_all().await;
    assert!(matches!(scene.refund_code(cash).await.refund.state, RefundState::Suspect(_)));
    // The till changes its mind too late: persons decide, and see that it did.
    let back = scene.outcome_of(Operation::Reversal, code, "out-1").await;
    assert_eq!(back, Err(Refusal::ReversalRefused(ReversalRefused::WindowClosed)));

    scene.admin(AdminCommand::RefundCodeRelease(order())).await.unwrap();
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Open);
    scene.assert_clean().await;
    // The till says after all that it paid: two say two things, and somebody has to look.
    let late = scene.till(Operation::Commit, code, "out-1").await;
    assert_eq!(answer(late.clone()).outcome, Err(Refusal::Cancelled));
    assert_eq!(scene.till(Operation::Commit, code, "out-1").await.body, late.body);
    let disputes = scene.gateway.read(|reader| reader.disputes_open(10)).await.unwrap();
    assert_eq!(disputes.len(), 2);
    scene.assert_clean().await;

    // The cash waits, and another code can be issued; the old one stays dead.
    let (second, pin) = scene.issue(cash).await;
    assert_ne!(second, code);
    assert_eq!(scene.outcome_of(Operation::Inquiry, code, "old").await, Err(Refusal::Cancelled));
    assert!(answer(scene.pay_out(second, &pin, "out-3").await).outcome.is_ok());
    assert!(scene.outcome_of(Operation::Commit, second, "out-3").await.is_ok());
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_suspect_pay_out_is_confirmed_by_persons_or_by_its_own_late_commit() {
    for by_till in [true, false] {
        let scene = scene();
        let cash = scene.paid_twice().await;
        let (code, pin) = scene.issue(cash).await;
        scene.pay_out(code, &pin, "out-1").await;
        scene.wait(61);
        scene.sweep_all().await;
        if by_till {
            let other = scene.outcome_of(Operation::Commit, code, "out-9").await;
            assert_eq!(other, Err(Refusal::UnknownSale), "only the sale that reserved it");
        } else {
            let order = RefundCodeOrder {
                no: cash,
                reason: "saw the receipt".to_owned(),
                refund_code: None,
            };
            scene.admin(AdminCommand::RefundCodeConfirm(order)).await.unwrap();
            scene.assert_clean().await;
        }
        let told = scene.outcome_of(Operation::Commit, code, "out-1").await;
        assert!(matches!(told, Ok(Approved::PaidOut { .. })), "{told:?}");
        assert_eq!(scene.cash_state(cash).await, UnappliedState::PaidOut);
        assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, 0);
        scene.assert_clean().await;
    }
}

#[tokio::test]
async fn a_till_that_hands_nothing_over_gives_the_code_back() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    scene.pay_out(code, &pin, "out-1").await;
    let back = scene.till(Operation::Reversal, code, "out-1").await;
    assert_eq!(answer(back.clone()).outcome, Ok(Approved::PayoutReversed));
    assert_eq!(scene.till(Operation::Reversal, code, "out-1").await.body, back.body);
    assert_eq!(scene.refund_code(cash).await.refund.state, RefundState::Open);
    // Its number is dead; another pays.
    for operation in [Operation::Commit, Operation::Payout] {
        let told = match operation {
            Operation::Payout => answer(scene.pay_out(code, &pin, "out-1").await).outcome,
            _ => scene.outcome_of(operation, code, "out-1").await,
        };
        assert_eq!(told, Err(Refusal::SaleReversed), "{operation:?}");
    }
    // The till said both, so the payer may have the cash: somebody has to look, once.
    let both = scene.till(Operation::Commit, code, "out-1").await.body;
    assert_eq!(scene.till(Operation::Commit, code, "out-1").await.body, both);
    let disputes = scene.gateway.read(|reader| reader.disputes_open(10)).await.unwrap();
    assert_eq!(disputes.len(), 1);
    scene.assert_clean().await;
    // A reversal that overtakes its pay-out wins.
    assert_eq!(
        scene.outcome_of(Operation::Reversal, code, "out-2").await,
        Ok(Approved::PayoutReversed)
    );
    let overtaken = answer(scene.pay_out(code, &pin, "out-2").await).outcome;
    assert_eq!(overtaken, Err(Refusal::SaleReversed));
    assert!(answer(scene.pay_out(code, &pin, "out-3").await).outcome.is_ok());
    assert!(scene.outcome_of(Operation::Commit, code, "out-3").await.is_ok());
    scene.assert_clean().await;
}

#[tokio::test]
async fn three_wrong_pins_block_the_code_and_free_the_cash() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let bad = wrong(&pin);
    let first = scene.pay_out(code, &bad, "out-1").await;
    let told = answer(first.clone()).outcome;
    assert_eq!(told, refused(RefundRefusal::WrongPin { tries_left: 2 }));
    // The same sale again costs no try, and gets the same answer whatever PIN it has.
    assert_eq!(scene.pay_out(code, &bad, "out-1").await.body, first.body);
    assert_eq!(scene.pay_out(code, &pin, "out-1").await.body, first.body);
    let told = answer(scene.pay_out(code, &bad, "out-2").await).outcome;
    assert_eq!(told, refused(RefundRefusal::WrongPin { tries_left: 1 }));
    scene.assert_clean().await;
    let told = answer(scene.pay_out(code, &bad, "out-3").await).outcome;
    assert_eq!(told, refused(RefundRefusal::Blocked));
    let told = answer(scene.pay_out(code, &pin, "out-4").await).outcome;
    assert_eq!(told, refused(RefundRefusal::Blocked), "the right one comes too late");
    assert!(matches!(
        scene.refund_code(cash).await.refund.state,
        RefundState::Closed(_, ClosedBy::WrongPins)
    ));
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Open);
    assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, 0);
    scene.assert_clean().await;
}

#[tokio::test]
async fn what_is_not_paid_out_in_seven_days_waits_again() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    scene.wait(7 * 86_400);
    let told = answer(scene.pay_out(code, &pin, "out-1").await).outcome;
    assert_eq!(told, Err(Refusal::Expired), "from the deadline on");
    scene.sweep_all().await;
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Promised, "ten seconds of slack");
    scene.wait(10);
    scene.sweep_all().await;
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Open);
    assert_eq!(scene.outcome_of(Operation::Inquiry, code, "asked").await, Err(Refusal::Expired));
    scene.assert_clean().await;
}

#[tokio::test]
async fn each_no_is_its_own() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let view = scene.open("order-2", "alfamart").await;

    // Cash for a code that pays out, and the other way round.
    for operation in [Operation::Payment, Operation::Advice] {
        let told = scene.outcome_of(operation, code, "in-1").await;
        assert_eq!(told, refused(RefundRefusal::PaysOut), "{operation:?}");
    }
    let told = answer(scene.pay_out(view.payment.code, &pin, "out-1").await).outcome;
    assert_eq!(told, refused(RefundRefusal::TakesIn));
    assert!(scene.outcome(Operation::Payment, &view, "sale-3").await.is_ok(), "it is untouched");

    // Another network, another amount.
    let elsewhere = answer(scene.pay_out_at(code, &pin, "out-2", "indomaret").await);
    let retailer = testkit::key("indomaret");
    assert_eq!(elsewhere.outcome, Err(Refusal::NotPayableHere { retailer }));
    assert!(elsewhere.retailers.contains(&testkit::key("alfamart")));
    let mut request = scene.message(Operation::Payout, code, "out-3", "alfamart");
    request.amount = Some(rupiah(50_001));
    let told = scene.gateway.pay_out_at_counter(request, pin.clone()).await.unwrap();
    let (owed, offered) = (rupiah(50_000), rupiah(50_001));
    assert_eq!(answer(told).outcome, Err(Refusal::WrongAmount { owed, offered }));

    // A code of the pool that nobody was given; and a number that was used for something else.
    let pools = &scene.gateway.directory().pools;
    let pool = pools.iter().find(|pool| pool.shape().network.as_str() == "refund").unwrap();
    let unknown = pool.code(0, 77).unwrap();
    let told = answer(scene.pay_out(unknown, &pin, "out-4").await);
    assert_eq!((told.outcome, told.refund), (Err(Refusal::UnknownCode), None));
    let told = answer(scene.pay_out(code, &pin, "sale-1").await).outcome;
    assert_eq!(told, Err(Refusal::SaleConflict));
    assert!(answer(scene.pay_out(code, &pin, "out-5").await).outcome.is_ok());
    let told = answer(scene.pay_out(code, &pin, "out-6").await).outcome;
    assert_eq!(told, Err(Refusal::BeingPaid));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_code_is_issued_within_bounds_and_once() {
    let order = |no| {
        AdminCommand::RefundCodeIssue(RefundCodeOrder {
            no,
            reason: "ticket".into(),
            refund_code: None,
        })
    };
    let off = Scene::new();
    let cash = off.paid_twice().await;
    let told = off.admin(order(cash)).await;
    assert_eq!(told, Err(AdminError::Ruling(RulingError::RefundCodesOff)));
    assert_eq!(off.cash_state(cash).await, UnappliedState::Open);

    let low = Scene::with(|settings| {
        let lifetime = domain::time::Span::days(7);
        settings.refund_codes = Some(RefundTerms { cap: rupiah(49_999), lifetime });
    });
    let cash = low.paid_twice().await;
    let told = low.admin(order(cash)).await;
    assert_eq!(told, Err(AdminError::Ruling(RulingError::OverCap { cap: rupiah(49_999) })));

    let scene = scene();
    let cash = scene.paid_twice().await;
    scene.issue(cash).await;
    let told = scene.admin(order(cash)).await;
    let done = RulingError::CashDone { no: cash, state: "promised" };
    assert_eq!(told, Err(AdminError::Ruling(done)), "one code at a time");
    let told = scene.admin(order(9)).await;
    assert_eq!(told, Err(AdminError::Ruling(RulingError::UnknownCash(9))));
    // Withdrawn before anybody used it.
    let release = RefundCodeOrder {
        no: cash,
        reason: "sent to the wrong payer".to_owned(),
        refund_code: None,
    };
    scene.admin(AdminCommand::RefundCodeRelease(release)).await.unwrap();
    assert_eq!(scene.cash_state(cash).await, UnappliedState::Open);
    scene.assert_clean().await;
}

/// What each of many tills is told that speak at once, in their order; nothing where it was told the
/// same before.
async fn at_once(
    requests: impl IntoIterator<Item = impl Future<Output = CounterReply> + Send + 'static>,
) -> Vec<Option<Result<Approved, Refusal>>> {
    let tills: Vec<_> = requests.into_iter().map(tokio::spawn).collect();
    let mut told = Vec::new();
    for till in tills {
        told.push(till.await.unwrap().answer.map(|answer| answer.outcome));
    }
    told
}

fn approved(told: &[Option<Result<Approved, Refusal>>]) -> Vec<usize> {
    (0..told.len()).filter(|no| matches!(told[*no], Some(Ok(_)))).collect()
}

#[tokio::test]
async fn of_many_tills_at_once_one_pays_out() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let messages = |operation| (0..40).map(move |no| (operation, format!("out-{no}")));
    let reserve = messages(Operation::Payout).map(|(operation, sale)| {
        let request = scene.message(operation, code, &sale, "alfamart");
        let (gateway, pin) = (scene.gateway.clone(), pin.clone());
        async move { gateway.pay_out_at_counter(request, pin).await.unwrap() }
    });
    let told = at_once(reserve).await;
    let won = approved(&told);
    assert_eq!(won.len(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == Some(Err(Refusal::BeingPaid))).count(), 39);
    // All say that they paid; the one that may is believed.
    let commit = messages(Operation::Commit).map(|(operation, sale)| {
        let request = scene.message(operation, code, &sale, "alfamart");
        let gateway = scene.gateway.clone();
        async move { gateway.counter(request).await.unwrap() }
    });
    let told = at_once(commit).await;
    assert_eq!(approved(&told), won);
    assert_eq!(scene.in_books(LedgerAccount::RefundsPayable).await, 0);
    scene.assert_clean().await;
}

#[tokio::test]
async fn what_a_chain_paid_out_on_another_day_it_need_not_transfer() {
    let scene = scene();
    let cash = scene.paid_twice().await;
    let (code, pin) = scene.issue(cash).await;
    let took_on = scene.now().business_date();
    let retailer = testkit::key("alfamart");
    let row_of = |date| scene.gateway.read(move |reader| reader.retailer_day((retailer, date)));
    scene.wait(86_400);
    let paid_on = scene.now().business_date();
    scene.pay_out(code, &pin, "out-1").await;
    // After midnight, and still of the day of its reservation.
    scene.wait(11 * 3_600);
    assert!(scene.outcome_of(Operation::Commit, code, "out-1").await.is_ok());
    let of_cash = row_of(took_on).await.unwrap();
    assert!(of_cash.is_none_or(|row| row.funded == 0));
    let row = row_of(paid_on).await.unwrap().unwrap();
    assert_eq!((row.funded, row.funded_on), (50_000, Some(paid_on.after())));
    assert_eq!(scene.in_books(LedgerAccount::Receivable(retailer, paid_on)).await, -50_000);
    scene.assert_clean().await;
}
