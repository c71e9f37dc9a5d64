//! Why a `signature_key` does not agree (section 5.3).

use aws_lc_rs::digest::{Digest, SHA256, SHA512, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use dialect::{Inspected, Reading, Received, readings_of_keys};
use serde_json::{Map, Value};

/// Bytes of SHA-512.
const LENGTH: usize = 64;
/// What a key of the sandbox begins with.
const SANDBOX: &str = "SB-";
/// Codes that notifications and status answers carry.
const CODES: [&str; 4] = ["200", "201", "202", "407"];

/// What is wrong, if anything.
pub(crate) fn inspect(received: &Received<'_>) -> Inspected {
    let body = match read(received.body) {
        Ok(body) => body,
        Err(difference) => return Inspected::only(difference),
    };
    let mut numbers = Vec::new();
    let [order, code, amount] = ["order_id", "status_code", "gross_amount"].map(|name| {
        let value =
            body.get(name).ok_or_else(|| format!("the body has no {name}, which is signed"))?;
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => {
                numbers.push(format!(
                    "{name} is a number: every member of a notification is sent as a text"
                ));
                Ok(number.to_string())
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(format!("{name} is no text: every member of a notification is sent as a text"))
            }
        }
    });
    let (order, code, amount) = match (order, code, amount) {
        (Ok(order), Ok(code), Ok(amount)) => (order, code, amount),
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => return Inspected::only(why),
    };
    let signed = format!("{order}{code}{amount}***");
    let Some(given) = body.get("signature_key").and_then(Value::as_str) else {
        let why = "the body has no signature_key: the gateway signs with the account's server key, \
                   and leaves it out only where there is none";
        return Inspected { signed: Some(signed), ..Inspected::only(why) };
    };
    let texts = Texts {
        orders: orders(&order),
        codes: codes(&code),
        amounts: amounts(&amount),
        keys: readings_of_keys(received.keys),
    };
    let expected = texts.keys.first().map(|key| {
        hex::encode(digest(&SHA512, format!("{order}{code}{amount}{}", key.value).as_bytes()))
    });
    let mut differences = differences(&texts, given, &hints(received, &body));
    differences.splice(0..0, numbers);
    Inspected { differences, signed: Some(signed), expected, given: Some(given.to_owned()) }
}

fn read(body: &[u8]) -> Result<Map<String, Value>, String> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("the body is JSON, but no object".to_owned()),
        Err(error) => Err(format!("the body is no JSON: {error}")),
    }
}

/// Every way in which the four parts may have been read.
struct Texts<'a> {
    orders: Vec<Reading<String>>,
    codes: Vec<Reading<String>>,
    amounts: Vec<Reading<String>>,
    keys: Vec<Reading<&'a str>>,
}

fn orders(order: &str) -> Vec<Reading<String>> {
    let mut readings = vec![Reading::plain(order.to_owned())];
    let other = |value: String, how: &str| {
        Reading::other(value, format!("order_id differs: the one that is signed {how}"))
    };
    readings.push(other(order.trim().to_owned(), "has no white space around it"));
    readings.push(other(order.to_lowercase(), "is in small letters"));
    readings.push(other(order.to_uppercase(), "is in capitals"));
    readings.push(other(String::new(), "is empty"));
    readings
}

fn codes(code: &str) -> Vec<Reading<String>> {
    let mut readings = vec![Reading::plain(code.to_owned())];
    readings.extend(CODES.iter().filter(|other| **other != code).map(|other| {
        let why = format!(
            "status_code differs: {other} is signed, the body says {code}; take it from the same body"
        );
        Reading::other((*other).to_owned(), why)
    }));
    readings
}

fn amounts(amount: &str) -> Vec<Reading<String>> {
    let mut readings = vec![Reading::plain(amount.to_owned())];
    let whole = amount.split_once('.').map_or(amount, |(whole, _)| whole);
    let short = format!("{whole}.0");
    for other in [whole.to_owned(), format!("{whole}.00"), short, grouped(whole)] {
        if other != amount {
            let why = format!(
                "gross_amount is written otherwise: `{other}` is signed, the body says `{amount}`; \
                 take the text as it stands, never a number"
            );
            readings.push(Reading::other(other, why));
        }
    }
    readings
}

/// `1,234,567.00`.
fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() + 8);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.chars().count() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + ".00"
}

/// What else is odd, for the case that nothing explains the signature.
fn hints(received: &Received<'_>, body: &Map<String, Value>) -> Vec<String> {
    let mut hints = Vec::new();
    let merchant = body.get("merchant_id").and_then(Value::as_str);
    if let (Some(told), Some(known)) = (merchant, received.public_id)
        && told != known
    {
        hints.push(format!("the body is for merchant {told}, the key is that of {known}"));
    }
    if let Some(key) = received.keys.first() {
        let environment = if key.secret.expose().trim_start().starts_with(SANDBOX) {
            "the sandbox (it begins with SB-)"
        } else {
            "production (it does not begin with SB-)"
        };
        hints.push(format!(
            "the key given is one of {environment}; a notification of the other environment is \
             signed with the other key"
        ));
    }
    hints
}

