//! Which lines were signed, and under which secret.

use inspection::{
    Encoding, Explained, Fits, Hash, Reading, Text, Trial, decodings, hashes, recipes,
    secrets_taken_for, sha256_hex,
};

use super::Seen;
use crate::signature::{
    KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, SignedRequest, TIMESTAMP_HEADER, VERSION, key,
};

/// How many seconds a second look at the clock is at most later or earlier.
const SECONDS_AROUND: i64 = 15;

/// Goes on where key, time and nonce are as they should be, or nearly.
pub(super) fn explain(mut explained: Explained, seen: &Seen<'_>) -> Option<Explained> {
    let parts =
        [KEY_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, SIGNATURE_HEADER].map(|name| seen.one(name));
    let [Ok(key_id), Ok(timestamp), Ok(nonce), Ok(signature)] = parts else {
        let missing = parts.into_iter().find_map(Result::err).unwrap_or_default();
        return Some(explained.saying(missing));
    };
    let (partner, secret) = seen.directory.partner_by_key(key_id, seen.received.real_now)?;
    let received = seen.received;
    let method = received.method.as_str();
    let request = SignedRequest {
        key_id,
        method,
        target: received.target,
        timestamp,
        nonce,
        body: received.body,
    };
    let text = Text::default()
        .part("version", "v1")
        .glue("\n")
        .part("key id", key_id)
        .glue("\n")
        .part("method", method)
        .glue("\n")
        .part("path with query", received.target)
        .glue("\n")
        .part("timestamp", timestamp)
        .glue("\n")
        .part("nonce", nonce)
        .glue("\n")
        .part("body's SHA-256", sha256_hex(received.body));
    let length = text.length();
    explained.signed = Some(text);
    explained.expected = Some(request.sign(secret.expose()));
    let given = spellings(signature);
    let (own, secret) = (given.clone(), secret.clone());
    explained.fits = Some(Fits::new(move |text| {
        let made = aws_lc_rs::hmac::sign(&key(secret.expose()), text);
        own.iter().any(|one| one.value == made.as_ref())
    }));
    if given.is_empty() {
        return Some(explained.saying(format!(
            "Gerai-Signature has {} characters and is in no encoding that we know; `v1=` and 64 \
             hexadecimal digits are expected",
            signature.chars().count()
        )));
    }
    let outcome = Trial::default()
        .part(orders())
        .part(vec![
            Reading::plain(key_id.to_owned()),
            Reading::other(key_id.to_lowercase(), "you signed the key id in small letters"),
            Reading::other(String::new(), "you signed an empty line for the key id"),
        ])
        .part(methods(method))
        .part(targets(received.target, seen))
        .part(timestamps(timestamp))
        .part(vec![
            Reading::plain(nonce.to_owned()),
            Reading::other(nonce.to_lowercase(), "you signed the nonce in small letters"),
            Reading::other(String::new(), "you signed an empty line for the nonce"),
        ])
        .part(hashes(&[received.body]))
        .part(secrets_taken_for(seen.directory, partner, key_id))
        .run_keyed(&given, recipes(Hash::Sha256), length, compose);
    explained.tried.extend(outcome.tried);
    match outcome.mistakes {
        Some(mistakes) => explained.findings.extend(mistakes),
        None => explained.findings.push(
            "the body, a header or the secret is another than you signed with: nothing that is usual \
             comes to this signature. Compare your lines with those below, byte for byte"
                .to_owned(),
        ),
    }
    (!explained.findings.is_empty()).then_some(explained)
}

/// The signature's bytes, and what is odd about how they are written.
fn spellings(signature: &str) -> Vec<Reading<Vec<u8>>> {
    let (bare, odd) = match signature.strip_prefix(VERSION) {
        Some(bare) => (bare, None),
        None => (signature, Some("the signature has no `v1=` in front")),
    };
    let capitals = bare.bytes().any(|byte| byte.is_ascii_uppercase());
    let capitals = capitals.then_some("the signature is in capitals; small letters are expected");
    let mut found = decodings(bare, Encoding::Hex, Hash::makes);
    for reading in &mut found {
        if reading.difference.is_none() {
            let odd = [odd, capitals].into_iter().flatten().collect::<Vec<_>>().join(", and ");
            reading.difference = (!odd.is_empty()).then_some(odd);
        }
    }
    found
}

