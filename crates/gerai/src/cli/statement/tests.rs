//! A month of one merchant, and what a naive sum says of it.

use domain::{
    ids::OrderId,
    ledger::Transfer,
    money::Rupiah,
    sale::{Operation, SaleKey},
    time::{BusinessDate, Span},
};
use gateway::request::{
    CounterRequest, MatchLine, MatchRequest, Moved, Movement, MovementRequest, OpenRequest, Opened,
    PaymentView, Personal, PostedFile, Ruling, RulingRequest, Unavailable,
};
use storage::{
    DirectoryWrite,
    sqlite::{Engine, Reader},
};
use testkit::{ACCOUNT, PARTNER, START, Shop, key};

use super::{Format, Owed, Statement};

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

async fn open(shop: &Shop, order: &str) -> PaymentView {
    let now = shop.gateway.clock().now();
    let request = OpenRequest {
        account: ACCOUNT,
        order: OrderId::new(order).unwrap(),
        retailer: key("indomaret"),
        amount: rupiah(100_000),
        expires_at: Some(START.plus(Span::days(10))),
        lifetime_from: now,
        personal: Personal::default(),
        notify_urls: None,
        reuse_after_close: true,
        reuse_after_reversal: true,
        external_id: None,
        idempotency: None,
        received_at: now,
    };
    match shop.gateway.open(request).await.unwrap() {
        Opened::New(view) => *view,
        Opened::Repeated(_) => panic!("repeated"),
    }
}

async fn say(shop: &Shop, operation: Operation, view: &PaymentView) {
    let now = shop.gateway.clock().now();
    let sale = format!("sale of {}", view.payment.no).replace(' ', "-");
    let request = CounterRequest {
        operation,
        partner: PARTNER,
        retailer: key("indomaret"),
        code: view.payment.code,
        sale: SaleKey::new(sale.clone()).unwrap().into(),
        sale_sent: sale,
        outlet: "T001".to_owned(),
        terminal: "01".to_owned(),
        receipt_no: None,
        till_at: now,
        received_at: now,
        amount: Some(rupiah(100_000)),
        cash: None,
        reason: None,
        raw: bytes::Bytes::from_static(b"{}"),
        render: |_, answer| format!("{:?}", answer.outcome).into_bytes(),
    };
    shop.gateway.counter(request).await.unwrap();
}

async fn move_money(shop: &Shop, movement: Movement) -> Moved {
    let request = MovementRequest {
        movement,
        by: "test".to_owned(),
        reason: None,
        received_at: shop.gateway.clock().now(),
    };
    shop.gateway.move_money(request).await.unwrap()
}

/// The first payment is settled.
async fn settle(shop: &Shop, view: &PaymentView) {
    let (retailer, business_date) = (key("indomaret"), START.business_date());
    let at = shop.gateway.clock().now();
    let file = PostedFile {
        retailer,
        business_date,
        revision: 1,
        name: "file".to_owned(),
        profile: "profile".to_owned(),
        sha256: [0; 32],
        lines: 1,
        total: 100_000,
        by: "test".to_owned(),
        at,
    };
    let file = shop.gateway.post_file(file).await.unwrap();
    let lines = vec![MatchLine { payment: view.payment.no, line: 1, commission: Rupiah::ZERO }];
    shop.gateway.match_payments(MatchRequest { file, lines, at }).await.unwrap();
    let transfer =
        Transfer { retailer, business_date, amount: rupiah(100_000), commission: Rupiah::ZERO };
    let reference = "T-1".to_owned();
    move_money(shop, Movement::Fund { transfer, reference, keep_difference: false }).await;
    for _ in 0..2 {
        shop.gateway.clock().advance(Span::days(4));
        shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();
    }
}

fn statement<'r>(reader: &'r Reader, from: &str, to: &str) -> Statement<'r> {
    let accounts = vec![(ACCOUNT, "midtrans G000000001".to_owned())];
    Statement::of(reader, "Toko <1>".to_owned(), accounts, (date(from), date(to))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_sums_are_the_naive_ones() {
    let shop = Shop::new();
    let charged = shop.gateway.change_directory(|rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.settings.push_str("[fees]\n\"*\" = \"merchant tax=none gateway=2500\"\n");
        Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
    });
    charged.await.unwrap();
    // 21 November: three are paid, one is taken back, another too late for that.
    let [kept, taken_back, clawed_back] = [
        open(&shop, "kept").await,
        open(&shop, "=taken back").await,
        open(&shop, "clawed back").await,
    ];
    for view in [&kept, &taken_back, &clawed_back] {
        say(&shop, Operation::Payment, view).await;
    }
    say(&shop, Operation::Reversal, &taken_back).await;
    shop.gateway.clock().advance(Span::hours(24));
    shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();
    // 22 November: the refused reversal is granted after all.
    say(&shop, Operation::Reversal, &clawed_back).await;
    let ruling = RulingRequest {
        ruling: Ruling::Accept { dispute: 1 },
        reason: "the chain is right".to_owned(),
        received_at: shop.gateway.clock().now(),
    };
    shop.gateway.rule(ruling).await.unwrap();
    // 30 November: paid out twice, once in vain.
    settle(&shop, &kept).await;
    let pay_out = |amount, reference: &str| Movement::PayOut {
        account: ACCOUNT,
        amount: rupiah(amount),
        reference: reference.to_owned(),
    };
    move_money(&shop, pay_out(50_000, "P-1")).await;
    move_money(&shop, pay_out(40_000, "P-2")).await;
    move_money(&shop, Movement::GiveBack { payout: 2 }).await;

    let reader = Engine::open_reader(&shop.place).unwrap();
    let whole = statement(&reader, "2026-11-01", "2026-11-30");
    let sums = whole.head.sums;
    // Three payments of 100,000 at 2,500; a reversal and a clawback give the fee back.
    assert_eq!((sums.payments, sums.reversals, sums.clawbacks), (300_000, -100_000, -100_000));
    assert_eq!((sums.fees, sums.payouts, sums.payouts_returned), (-2_500, -90_000, 40_000));
    assert_eq!(sums.others, 0);
    assert_eq!(whole.head.opening, Owed::default());
    assert_eq!(whole.head.closing, Owed { pending: 0, active: 47_500 });

    // However it is cut, one ends where the next begins.
    let first = statement(&reader, "2026-11-01", "2026-11-21");
    let second = statement(&reader, "2026-11-22", "2026-11-30");
    assert_eq!(first.head.closing, Owed { pending: 195_000, active: 0 });
    assert_eq!(first.head.closing, second.head.opening);
    assert_eq!(second.head.closing, whole.head.closing);
    let nothing = statement(&reader, "2026-12-01", "2026-12-31");
    assert_eq!((nothing.head.opening, nothing.head.sums.net()), (whole.head.closing, 0));

    let written = |format| {
        let mut out = Vec::new();
        whole.write(&mut out, format).unwrap();
        String::from_utf8(out).unwrap()
    };
    let sheet = written(Format::Csv);
    let kinds: Vec<_> = sheet.lines().filter_map(|line| line.split(',').nth(1)).collect();
    let expected = [
        "what",
        "opening",
        "payment",
        "payment",
        "payment",
        "reversal",
        "clawback",
        "available",
        "payout",
        "payout",
        "payout returned",
        "closing",
    ];
    assert_eq!(kinds, expected, "{sheet}");
    assert!(sheet.contains(",'=taken back,"), "{sheet}");
    let page = written(Format::Html);
    assert!(page.contains("Toko &lt;1&gt;") && page.contains("Rp 47.500"), "{page}");
}
