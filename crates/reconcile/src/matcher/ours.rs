//! Our records, held in little memory.

use std::mem;

use domain::{
    code::PaymentCode,
    ids::PaymentNo,
    money::Rupiah,
    retailer::RetailerKey,
    sale::{SaleKey, SaleState},
    time::{BusinessDate, Timestamp},
};

use super::{outcome::OursView, table::Table};
use crate::line::{Line, Word};

/// One sale, as we remember it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Its key, online or claimed by a file (rule 33); none where it was booked without one.
    pub sale: Option<SaleKey>,
    /// The payment it paid, where it did.
    pub payment: Option<PaymentNo>,
    /// The code that was read out.
    pub code: PaymentCode,
    /// What the payer handed over.
    pub amount: Rupiah,
    /// What the retailer keeps by the payment's plan; none: nobody knows, so nothing is compared.
    pub fee: Option<Rupiah>,
    /// Who took it (rule 22).
    pub retailer: RetailerKey,
    /// The outlet.
    pub outlet: Option<Word>,
    /// The terminal.
    pub terminal: Option<Word>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// The day on which it is booked.
    pub business_date: BusinessDate,
    /// How it stands.
    pub state: SaleState,
    /// The day of the file that already was about it.
    pub matched_on: Option<BusinessDate>,
}

/// No line: none took it yet.
pub(super) const NO_LINE: u32 = u32::MAX;
const NO_RECORD: u32 = u32::MAX;

/// A record of 88 bytes; its texts lie together elsewhere.
#[derive(Debug)]
pub(super) struct Held {
    text_at: usize,
    text_lengths: [u8; 4],
    /// The next record of the same code.
    next_of_code: u32,
    payment: Option<PaymentNo>,
    pub(super) amount: Rupiah,
    /// Below zero: not known.
    fee: i64,
    pub(super) till_at: Timestamp,
    pub(super) business_date: BusinessDate,
    /// `i32::MIN`: no file was about it.
    matched_on: i32,
    retailer: u16,
    pub(super) state: SaleState,
    pub(super) is_seen: bool,
    /// The line that says it was paid, counted from 0 over all files.
    pub(super) paid_line: u32,
    /// The line that says it was reversed.
    pub(super) reversed_line: u32,
    /// A digest of the identity of the line that took it, where lines have no number.
    pub(super) taken_as: u64,
}

impl Held {
    pub(super) fn fee(&self) -> Option<Rupiah> {
        Rupiah::new(self.fee).ok()
    }

    pub(super) fn matched_on(&self) -> Option<BusinessDate> {
        (self.matched_on != i32::MIN).then(|| BusinessDate::from_days(self.matched_on))
    }

    pub(super) const fn holds_cash(&self) -> bool {
        match self.state {
            SaleState::Booked | SaleState::Unapplied => true,
            SaleState::Reserved
            | SaleState::Refused
            | SaleState::Released
            | SaleState::Reversed
            | SaleState::Tombstone => false,
        }
    }
}

/// All of them, found by key or by code.
#[derive(Debug, Default)]
pub(super) struct Store {
    records: Vec<Held>,
    text: String,
    retailers: Vec<RetailerKey>,
    by_key: Table,
    by_code: Table,
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn push(&mut self, ours: &Ours) {
        let number = u32::try_from(self.records.len()).unwrap_or(NO_RECORD);
        let text_at = self.text.len();
        let texts = [
            ours.code.as_str(),
            ours.sale.as_ref().map_or("", SaleKey::as_str),
            ours.outlet.as_deref().unwrap_or_default(),
            ours.terminal.as_deref().unwrap_or_default(),
        ];
        // The longest, a sale's key, has 176 bytes.
        let text_lengths = texts.map(|text| u8::try_from(text.len()).unwrap_or(u8::MAX));
        for text in texts {
            self.text.push_str(text);
        }
        let known = self.retailers.iter().position(|retailer| *retailer == ours.retailer);
        let retailer = known.unwrap_or_else(|| {
            self.retailers.push(ours.retailer);
            self.retailers.len() - 1
        });
        self.records.push(Held {
            text_at,
            text_lengths,
            next_of_code: NO_RECORD,
            payment: ours.payment,
            amount: ours.amount,
            fee: ours.fee.map_or(-1, Rupiah::get),
            till_at: ours.till_at,
            business_date: ours.business_date,
            matched_on: ours.matched_on.map_or(i32::MIN, BusinessDate::days),
            retailer: u16::try_from(retailer).unwrap_or(u16::MAX),
            state: ours.state,
            is_seen: false,
            paid_line: NO_LINE,
            reversed_line: NO_LINE,
            taken_as: 0,
        });
        if let Some(key) = &ours.sale {
            let (records, text) = (&self.records, self.text.as_str());
            self.by_key.insert(key.as_str(), number, |other| text_of(records, text, other, KEY));
        }
        let (records, text) = (&self.records, self.text.as_str());
        let head = self
            .by_code
            .insert(ours.code.as_str(), number, |other| text_of(records, text, other, CODE));
        // The table keeps the first of a code; the others hang behind it, newest first.
        if let Some(head) = head.and_then(|head| self.records.get_mut(index(head))) {
            let after = mem::replace(&mut head.next_of_code, number);
            if let Some(last) = self.records.last_mut() {
                last.next_of_code = after;
            }
        }
    }

