//! Which text was signed, and under which key (sections 1.2 to 1.5).

use dialect::{
    Encoding, Explained, Fits, Hash, Reading, Text, Trial, bodies, decodings, flag, keys_taken_for,
    recipes,
};
use gateway::directory::Account;

use super::{Request, Seen};
use crate::{
    STRICT, TOKEN,
    path::Endpoint,
    php::{Style, parse},
    signature::sign,
};

/// What may stand behind the key.
pub(super) struct Body {
    /// As it is signed.
    right: Vec<u8>,
    readings: Vec<Reading<Vec<u8>>>,
    is_empty: bool,
}

impl Body {
    /// Of this request, for an account that may be strict.
    pub(super) fn of(request: &Request<'_>, account: &Account) -> Self {
        let is_strict = flag(&STRICT, account);
        match request.endpoint {
            Endpoint::Retail | Endpoint::Restricted => Self::posted(request.body, is_strict),
            Endpoint::Check | Endpoint::Transactions | Endpoint::Balance => {
                Self::asked(request, is_strict)
            }
        }
    }

    fn posted(body: &[u8], is_strict: bool) -> Self {
        let document = parse(body).ok();
        let encoded = |style| document.as_ref().and_then(|document| document.encode(style));
        let right = encoded(Style::PHP).unwrap_or_else(|| body.to_vec());
        let mut readings = vec![Reading::plain(right.clone())];
        let mut add = |value: Option<Vec<u8>>, why: &str| {
            let Some(value) = value else { return };
            if readings.iter().any(|known: &Reading<Vec<u8>>| known.value == value) {
                return;
            }
            // What others than a strict account may sign is no mistake, but may come with one.
            let why = format!("{why}; this account is strict and takes PHP's json_encode alone");
            readings.push(Reading { value, difference: is_strict.then_some(why) });
        };
        add(Some(body.to_vec()), "you signed the bytes as they were sent");
        add(Some(body.trim_ascii().to_vec()), "you signed the bytes as they were sent");
        add(encoded(Style::PLAIN), "you signed the body with nothing escaped");
        add(encoded(Style::SLASHES), "you signed the body with slashes escaped alone");
        add(
            encoded(Style::UNICODE),
            "you signed the body with `\\u00e9` for `é` and plain slashes",
        );
        add(encoded(Style::SPACED), "you signed the body with blanks, as Python writes it");
        for other in bodies(body) {
            if readings.iter().all(|known| known.value != other.value) {
                readings.push(other);
            }
        }
        Self { right, readings, is_empty: false }
    }

    fn asked(request: &Request<'_>, is_strict: bool) -> Self {
        let mut readings = vec![Reading::plain(Vec::new())];
        let list = "you signed an empty list behind the key; a strict account takes the key alone";
        readings.push(Reading {
            value: b"[]".to_vec(),
            difference: is_strict.then(|| list.to_owned()),
        });
        let uri = &request.head.uri;
        let query = uri.query().unwrap_or_default();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        for (value, what) in [
            (request.body, "the body"),
            (b"{}", "`{}`"),
            (b"null", "`null`"),
            (b"\"\"", "`\"\"`"),
            (query.as_bytes(), "the query"),
            (uri.path().as_bytes(), "the path"),
            (target.as_bytes(), "the path and the query"),
        ] {
            if readings.iter().all(|known| known.value != value) {
                let why = format!("you signed {what} behind the key; a GET signs the key alone");
                readings.push(Reading::other(value.to_vec(), why));
            }
        }
        Self { right: Vec::new(), readings, is_empty: true }
    }
}

