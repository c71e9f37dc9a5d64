//! Instants as people name them when something went wrong: `2h` ago, or by the clock in WIB.

use domain::time::{BusinessDate, Span, Timestamp};

use crate::{cli::instant, config::Period};

/// An instant, some of it still to be counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So long ago.
    Ago(Span),
    /// On this day, from its beginning to its end in WIB.
    Day(Timestamp),
    /// At this instant.
    At(Timestamp),
}

impl Moment {
    /// Where a range begins that begins with it.
    pub(super) fn beginning(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => before(now, span),
            Self::Day(end) => before(end, Span::millis(86_399_999)),
            Self::At(at) => at,
        }
    }

    /// What is the first instant after a range that ends with it.
    pub(super) fn end(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => before(now, span),
            Self::Day(end) => end.plus(Span::millis(1)),
            Self::At(at) => at,
        }
    }
}

fn before(at: Timestamp, span: Span) -> Timestamp {
    at.plus(Span::millis(span.as_millis().saturating_neg()))
}

/// Reads `2h`, `2026-11-21` or `2026-11-21 14:00`.
pub(super) fn read(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    if let Ok(period) = Period::parse(text) {
        return Ok(Moment::Ago(period.span()));
    }
    let at = instant::wib(text).map_err(|_| {
        "it is written 2h, 30m or 3d (ago), 2026-11-21, or 2026-11-21 14:00 (WIB)".to_owned()
    })?;
    Ok(if BusinessDate::parse(text).is_some() { Moment::Day(at) } else { Moment::At(at) })
}

#[cfg(test)]
mod tests {
    use dialect::wib;

    use super::*;

    #[test]
    fn ranges_are_named_as_people_do() {
        // 2026-11-21 14:00:00 WIB.
        let now = Timestamp::from_millis(1_795_244_400_000);
        for (text, beginning, end) in [
            ("2h", "2026-11-21 12:00:00", "2026-11-21 12:00:00"),
            ("1h30m", "2026-11-21 12:30:00", "2026-11-21 12:30:00"),
            ("2026-11-20", "2026-11-20 00:00:00", "2026-11-21 00:00:00"),
            (" 2026-11-20 09:15 ", "2026-11-20 09:15:00", "2026-11-20 09:15:00"),
        ] {
            let moment = read(text).unwrap();
            assert_eq!(wib(moment.beginning(now)), beginning, "{text}");
            assert_eq!(wib(moment.end(now)), end, "{text}");
        }
        for text in ["", "yesterday", "2", "-2h", "2026-13-01", "14:00"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
