//! `GET /v1/events`: Gerai's own events, pulled, waited for, or streamed. No endpoint is needed for
//! any of it.

mod asked;
mod slots;
mod stream;

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use domain::ids::AccountNo;
use gateway::{Gateway, directory::Account, own_events::OwnEvents};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
};

use self::asked::{After, Asked};
pub(super) use self::slots::Slots;
use super::fault::Fault;
use crate::own::body;

/// What a caller may know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) account: &'a Account,
    pub(super) slots: &'a Slots,
}

/// Answers with a page of events, or with a stream where that is accepted.
pub(super) async fn answer(
    caller: Caller<'_>,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    let Caller { gateway, account, slots } = caller;
    let mut asked = Asked::read(query)?;
    let streams = wants_stream(headers);
    if streams {
        asked.resume(headers)?;
    }
    let after = begin(gateway, account, asked.after).await?;
    if streams {
        let slot = slots.take(account.no).ok_or(Fault::TooManyStreams)?;
        return Ok(stream::open(gateway.clone(), account.no, after, asked.types, slot));
    }
    let types = asked.types.clone();
    let mut page = gateway.own_events_of(account.no, after, types, asked.limit).await?;
    if is_at_the_end(&page) && !asked.wait.is_zero() {
        let _slot = slots.take(account.no).ok_or(Fault::TooManyStreams)?;
        page = wait(gateway, account.no, page, &asked).await?;
    }
    Ok(told(account, &page))
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = accepted.flat_map(|value| value.split(','));
    types.any(|one| {
        let name = one.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// The number after which to begin. What is not kept any more, and what never was, is refused.
async fn begin(gateway: &Gateway, account: &Account, after: After) -> Result<i64, Fault> {
    let ends = gateway.own_events(account.no, i64::MAX, 1).await?.ends;
    if ends.newest == 0 && !account.settings.events {
        return Err(Fault::EventsOff);
    }
    let first = (ends.oldest - 1).max(0);
    match after {
        After::Start => Ok(first),
        After::Latest => Ok(ends.newest),
        After::Number(number) if number < first => Err(Fault::Gone { oldest: first }),
        After::Number(number) if number > ends.newest => Err(Fault::Bad(format!(
            "after {number} is ahead of the newest event, {}; if the gateway was restored from a \
             backup, begin anew without a cursor",
            ends.newest
        ))),
        After::Number(number) => Ok(number),
    }
}

/// Whether there is nothing to tell, and nothing left to look at.
fn is_at_the_end(page: &OwnEvents) -> bool {
    page.events.is_empty() && page.until >= page.ends.newest
}

/// Looks again whenever a commit brought something, until there is one of the right type or the time
/// is over.
async fn wait(
    gateway: &Gateway,
    account: AccountNo,
    mut page: OwnEvents,
    asked: &Asked,
) -> Result<OwnEvents, Fault> {
    let mut newest = gateway.own_newest(account);
    let mut ended = gateway.streams_ended();
    let over = tokio::time::sleep(asked.wait);
    tokio::pin!(over);
    while is_at_the_end(&page) {
        let until = page.until;
        tokio::select! {
            () = &mut over => break,
            _ = ended.wait_for(|ended| *ended) => break,
            changed = newest.wait_for(|newest| *newest > until) => if changed.is_err() { break },
        }
        let types = asked.types.clone();
        page = gateway.own_events_of(account, until, types, asked.limit).await?;
    }
    Ok(page)
}

/// A page as it is told. Each event is the bytes that it always is.
fn told(account: &Account, page: &OwnEvents) -> Response {
    let mut bytes = br#"{"events":["#.to_vec();
    for (place, event) in page.events.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&body(account, event));
    }
    let has_more = page.until < page.ends.newest;
    bytes.extend_from_slice(
        format!(r#"],"next":"{}","has_more":{has_more}}}"#, page.until).as_bytes(),
    );
    with_type(Body::from(bytes), "application/json")
}

fn with_type(body: Body, content_type: &'static str) -> Response {
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The longest that a request may wait.
const WAIT_MAX: Duration = Duration::from_mins(1);
