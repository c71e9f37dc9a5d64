//! How old a signed message may be.

use domain::time::{Span, Timestamp};

/// How far a message's timestamp may be from the real clock, either way (rule 16).
pub const SKEW_MAX: Span = Span::seconds(300);

/// Whether a message that says it was sent at `sent_at` may be heard at `real_now`.
///
/// Both are the real clock's: a sandbox whose clock was moved still checks the world's time
/// (rule 43). The timestamp is that of the transmission; when the sale was made is the message's own
/// business, so that an advice may be twenty hours late.
pub fn is_fresh(sent_at: Timestamp, real_now: Timestamp) -> bool {
    real_now.since(sent_at).as_millis().unsigned_abs() <= SKEW_MAX.as_millis().unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_either_way() {
        let now = Timestamp::from_millis(1_789_000_000_000);
        let table =
            [(0, true), (300_000, true), (300_001, false), (-300_000, true), (-300_001, false)];
        for (millis, want) in table {
            assert_eq!(is_fresh(now.plus(Span::millis(millis)), now), want, "{millis}");
        }
        assert!(!is_fresh(Timestamp::from_millis(i64::MAX), now));
        assert!(!is_fresh(Timestamp::from_millis(i64::MIN), now));
    }
}
