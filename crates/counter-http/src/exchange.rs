//! One request from its first byte to its last: read, believe, parse, ask, answer.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    extract::{OriginalUri, Request},
    response::Response,
};
use bytes::Bytes;
use counter::Terminal;
use domain::{payment::Refusal, sale::Operation, time::Timestamp};
use gateway::{
    clock::Stopwatch,
    directory::{Directory, Partner, Secret},
    request::{CounterReply, CounterRequest, SaleStatus, StatusRequest},
};
use http::{StatusCode, Uri};
use intake::{BodyError, Peer};

use crate::{
    CounterHttp,
    admission::{Claim, Received, admit},
    answer, at_whose,
    endpoint::Endpoint,
    explain::explain,
    fault::Fault,
    member::Malformed,
    message::Message,
    reply::Reply,
};

/// Answers a request to `endpoint`, or to nothing that exists.
pub(crate) async fn answer(
    counter: CounterHttp,
    endpoint: Option<Endpoint>,
    request: Request,
) -> Response {
    let stopwatch = Stopwatch::start();
    let (parts, body) = request.into_parts();
    let body = intake::read_body(body, &counter.0.limits).await;
    let clock = counter.0.gateway.clock();
    let arrival = Arrival { received_at: clock.now(), real_now: clock.real_now() };
    let directory = counter.0.gateway.directory();
    let signer = Claim::of(&parts.headers).signer(&directory, arrival.real_now);

    let reply = match (endpoint, body) {
        (None, _) => malformed(&Malformed::new("path", "there is no such call"))
            .with_status(StatusCode::NOT_FOUND),
        (Some(endpoint), _) if parts.method != endpoint.method() => {
            let method = if endpoint.method() == http::Method::GET { "GET" } else { "POST" };
            malformed(&Malformed::new("method", "is another one for this call"))
                .with_status(StatusCode::METHOD_NOT_ALLOWED)
                .allowing(method)
        }
        (Some(_), Err(error)) => unread(error),
        (Some(endpoint), Ok(body)) => {
            counter.reply(endpoint, &parts, body, arrival, &directory).await
        }
    };

    let name = endpoint.map_or("none", Endpoint::name);
    let code = reply.code.to_string();
    metrics::counter!("gerai_counter_answers_total", "operation" => name, "code" => code)
        .increment(1);
    metrics::histogram!("gerai_counter_answer_seconds", "operation" => name)
        .record(stopwatch.elapsed());
    reply.into_response(signer.as_ref())
}

/// When a request's last byte came.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    /// By the gateway's clock, for every decision (rule 9).
    received_at: Timestamp,
    /// By the world's clock, for signatures (rule 43).
    real_now: Timestamp,
}

fn malformed(malformed: &Malformed) -> Reply {
    Reply::of(&Fault::malformed(malformed), None)
}

fn unread(error: BodyError) -> Reply {
    let (rule, status) = match error {
        BodyError::TooLarge => ("must be 16 KiB at most", StatusCode::PAYLOAD_TOO_LARGE),
        BodyError::TooSlow => ("did not arrive in time", StatusCode::REQUEST_TIMEOUT),
        BodyError::Broken => ("did not arrive whole", StatusCode::BAD_REQUEST),
    };
    malformed(&Malformed::new("body", rule)).with_status(status)
}