/// How key and body are put together: what stands in front of the body, and what behind it.
fn arrangements(key: &str, token: &str) -> Vec<Reading<(Vec<u8>, Vec<u8>)>> {
    let bytes = |front: String, behind: &str| (front.into_bytes(), behind.as_bytes().to_vec());
    let mut found = vec![Reading::plain(bytes(key.to_owned(), ""))];
    for (front, behind, why) in [
        (String::new(), "", "you signed the body without the key in front of it"),
        (String::new(), key, "you signed the key behind the body; it stands in front"),
        (key.to_lowercase(), "", "you signed the key in small letters"),
        (token.to_owned(), "", "you signed the token in front of the body, where the key belongs"),
        (format!("{key}{token}"), "", "you signed the token between key and body"),
        (format!("{key}||"), "", "you signed `||` between key and body: it means put together"),
        (format!("{key}|"), "", "you signed `|` between key and body; nothing stands there"),
        (format!("{key}+"), "", "you signed `+` between key and body: it means put together"),
        (format!("{key}:"), "", "you signed `:` between key and body; nothing stands there"),
        (format!("{key}."), "", "you signed `.` between key and body; nothing stands there"),
        (format!("{key} "), "", "you signed a blank between key and body; nothing stands there"),
        (format!("{key}\n"), "", "you signed a line end between key and body"),
        (format!("\"{key}\""), "", "you signed the key in quotes"),
    ] {
        found.push(Reading::other(bytes(front, behind), why));
    }
    found
}

/// Goes on where key and token are right.
pub(super) fn explain(
    mut explained: Explained,
    seen: &Seen<'_>,
    account: &Account,
    body: &Body,
) -> Option<Explained> {
    let text = Text::default().part("key", seen.key);
    let text = if body.is_empty { text } else { text.part("body", &body.right) };
    explained.expected = Some(sign(seen.token, seen.key, &body.right));
    let signature = explained.given.clone().unwrap_or_default();
    let given = decodings(&signature, Encoding::Hex, Hash::makes);
    let token = seen.token.to_owned();
    let own = given.clone();
    explained.fits = Some(Fits::new(move |text| {
        let made = hex::decode(sign(&token, "", text)).unwrap_or_default();
        own.iter().any(|one| one.value == made)
    }));
    explained.signed = Some(text);
    if given.is_empty() {
        return Some(explained.saying(format!(
            "the signature has {} characters and is in no encoding that we know; 128 hexadecimal \
             digits are expected",
            signature.chars().count()
        )));
    }
    let arrangements = arrangements(seen.key, seen.token);
    let joined = |reading: &Reading<(Vec<u8>, Vec<u8>)>| {
        // The length of the front, so that one part holds both.
        let (front, behind) = &reading.value;
        let length = u16::try_from(front.len()).unwrap_or(0).to_be_bytes();
        let value = [length.as_slice(), front, behind].concat();
        Reading { value, difference: reading.difference.clone() }
    };
    let compose = |parts: &[&[u8]]| {
        let [body, around] = parts else { return Vec::new() };
        let (length, around) = around.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let middle = usize::from(u16::from_be_bytes(*length));
        let (front, behind) = around.split_at_checked(middle).unwrap_or((around, &[]));
        [front, body, behind].concat()
    };
    let mut keys = keys_taken_for(seen.directory, account, TOKEN, seen.now);
    for key in &mut keys {
        // The one that was shown is the one that must have signed.
        if key.difference.is_none() && key.value.as_slice() != seen.token.as_bytes() {
            key.difference = Some(
                "you signed with another of your tokens than the one that you sent".to_owned(),
            );
        }
    }
    let trial = Trial::default()
        .part(body.readings.clone())
        .part(arrangements.iter().map(joined).collect())
        .part(keys);
    let length = body.right.len() + 256;
    let outcome = trial.run_keyed(&given, recipes(Hash::Sha512), length, compose);
    explained.tried = outcome.tried;
    match outcome.mistakes {
        Some(mistakes) if mistakes.is_empty() => None,
        Some(mistakes) => {
            explained.findings = mistakes;
            Some(explained)
        }
        None => Some(explained.saying(if body.is_empty {
            "nothing that is usual comes to this signature: a GET signs the key alone, under the token"
        } else {
            "the body or the key is another than you signed: nothing that is usual comes to this \
             signature. Compare your text with the one below, byte for byte"
        })),
    }
}
