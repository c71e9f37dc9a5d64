//! Every refusal and the code it becomes.

use domain::retailer::RetailerKey;
use http::StatusCode;

use super::*;

fn amount(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

#[test]
fn every_refusal_has_its_code() {
    use {RefundRefusal as Refund, Refusal as R, ReversalRefused as Why};
    let retailer = RetailerKey::new("alfamart").unwrap();
    let table = [
        (R::ReversalRefused(Why::WindowClosed), "12"),
        (R::ReversalRefused(Why::Final), "12"),
        (R::ReversalRefused(Why::OtherSale), "12"),
        (R::ReversalRefused(Why::Nothing), "12"),
        (R::WrongAmount { owed: amount(103_000), offered: amount(1) }, "13"),
        (R::UnknownCode, "14"),
        (R::UnknownSale, "14"),
        (R::AlreadyPaid, "54"),
        (R::Expired, "55"),
        (R::Cancelled, "56"),
        (R::PaymentReversed, "56"),
        (R::NotPayableHere { retailer }, "57"),
        (R::Refund(Refund::PaysOut), "58"),
        (R::Refund(Refund::TakesIn), "58"),
        (R::Refund(Refund::Unconfirmed), "59"),
        (R::Refund(Refund::Blocked), "75"),
        (R::Refund(Refund::WrongPin { tries_left: 2 }), "79"),
        (R::OverLimit { limit: amount(2_500_000) }, "61"),
        (R::UnderLimit { limit: amount(10_000) }, "62"),
        (R::SaleReversed, "76"),
        (R::BeingPaid, "77"),
        (R::NeedsInquiry, "78"),
        (R::SaleConflict, "94"),
        (R::NotPending, "96"),
        (R::NotPaid, "96"),
        (R::NotReserved, "96"),
        (R::TooEarly, "96"),
    ];
    for (refusal, digits) in table {
        for operation in
            [Operation::Inquiry, Operation::Payment, Operation::Reversal, Operation::Payout]
        {
            let code = Fault::of(refusal, operation).code;
            assert_eq!(Fault::of_refund(refusal, operation).code, code, "{refusal:?}");
            assert_eq!(code.digits(), digits, "{refusal:?}");
            let status =
                if digits == "96" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            assert_eq!(code.status(), status, "{refusal:?}");
        }
    }
}

#[test]
fn what_is_no_decision_has_its_own_status() {
    let malformed = Malformed::new("sale", "is required");
    let table = [
        (Fault::malformed(&malformed), "30", 400),
        (Fault::not_authenticated(), "63", 401),
        (Fault::too_many_unknown(), "65", 429),
        (Fault::try_again(), "96", 503),
        (Fault::sale_reversed(), "76", 200),
        (Fault::unknown_sale(), "14", 200),
    ];
    for (fault, digits, status) in table {
        assert_eq!((fault.code.digits(), fault.code.status().as_u16()), (digits, status));
    }
    assert_eq!(Fault::malformed(&malformed).message, "sale: is required");
}

#[test]
fn cash_on_the_counter_is_given_back() {
    let text = |refusal, operation| Fault::of(refusal, operation).cashier_text;
    assert_eq!(text(Refusal::Cancelled, Operation::Inquiry), "Tagihan dibatalkan.");
    for operation in [Operation::Payment, Operation::Commit, Operation::Advice] {
        assert_eq!(
            text(Refusal::Cancelled, operation),
            "Tagihan dibatalkan. Kembalikan uang pelanggan."
        );
    }
    // What a reversal is refused stays paid: no word of giving back.
    let refused = Refusal::ReversalRefused(ReversalRefused::WindowClosed);
    assert_eq!(
        text(refused, Operation::Reversal),
        "Pembatalan ditolak: batas waktu habis. Pembayaran tetap berlaku."
    );
    // Nothing was decided: the till asks again before anybody gives anything back.
    assert_eq!(text(Refusal::TooEarly, Operation::Payment), "Sistem sedang sibuk. Coba lagi.");
}

#[test]
fn cash_that_would_go_out_stays_in_the_till() {
    let text = |refusal, operation| Fault::of_refund(refusal, operation).cashier_text;
    let wrong_pin = Refusal::Refund(RefundRefusal::WrongPin { tries_left: 1 });
    assert_eq!(text(wrong_pin, Operation::Payout), "PIN salah. Sisa 1 kali. Jangan serahkan uang.");
    assert_eq!(text(Refusal::Expired, Operation::Inquiry), "Kode sudah kedaluwarsa.");
    // Who asks about a code that was paid out is not told of a payment.
    assert_eq!(text(Refusal::AlreadyPaid, Operation::Inquiry), "Uang sudah dikembalikan.");
    assert_eq!(
        text(Refusal::BeingPaid, Operation::Payout),
        "Sedang diproses di kasir lain. Jangan serahkan uang."
    );
    let paid = text(Refusal::Refund(RefundRefusal::PaysOut), Operation::Payment);
    assert_eq!(paid, "Ini kode pengembalian uang. Kembalikan uang pelanggan.");
    // The cash is gone: neither giving it nor taking it back helps.
    let late = text(Refusal::Cancelled, Operation::Commit);
    assert_eq!(late, "Kode pengembalian dibatalkan. Hubungi petugas.");
    // A code that is none at all.
    let unknown = Fault::of(Refusal::UnknownCode, Operation::Payout).cashier_text;
    assert_eq!(unknown, "Kode pembayaran tidak dikenal. Jangan serahkan uang.");
    assert_eq!(text(Refusal::TooEarly, Operation::Payout), "Sistem sedang sibuk. Coba lagi.");
}

#[test]
fn amounts_are_written_as_cashiers_read_them() {
    let table = [
        (0, "Rp 0"),
        (999, "Rp 999"),
        (1_000, "Rp 1.000"),
        (103_000, "Rp 103.000"),
        (9_999_999_999, "Rp 9.999.999.999"),
    ];
    for (rupiah_whole, want) in table {
        assert_eq!(rupiah(amount(rupiah_whole)), want);
    }
}
