//! Times as Indonesian vendors write them: Western Indonesian time, `2026-11-21 14:35:26`.

use domain::time::{Timestamp, WIB};
use jiff::{civil::DateTime, tz::Offset};

/// `YYYY-MM-DD HH:MM:SS` in WIB, without a zone.
pub fn wib(at: Timestamp) -> String {
    let offset = i32::try_from(WIB.as_millis() / 1_000).unwrap_or(0);
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    offset.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-11-21T07:35:26.120Z`.
pub fn utc(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads `YYYY-MM-DD HH:MM:SS`, which is WIB unless an offset such as ` +0700` follows.
pub fn parse_wib(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > 40 {
        return None;
    }
    let (civil, offset) = match text.split_at_checked(19) {
        Some((civil, rest)) => (civil, rest.trim()),
        None => return None,
    };
    let civil = DateTime::strptime("%Y-%m-%d %H:%M:%S", civil).ok()?;
    let offset_seconds = if offset.is_empty() { 7 * 3_600 } else { parse_offset(offset)? };
    let at = Offset::from_seconds(offset_seconds).ok()?.to_timestamp(civil).ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// `+0700`, `+07:00` or `Z`, in seconds.
fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..)?.parse().ok()?;
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_seven_hours_ahead() {
        let at = parse_wib("2020-01-09 15:16:19").unwrap();
        assert_eq!(at.millis(), 1_578_557_779_000);
        assert_eq!(wib(at), "2020-01-09 15:16:19");
        assert_eq!(utc(at), "2020-01-09T08:16:19.000Z");
        assert_eq!(parse_wib("2020-01-09 15:16:19 +0700"), Some(at));
        assert_eq!(parse_wib("2020-01-09 08:16:19 +0000"), Some(at));
        assert_eq!(parse_wib("2020-01-09 08:16:19Z"), Some(at));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2020-01-09",
            "2020-13-09 15:16:19",
            "2020-01-09 15:16:19 WIB",
            "é".repeat(10).as_str(),
        ] {
            assert_eq!(parse_wib(text), None, "{text}");
        }
    }
}
