//! What follows an attempt beyond what its dialect says: what the endpoint itself asked for, and what
//! the operator allows.

use dialect::Verdict;
use domain::time::{Span, Timestamp};
use gateway::request::Next;

use super::{
    breaker::{Fault, jittered},
    lanes::Outcome,
};

/// The least and the most that a `Retry-After` may ask for.
const ASKED_MIN: Span = Span::seconds(1);
const ASKED_MAX: Span = Span::days(1);

/// The least and the most between retries that the operator has added.
const ADDED_MIN: Span = Span::minutes(15);
const ADDED_MAX: Span = Span::hours(12);

/// An attempt that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempted<'a> {
    /// The answer's status, where there was one.
    pub(super) status: Option<u16>,
    /// What its `Retry-After` says.
    pub(super) retry_after: Option<&'a str>,
    /// When the first attempt began.
    pub(super) first_at: Timestamp,
    /// When this one ended.
    pub(super) ended_at: Timestamp,
    /// The same on the real clock, which dates in answers follow (rule 43).
    pub(super) real_now: Timestamp,
    /// How long after the first attempt retries may come: the dialect's own time, or the operator's
    /// where that is longer.
    pub(super) lasts: Span,
    /// Whether it is the operator's.
    pub(super) is_lengthened: bool,
    /// Sixteen bits of chance.
    pub(super) chance: u16,
}

impl Attempted<'_> {
    /// What the answer asks for: 1 second to a day.
    pub(super) fn asked(&self) -> Option<Span> {
        let asked = retry_after(self.retry_after?, self.real_now)?;
        Some(asked.clamp(ASKED_MIN, ASKED_MAX))
    }

    /// What follows, where the dialect says `verdict`.
    ///
    /// Success is what the dialect calls success, and its tries are counted as it counts them. HTTP
    /// 410 stops; a retry comes no sooner than the answer asked for, but within the time that is left;
    /// and where the operator has lengthened the time, more tries follow until it is over.
    pub(super) fn follow(&self, verdict: Verdict) -> Verdict {
        match verdict.next {
            Next::Delivered => verdict,
            Next::GiveUp if self.status == Some(410) => verdict,
            Next::RetryAt(_) if self.status == Some(410) => Verdict {
                next: Next::GiveUp,
                why:
                    "HTTP 410: the endpoint says that it is gone, so this is not sent there again."
                        .to_owned(),
            },
            Next::RetryAt(at) => self.no_sooner_than_asked(at, verdict.why),
            Next::GiveUp => self.lengthened(verdict),
        }
    }

    fn no_sooner_than_asked(&self, at: Timestamp, why: String) -> Verdict {
        let left = self.first_at.plus(self.lasts).since(self.ended_at);
        let asked = self.asked().map(|asked| asked.min(left.max(ASKED_MIN)));
        match asked.map(|asked| self.ended_at.plus(asked)) {
            Some(asked_at) if asked_at > at => Verdict {
                next: Next::RetryAt(asked_at),
                why: format!("{why} It comes later, as the answer's Retry-After asks."),
            },
            Some(_) | None => Verdict { next: Next::RetryAt(at), why },
        }
    }

    /// More tries in the time that the operator has added. A redirect that is not followed stays what
    /// it is however often it is tried.
    fn lengthened(&self, verdict: Verdict) -> Verdict {
        let end = self.first_at.plus(self.lasts);
        let is_redirect = matches!(self.status, Some(301..=303));
        if !self.is_lengthened || is_redirect || self.ended_at.plus(ADDED_MIN) > end {
            return verdict;
        }
        // Half of the time that has passed: the longer it lasts, the rarer they come.
        let passed = self.ended_at.since(self.first_at).as_millis() / 2;
        let longest = passed.clamp(ADDED_MIN.as_millis(), ADDED_MAX.as_millis());
        let at = self.ended_at.plus(jittered(Span::millis(longest), self.chance)).min(end);
        let longer = "The operator's settings allow more: another retry follows.";
        self.no_sooner_than_asked(at, format!("{} {longer}", verdict.why))
    }

    /// What the attempt says about its endpoint.
    pub(super) fn outcome(&self, answer: &dialect::Answer<'_>) -> Outcome {
        match answer {
            dialect::Answer::TimedOut => Outcome::Failed(Fault::TimedOut),
            dialect::Answer::Unreachable => Outcome::Failed(Fault::Unreachable),
            dialect::Answer::Status(429 | 503, _) => Outcome::TooMuch(self.asked()),
            dialect::Answer::Status(500..=599, _) => Outcome::Failed(Fault::Broken),
            dialect::Answer::Status(_, _) => Outcome::Answered,
        }
    }
}

/// The wait that a `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3); none where it is
/// neither. A date that has passed asks for nothing.
fn retry_after(value: &str, now: Timestamp) -> Option<Span> {
    let value = value.trim();
    if !value.is_empty() && value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Span::seconds);
    }
    let date = jiff::fmt::rfc2822::parse(value.get(..value.len().min(40))?).ok()?;
    let at = Timestamp::from_millis(date.timestamp().as_millisecond());
    Some(at.since(now).max(Span::ZERO))
}

