//! `GET /v1/notifications`: an account's notifications as they would be sent, for whoever has no URL
//! that the gateway could reach: `gerai listen` on a laptop.
//!
//! They are told once, whatever URLs the account has, and listening changes nothing: what is sent is
//! sent all the same. What an operator has sent again is told again to those who listen then, and say
//! how much of that they have heard (`resent`).

use std::time::Duration;

use axum::response::Response;
use dialect::{Notice, Untold};
use domain::{event::Announcement, ids::EventNo};
use gateway::hearing::{Heard, Hearing};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::{events::Caller, fault::Fault, instant};
use crate::dialects;

/// The longest that a request may wait, in seconds.
const WAIT_MAX: u64 = 60;
/// How long commits are gathered before the rows are looked at again.
const PAUSE: Duration = Duration::from_millis(20);
/// The most that one answer tells.
const COUNT_MAX: usize = 100;
/// Where a notification is said to go where nobody says: what is signed of it is `/`.
const NOWHERE: &str = "http://localhost/";
/// The longest URL, in bytes.
const URL_MAX: usize = 1_024;

/// From where on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum After {
    /// From the next that happens.
    Latest,
    /// From the first that is kept.
    Start,
    /// After what an answer before called so.
    Cursor(String),
}

/// What a caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    after: After,
    /// 0 to a minute.
    wait: Duration,
    /// Where the caller takes the notifications: some vendors sign the path.
    url: Option<String>,
    /// The `resent` of the answer before; none: what was sent again before is not asked for.
    resent: Option<u64>,
}

/// Answers with what happened after a cursor, or waits for it.
pub(super) async fn answer(caller: Caller<'_>, query: &str) -> Result<Response, Fault> {
    let Caller { gateway, account, slots } = caller;
    let asked = Asked::read(query)?;
    let mut committed = gateway.committed();
    let newest = EventNo::new(*committed.borrow());
    let after = match &asked.after {
        After::Latest => newest,
        After::Start => EventNo::new(0),
        After::Cursor(text) => {
            let event = gateway.event_of_cursor(text).filter(|event| *event <= newest);
            event.ok_or_else(|| {
                Fault::Bad(
                    "after is the `next` of an answer before, start or latest; where the gateway \
                     was restored from a backup, begin anew"
                        .to_owned(),
                )
            })?
        }
    };
    let mut resent = gateway.resent();
    let mut hearing = gateway.hear(account.no, after, COUNT_MAX).await?;
    let mut again = gateway.hear_again(account.no, asked.resent, COUNT_MAX).await?;
    let has_nothing = hearing.news.is_empty() && again.0.is_empty() && !hearing.has_more;
    if has_nothing && !asked.wait.is_zero() {
        let _slot = slots.take(account.no).ok_or(Fault::TooManyStreams)?;
        let mut ended = gateway.streams_ended();
        let over = tokio::time::sleep(asked.wait);
        tokio::pin!(over);
        while hearing.news.is_empty() && again.0.is_empty() {
            let (until, sent) = (hearing.until, again.1);
            let rung = async {
                let is_rung = tokio::select! {
                    rung = committed.wait_for(|newest| *newest > until.get()) => rung.is_ok(),
                    rung = resent.wait_for(|newest| *newest > sent) => rung.is_ok(),
                };
                // Every commit rings; on a busy gateway most are about somebody else.
                tokio::time::sleep(PAUSE).await;
                is_rung
            };
            tokio::select! {
                () = &mut over => break,
                _ = ended.wait_for(|ended| *ended) => break,
                is_rung = rung => if !is_rung { break },
            }
            hearing = gateway.hear(account.no, until, COUNT_MAX).await?;
            again = gateway.hear_again(account.no, asked.resent.map(|_| sent), COUNT_MAX).await?;
        }
    }
    Ok(super::reply(StatusCode::OK, &told(caller, &asked, &hearing, &again)))
}

fn told(
    caller: Caller<'_>,
    asked: &Asked,
    hearing: &Hearing,
    (again, resent): &(Vec<Heard>, u64),
) -> Value {
    let again = again.iter().map(|heard| one(caller, asked, heard, true));
    let news = hearing.news.iter().map(|heard| one(caller, asked, heard, false));
    json!({
        "notifications": again.chain(news).collect::<Vec<_>>(),
        "next": caller.gateway.cursor(hearing.until),
        "has_more": hearing.has_more,
        "resent": resent,
    })
}

