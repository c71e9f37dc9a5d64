//! The day's figures. Whoever changes one computes the others by hand: nothing here comes from the
//! code under test.

use std::fmt::Write;

use domain::{code::PaymentCode, time::BusinessDate};

/// The chapter that tells the same.
const LEDGER: &str = include_str!("../../../../docs/ledger.md");

/// A code of Alfamart's pool that was never given to anybody.
pub(super) fn unknown() -> PaymentCode {
    PaymentCode::new("8100000000000000").unwrap()
}

/// Each account's fees. A fee of 2,000 with 11 % tax in it is 1,802 and 198, because 2,000 x 110 / 1,110
/// is 198.2.
pub(super) const PLANS: [(&str, &str); 4] = [
    ("midtrans", "merchant tax=inclusive gateway=2000 retailer=1000"),
    ("cronos", "payer tax=inclusive gateway=2000 retailer=1000 switch=500"),
    ("sengo", "payer tax=none gateway=1000 retailer=500"),
    ("ayolinx", "merchant tax=exclusive gateway=100bp retailer=1000"),
];

/// What is opened at eight: the order, by whom, for which retailer, and the merchant's amount.
pub(super) const ORDERS: [(usize, &str, &str, i64); 10] = [
    (1, "midtrans", "alfamart", 100_000),
    (2, "midtrans", "indomaret", 250_000),
    (3, "midtrans", "alfamart", 75_000),
    (4, "cronos", "alfamart", 100_000),
    (5, "cronos", "indomaret", 60_000),
    (6, "cronos", "pegadaian", 400_000),
    (7, "sengo", "alfamart", 50_000),
    (8, "sengo", "indomaret", 150_000),
    (9, "ayolinx", "alfamart", 200_000),
    (10, "ayolinx", "pegadaian", 300_000),
];

/// What retailers transfer, and what they kept. Alfamart's file adds up to 527,000, and Alfamart keeps
/// its commission for one, four and nine; Alfamidi keeps that for three; the others keep nothing.
pub(super) const TRANSFERS: [(&str, i64, i64); 4] = [
    ("alfamart", 524_000, 3_000),
    ("alfamidi", 74_000, 1_000),
    ("indomaret", 215_000, 0),
    ("pegadaian", 300_000, 0),
];

/// When the books are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Evening,
    AfterTheFiles,
    AtTheEnd,
}

/// Every account in the evening, after the files, and at the end. Each column adds up to nothing.
const BALANCES: [(&str, [i64; 3]); 21] = [
    // Transfers of 1,113,000, less 103,500 that went back and a payout of 169,000.
    ("bank", [0, 0, 840_500]),
    // One 100,000, four 103,500 and again 103,500, seven 51,500, unknown 20,000; then nine 200,000.
    // Alfamart transfers all but seven.
    ("receivable alfamart", [378_500, 578_500, 51_500]),
    ("receivable alfamidi", [75_000, 75_000, 0]),
    // Five 63,500 and eight 151,500.
    ("receivable indomaret", [215_000, 215_000, 0]),
    ("receivable pegadaian", [300_000, 300_000, 0]),
    // One and four 1,000 each, seven 500; then nine 1,000. 3,000 of it were kept.
    ("commission alfamart", [-2_500, -3_500, -500]),
    ("commission alfamidi", [-1_000, -1_000, 0]),
    // Five 1,000, eight 500.
    ("commission indomaret", [-1_500, -1_500, -1_500]),
    ("commission pegadaian", [-1_000, -1_000, -1_000]),
    // Four and five, 500 each.
    ("switch", [-1_000, -1_000, -1_000]),
    // One, three, four and five 1,802 each: 7,208; seven and eight 1,000 each; ten 3,000, which is one
    // percent. Then nine 2,000.
    ("earned", [-12_208, -14_208, -14_208]),
    // Four times 198 are 792; ten 330, which is 11 % of 3,000. Then nine 220.
    ("PPN", [-1_122, -1_342, -1_342]),
    // One 97,000 and three 72,000.
    ("midtrans pending", [-169_000, -169_000, 0]),
    // Four 100,000 and five 60,000.
    ("cronos pending", [-160_000, -160_000, 0]),
    // The payout came back.
    ("cronos active", [0, 0, -160_000]),
    // Seven 50,000 and eight 150,000; only eight is matched.
    ("sengo pending", [-200_000, -200_000, -50_000]),
    ("sengo active", [0, 0, -150_000]),
    // Ten 300,000 less 3,000, 330 and 1,000; then nine 200,000 less 2,000, 220 and 1,000.
    ("ayolinx pending", [-295_670, -492_450, 0]),
    // 492,450 less a payout of 400,000.
    ("ayolinx active", [0, 0, -92_450]),
    ("in transit", [0, 0, -400_000]),
    // What was paid twice, 103,500, and the unknown 20,000.
    ("unapplied alfamart", [-123_500, -123_500, -20_000]),
];

