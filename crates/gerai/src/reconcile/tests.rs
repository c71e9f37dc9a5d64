//! Stories over a real gateway: files are written, posted, posted again, and revised.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::{
    event::{Actor, Announcement},
    ids::{OrderId, PaymentNo},
    ledger::LedgerAccount,
    money::Rupiah,
    payment::State,
    sale::{Operation, SaleKey},
    time::{BusinessDate, Span, Timestamp},
};
use gateway::{
    admin::ReconciledReply,
    request::{
        Approved, Close, CloseRequest, CounterReply, CounterRequest, OpenRequest, Opened,
        PaymentRef, PaymentView, Personal, Ruling, RulingRequest,
    },
    verify::verify,
};
use storage::{
    FileLineRow, LineState, MatchedState, News,
    sqlite::{Engine, Reader},
};
use testkit::{ACCOUNT, PARTNER, START, Shop, key};

mod asked;
mod closing;
mod persons;

use super::{Day, keep, post};
use crate::config::{Config, NamedProfile};

const PROFILES: &str = r#"
[reconcile.numbered]
retailer = "alfamart"
name = "numbered_{date:%Y%m%d}{any}.csv"
due = "06:00"
sale_key = "sale"
create_lines_max = 400
create_sum_max = 20000000
layout = { delimiter = "," }
trailer = { mark = "T", count = 2 }
columns = { sale = 1, code = 2, amount = 3, time = 4, outlet = 5, status = 6, fee = 7 }
times = { time = "%Y-%m-%d %H:%M:%S" }
status = { paid = ["OK"], reversed = ["VOID"], suspect = ["?"] }

[reconcile.bare]
retailer = "alfamart"
name = "bare_{date:%Y%m%d}.csv"
sale_key = "none"
layout = { delimiter = "," }
columns = { code = 1, amount = 2, time = 3, outlet = 4 }
times = { time = "%Y-%m-%d %H:%M:%S" }
"#;

struct Story {
    shop: Shop,
    folder: PathBuf,
    profiles: Vec<NamedProfile>,
}

impl Story {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let no = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("gerai-day-{}-{no}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        let profiles = Config::read("test", PROFILES).unwrap().profiles;
        Self { shop: Shop::new(), folder, profiles }
    }

    fn now(&self) -> Timestamp {
        self.shop.gateway.clock().now()
    }

    fn wait(&self, span: Span) {
        self.shop.gateway.clock().advance(span);
    }

    async fn open(&self, order: &str) -> PaymentView {
        let request = OpenRequest {
            account: ACCOUNT,
            order: OrderId::new(order).unwrap(),
            retailer: key("alfamart"),
            amount: Rupiah::new(50_000).unwrap(),
            expires_at: Some(START.plus(Span::days(10))),
            lifetime_from: self.now(),
            personal: Personal::default(),
            notify_urls: None,
            reuse_after_close: true,
            reuse_after_reversal: true,
            external_id: None,
            idempotency: None,
            received_at: self.now(),
        };
        match self.shop.gateway.open(request).await.unwrap() {
            Opened::New(view) => *view,
            Opened::Repeated(_) => panic!("repeated"),
        }
    }

    fn message(&self, operation: Operation, view: &PaymentView, sale: &str) -> CounterRequest {
        CounterRequest {
            operation,
            partner: PARTNER,
            retailer: key("alfamart"),
            code: view.payment.code,
            sale: SaleKey::new(sale).unwrap().into(),
            sale_sent: sale.to_owned(),
            outlet: "T001".to_owned(),
            terminal: "01".to_owned(),
            receipt_no: None,
            till_at: START,
            received_at: self.now(),
            amount: Some(Rupiah::new(50_000).unwrap()),
            cash: None,
            reason: None,
            raw: bytes::Bytes::new(),
            render: |_, answer| format!("{:?}", answer.outcome).into_bytes(),
        }
    }

    async fn say(&self, operation: Operation, view: &PaymentView, sale: &str) -> CounterReply {
        self.shop.gateway.counter(self.message(operation, view, sale)).await.unwrap()
    }

    async fn paid(&self, order: &str, sale: &str) -> PaymentView {
        let view = self.open(order).await;
        let said = self.say(Operation::Payment, &view, sale).await.answer.unwrap();
        assert!(matches!(said.outcome, Ok(Approved::Paid { .. })), "{said:?}");
        view
    }

    async fn state(&self, view: &PaymentView) -> State {
        let found = self.shop.gateway.payment(None, PaymentRef::No(view.payment.no)).await;
        found.unwrap().unwrap().payment.state
    }

