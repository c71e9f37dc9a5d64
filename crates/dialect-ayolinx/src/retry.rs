//! When a notification is acknowledged, and when it is sent again (sections 4.4 and 4.5).

use dialect::{Answer, Attempt, DeliveryTerms, Verdict};
use domain::time::Span;
use gateway::request::Next;

use crate::{
    json::{self, Kind, Members},
    options,
};

/// Ten seconds for an attempt, and no redirects.
pub(crate) const TERMS: DeliveryTerms =
    DeliveryTerms { timeout: Span::seconds(10), redirects_max: 0 };
/// What a merchant answers when it has the news.
const ACKNOWLEDGED: &str = "2005600";
/// An answer that acknowledges.
pub(crate) const ACKNOWLEDGEMENT: &str =
    r#"{"responseCode":"2005600","responseMessage":"Successful"}"#;
/// When each retry is due, counted from the first attempt.
const RETRIES: [Span; 4] =
    [Span::minutes(1), Span::minutes(5), Span::minutes(10), Span::minutes(60)];
/// How long after the first attempt the last retry comes at the latest.
pub(crate) const LAST: Span = Span::minutes(60);
/// A retry that is late already waits for this at least.
const PAUSE: Span = Span::seconds(5);

/// What a merchant's answer means.
pub(crate) fn verdict(attempt: &Attempt<'_>) -> Verdict {
    let what = match attempt.answer {
        Answer::Status(200, body) => match acknowledgement(body, attempt) {
            Acknowledgement::Yes => {
                return Verdict { next: Next::Delivered, why: "The merchant has it.".to_owned() };
            }
            Acknowledgement::Other => format!(
                "HTTP 200 with another responseCode than {ACKNOWLEDGED}, which alone acknowledges"
            ),
            Acknowledgement::None => format!(
                "HTTP 200 without a JSON body whose responseCode is {ACKNOWLEDGED}, which alone \
                 acknowledges"
            ),
        },
        Answer::Status(status @ 300..=399, _) => {
            format!("HTTP {status}; redirects are not followed")
        }
        Answer::Status(status, _) => format!("HTTP {status}"),
        Answer::TimedOut => "no answer within 10 seconds".to_owned(),
        Answer::Unreachable => "no connection".to_owned(),
    };
    let number = attempt.number;
    let done = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(due) = RETRIES.get(done) else {
        let why = format!("Attempt {number} failed: {what}. No more follow.");
        return Verdict { next: Next::GiveUp, why };
    };
    let at = attempt.first_at.plus(*due).max(attempt.ended_at.plus(PAUSE));
    let why = format!("Attempt {number} failed: {what}. Retry {} follows.", done + 1);
    Verdict { next: Next::RetryAt(at), why }
}

/// What the body of an answer says.
enum Acknowledgement {
    Yes,
    Other,
    None,
}

fn acknowledgement(body: &[u8], attempt: &Attempt<'_>) -> Acknowledgement {
    let Ok(Members { asked: [code], .. }) = json::read(body, ["responseCode"]) else {
        return Acknowledgement::None;
    };
    let lenient = options::is_lenient(attempt.account);
    match code.kind() {
        Kind::Text(code) if code == ACKNOWLEDGED => Acknowledgement::Yes,
        Kind::Text(code) if lenient && (code == "00" || code.starts_with("200")) => {
            Acknowledgement::Yes
        }
        Kind::Text(_) | Kind::Number(_) => Acknowledgement::Other,
        Kind::Absent | Kind::Object(_) | Kind::List(_) | Kind::Other => Acknowledgement::None,
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use gateway::directory::Account;

    use super::*;
    use crate::samples::account;

    const FIRST: Timestamp = Timestamp::from_millis(1_000_000);

    fn attempt<'a>(account: &'a Account, number: u32, answer: Answer<'a>) -> Attempt<'a> {
        let ended_at = FIRST.plus(Span::seconds(2));
        Attempt { account, number, answer, first_at: FIRST, ended_at, chance: 0 }
    }

    #[test]
    fn only_the_right_words_acknowledge() {
        let strict = account();
        let mut lenient = account();
        lenient.settings.options.insert("lenient".to_owned(), "true".to_owned());
        for (status, body, to_strict, to_lenient) in [
            (200, ACKNOWLEDGEMENT, true, true),
            (200, " {\"responseMessage\":\"ok\",\n\"responseCode\" : \"2005600\"} ", true, true),
            (200, r#"{"responseCode":"00"}"#, false, true),
            (200, r#"{"responseCode":"2002500"}"#, false, true),
            (200, r#"{"responseCode":"200"}"#, false, true),
            (200, r#"{"responseCode":"4015600"}"#, false, false),
            (200, r#"{"responseCode":2005600}"#, false, false),
            (200, r#"{"responseCode":null}"#, false, false),
            (200, r#"{"a":{"responseCode":"2005600"}}"#, false, false),
            (200, r#"["2005600"]"#, false, false),
            (200, r#""2005600""#, false, false),
            (200, "2005600", false, false),
            (200, "OK", false, false),
            (200, "", false, false),
            (200, r#"{"responseCode":"2005600""#, false, false),
            (201, r#"{"responseCode":"2005600"}"#, false, false),
            (204, "", false, false),
            (302, r#"{"responseCode":"2005600"}"#, false, false),
            (500, r#"{"responseCode":"2005600"}"#, false, false),
        ] {
            for (account, expected) in [(&strict, to_strict), (&lenient, to_lenient)] {
                let answer = Answer::Status(status, body.as_bytes());
                let next = verdict(&attempt(account, 1, answer)).next;
                assert_eq!(next == Next::Delivered, expected, "{status} {body}");
            }
        }
    }

    #[test]
    fn retries_are_counted_from_the_first_attempt() {
        let account = account();
        let next = |number| verdict(&attempt(&account, number, Answer::TimedOut)).next;
        for (number, minutes) in [(1, 1), (2, 5), (3, 10), (4, 60)] {
            assert_eq!(next(number), Next::RetryAt(FIRST.plus(Span::minutes(minutes))));
        }
        assert_eq!(next(5), Next::GiveUp);
        assert_eq!(next(u32::MAX), Next::GiveUp);
    }

    #[test]
    fn a_retry_that_is_late_already_still_waits_a_little() {
        let account = account();
        let mut late = attempt(&account, 2, Answer::Unreachable);
        late.ended_at = FIRST.plus(Span::hours(3));
        assert_eq!(verdict(&late).next, Next::RetryAt(late.ended_at.plus(PAUSE)));
    }

    #[test]
    fn a_bare_200_is_explained() {
        let account = account();
        let why = verdict(&attempt(&account, 1, Answer::Status(200, b""))).why;
        assert!(why.contains("2005600") && why.contains("Retry 1"), "{why}");
    }
}
