//! Lengths of time as people write them: `250ms`, `10s`, `1h30m`.

use std::time::Duration;

use domain::time::{DAY, Span};
use serde::{Deserialize, Deserializer, de::Error};

/// A length of time from the configuration: 0 to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(Span);

/// Nothing in this program is meant to take longer than ten years.
const PERIOD_MAX: Span = Span::days(3_653);

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time; write one as 250ms, 10s, 5m, 24h, 90d or 1h30m")]
pub(crate) struct NotAPeriod(String);

impl Period {
    /// Reads numbers with units, largest first or not: `1h30m`. A bare `0` is allowed, any other
    /// number needs its unit.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAPeriod> {
        let refused = || NotAPeriod(text.chars().take(40).collect());
        if text == "0" {
            return Ok(Self(Span::ZERO));
        }
        let mut sum = Span::ZERO;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at_checked(digits).ok_or_else(refused)?;
            let number: i64 = number.parse().map_err(|_| refused())?;
            let letters = after.bytes().take_while(u8::is_ascii_lowercase).count();
            let (unit, after) = after.split_at_checked(letters).ok_or_else(refused)?;
            let part = match unit {
                "ms" => Span::millis(number),
                "s" => Span::seconds(number),
                "m" => Span::minutes(number),
                "h" => Span::hours(number),
                "d" => Span::days(number),
                _ => return Err(refused()),
            };
            sum = sum.plus(part);
            rest = after;
        }
        // The sums saturate, so that whatever is too long ends up here.
        if text.is_empty() || sum > PERIOD_MAX { Err(refused()) } else { Ok(Self(sum)) }
    }

    /// For the domain.
    pub(crate) const fn span(self) -> Span {
        self.0
    }

    /// For timers.
    pub(crate) fn duration(self) -> Duration {
        Duration::from_millis(self.0.as_millis().unsigned_abs())
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// A time of day from the configuration: `00:01` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeOfDay(Span);

impl TimeOfDay {
    /// Reads `HH:MM`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |digits: &str| -> Option<i64> {
            let two = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            if two { digits.parse().ok() } else { None }
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let after_midnight = Span::hours(hours).plus(Span::minutes(minutes));
        let fits = minutes < 60 && after_midnight > Span::ZERO && after_midnight <= DAY;
        fits.then_some(Self(after_midnight))
    }

    /// How long after midnight.
    pub(crate) const fn span(self) -> Span {
        self.0
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused = || D::Error::custom("it must be a time of day from 00:01 to 24:00, as HH:MM");
        Self::parse(&text).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        let cases = [
            ("0", 0),
            ("0s", 0),
            ("250ms", 250),
            ("10s", 10_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("180d", 15_552_000_000),
            ("1h30m", 5_400_000),
            ("30m1h", 5_400_000),
        ];
        for (text, millis) in cases {
            let span = Period::parse(text).map(Period::span);
            assert_eq!(span, Ok(Span::millis(millis)), "{text}");
        }
        assert_eq!(Period::parse("1m").unwrap().duration(), Duration::from_mins(1));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        let many = "9".repeat(10_000);
        for text in [
            "", "5", "m", "-5m", "+5m", "5 m", "5M", "5m ", "1.5h", "5min", "é", "5é", "4000d",
            &many,
        ] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
        // Each part fits; their sum does not.
        assert!(Period::parse(&"3000d".repeat(2)).is_err());
        assert!(Period::parse("9223372036854775807d").is_err());
    }

    #[test]
    fn a_business_day_ends_at_midnight_or_before() {
        assert_eq!(TimeOfDay::parse("24:00").unwrap().span(), DAY);
        assert_eq!(TimeOfDay::parse("22:30").unwrap().span(), Span::minutes(1_350));
        for text in ["", "24", "24:01", "00:00", "12:60", "1:00", "12:0", "-1:00", "é:00", "25:00"]
        {
            assert_eq!(TimeOfDay::parse(text), None, "{text}");
        }
    }
}
