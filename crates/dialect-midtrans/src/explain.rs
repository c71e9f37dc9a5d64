//! Why a request is not believed (section 1.2).
//!
//! Nothing is signed here: the server key itself is sent, as the user name of HTTP Basic. So what goes
//! wrong is how the header is put together, and which key stands in it.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use dialect::{Explained, Tried, mask, misspelt};
use domain::time::Timestamp;
use gateway::directory::{Account, Directory};
use http::{header::AUTHORIZATION, request::Parts};

use crate::{BRAND, DEMO, SERVER_KEY, auth};

/// How requests prove who sends them, in words.
const SCHEME: &str = "HTTP Basic: `Authorization: Basic` and the base64 of `SERVER_KEY:`, the server key \
                      as user name and no password";
/// What a key of the sandbox begins with.
const SANDBOX: &str = "SB-";
/// The longest header that is looked at.
const HEADER_MAX: usize = 1_024;

/// What is wrong with the `Authorization` of a request; none where it is right.
pub(crate) fn explain(directory: &Directory, now: Timestamp, head: &Parts) -> Option<Explained> {
    let held = |key: &str| directory.account_by_secret(BRAND, SERVER_KEY, key, now);
    if auth::server_key(&head.headers).is_some_and(|key| held(key.expose()).is_some()) {
        return None;
    }
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut explained = Explained::new(BRAND, "Midtrans", head.method.as_str(), target);
    explained.scheme = SCHEME;
    explained.expected = demo_header(directory, now);
    let values: Vec<_> = head.headers.get_all(AUTHORIZATION).iter().collect();
    let [value] = values.as_slice() else {
        let why = if values.is_empty() { elsewhere(directory, head) } else { TWICE.to_owned() };
        return Some(explained.saying(why));
    };
    let Some(value) = value.to_str().ok().filter(|value| value.len() <= HEADER_MAX) else {
        return Some(explained.saying(format!(
            "Authorization is not plain text of at most {HEADER_MAX} characters"
        )));
    };
    let keys = Keys { directory, now };
    let sent = Sent::read(value.trim());
    let mut explained = explained.given(&sent.masked());
    for (name, part) in
        [("scheme", sent.word()), ("user name", sent.user()), ("password", sent.password())]
    {
        explained = explained.with_part(name, part);
    }
    let looked_for =
        [SHAPES.map(|check| check(&sent, &keys)), KEYS.map(|check| check(&sent, &keys))];
    for looked in looked_for.into_iter().flatten() {
        if let Some(finding) = looked.1.clone().filter(|_| explained.findings.is_empty()) {
            explained.findings.push(finding);
        }
        explained.tried.push(Tried { what: looked.0.to_owned(), fits: looked.1.is_some() });
    }
    if explained.findings.is_empty() {
        explained.findings.push(format!(
            "nobody here has this server key ({} characters): it is that of another installation, one \
             that was replaced long ago, or no server key",
            sent.key().chars().count()
        ));
    }
    explained.who = keys.whose(&sent);
    Some(explained)
}

const TWICE: &str = "there is more than one Authorization header; one is expected";

/// What the demo merchant sends, which everybody may know.
fn demo_header(directory: &Directory, now: Timestamp) -> Option<String> {
    let (_, key) = DEMO.secrets.first()?;
    directory.account_by_secret(BRAND, SERVER_KEY, key, now)?;
    let header = STANDARD.encode(format!("{key}:"));
    Some(format!("Basic {header} (as {}, the demo merchant)", DEMO.public_id))
}

/// There is no `Authorization`; perhaps the key is in another header.
fn elsewhere(directory: &Directory, head: &Parts) -> String {
    let is_key = |text: &str| {
        let of_brand = directory.accounts().filter(|account| account.brand == BRAND);
        of_brand.flat_map(|account| &account.keys).any(|key| text.contains(key.secret.expose()))
    };
    let found = head.headers.iter().find(|(_, value)| value.to_str().is_ok_and(is_key));
    match found {
        Some((name, _)) => format!(
            "there is no Authorization header; the server key is in {name}, where nobody looks"
        ),
        None => {
            "there is no Authorization header: nothing was sent, or something on the way took it \
                 out"
            .to_owned()
        }
    }
}

