//! Whatever is done in whatever order, every account holds what a naive ledger says that is only told
//! what was answered (rule 38).

mod office;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    code::PaymentCode,
    ids::PaymentNo,
    ledger::LedgerAccount,
    payment::State,
    retailer::{AdviceCreates, Retailers},
    sale::Operation,
    time::BusinessDate,
};
use gateway::request::{
    Approved, Close, CounterReply, LineAct, LineToPost, LinesPosted, LinesRequest, MatchLine,
    MatchRequest, Opened, PaymentRef, PaymentView, PostedFile, Sibling, SiblingRequest,
    Unavailable,
};
use proptest::{prelude::*, test_runner::RngSeed};
use storage::{DirectoryWrite, FileLineRow, LineState};
use testkit::{ACCOUNT, key};

use self::steps::{Step, step};
use crate::{
    naive::Naive,
    scene::{Scene, rupiah},
};

const SETTINGS: &str = "payout_days = 1\n[fees]\n\
    alfamart = \"merchant tax=exclusive:110 gateway=100bp retailer=50bp switch=300\"\n\
    indomaret = \"payer tax=inclusive:110 gateway=2000 retailer=1000\"\n";

/// What cash of a sale became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Paid(i64),
    Unapplied(i64),
}

/// A sale whose cash we have: what it became, and what the till said.
#[derive(Debug, Clone)]
struct Standing {
    fate: Fate,
    code: PaymentCode,
    till: String,
    amount: i64,
}

/// What a till says: the number of its sale, the till, the code and the sum.
struct Said {
    sale: String,
    till: String,
    code: PaymentCode,
    amount: i64,
}

/// The gateway, the naive ledger, and what somebody outside knows.
struct Run {
    scene: Scene,
    naive: Naive,
    opened: Vec<PaymentNo>,
    sales: BTreeMap<String, Standing>,
    /// Of which sale each refused reversal is.
    disputes: BTreeMap<i64, String>,
    finals: BTreeSet<i64>,
    settled: BTreeSet<i64>,
    /// Records of unapplied cash, files, and references so far.
    cash: i64,
    files: i64,
    references: usize,
}

impl Run {
    async fn new(held_back: bool) -> Self {
        let scene = Scene::with(|settings| {
            let always = settings.retailers.iter().cloned().map(|mut retailer| {
                retailer.contract.advice_creates = AdviceCreates::Always;
                retailer
            });
            settings.retailers = Retailers::new(always.collect());
            settings.brands[0].retailers = settings.retailers.clone();
        });
        if held_back {
            scene.announce_when_final().await;
        }
        let changed = scene.gateway.change_directory(|rows, _| {
            let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
            account.settings.push_str(SETTINGS);
            Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
        });
        changed.await.unwrap();
        Self {
            scene,
            naive: Naive::default(),
            opened: Vec::new(),
            sales: BTreeMap::new(),
            disputes: BTreeMap::new(),
            finals: BTreeSet::new(),
            settled: BTreeSet::new(),
            cash: 0,
            files: 0,
            references: 0,
        }
    }

    fn today(&self) -> BusinessDate {
        self.scene.now().business_date()
    }

    async fn chosen(&self, payment: usize) -> Option<PaymentView> {
        let no = self.opened.iter().nth_back(payment % self.opened.len().max(1))?;
        Some(self.scene.view(*no).await)
    }

    fn is_opened(&mut self, view: &PaymentView) {
        let payment = &view.payment;
        let retailer = payment.opened_for;
        let total = self.naive.opened(payment.no.get(), retailer.as_str(), payment.amount.get());
        assert_eq!(payment.total().get(), total, "what the payer is asked for");
        self.opened.push(payment.no);
    }

    fn stands(&mut self, said: Said, fate: Fate) {
        let Said { sale, till, code, amount } = said;
        self.sales.insert(sale, Standing { fate, code, till, amount });
    }

    fn unapplied(&mut self, said: Said) {
        self.cash += 1;
        self.naive.unapplied(self.cash, &said.till, &self.today().to_string(), said.amount);
        self.stands(said, Fate::Unapplied(self.cash));
    }