/// Whether the time of news that waits for an endpoint that fails is over at `now`.
///
/// Its retries are not tried while nobody answers there, so they cannot run out; their time can.
/// What was asked for again later has its time from then on.
pub(super) fn is_over(began_at: Timestamp, due_at: Timestamp, lasts: Span, now: Timestamp) -> bool {
    let end = began_at.plus(lasts);
    let end = if due_at > end { due_at.plus(lasts) } else { end };
    end <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Timestamp = Timestamp::from_millis(1_795_244_400_000);

    fn attempted(status: u16, retry_after: Option<&str>) -> Attempted<'_> {
        let ended_at = FIRST.plus(Span::seconds(10));
        Attempted {
            status: Some(status),
            retry_after,
            first_at: FIRST,
            ended_at,
            real_now: FIRST,
            lasts: Span::hours(2),
            is_lengthened: true,
            chance: u16::MAX,
        }
    }

    fn retry(at: Timestamp) -> Verdict {
        Verdict { next: Next::RetryAt(at), why: "no.".to_owned() }
    }

    fn given_up() -> Verdict {
        Verdict { next: Next::GiveUp, why: "no more.".to_owned() }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 2026-11-21 07:00:00 UTC is the first attempt.
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("9999999999", Some(9_999_999_999)),
            ("Sat, 21 Nov 2026 07:01:30 GMT", Some(90)),
            ("Sat, 21 Nov 2026 06:59:00 GMT", Some(0)),
            ("Sat, 21 Nov 2026 14:00:05 +0700", Some(5)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("99999999999", None),
            ("Sat, 41 Nov 2026 07:01:30 GMT", None),
        ] {
            assert_eq!(retry_after(value, FIRST), expected.map(Span::seconds), "{value}");
        }
    }

    #[test]
    fn a_retry_comes_no_sooner_than_asked_and_within_the_time_that_is_left() {
        let dialects = FIRST.plus(Span::minutes(2));
        for (asked, seconds) in [
            (None, 120),
            (Some("1"), 120),
            (Some("0"), 120),
            (Some("soon"), 120),
            (Some("600"), 610),
            (Some("Sat, 21 Nov 2026 07:20:00 GMT"), 1_210),
            // Two hours are all there is.
            (Some("86400"), 7_200),
            (Some("9999999999"), 7_200),
        ] {
            for status in [429, 503, 500, 400] {
                let verdict = attempted(status, asked).follow(retry(dialects));
                let expected = Next::RetryAt(FIRST.plus(Span::seconds(seconds)));
                assert_eq!(verdict.next, expected, "{asked:?}");
                assert_eq!(verdict.why.contains("Retry-After"), seconds > 120, "{}", verdict.why);
            }
        }
        let mut long = attempted(503, Some("9999999999"));
        long.lasts = Span::days(30);
        let expected = Next::RetryAt(long.ended_at.plus(Span::days(1)));
        assert_eq!(long.follow(retry(dialects)).next, expected, "never longer than a day");
        assert_eq!(attempted(503, Some("0")).asked(), Some(Span::seconds(1)));
    }

    #[test]
    fn gone_is_gone() {
        let verdict = attempted(410, Some("5")).follow(retry(FIRST));
        assert_eq!(verdict.next, Next::GiveUp);
        assert!(verdict.why.contains("410"), "{}", verdict.why);
        // More time does not bring it back.
        assert_eq!(attempted(410, None).follow(given_up()), given_up());
        // A dialect that takes any answer for a yes has said yes.
        let verdict = Verdict { next: Next::Delivered, why: String::new() };
        assert_eq!(attempted(410, None).follow(verdict).next, Next::Delivered);
    }

    #[test]
    fn an_operator_can_lengthen_but_not_turn_a_redirect_into_a_retry() {
        let mut attempted = attempted(500, None);
        attempted.lasts = Span::days(3);
        let mut waits = Vec::new();
        while let Next::RetryAt(at) = attempted.follow(given_up()).next {
            waits.push(at.since(attempted.ended_at).as_millis() / 60_000);
            attempted.ended_at = at;
        }
        // A quarter of an hour at first, then half of the time that has passed, at most half a day.
        assert_eq!(waits[..4], [15, 15, 15, 22], "{waits:?}");
        assert!(waits.contains(&720) && waits.len() < 20, "{waits:?}");
        assert_eq!(attempted.ended_at, FIRST.plus(Span::days(3)), "the last comes at the end");
        attempted.ended_at = FIRST;
        assert_ne!(attempted.follow(given_up()).next, Next::GiveUp);
        attempted.status = Some(302);
        assert_eq!(attempted.follow(given_up()).next, Next::GiveUp);
        attempted.status = Some(500);
        attempted.is_lengthened = false;
        assert_eq!(attempted.follow(given_up()).next, Next::GiveUp, "nobody has allowed it");
    }

    #[test]
    fn what_an_answer_says_of_its_endpoint() {
        use dialect::Answer;
        let of = |answer| attempted(0, Some("7")).outcome(&answer);
        assert_eq!(of(Answer::TimedOut), Outcome::Failed(Fault::TimedOut));
        assert_eq!(of(Answer::Unreachable), Outcome::Failed(Fault::Unreachable));
        for status in [500, 502, 504, 599] {
            assert_eq!(of(Answer::Status(status, b"")), Outcome::Failed(Fault::Broken));
        }
        for status in [429, 503] {
            let expected = Outcome::TooMuch(Some(Span::seconds(7)));
            assert_eq!(of(Answer::Status(status, b"")), expected);
        }
        for status in [200, 204, 302, 400, 401, 404, 410] {
            assert_eq!(of(Answer::Status(status, b"")), Outcome::Answered, "{status}");
        }
    }

    #[test]
    fn the_time_of_what_waits_is_over_when_the_schedule_is() {
        let (hour, later) = (Span::hours(1), |minutes| FIRST.plus(Span::minutes(minutes)));
        assert!(!is_over(FIRST, FIRST, hour, later(59)));
        assert!(is_over(FIRST, later(10), hour, later(60)));
        // An operator had it sent again after two hours.
        assert!(!is_over(FIRST, later(120), hour, later(179)));
        assert!(is_over(FIRST, later(120), hour, later(180)));
    }
}
