//! Dates and times as files write them.

use domain::time::{BusinessDate, Span};

/// What a text says about an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub date: Option<BusinessDate>,
    /// How long after that day's midnight.
    pub time: Option<Span>,
    /// How far the clock that wrote it is ahead of UTC, where it says so.
    pub offset: Option<Span>,
}

/// A form of dates and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Year,
    YearOfCentury,
    Month { padded: bool },
    MonthName,
    Day { padded: bool },
    Hour { padded: bool },
    Minute,
    Second,
    Fraction,
    Zone,
    Literal(u8),
}

/// English and Indonesian, without regard to case. The first of a month is the one that is written.
const MONTHS: [(&str, i32); 17] = [
    ("Jan", 1),
    ("Feb", 2),
    ("Mar", 3),
    ("Apr", 4),
    ("May", 5),
    ("Mei", 5),
    ("Jun", 6),
    ("Jul", 7),
    ("Aug", 8),
    ("Agu", 8),
    ("Agt", 8),
    ("Sep", 9),
    ("Oct", 10),
    ("Okt", 10),
    ("Nov", 11),
    ("Dec", 12),
    ("Des", 12),
];

impl Pattern {
    /// The form that `text` describes; at most 64 bytes of visible ASCII and blanks.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if !(1..=64).contains(&text.len()) || text.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
            return Err("a date's form has 1 to 64 visible ASCII characters".to_owned());
        }
        let mut pieces = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                pieces.push(Piece::Literal(byte));
                continue;
            }
            let mut letter = bytes.next();
            let padded = letter != Some(b'-');
            if !padded {
                letter = bytes.next();
            }
            pieces.push(match (letter, padded) {
                (Some(b'Y'), true) => Piece::Year,
                (Some(b'y'), true) => Piece::YearOfCentury,
                (Some(b'm'), _) => Piece::Month { padded },
                (Some(b'b'), true) => Piece::MonthName,
                (Some(b'd'), _) => Piece::Day { padded },
                (Some(b'H'), _) => Piece::Hour { padded },
                (Some(b'M'), true) => Piece::Minute,
                (Some(b'S'), true) => Piece::Second,
                (Some(b'f'), true) => Piece::Fraction,
                (Some(b'z'), true) => Piece::Zone,
                (Some(b'%'), true) => Piece::Literal(b'%'),
                _ => return Err(format!("`{text}` holds a letter after % that is not known")),
            });
        }
        let pattern = Self(pieces);
        let kinds = [
            pattern.count(|p| matches!(p, Piece::Year | Piece::YearOfCentury)),
            pattern.count(|p| matches!(p, Piece::Month { .. } | Piece::MonthName)),
            pattern.count(|p| matches!(p, Piece::Day { .. })),
            pattern.count(|p| matches!(p, Piece::Hour { .. })),
            pattern.count(|p| matches!(p, Piece::Minute)),
            pattern.count(|p| matches!(p, Piece::Second)),
        ];
        if kinds.iter().any(|count| *count > 1) {
            return Err(format!("`{text}` says something twice"));
        }
        if kinds[..3].iter().any(|count| *count != kinds[0]) {
            return Err(format!("`{text}` has part of a date; it needs year, month and day"));
        }
        if kinds[3] != kinds[4] {
            return Err(format!("`{text}` has part of a time; it needs hour and minute"));
        }
        Ok(pattern)
    }

    fn count(&self, is: impl Fn(&Piece) -> bool) -> usize {
        self.0.iter().filter(|piece| is(piece)).count()
    }

    /// Whether it tells the day.
    pub fn has_date(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Day { .. }))
    }

    /// Whether it tells the time of day.
    pub fn has_time(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Hour { .. }))
    }

    /// What `text` says, the whole of it.
    pub fn read(&self, text: &str) -> Option<Moment> {
        let (moment, rest) = self.take(text.as_bytes())?;
        rest.is_empty().then_some(moment)
    }

    /// What the beginning of `text` says, and what follows it.
    pub(super) fn take<'t>(&self, text: &'t [u8]) -> Option<(Moment, &'t [u8])> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (None, 0, 0);
        let (mut time, mut offset) = (None::<i64>, None);
        for piece in &self.0 {
            match *piece {
                Piece::Literal(byte) => rest = rest.strip_prefix(&[byte])?,
                Piece::Year => year = Some(number(&mut rest, 4, 4)?),
                Piece::YearOfCentury => year = Some(2_000 + number(&mut rest, 2, 2)?),
                Piece::Month { padded } => month = number(&mut rest, least(padded), 2)?,
                Piece::MonthName => month = month_name(&mut rest)?,
                Piece::Day { padded } => day = number(&mut rest, least(padded), 2)?,
                Piece::Hour { padded } => {
                    add(&mut time, below(number(&mut rest, least(padded), 2)?, 24)?, 3_600_000);
                }
                Piece::Minute => add(&mut time, below(number(&mut rest, 2, 2)?, 60)?, 60_000),
                Piece::Second => add(&mut time, below(number(&mut rest, 2, 2)?, 60)?, 1_000),
                // Fractions of a second tell no two sales apart; they are read over.
                Piece::Fraction => drop(number(&mut rest, 1, 9)?),
                Piece::Zone => offset = Some(take_zone(&mut rest)?),
            }
        }
        let date = match year {
            Some(year) => Some(date(year, month, day)?),
            None => None,
        };
        Some((Moment { date, time: time.map(Span::millis), offset }, rest))
    }

    /// The moment in this form; what it does not know is written as zero.
    pub fn write(&self, moment: Moment) -> String {
        use std::fmt::Write as _;
        let (year, month, day) = moment.date.unwrap_or_default().ymd();
        let seconds = moment.time.unwrap_or_default().as_millis() / 1_000;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let offset = moment.offset.unwrap_or_default().as_millis() / 60_000;
        let mut text = String::new();
        for piece in &self.0 {
            // Writing to a `String` cannot fail.
            let _ = match *piece {
                Piece::Literal(byte) => write!(text, "{}", char::from(byte)),
                Piece::Year => write!(text, "{year:04}"),
                Piece::YearOfCentury => write!(text, "{:02}", year.rem_euclid(100)),
                Piece::Month { padded: true } => write!(text, "{month:02}"),
                Piece::Month { padded: false } => write!(text, "{month}"),
                Piece::MonthName => {
                    let is = |(_, number): &&(&str, i32)| *number == i32::from(month);
                    write!(text, "{}", MONTHS.iter().find(is).map_or("???", |(name, _)| name))
                }
                Piece::Day { padded: true } => write!(text, "{day:02}"),
                Piece::Day { padded: false } => write!(text, "{day}"),
                Piece::Hour { padded: true } => write!(text, "{hour:02}"),
                Piece::Hour { padded: false } => write!(text, "{hour}"),
                Piece::Minute => write!(text, "{minute:02}"),
                Piece::Second => write!(text, "{second:02}"),
                Piece::Fraction => write!(text, "000"),
                Piece::Zone => {
                    let sign = if offset < 0 { '-' } else { '+' };
                    write!(text, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
                }
            };
        }
        text
    }
}

