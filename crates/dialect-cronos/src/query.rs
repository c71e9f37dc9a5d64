//! The parameters behind a question mark.

use crate::path::percent_decoded;

/// A parameter as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Missing or empty, which is the same.
    Absent,
    /// A text.
    Text(String),
    /// Bytes that are no text, or a broken escape.
    Malformed,
}

/// The parameter `name` of a query, which may hold any others. Of several the last counts.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Parameter {
    let decoded = |text: &str| {
        percent_decoded(text.as_bytes(), |byte| if byte == b'+' { b' ' } else { byte })
    };
    let pairs = query.unwrap_or_default().split('&').rev();
    let value = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, _)| decoded(key).is_some_and(|key| key == name));
    match value.map(|(_, value)| decoded(value)) {
        None => Parameter::Absent,
        Some(Some(text)) if text.trim().is_empty() => Parameter::Absent,
        Some(Some(text)) => Parameter::Text(text.trim().to_owned()),
        Some(None) => Parameter::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_counts() {
        let text = |query, name| parameter(Some(query), name);
        assert_eq!(text("page=1&page=2", "page"), Parameter::Text("2".to_owned()));
        assert_eq!(text("p%61ge=%32+", "page"), Parameter::Text("2".to_owned()));
        assert_eq!(text("a=b=c", "a"), Parameter::Text("b=c".to_owned()));
        assert_eq!(text("page[]=1&pages=2", "page"), Parameter::Absent);
        for query in ["page", "page=", "page=%20", "&&", ""] {
            assert_eq!(text(query, "page"), Parameter::Absent, "{query}");
        }
        assert_eq!(parameter(None, "page"), Parameter::Absent);
        for query in ["page=%", "page=%zz", "page=%ff"] {
            assert_eq!(text(query, "page"), Parameter::Malformed, "{query}");
        }
    }
}
