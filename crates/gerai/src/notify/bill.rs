//! One attempt to tell a payer: by a mail server, by an API over HTTP, or into a sandbox's inbox.
//!
//! What is stored in the clear names no address: what a server says of one is sealed with the exchange.

use dialect::{Answer, DeliveryTerms, Verdict};
use domain::{
    bill::{BillKind, Channel},
    time::{Span, Timestamp},
};
use gateway::{
    Gateway,
    clock::Stopwatch,
    request::{AttemptReport, Counts, Delivery, Exchange, Next, Unavailable},
};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use serde_json::json;

use super::{attempt::Made, breaker::Fault, client::Request, lanes::Outcome, pace::Attempted};
use crate::bill::{
    Facts, Http, Letter, Received, Sms, Smtp, Way, Ways, facts, is_still_true, recipients,
};

/// The waits between attempts: nearly half a day in all. A bill that comes later helps nobody.
const WAITS: [Span; 8] = [
    Span::seconds(30),
    Span::minutes(2),
    Span::minutes(10),
    Span::minutes(30),
    Span::hours(1),
    Span::hours(2),
    Span::hours(3),
    Span::hours(4),
];

/// The share by which a wait may be longer: a fifth.
const JITTER: i64 = 5;

/// How long after the first attempt the last retry comes at the latest.
pub(super) const LASTS: Span = Span::hours(14);

/// What a way made of a bill.
struct Sent {
    exchange: Exchange,
    status: Option<u16>,
    /// What the attempt says about the way itself.
    outcome: Outcome,
    /// What came of it: taken, refused for ever, or to be tried again; the last two with a reason that
    /// names nobody.
    came: Came,
    retry_after: Option<String>,
}

enum Came {
    Taken,
    Refused(String),
    NotYet(String),
}

/// Makes it. An error is the gateway's own: nothing was sent, and the bill is as it was.
pub(super) async fn make(
    gateway: &Gateway,
    ways: Option<&Ways>,
    delivery: &Delivery,
    (channel, kind): (Channel, BillKind),
) -> Result<Made, Unavailable> {
    let clock = gateway.clock();
    let at = clock.now();
    let hopeless = |why: &str| Ok(Made::hopeless(delivery, at, why));
    let Some((ways, way)) = ways.and_then(|ways| Some((ways, ways.by(channel)?))) else {
        return hopeless("Bills are not sent by this channel any more.");
    };
    if delivery.url.is_none() {
        return hopeless("The account's payers are not told by this channel any more.");
    }
    if !is_still_true(kind, &delivery.view.payment, at) {
        return hopeless(
            "Not sent: the payment has moved on, and this would not be true any more.",
        );
    }
    let recipients = recipients(&delivery.account.brand, &delivery.view.personal);
    let Some(to) = recipients.of(channel) else {
        return hopeless("Not sent: nobody knows the payer's address, or it was erased.");
    };
    // What was tried before was counted then.
    if delivery.attempts == 0 && !ways.admits(channel, to, at) {
        return hopeless("Not sent: this address has had as many bills as one may get in an hour.");
    }
    let stopwatch = Stopwatch::start();
    let facts = facts(gateway, &delivery.account, &delivery.view, kind, &ways.public_url);
    let bill = Bill { ways, facts: &facts, channel, kind, to, id: id(delivery) };
    let sent = match way {
        Way::Smtp(smtp) => bill.by_mail(smtp, clock.real_now()).await,
        Way::Http(http) => bill.by_http(http).await?,
        Way::Inbox => bill.to_inbox(delivery.url.as_deref().unwrap_or_default()).await?,
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(why) => return hopeless(&why),
    };
    let took_ms = i64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(i64::MAX);
    let ended_at = clock.now();
    let verdict = verdict(delivery, &sent, ended_at, clock.real_now());
    let report = AttemptReport {
        no: delivery.no,
        at,
        took_ms,
        status: sent.status,
        next: verdict.next,
        verdict: verdict.why,
        exchange: sent.exchange,
        counts: Counts::Try,
    };
    Ok(Made { report, outcome: sent.outcome, began_at: at, copies: Vec::new() })
}

