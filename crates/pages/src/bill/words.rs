//! What a payer is told, in both languages.

use super::Occasion;
use crate::Language;

/// The sentences of a bill.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) greeting: &'static str,
    pub(super) to_pay: &'static str,
    pub(super) amount: &'static str,
    pub(super) fee: &'static str,
    pub(super) at: &'static str,
    pub(super) code: &'static str,
    pub(super) until: &'static str,
    pub(super) order: &'static str,
    pub(super) paid_at: &'static str,
    pub(super) steps: &'static str,
    pub(super) page: &'static str,
    pub(super) footer: &'static str,
    pub(super) footer_over: &'static str,
    opened: Said,
    reminder: Said,
    paid: Said,
    reversed: Said,
    expired: Said,
    cancelled: Said,
}

/// What is said on one occasion.
#[derive(Debug)]
pub(super) struct Said {
    /// The subject of a mail; the merchant's name follows.
    pub(super) subject: &'static str,
    /// The first sentence.
    pub(super) lead: &'static str,
}

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::Indonesian => &INDONESIAN,
            Language::English => &ENGLISH,
        }
    }

    pub(super) const fn said(&self, occasion: Occasion) -> &Said {
        match occasion {
            Occasion::Opened => &self.opened,
            Occasion::Reminder => &self.reminder,
            Occasion::Paid => &self.paid,
            Occasion::Reversed => &self.reversed,
            Occasion::Expired => &self.expired,
            Occasion::Cancelled => &self.cancelled,
        }
    }
}

const INDONESIAN: Words = Words {
    greeting: "Yth.",
    to_pay: "Jumlah yang dibayar",
    amount: "Jumlah",
    fee: "termasuk biaya",
    at: "Bayar tunai di",
    code: "Kode pembayaran",
    until: "Bayar sebelum",
    order: "Nomor pesanan",
    paid_at: "Dibayar pada",
    steps: "Cara membayar",
    page: "Lihat tagihan, barcode dan statusnya",
    footer: "Bayar hanya di kasir dengan kode di atas. Kami tidak pernah meminta PIN, OTP atau transfer ke \
             rekening.",
    footer_over: "Jangan membayar lagi dengan kode ini.",
    opened: Said { subject: "Tagihan dari", lead: "Berikut tagihan Anda." },
    reminder: Said {
        subject: "Pengingat tagihan dari",
        lead: "Tagihan Anda belum dibayar dan segera kedaluwarsa.",
    },
    paid: Said {
        subject: "Bukti pembayaran kepada",
        lead: "Pembayaran Anda sudah kami terima. Terima kasih.",
    },
    reversed: Said {
        subject: "Pembayaran dibatalkan kepada",
        lead: "Gerai membatalkan pembayaran ini. Bukti pembayaran sebelumnya tidak berlaku lagi.",
    },
    expired: Said {
        subject: "Tagihan kedaluwarsa dari",
        lead: "Tagihan ini sudah kedaluwarsa dan tidak dapat dibayar lagi.",
    },
    cancelled: Said {
        subject: "Tagihan dibatalkan oleh",
        lead: "Penjual membatalkan tagihan ini. Tagihan tidak perlu dibayar.",
    },
};

const ENGLISH: Words = Words {
    greeting: "Dear",
    to_pay: "Amount to pay",
    amount: "Amount",
    fee: "including a fee of",
    at: "Pay in cash at",
    code: "Payment code",
    until: "Pay before",
    order: "Order number",
    paid_at: "Paid on",
    steps: "How to pay",
    page: "See the bill, its barcode and how it stands",
    footer: "Pay only at the counter, with the code above. We never ask for a PIN, an OTP or a bank \
             transfer.",
    footer_over: "Do not pay with this code again.",
    opened: Said { subject: "Bill from", lead: "This is your bill." },
    reminder: Said {
        subject: "Reminder of the bill from",
        lead: "Your bill has not been paid yet and expires soon.",
    },
    paid: Said {
        subject: "Receipt for your payment to",
        lead: "We have received your payment. Thank you.",
    },
    reversed: Said {
        subject: "Payment taken back to",
        lead: "The store took this payment back. The receipt sent before is not valid any more.",
    },
    expired: Said {
        subject: "Bill expired from",
        lead: "This bill has expired and cannot be paid any more.",
    },
    cancelled: Said {
        subject: "Bill withdrawn by",
        lead: "The merchant has withdrawn this bill. There is nothing to pay.",
    },
};