    fn paid(&mut self, said: Said, no: PaymentNo) {
        self.naive.paid(no.get(), &said.till, &self.today().to_string());
        self.stands(said, Fate::Paid(no.get()));
    }

    /// A number of a sale: one of a few, or a new one.
    fn sale(&mut self, sale: Option<u8>) -> String {
        self.references += 1;
        sale.map_or_else(|| format!("N-{}", self.references), |sale| format!("S-{sale}"))
    }

    /// A till says something about a payment, or about a code that nobody knows.
    async fn say(&mut self, operation: Operation, said: Said, payment: Option<PaymentNo>) {
        let mut message = self.scene.message(operation, said.code, &said.sale, &said.till);
        message.amount = Some(rupiah(said.amount));
        let reply: CounterReply = self.scene.send(message).await;
        let Some(answer) = reply.answer else { return };
        let standing = self.sales.get(&said.sale).map(|sale| sale.fate);
        match (answer.outcome, standing) {
            (Ok(Approved::Paid { .. }), None) => {
                self.paid(said, payment.expect("a payment is paid"));
            }
            (Ok(Approved::Unapplied { .. }), None) => self.unapplied(said),
            (Ok(Approved::Reversed), Some(fate)) => {
                self.sales.remove(&said.sale);
                match fate {
                    Fate::Paid(no) => self.naive.reversed(no),
                    Fate::Unapplied(cash) => self.naive.unapplied_reversed(cash),
                }
            }
            (Err(_), _) if operation == Operation::Reversal => self.refused(&said.sale).await,
            // A repeat, in other words; or nothing was moved.
            (Ok(_) | Err(_), _) => {}
        }
    }

    /// A till takes back one of the sales that stand.
    async fn take_back(&mut self, which: usize) {
        let Some((sale, standing)) = self.sales.iter().nth_back(which % self.sales.len().max(1))
        else {
            return;
        };
        let Standing { code, till, amount, .. } = standing.clone();
        let said = Said { sale: sale.clone(), till, code, amount };
        self.say(Operation::Reversal, said, None).await;
    }

    /// What is said about a payment at a till, or where it was opened for.
    fn said(&mut self, view: &PaymentView, sale: Option<u8>, till: Option<&str>, off: i64) -> Said {
        let payment = &view.payment;
        let till = till.unwrap_or_else(|| payment.opened_for.as_str()).to_owned();
        let amount = payment.total().get() + off;
        Said { sale: self.sale(sale), till, code: payment.code, amount }
    }

    async fn refused(&mut self, sale: &str) {
        let rows = self.scene.gateway.read(|reader| reader.disputes_open(1_000)).await.unwrap();
        for row in rows {
            self.disputes.entry(row.no).or_insert_with(|| sale.to_owned());
        }
    }

    async fn file(&mut self, retailer: &str) -> i64 {
        self.files += 1;
        let file = PostedFile {
            retailer: key(retailer),
            business_date: self.today(),
            revision: u32::try_from(self.files).unwrap(),
            name: format!("FILE{}.csv", self.files),
            profile: "naive".to_owned(),
            sha256: [1; 32],
            lines: 1,
            total: 0,
            by: "budi (uid 1001)".to_owned(),
            at: self.scene.now(),
        };
        self.scene.gateway.post_file(file).await.unwrap()
    }

    /// A line of a file that tells of cash, which a till may have told of before.
    async fn line(&mut self, view: &PaymentView, said: Said) {
        let (retailer, amount) = (said.till.as_str(), said.amount);
        let mut advice = self.scene.message(Operation::Advice, said.code, &said.sale, retailer);
        advice.amount = Some(rupiah(amount));
        let file = self.file(retailer).await;
        let row = FileLineRow {
            no: 0,
            day: (key(retailer), self.today()),
            identity: format!("line of file {file}"),
            file,
            line: Some(1),
            outcome: "theirs only".to_owned(),
            code: view.payment.code,
            amount: rupiah(amount),
            fee: None,
            status: None,
            sale: None,
            payment: None,
            our_amount: None,
            our_date: None,
            posted_at: self.scene.now(),
            state: LineState::Settled,
            closed_at: None,
            why: None,
        };
        let act = LineAct::Book { request: Box::new(advice), alias: None, commission: None };
        let lines = vec![LineToPost { row, act }];
        let request = LinesRequest { file, lines, at: self.scene.now() };
        match self.scene.gateway.post_lines(request).await.unwrap() {
            LinesPosted { paid: 1, .. } => self.paid(said, view.payment.no),
            LinesPosted { unapplied: 1, .. } => self.unapplied(said),
            LinesPosted { .. } => {}
        }
    }