/// The same at every attempt, and no other's.
fn id(delivery: &Delivery) -> String {
    format!("{}.{}", delivery.view.payment.id, delivery.no)
}

fn verdict(delivery: &Delivery, sent: &Sent, ended_at: Timestamp, real_now: Timestamp) -> Verdict {
    let number = delivery.attempts.saturating_add(1);
    let why = match &sent.came {
        Came::Taken => {
            let why = "The bill is on its way.".to_owned();
            return Verdict { next: Next::Delivered, why };
        }
        Came::Refused(why) => {
            let why = format!("Attempt {number} failed: {why}. That is final.");
            return Verdict { next: Next::GiveUp, why };
        }
        Came::NotYet(why) => why,
    };
    let done = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = WAITS.get(done) else {
        let why = format!("Attempt {number} failed: {why}. It was the last.");
        return Verdict { next: Next::GiveUp, why };
    };
    let chance: u16 = rand::random();
    let longer = wait.as_millis() / JITTER * i64::from(chance) / i64::from(u16::MAX);
    let verdict = Verdict {
        next: Next::RetryAt(ended_at.plus(*wait).plus(Span::millis(longer))),
        why: format!("Attempt {number} failed: {why}. Retry {number} follows."),
    };
    let attempted = Attempted {
        status: None,
        retry_after: sent.retry_after.as_deref(),
        first_at: delivery.first_at,
        ended_at,
        real_now,
        lasts: LASTS,
        is_lengthened: false,
        chance,
    };
    attempted.follow(verdict)
}

/// What is sent, and to whom.
struct Bill<'a> {
    ways: &'a Ways,
    facts: &'a Facts,
    channel: Channel,
    kind: BillKind,
    to: &'a str,
    id: String,
}

