//! Where the money is: matched, funded, available, paid out (rule 28); and what was owed when.

mod balances;
mod travels;

use domain::{
    calendar::Calendar,
    ledger::{LedgerAccount, Transfer},
    money::Balance,
    payment::{Refusal, ReversalRefused, State},
    sale::Operation as O,
    time::{BusinessDate, Span, Timestamp},
    transfer::{FundingRefusal, PayoutRefusal, PayoutState},
};
use gateway::{
    Gateway, Settings,
    clock::Clock,
    request::{
        Balances, MatchLine, MatchRequest, Matching, Moved, Movement, MovementError,
        MovementRequest, PaymentView, PostedFile, Unavailable,
    },
};
use storage::{
    DirectoryWrite, FundingRow, PayoutRow, RetailerDayRow,
    sqlite::{Engine, Place},
};
use testkit::{ACCOUNT, START, Shop, key};

use crate::scene::{Scene, folder, rupiah};

/// The retailer's day of everything that is paid at once: 2026-11-21, a Saturday.
fn today() -> BusinessDate {
    START.business_date()
}

fn day(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

impl Scene {
    /// So many payments of 50,000, paid at Alfamart and final.
    async fn paid(&self, count: usize) -> Vec<PaymentView> {
        let mut paid = Vec::new();
        for _ in 0..count {
            let no = self.next_number().await;
            let view = self.open(&format!("order-{no}"), "alfamart").await;
            self.outcome(O::Payment, &view, &format!("S-{no}")).await.unwrap();
            paid.push(view);
        }
        self.wait(31 * 60);
        self.settle_down().await;
        paid
    }

    async fn next_number(&self) -> i64 {
        self.gateway.read(|reader| Ok(reader.sequences()?.payment + 1)).await.unwrap()
    }

    /// Sweeps until there is nothing left to do now.
    async fn settle_down(&self) {
        while self.gateway.sweep(self.now()).await.unwrap() > 0 {}
    }

    /// Stands at 08:00 WIB of a day.
    async fn wake_on(&self, date: &str) {
        let at =
            Timestamp::from_millis(i64::from(day(date).days()) * 86_400_000).plus(Span::hours(1));
        let span = at.since(self.now());
        assert!(span > Span::ZERO, "{date} is over");
        self.gateway.clock().advance(span);
        self.settle_down().await;
    }

    /// Matches payments by a file of their own.
    async fn matched(&self, views: &[PaymentView]) -> Vec<Matching> {
        let revision = self.next_file().await;
        let file = PostedFile {
            retailer: key("alfamart"),
            business_date: today(),
            revision,
            name: format!("ALFA{revision}.csv"),
            profile: "alfa".to_owned(),
            sha256: [1; 32],
            lines: i64::try_from(views.len()).unwrap(),
            total: 0,
            by: "budi (uid 1001)".to_owned(),
            at: self.now(),
        };
        let file = self.gateway.post_file(file).await.unwrap();
        let line = |(line, view): (i64, &PaymentView)| MatchLine {
            payment: view.payment.no,
            line: Some(line),
            commission: rupiah(0),
        };
        let lines = (1..).zip(views).map(line).collect();
        let request = MatchRequest { file, lines, at: self.now() };
        let matched = self.gateway.match_payments(request).await.unwrap();
        self.settle_down().await;
        matched
    }

    async fn next_file(&self) -> u32 {
        let last = self.gateway.read(|reader| Ok(reader.sequences()?.file)).await.unwrap();
        u32::try_from(last + 1).unwrap()
    }

    async fn moves(&self, movement: Movement) -> Result<Moved, MovementError> {
        let request = MovementRequest {
            movement,
            by: "budi (uid 1001)".to_owned(),
            reason: Some("ticket 17".to_owned()),
            received_at: self.now(),
        };
        self.gateway.move_money(request).await
    }

    async fn fund(
        &self,
        amount: i64,
        commission: i64,
        reference: &str,
    ) -> Result<(FundingRow, RetailerDayRow, i64, bool), MovementError> {
        let movement = fund(amount, commission, reference, false);
        match self.moves(movement).await? {
            Moved::Funding { row, day, owed, is_new } => Ok((row, day, owed.get(), is_new)),
            Moved::Payout { .. } => panic!("a payout"),
        }
    }

    async fn payout(&self, movement: Movement) -> Result<(PayoutRow, bool), MovementError> {
        let moved = self.moves(movement).await;
        self.settle_down().await;
        match moved? {
            Moved::Payout { row, is_new, .. } => Ok((row, is_new)),
            Moved::Funding { .. } => panic!("a funding"),
        }
    }

    async fn held(&self) -> (i64, i64) {
        shown(self.gateway.balances(ACCOUNT).await.unwrap())
    }

    async fn books(&self, wanted: LedgerAccount) -> i64 {
        let all = self.gateway.read(|reader| reader.balances()).await.unwrap();
        all.into_iter().find(|(account, _)| *account == wanted).map_or(0, |(_, sum)| sum.get())
    }

    async fn state_name(&self, view: &PaymentView) -> &'static str {
        self.state(view.payment.no).await.name()
    }
}

