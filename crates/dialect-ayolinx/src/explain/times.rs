//! `X-TIMESTAMP`: how it is written, how far it is off, and which other may have been signed.

use dialect::{Reading, off_by, said_zone};
use domain::time::{Span, Timestamp};
use gateway::directory::Account;

use crate::{headers, options, stamp};

/// How many seconds a second look at the clock is at most later or earlier.
const SECONDS_AROUND: i64 = 15;

/// What is wrong with the time itself; none where it is fresh.
pub(super) fn finding(text: &str, now: Timestamp, account: Option<&Account>) -> Option<String> {
    let Some(made_at) = stamp::parse(text) else {
        return Some(malformed(text));
    };
    headers::check_fresh(made_at, now, account).err()?;
    let tolerance = options::tolerance(account).map_or(0, |span| span.as_millis() / 60_000);
    let zone = said_zone(made_at, now).map_or_else(String::new, |zone| format!(" ({zone})"));
    Some(format!(
        "your clock is {}{zone}: X-TIMESTAMP says {text}, here it is {}, and {tolerance} minutes are \
         allowed",
        off_by(made_at, now),
        stamp::wib(now)
    ))
}

fn malformed(text: &str) -> String {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let how = if digits && text.len() == 10 {
        "it is in seconds since 1970"
    } else if digits && text.len() == 13 {
        "it is in milliseconds since 1970"
    } else if stamp::parse(&text.replacen(' ', "T", 1)).is_some() {
        "it has a blank where the `T` belongs"
    } else if stamp::parse(&format!("{text}Z")).is_some() {
        "its zone is missing"
    } else if with_colon(text).is_some_and(|text| stamp::parse(&text).is_some()) {
        "the colon in its zone is missing"
    } else {
        "it is written otherwise"
    };
    format!("X-TIMESTAMP is no time as 2024-09-18T13:36:36+07:00: {how}")
}

/// `+0700` as `+07:00`.
fn with_colon(text: &str) -> Option<String> {
    let (front, minutes) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some(format!("{front}:{minutes}"))
}

/// The time of the header, and those that may have been signed in its place.
pub(super) fn readings(text: &str) -> Vec<Reading<String>> {
    let mut found = vec![Reading::plain(text.to_owned())];
    let mut add = |value: String, why: String| {
        if found.iter().all(|known| known.value != value) {
            found.push(Reading::other(value, why));
        }
    };
    let Some(at) = stamp::parse(text) else { return found };
    let spelt =
        |value: &str| format!("you signed the time as `{value}`; X-TIMESTAMP spells it `{text}`");
    let wib = stamp::wib(at);
    let utc = |at: Timestamp| {
        let utc = stamp::wib(at.plus(Span::hours(-7)));
        format!("{}Z", utc.trim_end_matches("+07:00"))
    };
    let fraction = at.millis().rem_euclid(1_000);
    let whole = utc(at);
    let finer = |text: &str, end: &str| text.replace(end, &format!(".{fraction:03}{end}"));
    let others = [
        wib.clone(),
        whole.clone(),
        finer(&wib, "+07:00"),
        finer(&whole, "Z"),
        wib.replace("+07:00", "+0700"),
        wib.replace("+07:00", ""),
        wib.replace('T', " ").replace("+07:00", ""),
        whole.replace('Z', "+00:00"),
        (at.millis().div_euclid(1_000)).to_string(),
        at.millis().to_string(),
    ];
    for value in others {
        let why = spelt(&value);
        add(value, why);
    }
    // The clock was read once for the header and once more for the signature.
    let zone = if text.ends_with('Z') { utc } else { stamp::wib };
    for off in (1..=SECONDS_AROUND).flat_map(|seconds| [seconds, -seconds]) {
        let value = zone(at.plus(Span::seconds(off)));
        let why = format!(
            "you signed another time than you sent: `{value}`, and X-TIMESTAMP says `{text}`; read the \
             clock once"
        );
        add(value, why);
    }
    add(String::new(), "you signed no time; X-TIMESTAMP is part of the text".to_owned());
    found
}
