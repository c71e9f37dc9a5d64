//! What tills get, byte for byte.

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    ids::PartnerNo,
    money::Rupiah,
    payment::ReversalRefused,
    sale::{Operation, SaleKey},
};

use super::*;

fn amount(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

/// 2026-11-21T14:35:26.789 in WIB, and so many seconds later.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_246_526_789 + seconds * 1_000)
}

fn request(operation: Operation) -> CounterRequest {
    CounterRequest {
        operation,
        partner: PartnerNo::new(1),
        retailer: RetailerKey::new("alfamart").unwrap(),
        code: PaymentCode::new("8127740588870520").unwrap(),
        sale: SaleKey::new("T001/02/2026-11-21/A-1").unwrap().into(),
        sale_sent: "A-1".to_owned(),
        outlet: "T001".to_owned(),
        terminal: "02".to_owned(),
        receipt_no: None,
        till_at: at(0),
        received_at: at(0),
        amount: None,
        cash: None,
        reason: None,
        raw: Bytes::new(),
        render,
    }
}

fn bill() -> Bill {
    Bill {
        merchant_name: "Toko \"Maju\"".to_owned(),
        payer_name: Some("BUD* S*".to_owned()),
        label: Some("Tagihan".to_owned()),
        amount: amount(100_000),
        fee: amount(3_000),
        total: amount(103_000),
        expires_at: at(86_400),
        receipt_lines: vec!["Terima kasih".to_owned(), "Toko Maju".to_owned()],
    }
}

fn answer(outcome: Result<Approved, Refusal>, bill: Option<Bill>) -> CounterAnswer {
    CounterAnswer { outcome, bill, refund: None, retailers: Vec::new(), code_override: None }
}

fn rendered(operation: Operation, answer: &CounterAnswer) -> String {
    String::from_utf8(render(&request(operation), answer)).unwrap()
}

const BILL: &str = concat!(
    r#""direction":"collect","merchant_name":"Toko \"Maju\"","payer_name":"BUD* S*","#,
    r#""label":"Tagihan","amount":100000,"fee":3000,"total":103000,"currency":"IDR","#,
    r#""expires_at":"2026-11-22T14:35:26+07:00""#
);
const RECEIPT: &str = r#""receipt_lines":["Terima kasih","Toko Maju"]"#;
const ABOUT: &str = r#""payment_code":"8127740588870520","sale":"A-1""#;
const PROOF: &str = r#""approval_code":"26112100000000000042""#;

#[test]
fn an_inquiry_shows_the_bill() {
    assert_eq!(
        rendered(Operation::Inquiry, &answer(Ok(Approved::Payable), Some(bill()))),
        format!(
            r#"{{"code":"00","message":"payable","cashier_text":"Terima uang Rp 103.000 dari pelanggan.",{ABOUT},{BILL},{RECEIPT}}}"#
        )
    );
}

#[test]
fn what_a_bill_lacks_is_left_out() {
    let bare = Bill { payer_name: None, label: None, receipt_lines: Vec::new(), ..bill() };
    let bare = Bill { fee: Rupiah::ZERO, total: amount(100_000), ..bare };
    assert_eq!(
        rendered(Operation::Inquiry, &answer(Ok(Approved::Payable), Some(bare))),
        concat!(
            r#"{"code":"00","message":"payable","#,
            r#""cashier_text":"Terima uang Rp 100.000 dari pelanggan.","#,
            r#""payment_code":"8127740588870520","sale":"A-1","direction":"collect","#,
            r#""merchant_name":"Toko \"Maju\"","amount":100000,"fee":0,"total":100000,"#,
            r#""currency":"IDR","expires_at":"2026-11-22T14:35:26+07:00"}"#
        )
    );
}

#[test]
fn a_payment_is_proved() {
    let approval_code = "26112100000000000042".to_owned();
    let paid = Approved::Paid { approval_code, paid_at: at(0), final_after: at(2_100) };
    assert_eq!(
        rendered(Operation::Payment, &answer(Ok(paid), Some(bill()))),
        format!(
            r#"{{"code":"00","message":"paid","cashier_text":"Pembayaran berhasil.",{ABOUT},{BILL},{PROOF},"paid_at":"2026-11-21T14:35:26+07:00","final_after":"2026-11-21T15:10:26+07:00",{RECEIPT}}}"#
        )
    );
}

#[test]
fn a_reservation_is_not_paid_yet() {
    let reserved = Approved::Reserved { approval_code: "26112100000000000042".to_owned() };
    assert_eq!(
        rendered(Operation::Payment, &answer(Ok(reserved), Some(bill()))),
        format!(
            r#"{{"code":"00","message":"reserved: commit it","cashier_text":"Pembayaran diterima, menunggu konfirmasi.",{ABOUT},{BILL},{PROOF},{RECEIPT}}}"#
        )
    );
}