fn differences(texts: &Texts<'_>, given: &str, hints: &[String]) -> Vec<String> {
    let (bytes, mut differences) = match decode(given) {
        Ok(decoded) => decoded,
        Err(why) => return vec![why],
    };
    if let Some(found) = texts.search(|text| is(&digest(&SHA512, text), &bytes)) {
        differences.extend(found);
        return differences;
    }
    if let Some(found) = texts.search(|text| is(&digest(&SHA256, text), &bytes)) {
        differences.push("it is SHA-256, where SHA-512 is used".to_owned());
        differences.extend(found);
        return differences;
    }
    differences.push(
        "order_id, status_code or gross_amount was changed after signing, or another key has signed \
         them: no key given here, and no other way to write the three, comes to this signature"
            .to_owned(),
    );
    differences.extend_from_slice(hints);
    differences
}

/// The signature's bytes, and what is odd about how they are written.
fn decode(given: &str) -> Result<(Vec<u8>, Vec<String>), String> {
    let text = given.trim();
    let mut odd = Vec::new();
    if text.len() < given.len() {
        odd.push("the signature has white space around it".to_owned());
    }
    if let Ok(bytes) = hex::decode(text) {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            odd.push(
                "the signature is in capitals, where the gateway writes small letters".to_owned(),
            );
        }
        return Ok((bytes, odd));
    }
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == LENGTH => {
            odd.push("the signature is in base64, where it is hexadecimal".to_owned());
            Ok((bytes, odd))
        }
        Ok(_) | Err(_) => Err(format!(
            "signature_key is no signature: it has {} characters, where it has 128 hexadecimal digits",
            text.chars().count()
        )),
    }
}

fn is(digest: &Digest, bytes: &[u8]) -> bool {
    digest.as_ref() == bytes
}

impl Texts<'_> {
    /// The fewest differences with which the four parts come to what is looked for.
    fn search(&self, agrees: impl Fn(&[u8]) -> bool) -> Option<Vec<String>> {
        let mut best: Option<Vec<String>> = None;
        for key in &self.keys {
            for order in &self.orders {
                for code in &self.codes {
                    for amount in &self.amounts {
                        let text =
                            format!("{}{}{}{}", order.value, code.value, amount.value, key.value);
                        if !agrees(text.as_bytes()) {
                            continue;
                        }
                        let found: Vec<_> =
                            [&order.difference, &code.difference, &amount.difference]
                                .into_iter()
                                .chain([&key.difference])
                                .flatten()
                                .cloned()
                                .collect();
                        if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                            best = Some(found);
                        }
                    }
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use dialect::KnownKey;
    use gateway::directory::Secret;

    use super::*;
    use crate::signature::signature_key;

    const KEY: &str = "SB-Mid-server-test";

    fn key(name: &str, text: &str, is_meant: bool) -> KnownKey {
        KnownKey { name: name.to_owned(), secret: Secret::new(text), is_meant }
    }

    fn body(amount: &str, code: &str, signature: &str) -> String {
        format!(
            r#"{{"order_id":"Order-1","status_code":"{code}","gross_amount":"{amount}","merchant_id":"G1","signature_key":"{signature}"}}"#
        )
    }

    fn found(body: &str, keys: &[KnownKey]) -> Vec<String> {
        let received = Received {
            headers: &[],
            body: body.as_bytes(),
            url: None,
            public_id: Some("G2"),
            keys,
        };
        inspect(&received).differences
    }

    #[test]
    fn what_differs_is_named() {
        let keys = [key("the key", KEY, true), key("the server key of G9", "SB-other", false)];
        let sign = |order: &str, code: &str, amount: &str, key: &str| {
            signature_key(order, code, amount, key)
        };
        let good = sign("Order-1", "200", "44000.00", KEY);
        assert_eq!(found(&body("44000.00", "200", &good), &keys), Vec::<String>::new());
        for (body, told) in [
            (body("44000.00", "200", &good.to_uppercase()), "capitals"),
            (body("44000.00", "200", &STANDARD.encode(hex::decode(&good).unwrap())), "base64"),
            (body("44000.00", "200", &good[..100]), "no signature of it"),
            (body("44000.00", "200", "short"), "128 hexadecimal digits"),
            (body("44000", "200", &good), "gross_amount is written otherwise: `44000.00`"),
            (body("44000.00", "201", &good), "status_code differs: 200 is signed"),
            (body("44000.00", "200", &sign("order-1", "200", "44000.00", KEY)), "small letters"),
            (body("44000.00", "200", &sign("Order-1", "200", "44000.00", "SB-other")), "of G9"),
            (body("55000.00", "200", &good), "was changed after signing"),
            (
                body("44000.00", "200", &good).replace(r#""44000.00""#, "44000.00"),
                "gross_amount is a number",
            ),
            (
                body("44000.00", "200", &good).replace(r#""44000.00""#, "44000"),
                "gross_amount is written otherwise: `44000.00`",
            ),
            (body("44000.00", "200", &good).replace(r#""200""#, "200"), "status_code is a number"),
            (r#"{"order_id":[]}"#.to_owned(), "order_id is no text"),
            (r#"{"order_id":"1"}"#.to_owned(), "no status_code"),
            ("[]".to_owned(), "no object"),
            ("order_id=1".to_owned(), "no JSON"),
        ] {
            let told =
                if told == "no signature of it" { "was changed after signing" } else { told };
            let found = found(&body, &keys);
            assert!(found.iter().any(|one| one.contains(told)), "{told}: {found:?}");
        }
        let odd = found(&body("55000.00", "200", &good), &keys);
        assert!(odd.iter().any(|one| one.contains("merchant G1")), "{odd:?}");
        let spaced = [key("the key", "SB-Mid-server-test\n", true)];
        let found = found(&body("44000.00", "200", &good), &spaced);
        assert!(matches!(found.as_slice(), [one] if one.contains("white space")), "{found:?}");
    }
}