    /// The record with this sale's key.
    pub(super) fn by_key(&self, key: &str) -> Option<usize> {
        self.by_key.find(key, |other| text_of(&self.records, &self.text, other, KEY)).map(index)
    }

    /// The records with this code, in no order that means anything.
    pub(super) fn by_code<'s>(&'s self, code: &str) -> impl Iterator<Item = usize> + 's {
        let first =
            self.by_code.find(code, |other| text_of(&self.records, &self.text, other, CODE));
        let next = |number: &u32| {
            let next = self.records.get(index(*number)).map(|held| held.next_of_code);
            next.filter(|next| *next != NO_RECORD)
        };
        std::iter::successors(first, next).map(index)
    }

    pub(super) fn get(&self, place: usize) -> Option<&Held> {
        self.records.get(place)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Held> {
        self.records.get_mut(place)
    }

    pub(super) fn code(&self, place: usize) -> &str {
        self.piece(place, CODE)
    }

    pub(super) fn outlet(&self, place: usize) -> &str {
        self.piece(place, OUTLET)
    }

    /// A digest of text, which holds for this run.
    pub(super) fn digest(&self, text: &str) -> u64 {
        // Zero says that no line took the record.
        self.by_code.digest(text).max(1)
    }

    /// A digest of the line's identity where lines have no number, so that the same line is known
    /// again; zero where they have.
    pub(super) fn digest_of(&self, line: &Line) -> u64 {
        if line.sale.is_some() { 0 } else { self.digest(&line.identity()) }
    }

    fn piece(&self, place: usize, piece: usize) -> &str {
        let number = u32::try_from(place).unwrap_or(NO_RECORD);
        text_of(&self.records, &self.text, number, piece)
    }

    /// The record, as rows show it.
    pub(super) fn view(&self, place: usize) -> Option<OursView<'_>> {
        let held = self.records.get(place)?;
        let some = |piece| Some(self.piece(place, piece)).filter(|text| !text.is_empty());
        Some(OursView {
            place,
            sale: some(KEY),
            payment: held.payment,
            code: PaymentCode::new(self.code(place)).ok()?,
            amount: held.amount,
            fee: held.fee(),
            retailer: *self.retailers.get(usize::from(held.retailer))?,
            outlet: some(OUTLET),
            terminal: some(TERMINAL),
            till_at: held.till_at,
            business_date: held.business_date,
            state: held.state,
        })
    }
}

const CODE: usize = 0;
const KEY: usize = 1;
const OUTLET: usize = 2;
const TERMINAL: usize = 3;

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// One of a record's four texts, which lie one after the other.
fn text_of<'t>(records: &[Held], text: &'t str, number: u32, piece: usize) -> &'t str {
    let Some(held) = records.get(index(number)) else { return "" };
    let before: usize = held.text_lengths[..piece].iter().map(|length| usize::from(*length)).sum();
    let from = held.text_at + before;
    text.get(from..from + usize::from(held.text_lengths[piece])).unwrap_or_default()
}
