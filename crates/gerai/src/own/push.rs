//! An own event as a `POST` to its merchant's endpoint, and what the answer means.

use dialect::{Answer, Attempt, DeliveryTerms, Outgoing, Untold, Verdict};
use domain::time::{Span, Timestamp};
use gateway::{directory::Account, own_events::OwnEvent, request::Next};

use super::{
    body::{body, id},
    signature::signatures,
};

/// 15 seconds for an attempt, and no redirects: the endpoint's URL is to be corrected instead.
pub(crate) const TERMS: DeliveryTerms =
    DeliveryTerms { timeout: Span::seconds(15), redirects_max: 0 };

/// The waits between attempts, as Standard Webhooks proposes them: a little over three days.
const WAITS: [Span; 9] = [
    Span::seconds(5),
    Span::minutes(5),
    Span::minutes(30),
    Span::hours(2),
    Span::hours(5),
    Span::hours(10),
    Span::hours(14),
    Span::hours(20),
    Span::hours(24),
];

/// The share by which a wait may be longer, so that what failed together does not come back together:
/// a fifth.
const JITTER: i64 = 5;

/// What is sent at `now`, which is the real clock's time (rule 43).
pub(crate) fn outgoing(
    account: &Account,
    event: &OwnEvent,
    now: Timestamp,
) -> Result<Outgoing, Untold> {
    let (id, body) = (id(&event.row), body(account, event));
    let seconds = now.millis().div_euclid(1_000).to_string();
    let mut content = format!("{id}.{seconds}.").into_bytes();
    content.extend_from_slice(&body);
    let signature = signatures(account, &content, now)
        .ok_or(Untold("the account has no live key that signs its events"))?;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signature),
    ];
    // Everything in it is ASCII or the merchant's own words in UTF-8; it holds no secret.
    let signed = String::from_utf8(content).ok();
    Ok(Outgoing { headers, body, signed })
}

/// What a merchant's answer means.
pub(crate) fn verdict(attempt: &Attempt<'_>) -> Verdict {
    let number = attempt.number;
    let what = match attempt.answer {
        Answer::Status(200..=299, _) => {
            return Verdict { next: Next::Delivered, why: "The merchant has it.".to_owned() };
        }
        Answer::Status(410, _) => {
            let why = "HTTP 410: the endpoint is gone for good. Nothing is sent there until it is \
                       set anew; the events can still be pulled."
                .to_owned();
            return Verdict { next: Next::GiveUp, why };
        }
        Answer::Status(status @ 300..=399, _) => {
            format!("HTTP {status}; redirects are not followed, correct the URL")
        }
        Answer::Status(status, _) => format!("HTTP {status}"),
        Answer::TimedOut => "no answer within 15 seconds".to_owned(),
        Answer::Unreachable => "no connection".to_owned(),
    };
    let done = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = WAITS.get(done) else {
        let why =
            format!("Attempt {number} failed: {what}. It was the last; the event can be pulled.");
        return Verdict { next: Next::GiveUp, why };
    };
    let longer = wait.as_millis() / JITTER * i64::from(attempt.chance) / i64::from(u16::MAX);
    let at = attempt.ended_at.plus(*wait).plus(Span::millis(longer));
    Verdict {
        next: Next::RetryAt(at),
        why: format!("Attempt {number} failed: {what}. Retry {number} follows."),
    }
}
