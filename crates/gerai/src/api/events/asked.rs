//! What a caller asks for: `?after=&limit=&wait=&type=`, and `Last-Event-ID` of a stream.

use std::time::Duration;

use domain::own_event::OwnKind;
use http::HeaderMap;

use super::{super::fault::Fault, WAIT_MAX};

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

/// From where on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// From the oldest that is kept.
    Start,
    /// After this number.
    Number(i64),
    /// From the next that happens.
    Latest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) after: After,
    /// 1 to 500.
    pub(super) limit: usize,
    /// 0 to a minute.
    pub(super) wait: Duration,
    /// Empty: all.
    pub(super) types: Vec<OwnKind>,
}

impl Asked {
    pub(super) fn read(query: &str) -> Result<Self, Fault> {
        let (mut after, mut limit, mut wait) = (None, None, None);
        let mut types = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let twice = || Err(Fault::Bad(format!("{name} stands there twice")));
            match name {
                "after" => {
                    if after.replace(cursor("after", value)?).is_some() {
                        return twice();
                    }
                }
                "limit" => {
                    let number = number(value).filter(|number| (1..=500).contains(number));
                    let number = number.and_then(|number| usize::try_from(number).ok());
                    let Some(number) = number else {
                        return Err(Fault::Bad(format!("limit is 1 to {LIMIT_MAX}")));
                    };
                    if limit.replace(number).is_some() {
                        return twice();
                    }
                }
                "wait" => {
                    let seconds = number(value).map(Duration::from_secs);
                    let Some(seconds) = seconds.filter(|wait| *wait <= WAIT_MAX) else {
                        let most = WAIT_MAX.as_secs();
                        return Err(Fault::Bad(format!("wait is 0 to {most}, in seconds")));
                    };
                    if wait.replace(seconds).is_some() {
                        return twice();
                    }
                }
                "type" => kinds(value, &mut types)?,
                _ => {
                    let known = "the parameters are after, limit, wait and type";
                    return Err(Fault::Bad(known.to_owned()));
                }
            }
        }
        Ok(Self {
            after: after.unwrap_or(After::Start),
            limit: limit.unwrap_or(LIMIT_DEFAULT),
            wait: wait.unwrap_or_default(),
            types,
        })
    }

    /// A stream goes on after the last event that was read; what the client remembers of its own
    /// accord counts before what stands in its URL, which never changes.
    pub(super) fn resume(&mut self, headers: &HeaderMap) -> Result<(), Fault> {
        if let Some(value) = headers.get("last-event-id") {
            self.after = cursor("last-event-id", value.to_str().unwrap_or("?"))?;
        }
        Ok(())
    }
}

fn cursor(name: &str, text: &str) -> Result<After, Fault> {
    match text {
        "start" => return Ok(After::Start),
        "latest" => return Ok(After::Latest),
        _ => {}
    }
    let number = number(text).and_then(|number| i64::try_from(number).ok());
    number.map(After::Number).ok_or_else(|| {
        Fault::Bad(format!(
            "{name} is the `next` of an answer before, the `number` of an event, start or latest"
        ))
    })
}

/// A number of at most eighteen digits.
fn number(text: &str) -> Option<u64> {
    let fits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

/// One type, or several separated by commas.
fn kinds(value: &str, types: &mut Vec<OwnKind>) -> Result<(), Fault> {
    // A comma may come encoded.
    for name in value.split(',').flat_map(|part| part.split("%2C")) {
        let kind = OwnKind::named(name).ok_or_else(|| {
            let known: Vec<_> = OwnKind::ALL.iter().map(|kind| kind.name()).collect();
            Fault::Bad(format!("type is one of {}", known.join(", ")))
        })?;
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused() {
        let all =
            Asked { after: After::Start, limit: 100, wait: Duration::ZERO, types: Vec::new() };
        assert_eq!(Asked::read(""), Ok(all.clone()));
        let some = Asked {
            after: After::Number(17),
            limit: 5,
            wait: Duration::from_mins(1),
            types: vec![OwnKind::Paid, OwnKind::Reversed],
        };
        for query in [
            "after=17&limit=5&wait=60&type=payment.paid,payment.reversed",
            "&type=payment.paid&wait=60&&type=payment.reversed%2Cpayment.paid&limit=5&after=17",
        ] {
            assert_eq!(Asked::read(query), Ok(some.clone()), "{query}");
        }
        assert_eq!(Asked::read("after=start"), Ok(all.clone()));
        assert_eq!(Asked::read("after=latest"), Ok(Asked { after: After::Latest, ..all }));
        for query in [
            "after=",
            "after=-1",
            "after=+1",
            "after=1.0",
            "after=1000000000000000000",
            "after=1&after=1",
            "limit=0",
            "limit=501",
            "limit=1&limit=1",
            "wait=61",
            "wait=1s",
            "wait=1&wait=1",
            "type=",
            "type=payment.*",
            "type=payment.paid,,payment.final",
            "cursor=1",
            "after",
        ] {
            assert!(matches!(Asked::read(query), Err(Fault::Bad(_))), "{query}");
        }
    }
}