/// What each account holds then, where it holds anything, in the order of their names.
pub(super) fn books(moment: Moment) -> Vec<(String, i64)> {
    let mut held: Vec<_> = BALANCES
        .iter()
        .map(|(name, sums)| ((*name).to_owned(), sums[moment as usize]))
        .filter(|(_, sum)| *sum != 0)
        .collect();
    held.sort();
    assert_eq!(held.iter().map(|(_, sum)| sum).sum::<i64>(), 0, "{moment:?}");
    held
}

/// The same as rows of the documentation's table.
pub(super) fn balances() -> Vec<String> {
    let row = |(name, sums): &(&str, [i64; 3])| {
        let mut row = format!("| {name} |");
        for sum in sums {
            write!(row, " {} |", grouped(*sum)).unwrap();
        }
        row
    };
    BALANCES.iter().map(row).collect()
}

/// The rows of the documentation's table under this head.
pub(super) fn documented(head: &str) -> Vec<String> {
    let mut lines = LEDGER.lines().skip_while(|line| *line != head);
    assert!(lines.next().is_some(), "docs/ledger.md has no table `{head}`");
    lines.skip(1).take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

/// The day of all sales.
pub(super) fn day() -> BusinessDate {
    BusinessDate::parse("2026-11-20").unwrap()
}

/// What of a vendor's notification merchants act on.
pub(super) fn members(brand: &str) -> &'static [&'static str] {
    match brand {
        "midtrans" => &["/order_id", "/transaction_status", "/status_code", "/gross_amount"],
        "ayolinx" => &[
            "/originalPartnerReferenceNo",
            "/latestTransactionStatus",
            "/transactionStatusDesc",
            "/amount/value",
        ],
        _ => &[
            "/responseData/merchantRef",
            "/responseData/status",
            "/responseData/amount",
            "/responseData/fee",
            "/responseData/totalAmount",
        ],
    }
}

/// Pegadaian takes sales back, and Alfamart tells of all cash that it has. Every retailer's file looks
/// the same here; `crates/reconcile/profiles` has how they really look.
pub(super) fn configuration() -> String {
    let mut text = "[retailer.pegadaian]\nreversal_window = \"10m\"\n\
                    [retailer.alfamart]\nadvice_creates = \"always\"\n"
        .to_owned();
    for (retailer, ..) in TRANSFERS {
        write!(
            text,
            "[reconcile.{retailer}]\nretailer = \"{retailer}\"\n\
             name = \"{retailer}_{{date:%Y%m%d}}.csv\"\nsale_key = \"sale\"\n\
             layout = {{ delimiter = \",\" }}\n\
             columns = {{ sale = 1, code = 2, amount = 3, time = 4, outlet = 5, status = 6 }}\n\
             times = {{ time = \"%Y-%m-%d %H:%M:%S\" }}\nstatus = {{ paid = [\"OK\"] }}\n"
        )
        .unwrap();
    }
    text
}

/// What merchants are told, in the words of their vendors. A fee that the payer bears is told by those
/// two whose wire can say it.
pub(super) const NOTIFICATIONS: &str = "
08:00 midtrans order-1 pending 201 100000.00
08:00 midtrans order-2 pending 201 250000.00
08:00 midtrans order-3 pending 201 75000.00
09:00 midtrans order-1 settlement 200 100000.00
09:10 midtrans order-2 settlement 200 250000.00
09:13 midtrans order-2 deny 202 250000.00
09:30 midtrans order-3 settlement 200 75000.00
10:00 cronos order-4 success 100000 3500 103500
10:30 cronos order-6 success 400000 3500 403500
10:36 cronos order-6 failed 400000 3500 403500
11:00 sengo order-7 success 50000 1500 51500
11:30 sengo order-8 success 150000 1500 151500
12:05 cronos order-5 expired 60000 3500 63500
13:00 ayolinx order-10 00 SUCCESS 300000.00
14:00 cronos order-5 success 60000 3500 63500
21 14:00 ayolinx order-9 00 SUCCESS 200000.00
";

/// The statement over all four accounts. The payments' ids are left out of its lines.
pub(super) const STATEMENT: &str = include_str!("statement.csv");

/// The sums on the page. Ten payments, as the merchant asked for them; their fees of 3,000, 3,000,
/// 4,330 and 3,220 that it bore; two taken back; three payouts, of which one came back.
pub(super) const SUMS: [(&str, &str); 8] = [
    ("Saldo awal", "Rp 0"),
    ("Pembayaran", "Rp 1.685.000"),
    ("Biaya", "-Rp 13.550"),
    ("Pembatalan", "-Rp 650.000"),
    ("Ditarik kembali oleh gerai", "Rp 0"),
    ("Pencairan", "-Rp 729.000"),
    ("Pencairan yang kembali", "Rp 160.000"),
    ("Saldo akhir", "Rp 452.450"),
];

/// With commas between the thousands.
pub(super) fn grouped(sum: i64) -> String {
    let digits = sum.unsigned_abs().to_string();
    let mut text = String::from(if sum < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
