//! The installation in which the day is lived: a sandbox with its demo merchant, on a clock that only
//! the story moves.

mod books;
mod moved;

use std::{collections::BTreeMap, fmt::Write, fs, thread::JoinHandle};

use dialect::Notice;
use domain::{
    code::PaymentCode,
    ids::{AccountNo, OrderId, PartnerNo},
    money::Rupiah,
    payment::Refusal,
    retailer::RetailerKey,
    sale::{Operation, SaleKey},
    time::{Span, Timestamp},
};
use gateway::{
    Environment, Gateway,
    admin::ReconciledReply,
    clock::Clock,
    request::{
        Approved, AttemptReport, CounterRequest, Counts, Delivery, Exchange, Movement,
        MovementRequest, Next, OpenRequest, Opened, PaymentRef, PaymentView, Personal, Ruling,
        RulingRequest, Unavailable,
    },
};
use serde_json::Value;
use storage::{DirectoryWrite, StorageError, sqlite::Engine};

use super::figures;
use crate::{
    bootstrap::{
        self,
        tests::{NOW, Scratch, config},
    },
    config::Config,
    dialects,
    reconcile::{self, keep},
};

/// What a till says of a sale.
pub(super) struct Till {
    retailer: RetailerKey,
    sale: &'static str,
    amount: Rupiah,
}

impl Till {
    pub(super) fn of(retailer: &str, sale: &'static str, amount: i64) -> Self {
        Self { retailer: key(retailer), sale, amount: rupiah(amount) }
    }
}

pub(super) fn key(text: &str) -> RetailerKey {
    RetailerKey::new(text).unwrap()
}

pub(super) fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

/// A line of a retailer's file: the sale, the code, the amount, and when on the 20th.
type FileLine<'a> = (&'a str, PaymentCode, i64, &'a str);

/// The installation, and what has happened in it.
pub(super) struct Day {
    scratch: Scratch,
    config: Config,
    gateway: Gateway,
    committer: Option<JoinHandle<Result<(), StorageError>>>,
    accounts: BTreeMap<String, AccountNo>,
    views: BTreeMap<usize, PaymentView>,
    /// What merchants were told, a line each.
    pub(super) told: Vec<String>,
}