impl CounterHttp {
    /// Answers a request that was read, if it is believed.
    async fn reply(
        &self,
        endpoint: Endpoint,
        parts: &http::request::Parts,
        body: Bytes,
        arrival: Arrival,
        directory: &Directory,
    ) -> Reply {
        let claim = Claim::of(&parts.headers);
        let uri = parts.extensions.get().map_or(&parts.uri, |OriginalUri(uri): &OriginalUri| uri);
        let peer = parts.extensions.get().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |Peer(ip)| *ip);
        let received = Received {
            method: &parts.method,
            target: uri.path_and_query().map_or("/", |target| target.as_str()),
            body: &body,
            peer,
            real_now: arrival.real_now,
        };
        let partner = match admit(&claim, &received, directory, &self.0.nonces) {
            Ok(partner) => partner,
            Err(why) => {
                let key_id = claim.key_id.unwrap_or_default();
                tracing::warn!(%why, %peer, key_id, "a counter's request is not authenticated");
                self.1.ask(|| explain(directory, &parts.headers, &received, why));
                return Reply::of(&Fault::not_authenticated(), None);
            }
        };
        let reply = match endpoint {
            Endpoint::Echo => Ok(Reply::new(StatusCode::OK, answer::echo(arrival.received_at))),
            Endpoint::Status => self.status(uri, &partner, directory).await,
            Endpoint::Message(operation) => {
                self.message(operation, body, &partner, arrival.received_at, directory).await
            }
        };
        reply.unwrap_or_else(|why| malformed(&why))
    }

    /// Carries out a message about a sale.
    async fn message(
        &self,
        operation: Operation,
        body: Bytes,
        partner: &Partner,
        received_at: Timestamp,
        directory: &Directory,
    ) -> Result<Reply, Malformed> {
        let message = Message::parse(operation, &body)?;
        let retailers = self.0.gateway.retailers();
        let named = message.retailer.as_deref();
        let retailer = match operation {
            Operation::Inquiry | Operation::Payment | Operation::Advice | Operation::Payout => {
                at_whose::named_or_only(partner, retailers, named)?
            }
            Operation::Commit | Operation::Reversal => {
                let pools = &directory.pools;
                at_whose::named_or_likely(partner, retailers, named, pools, &message.code)?
            }
        };
        let request = CounterRequest {
            operation,
            partner: partner.no,
            retailer: retailer.key,
            sale: message.sale_keys(&retailer.contract)?,
            code: message.code,
            sale_sent: message.sale,
            outlet: message.outlet.unwrap_or_default(),
            terminal: message.terminal.unwrap_or_default(),
            receipt_no: message.receipt_no,
            till_at: message.till_at.unwrap_or(received_at),
            received_at,
            amount: message.amount,
            cash: message.cash,
            reason: message.reason,
            // What is kept of a message must not hold a PIN.
            raw: if operation == Operation::Payout { Bytes::new() } else { body },
            render: answer::render,
        };
        Ok(self.ask(request, message.pin).await)
    }

    /// Asks the gateway, unless the terminal has guessed too much.
    async fn ask(&self, request: CounterRequest, pin: Option<Secret>) -> Reply {
        let terminal = Terminal {
            partner: request.partner,
            outlet: request.outlet.clone(),
            terminal: request.terminal.clone(),
        };
        let (code, sale) = (request.code, request.sale_sent.clone());
        let about = Some((code.as_str(), sale.as_str()));
        let (operation, received_at) = (request.operation, request.received_at);
        if can_be_put_off(operation) && self.0.unknown_codes.is_hot(&terminal, received_at) {
            tracing::warn!(partner = %terminal.partner, outlet = terminal.outlet,
                terminal = terminal.terminal, "a terminal asks for too many unknown codes");
            return Reply::of(&Fault::too_many_unknown(), about);
        }
        let gateway = &self.0.gateway;
        let replied = match pin {
            Some(pin) => gateway.pay_out_at_counter(request, pin).await,
            None => gateway.counter(request).await,
        };
        match replied {
            Err(_unavailable) => Reply::of(&Fault::try_again(), about),
            Ok(CounterReply { body, answer }) => {
                let refusal = answer.and_then(|answer| answer.outcome.err());
                if refusal == Some(Refusal::UnknownCode) {
                    self.0.unknown_codes.count(terminal, received_at);
                }
                let status = refusal
                    .map_or(StatusCode::OK, |refusal| Fault::of(refusal, operation).code.status());
                Reply::new(status, body)
            }
        }
    }

    /// Tells what became of a sale.
    async fn status(
        &self,
        uri: &Uri,
        partner: &Partner,
        directory: &Directory,
    ) -> Result<Reply, Malformed> {
        let message = Message::of_query(uri)?;
        let retailers = self.0.gateway.retailers();
        let named = message.retailer.as_deref();
        let pools = &directory.pools;
        let retailer = at_whose::named_or_likely(partner, retailers, named, pools, &message.code)?;
        let sale = message.sale_keys(&retailer.contract)?;
        let request = StatusRequest {
            partner: partner.no,
            code: message.code,
            sale,
            sale_sent: message.sale.clone(),
            outlet: message.outlet,
            till_at: message.till_at,
            render: answer::render,
        };
        let about = Some((message.code.as_str(), message.sale.as_str()));
        Ok(match self.0.gateway.sale_status(request).await {
            Ok(SaleStatus::Stands(body)) => Reply::new(StatusCode::OK, body),
            Ok(SaleStatus::TakenBack) => Reply::of(&Fault::sale_reversed(), about),
            Ok(SaleStatus::Unknown) => Reply::of(&Fault::unknown_sale(), about),
            Err(_unavailable) => Reply::of(&Fault::try_again(), about),
        })
    }
}

/// Whether a terminal that guesses may be told to wait. Not with a commit, an advice or a reversal:
/// they speak of cash that has changed hands.
const fn can_be_put_off(operation: Operation) -> bool {
    match operation {
        Operation::Inquiry | Operation::Payment | Operation::Payout => true,
        Operation::Commit | Operation::Advice | Operation::Reversal => false,
    }
}