fn one(caller: Caller<'_>, asked: &Asked, heard: &Heard, is_again: bool) -> Value {
    let Caller { gateway, account, .. } = caller;
    let urls = heard.view.notify_urls.as_ref().unwrap_or(&account.notification_urls);
    let url = asked.url.as_deref().or(urls.first().map(String::as_str)).unwrap_or(NOWHERE);
    let payment = &heard.view.payment;
    let mut value = json!({
        "id": gateway.cursor(heard.event),
        "happened_at": instant(heard.at),
        "says": says(heard.announcement),
        "again": is_again,
        "payment_id": payment.id.to_string(),
        "order_id": payment.order.as_str(),
        "code": payment.code.as_str(),
    });
    let notice = Notice {
        announcement: heard.announcement,
        account,
        view: &heard.view,
        url,
        happened_at: heard.at,
        now: gateway.clock().real_now(),
    };
    let rendered = match dialects::speaking(&account.brand) {
        Some(dialect) => dialect.notification(&notice),
        None => Err(Untold("nobody speaks this dialect any more")),
    };
    let more = match rendered {
        Ok(outgoing) => match String::from_utf8(outgoing.body) {
            Ok(body) => json!({
                "headers": outgoing.headers,
                "body": body,
                "signed": outgoing.signed,
            }),
            Err(_) => json!({ "untold": "its body is no text" }),
        },
        Err(Untold(why)) => json!({ "untold": why }),
    };
    if let (Value::Object(members), Value::Object(more)) = (&mut value, more) {
        members.extend(more);
    }
    value
}

/// What is told, in a word.
pub(crate) const fn says(announcement: Announcement) -> &'static str {
    match announcement {
        Announcement::Pending => "pending",
        Announcement::Paid => "paid",
        Announcement::Reversed => "reversed",
        Announcement::Cancelled => "cancelled",
        Announcement::Expired => "expired",
    }
}

impl Asked {
    fn read(query: &str) -> Result<Self, Fault> {
        let (mut after, mut wait, mut url, mut resent) = (None, None, None, None);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let is_twice = match name {
                "after" => after.replace(cursor(value)?).is_some(),
                "wait" => {
                    let digits = (1..=2).contains(&value.len())
                        && value.bytes().all(|byte| byte.is_ascii_digit());
                    let seconds = value.parse().ok().filter(|wait| digits && *wait <= WAIT_MAX);
                    let Some(seconds) = seconds else {
                        return Err(Fault::Bad(format!("wait is 0 to {WAIT_MAX}, in seconds")));
                    };
                    wait.replace(Duration::from_secs(seconds)).is_some()
                }
                "url" => {
                    let decoded = unescaped(value).filter(|url| url.len() <= URL_MAX);
                    let Some(target) = decoded.filter(|url| is_place(url)) else {
                        return Err(Fault::Bad(
                            "url is where you take the notifications, percent-encoded: \
                             http%3A%2F%2Flocalhost%3A3000%2Fhook"
                                .to_owned(),
                        ));
                    };
                    url.replace(target).is_some()
                }
                "resent" => {
                    let is_number = (1..=18).contains(&value.len())
                        && value.bytes().all(|byte| byte.is_ascii_digit());
                    let Some(number) = value.parse().ok().filter(|_| is_number) else {
                        let why = "resent is the `resent` of an answer before";
                        return Err(Fault::Bad(why.to_owned()));
                    };
                    resent.replace(number).is_some()
                }
                _ => {
                    let known = "the parameters are after, wait, url and resent";
                    return Err(Fault::Bad(known.to_owned()));
                }
            };
            if is_twice {
                return Err(Fault::Bad(format!("{name} stands there twice")));
            }
        }
        let (after, wait) = (after.unwrap_or(After::Latest), wait.unwrap_or_default());
        Ok(Self { after, wait, url, resent })
    }
}

fn cursor(text: &str) -> Result<After, Fault> {
    match text {
        "start" => Ok(After::Start),
        "latest" => Ok(After::Latest),
        text if text.len() == 36 => Ok(After::Cursor(text.to_owned())),
        _ => Err(Fault::Bad("after is the `next` of an answer before, start or latest".to_owned())),
    }
}

/// Whether it may be the place of a program. Nothing is sent there from here.
fn is_place(url: &str) -> bool {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let uri: Option<Uri> = url.parse().ok().filter(|_| is_plain);
    uri.is_some_and(|uri| {
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        is_web && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// A value of a query as it is meant.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused() {
        let nothing = Asked { after: After::Latest, wait: Duration::ZERO, url: None, resent: None };
        assert_eq!(Asked::read(""), Ok(nothing.clone()));
        assert_eq!(Asked::read("&after=latest&"), Ok(nothing.clone()));
        let cursor = "019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77";
        let some = Asked {
            after: After::Cursor(cursor.to_owned()),
            wait: Duration::from_mins(1),
            url: Some("http://localhost:3000/a%20b?c=d".to_owned()),
            resent: Some(7),
        };
        let query = format!(
            "url=http%3A%2F%2Flocalhost:3000/a%2520b%3Fc%3Dd&wait=60&resent=7&after={cursor}"
        );
        assert_eq!(Asked::read(&query), Ok(some));
        for query in [
            "after=",
            "after=1",
            "after=start&after=start",
            "wait=61",
            "wait=-1",
            "wait=+1",
            "wait=1.5",
            "wait=060",
            "url=",
            "url=/hook",
            "url=ftp%3A%2F%2Fa",
            "url=http%3A%2F%2Fa%",
            "url=http%3A%2F%2Fa%ff",
            "limit=5",
            "resent=",
            "resent=-1",
            "resent=1&resent=1",
            "resent=1000000000000000000",
        ] {
            assert!(matches!(Asked::read(query), Err(Fault::Bad(_))), "{query}");
        }
    }
}