    /// Writes a file and posts it.
    async fn post(&self, name: &str, lines: &[String]) -> ReconciledReply {
        self.try_post(name, lines, false).await.unwrap()
    }

    async fn try_post(
        &self,
        name: &str,
        lines: &[String],
        is_partial: bool,
    ) -> anyhow::Result<ReconciledReply> {
        let path = self.folder.join(name);
        let trailer = format!("T,{}\n", lines.len());
        let trailer = if name.starts_with("numbered") { trailer.as_str() } else { "" };
        fs::write(&path, lines.concat() + trailer).unwrap();
        let mut day = Day::of(&self.profiles, key("alfamart"), &[path], None, None)?;
        day.is_partial = is_partial;
        let order = keep(&self.folder, day.order()?)?;
        let (gateway, folder) = (self.shop.gateway.clone(), self.folder.clone());
        let (profiles, reader) = (self.profiles.clone(), self.reader());
        tokio::task::spawn_blocking(move || post(&gateway, &reader, &profiles, &folder, &order))
            .await
            .unwrap()
    }

    fn reader(&self) -> Reader {
        Engine::open_reader(&self.shop.place).unwrap()
    }

    fn waiting(&self) -> Vec<(String, String)> {
        let rows = self.reader().file_lines_open(key("alfamart"), 100).unwrap();
        rows.into_iter().map(|row| (row.outcome, row.identity)).collect()
    }

    fn lines(&self) -> Vec<FileLineRow> {
        let date = BusinessDate::parse("2026-11-21").unwrap();
        self.reader().file_lines(key("alfamart"), date, 0, 100).unwrap()
    }

    fn matched(&self, view: &PaymentView) -> Option<MatchedState> {
        self.reader().matched(view.payment.no).unwrap().map(|row| row.state)
    }

