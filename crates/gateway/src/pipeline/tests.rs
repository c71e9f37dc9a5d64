//! Batches whose commands touch the same rows, in orders that lanes never bring: what one command did
//! is what the next one sees, and what is written is written in an order that holds.

use bytes::Bytes;
use domain::{
    difference::Verdict,
    event::Announcement,
    ids::SaleNo,
    money::Rupiah,
    retailer::{AdviceCreates, Retailers},
    sale::{Operation, SaleKey},
    time::{BusinessDate, Span, Timestamp},
};
use storage::{
    FileLineRow, LineState, UnappliedState,
    sqlite::{Engine, Place},
};
use testkit::{PARTNER, START, key};
use tokio::sync::oneshot;

use super::{Committer, Job, answers::Outcome};
use crate::{
    BrandTerms, Environment, Gateway, Settings, TaxRates,
    clock::Clock,
    directory::Secret,
    request::{
        Approved, CloseLine, CounterRequest, LineAct, LineToPost, LinesRequest, PostedFile,
        RefundTerms, Ruling, RulingError, RulingRequest,
    },
    vault::{MasterKey, Vault},
    verify::verify,
};

fn vault() -> Vault {
    let master = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    Vault::new(&MasterKey::from_hex(master).unwrap()).unwrap()
}

fn settings() -> Settings {
    let retailers = testkit::retailers();
    let retailers = retailers.iter().cloned().map(|mut retailer| {
        retailer.contract.advice_creates = AdviceCreates::Always;
        retailer
    });
    let retailers = Retailers::new(retailers.collect());
    Settings {
        environment: Environment::Sandbox,
        brands: vec![BrandTerms {
            name: "midtrans".to_owned(),
            retailers: retailers.clone(),
            announces: Announcement::ALL.to_vec(),
            tells_fees: true,
        }],
        retailers,
        tax: TaxRates::default(),
        calendar: domain::calendar::Calendar::default(),
        reach: crate::reach::Reach::Everything,
        lane_room: 16,
        batch_max: 16,
        refund_codes: Some(RefundTerms { cap: rupiah(1_000_000), lifetime: Span::days(7) }),
        readers_max: 2,
        cache_open: false,
        inbox: None,
        bill: None,
        node: "test".to_owned(),
        patience: std::time::Duration::from_secs(20),
    }
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

/// A committer that commits when it is told to.
struct Desk {
    committer: Committer,
    place: Place,
    folder: std::path::PathBuf,
}

impl Drop for Desk {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gerai-desk-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let place = Place::Folder(folder.clone());
        // The first rows.
        testkit::Shop::at(place.clone(), START, |_| {}).close();
        let writer = Engine::open(&place).unwrap();
        let clock = Clock::manual(START);
        let (_, committer) = Gateway::start(settings(), clock, &place, writer, vault()).unwrap();
        Self { committer, place, folder }
    }

    /// One batch, in this order.
    fn commit(&mut self, jobs: &[Job]) -> Vec<Outcome> {
        self.committer.commit(jobs).unwrap()
    }

    fn assert_clean(&self) {
        let mut reader = Engine::open_reader(&self.place).unwrap();
        let report = verify(&mut reader, &vault(), &mut |_| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }

    /// A code of Indomaret's pool that nobody was given.
    fn stray_code(&self) -> domain::code::PaymentCode {
        let pools = &self.committer.shared.directory.load().pools;
        let mut pools = pools.iter();
        let pool = pools.find(|pool| pool.shape().network.as_str() == "indomaret");
        pool.unwrap().code(0, 77).unwrap()
    }

    fn counter(&self, operation: Operation, sale: &str) -> Job {
        let request = CounterRequest {
            operation,
            partner: PARTNER,
            retailer: key("indomaret"),
            code: self.stray_code(),
            sale: SaleKey::new(sale).unwrap().into(),
            sale_sent: sale.to_owned(),
            outlet: "T001".to_owned(),
            terminal: "01".to_owned(),
            receipt_no: None,
            till_at: START,
            received_at: START,
            amount: Some(rupiah(50_000)),
            cash: None,
            reason: None,
            raw: Bytes::from_static(b"{}"),
            render: |request, answer| {
                format!("{} {:?}", request.sale_sent, answer.outcome).into_bytes()
            },
        };
        Job::Counter(Box::new(request), oneshot::channel().0)
    }

    fn cash(&self, no: i64) -> UnappliedState {
        let reader = Engine::open_reader(&self.place).unwrap();
        reader.unapplied_by_no(no).unwrap().unwrap().state
    }

    fn line(&self, no: i64) -> FileLineRow {
        Engine::open_reader(&self.place).unwrap().file_line(no).unwrap().unwrap()
    }
}

fn told(outcome: &Outcome) -> &Approved {
    let Outcome::Counter(Ok(reply)) = outcome else { panic!("not a counter's") };
    reply.answer.as_ref().unwrap().outcome.as_ref().unwrap()
}

fn ruled(outcome: Outcome) -> Result<&'static str, RulingError> {
    let Outcome::Ruled(ruled) = outcome else { panic!("not a ruling's") };
    ruled.map(|ruled| ruled.state)
}

fn ruling(ruling: Ruling) -> Job {
    let request = RulingRequest { ruling, reason: "ticket 17".to_owned(), received_at: START };
    Job::Ruling(Box::new(request), oneshot::channel().0)
}

fn issue(cash: i64) -> Job {
    ruling(Ruling::IssueRefundCode { cash, pin: Secret::new("012345") })
}

