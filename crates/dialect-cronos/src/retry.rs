//! When a notification is sent again (section 4.3, which is silent: the figures are ours).

use dialect::{Answer, Attempt, DeliveryTerms, Verdict};
use domain::time::Span;
use gateway::request::Next;

/// Ten seconds for an attempt; redirects are not followed.
pub(crate) const TERMS: DeliveryTerms =
    DeliveryTerms { timeout: Span::seconds(10), redirects_max: 0 };

/// The longest wait before each retry, counted from the end of the attempt before: nearly four days
/// in all.
const INTERVALS: [Span; 9] = [
    Span::minutes(1),
    Span::minutes(5),
    Span::minutes(15),
    Span::minutes(60),
    Span::hours(3),
    Span::hours(6),
    Span::hours(12),
    Span::hours(24),
    Span::hours(48),
];

/// How long after the first attempt the last retry comes at the latest: the sum of the intervals, and
/// the attempts' own time.
pub(crate) const LAST: Span = Span::minutes(1 + 5 + 15 + 60 + 2).plus(Span::hours(93));

/// The shortest wait is this share of the longest, so that merchants that were down together are not
/// called together.
const SHORTEST: (i64, i64) = (3, 4);

/// What a merchant's answer means: any 2xx is an acknowledgement, whatever its body says.
pub(crate) fn verdict(attempt: &Attempt<'_>) -> Verdict {
    let what = match attempt.answer {
        Answer::Status(200..=299, _) => {
            return Verdict { next: Next::Delivered, why: "The merchant has it.".to_owned() };
        }
        Answer::Status(status @ 300..=399, _) => {
            format!("HTTP {status}, and redirects are not followed")
        }
        Answer::Status(status, _) => format!("HTTP {status}"),
        Answer::TimedOut => "no answer within 10 seconds".to_owned(),
        Answer::Unreachable => "no connection".to_owned(),
    };
    let number = attempt.number;
    let done = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    if let Some(longest) = INTERVALS.get(done) {
        let at = attempt.ended_at.plus(wait(*longest, attempt.chance));
        let why = format!("Attempt {number} failed: {what}. Retry {} follows.", done + 1);
        return Verdict { next: Next::RetryAt(at), why };
    }
    let retries = INTERVALS.len();
    let why = format!(
        "Attempt {number} failed: {what}. There are {retries} retries; no more follow. The merchant \
         can ask for it with `resendCallback=true`."
    );
    Verdict { next: Next::GiveUp, why }
}

/// A wait between the shortest and the longest, each as likely.
fn wait(longest: Span, chance: u16) -> Span {
    let longest = longest.as_millis();
    let shortest = longest * SHORTEST.0 / SHORTEST.1;
    Span::millis(shortest + (longest - shortest) * i64::from(chance) / i64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;
    use crate::{brand::Brand, samples::account};

    fn after(number: u32, answer: Answer<'_>, chance: u16) -> Verdict {
        let at = Timestamp::from_millis(1_000);
        let account = account(Brand::Cronos);
        let account = &account;
        verdict(&Attempt { account, number, answer, first_at: at, ended_at: at, chance })
    }

    #[test]
    fn any_status_of_success_acknowledges_and_its_body_says_nothing() {
        for status in [200, 201, 204, 299] {
            for body in [&b""[..], b"FAIL", b"{\"status\":500}"] {
                let next = after(1, Answer::Status(status, body), 0).next;
                assert_eq!(next, Next::Delivered, "{status}");
            }
        }
    }

    #[test]
    fn everything_else_is_tried_again_for_days() {
        for answer in [
            Answer::Status(199, b""),
            Answer::Status(300, b""),
            Answer::Status(302, b""),
            Answer::Status(308, b""),
            Answer::Status(400, b"FAIL"),
            Answer::Status(404, b""),
            Answer::Status(500, b""),
            Answer::TimedOut,
            Answer::Unreachable,
        ] {
            let goes_on = |number: &u32| matches!(after(*number, answer, 0).next, Next::RetryAt(_));
            assert_eq!((1..100).take_while(goes_on).count(), 9, "{answer:?}");
        }
        assert_eq!(after(u32::MAX, Answer::TimedOut, 0).next, Next::GiveUp);
    }

    #[test]
    fn waits_lie_between_three_quarters_and_the_whole() {
        let wait_before = |retry, chance| match after(retry, Answer::TimedOut, chance).next {
            Next::RetryAt(at) => at.since(Timestamp::from_millis(1_000)).as_millis() / 1_000,
            Next::Delivered | Next::GiveUp => panic!("a retry follows"),
        };
        for (retry, shortest, longest) in [
            (1, 45, 60),
            (2, 225, 300),
            (3, 675, 900),
            (4, 2_700, 3_600),
            (5, 8_100, 10_800),
            (6, 16_200, 21_600),
            (7, 32_400, 43_200),
            (8, 64_800, 86_400),
            (9, 129_600, 172_800),
        ] {
            assert_eq!(wait_before(retry, 0), shortest, "{retry}");
            assert_eq!(wait_before(retry, u16::MAX), longest, "{retry}");
            let middle = wait_before(retry, u16::MAX / 2);
            assert!(shortest < middle && middle < longest, "{retry}");
        }
    }

    #[test]
    fn a_redirect_and_the_end_are_explained() {
        let why = after(1, Answer::Status(302, b""), 0).why;
        assert!(why.contains("302") && why.contains("not followed") && why.contains("Retry 1"));
        let why = after(10, Answer::TimedOut, 0).why;
        assert!(why.contains("resendCallback=true"), "{why}");
    }
}