    fn verify(&self) {
        let mut reader = self.reader();
        let report = verify(&mut reader, &testkit::vault(), &mut |_| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }

    fn balance(&self, account: LedgerAccount) -> i64 {
        let balances = self.reader().balances().unwrap();
        balances.into_iter().find(|(one, _)| *one == account).map_or(0, |(_, sum)| sum.get())
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A line with the till's number.
fn sold(sale: &str, view: &PaymentView, amount: i64) -> String {
    format!("{sale},{},{amount},2026-11-21 14:00:00,T001,OK,\n", view.payment.code)
}

fn receivable() -> LedgerAccount {
    LedgerAccount::Receivable(key("alfamart"), BusinessDate::parse("2026-11-21").unwrap())
}

const FILE: &str = "numbered_20261121.csv";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_misses_a_line_and_invents_one() {
    let story = Story::new();
    let [one, two] = [story.paid("one", "S1").await, story.paid("two", "S2").await];
    let invented = story.open("three").await;
    story.wait(Span::hours(26));

    let lines = [sold("S1", &one, 50_000), sold("S3", &invented, 50_000)];
    let reply = story.post(FILE, &lines).await;
    assert_eq!((reply.lines, reply.matched, reply.paid, reply.posted), (2, 2, 1, 3));
    assert_eq!(reply.outcomes["ours_only"], 1);
    assert_eq!(story.waiting(), [("ours_only".to_owned(), "S2".to_owned())]);
    assert_eq!(story.matched(&one), Some(MatchedState::Waiting));
    assert_eq!(story.matched(&two), None);

    // It is booked on the file's day, though we heard of it a day later, and can be told at once.
    let State::Paid(taking) = story.state(&invented).await else { panic!("not paid") };
    assert_eq!(taking.business_date.to_string(), "2026-11-21");
    assert!(taking.is_final);
    assert_eq!(story.matched(&invented), Some(MatchedState::Waiting));
    assert_eq!(story.balance(receivable()), 150_000);
    let events = story.reader().events_of(invented.payment.no).unwrap();
    let paid = events.iter().find(|row| row.event.kind.name() == "paid").unwrap();
    let reason = paid.event.reason.as_deref().unwrap();
    assert!(reason.starts_with("file numbered_20261121.csv, line 2"), "{reason}");
    let news = story.reader().notifications_of(invented.payment.no).unwrap();
    assert!(news.iter().any(|row| row.news == News::Vendor(Announcement::Paid)), "{news:?}");
    story.verify();

    // The same once more says nothing new.
    let again = story.post(FILE, &lines).await;
    assert_eq!((again.unchanged, again.posted, again.paid, again.matched), (3, 0, 0, 0));
    assert_eq!(again.files, reply.files);
    assert_eq!(story.balance(receivable()), 150_000);

    // The advice comes after all, and is answered as booked.
    let said = story.say(Operation::Advice, &invented, "S3").await.answer.unwrap();
    assert!(matches!(said.outcome, Ok(Approved::Paid { .. })), "{said:?}");
    assert_eq!(story.balance(receivable()), 150_000);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_posts_only_what_is_different() {
    let story = Story::new();
    let [one, two, three] = [
        story.paid("one", "S1").await,
        story.paid("two", "S2").await,
        story.paid("three", "S3").await,
    ];
    story.wait(Span::hours(26));
    let first = story
        .post(
            FILE,
            &[sold("S1", &one, 50_000), sold("S2", &two, 40_000), sold("S3", &three, 50_000)],
        )
        .await;
    assert_eq!((first.matched, first.posted), (2, 3));
    assert_eq!(story.waiting(), [("amount_differs".to_owned(), "S2".to_owned())]);
    // Two is right now, and three is not there any more.
    let second = story.post(FILE, &[sold("S2", &two, 50_000), sold("S1", &one, 50_000)]).await;
    assert_eq!((second.unchanged, second.matched), (1, 1));
    assert_ne!(second.files, first.files);
    assert_eq!(story.matched(&two), Some(MatchedState::Waiting));
    assert_eq!(story.waiting(), [("ours_only".to_owned(), "S3".to_owned())]);
    assert_eq!((second.unmatched, story.matched(&three)), (1, None));
    let day = (key("alfamart"), BusinessDate::parse("2026-11-21").unwrap());
    let files = story.reader().files_of(day).unwrap();
    let known: Vec<_> = files.iter().map(|file| (file.revision, file.lines, file.total)).collect();
    assert_eq!(known, [(1, 3, 140_000), (2, 2, 100_000)]);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn young_lines_await_their_advice() {
    let story = Story::new();
    let [asked, silent] = [story.open("one").await, story.open("two").await];
    story.wait(Span::hours(20));
    let lines = [sold("S1", &asked, 50_000), sold("S2", &silent, 50_000)];
    let reply = story.post(FILE, &lines).await;
    assert_eq!((reply.paid, reply.outcomes["awaiting_advice"]), (0, 2));
    assert_eq!(story.balance(receivable()), 0);
    // One comes; the other is booked when it is too old to come.
    story.say(Operation::Inquiry, &asked, "S1").await;
    let said = story.say(Operation::Advice, &asked, "S1").await.answer.unwrap();
    assert!(matches!(said.outcome, Ok(Approved::Paid { .. })), "{said:?}");
    story.wait(Span::hours(6));
    let reply = story.post(FILE, &lines).await;
    assert_eq!((reply.paid, reply.matched), (1, 2));
    assert_eq!(story.balance(receivable()), 100_000);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advice_finds_what_a_file_without_numbers_booked() {
    let story = Story::new();
    let view = story.open("one").await;
    story.wait(Span::hours(26));
    let line = format!("{},50000,2026-11-21 14:01:00,T001\n", view.payment.code);
    let reply = story.post("bare_20261121.csv", std::slice::from_ref(&line)).await;
    assert_eq!((reply.paid, reply.matched), (1, 1));

    // Its own number, a minute apart from the file's: the same sale (rule 33).
    let said = story.say(Operation::Advice, &view, "T-77").await.answer.unwrap();
    assert!(matches!(said.outcome, Ok(Approved::Paid { .. })), "{said:?}");
    assert_eq!(story.balance(LedgerAccount::Unapplied(key("alfamart"))), 0);
    let again = story.post("bare_20261121.csv", &[line]).await;
    assert_eq!((again.posted, again.unchanged), (0, 1));

    // Ten minutes apart is another sale, and cash for what is paid is nobody's.
    let mut other = story.message(Operation::Advice, &view, "T-78");
    other.till_at = START.plus(Span::minutes(11));
    other.received_at = START.plus(Span::hours(26));
    story.say(Operation::Inquiry, &view, "T-78").await;
    let said = story.shop.gateway.counter(other).await.unwrap().answer.unwrap();
    assert!(!matches!(said.outcome, Ok(Approved::Paid { .. })), "{said:?}");
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_that_fits_no_payment_is_booked_from_a_file() {
    let story = Story::new();
    let view = story.open("one").await;
    let nobody = PaymentView {
        payment: domain::payment::Payment {
            code: domain::code::PaymentCode::new("9912345678901234").unwrap(),
            ..view.payment.clone()
        },
        ..view.clone()
    };
    story.wait(Span::hours(26));
    let lines = [sold("S1", &view, 60_000), sold("S2", &nobody, 20_000)];
    let reply = story.post(FILE, &lines).await;
    assert_eq!((reply.paid, reply.unapplied, reply.stuck), (0, 2, 0));
    assert_eq!(story.balance(LedgerAccount::Unapplied(key("alfamart"))), -80_000);
    assert_eq!(story.balance(receivable()), 80_000);
    assert_eq!(story.state(&view).await, State::Pending);
    let again = story.post(FILE, &lines).await;
    assert_eq!((again.posted, again.unapplied), (0, 0));
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_that_an_operator_put_to_a_payment_is_matched_by_the_next_file() {
    let story = Story::new();
    let [wrong, right] = [story.open("one").await, story.open("two").await];
    story.paid("three", "S0").await;
    story.shop.gateway.close(cancelled(&wrong, story.now())).await.unwrap();
    story.wait(Span::hours(26));
    let lines = [sold("S1", &wrong, 50_000)];
    let reply = story.post(FILE, &lines).await;
    assert_eq!((reply.unapplied, reply.matched), (1, 0));
    let ruling = Ruling::Match { cash: 1, payment: PaymentRef::No(right.payment.no) };
    let reason = "the payer read out the wrong code".to_owned();
    let request = RulingRequest { ruling, reason, received_at: story.now() };
    story.shop.gateway.rule(request).await.unwrap();
    story.wait(Span::hours(1));
    let reply = story.post(FILE, &lines).await;
    assert_eq!(reply.matched, 1);
    assert_eq!(story.matched(&right), Some(MatchedState::Waiting));
    assert_eq!(story.post(FILE, &lines).await.posted, 0);
    story.verify();
}

fn cancelled(view: &PaymentView, now: Timestamp) -> CloseRequest {
    CloseRequest {
        account: Some(ACCOUNT),
        payment: PaymentRef::No(view.payment.no),
        how: Close::Cancel,
        actor: Actor::Merchant(ACCOUNT),
        reason: None,
        idempotency: None,
        received_at: now,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_not_booked_again() {
    let story = Story::new();
    let view = story.open("one").await;
    // The reversal overtook its payment.
    story.say(Operation::Reversal, &view, "S1").await;
    story.wait(Span::hours(26));
    let reply = story.post(FILE, &[sold("S1", &view, 50_000)]).await;
    assert_eq!((reply.paid, reply.unapplied), (0, 0));
    assert_eq!(story.waiting(), [("reversed_by_us".to_owned(), "S1".to_owned())]);
    assert_eq!(story.state(&view).await, State::Pending);
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_we_have_waits_until_a_later_file_has_it() {
    let story = Story::new();
    let view = story.paid("one", "S1").await;
    story.wait(Span::hours(26));
    story.post(FILE, &[]).await;
    assert_eq!(story.waiting(), [("ours_only".to_owned(), "S1".to_owned())]);
    // The next day's has it.
    let reply = story.post("numbered_20261122.csv", &[sold("S1", &view, 50_000)]).await;
    assert_eq!((reply.matched, reply.outcomes["other_day"]), (1, 1));
    assert_eq!(story.waiting(), [("other_day".to_owned(), "S1".to_owned())]);
    let states: Vec<_> = story.lines().iter().map(|row| row.state).collect();
    assert_eq!(states, [LineState::Closed]);
    assert_eq!(story.post(FILE, &[]).await.posted, 0);
    assert_eq!(story.matched(&view), Some(MatchedState::Waiting));
    story.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_disagrees_with_itself_posts_nothing() {
    let story = Story::new();
    let view = story.paid("one", "S1").await;
    story.wait(Span::hours(26));
    let lines = [sold("S1", &view, 50_000), "T,7\n".to_owned()];
    let error = story.try_post(FILE, &lines, false).await.unwrap_err();
    assert!(error.to_string().contains("nothing is posted of numbered_20261121.csv"), "{error}");
    assert!(story.lines().is_empty());
    assert_eq!(story.reader().sequences().unwrap().file, 0);
    assert_eq!(story.matched(&view), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lines_are_posted_in_several_commits_and_once() {
    let story = Story::new();
    let mut lines = Vec::new();
    for number in 0..600 {
        let view = story.open(&format!("order-{number}")).await;
        lines.push(sold(&format!("S{number}"), &view, 50_000));
    }
    story.wait(Span::hours(26));
    // As after a crash in the middle: a part was posted before.
    let part = story.try_post(FILE, &lines[..300], true).await.unwrap();
    assert_eq!(part.paid, 300);
    let rest = story.post(FILE, &lines).await;
    assert_eq!((rest.paid, rest.unchanged), (300, 300));
    assert_eq!(story.balance(receivable()), 600 * 50_000);
    assert_eq!(PaymentNo::new(600).get(), story.reader().sequences().unwrap().sale);
    story.verify();
}
