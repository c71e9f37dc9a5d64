//! Which payments a request names: by their order ids, ids or codes, in its path and in its body.

use std::collections::BTreeSet;

use gateway::Gateway;
use serde_json::Value;

use crate::sandbox::cashier::Cashier;

/// How many texts of a request are kept.
const NAMES_MAX: usize = 128;
/// The longest that names a payment, in bytes.
const NAME_MAX: usize = 128;
/// The deepest that a body is searched.
const DEPTH_MAX: usize = 6;

/// Every text that might name a payment. `latest` at the sandbox's counter is the code that it stands
/// for.
pub(super) async fn names(gateway: &Gateway, path: &str, body: &[u8]) -> BTreeSet<String> {
    let mut names = texts_of(path, body);
    if names.contains("latest")
        && let Ok(payment) = Cashier::new(gateway.clone()).payment("latest").await
    {
        names.insert(payment.code.as_str().to_owned());
    }
    names
}

fn texts_of(path: &str, body: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for segment in path.split('/') {
        keep(segment, &mut names);
    }
    if let Ok(body) = serde_json::from_slice(body) {
        texts(&body, DEPTH_MAX, &mut names);
    }
    names
}

fn keep(text: &str, names: &mut BTreeSet<String>) {
    if (1..=NAME_MAX).contains(&text.len()) && names.len() < NAMES_MAX {
        names.insert(text.to_owned());
    }
}

fn texts(value: &Value, depth: usize, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => keep(text, names),
        Value::Object(members) if depth > 0 => {
            for value in members.values() {
                texts(value, depth - 1, names);
            }
        }
        Value::Array(values) if depth > 0 => {
            for value in values {
                texts(value, depth - 1, names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::Array(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stands_in_the_path_and_in_the_body() {
        let body =
            br#"{"transaction_details":{"order_id":"o-1","gross_amount":5},"a":["b",{"c":"d"}]}"#;
        let names = texts_of("/v2/o-2/status", body);
        for name in ["v2", "o-2", "status", "o-1", "b", "d"] {
            assert!(names.contains(name), "{name}");
        }
        assert_eq!(names.len(), 6);
    }

    #[test]
    fn neither_their_number_nor_their_length_grows_without_bounds() {
        let many: Vec<_> = (0..1_000).map(|no| no.to_string()).collect();
        let body = serde_json::to_vec(&many).unwrap();
        assert_eq!(texts_of("", &body).len(), NAMES_MAX);
        assert!(texts_of(&"x".repeat(129), b"").is_empty());
        let deep = format!("{}\"x\"{}", "[".repeat(100), "]".repeat(100));
        assert!(texts_of("", deep.as_bytes()).is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(texts_of("/", &body).len() <= NAMES_MAX);
        }
    }
}
