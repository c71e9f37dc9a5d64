//! One made sale: what we remember, what the file says, what must come out.

use domain::{
    code::PaymentCode,
    ids::PaymentNo,
    money::Rupiah,
    retailer::RetailerKey,
    sale::{SaleKey, SaleState},
    time::{BusinessDate, Span, Timestamp},
};

use super::{Day, Expected, Plant};
use crate::{
    line::{Line, Status, Word},
    matcher::{Ours, Outcome},
    profile::FileSaleKey,
};

/// One sale.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) plant: Plant,
    number: u32,
    retailer: RetailerKey,
    key_form: FileSaleKey,
    business_date: BusinessDate,
    code: PaymentCode,
    amount: Rupiah,
    fee: Rupiah,
    till_at: Timestamp,
    outlet: Word,
    terminal: Word,
    /// Without such a column, a line has none.
    has: Has,
    /// Numbers of half a million and more, for what is changed.
    change: i64,
}

/// Which columns the file has.
#[derive(Debug, Clone, Copy)]
struct Has {
    fee: bool,
    outlet: bool,
    terminal: bool,
}

/// A number that looks random, from another one (splitmix64).
const fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Sale {
    pub(super) fn new(day: &Day<'_>, number: u32) -> Option<Self> {
        let chance = mixed(day.seed ^ mixed(u64::from(number)));
        // Below `limit`, from bits of its own.
        let pick = |salt: u64, limit: u64| i64::try_from(mixed(chance ^ salt) % limit).unwrap_or(0);
        let plant = if pick(1, u64::from(day.odd_every.max(1))) == 0 {
            let place = usize::try_from(pick(2, 22)).unwrap_or(0) + 1;
            Plant::ALL
                .get(place)
                .copied()
                .filter(|plant| day.can_say(*plant))
                .unwrap_or(Plant::Nothing)
        } else {
            Plant::Nothing
        };
        // Seconds of the business day: mostly far from its ends, where no advice can still come and no
        // other day is near; late where the plant wants it.
        let second = match plant {
            Plant::NoRecordYet => 22 * 3_600 + 1 + pick(3, 3_600),
            Plant::DayBefore => 1,
            Plant::DayAfter => 86_399,
            Plant::Nothing
            | Plant::NoLine
            | Plant::NoLineForDays
            | Plant::NoRecord
            | Plant::NoRecordTwice
            | Plant::Amount
            | Plant::Fee
            | Plant::Twice
            | Plant::TwiceOnceWrong
            | Plant::Again
            | Plant::ReversedByThem
            | Plant::SoldAndReversedByThem
            | Plant::ReversedByUs
            | Plant::Tombstone
            | Plant::ReversedByBoth
            | Plant::SoldAndReversedByBoth
            | Plant::ReversalOfNothing
            | Plant::Refused
            | Plant::Unapplied
            | Plant::Suspect => 7 * 3_600 + pick(3, 15 * 3_600),
        };
        let columns = &day.profile.columns;
        // Codes of twelve digits: a number and what nobody else has.
        let code = format!("57{:02}{number:08}", pick(4, 100));
        Some(Self {
            plant,
            number,
            retailer: day.retailer(),
            key_form: day.sale_key(),
            business_date: day.business_date,
            code: PaymentCode::new(&code).ok()?,
            amount: rupiah(10_000 + 500 * pick(5, 9_000)),
            fee: rupiah(1_000 + pick(6, 5) * 500),
            till_at: day.profile.day_begins_at(day.business_date).plus(Span::seconds(second)),
            outlet: word(format_args!("T{:03}", pick(7, 900))),
            terminal: word(format_args!("{:02}", pick(8, 8))),
            has: Has {
                fee: columns.fee.is_some(),
                outlet: columns.outlet.is_some(),
                terminal: columns.terminal.is_some(),
            },
            change: 500_000 + pick(9, 1_000),
        })
    }

    /// What the sale's number is to the till, on the date that the key shall have.
    fn key(&self, date: BusinessDate) -> Option<SaleKey> {
        let number = 100_000_000_u32 + self.number;
        let text = match self.key_form {
            FileSaleKey::Sale | FileSaleKey::None => format!("S{number}"),
            FileSaleKey::OutletTerminalDateSale => {
                format!("{}/{}/{date}/S{number}", self.outlet, self.terminal)
            }
        };
        SaleKey::new(text).ok()
    }

    /// What we remember of it.
    pub(super) fn ours(self) -> Option<Ours> {
        let state = match self.plant {
            Plant::NoRecord
            | Plant::NoRecordYet
            | Plant::NoRecordTwice
            | Plant::ReversalOfNothing => return None,
            Plant::ReversedByUs | Plant::ReversedByBoth | Plant::SoldAndReversedByBoth => {
                SaleState::Reversed
            }
            Plant::Tombstone => SaleState::Tombstone,
            Plant::Refused => SaleState::Refused,
            Plant::Unapplied => SaleState::Unapplied,
            Plant::Nothing
            | Plant::NoLine
            | Plant::NoLineForDays
            | Plant::Amount
            | Plant::Fee
            | Plant::Twice
            | Plant::TwiceOnceWrong
            | Plant::Again
            | Plant::ReversedByThem
            | Plant::SoldAndReversedByThem
            | Plant::DayBefore
            | Plant::DayAfter
            | Plant::Suspect => SaleState::Booked,
        };
        let date = self.business_date;
        // How far our clock's side of midnight is away, and what the till told us of the time.
        let (business_date, moved) = match self.plant {
            Plant::DayBefore => (date.before(), Span::seconds(-2)),
            Plant::DayAfter => (date.after(), Span::seconds(2)),
            Plant::NoLineForDays => (BusinessDate::from_days(date.days() - 3), Span::days(-3)),
            _ => (date, Span::ZERO),
        };
        let sale = match (self.plant, self.key_form) {
            (Plant::Tombstone, FileSaleKey::OutletTerminalDateSale) => {
                let (outlet, terminal) = (self.outlet, self.terminal);
                let number = 100_000_000_u32 + self.number;
                let text = format!("{outlet}/{terminal}/{date}*{}/S{number}", self.code);
                SaleKey::new(text).ok()
            }
            _ => self.key(business_date),
        };
        Some(Ours {
            sale,
            payment: Some(PaymentNo::new(i64::from(self.number) + 1)),
            code: self.code,
            amount: self.amount,
            fee: Some(self.fee),
            retailer: self.retailer,
            outlet: Some(self.outlet),
            terminal: Some(self.terminal),
            till_at: self.till_at.plus(moved),
            business_date,
            state,
            matched_on: (self.plant == Plant::Again).then(|| date.before()),
        })
    }

    /// A line as it should be.
    fn line(&self) -> Line {
        Line {
            file: 0,
            number: 0,
            sale: match self.key_form {
                FileSaleKey::None => None,
                FileSaleKey::Sale | FileSaleKey::OutletTerminalDateSale => {
                    self.key(self.business_date)
                }
            },
            code: self.code,
            amount: self.amount,
            fee: self.has.fee.then_some(self.fee),
            sold_at: Some(self.till_at),
            business_date: self.business_date,
            outlet: self.has.outlet.then_some(self.outlet),
            terminal: self.has.terminal.then_some(self.terminal),
            status: Status::Paid,
        }
    }

    /// The lines that the file has of it.
    pub(super) fn lines(self) -> impl Iterator<Item = Line> {
        let right = self.line();
        let reversed = Line { status: Status::Reversed, ..right.clone() };
        let wrong = Line { amount: rupiah(self.amount.get() + self.change), ..right.clone() };
        let (first, second) = match self.plant {
            Plant::NoLine | Plant::NoLineForDays => (None, None),
            Plant::Nothing
            | Plant::NoRecord
            | Plant::NoRecordYet
            | Plant::Again
            | Plant::ReversedByUs
            | Plant::Tombstone
            | Plant::Refused
            | Plant::Unapplied
            | Plant::DayBefore
            | Plant::DayAfter => (Some(right), None),
            Plant::Amount => (Some(wrong), None),
            Plant::Fee => {
                (Some(Line { fee: Some(rupiah(self.fee.get() + self.change)), ..right }), None)
            }
            Plant::Twice | Plant::NoRecordTwice => (Some(right.clone()), Some(right)),
            Plant::TwiceOnceWrong => (Some(wrong), Some(right)),
            Plant::ReversedByThem | Plant::ReversedByBoth | Plant::ReversalOfNothing => {
                (Some(reversed), None)
            }
            Plant::SoldAndReversedByThem | Plant::SoldAndReversedByBoth => {
                (Some(right), Some(reversed))
            }
            Plant::Suspect => (Some(Line { status: Status::Suspect, ..right }), None),
        };
        [first, second].into_iter().flatten()
    }

    /// What must come out.
    pub(super) fn expected(self) -> impl Iterator<Item = Expected> {
        use Outcome as O;
        let outcomes: &[O] = match self.plant {
            Plant::Nothing | Plant::Unapplied => &[O::Matched],
            Plant::NoLine | Plant::NoLineForDays => &[O::OursOnly],
            Plant::NoRecord | Plant::Refused => &[O::TheirsOnly],
            Plant::NoRecordYet => &[O::AwaitingAdvice],
            Plant::NoRecordTwice => &[O::TheirsOnly, O::Duplicate],
            Plant::Amount => &[O::AmountDiffers],
            Plant::Fee => &[O::FeeDiffers],
            Plant::Twice => &[O::Matched, O::Duplicate],
            Plant::TwiceOnceWrong => &[O::Duplicate, O::Matched],
            Plant::Again => &[O::Duplicate],
            Plant::ReversedByThem => &[O::ReversedByThem],
            Plant::SoldAndReversedByThem => &[O::Void, O::ReversedByThem],
            Plant::ReversedByUs | Plant::Tombstone => &[O::ReversedByUs],
            Plant::ReversedByBoth | Plant::ReversalOfNothing => &[O::Void],
            Plant::SoldAndReversedByBoth => &[O::Void, O::Void],
            Plant::DayBefore | Plant::DayAfter => &[O::OtherDay],
            Plant::Suspect => &[O::Suspect],
        };
        let code = self.code;
        let lines: Vec<Line> = self.clone().lines().collect();
        let without_line = self.amount.get();
        outcomes.iter().enumerate().map(move |(place, outcome)| Expected {
            outcome: *outcome,
            code,
            amount: lines.get(place).map_or(without_line, |line| line.amount.get()),
        })
    }
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap_or(Rupiah::MAX)
}

fn word(text: std::fmt::Arguments<'_>) -> Word {
    let mut word = Word::new();
    // A few characters fit.
    let _ = std::fmt::Write::write_fmt(&mut word, text);
    word
}
