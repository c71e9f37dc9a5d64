//! Why a request is not believed (sections 1.1 to 1.7).
//!
//! Key, token and signature come in a header each. What is wrong with the first is told first.

mod signed;

use std::sync::Arc;

use dialect::{Explained, Tried, mask, misspelt};
use domain::time::Timestamp;
use gateway::directory::{Account, Directory};
use http::{HeaderMap, request::Parts};

use self::signed::Body;
use crate::{TOKEN, brand::Brand, path::Endpoint};

/// How requests are signed, in words.
const SCHEME: &str = "128 hexadecimal digits of HMAC-SHA512 under the token, over the key and behind it, \
                      without anything between, the body as PHP's json_encode writes it; of a GET over \
                      the key alone";
/// The longest key or token that is looked at, in bytes.
const LENGTH_MAX: usize = 128;

/// A request that was not believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// Everything but the body.
    pub(crate) head: &'a Parts,
    /// What it is for.
    pub(crate) endpoint: Endpoint,
    /// The body, as far as it came.
    pub(crate) body: &'a [u8],
}

/// What is wrong with key, token or signature; none where all three are right.
pub(crate) fn explain(
    directory: &Directory,
    now: Timestamp,
    request: &Request<'_>,
) -> Option<Explained> {
    let head = request.head;
    let brand = spoken(&head.headers);
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let (name, title) =
        brand.map_or(("cronos", "Cronos Engine or SenGo"), |brand| (brand.name(), brand.title()));
    let mut explained = Explained::new(name, title, head.method.as_str(), target);
    explained.scheme = SCHEME;
    let brand = match brand_of(&head.headers) {
        Ok(brand) => brand,
        Err(why) => return Some(explained.saying(why)),
    };
    let names = brand.headers();
    let [key, token, signature] = match values(&head.headers, brand) {
        Ok(values) => values,
        Err(why) => return Some(explained.saying(why)),
    };
    let is_known = directory.accounts().any(|account| account.public_id == key);
    let shown = if is_known { key.to_owned() } else { mask(key) };
    let is_token = signature == token;
    let mut explained = explained
        .with_part(names.key, shown)
        .with_part(names.token, mask(token))
        .given(&if is_token { mask(signature) } else { signature.to_owned() });
    let seen = Seen { directory, now, brand, key, token };
    let Some(account) = directory.account_by_public_id(brand.name(), key) else {
        let checks = [swapped, other_brand, key_spelling, production].as_slice();
        return Some(
            looked(explained, checks, &seen).unless(
                "nobody here has this key: it is that of another installation, or misspelt",
            ),
        );
    };
    explained.who = Some(key.to_owned());
    if is_token {
        return Some(explained.saying(format!(
            "{} holds the token itself; what is signed with it is expected there",
            names.signature
        )));
    }
    let is_live = account.live_keys(TOKEN, now).any(|live| live.expose() == token);
    if !is_live {
        let checks = [retired, token_spelling, token_is_key, others_token].as_slice();
        return Some(looked(explained, checks, &seen).unless(&format!(
            "this is not the token of {key}: it is that of another project, of production, or one \
             that was replaced"
        )));
    }
    signed::explain(explained, &seen, account, &Body::of(request, account))
}

/// What a request says, and who there is.
pub(crate) struct Seen<'a> {
    directory: &'a Directory,
    now: Timestamp,
    brand: Brand,
    key: &'a str,
    token: &'a str,
}

impl Seen<'_> {
    fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.directory.accounts()
    }
}

/// The name that most headers are of, for the page's title.
fn spoken(headers: &HeaderMap) -> Option<Brand> {
    Brand::ALL.into_iter().find(|brand| {
        let names = brand.headers();
        headers.contains_key(names.key) || headers.contains_key(names.token)
    })
}

/// The name by which it is called, if it is one.
fn brand_of(headers: &HeaderMap) -> Result<Brand, String> {
    let has = |brand: &Brand| {
        let names = brand.headers();
        [names.key, names.token, names.signature].iter().any(|name| headers.contains_key(*name))
    };
    let mut brands = Brand::ALL.into_iter().filter(has);
    match (brands.next(), brands.next()) {
        (Some(brand), None) => Ok(brand),
        (Some(one), Some(other)) => Err(format!(
            "headers of {} and of {} are mixed; all three must be of one of them",
            one.title(),
            other.title()
        )),
        (None, _) => Err(format!(
            "none of the headers is there that say who calls: {}",
            Brand::ALL.map(said).join(", or ")
        )),
    }
}

fn said(brand: Brand) -> String {
    let names = brand.headers();
    format!("{}, {} and {} ({})", names.key, names.token, names.signature, brand.title())
}

