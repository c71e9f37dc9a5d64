//! Why a request is not believed (sections 1.3 to 1.6).
//!
//! What is looked at first is told first, in the order of [`crate::auth`]: the time, the token, whose it
//! is, and then the signature, S1 of a token request and S2 of all others.

mod bearer;
mod requests;
mod times;
mod tokens;

use std::sync::Arc;

use dialect::{Explained, Outcome, mask, misspelt};
use domain::{ids::AccountNo, time::Timestamp};
use gateway::directory::{Account, Directory};
use http::{HeaderMap, request::Parts};

use crate::{
    BRAND,
    endpoint::Endpoint,
    headers::{CLIENT_KEY, EXTERNAL_ID, PARTNER_ID, SIGNATURE, TIMESTAMP},
};

/// The longest header that is looked at; a signature of RSA has at most 1,368 characters.
const HEADER_MAX: usize = 2_048;
/// What a client key of the sandbox begins with, and one of production.
const SHAPES: (&str, &str) = ("CKSandbox-", "CK-");

/// A request that was not believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// Everything but the body.
    pub(crate) head: &'a Parts,
    /// What it is for.
    pub(crate) endpoint: Endpoint,
    /// The body.
    pub(crate) body: &'a [u8],
    /// Whose its token is or was and when that is over, if it was ever issued here.
    pub(crate) token: Option<(AccountNo, Timestamp)>,
    /// Whose the fixed token of the test vectors is, if it came and may be used.
    pub(crate) fixed: Option<AccountNo>,
}

/// What is wrong with time, token or signature; none where all are right.
pub(crate) fn explain(
    directory: &Directory,
    now: Timestamp,
    request: &Request<'_>,
) -> Option<Explained> {
    let seen = Seen { directory, now, request };
    let head = request.head;
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let explained = Explained::new(BRAND, "Ayolinx", head.method.as_str(), target);
    match request.endpoint {
        Endpoint::Token => tokens::explain(explained, &seen),
        Endpoint::Create | Endpoint::Query => requests::explain(explained, &seen),
    }
}

/// What a request says, and who there is.
struct Seen<'a> {
    directory: &'a Directory,
    now: Timestamp,
    request: &'a Request<'a>,
}

impl<'a> Seen<'a> {
    fn headers(&self) -> &'a HeaderMap {
        &self.request.head.headers
    }

    /// A header that must be there once, or what is wrong with it.
    fn one(&self, name: &str) -> Result<&'a str, String> {
        let mut values = self.headers().get_all(name).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Err(format!("the header {name} is missing")),
            (Some(_), Some(_)) => return Err(format!("the header {name} is there more than once")),
            (Some(value), None) => value,
        };
        let text =
            value.to_str().map_err(|_| format!("the header {name} is no plain text"))?.trim();
        match text.len() {
            0 => Err(format!("the header {name} is empty")),
            1..=HEADER_MAX => Ok(text),
            _ => Err(format!("the header {name} is longer than {HEADER_MAX} characters")),
        }
    }

    fn accounts(&self) -> impl Iterator<Item = &'a Arc<Account>> {
        self.directory.accounts().filter(|account| account.brand == BRAND)
    }

    /// Why nobody has this client key.
    fn unknown(&self, given: &str, header: &str) -> String {
        let is_secret =
            |account: &&Arc<Account>| account.keys.iter().any(|key| key.secret.expose() == given);
        if let Some(account) = self.accounts().find(is_secret) {
            return format!(
                "{header} holds the client secret of {}; its client key is expected there",
                account.public_id
            );
        }
        let spelling = self.accounts().find_map(|account| {
            let id = &account.public_id;
            misspelt(given, id, &format!("the client key {id} in {header}"))
        });
        let (sandbox, production) = SHAPES;
        spelling.unwrap_or_else(|| {
            if given.starts_with(production) {
                format!(
                    "{header} holds a client key of production (`{production}`): the sandbox's begin \
                     with `{sandbox}`"
                )
            } else {
                format!("nobody here has the client key in {header}: it is that of another installation")
            }
        })
    }

    /// The headers that count beside the signature, as parts that may be shown.
    fn with_parts(&self, mut explained: Explained) -> Explained {
        for name in [TIMESTAMP, CLIENT_KEY, PARTNER_ID, EXTERNAL_ID] {
            let Ok(value) = self.one(name) else { continue };
            let is_id = name == TIMESTAMP
                || name == EXTERNAL_ID
                || self.accounts().any(|account| account.public_id == value);
            explained =
                explained.with_part(name, if is_id { value.to_owned() } else { mask(value) });
        }
        explained
    }
}

/// What the trial of a signature came to, behind what was found before. `nothing` is said where nothing
/// explains it.
fn conclude(mut explained: Explained, outcome: Outcome, nothing: &str) -> Option<Explained> {
    explained.tried.extend(outcome.tried);
    match outcome.mistakes {
        Some(mistakes) => explained.findings.extend(mistakes),
        None => explained.findings.push(nothing.to_owned()),
    }
    (!explained.findings.is_empty()).then_some(explained)
}

/// A header with a signature, as it may be shown.
fn given(explained: Explained, seen: &Seen<'_>) -> Explained {
    match seen.one(SIGNATURE) {
        Ok(signature) => {
            let mut keys = seen.accounts().flat_map(|account| &account.keys);
            let is_key = keys.any(|key| key.secret.expose() == signature);
            explained.given(&if is_key { mask(signature) } else { signature.to_owned() })
        }
        Err(_) => explained,
    }
}

#[cfg(test)]
mod tests;
