//! Which days banks work on: all but Saturdays, Sundays and holidays.

use std::collections::BTreeSet;

use crate::time::BusinessDate;

/// The days on which banks transfer money.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    holidays: BTreeSet<BusinessDate>,
}

impl Calendar {
    /// With these holidays beside Saturdays and Sundays.
    pub fn new(holidays: impl IntoIterator<Item = BusinessDate>) -> Self {
        Self { holidays: holidays.into_iter().collect() }
    }

    /// Whether banks work on this day.
    pub fn is_business_day(&self, date: BusinessDate) -> bool {
        // 1970-01-01 was a Thursday.
        let is_weekend = matches!(date.days().rem_euclid(7), 2 | 3);
        !is_weekend && !self.holidays.contains(&date)
    }

    /// The business day that comes `days` business days after `date`; with none, `date` itself or
    /// the first business day after it.
    pub fn after(&self, date: BusinessDate, days: u8) -> BusinessDate {
        (0..days).fold(date, |day, _| self.on_or_after(day.after())).max(self.on_or_after(date))
    }

    fn on_or_after(&self, mut date: BusinessDate) -> BusinessDate {
        // A list of holidays ends, so there is a business day after it.
        while !self.is_business_day(date) && date.days() < i32::MAX {
            date = date.after();
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDate {
        BusinessDate::parse(text).unwrap()
    }

    #[test]
    fn business_days_pass_over_weekends_and_holidays() {
        // 2026-11-21 is a Saturday, Christmas 2026 a Friday.
        let calendar = Calendar::new([day("2026-12-25"), day("2027-01-01"), day("2026-12-26")]);
        for (date, days, expected) in [
            ("2026-11-18", 0, "2026-11-18"),
            ("2026-11-18", 1, "2026-11-19"),
            ("2026-11-18", 3, "2026-11-23"),
            ("2026-11-20", 1, "2026-11-23"),
            ("2026-11-20", 3, "2026-11-25"),
            ("2026-11-21", 0, "2026-11-23"),
            ("2026-11-22", 3, "2026-11-25"),
            ("2026-11-22", 1, "2026-11-23"),
            ("2026-12-23", 3, "2026-12-29"),
            ("2026-12-24", 1, "2026-12-28"),
            ("2026-12-25", 0, "2026-12-28"),
            ("2026-12-30", 2, "2027-01-04"),
        ] {
            assert_eq!(calendar.after(day(date), days), day(expected), "{date} and {days}");
        }
    }

    #[test]
    fn the_week_is_that_of_the_calendar() {
        let calendar = Calendar::default();
        let week: Vec<_> = (0..7)
            .map(|n| {
                calendar.is_business_day(BusinessDate::from_days(day("2026-11-16").days() + n))
            })
            .collect();
        assert_eq!(week, [true, true, true, true, true, false, false]);
    }
}
