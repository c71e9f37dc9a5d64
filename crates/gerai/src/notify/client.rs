//! Sending one notification: a POST, its redirects, and what came back, all within one deadline.

mod connect;
mod connection;
mod names;
mod network;
mod pool;
pub(crate) mod trouble;
pub(crate) mod trust;

use std::{path::Path, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use dialect::{Answer, DeliveryTerms, Outgoing};
use gateway::reach::{Reach, Target};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header::LOCATION};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use rustls::ClientConfig;

use self::{
    connect::Connector,
    network::{Internet, Network},
    pool::{Origin, Pool},
    trouble::Trouble,
};
use super::{
    location::follow,
    record::{Record, Stage, is_secret},
};
use crate::config::ConfigError;

pub(super) use self::connection::Connection;

/// The most that is read of an answer's body, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Sends notifications. Keeps connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    connector: Arc<Connector>,
    pool: Pool,
    reach: Reach,
}

/// What became of an attempt.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// What came back in the end.
    outcome: Outcome,
    /// What went over the wire, as it is kept.
    pub(crate) record: gateway::request::Exchange,
}

/// What came back in the end.
#[derive(Debug)]
enum Outcome {
    Answered(Reply),
    TimedOut,
    Unreachable,
    /// Nothing was sent, and not because of anybody out there.
    Unsent,
}

impl Exchange {
    /// What was lost on its way before anything was sent.
    pub(super) fn lost() -> Self {
        Self { outcome: Outcome::Unreachable, record: gateway::request::Exchange::default() }
    }

    /// Whether nothing was sent because of what others are doing: it says nothing about the endpoint.
    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.outcome, Outcome::Unsent)
    }

    /// For the dialect.
    pub(crate) fn answer(&self) -> Answer<'_> {
        match &self.outcome {
            Outcome::Answered(reply) => Answer::Status(reply.status.as_u16(), &reply.body),
            Outcome::TimedOut => Answer::TimedOut,
            Outcome::Unreachable | Outcome::Unsent => Answer::Unreachable,
        }
    }

    /// The HTTP status, where there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status.as_u16())
    }

    /// The first value of a header of the answer, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.reply()?.headers.get(name)?.to_str().ok()
    }

    fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Answered(reply) => Some(reply),
            Outcome::TimedOut | Outcome::Unreachable | Outcome::Unsent => None,
        }
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer to one request.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: BytesMut,
}

/// Where an answer sends us.
enum Onward {
    /// Nowhere: it is the answer.
    Here,
    /// There, with the same request.
    To(Uri),
    /// Where nothing is sent, and why.
    Refused(&'static str),
}

impl Client {
    /// A client that connects to what `reach` allows, and trusts the system's certification
    /// authorities and those of `ca_file`.
    pub(crate) fn new(reach: Reach, ca_file: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(Self::over(Arc::new(Internet), reach, trust::tls(ca_file)?))
    }

    /// A client over any network.
    fn over(network: Arc<dyn Network>, reach: Reach, tls: Arc<ClientConfig>) -> Self {
        let connector = Arc::new(Connector::new(network, reach.clone(), tls));
        Self { connector, pool: Pool::default(), reach }
    }

    /// Sends `outgoing` to `url` under the dialect's terms.
    pub(crate) async fn post(
        &self,
        url: &str,
        mut outgoing: Outgoing,
        terms: DeliveryTerms,
    ) -> Exchange {
        let signed = outgoing.signed.take();
        let headers = headers(&outgoing);
        let request = Request { method: Method::POST, headers, body: outgoing.body.into() };
        self.exchange(url, request, terms, signed).await
    }

    /// Sends a request of any kind to `url`.
    pub(crate) async fn send(&self, url: &str, request: Request, terms: DeliveryTerms) -> Exchange {
        self.exchange(url, request, terms, None).await
    }

    async fn exchange(
        &self,
        url: &str,
        request: Request,
        terms: DeliveryTerms,
        signed: Option<String>,
    ) -> Exchange {
        let mut record = Record::of(signed);
        let timeout = Duration::from_millis(terms.timeout.as_millis().unsigned_abs());
        let hops = self.hops(url, request, terms.redirects_max, &mut record);
        let outcome = match tokio::time::timeout(timeout, hops).await {
            Ok(Ok(reply)) => Outcome::Answered(reply),
            Ok(Err(trouble)) => {
                record.fail(trouble.to_string());
                if matches!(trouble, Trouble::Crowded) && !record.is_onward() {
                    Outcome::Unsent
                } else if trouble.is_time_out() {
                    Outcome::TimedOut
                } else {
                    Outcome::Unreachable
                }
            }
            Err(_) => {
                let stage = record.stage().map_or("", Stage::meanwhile);
                record.fail(format!("no whole answer in time{stage}"));
                Outcome::TimedOut
            }
        };
        Exchange { outcome, record: record.into_exchange() }
    }

