//! When a notification is sent again (section 5.5).

use dialect::{Answer, Attempt, DeliveryTerms, Verdict};
use domain::time::Span;
use gateway::request::Next;

/// 15 seconds for an attempt, and at most five hops.
pub(crate) const TERMS: DeliveryTerms =
    DeliveryTerms { timeout: Span::seconds(15), redirects_max: 5 };

/// The longest wait before each retry, counted from the end of the attempt before.
const INTERVALS: [Span; 5] =
    [Span::minutes(2), Span::minutes(10), Span::minutes(30), Span::minutes(90), Span::minutes(210)];

/// How long after the first attempt the last retry comes at the latest: the sum of the intervals, and
/// the attempts' own time.
pub(crate) const LAST: Span = Span::minutes(2 + 10 + 30 + 90 + 210 + 2);

/// The shortest wait is this share of the longest: 33 of 120 seconds in the vendor's example, and
/// the same share of the others.
const SHORTEST: (i64, i64) = (33, 120);

/// What a merchant's answer means.
///
/// How many retries there are is decided anew at every attempt, by its own answer.
pub(crate) fn verdict(attempt: &Attempt<'_>) -> Verdict {
    let (retries_max, what) = match attempt.answer {
        Answer::Status(200..=299, _) => {
            return Verdict { next: Next::Delivered, why: "The merchant has it.".to_owned() };
        }
        Answer::Status(status @ 301..=303, _) => {
            let why = format!(
                "The merchant's server redirects with HTTP {status}, which drops the body and is \
                 not followed. Let it redirect with 307 or 308, or correct the URL."
            );
            return Verdict { next: Next::GiveUp, why };
        }
        Answer::Status(status @ (307 | 308), _) => (5, format!("HTTP {status} after the last hop")),
        Answer::Status(status @ 500, _) => (1, format!("HTTP {status}")),
        Answer::Status(status @ 503, _) => (4, format!("HTTP {status}")),
        Answer::Status(status @ (400 | 404), _) => (2, format!("HTTP {status}")),
        Answer::Status(status, _) => (5, format!("HTTP {status}")),
        Answer::TimedOut => (5, "no answer within 15 seconds".to_owned()),
        Answer::Unreachable => (5, "no connection".to_owned()),
    };
    let done = usize::try_from(attempt.number.saturating_sub(1)).unwrap_or(usize::MAX);
    let number = attempt.number;
    if let Some(longest) = INTERVALS.get(done).filter(|_| done < retries_max) {
        let at = attempt.ended_at.plus(wait(*longest, attempt.chance));
        let why = format!("Attempt {number} failed: {what}. Retry {} follows.", done + 1);
        return Verdict { next: Next::RetryAt(at), why };
    }
    let why = format!(
        "Attempt {number} failed: {what}. Midtrans' rules give such an answer {retries_max} \
         retries; no more follow."
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
    use std::sync::LazyLock;

    use domain::time::Timestamp;
    use gateway::directory::Account;

    use super::*;
    use crate::samples::account;

    static ACCOUNT: LazyLock<Account> = LazyLock::new(account);

    fn attempt(number: u32, answer: Answer<'_>, chance: u16) -> Attempt<'_> {
        let ended_at = Timestamp::from_millis(1_000);
        Attempt { account: &ACCOUNT, number, answer, first_at: ended_at, ended_at, chance }
    }

    /// The retries a merchant gets that always answers the same.
    fn retries(answer: Answer<'_>) -> u32 {
        let goes_on =
            |number: &u32| matches!(verdict(&attempt(*number, answer, 0)).next, Next::RetryAt(_));
        u32::try_from((1..100).take_while(goes_on).count()).unwrap()
    }

    #[test]
    fn how_many_retries_an_answer_gets() {
        for (status, count) in [
            (500, 1),
            (503, 4),
            (400, 2),
            (404, 2),
            (301, 0),
            (302, 0),
            (303, 0),
            (307, 5),
            (308, 5),
            (100, 5),
            (300, 5),
            (304, 5),
            (401, 5),
            (429, 5),
            (502, 5),
            (504, 5),
        ] {
            assert_eq!(retries(Answer::Status(status, b"")), count, "{status}");
        }
        assert_eq!(retries(Answer::TimedOut), 5);
        assert_eq!(retries(Answer::Unreachable), 5);
        for status in [200, 201, 204, 299] {
            assert_eq!(verdict(&attempt(1, Answer::Status(status, b""), 0)).next, Next::Delivered);
        }
        for status in [199, 300] {
            let next = verdict(&attempt(1, Answer::Status(status, b""), 0)).next;
            assert!(matches!(next, Next::RetryAt(_)), "{status}");
        }
    }

    #[test]
    fn the_answer_of_the_latest_attempt_decides() {
        let second = attempt(2, Answer::Status(500, b""), 0);
        assert_eq!(verdict(&second).next, Next::GiveUp);
        let second = attempt(2, Answer::Status(503, b""), 0);
        assert!(matches!(verdict(&second).next, Next::RetryAt(_)));
        assert_eq!(verdict(&attempt(u32::MAX, Answer::TimedOut, 0)).next, Next::GiveUp);
    }

    #[test]
    fn waits_lie_between_the_share_of_the_example_and_the_interval() {
        let wait_before =
            |retry: u32, chance| match verdict(&attempt(retry, Answer::TimedOut, chance)).next {
                Next::RetryAt(at) => at.since(Timestamp::from_millis(1_000)).as_millis() / 1_000,
                Next::Delivered | Next::GiveUp => panic!("a retry follows"),
            };
        for (retry, shortest, longest) in
            [(1, 33, 120), (2, 165, 600), (3, 495, 1_800), (4, 1_485, 5_400), (5, 3_465, 12_600)]
        {
            assert_eq!(wait_before(retry, 0), shortest, "{retry}");
            assert_eq!(wait_before(retry, u16::MAX), longest, "{retry}");
            let middle = wait_before(retry, u16::MAX / 2);
            assert!(shortest < middle && middle < longest, "{retry}");
        }
    }

    #[test]
    fn a_redirect_is_explained() {
        let why = verdict(&attempt(1, Answer::Status(302, b""), 0)).why;
        assert!(why.contains("302") && why.contains("307 or 308"), "{why}");
    }
}