/// What was sent, taken apart as far as it goes.
struct Sent<'a> {
    /// What stands before the first blank; empty where there is none.
    scheme: &'a str,
    /// What stands behind it.
    credentials: &'a str,
    /// What that is in base64.
    decoded: Option<String>,
}

impl<'a> Sent<'a> {
    fn read(value: &'a str) -> Self {
        let (scheme, credentials) = match value.split_once(' ') {
            Some((scheme, credentials)) => (scheme, credentials.trim()),
            None if value.eq_ignore_ascii_case("basic") => (value, ""),
            None => ("", value),
        };
        Self { scheme, credentials, decoded: decode(credentials) }
    }

    /// User name and password, as far as there are any.
    fn pair(&self) -> (&str, Option<&str>) {
        let text = self.decoded.as_deref().unwrap_or(self.credentials);
        text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)))
    }

    /// What is most likely meant as the key.
    fn key(&self) -> &str {
        match self.pair() {
            ("", Some(password)) => password,
            (user, _) => user,
        }
    }

    fn user(&self) -> String {
        mask(self.pair().0)
    }

    fn password(&self) -> String {
        self.pair().1.map_or_else(|| "(no colon)".to_owned(), mask)
    }

    fn masked(&self) -> String {
        format!("{} {}", self.word(), mask(self.credentials)).trim_start().to_owned()
    }

    /// What stands in front; it may be a key, so only what looks like a word is shown.
    fn word(&self) -> String {
        let is_word =
            self.scheme.len() <= 8 && self.scheme.bytes().all(|b| b.is_ascii_alphabetic());
        if is_word { self.scheme.to_owned() } else { mask(self.scheme) }
    }
}

/// Base64 of any kind, of a text.
fn decode(text: &str) -> Option<String> {
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    let bytes = engines.iter().find_map(|engine| engine.decode(text).ok())?;
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// The keys that there are.
struct Keys<'a> {
    directory: &'a Directory,
    now: Timestamp,
}

impl Keys<'_> {
    fn is_live(&self, key: &str) -> bool {
        self.directory.account_by_secret(BRAND, SERVER_KEY, key, self.now).is_some()
    }

    fn accounts(&self) -> impl Iterator<Item = &Account> {
        let accounts = self.directory.accounts().map(AsRef::as_ref);
        accounts.filter(|account: &&Account| account.brand == BRAND)
    }

    /// The account whose key, in whatever state, or other name this is.
    fn whose(&self, sent: &Sent<'_>) -> Option<String> {
        let given = sent.key().trim();
        let has = |account: &&Account| {
            account.public_id == given
                || account.client_key.as_deref() == Some(given)
                || account.keys.iter().any(|key| key.secret.expose() == given)
        };
        self.accounts().find(has).map(|account| account.public_id.clone())
    }
}

