//! Instants on this wire: RFC 3339 with an offset.

use domain::time::Timestamp;
use jiff::tz::Offset;

/// 2020-01-01T00:00:00Z. A till whose clock is before that has lost its battery.
const EARLIEST: Timestamp = Timestamp::from_millis(1_577_836_800_000);
/// 2100-01-01T00:00:00Z.
const LATEST: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// `2026-11-21T14:35:26+07:00`: WIB, to the second, fractions cut off.
pub(crate) fn wib(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Offset::constant(7).to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

/// Reads RFC 3339 with an offset, between 2020 and 2100; fractions beyond milliseconds are cut off.
///
/// Not the dialects of the format that libraries also take: no blank for the `T`, no zone in
/// brackets, no missing seconds or offset.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (civil, rest) = text.split_at_checked(19)?;
    let offset = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (1..=9).contains(&digits).then(|| rest.get(digits..))??
        }
        None => rest,
    };
    let is_offset = offset == "Z" || is_like(offset, "+00:00") || is_like(offset, "-00:00");
    if !is_like(civil, "0000-00-00T00:00:00") || !is_offset {
        return None;
    }
    let at: jiff::Timestamp = text.parse().ok()?;
    let at = Timestamp::from_millis(at.as_millisecond());
    (EARLIEST..LATEST).contains(&at).then_some(at)
}

/// Whether `text` is `shape` with any digits for its zeros.
fn is_like(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(t, s)| t == s || (s == b'0' && t.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_wib() {
        assert_eq!(wib(Timestamp::from_millis(1_795_246_526_999)), "2026-11-21T14:35:26+07:00");
        assert_eq!(wib(Timestamp::from_millis(i64::MAX)), "1970-01-01T07:00:00+07:00");
    }

    #[test]
    fn every_spelling_of_one_instant() {
        for text in [
            "2026-11-21T14:35:26+07:00",
            "2026-11-21T07:35:26Z",
            "2026-11-21T16:35:26+09:00",
            "2026-11-20T23:35:26-08:00",
            "2026-11-21T07:35:26.000Z",
            "2026-11-21T07:35:26.000999999Z",
            "2026-11-21T07:35:26-00:00",
        ] {
            assert_eq!(parse(text), Some(Timestamp::from_millis(1_795_246_526_000)), "{text}");
        }
        // A leap second, which RFC 3339 allows, is the second before.
        assert_eq!(parse("2026-11-21T07:35:60Z"), parse("2026-11-21T07:35:59Z"));
        assert_eq!(
            parse("2026-11-21T07:35:26.25Z"),
            Some(Timestamp::from_millis(1_795_246_526_250))
        );
    }

    #[test]
    fn what_is_no_such_instant() {
        for text in [
            "",
            "now",
            "2026-11-21",
            "2026-11-21T14:35:26",
            "2026-11-21T14:35+07:00",
            "2026-11-21 14:35:26+07:00",
            "2026-11-21t14:35:26z",
            "2026-11-21T14:35:26+0700",
            "2026-11-21T14:35:26+07",
            "2026-11-21T14:35:26+07:00[Asia/Jakarta]",
            "2026-11-21T14:35:26.+07:00",
            "2026-11-21T14:35:26.0123456789Z",
            "2026-11-21T24:00:00Z",
            "2026-02-29T14:35:26Z",
            "2026-13-01T14:35:26Z",
            "2026-11-21T14:35:26+99:00",
            "+002026-11-21T14:35:26Z",
            "20261121T143526Z",
            " 2026-11-21T14:35:26Z",
            "2026-11-21T14:35:26Z ",
            "2026-11-21T14:35:2é+07:00",
            "２026-11-21T14:35:26Z",
            "1789000000",
            "2019-12-31T23:59:59Z",
            "2100-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