const fn least(padded: bool) -> usize {
    if padded { 2 } else { 1 }
}

fn below(number: i32, limit: i32) -> Option<i32> {
    (number < limit).then_some(number)
}

fn add(time: &mut Option<i64>, number: i32, unit: i64) {
    *time = Some(time.unwrap_or(0) + i64::from(number) * unit);
}

/// `least` to `most` digits (at most nine), as many as there are.
fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<i32> {
    let mut value = 0_i32;
    let mut digits = 0;
    while let Some(digit) = rest.get(digits).filter(|b| b.is_ascii_digit() && digits < most) {
        value = value * 10 + i32::from(digit - b'0');
        digits += 1;
    }
    *rest = &rest[digits..];
    (digits >= least).then_some(value)
}

fn month_name(rest: &mut &[u8]) -> Option<i32> {
    let (name, after) = rest.split_at_checked(3)?;
    *rest = after;
    let is = |(month, _): &&(&str, i32)| month.as_bytes().eq_ignore_ascii_case(name);
    MONTHS.iter().find(is).map(|(_, number)| *number)
}

/// The day, if the calendar has it.
pub(crate) fn date(year: i32, month: i32, day: i32) -> Option<BusinessDate> {
    if !(1_970..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from the civil calendar, over years that begin on 1 March (Hinnant's derivation).
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let found = BusinessDate::from_days(era * 146_097 + day_of_era - 719_468);
    // 31 April is the first of May: a day that comes back as another one does not exist.
    let (_, found_month, found_day) = found.ymd();
    (i32::from(found_month) == month && i32::from(found_day) == day).then_some(found)
}

/// `Z`, `+07:00` or `+0700` at the beginning of `rest`.
fn take_zone(rest: &mut &[u8]) -> Option<Span> {
    if let Some(after) = rest.strip_prefix(b"Z") {
        *rest = after;
        return Some(Span::ZERO);
    }
    let (sign, after) = rest.split_first()?;
    *rest = after;
    let hours = below(number(rest, 2, 2)?, 15)?;
    *rest = rest.strip_prefix(b":").unwrap_or(rest);
    let minutes = below(number(rest, 2, 2)?, 60)?;
    let ahead = i64::from(hours * 60 + minutes);
    match sign {
        b'+' => Some(Span::minutes(ahead)),
        b'-' => Some(Span::minutes(-ahead)),
        _ => None,
    }
}

/// A zone of a profile: `+07:00`, or a name of Indonesia's.
pub(super) fn zone(text: &str) -> Option<Span> {
    match text {
        "WIB" => Some(Span::hours(7)),
        "WITA" => Some(Span::hours(8)),
        "WIT" => Some(Span::hours(9)),
        "UTC" => Some(Span::ZERO),
        _ => {
            let mut rest = text.as_bytes();
            take_zone(&mut rest).filter(|_| rest.is_empty())
        }
    }
}

/// A time of day, `00:00` to `24:00`.
pub(super) fn time_of_day(text: &str) -> Option<Span> {
    let mut rest = text.as_bytes();
    let hours = number(&mut rest, 2, 2)?;
    rest = rest.strip_prefix(b":")?;
    let minutes = below(number(&mut rest, 2, 2)?, 60)?;
    let all = i64::from(hours * 60 + minutes);
    (rest.is_empty() && all <= 24 * 60).then_some(Span::minutes(all))
}

#[cfg(test)]
mod tests;