#[test]
fn cash_that_is_booked_and_taken_back_in_one_batch_is_both_in_the_books() {
    let mut desk = Desk::new("reversal");
    let jobs =
        vec![desk.counter(Operation::Advice, "S-1"), desk.counter(Operation::Reversal, "S-1")];
    let outcomes = desk.commit(&jobs);
    assert!(matches!(told(&outcomes[0]), Approved::Unapplied { .. }));
    assert_eq!(told(&outcomes[1]), &Approved::Reversed);
    assert_eq!(desk.cash(1), UnappliedState::Reversed);
    desk.assert_clean();
}

#[test]
fn a_refund_code_is_released_and_another_issued_in_one_batch() {
    let mut desk = Desk::new("codes");
    let release = || ruling(Ruling::ReleaseRefundCode { cash: 1, code: None });
    let job = desk.counter(Operation::Advice, "S-1");
    desk.commit(&[job]);
    desk.commit(&[issue(1)]);
    let jobs = vec![release(), issue(1), issue(1), release(), release(), issue(1)];
    let outcomes: Vec<_> = desk.commit(&jobs).into_iter().map(ruled).collect();
    assert_eq!(outcomes[0], Ok("open"));
    assert_eq!(outcomes[1], Ok("promised"));
    assert_eq!(outcomes[2], Err(RulingError::CashDone { no: 1, state: "promised" }));
    assert_eq!(outcomes[3], Ok("open"));
    assert_eq!(outcomes[4], Err(RulingError::RefundStands { cash: 1, state: "released" }));
    assert_eq!(outcomes[5], Ok("promised"));
    assert_eq!(desk.cash(1), UnappliedState::Promised);
    desk.assert_clean();
}

/// What a file of the day says of the first sale.
fn line(no: i64, outcome: &str, line: Option<i64>, state: LineState) -> LineToPost {
    let date = BusinessDate::parse("2026-11-21").unwrap();
    let row = FileLineRow {
        no,
        day: (key("indomaret"), date),
        identity: format!("S-1-{outcome}"),
        file: 0,
        line,
        outcome: outcome.to_owned(),
        code: domain::code::PaymentCode::new("571234567890").unwrap(),
        amount: rupiah(50_000),
        fee: None,
        status: line.map(|_| "paid".to_owned()),
        sale: Some(SaleNo::new(1)),
        payment: None,
        our_amount: Some(rupiah(50_000)),
        our_date: Some(date),
        posted_at: START,
        state,
        closed_at: None,
        why: None,
    };
    LineToPost { row, act: LineAct::Note }
}

fn post(lines: Vec<LineToPost>, at: Timestamp) -> Job {
    Job::Lines(Box::new(LinesRequest { file: 1, lines, at }), oneshot::channel().0)
}

fn write_off(line: i64) -> Job {
    let day = (key("indomaret"), BusinessDate::parse("2026-11-21").unwrap());
    ruling(Ruling::Close(Box::new(CloseLine {
        line,
        posted_at: None,
        verdict: Verdict::WriteOff,
        by: "budi (uid 1001)".to_owned(),
        sale: Some(SaleNo::new(1)),
        payment: None,
        days: vec![day],
    })))
}

/// A sale that only we have waits as line 1.
fn ours_only(name: &str) -> Desk {
    let mut desk = Desk::new(name);
    let file = PostedFile {
        retailer: key("indomaret"),
        business_date: BusinessDate::parse("2026-11-21").unwrap(),
        revision: 1,
        name: "file.csv".to_owned(),
        profile: "file".to_owned(),
        sha256: [0; 32],
        lines: 0,
        total: 0,
        by: "budi (uid 1001)".to_owned(),
        at: START,
    };
    let advice = desk.counter(Operation::Advice, "S-1");
    desk.commit(&[advice, Job::File(Box::new(file), oneshot::channel().0)]);
    desk.commit(&[post(vec![line(0, "ours_only", None, LineState::Open)], START)]);
    desk
}

#[test]
fn a_line_that_a_file_settled_in_the_same_batch_is_not_closed_by_hand() {
    // The same row is settled, or another line has its sale.
    for (name, no, outcome) in [("settled", 1, "matched"), ("mentioned", 0, "other_day")] {
        let mut desk = ours_only(name);
        let settled = post(vec![line(no, outcome, Some(1), LineState::Settled)], START);
        let outcomes = desk.commit(&[settled, write_off(1)]);
        let told = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Ruled(ruled) => ruled.map(drop),
            _ => Ok(()),
        });
        let told: Vec<_> = told.collect();
        assert!(matches!(told[1], Err(RulingError::LineDone { no: 1, .. })), "{name}: {told:?}");
        assert_ne!(desk.line(1).state, LineState::Open);
        desk.assert_clean();
    }
}

#[test]
fn what_was_given_up_is_taken_back_by_a_file_in_the_same_batch() {
    let mut desk = ours_only("undone");
    let found = post(vec![line(0, "other_day", Some(1), LineState::Settled)], START);
    let mut outcomes = desk.commit(&[write_off(1), found]);
    assert_eq!(ruled(outcomes.remove(0)), Ok("write-off"));
    desk.assert_clean();
    let reader = Engine::open_reader(&desk.place).unwrap();
    let said: Vec<_> = reader.differences(i64::MAX, 9).unwrap();
    assert_eq!(
        said.iter().map(|row| row.verdict).collect::<Vec<_>>(),
        [Verdict::Undone, Verdict::WriteOff]
    );
}
