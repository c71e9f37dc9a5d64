//! Spans of time for people.

use domain::time::{DAY, Span};

/// `90 minutes`, `2 days`: in the largest of days, hours and minutes that comes out even, or else in
/// whole seconds.
pub fn in_units(span: Span) -> String {
    let millis = span.as_millis();
    let units = [(DAY, "days"), (Span::hours(1), "hours"), (Span::minutes(1), "minutes")];
    for (unit, name) in units {
        if millis >= unit.as_millis() && millis % unit.as_millis() == 0 {
            return format!("{} {name}", millis / unit.as_millis());
        }
    }
    format!("{} seconds", millis / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_comes_out_even() {
        for (span, text) in [
            (Span::days(2), "2 days"),
            (Span::hours(36), "36 hours"),
            (Span::minutes(90), "90 minutes"),
            (Span::seconds(61), "61 seconds"),
            (Span::millis(1_500), "1 seconds"),
            (Span::ZERO, "0 seconds"),
        ] {
            assert_eq!(in_units(span), text);
        }
    }
}