    async fn hops(
        &self,
        url: &str,
        mut request: Request,
        redirects_max: u8,
        record: &mut Record,
    ) -> Result<Reply, Trouble> {
        let mut target = self.reach.target(url)?;
        let mut redirects = 0;
        loop {
            record.sent(&target.uri, &request);
            let reply = self.hop(&target, &request, record).await?;
            let next = match onward(&target, &reply) {
                Onward::Here => return Ok(reply),
                Onward::To(_) if redirects == redirects_max => {
                    let why = if redirects_max == 0 {
                        "this vendor's notifications follow no redirects"
                    } else {
                        "too many redirects"
                    };
                    record.remark(why);
                    return Ok(reply);
                }
                Onward::To(next) => next,
                Onward::Refused(why) => {
                    record.remark(why);
                    return Ok(reply);
                }
            };
            redirects += 1;
            let next = self.reach.judge(next).map_err(Trouble::Redirect)?;
            if Origin::of(&next) != Origin::of(&target) {
                // Whoever is sent elsewhere takes no secret there.
                let names: Vec<_> =
                    request.headers.keys().filter(|name| is_secret(name)).cloned().collect();
                for name in names {
                    request.headers.remove(name);
                }
            }
            target = next;
        }
    }

    /// One request and its answer.
    async fn hop(
        &self,
        target: &Target,
        request: &Request,
        record: &mut Record,
    ) -> Result<Reply, Trouble> {
        let origin = Origin::of(target);
        let mut kept = self.pool.take(&origin).await;
        loop {
            let is_reused = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.connector.connect(target, record).await?,
            };
            record.over(&connection, is_reused);
            record.enter(Stage::Answer);
            let response = match connection.send(target, request).await {
                Ok(response) => response,
                // It was closed while it was idle, and nobody has seen the request.
                Err(unanswered) if is_reused && unanswered.is_untouched => continue,
                Err(unanswered) => return Err(Trouble::Http(unanswered.error)),
            };
            let (head, body) = response.into_parts();
            record.answered(head.status, &head.headers);
            record.enter(Stage::Body);
            let (body, end) = read(body).await;
            record.answer_body(&body, !matches!(end, End::Whole));
            record.leave();
            match end {
                End::Whole => self.pool.put(origin, connection, &head.headers),
                End::Cut => connection.finish(),
                End::Broken(why) => record.remark(format!("the answer's body broke off: {why}")),
            }
            return Ok(Reply { status: head.status, headers: head.headers, body });
        }
    }
}

/// Where an answer to `target` sends us: 307 and 308 keep the request, all others would change it.
fn onward(target: &Target, reply: &Reply) -> Onward {
    let keeps = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
    let Some(location) = reply.headers.get(LOCATION).filter(|_| keeps.contains(&reply.status))
    else {
        return Onward::Here;
    };
    let next = location.to_str().ok().and_then(|place| follow(&target.uri, place));
    match next {
        None => Onward::Refused("the redirect names no URL"),
        Some(next) if target.is_tls && next.scheme_str() == Some("http") => {
            Onward::Refused("the redirect leads from https to http, where everybody could read it")
        }
        Some(next) => Onward::To(next),
    }
}

/// How a body ended.
enum End {
    /// At its end.
    Whole,
    /// There is more than is read.
    Cut,
    /// Before its end, and why. The status counts all the same.
    Broken(String),
}

/// The body, as far as it is read.
async fn read(mut body: Incoming) -> (BytesMut, End) {
    let mut read = BytesMut::new();
    loop {
        let data = match body.frame().await {
            None => return (read, End::Whole),
            Some(Err(error)) => return (read, End::Broken(trouble::reasons(&error))),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let room = ANSWER_MAX.saturating_sub(read.len());
        read.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            return (read, End::Cut);
        }
    }
}

/// What the dialect wants sent. A value that no header can hold is left out.
fn headers(outgoing: &Outgoing) -> HeaderMap {
    let pairs = outgoing.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
