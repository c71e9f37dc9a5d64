//! Clocks that are off.

use domain::time::{Span, Timestamp};

/// How far a clock that shows `theirs` is from `now`, in words: `8 minutes behind`.
pub fn off_by(theirs: Timestamp, now: Timestamp) -> String {
    let off = now.since(theirs).as_millis();
    let side = if off >= 0 { "behind" } else { "ahead" };
    let seconds = off.unsigned_abs() / 1_000;
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (size, unit) =
        units.into_iter().find(|(size, _)| seconds >= 2 * size).unwrap_or((1, "second"));
    let count = (seconds + size / 2) / size;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} {side}")
}

/// What the distance looks like where it is a zone that was mistaken and no clock: Indonesia's are seven,
/// eight and nine hours ahead of UTC.
pub fn said_zone(theirs: Timestamp, now: Timestamp) -> Option<String> {
    const NEAR: Span = Span::minutes(10);
    let off = now.since(theirs).as_millis();
    [7_i64, 8, 9].into_iter().find_map(|hours| {
        let zone = Span::hours(hours).as_millis();
        let is_near = |off: i64| off.unsigned_abs() <= NEAR.as_millis().unsigned_abs();
        if is_near(off.saturating_sub(zone)) {
            return Some(format!(
                "that is {hours} hours behind: UTC's clock with Indonesia's zone"
            ));
        }
        is_near(off.saturating_add(zone))
            .then(|| format!("that is {hours} hours ahead: an Indonesian clock written as UTC"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let now = Timestamp::from_millis(1_795_244_400_000);
        let said = |off: Span| off_by(now.plus(off), now);
        assert_eq!(said(Span::seconds(-480)), "8 minutes behind");
        assert_eq!(said(Span::minutes(90)), "90 minutes ahead");
        assert_eq!(said(Span::hours(7)), "7 hours ahead");
        assert_eq!(said(Span::millis(-1_000)), "1 second behind");
        assert_eq!(said(Span::days(-400)), "400 days behind");
        for far in [i64::MIN, i64::MAX] {
            assert!(off_by(Timestamp::from_millis(far), now).contains("days"));
            assert_eq!(said_zone(Timestamp::from_millis(far), now), None);
        }
        let zone = |hours| said_zone(now.plus(Span::hours(hours)), now);
        assert!(zone(7).unwrap().contains("ahead") && zone(-7).unwrap().contains("behind"));
        assert_eq!(zone(1), None);
    }
}