#[test]
fn cash_that_fits_nothing_is_answered_as_the_contract_says() {
    let unapplied = Approved::Unapplied { approval_code: "26112100000000000042".to_owned() };
    let answer = answer(Ok(unapplied), None);
    let rest = format!(
        r#""message":"booked as unapplied cash","cashier_text":"Uang tercatat. Simpan struk.",{ABOUT},{PROOF}}}"#
    );
    assert_eq!(rendered(Operation::Advice, &answer), format!(r#"{{"code":"00",{rest}"#));
    let answer = CounterAnswer { code_override: Some("68".to_owned()), ..answer };
    assert_eq!(rendered(Operation::Advice, &answer), format!(r#"{{"code":"68",{rest}"#));
}

#[test]
fn a_reversal_gives_back() {
    assert_eq!(
        rendered(Operation::Reversal, &answer(Ok(Approved::Reversed), Some(bill()))),
        format!(
            r#"{{"code":"00","message":"reversed","cashier_text":"Pembayaran dibatalkan. Kembalikan uang pelanggan.",{ABOUT},{BILL},{RECEIPT}}}"#
        )
    );
    assert_eq!(
        rendered(Operation::Reversal, &answer(Ok(Approved::Remembered), None)),
        format!(
            r#"{{"code":"00","message":"nothing to reverse; this sale is closed","cashier_text":"Transaksi dibatalkan. Kembalikan uang pelanggan.",{ABOUT}}}"#
        )
    );
}

#[test]
fn a_wrong_amount_is_told_the_right_one() {
    let refusal = Refusal::WrongAmount { owed: amount(103_000), offered: amount(100_000) };
    let head = r#"{"code":"13","message":"wrong amount","cashier_text":"Jumlah tidak sesuai. Total tagihan Rp 103.000. Kembalikan uang pelanggan.""#;
    assert_eq!(
        rendered(Operation::Payment, &answer(Err(refusal), Some(bill()))),
        format!("{head},{ABOUT},{BILL}}}")
    );
    assert_eq!(
        rendered(Operation::Payment, &answer(Err(refusal), None)),
        format!(r#"{head},{ABOUT},"total":103000,"currency":"IDR"}}"#)
    );
}

#[test]
fn unknown_foreign_and_long_closed_look_the_same() {
    let want = format!(
        r#"{{"code":"14","message":"unknown payment code","cashier_text":"Kode pembayaran tidak dikenal.",{ABOUT}}}"#
    );
    for bill in [None, Some(bill())] {
        let answer = answer(Err(Refusal::UnknownCode), bill);
        assert_eq!(rendered(Operation::Inquiry, &answer), want);
    }
}

#[test]
fn a_code_of_elsewhere_says_where() {
    let retailer = |key| RetailerKey::new(key).unwrap();
    let answer = CounterAnswer {
        retailers: vec![retailer("alfamart"), retailer("dandan")],
        ..answer(Err(Refusal::NotPayableHere { retailer: retailer("indomaret") }), None)
    };
    assert_eq!(
        rendered(Operation::Inquiry, &answer),
        format!(
            r#"{{"code":"57","message":"not payable here","cashier_text":"Tidak dapat dibayar di sini.",{ABOUT},"retailers":["alfamart","dandan"]}}"#
        )
    );
}

#[test]
fn other_refusals_show_what_may_be_seen() {
    let answered = |operation, refusal| rendered(operation, &answer(Err(refusal), None));
    assert_eq!(
        answered(Operation::Payment, Refusal::AlreadyPaid),
        format!(
            r#"{{"code":"54","message":"already paid by another sale","cashier_text":"Sudah dibayar. Kembalikan uang pelanggan.",{ABOUT}}}"#
        )
    );
    assert_eq!(
        answered(Operation::Inquiry, Refusal::OverLimit { limit: amount(2_500_000) }),
        format!(
            r#"{{"code":"61","message":"over the limit of 2500000","cashier_text":"Melebihi batas Rp 2.500.000.",{ABOUT}}}"#
        )
    );
    assert_eq!(
        answered(Operation::Reversal, Refusal::ReversalRefused(ReversalRefused::OtherSale)),
        format!(
            r#"{{"code":"12","message":"reversal refused: this sale did not pay it","cashier_text":"Pembatalan ditolak: bukan transaksi ini yang membayar.",{ABOUT}}}"#
        )
    );
    let shown = rendered(Operation::Inquiry, &answer(Err(Refusal::Expired), Some(bill())));
    assert_eq!(
        shown,
        format!(
            r#"{{"code":"55","message":"expired","cashier_text":"Kode sudah kedaluwarsa.",{ABOUT},{BILL}}}"#
        )
    );
}

#[test]
fn what_is_no_decision_says_only_what_is_known() {
    assert_eq!(
        fault(&Fault::try_again(), Some(("81", "A-1"))),
        br#"{"code":"96","message":"try again: nothing was decided","cashier_text":"Sistem sedang sibuk. Coba lagi.","payment_code":"81","sale":"A-1"}"#
    );
    assert_eq!(
        fault(&Fault::not_authenticated(), None),
        br#"{"code":"63","message":"not authenticated","cashier_text":"Transaksi tidak dapat diproses. Hubungi petugas."}"#
    );
    assert_eq!(echo(at(0)), br#"{"code":"00","now":"2026-11-21T14:35:26+07:00"}"#);
}

#[test]
fn an_answers_code_is_read_back_for_metrics() {
    let table: [(&[u8], &str); 6] = [
        (br#"{"code":"00","now":"x"}"#, "00"),
        (br#"{"code":"13"}"#, "13"),
        (br#"{"code":"too-long-for-a-label"}"#, "other"),
        (br#"{"message":"x"}"#, "other"),
        (b"", "other"),
        (b"{\"code\":\"\xff\"}", "other"),
    ];
    for (body, want) in table {
        assert_eq!(code_of(body), want);
    }
}