impl Bill<'_> {
    async fn by_mail(&self, smtp: &Smtp, now: Timestamp) -> Result<Sent, String> {
        let Facts { occasion, told, language } = self.facts;
        let mail = pages::bill::mail(told, *occasion, *language);
        let email = smtp.email();
        let from = (&email.from, email.reply_to.as_ref());
        let letter = Letter::write(mail, from, self.to, &self.id, now)
            .map_err(|why| format!("Not sent: no mail can be written: {why}."))?;
        let (received, exchange) = smtp.send(&letter, self.ways.timeout).await;
        let (outcome, came) = match received {
            Received::Taken(_) => (Outcome::Answered, Came::Taken),
            Received::NotNow(421) => (Outcome::TooMuch(None), Came::NotYet("SMTP 421".to_owned())),
            Received::NotNow(code) => (Outcome::Answered, Came::NotYet(format!("SMTP {code}"))),
            Received::Never(code) => (Outcome::Answered, Came::Refused(format!("SMTP {code}"))),
            Received::NotUs(code) => {
                let why =
                    format!("SMTP {code}: the mail server does not let us in; see bill.email");
                (Outcome::Failed(Fault::Broken), Came::NotYet(why))
            }
            Received::TimedOut => {
                let why = "the mail server did not answer in time".to_owned();
                (Outcome::Failed(Fault::TimedOut), Came::NotYet(why))
            }
            Received::Unreachable => {
                let why = "no connection to the mail server".to_owned();
                (Outcome::Failed(Fault::Unreachable), Came::NotYet(why))
            }
        };
        Ok(Sent { exchange, status: received.code(), outcome, came, retry_after: None })
    }

    async fn by_http(&self, http: &Http) -> Result<Result<Sent, String>, Unavailable> {
        let sms = Sms { facts: self.facts, kind: self.kind, to: self.to, id: &self.id };
        let Some((url, request)) = http.request(&sms) else {
            let why = "Not sent: a header would hold what no header may.";
            return Ok(Err(why.to_owned()));
        };
        let mut sent = self.send(&url, request, |status, body| http.is_taken(status, body)).await?;
        http.mask(&mut sent.exchange);
        Ok(Ok(sent))
    }

    async fn to_inbox(&self, url: &str) -> Result<Result<Sent, String>, Unavailable> {
        let Facts { occasion, told, language } = self.facts;
        let body = match self.channel {
            Channel::Email => {
                let mail = pages::bill::mail(told, *occasion, *language);
                json!({ "subject": mail.subject, "text": mail.text, "html": mail.html })
            }
            Channel::Sms | Channel::Whatsapp => {
                json!({ "text": pages::bill::short(told, *occasion, *language) })
            }
        };
        let body = json!({
            "id": self.id,
            "channel": self.channel.name(),
            "kind": self.kind.name(),
            "to": self.to,
            "merchant": told.merchant,
            "message": body,
        });
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = body.to_string().into();
        let request = Request { method: Method::POST, headers, body };
        let is_taken = |status: u16, _: &[u8]| match status {
            200 => Ok(()),
            other => Err(format!("HTTP {other}")),
        };
        Ok(Ok(self.send(url, request, is_taken).await?))
    }

    async fn send(
        &self,
        url: &str,
        request: Request,
        is_taken: impl Fn(u16, &[u8]) -> Result<(), String>,
    ) -> Result<Sent, Unavailable> {
        let timeout =
            Span::millis(i64::try_from(self.ways.timeout.as_millis()).unwrap_or(i64::MAX));
        let terms = DeliveryTerms { timeout, redirects_max: 0 };
        let exchange = self.ways.client.send(url, request, terms).await;
        if exchange.is_unsent() {
            return Err(Unavailable::QueueFull);
        }
        let (came, fault) = match exchange.answer() {
            Answer::Status(status, body) => (of_status(status, is_taken(status, body)), None),
            Answer::TimedOut => {
                (Came::NotYet("no answer in time".to_owned()), Some(Fault::TimedOut))
            }
            Answer::Unreachable => {
                (Came::NotYet("no connection".to_owned()), Some(Fault::Unreachable))
            }
        };
        let outcome = match (fault, exchange.status()) {
            (Some(fault), _) => Outcome::Failed(fault),
            (None, Some(429 | 503)) => Outcome::TooMuch(None),
            (None, Some(401 | 403 | 500..=599)) => Outcome::Failed(Fault::Broken),
            (None, _) => Outcome::Answered,
        };
        Ok(Sent {
            status: exchange.status(),
            retry_after: exchange.header("retry-after").map(str::to_owned),
            exchange: exchange.record,
            outcome,
            came,
        })
    }
}

/// What an API's answer means. What it says of the message is final; what it says of us or of itself is
/// not: a token is corrected, a server comes back.
fn of_status(status: u16, taken: Result<(), String>) -> Came {
    match (taken, status) {
        (Ok(()), _) => Came::Taken,
        (Err(why), 401 | 403 | 408 | 425 | 429) => Came::NotYet(why),
        (Err(why), 300..=499) => Came::Refused(why),
        (Err(why), _) => Came::NotYet(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_means_is_as_it_is_told() {
        let no = || Err("no".to_owned());
        for (status, is_final) in
            [(301, true), (400, true), (404, true), (422, true), (401, false), (403, false)]
                .into_iter()
                .chain([(408, false), (429, false), (500, false), (503, false), (200, false)])
        {
            assert_eq!(matches!(of_status(status, no()), Came::Refused(_)), is_final, "{status}");
        }
        assert!(matches!(of_status(200, Ok(())), Came::Taken));
    }

    #[test]
    fn all_retries_come_within_the_time_that_is_told() {
        let longest: i64 =
            WAITS.iter().map(|wait| wait.as_millis() + wait.as_millis() / JITTER).sum();
        assert!(Span::millis(longest) < LASTS);
    }
}
