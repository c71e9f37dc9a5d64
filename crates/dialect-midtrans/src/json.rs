//! JSON that strangers wrote: what is not JSON is told from what is JSON of another shape.
//!
//! Nothing here recurses into what was sent: values are kept as their text until somebody asks for
//! them, so depth costs nothing.

use serde::{Deserialize, de::IgnoredAny};

/// A byte order mark, which some editors put before JSON. It is passed over.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Content<T> {
    /// A value of the wanted shape.
    Read(T),
    /// The word `null`.
    Null,
    /// JSON, but of another shape.
    Other,
}

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotJson {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The byte within the line, from 1; 0 where the line is empty.
    pub(crate) column: usize,
    /// Why. Never a piece of the text.
    pub(crate) why: String,
}

/// Reads `bytes` as a `T`.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<Content<T>, NotJson> {
    let text = text(bytes)?;
    match serde_json::from_str(text) {
        Ok(value) => Ok(Content::Read(value)),
        // A wrong shape is reported where it is met, perhaps before the place that is not JSON.
        Err(_) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) if text.trim_ascii() == "null" => Ok(Content::Null),
            Ok(_) => Ok(Content::Other),
            Err(error) => Err(not_json(&error)),
        },
    }
}

/// Whether `bytes` is JSON, or nothing but white space.
pub(crate) fn check_or_empty(bytes: &[u8]) -> Result<(), NotJson> {
    let text = text(bytes)?;
    if text.trim_ascii().is_empty() {
        return Ok(());
    }
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| not_json(&error))
}

fn text(bytes: &[u8]) -> Result<&str, NotJson> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.split(|byte| *byte == b'\n').count();
        let column = 1 + good.iter().rev().take_while(|byte| **byte != b'\n').count();
        NotJson { line, column, why: "the text is not UTF-8".to_owned() }
    })
}

fn not_json(error: &serde_json::Error) -> NotJson {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default().to_owned();
    NotJson { line: error.line(), column: error.column(), why }
}

/// Valid JSON without the white space between its tokens; none when it is nested deeper than
/// `depth_max`.
pub(crate) fn compact(json: &str, depth_max: usize) -> Option<String> {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped, mut depth) = (false, false, 0_usize);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else {
            match c {
                ' ' | '\t' | '\n' | '\r' => continue,
                '"' => in_string = true,
                '{' | '[' if depth == depth_max => return None,
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        out.push(c);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_goes() {
        let text = "{ \"a b\" : [ 1 ,\t\"x \\\" } y\" ],\n \"c\\\\\" : 1.50 }";
        assert_eq!(compact(text, 2).unwrap(), r#"{"a b":[1,"x \" } y"],"c\\":1.50}"#);
    }

    #[test]
    fn depth_is_counted_and_bounded() {
        assert!(compact("[[1],[2]]", 2).is_some());
        assert!(compact("[[[1]]]", 2).is_none());
    }

    #[test]
    fn depth_costs_nothing_while_nobody_looks() {
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        assert!(matches!(read::<IgnoredAny>(deep.as_bytes()), Ok(Content::Read(_))));
        let open = "[".repeat(60_000);
        assert!(read::<IgnoredAny>(open.as_bytes()).is_err());
    }

    #[test]
    fn the_place_of_a_byte_that_is_not_text_is_told() {
        let error = read::<IgnoredAny>(b"{\n \"a\": \"\xff\"}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
    }

    #[test]
    fn a_shape_that_is_wrong_before_the_text_is_broken_is_still_broken() {
        assert!(matches!(read::<bool>(b"[1, 2]"), Ok(Content::Other)));
        assert!(read::<bool>(b"[1, 2").is_err());
        assert!(matches!(read::<bool>(b"\xef\xbb\xbftrue "), Ok(Content::Read(true))));
    }
}
