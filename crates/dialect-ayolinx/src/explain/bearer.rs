//! The token: whether it is there, and whose it is.

use dialect::misspelt;
use http::header::AUTHORIZATION;

use super::Seen;
use crate::{demo, headers};

/// The token of a request, where it is good; otherwise what is wrong with it.
pub(super) fn check(seen: &Seen<'_>) -> Result<(), String> {
    let Some(token) = headers::bearer(seen.headers()) else {
        return Err(missing(seen));
    };
    if seen.request.fixed.is_some() {
        return Ok(());
    }
    match seen.request.token {
        Some((_, ends_at)) if seen.now.millis() < ends_at.millis() => Ok(()),
        Some((_, ends_at)) => {
            let ago = dialect::off_by(ends_at, seen.now).replace(" behind", "");
            Err(format!("the token expired {ago} ago: ask for a new one, they last 15 minutes"))
        }
        None => Err(unknown(seen, token)),
    }
}

fn missing(seen: &Seen<'_>) -> String {
    let mut values = seen.headers().get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => {
            "there is no Authorization header: `Bearer` and the token are expected".to_owned()
        }
        (Some(_), Some(_)) => "there is more than one Authorization header".to_owned(),
        (Some(value), None) => match value.to_str().unwrap_or_default().trim().split_once(' ') {
            None => {
                "the word `Bearer` and a blank are missing in front of the token, or the token is \
                     missing behind it"
                    .to_owned()
            }
            Some((word, _)) if word.eq_ignore_ascii_case("basic") => {
                "Authorization says `Basic`, where `Bearer` and a token are expected".to_owned()
            }
            Some(_) => "Authorization is not `Bearer` and a token".to_owned(),
        },
    }
}

/// Why a token was never issued here.
fn unknown(seen: &Seen<'_>, token: &str) -> String {
    if token.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer ")) {
        return "the word `Bearer` stands in front of the token twice".to_owned();
    }
    if token == demo::TOKEN {
        return "this is the token of the published test vectors: it is taken only while the demo \
                merchant's option timestamp_tolerance_seconds is 0"
            .to_owned();
    }
    for account in seen.accounts() {
        if account.public_id == token {
            return "the client key stands in place of the token: ask for one at \
                    /v1.0/access-token/b2b"
                .to_owned();
        }
        if account.keys.iter().any(|key| key.secret.expose() == token) {
            return "the client secret stands in place of the token; it must never be sent"
                .to_owned();
        }
    }
    if token.starts_with(['"', '\'', '<', '{']) {
        return "the token has quotes or brackets around it, or is a whole JSON answer".to_owned();
    }
    let lower = token.to_lowercase();
    if let Some(why) = misspelt(token, &lower, "the token") {
        return format!("{why}: tokens are in small letters");
    }
    let is_ours = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    match token.len() {
        96 if is_ours => {
            "the token was issued by another installation, or with another key of this \
                          one"
            .to_owned()
        }
        length => format!(
            "the token has {length} characters, where ours have 96 digits: it is that of production, of \
             another installation, or cut off"
        ),
    }
}