fn shown(balances: Balances) -> (i64, i64) {
    (balances.pending.get(), balances.active.get())
}

fn fund(amount: i64, commission: i64, reference: &str, keep_difference: bool) -> Movement {
    let transfer = Transfer {
        retailer: key("alfamart"),
        business_date: today(),
        amount: rupiah(amount),
        commission: rupiah(commission),
    };
    Movement::Fund { transfer, reference: reference.to_owned(), keep_difference }
}

fn pay_out(amount: i64, reference: &str) -> Movement {
    let (amount, reference) = (rupiah(amount), reference.to_owned());
    Movement::PayOut { account: ACCOUNT, amount, reference }
}

/// A payment's money is matched, funded, and after three business days available.
#[tokio::test]
async fn money_is_available_on_the_third_business_day_after_it_is_funded() {
    let scene = Scene::with(|settings: &mut Settings| {
        settings.calendar = Calendar::new([day("2026-11-25")]);
    });
    let paid = scene.paid(2).await;
    assert_eq!(scene.held().await, (100_000, 0));
    // Paid and final, and neither matched nor funded: nothing happens, however long it takes.
    assert_eq!(scene.matched(&paid).await, [Matching::Matched, Matching::Matched]);
    assert_eq!(scene.matched(&paid).await, [Matching::Already, Matching::Already]);
    scene.wake_on("2026-11-23").await;
    assert_eq!(scene.held().await, (100_000, 0));

    // Monday. Tuesday is the first business day, Wednesday a holiday, Friday the third.
    let (row, of_day, owed, is_new) = scene.fund(100_000, 0, "BCA-1").await.unwrap();
    assert!(is_new);
    assert_eq!((row.no, row.difference.get(), owed), (1, 0, 0));
    assert_eq!((of_day.matched, of_day.waiting, of_day.funded), (100_000, 2, 100_000));
    assert_eq!(scene.books(LedgerAccount::SettlementBank).await, 100_000);
    for (date, state, held) in [
        ("2026-11-24", "paid", (100_000, 0)),
        ("2026-11-26", "paid", (100_000, 0)),
        ("2026-11-27", "settled", (0, 100_000)),
    ] {
        scene.wake_on(date).await;
        assert_eq!(scene.state_name(&paid[0]).await, state, "{date}");
        assert_eq!(scene.held().await, held, "{date}");
    }
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_weekend_is_no_business_day_and_a_plan_may_be_shorter() {
    let scene = Scene::new();
    let changed = scene.gateway.change_directory(|rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.settings.push_str("payout_days = 1\n");
        Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
    });
    changed.await.unwrap();
    let paid = scene.paid(1).await;
    scene.matched(&paid).await;
    // Saturday: the money came today, and Monday is the first business day.
    scene.fund(50_000, 0, "BCA-1").await.unwrap();
    scene.wake_on("2026-11-22").await;
    assert_eq!(scene.held().await, (50_000, 0));
    scene.wake_on("2026-11-23").await;
    assert_eq!(scene.held().await, (0, 50_000));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_day_is_funded_when_its_transfers_cover_what_is_matched() {
    let scene = Scene::new();
    let paid = scene.paid(3).await;
    scene.matched(&paid[..2]).await;
    // Net: what arrived and what the retailer kept count both.
    let (.., owed, _) = scene.fund(60_000, 1_000, "BCA-1").await.unwrap();
    assert_eq!(owed, 89_000);
    scene.wake_on("2026-11-26").await;
    assert_eq!(scene.held().await, (150_000, 0), "39,000 are missing");
    let (_, of_day, owed, _) = scene.fund(38_000, 1_000, "BCA-2").await.unwrap();
    assert_eq!((of_day.funded, of_day.matched, owed), (100_000, 100_000, 50_000));
    assert_eq!(scene.books(LedgerAccount::CommissionPayable(key("alfamart"))).await, 2_000);
    scene.settle_down().await;

    // What is matched later waits for more; what was funded stays so.
    scene.matched(&paid[2..]).await;
    scene.wake_on("2026-12-01").await;
    assert_eq!(scene.held().await, (50_000, 100_000));
    scene.fund(50_000, 0, "BCA-3").await.unwrap();
    scene.wake_on("2026-12-04").await;
    assert_eq!(scene.held().await, (0, 150_000));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_file_may_come_after_the_money() {
    let scene = Scene::new();
    let paid = scene.paid(1).await;
    scene.fund(50_000, 0, "BCA-1").await.unwrap();
    scene.wake_on("2026-11-30").await;
    assert_eq!(scene.held().await, (50_000, 0), "nothing is matched yet");
    // The money has been there for long enough.
    scene.matched(&paid).await;
    assert_eq!(scene.held().await, (0, 50_000));
    scene.assert_clean().await;
}

#[tokio::test]
async fn more_than_is_owed_is_refused_or_kept_as_a_difference() {
    let scene = Scene::new();
    scene.paid(1).await;
    let more = |owed, offered| {
        MovementError::Funding(FundingRefusal::MoreThanOwed {
            owed: Balance::from_stored(owed),
            offered: Balance::from_stored(offered),
        })
    };
    assert_eq!(scene.fund(50_001, 0, "BCA-1").await.unwrap_err(), more(50_000, 50_001));
    assert_eq!(scene.fund(50_000, 1, "BCA-1").await.unwrap_err(), more(50_000, 50_001));
    let why = scene.fund(0, 0, "BCA-1").await.unwrap_err();
    assert_eq!(why, MovementError::Funding(FundingRefusal::Nothing));

    let kept = scene.moves(fund(50_700, 0, "BCA-1", true)).await.unwrap();
    let Moved::Funding { row, day, owed, .. } = kept else { panic!("a payout") };
    assert_eq!((row.difference.get(), day.funded, owed.get()), (700, 50_000, 0));
    assert_eq!(scene.books(LedgerAccount::ReconciliationDifference).await, -700);
    assert_eq!(scene.books(LedgerAccount::SettlementBank).await, 50_700);
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_reference_is_booked_once() {
    let scene = Scene::new();
    let paid = scene.paid(1).await;
    scene.matched(&paid).await;
    let (first, ..) = scene.fund(40_000, 0, "BCA-1").await.unwrap();
    let (again, of_day, owed, is_new) = scene.fund(40_000, 0, "BCA-1").await.unwrap();
    assert_eq!((&again, of_day.funded, owed, is_new), (&first, 40_000, 10_000, false));
    let why = scene.fund(10_000, 0, "BCA-1").await.unwrap_err().to_string();
    assert!(why.contains("`BCA-1` is taken by funding 1 of Rp 40000"), "{why}");
    scene.fund(10_000, 0, "BCA-2").await.unwrap();
    scene.wake_on("2026-11-30").await;

    let (first, is_new) = scene.payout(pay_out(20_000, "P-1")).await.unwrap();
    assert!(is_new);
    let (again, is_new) = scene.payout(pay_out(20_000, "P-1")).await.unwrap();
    assert_eq!((again, is_new), (first, false));
    let why = scene.payout(pay_out(20_001, "P-1")).await.unwrap_err().to_string();
    assert!(why.contains("`P-1` is taken by payout 1 of Rp 20000"), "{why}");
    assert_eq!(scene.held().await, (0, 30_000));
    scene.assert_clean().await;
}

/// Settled money of one account.
async fn rich(count: usize) -> Scene {
    enriched(Scene::new(), count).await
}

async fn enriched(scene: Scene, count: usize) -> Scene {
    let paid = scene.paid(count).await;
    scene.matched(&paid).await;
    scene.fund(50_000 * i64::try_from(count).unwrap(), 0, "BCA-1").await.unwrap();
    scene.wake_on("2026-11-25").await;
    scene
}

#[tokio::test]
async fn a_payout_arrives_or_comes_back() {
    let scene = rich(2).await;
    let (in_transit, bank) = (LedgerAccount::PayoutsInTransit, LedgerAccount::SettlementBank);
    let refused = scene.payout(pay_out(100_001, "P-0")).await.unwrap_err();
    let (asked, active) = (rupiah(100_001), Balance::from_stored(100_000));
    assert_eq!(refused, MovementError::Payout(PayoutRefusal::MoreThanActive { asked, active }));

    scene.payout(pay_out(60_000, "P-1")).await.unwrap();
    scene.payout(pay_out(40_000, "P-2")).await.unwrap();
    assert_eq!(scene.held().await, (0, 0));
    assert_eq!(scene.books(in_transit).await, -100_000);
    scene.assert_clean().await;

    let confirm = |payout| Movement::Confirm { payout };
    let give_back = |payout| Movement::GiveBack { payout };
    let (row, is_new) = scene.payout(confirm(1)).await.unwrap();
    assert_eq!((row.state, is_new), (PayoutState::Confirmed, true));
    assert!(!scene.payout(confirm(1)).await.unwrap().1);
    assert_eq!((scene.books(in_transit).await, scene.books(bank).await), (-40_000, 40_000));
    let (row, is_new) = scene.payout(give_back(2)).await.unwrap();
    assert_eq!((row.state, is_new), (PayoutState::Returned, true));
    assert!(!scene.payout(give_back(2)).await.unwrap().1);
    assert_eq!(scene.held().await, (0, 40_000));
    let why = scene.payout(confirm(2)).await.unwrap_err();
    assert_eq!(why, MovementError::Payout(PayoutRefusal::Returned));
    assert_eq!(scene.payout(confirm(9)).await.unwrap_err(), MovementError::NoSuchPayout(9));
    scene.assert_clean().await;

    // Some banks find out days after they said that it arrived.
    scene.payout(give_back(1)).await.unwrap();
    assert_eq!(scene.held().await, (0, 100_000));
    assert_eq!((scene.books(in_transit).await, scene.books(bank).await), (0, 100_000));
    scene.assert_clean().await;
}

/// Whatever arrives together is decided one after the other, from what the one before left.
#[tokio::test]
async fn two_payouts_at_once_cannot_spend_the_same_money() {
    let scene = rich(2).await;
    let (first, second, third) = tokio::join!(
        scene.moves(pay_out(60_000, "P-1")),
        scene.moves(pay_out(60_000, "P-2")),
        scene.moves(pay_out(40_000, "P-3")),
    );
    let outcomes = [first, second, third];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{outcomes:?}");
    assert_eq!(scene.held().await, (0, 0));
    scene.assert_clean().await;
}

/// The same in one commit: three payouts wait before the committer takes them.
#[tokio::test]
async fn payouts_of_one_commit_cannot_spend_the_same_money_either() {
    let place = Place::Folder(folder("payouts-at-once"));
    let scene = enriched(Scene(Shop::at(place.clone(), START, |_| {})), 2).await;
    let now = scene.now();
    scene.0.close();

    let writer = Engine::open(&place).unwrap();
    let settings = testkit::settings(testkit::retailers());
    let (gateway, committer) =
        Gateway::start(settings, Clock::manual(now), &place, writer, testkit::vault()).unwrap();
    let waiting: Vec<_> = [(60_000, "P-1"), (60_000, "P-2"), (40_000, "P-3")]
        .map(|(amount, reference)| {
            let request = MovementRequest {
                movement: pay_out(amount, reference),
                by: "budi (uid 1001)".to_owned(),
                reason: None,
                received_at: now,
            };
            let gateway = gateway.clone();
            tokio::spawn(async move { gateway.move_money(request).await.is_ok() })
        })
        .into();
    let depth = || gateway.queue_depths().iter().map(|(_, depth)| depth).sum::<usize>();
    while depth() < 3 {
        tokio::task::yield_now().await;
    }
    let committer = std::thread::spawn(move || committer.run());
    let mut done = Vec::new();
    for outcome in waiting {
        done.push(outcome.await.unwrap());
    }
    assert_eq!(done, [true, false, true]);
    let held = gateway.balances(ACCOUNT).await.unwrap();
    assert_eq!(shown(held), (0, 0));
    gateway.stop();
    committer.join().unwrap().unwrap();
}

#[tokio::test]
async fn what_can_still_be_reversed_is_not_matched_and_what_is_matched_is_not_reversed() {
    let scene = Scene::new();
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    let pending = scene.open("order-2", "indomaret").await;
    let views = [view.clone(), pending.clone()];
    assert_eq!(scene.matched(&views).await, [Matching::NotFinal, Matching::NotPaid]);
    scene.wait(60 * 60);
    scene.settle_down().await;
    assert_eq!(scene.matched(&views[..1]).await, [Matching::Matched]);

    let mut reversal = scene.message(O::Reversal, view.payment.code, "S-1", "indomaret");
    reversal.till_at = START.plus(Span::minutes(1));
    let answer = scene.send(reversal).await.answer.unwrap();
    assert_eq!(answer.outcome, Err(Refusal::ReversalRefused(ReversalRefused::Final)));
    assert!(matches!(scene.state(view.payment.no).await, State::Paid(_)));
    scene.assert_clean().await;
}