/// Key, token and signature, each there once and as long as it may be.
fn values(headers: &HeaderMap, brand: Brand) -> Result<[&str; 3], String> {
    let names = brand.headers();
    let one = |name: &str, length_max: usize| -> Result<&str, String> {
        let mut values = headers.get_all(name).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Err(format!("the header {name} is missing")),
            (Some(_), Some(_)) => return Err(format!("the header {name} is there more than once")),
            (Some(value), None) => value,
        };
        let text = value.to_str().map_err(|_| format!("the header {name} is no plain text"))?;
        match text.len() {
            0 => Err(format!("the header {name} is empty")),
            length if length > length_max => {
                Err(format!("the header {name} has {length} characters; {length_max} is the most"))
            }
            _ => Ok(text),
        }
    };
    Ok([one(names.key, LENGTH_MAX)?, one(names.token, LENGTH_MAX)?, one(names.signature, 4_096)?])
}

/// A mistake that is looked for, and what is found of it.
type Looked = (&'static str, Option<String>);

/// What was found by `checks`, in their order.
fn looked(mut explained: Explained, checks: &[fn(&Seen<'_>) -> Looked], seen: &Seen<'_>) -> Found {
    for check in checks {
        let (what, found) = check(seen);
        explained.tried.push(Tried { what: what.to_owned(), fits: found.is_some() });
        explained.findings.extend(found.filter(|_| explained.findings.is_empty()));
    }
    Found(explained)
}

struct Found(Explained);

impl Found {
    fn unless(self, nothing: &str) -> Explained {
        let Self(explained) = self;
        if explained.findings.is_empty() { explained.saying(nothing) } else { explained }
    }
}

fn swapped(seen: &Seen<'_>) -> Looked {
    let is_swapped = seen.accounts().any(|account| account.public_id == seen.token);
    let is_token = || {
        let mut keys = seen.accounts().flat_map(|account| &account.keys);
        keys.any(|key| key.secret.expose() == seen.key)
    };
    let names = seen.brand.headers();
    let found = (is_swapped || is_token())
        .then(|| format!("key and token are swapped: the token stands in {}", names.key));
    ("key and token are swapped", found)
}

fn other_brand(seen: &Seen<'_>) -> Looked {
    let other = Brand::ALL.into_iter().find(|other| {
        *other != seen.brand
            && seen.directory.account_by_public_id(other.name(), seen.key).is_some()
    });
    let found = other.map(|other| {
        let names = other.headers();
        format!(
            "{} is a key of {}, whose headers are {}, {} and {}",
            seen.key,
            other.title(),
            names.key,
            names.token,
            names.signature
        )
    });
    ("the key of the other brand", found)
}

fn key_spelling(seen: &Seen<'_>) -> Looked {
    let found =
        seen.accounts().filter(|account| account.brand == seen.brand.name()).find_map(|account| {
            misspelt(seen.key, &account.public_id, &format!("the key {}", account.public_id))
        });
    ("white space, quotes, other capitals or a missing end of the key", found)
}

fn production(seen: &Seen<'_>) -> Looked {
    let found = seen
        .key
        .starts_with("CE-")
        .then(|| "this is a key of production (`CE-`): the sandbox's begin with `SC-`".to_owned());
    ("a key of production", found)
}

fn retired(seen: &Seen<'_>) -> Looked {
    let account = seen.directory.account_by_public_id(seen.brand.name(), seen.key);
    let is_old = account
        .is_some_and(|account| account.keys.iter().any(|key| key.secret.expose() == seen.token));
    ("a retired token", is_old.then(|| format!("this token of {} is retired", seen.key)))
}

fn token_spelling(seen: &Seen<'_>) -> Looked {
    let account = seen.directory.account_by_public_id(seen.brand.name(), seen.key);
    let what = format!("the token of {}", seen.key);
    let found = account.and_then(|account| {
        let mut live = account.live_keys(TOKEN, seen.now);
        live.find_map(|live| misspelt(seen.token, live.expose(), &what))
    });
    ("white space, quotes, other capitals or a missing end of the token", found)
}

fn token_is_key(seen: &Seen<'_>) -> Looked {
    let names = seen.brand.headers();
    let found = (seen.token == seen.key)
        .then(|| format!("{} holds the key; the token is expected there", names.token));
    ("the key in place of the token", found)
}

fn others_token(seen: &Seen<'_>) -> Looked {
    let owner = seen
        .accounts()
        .find(|account| account.keys.iter().any(|key| key.secret.expose() == seen.token));
    let found = owner.map(|owner| {
        format!("this is the token of {} ({}), not of {}", owner.public_id, owner.brand, seen.key)
    });
    ("the token of another project", found)
}

#[cfg(test)]
mod tests;