impl Day {
    /// At 08:00 on Friday, 20 November.
    pub(super) fn begin() -> Self {
        let scratch = Scratch::new("worked-day");
        let config = config(&figures::configuration());
        let clock = Clock::manual(instant("08:00"));
        let started =
            bootstrap::start(&scratch.place(), &config, Environment::Sandbox, clock).unwrap();
        let committer = std::thread::spawn(move || started.committer.run());
        let rows = Engine::open_reader(&scratch.place()).unwrap().directory().unwrap();
        let of_demo = rows.accounts.iter().filter(|row| row.merchant.get() == 1);
        Self {
            accounts: of_demo.map(|row| (row.brand.clone(), row.no)).collect(),
            scratch,
            config,
            gateway: started.gateway,
            committer: Some(committer),
            views: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    /// Every account has its fees and hears of its payments.
    async fn agree_on_fees(&self) {
        let changed = self.gateway.change_directory(|rows, _| {
            let accounts = rows.accounts.iter().filter(|row| row.merchant.get() == 1).cloned();
            let writes = accounts.map(|mut row| {
                let plan = figures::PLANS.iter().find(|(brand, _)| *brand == row.brand).unwrap().1;
                row.settings = format!("[fees]\n\"*\" = \"{plan}\"\n");
                row.notification_urls = "http://127.0.0.1:9/hook".to_owned();
                DirectoryWrite::Account(row)
            });
            Ok::<_, Unavailable>((writes.collect(), ()))
        });
        changed.await.unwrap();
    }

    fn now(&self) -> Timestamp {
        self.gateway.clock().now()
    }

    /// Tells merchants what is due, and waits until then: `09:00`, or `21 09:00` on a later day.
    pub(super) async fn until(&mut self, time: &str) {
        let before = shown(self.now());
        self.tell(&before).await;
        let span = instant(time).since(self.now());
        assert!(span > Span::ZERO, "{time} is over");
        self.gateway.clock().advance(span);
    }

    pub(super) async fn sweep(&self) {
        while self.gateway.sweep(self.now()).await.unwrap() > 0 {}
    }

    pub(super) async fn open(&mut self, no: usize, brand: &str, retailer: &str, amount: i64) {
        if self.views.is_empty() {
            self.agree_on_fees().await;
        }
        let deadline = if no == 5 { "12:00" } else { "23 08:00" };
        let request = OpenRequest {
            account: self.account(brand),
            order: OrderId::new(format!("order-{no}")).unwrap(),
            retailer: key(retailer),
            amount: rupiah(amount),
            expires_at: Some(instant(deadline)),
            lifetime_from: self.now(),
            personal: Personal::default(),
            notify_urls: None,
            reuse_after_close: true,
            reuse_after_reversal: true,
            external_id: None,
            idempotency: None,
            received_at: self.now(),
        };
        match self.gateway.open(request).await.unwrap() {
            Opened::New(view) => drop(self.views.insert(no, *view)),
            Opened::Repeated(_) => panic!("repeated"),
        }
    }

    pub(super) fn code(&self, no: usize) -> PaymentCode {
        self.views[&no].payment.code
    }

    pub(super) fn payment(&self, no: usize) -> PaymentRef {
        PaymentRef::No(self.views[&no].payment.no)
    }

    pub(super) fn account(&self, brand: &str) -> AccountNo {
        self.accounts[brand]
    }

    pub(super) async fn say(
        &self,
        operation: Operation,
        code: PaymentCode,
        till: &Till,
    ) -> Result<Approved, Refusal> {
        let request = CounterRequest {
            operation,
            partner: PartnerNo::new(1),
            retailer: till.retailer,
            code,
            sale: SaleKey::new(till.sale).unwrap().into(),
            sale_sent: till.sale.to_owned(),
            outlet: "T001".to_owned(),
            // Every sale of the story is made at another till.
            terminal: till.sale.to_owned(),
            receipt_no: None,
            till_at: self.now(),
            received_at: self.now(),
            amount: Some(till.amount),
            cash: None,
            reason: None,
            raw: bytes::Bytes::new(),
            render: |_, answer| format!("{:?}", answer.outcome).into_bytes(),
        };
        self.gateway.counter(request).await.unwrap().answer.unwrap().outcome
    }

    pub(super) async fn paid(&self, no: usize, till: &Till) {
        let said = self.say(Operation::Payment, self.code(no), till).await;
        assert!(matches!(said, Ok(Approved::Paid { .. })), "{no}: {said:?}");
    }

    pub(super) async fn rule(&self, ruling: Ruling, why: &str) {
        let request = RulingRequest { ruling, reason: why.to_owned(), received_at: self.now() };
        self.gateway.rule(request).await.unwrap();
    }

    pub(super) async fn moves(&self, movement: Movement) {
        let request = MovementRequest {
            movement,
            by: "budi (uid 1001)".to_owned(),
            reason: None,
            received_at: self.now(),
        };
        self.gateway.move_money(request).await.unwrap();
    }

    pub(super) async fn active(&self, brand: &str) -> i64 {
        self.gateway.balances(self.account(brand)).await.unwrap().active.get()
    }

    /// Writes a retailer's file of the 20th, and posts it as `gerai reconcile --apply` does.
    pub(super) async fn post(&self, retailer: &str, lines: &[FileLine<'_>]) -> ReconciledReply {
        let mut text = String::new();
        for (sale, code, amount, time) in lines {
            writeln!(text, "{sale},{code},{amount},2026-11-20 {time}:00,T001,OK").unwrap();
        }
        let path = self.scratch.path().join(format!("{retailer}_20261120.csv"));
        fs::write(&path, text).unwrap();
        let profiles = self.config.profiles.clone();
        let read = reconcile::Day::of(&profiles, key(retailer), &[path], None, None).unwrap();
        let folder = self.scratch.data();
        let order = keep(&folder, read.order().unwrap()).unwrap();
        let (gateway, reader) = (self.gateway.clone(), self.reader());
        let posted = tokio::task::spawn_blocking(move || {
            reconcile::post(&gateway, &reader, &profiles, &folder, &order)
        });
        posted.await.unwrap().unwrap()
    }

    /// Tells merchants what is due, in their dialects' words.
    pub(super) async fn tell(&mut self, time: &str) {
        loop {
            let due = self.gateway.deliveries(self.now(), 100).await.unwrap();
            if due.is_empty() {
                return;
            }
            for delivery in due {
                self.told.push(format!("{time} {}", told(&delivery)));
                let report = AttemptReport {
                    no: delivery.no,
                    at: self.now(),
                    took_ms: 1,
                    status: Some(200),
                    next: Next::Delivered,
                    verdict: String::new(),
                    exchange: Exchange::default(),
                    counts: Counts::Try,
                };
                self.gateway.report(report).await.unwrap();
            }
        }
    }
}

/// `09:00` on the 20th, or `21 09:00`.
fn instant(time: &str) -> Timestamp {
    let (day, time) = time.split_once(' ').unwrap_or(("20", time));
    let (hours, minutes) = time.split_once(':').unwrap();
    let number = |text: &str| text.parse::<i64>().unwrap();
    // `NOW` is the midnight after which the 21st begins.
    let days = Span::hours((number(day) - 21) * 24);
    NOW.plus(days).plus(Span::hours(number(hours))).plus(Span::minutes(number(minutes)))
}

fn shown(at: Timestamp) -> String {
    let wall = dialect::wib(at);
    let text = &wall["2026-11-".len().."2026-11-20 08:00".len()];
    text.strip_prefix("20 ").unwrap_or(text).to_owned()
}

/// What a merchant reads: the words and amounts of its vendor.
fn told(delivery: &Delivery) -> String {
    let brand = delivery.account.brand.as_str();
    let notice = Notice {
        announcement: delivery.news.announcement().unwrap(),
        account: &delivery.account,
        view: &delivery.view,
        url: delivery.url.as_deref().unwrap(),
        happened_at: delivery.created_at,
        now: delivery.created_at,
    };
    let outgoing = dialects::speaking(brand).unwrap().notification(&notice).unwrap();
    let body: Value = serde_json::from_slice(&outgoing.body).unwrap();
    let members = figures::members(brand);
    let member = |pointer: &&str| match body.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => panic!("{brand} has no {pointer}: {body}"),
    };
    let words: Vec<_> = members.iter().map(member).collect();
    format!("{brand} {}", words.join(" "))
}

impl Drop for Day {
    fn drop(&mut self) {
        self.gateway.stop();
        if let Some(committer) = self.committer.take() {
            committer.join().unwrap().unwrap();
        }
    }
}
