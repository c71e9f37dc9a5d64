//! Instants as people type them: in WIB.

use domain::time::{BusinessDate, Span, Timestamp, WIB};

/// Reads `2026-11-21 14:00`, `2026-11-21 14:00:30`, or `2026-11-21` for the end of that day.
pub(super) fn wib(text: &str) -> Result<Timestamp, String> {
    let why = || "it is written 2026-11-21 14:00 (WIB), or 2026-11-21 for the end of that day";
    let text = text.trim();
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date = BusinessDate::parse(date).ok_or_else(why)?;
    let midnight = i64::from(date.days()).saturating_mul(86_400_000);
    let midnight = Timestamp::from_millis(midnight.saturating_sub(WIB.as_millis()));
    let Some(time) = time else { return Ok(midnight.plus(Span::millis(86_399_999))) };
    let mut parts = time.split(':');
    let mut part = |most: i64| {
        let digits = parts.next()?;
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number| is_number && *number <= most)
    };
    let (hours, minutes) = (part(23).ok_or_else(why)?, part(59).ok_or_else(why)?);
    let seconds = if time.len() > 5 { part(59).ok_or_else(why)? } else { 0 };
    if parts.next().is_some() {
        return Err(why().to_owned());
    }
    Ok(midnight.plus(Span::seconds(hours * 3_600 + minutes * 60 + seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_wib() {
        let read = |text: &str| wib(text).map(dialect::wib);
        assert_eq!(read("2026-11-21 14:00").unwrap(), "2026-11-21 14:00:00");
        assert_eq!(read("2026-11-21T14:00:59").unwrap(), "2026-11-21 14:00:59");
        assert_eq!(read("2026-11-21 00:00").unwrap(), "2026-11-21 00:00:00");
        assert_eq!(read(" 2026-11-21 ").unwrap(), "2026-11-21 23:59:59");
        for text in [
            "",
            "yesterday",
            "2026-11-31",
            "2026-11-21 ",
            "2026-11-21 14",
            "2026-11-21 24:00",
            "2026-11-21 14:60",
            "2026-11-21 14:00:",
            "2026-11-21 14:00:00:00",
            "2026-11-21 +1:00",
        ] {
            let is_day = text.trim() == "2026-11-21";
            assert_eq!(wib(text).is_ok(), is_day, "{text}");
        }
    }
}
