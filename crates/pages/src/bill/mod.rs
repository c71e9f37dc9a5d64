//! The bill as it is sent to a payer: a mail in both languages, and a text short enough for an SMS.
//!
//! Mails load nothing, run nothing and hold no picture: the code stands in them as text.

mod mail;
mod short;
mod words;

pub use self::{
    mail::{Mail, mail},
    short::{SEGMENT_MAX, gsm_septets, short},
};

use crate::rupiah;

/// Why a payer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// There is something to pay.
    Opened,
    /// There still is, and not for long.
    Reminder,
    /// It is paid.
    Paid,
    /// The store took it back.
    Reversed,
    /// Its time is over.
    Expired,
    /// The merchant withdrew it.
    Cancelled,
}

impl Occasion {
    const fn asks(self) -> bool {
        match self {
            Self::Opened | Self::Reminder => true,
            Self::Paid | Self::Reversed | Self::Expired | Self::Cancelled => false,
        }
    }
}

/// What a payer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who pays, where the merchant said.
    pub payer: Option<String>,
    /// Who is paid.
    pub merchant: String,
    /// The merchant's name of the order.
    pub order: String,
    /// The payment code.
    pub code: String,
    /// What is handed over, in whole rupiah.
    pub total: i64,
    /// The part of it that is a fee, in whole rupiah; 0 for none.
    pub fee: i64,
    /// Where it can be paid; of what is paid, where it was. Names, the first the usual one.
    pub retailers: Vec<String>,
    /// How to pay, one sentence for each step, in Indonesian.
    pub steps_id: Vec<String>,
    /// The same in English.
    pub steps_en: Vec<String>,
    /// Until when it can be paid: `2026-11-21 13:05:59`, in WIB.
    pub until: String,
    /// When it was paid, in the same form.
    pub paid_at: Option<String>,
    /// The payer's page.
    pub page: String,
}

impl Told {
    /// The code by four.
    pub fn grouped(&self) -> String {
        let characters: Vec<char> = self.code.chars().collect();
        let groups: Vec<String> =
            characters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }

    /// `Rp 103.000`.
    pub fn amount(&self) -> String {
        rupiah(self.total)
    }

    /// Where, in a row.
    pub fn places(&self) -> String {
        self.retailers.join(", ")
    }
}

#[cfg(test)]
pub(crate) fn sample() -> Told {
    Told {
        payer: Some("Budi <b>Santoso</b>".to_owned()),
        merchant: "Toko <Demo>".to_owned(),
        order: "order-1".to_owned(),
        code: "8127740588870520".to_owned(),
        total: 103_000,
        fee: 3_000,
        retailers: vec!["Alfamart".to_owned(), "Alfamidi".to_owned()],
        steps_id: vec!["Datang ke kasir.".to_owned()],
        steps_en: vec!["Go to the counter.".to_owned()],
        until: "2026-11-21 14:00:00".to_owned(),
        paid_at: None,
        page: "https://pay.example/pay/019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77".to_owned(),
    }
}
