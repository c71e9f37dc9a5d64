//! The parts of what is signed, as they are and as they are often taken for.

use dialect::{Reading, parse_wib};
use http::Uri;

use crate::{minify::minify, notification::DOCUMENTED_PATH, signature::hash, stamp};

pub(super) fn routes(url: Option<&str>, route: Option<&str>) -> Vec<Reading<String>> {
    let mut routes = Vec::new();
    let add = |routes: &mut Vec<Reading<String>>, value: String, why: String| {
        if routes.iter().all(|known: &Reading<String>| known.value != value) {
            routes.push(Reading::other(value, why));
        }
    };
    if let Some(route) = route {
        routes.push(Reading::plain(route.to_owned()));
        let other = |value: &str, how: &str| {
            (value.to_owned(), format!("the path differs: `{value}` is signed{how}, not `{route}`"))
        };
        let toggled = route.strip_suffix('/').map_or_else(|| format!("{route}/"), str::to_owned);
        let mut tried = vec![other(&toggled, "")];
        if let Some(query) = url
            .and_then(|url| url.parse::<Uri>().ok())
            .and_then(|uri| uri.query().map(str::to_owned))
        {
            tried.push(other(&format!("{route}?{query}"), ", with the query"));
        }
        if let Some(plain) = unescaped(route) {
            tried.push(other(&plain, ", without percent signs"));
        }
        if let Some(url) = url {
            tried.push(other(url, ", the whole URL"));
        }
        for (value, why) in tried {
            add(&mut routes, value, why);
        }
    }
    add(
        &mut routes,
        DOCUMENTED_PATH.to_owned(),
        format!(
            "the path of the documentation's example is signed, {DOCUMENTED_PATH}: the account's option notify_route says so"
        ),
    );
    add(
        &mut routes,
        "/".to_owned(),
        "the path `/` is signed: say with --url where it arrived".to_owned(),
    );
    routes
}

/// With `%20` and the like as the bytes they stand for.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        match escaped.and_then(|(digits, after)| Some((hex::decode(digits).ok()?, after))) {
            Some((byte, after)) => {
                bytes.extend(byte);
                rest = after;
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok().filter(|plain| plain != text)
}

pub(super) fn hashes(body: &[u8]) -> Vec<Reading<String>> {
    let raw = hash(body);
    let capitals = raw.to_uppercase();
    let minified = hash(&minify(body));
    let trimmed = hash(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii());
    let slashes = hash(&replaced(body, b"\\/", b"/"));
    let escaped = hash(&replaced(&replaced(body, b"\\/", b"/"), b"/", b"\\/"));
    let mut hashes = vec![Reading::plain(raw)];
    for (value, how) in [
        (trimmed, "the body has white space around it that was not sent"),
        (minified, "the body has white space between its tokens that is not signed"),
        (slashes, "slashes are escaped as `\\/` in the body, and plain in what is signed"),
        (escaped, "slashes are plain in the body, and escaped as `\\/` in what is signed"),
        (capitals, "the body's hash is signed in capitals"),
        (hash(b""), "an empty body is signed"),
    ] {
        if hashes.iter().all(|known| known.value != value) {
            hashes.push(Reading::other(value, how));
        }
    }
    hashes
}

pub(super) fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    out
}

pub(super) fn timestamps(text: &str) -> Vec<Reading<String>> {
    let mut readings = vec![Reading::plain(text.to_owned())];
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        readings.push(Reading::other(trimmed.to_owned(), "x-timestamp has white space around it"));
    }
    let at = stamp::parse(trimmed).or_else(|| parse_wib(trimmed));
    let wib = at.map(stamp::wib).filter(|wib| wib != text);
    readings.extend(wib.map(|wib| {
        let why = format!("x-timestamp is written otherwise: `{wib}` is signed");
        Reading::other(wib, why)
    }));
    readings
}
