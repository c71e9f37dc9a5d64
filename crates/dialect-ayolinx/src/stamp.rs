//! Times as SNAP writes them: `2024-09-18T13:36:36+07:00` (sections 1.3 and 1.4).

use domain::time::{Timestamp, WIB};
use jiff::{civil::DateTime, tz::Offset};

/// The longest time that is looked at: nine digits of a fraction and an offset take 35 bytes.
const TEXT_MAX: usize = 40;

/// Reads RFC 3339 with any numeric offset (`-00:00` included) or `Z`, with or without a fraction of
/// a second; what is finer than a millisecond is cut off.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if text.len() > TEXT_MAX || !text.is_ascii() {
        return None;
    }
    let (civil, rest) = text.split_at_checked(19)?;
    let civil = parse_civil(civil.as_bytes())?;
    let (millis, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, offset) = rest.split_at_checked(digits)?;
            (parse_fraction(fraction)?, offset)
        }
        None => (0, rest),
    };
    let offset = Offset::from_seconds(parse_offset(offset)?).ok()?;
    let at = offset.to_timestamp(civil).ok()?;
    Some(Timestamp::from_millis(at.as_millisecond().checked_add(millis)?))
}

/// `YYYY-MM-DDTHH:MM:SS`.
fn parse_civil(text: &[u8]) -> Option<DateTime> {
    let mark = |place: usize, wanted: &[u8]| text.get(place).filter(|byte| wanted.contains(byte));
    mark(4, b"-")?;
    mark(7, b"-")?;
    mark(10, b"Tt")?;
    mark(13, b":")?;
    mark(16, b":")?;
    let two = |place: usize| number(text.get(place..place + 2)?).and_then(|n| i8::try_from(n).ok());
    let year = i16::try_from(number(text.get(..4)?)?).ok()?;
    DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, two(17)?, 0).ok()
}

fn number(digits: &[u8]) -> Option<i32> {
    let mut value = 0_i32;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i32::from(digit - b'0'))?;
    }
    Some(value)
}

/// One to nine digits behind the point, in whole milliseconds.
fn parse_fraction(digits: &str) -> Option<i64> {
    if !(1..=9).contains(&digits.len()) {
        return None;
    }
    let first: String = digits.chars().chain("00".chars()).take(3).collect();
    first.parse().ok()
}

/// `Z` or `+07:00`, in seconds.
fn parse_offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let [sign, h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Whole seconds in Western Indonesian time, 25 bytes: `2024-09-18T13:36:36+07:00`.
pub(crate) fn wib(at: Timestamp) -> String {
    format!("{}+07:00", civil(at).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The instant as the clocks of Jakarta show it.
pub(crate) fn civil(at: Timestamp) -> DateTime {
    let offset = i32::try_from(WIB.as_millis() / 1_000).unwrap_or(0);
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    offset.to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_clients_send() {
        let at = Timestamp::from_millis(1_726_641_396_000);
        for text in [
            "2024-09-18T13:36:36+07:00",
            "2024-09-18T06:36:36+00:00",
            "2024-09-18T06:36:36-00:00",
            "2024-09-18T06:36:36Z",
            "2024-09-18t06:36:36z",
            "2024-09-18T06:36:36.000Z",
            "2024-09-18T06:36:36.000999999Z",
            "2024-09-18T00:51:36-05:45",
            "2024-09-19T05:36:36+23:00",
        ] {
            assert_eq!(parse(text), Some(at), "{text}");
            assert_eq!(wib(at), "2024-09-18T13:36:36+07:00");
        }
        let millis = |text: &str| parse(text).unwrap().millis() % 1_000;
        assert_eq!(millis("2026-11-21T03:41:29.457Z"), 457);
        assert_eq!(millis("2026-11-21T03:41:29.4+07:00"), 400);
        assert_eq!(millis("1969-12-31T23:59:59.25Z"), -750);
    }

    #[test]
    fn what_is_no_such_time_is_none() {
        for text in [
            "",
            "2024-09-18",
            "2024-09-18T13:36:36",
            "2024-09-18 13:36:36+07:00",
            "2024-09-18T13:36:36+0700",
            "2024-09-18T13:36:36+07",
            "2024-09-18T13:36:36 07:00",
            "2024-09-18T13:36:36+07:00 ",
            "2024-09-18T13:36:36+07:60",
            "2024-09-18T13:36:36+24:00",
            "2024-09-18T13:36:36.+07:00",
            "2024-09-18T13:36:36.1234567890Z",
            "2024-09-18T13:36:36,5Z",
            "2024-09-18T13:36:36Z[Asia/Jakarta]",
            "2024-02-30T13:36:36Z",
            "2024-09-18T24:00:00Z",
            "2024-09-18T13:36:60Z",
            "2024-09-18T13:3a:36Z",
            "+024-09-18T13:36:36Z",
            "20240918T133636Z",
            "1726641396",
            "２０２４-09-18T13:36:36Z",
            "2024-09-18T13:36:3é+07:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"9".repeat(60_000)), None);
    }
}
