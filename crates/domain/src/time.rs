//! Instants, spans and business dates. Nothing here knows what time it is.

use std::fmt;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant and `span` later.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is; negative when it is before.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The day on which the counters of Indonesia's west count this instant, where the day ends
    /// at midnight WIB.
    pub fn business_date(self) -> BusinessDate {
        let days = self.0.saturating_add(WIB.0).div_euclid(DAY.0);
        BusinessDate(i32::try_from(days).unwrap_or(i32::MAX))
    }
}

/// A length of time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// Western Indonesian time is seven hours ahead of UTC, all year.
pub const WIB: Span = Span::hours(7);
/// Twenty-four hours.
pub const DAY: Span = Span::hours(24);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `n` milliseconds.
    pub const fn millis(n: i64) -> Self {
        Self(n)
    }

    /// `n` seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n.saturating_mul(1_000))
    }

    /// `n` minutes.
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }

    /// `n` hours.
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n.saturating_mul(60))
    }

    /// `n` days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self::hours(n.saturating_mul(24))
    }

    /// The length in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Both lengths together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// A retailer's day, as the number of days since 1970-01-01 on the WIB calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BusinessDate(i32);

impl BusinessDate {
    /// The day `days` days after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Reads `2026-11-21`; none where there is no such day.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut part = |length: usize| {
            let digits = parts.next().filter(|part| part.len() == length)?;
            let number: i64 = digits.parse().ok()?;
            digits.bytes().all(|b| b.is_ascii_digit()).then_some(number)
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        // Counted from March, so that a leap day is the last of its year.
        let (from_march, year_from_march) = ((month + 9) % 12, year - i64::from(month <= 2));
        let in_year = (153 * from_march + 2) / 5 + day - 1;
        let leap_days = year_from_march.div_euclid(4) - year_from_march.div_euclid(100)
            + year_from_march.div_euclid(400);
        let days = year_from_march * 365 + leap_days + in_year - 719_468;
        let date = Self(i32::try_from(days).ok()?);
        // A day that does not exist comes back as another.
        (date.to_string() == text).then_some(date)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day before.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The day after.
    #[must_use]
    pub const fn after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Year, month and day of the proleptic Gregorian calendar.
    pub fn ymd(self) -> (i32, u8, u8) {
        // Civil-from-days over eras of 400 years that begin on 1 March (Hinnant's derivation).
        let shifted = i64::from(self.0).saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            i32::try_from(year).unwrap_or(i32::MAX),
            u8::try_from(month).unwrap_or(1),
            u8::try_from(day).unwrap_or(1),
        )
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_jakarta_begins_at_seventeen_hours_utc() {
        // 2026-11-20T16:59:59.999Z and one millisecond later.
        let before = Timestamp::from_millis(1_795_193_999_999);
        assert_eq!(before.business_date().to_string(), "2026-11-20");
        assert_eq!(before.plus(Span::millis(1)).business_date().to_string(), "2026-11-21");
    }

    #[test]
    fn leap_days_are_days() {
        assert_eq!(BusinessDate::from_days(0).to_string(), "1970-01-01");
        assert_eq!(BusinessDate::from_days(19_782).to_string(), "2024-02-29");
        assert_eq!(BusinessDate::from_days(-1).to_string(), "1969-12-31");
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for days in (-800_000..800_000).step_by(97) {
            let date = BusinessDate::from_days(days);
            if (0..=9_999).contains(&date.ymd().0) {
                assert_eq!(BusinessDate::parse(&date.to_string()), Some(date));
            }
        }
        for text in [
            "",
            "2025-02-29",
            "2025-13-01",
            "2025-00-10",
            "2025-1-01",
            "2025-01-01 ",
            "+025-01-01",
            "2025-01-32",
            "20250101",
            "-001-01-01",
        ] {
            assert_eq!(BusinessDate::parse(text), None, "{text}");
        }
    }
}