/// How the lines are put together: a letter for each, and what stands between them. V is the version, K
/// the key id, M the method, P the path, S the time, N the nonce, H the body's hash.
fn orders() -> Vec<Reading<&'static str>> {
    vec![
        Reading::plain("V\nK\nM\nP\nS\nN\nH"),
        Reading::other("V\nK\nM\nP\nS\nN\nH\n", "you signed a line end behind the last line"),
        Reading::other(
            "V\r\nK\r\nM\r\nP\r\nS\r\nN\r\nH",
            "you ended lines with CR LF; LF is expected",
        ),
        Reading::other(
            "V\\nK\\nM\\nP\\nS\\nN\\nH",
            "you signed `\\n` as two characters, not a line end",
        ),
        Reading::other("K\nM\nP\nS\nN\nH", "you left out the first line, `v1`"),
        Reading::other("V\nK\nM\nP\nS\nN", "you left out the last line, the body's hash"),
        Reading::other("V\nM\nP\nS\nN\nH", "you left out the line with the key id"),
        Reading::other(
            "V\nK\nM\nP\nN\nS\nH",
            "you signed the nonce before the time; it comes behind",
        ),
        Reading::other("V:K:M:P:S:N:H", "you put `:` between the parts; line ends are expected"),
        Reading::other("V|K|M|P|S|N|H", "you put `|` between the parts; line ends are expected"),
        Reading::other("V.K.M.P.S.N.H", "you put `.` between the parts; line ends are expected"),
        Reading::other("V K M P S N H", "you put blanks between the parts; line ends are expected"),
        Reading::other("VKMPSNH", "you put nothing between the parts; line ends are expected"),
    ]
}

fn compose(parts: &[&[u8]]) -> Vec<u8> {
    let [order, key_id, method, target, at, nonce, hash] = parts else { return Vec::new() };
    let mut text = Vec::new();
    for letter in *order {
        match letter {
            b'V' => text.extend_from_slice(b"v1"),
            b'K' => text.extend_from_slice(key_id),
            b'M' => text.extend_from_slice(method),
            b'P' => text.extend_from_slice(target),
            b'S' => text.extend_from_slice(at),
            b'N' => text.extend_from_slice(nonce),
            b'H' => text.extend_from_slice(hash),
            between => text.push(*between),
        }
    }
    text
}

fn methods(method: &str) -> Vec<Reading<String>> {
    let mut found = vec![
        Reading::plain(method.to_owned()),
        Reading::other(method.to_lowercase(), "you signed the method in small letters"),
    ];
    let other = if method == "GET" { "POST" } else { "GET" };
    let why = format!("you signed {other} as the method; the request is a {method}");
    found.push(Reading::other(other.to_owned(), why));
    found
}

fn targets(target: &str, seen: &Seen<'_>) -> Vec<Reading<String>> {
    let mut found = vec![Reading::plain(target.to_owned())];
    let mut add = |value: String, how: &str| {
        if found.iter().all(|known| known.value != value) {
            found.push(Reading::other(value, format!("you signed the path {how}")));
        }
    };
    let path = target.split('?').next().unwrap_or_default();
    add(path.to_owned(), "without the query; it belongs to it");
    let host = seen.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    for scheme in ["https://", "http://", ""] {
        add(format!("{scheme}{host}{target}"), "with the host in front; it begins with a slash");
    }
    add(format!("{path}/"), "with a slash behind it");
    add(target.trim_start_matches('/').to_owned(), "without the slash in front");
    let short = target.strip_prefix("/counter/v1").unwrap_or(target);
    add(short.to_owned(), "without `/counter/v1`");
    if let Some(plain) = percent_decoded(target) {
        add(plain, "with its percent signs decoded; sign it as it is sent");
    }
    add(target.replace("%20", "+"), "with `+` for `%20`; sign it as it is sent");
    add(target.replace('+', "%20"), "with `%20` for `+`; sign it as it is sent");
    found
}

fn percent_decoded(text: &str) -> Option<String> {
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
    String::from_utf8(bytes).ok()
}

/// The time of the header, and those that may have been signed in its place.
fn timestamps(text: &str) -> Vec<Reading<String>> {
    let mut found = vec![Reading::plain(text.to_owned())];
    if let Ok(seconds) = text.parse::<i64>() {
        for off in (1..=SECONDS_AROUND).flat_map(|seconds| [seconds, -seconds]) {
            let value = seconds.saturating_add(off).to_string();
            let why = format!(
                "you signed another time than you sent: {value}, and Gerai-Timestamp says {text}; read \
                 the clock once"
            );
            found.push(Reading::other(value, why));
        }
        let value = seconds.saturating_mul(1_000).to_string();
        found.push(Reading::other(value, "you signed the time in milliseconds, and sent seconds"));
    }
    found.push(Reading::other(String::new(), "you signed an empty line for the time"));
    found
}