    /// A file of each retailer that has every payment which it took; posts nothing.
    async fn matched(&mut self) {
        let mut taken: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for no in self.opened.clone() {
            if let State::Paid(taking) = self.scene.state(no).await {
                taken.entry(taking.retailer).or_default().push(no);
            }
        }
        for (retailer, payments) in taken {
            let file = self.file(retailer.as_str()).await;
            let line = |(line, payment)| MatchLine { payment, line, commission: rupiah(0) };
            let lines = (1..).zip(payments).map(line).collect();
            let request = MatchRequest { file, lines, at: self.scene.now() };
            self.scene.gateway.match_payments(request).await.unwrap();
        }
    }

    /// Some days on which everything goes as it should.
    async fn quiet_days(&mut self) {
        self.wait(2_200).await;
        self.catch_up().await;
        self.matched().await;
        for _ in 0..20 {
            self.fund(1, 2, 0).await;
        }
        self.wait(260_000).await;
    }

    async fn sibling(&mut self, view: &PaymentView, retailer: &str) {
        let request = SiblingRequest {
            account: ACCOUNT,
            payment: PaymentRef::Id(view.payment.id),
            retailer: key(retailer),
            received_at: self.scene.now(),
        };
        if let Ok(Sibling::New(view)) = self.scene.gateway.open_sibling(request).await {
            self.is_opened(&view);
        }
    }

    async fn open(&mut self, order: u8, retailer: &str, amount: i64) {
        let mut request = self.scene.order(&format!("order-{order}"), retailer);
        request.amount = rupiah(amount);
        if let Ok(Opened::New(view)) = self.scene.try_open(request).await {
            self.is_opened(&view);
        }
    }