/// A mistake that is looked for, and what is found of it.
type Looked = (&'static str, Option<String>);

/// How the header is put together, in the order in which it is read.
const SHAPES: [fn(&Sent<'_>, &Keys<'_>) -> Looked; 6] =
    [scheme, empty, base64_missing, base64_twice, colon, sides];

fn scheme(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let what = "another word than Basic stands in front, or none";
    let found = if sent.scheme.is_empty() {
        let bare = keys.is_live(sent.credentials.trim_end_matches(':'));
        Some(if bare {
            "Authorization is the bare server key: write `Basic` and the base64 of `SERVER_KEY:`"
                .to_owned()
        } else {
            "the word `Basic` and a blank are missing in front of the credentials".to_owned()
        })
    } else {
        (!sent.scheme.eq_ignore_ascii_case("basic"))
            .then(|| format!("Authorization says `{}`, where `Basic` is expected", sent.word()))
    };
    (what, found)
}

fn empty(sent: &Sent<'_>, _: &Keys<'_>) -> Looked {
    let found = matches!(sent.pair(), ("", None | Some("")))
        .then(|| "there is no key: the server key was empty when the header was made".to_owned());
    ("the key was empty", found)
}

fn base64_missing(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let is_key = keys.is_live(sent.credentials.split(':').next().unwrap_or_default());
    let found = if is_key || (sent.decoded.is_none() && sent.credentials.contains("server")) {
        Some(
            "the key stands behind `Basic` as it is: base64 of `SERVER_KEY:` is expected"
                .to_owned(),
        )
    } else if sent.decoded.is_none() {
        Some("what stands behind `Basic` is no base64 of a text".to_owned())
    } else {
        let is_standard = !sent.credentials.contains(['-', '_']);
        (!is_standard).then(|| {
            "the credentials are in the base64 of URLs (`-` and `_`); the usual one has `+` and `/`"
                .to_owned()
        })
    };
    ("the credentials are not in base64, or in that of URLs", found)
}

fn base64_twice(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let inner = sent.decoded.as_deref().and_then(|text| decode(text.trim_end_matches(':')));
    let is_key = |text: String| keys.is_live(text.split(':').next().unwrap_or_default());
    let found = inner
        .is_some_and(is_key)
        .then(|| "the server key is encoded in base64 twice; once is expected".to_owned());
    ("base64 was made twice", found)
}

fn colon(sent: &Sent<'_>, _: &Keys<'_>) -> Looked {
    let found = sent.decoded.as_ref().filter(|text| !text.contains(':')).map(|_| {
        "Basic without the colon: the base64 of `SERVER_KEY:` is expected, with the colon behind the \
         key"
            .to_owned()
    });
    ("the colon behind the key is missing", found)
}

fn sides(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let (user, password) = sent.pair();
    let is_key = password.is_some_and(|password| keys.is_live(password));
    let found = is_key.then(|| {
        let user = if user.is_empty() { "is empty" } else { "is something else" };
        format!("the server key is the password; it is expected as the user name, which {user}")
    });
    ("the key is the password", found)
}

/// Which key it is.
const KEYS: [fn(&Sent<'_>, &Keys<'_>) -> Looked; 6] =
    [retired, client_key, merchant_id, others, spelling, production];

fn retired(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let given = sent.key().trim();
    let found = keys.accounts().find_map(|account| {
        let mut of_account = account.keys.iter();
        let key = of_account.find(|key| key.secret.expose() == given)?;
        let is_over = key.retires_at.is_some_and(|at| at <= keys.now);
        is_over.then(|| format!("this is a server key of {} that is retired", account.public_id))
    });
    ("a retired server key", found)
}

fn client_key(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let given = sent.key().trim();
    let owner = keys.accounts().find(|account| account.client_key.as_deref() == Some(given));
    let found = match owner {
        Some(account) => Some(format!(
            "this is the client key of {}; the server key is expected",
            account.public_id
        )),
        None => given
            .contains("-client-")
            .then(|| "this is a client key; the server key is expected".to_owned()),
    };
    ("the client key in place of the server key", found)
}

fn merchant_id(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let given = sent.key().trim();
    let found = keys.accounts().any(|account| account.public_id == given).then(|| {
        format!("{given} is the merchant id, which is no key; the server key is expected")
    });
    ("the merchant id in place of the server key", found)
}

fn others(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let given = sent.key().trim();
    let others = keys.directory.accounts().filter(|account| account.brand != BRAND);
    let found = others.into_iter().find_map(|account| {
        let key = account.keys.iter().find(|key| key.secret.expose() == given)?;
        let purpose = key.purpose.replace('_', " ");
        Some(format!(
            "this is the {purpose} of {} at {}; a server key is expected",
            account.public_id, account.brand
        ))
    });
    ("a key of another vendor", found)
}

fn spelling(sent: &Sent<'_>, keys: &Keys<'_>) -> Looked {
    let given = sent.key();
    let found = keys.accounts().find_map(|account| {
        let what = format!("the server key of {}", account.public_id);
        let mut live = account.live_keys(SERVER_KEY, keys.now);
        live.find_map(|key| misspelt(given, key.expose(), &what))
    });
    ("white space, quotes, other capitals or a missing end", found)
}

fn production(sent: &Sent<'_>, _: &Keys<'_>) -> Looked {
    let given = sent.key();
    let found = (given.contains("Mid-server-") && !given.starts_with(SANDBOX))
        .then(|| format!("this is a key of production: the sandbox's begin with `{SANDBOX}`"));
    ("a key of production", found)
}

#[cfg(test)]
#[path = "explain/tests.rs"]
mod tests;
