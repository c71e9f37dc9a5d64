//! The words of the wire for everything that is not an approval. The only place where a refusal of
//! the domain becomes a code, a message for the partner and a text for the cashier.

use std::borrow::Cow;

use domain::{
    money::Rupiah,
    payment::{Refusal, ReversalRefused},
    refund::RefundRefusal,
    sale::Operation,
};

use crate::{code::Code, member::Malformed};

/// A no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The code.
    pub(crate) code: Code,
    /// For the partner, in English.
    pub(crate) message: Cow<'static, str>,
    /// For the till's screen, in Indonesian.
    pub(crate) cashier_text: Cow<'static, str>,
}

impl Fault {
    /// The domain says no.
    pub(crate) fn of(refusal: Refusal, operation: Operation) -> Self {
        let mut fault = Self::worded(refusal);
        let is_decision = fault.code != Code::TryAgain;
        if is_decision && operation == Operation::Payout {
            fault.cashier_text.to_mut().push_str(" Jangan serahkan uang.");
        }
        if is_decision && cash_is_on_the_counter(operation) {
            fault.cashier_text.to_mut().push_str(" Kembalikan uang pelanggan.");
        }
        fault
    }

    /// The domain says no to a refund code, where the cash would go the other way (rule 35).
    pub(crate) fn of_refund(refusal: Refusal, operation: Operation) -> Self {
        let mut fault = Self::worded(refusal);
        match refusal {
            Refusal::Cancelled => fault.cashier_text = "Kode pengembalian dibatalkan.".into(),
            Refusal::ReversalRefused(_) => {
                fault.cashier_text = "Pembatalan ditolak. Hubungi petugas.".into();
            }
            Refusal::WrongAmount { owed, .. } => {
                let text = format!("Jumlah tidak sesuai. Nilai pengembalian {}.", rupiah(owed));
                fault.cashier_text = text.into();
            }
            Refusal::AlreadyPaid => fault.cashier_text = "Uang sudah dikembalikan.".into(),
            Refusal::BeingPaid => fault.cashier_text = "Sedang diproses di kasir lain.".into(),
            Refusal::NotPayableHere { .. } => {
                fault.cashier_text = "Tidak dapat dicairkan di sini.".into();
            }
            Refusal::UnknownCode
            | Refusal::UnknownSale
            | Refusal::PaymentReversed
            | Refusal::Expired
            | Refusal::NeedsInquiry
            | Refusal::OverLimit { .. }
            | Refusal::UnderLimit { .. }
            | Refusal::SaleReversed
            | Refusal::SaleConflict
            | Refusal::Refund(_)
            | Refusal::NotPending
            | Refusal::NotPaid
            | Refusal::NotReserved
            | Refusal::TooEarly => {}
        }
        if fault.code != Code::TryAgain {
            fault.cashier_text.to_mut().push_str(match operation {
                Operation::Payout => " Jangan serahkan uang.",
                Operation::Payment | Operation::Advice => " Kembalikan uang pelanggan.",
                // The cash is gone already.
                Operation::Commit => " Hubungi petugas.",
                Operation::Inquiry | Operation::Reversal => "",
            });
        }
        fault
    }

    fn refund(why: RefundRefusal) -> Self {
        match why {
            RefundRefusal::WrongPin { tries_left } => Self::new(
                Code::WrongPin,
                format!("wrong PIN; tries left: {tries_left}"),
                format!("PIN salah. Sisa {tries_left} kali."),
            ),
            RefundRefusal::Blocked => Self::new(
                Code::Blocked,
                "blocked: the PIN was wrong too often",
                "Kode diblokir karena PIN salah.",
            ),
            RefundRefusal::Unconfirmed => Self::new(
                Code::Unconfirmed,
                "an unconfirmed pay-out is being looked into",
                "Kode sedang diperiksa petugas.",
            ),
            RefundRefusal::PaysOut => Self::new(
                Code::WrongDirection,
                "this code pays cash out: use payout",
                "Ini kode pengembalian uang.",
            ),
            RefundRefusal::TakesIn => Self::new(
                Code::WrongDirection,
                "this code takes cash: use payment",
                "Ini kode pembayaran.",
            ),
        }
    }

