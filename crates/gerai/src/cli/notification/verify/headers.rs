//! Headers as people keep them: from a log, from a browser, from a test.

use anyhow::Context;

/// The headers of a file: `name: value` lines up to an empty one, a request line before them or not;
/// or a JSON object.
pub(super) fn of_file(bytes: &[u8]) -> anyhow::Result<Vec<(String, String)>> {
    let text = std::str::from_utf8(bytes).context("the headers are no text")?;
    if text.trim_start().starts_with('{') {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).context("the headers are no JSON object")?;
        let text = |value: &serde_json::Value| {
            let first = value.as_array().and_then(|values| values.first()).unwrap_or(value);
            first.as_str().map(str::to_owned)
        };
        return object
            .iter()
            .map(|(name, value)| {
                let value = text(value).with_context(|| format!("{name} is no text"))?;
                Ok((name.to_ascii_lowercase(), value))
            })
            .collect();
    }
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty()).peekable();
    lines.next_if(|line| line.starts_with("POST ") || line.starts_with("HTTP/"));
    lines
        .take_while(|line| !line.trim().is_empty())
        .map(|line| one(line).with_context(|| format!("`{line}` is no header, `name: value`")))
        .collect()
}

/// One `name: value`; the name in small letters, the value without the white space around it.
pub(super) fn one(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_are_kept() {
        let wanted = [("on-key", "SC-1"), ("on-signature", "ab:cd")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        for text in [
            "On-Key: SC-1\r\nOn-Signature:ab:cd\r\n\r\n{\"not\": \"a header\"}",
            "\nPOST /hook HTTP/1.1\non-key: SC-1\non-signature: ab:cd",
            r#"{"On-Key": "SC-1", "on-signature": ["ab:cd"]}"#,
        ] {
            assert_eq!(of_file(text.as_bytes()).unwrap(), wanted, "{text}");
        }
        for text in ["no header", ": x", "a b: c", "{\"a\": 1}", "{", "a: b\nc"] {
            assert!(of_file(text.as_bytes()).is_err(), "{text}");
        }
    }
}
