//! One attempt to tell a merchant.

use std::collections::BTreeMap;

use dialect::{Attempt, DeliveryTerms, Outgoing};
use domain::time::{Span, Timestamp};
use gateway::{
    Gateway,
    clock::{Clock, Stopwatch},
    request::{AttemptReport, Counts, Delivery, Exchange, Next, Unavailable},
};

use super::{
    breaker::Fault,
    client::{Client, Exchange as Exchanged},
    lanes::Outcome,
    pace::Attempted,
    passage::{Copies, Manner},
    voice::Voice,
};

/// An attempt that was made, or could not be.
#[derive(Debug)]
pub(super) struct Made {
    /// What is stored of it.
    pub(super) report: AttemptReport,
    /// What it says about its endpoint.
    pub(super) outcome: Outcome,
    /// When it began.
    pub(super) began_at: Timestamp,
    /// What else went out, and changes nothing.
    pub(super) copies: Vec<AttemptReport>,
}

impl Made {
    /// One that cannot be made.
    pub(super) fn hopeless(delivery: &Delivery, now: Timestamp, why: &str) -> Self {
        let report = AttemptReport {
            no: delivery.no,
            at: now,
            took_ms: 0,
            status: None,
            next: Next::GiveUp,
            verdict: why.to_owned(),
            exchange: Exchange::default(),
            counts: Counts::Try,
        };
        Self { report, outcome: Outcome::NotSent, began_at: now, copies: Vec::new() }
    }

    /// The end of news whose time has passed while nobody answered: nothing is sent any more.
    pub(super) fn over(delivery: &Delivery, now: Timestamp) -> Self {
        let why = "Nobody has answered at this endpoint until the end of the time in which retries \
                   may come.";
        let mut over = Self::hopeless(delivery, now, why);
        over.report.counts = Counts::Nothing;
        over
    }

    /// Nothing is sent before an instant.
    pub(super) fn put_off(
        delivery: &Delivery,
        now: Timestamp,
        until: Timestamp,
        why: &str,
    ) -> Self {
        let mut put_off = Self::hopeless(delivery, now, why);
        put_off.report.next = Next::RetryAt(until);
        put_off.report.counts = Counts::Nothing;
        put_off
    }

    /// A probe that nobody answered: it is kept, and the news stays as it is.
    pub(super) fn into_silent_probe(mut self) -> Self {
        let what = match (self.outcome, self.report.status) {
            (_, Some(status)) => format!("HTTP {status}"),
            (Outcome::Failed(Fault::TimedOut), None) => "no answer in time".to_owned(),
            (_, None) => "no connection".to_owned(),
        };
        self.report.counts = Counts::Probe;
        self.report.verdict = format!(
            "Probe: {what}. Nobody is there yet; this is none of the tries of the vendor's rules."
        );
        self
    }

    /// What came of it, for people.
    pub(super) fn why(&self) -> &str {
        &self.report.verdict
    }
}

/// Makes it, in whatever manner. An error is the gateway's own: nothing was sent, and the notification
/// is as it was.
pub(super) async fn make(
    gateway: &Gateway,
    client: &Client,
    delivery: &Delivery,
    lengthened: &BTreeMap<String, Span>,
    manner: &Manner,
) -> Result<Made, Unavailable> {
    let clock = gateway.clock();
    let at = clock.now();
    let hopeless = |why: &str| Ok(Made::hopeless(delivery, at, why));
    let Some(url) = &delivery.url else {
        return hopeless("the account has no such notification URL any more");
    };
    let Some(voice) = Voice::of(delivery) else {
        return hopeless("nobody speaks this dialect any more");
    };
    let stopwatch = Stopwatch::start();
    let outgoing = match voice.outgoing(gateway, delivery, url).await? {
        Ok(outgoing) => outgoing,
        Err(why) => return hopeless(&why),
    };
    let again = manner.copies().map(|wanted| (wanted, outgoing.clone()));
    let exchange = match manner {
        Manner::Lost(_) => Exchanged::lost(),
        Manner::Plain | Manner::Copied(_) => client.post(url, outgoing, voice.terms()).await,
    };
    if exchange.is_unsent() {
        return Err(Unavailable::QueueFull);
    }
    let took_ms = i64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(i64::MAX);

    let ended_at = clock.now();
    let chance = rand::random();
    let answer = exchange.answer();
    let verdict = voice.verdict(&Attempt {
        account: &delivery.account,
        number: delivery.attempts.saturating_add(1),
        answer,
        first_at: delivery.first_at,
        ended_at,
        chance,
    });
    let attempted = Attempted {
        status: exchange.status(),
        retry_after: exchange.header("retry-after"),
        first_at: delivery.first_at,
        ended_at,
        real_now: clock.real_now(),
        lasts: voice.lasts(lengthened),
        is_lengthened: voice.is_lengthened(lengthened),
        chance,
    };
    let verdict = attempted.follow(verdict);
    let (outcome, why) = match manner {
        Manner::Plain | Manner::Copied(_) => (attempted.outcome(&answer), verdict.why),
        // It says nothing about the endpoint.
        Manner::Lost(reason) => (Outcome::NotSent, format!("{reason} {}", verdict.why)),
    };
    let report = AttemptReport {
        no: delivery.no,
        at,
        took_ms,
        status: exchange.status(),
        next: verdict.next,
        verdict: why,
        exchange: exchange.record,
        counts: Counts::Try,
    };
    voice.conclude(gateway, delivery, report.status).await;
    let copies = match again {
        None => Vec::new(),
        Some((wanted, outgoing)) => {
            let sending = Sending { clock, client, url, outgoing, terms: voice.terms() };
            // Apart, so that an attempt without copies takes no room for them.
            Box::pin(sending.copies(&report, wanted)).await
        }
    };
    Ok(Made { report, outcome, began_at: at, copies })
}

/// What is sent again, byte for byte.
struct Sending<'a> {
    clock: &'a Clock,
    client: &'a Client,
    url: &'a str,
    outgoing: Outgoing,
    terms: DeliveryTerms,
}

impl Sending<'_> {
    /// Sends so many copies, one after the other: what is stored of each.
    async fn copies(self, first: &AttemptReport, wanted: &Copies) -> Vec<AttemptReport> {
        let mut copies = Vec::with_capacity(usize::from(wanted.count));
        for _ in 0..wanted.count {
            let (at, stopwatch) = (self.clock.now(), Stopwatch::start());
            let exchange = self.client.post(self.url, self.outgoing.clone(), self.terms).await;
            copies.push(AttemptReport {
                at,
                took_ms: i64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(i64::MAX),
                status: exchange.status(),
                verdict: wanted.reason.clone(),
                exchange: exchange.record,
                counts: Counts::Probe,
                ..first.clone()
            });
        }
        copies
    }
}
