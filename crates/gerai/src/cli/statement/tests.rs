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

/// Payments of the first day stand in a file.
async fn stand_in_a_file(shop: &Shop, views: &[&PaymentView]) {
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
    let line = |(line, view): (i64, &&PaymentView)| MatchLine {
        payment: view.payment.no,
        line: Some(line),
        commission: Rupiah::ZERO,
    };
    let lines = (1..).zip(views).map(line).collect();
    shop.gateway.match_payments(MatchRequest { file, lines, at }).await.unwrap();
}

/// The retailer transfers so much for the first day.
async fn fund(shop: &Shop, amount: i64) {
    let transfer = Transfer {
        retailer: key("indomaret"),
        business_date: START.business_date(),
        amount: rupiah(amount),
        commission: Rupiah::ZERO,
    };
    let reference = "T-1".to_owned();
    move_money(shop, Movement::Fund { transfer, reference, keep_difference: false }).await;
}

/// A payment is settled.
async fn settle(shop: &Shop, view: &PaymentView) {
    stand_in_a_file(shop, &[view]).await;
    fund(shop, 100_000).await;
    for _ in 0..2 {
        shop.gateway.clock().advance(Span::days(4));
        shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();
    }
}

fn statement<'r>(reader: &'r Reader, from: &str, to: &str) -> Statement<'r> {
    let accounts = vec![(ACCOUNT, "midtrans G000000001".to_owned())];
    Statement::of(reader, "Toko <1>".to_owned(), accounts, (date(from), date(to))).unwrap()
}

/// The whole month, as it is written.
fn looks(whole: &Statement<'_>) {
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
        "withholding",
    ];
    assert_eq!(kinds, expected, "{sheet}");
    assert!(sheet.contains(",'=taken back,"), "{sheet}");
    let told =
        ",withholding,,,,38,2500,0,0,47000,\"PPh, 23: 15 per-mille of our fees without PPN\"";
    assert!(sheet.contains(told), "{sheet}");
    let page = written(Format::Html);
    assert!(page.contains("Toko &lt;1&gt;") && page.contains("Rp 47.000"), "{page}");
    assert!(page.contains("PPh, 23, 1,5% dari biaya Rp 2.500 (informasi)"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_sums_are_the_naive_ones() {
    let shop = Shop::new();
    let charged = shop.gateway.change_directory(|rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.settings.push_str(
            "withholding = { permille = 15, label = \"PPh, 23\" }\n\
             [fees]\n\"*\" = \"merchant tax=exclusive:100 gateway=2500 retailer=250\"\n",
        );
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
    // Three payments of 100,000 at 2,500, 10 % tax on that and 250 for the retailer; a reversal and a clawback give the fee back.
    assert_eq!((sums.payments, sums.reversals, sums.clawbacks), (300_000, -100_000, -100_000));
    assert_eq!((sums.fees, sums.payouts, sums.payouts_returned), (-3_000, -90_000, 40_000));
    assert_eq!(sums.others, 0);
    assert_eq!(whole.head.opening, Owed::default());
    assert_eq!(whole.head.closing, Owed { pending: 0, active: 47_000 });

    // However it is cut, one ends where the next begins.
    let first = statement(&reader, "2026-11-01", "2026-11-21");
    let second = statement(&reader, "2026-11-22", "2026-11-30");
    assert_eq!(first.head.closing, Owed { pending: 194_000, active: 0 });
    assert_eq!(first.head.closing, second.head.opening);
    assert_eq!(second.head.closing, whole.head.closing);
    let nothing = statement(&reader, "2026-12-01", "2026-12-31");
    assert_eq!((nothing.head.opening, nothing.head.sums.net()), (whole.head.closing, 0));

    // The tax is on our part alone, without PPN; it is told, and no sum knows of it.
    let kept_back = |statement: &Statement<'_>| {
        let [tax] = statement.head.withheld.as_slice() else { panic!("one tax") };
        (tax.base, tax.kept_back)
    };
    assert_eq!(kept_back(&whole), (2_500, 38));
    assert_eq!(kept_back(&first), (5_000, 75));
    assert_eq!(kept_back(&second), (-2_500, -37));
    assert_eq!(kept_back(&nothing), (0, 0));

    looks(&whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_advanced_is_told_until_it_is_covered() {
    let shop = Shop::new();
    let agreed = shop.gateway.change_directory(|rows, _| {
        let mut account = rows.accounts.iter().find(|row| row.no == ACCOUNT).unwrap().clone();
        account.settings.push_str("advance_cap = 150000\n");
        Ok::<_, Unavailable>((vec![DirectoryWrite::Account(account)], ()))
    });
    agreed.await.unwrap();
    let [first, second] = [open(&shop, "first").await, open(&shop, "second").await];
    for view in [&first, &second] {
        say(&shop, Operation::Payment, view).await;
    }
    shop.gateway.clock().advance(Span::hours(1));
    shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();
    stand_in_a_file(&shop, &[&first, &second]).await;
    shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();
    // The next day the retailer transfers all of it.
    shop.gateway.clock().advance(Span::days(1));
    fund(&shop, 200_000).await;
    shop.gateway.sweep(shop.gateway.clock().now()).await.unwrap();

    let reader = Engine::open_reader(&shop.place).unwrap();
    let day = statement(&reader, "2026-11-21", "2026-11-21");
    assert_eq!(day.head.closing, Owed { pending: 100_000, active: 100_000 });
    assert_eq!(day.head.advanced, 100_000);
    let next = statement(&reader, "2026-11-22", "2026-11-22");
    assert_eq!((next.head.closing, next.head.advanced), (day.head.closing, 0));
    let written = |statement: &Statement<'_>, format| {
        let mut out = Vec::new();
        statement.write(&mut out, format).unwrap();
        String::from_utf8(out).unwrap()
    };
    let sheet = written(&day, Format::Csv);
    assert!(sheet.contains(",advanced,first,"), "{sheet}");
    assert!(sheet.contains(",open advances,,,,100000,0,0,0,200000,of the active"), "{sheet}");
    assert!(!written(&next, Format::Csv).contains("advance"));
    assert!(written(&day, Format::Html).contains("ditalangi, belum disetor gerai"));
}