    async fn wait(&mut self, seconds: i64) {
        self.scene.wait(seconds);
        while self.scene.gateway.sweep(self.scene.now()).await.unwrap() > 0 {}
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Open { order, retailer, amount } => self.open(order, retailer, amount).await,
            Step::Wait { seconds } => self.wait(seconds).await,
            Step::Unknown { operation, sale } => {
                let (till, code) = ("indomaret".to_owned(), "571000000000");
                let code = PaymentCode::new(code).unwrap();
                let said = Said { sale: self.sale(Some(sale)), till, code, amount: 50_000 };
                self.say(operation, said, None).await;
            }
            Step::TakeBack { which } => self.take_back(which).await,
            Step::Matched => self.matched().await,
            Step::QuietDays => self.quiet_days().await,
            Step::Fund { which, halves, kept } => self.fund(which, halves, kept).await,
            Step::PayOut { part } => self.pay_out(part).await,
            Step::Follow { payout, arrives } => self.follow(payout, arrives).await,
            Step::PutTo { which, payment } => self.put_to(which, payment).await,
            Step::Refund { which } => self.refund(which).await,
            Step::Accept { which } => self.accept(which).await,
            Step::Sibling { payment, .. }
            | Step::Say { payment, .. }
            | Step::Close { payment, .. }
            | Step::Line { payment, .. } => {
                if let Some(view) = self.chosen(payment).await {
                    self.take_of(step, &view).await;
                }
            }
        }
    }

    async fn take_of(&mut self, step: Step, view: &PaymentView) {
        match step {
            Step::Sibling { retailer, .. } => self.sibling(view, retailer).await,
            Step::Say { operation, sale, till, off, .. } => {
                let said = self.said(view, sale, till, off);
                self.say(operation, said, Some(view.payment.no)).await;
            }
            Step::Close { expire, .. } => {
                let how = if expire { Close::Expire } else { Close::Cancel };
                let _ = self.scene.close(view.payment.no, how).await;
            }
            Step::Line { sale, retailer, off, .. } => {
                let said = self.said(view, sale, retailer, off);
                self.line(view, said).await;
            }
            other => unreachable!("{other:?} names no payment"),
        }
    }

    /// What the clock and files did besides: payments that are shown as final or settled now.
    async fn catch_up(&mut self) {
        for no in self.opened.clone() {
            let state = self.scene.state(no).await;
            let no = no.get();
            let (is_final, is_settled) = match state {
                State::Paid(taking) => (taking.is_final, false),
                State::Settled(_) => (true, true),
                _ => continue,
            };
            if is_final && self.finals.insert(no) {
                self.naive.finalized(no);
            }
            if is_settled && self.settled.insert(no) {
                self.naive.settled(no);
            }
        }
    }

    async fn compare(&self) {
        let read = self.scene.gateway.read(|reader| {
            Ok((reader.balances()?, reader.unapplied_open(1_000)?, reader.payouts_in_transit(99)?))
        });
        let (balances, waiting, in_transit) = read.await.unwrap();
        let balances = balances.into_iter().map(|(account, sum)| (named(account), sum.get()));
        let books: BTreeMap<_, _> = balances.filter(|(_, sum)| *sum != 0).collect();
        assert_eq!(books, self.naive.books, "the gateway's books, and the naive ones");
        assert_eq!(books.values().sum::<i64>(), 0);
        let held = books.iter().filter(|(account, _)| {
            let word = account.split(' ').next().unwrap();
            ["bank", "receivable", "disputed"].contains(&word)
        });
        assert_eq!(held.map(|(_, sum)| sum).sum::<i64>(), self.naive.cash, "in, out, and held");
        let waiting: BTreeMap<_, _> = waiting
            .into_iter()
            .map(|row| (row.no, (row.retailer.as_str().to_owned(), row.amount.get())))
            .collect();
        assert_eq!(waiting, self.naive.waiting(), "cash that waits");
        let in_transit: i64 = in_transit.iter().map(|row| row.amount.get()).sum();
        assert_eq!(in_transit, self.naive.in_transit());
        assert_eq!(books.get("in transit").copied().unwrap_or(0), -in_transit);
    }
}

fn named(account: LedgerAccount) -> String {
    match account {
        LedgerAccount::SettlementBank => "bank".to_owned(),
        LedgerAccount::Receivable(retailer, date) => format!("receivable {retailer} {date}"),
        LedgerAccount::DisputedReceivable(retailer) => format!("disputed {retailer}"),
        LedgerAccount::CommissionPayable(retailer) => format!("commission {retailer}"),
        LedgerAccount::SwitchPayable => "switch".to_owned(),
        LedgerAccount::FeeDeferred => "deferred".to_owned(),
        LedgerAccount::FeeEarned => "earned".to_owned(),
        LedgerAccount::PpnPayable => "ppn".to_owned(),
        LedgerAccount::MerchantPending(ACCOUNT) => "pending".to_owned(),
        LedgerAccount::MerchantActive(ACCOUNT) => "active".to_owned(),
        LedgerAccount::Unapplied(retailer) => format!("unapplied {retailer}"),
        LedgerAccount::PayoutsInTransit => "in transit".to_owned(),
        LedgerAccount::ReconciliationDifference => "difference".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn play(held_back: bool, steps: Vec<Step>) {
    let mut run = Run::new(held_back).await;
    for step in steps {
        run.take(step).await;
        run.catch_up().await;
        run.compare().await;
    }
    run.scene.assert_clean().await;
}

/// Cash that was put to a payment and taken back before the merchant heard of it is in no row any
/// more, and in no account.
#[tokio::test]
async fn what_was_matched_and_reopened_leaves_nothing_behind() {
    let steps = vec![
        Step::Open { order: 0, retailer: "alfamart", amount: 50_000 },
        Step::Unknown { operation: Operation::Advice, sale: 0 },
        Step::PutTo { which: 0, payment: 0 },
        Step::TakeBack { which: 0 },
    ];
    play(true, steps).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        rng_seed: RngSeed::Fixed(38),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_account_is_what_the_naive_ledger_says(
        held_back in prop::bool::weighted(0.2),
        steps in prop::collection::vec(step(), 20..150),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(held_back, steps));
    }
}