    fn worded(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownCode => Self::unknown_code(),
            Refusal::UnknownSale => Self::unknown_sale(),
            Refusal::NotPayableHere { .. } => {
                Self::new(Code::NotPayableHere, "not payable here", "Tidak dapat dibayar di sini.")
            }
            Refusal::AlreadyPaid => {
                Self::new(Code::AlreadyPaid, "already paid by another sale", "Sudah dibayar.")
            }
            Refusal::PaymentReversed => Self::new(
                Code::Cancelled,
                "paid and reversed; the code is closed",
                "Kode sudah tidak berlaku.",
            ),
            Refusal::Cancelled => Self::new(Code::Cancelled, "cancelled", "Tagihan dibatalkan."),
            Refusal::Expired => Self::new(Code::Expired, "expired", "Kode sudah kedaluwarsa."),
            Refusal::BeingPaid => Self::new(
                Code::BeingPaid,
                "being paid: another counter holds it",
                "Sedang dibayar di kasir lain.",
            ),
            Refusal::NeedsInquiry => Self::new(
                Code::NeedsInquiry,
                "needs an inquiry first",
                "Cek tagihan terlebih dahulu.",
            ),
            Refusal::WrongAmount { owed, .. } => Self::new(
                Code::WrongAmount,
                "wrong amount",
                format!("Jumlah tidak sesuai. Total tagihan {}.", rupiah(owed)),
            ),
            Refusal::OverLimit { limit } => Self::new(
                Code::OverLimit,
                format!("over the limit of {limit}"),
                format!("Melebihi batas {}.", rupiah(limit)),
            ),
            Refusal::UnderLimit { limit } => Self::new(
                Code::UnderLimit,
                format!("under the limit of {limit}"),
                format!("Kurang dari batas {}.", rupiah(limit)),
            ),
            Refusal::SaleReversed => Self::sale_reversed(),
            Refusal::SaleConflict => Self::new(
                Code::SaleConflict,
                "this sale was used with other content",
                "Nomor transaksi sudah dipakai.",
            ),
            Refusal::ReversalRefused(why) => Self::reversal_refused(why),
            Refusal::Refund(why) => Self::refund(why),
            // Only what merchants, operators and sweeps ask for is refused so. Should a counter see
            // it after all, nothing was decided about its sale.
            Refusal::NotPending | Refusal::NotPaid | Refusal::NotReserved | Refusal::TooEarly => {
                Self::try_again()
            }
        }
    }

    fn reversal_refused(why: ReversalRefused) -> Self {
        let (message, cashier_text) = match why {
            ReversalRefused::WindowClosed => (
                "reversal refused: the window is closed",
                "Pembatalan ditolak: batas waktu habis. Pembayaran tetap berlaku.",
            ),
            ReversalRefused::Final => (
                "reversal refused: the payment is final",
                "Pembatalan ditolak: sudah final. Pembayaran tetap berlaku.",
            ),
            ReversalRefused::OtherSale => (
                "reversal refused: this sale did not pay it",
                "Pembatalan ditolak: bukan transaksi ini yang membayar.",
            ),
            ReversalRefused::Nothing => (
                "reversal refused: nothing to reverse",
                "Pembatalan ditolak: transaksi tidak ditemukan.",
            ),
        };
        Self::new(Code::ReversalRefused, message, cashier_text)
    }

    /// Nobody has this code.
    fn unknown_code() -> Self {
        Self::new(Code::Unknown, "unknown payment code", "Kode pembayaran tidak dikenal.")
    }

    /// Nobody knows this sale.
    pub(crate) fn unknown_sale() -> Self {
        Self::new(Code::Unknown, "unknown sale", "Transaksi tidak ditemukan.")
    }

    /// The sale was taken back.
    pub(crate) fn sale_reversed() -> Self {
        Self::new(Code::SaleReversed, "this sale was reversed", "Transaksi ini sudah dibatalkan.")
    }

    /// The request cannot be read.
    pub(crate) fn malformed(malformed: &Malformed) -> Self {
        let text = "Permintaan tidak dapat dibaca. Hubungi petugas.";
        Self::new(Code::Malformed, malformed.to_string(), text)
    }

    /// Nobody knows who asks; the log says why.
    pub(crate) fn not_authenticated() -> Self {
        let text = "Transaksi tidak dapat diproses. Hubungi petugas.";
        Self::new(Code::NotAuthenticated, "not authenticated", text)
    }

    /// The terminal asked for too many codes that nobody has.
    pub(crate) fn too_many_unknown() -> Self {
        Self::new(
            Code::TooManyUnknown,
            "too many unknown codes from this terminal",
            "Terlalu banyak kode salah. Tunggu sebentar.",
        )
    }

    /// Nothing was decided.
    pub(crate) fn try_again() -> Self {
        Self::new(
            Code::TryAgain,
            "try again: nothing was decided",
            "Sistem sedang sibuk. Coba lagi.",
        )
    }

    fn new(
        code: Code,
        message: impl Into<Cow<'static, str>>,
        cashier_text: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { code, message: message.into(), cashier_text: cashier_text.into() }
    }
}

/// Whether the payer has handed over cash that a refusal must give back (rule 24). A reversal gives
/// back by itself, and what is refused there stays paid.
const fn cash_is_on_the_counter(operation: Operation) -> bool {
    match operation {
        Operation::Payment | Operation::Commit | Operation::Advice => true,
        Operation::Inquiry | Operation::Reversal | Operation::Payout => false,
    }
}

/// `Rp 103.000`, as cashiers read it.
pub(crate) fn rupiah(amount: Rupiah) -> String {
    let digits = amount.to_string();
    let mut text = String::from("Rp ");
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
