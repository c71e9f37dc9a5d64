//! JSON without the white space between its tokens, as SNAP signs it (section 1.3).

use std::borrow::Cow;

/// `json` without blanks, tabs and line ends outside of string literals. Every other byte is kept,
/// so that numbers, escapes and the order of members stay as they were sent. One pass over any bytes
/// at all: what is not JSON is not judged here.
pub(crate) fn minify(json: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = first_dropped(json) else {
        return Cow::Borrowed(json);
    };
    let mut out = Vec::with_capacity(json.len());
    out.extend_from_slice(json.get(..first).unwrap_or_default());
    let mut literal = Literal::default();
    // What is before the first dropped byte has no effect behind it but for an open literal, and in
    // a literal nothing is dropped.
    for byte in json.get(first..).unwrap_or_default() {
        if !literal.drops(*byte) {
            out.push(*byte);
        }
    }
    Cow::Owned(out)
}

fn first_dropped(json: &[u8]) -> Option<usize> {
    let mut literal = Literal::default();
    json.iter().position(|byte| literal.drops(*byte))
}

/// Whether the bytes so far end within a string literal.
#[derive(Default)]
struct Literal {
    is_open: bool,
    is_escaped: bool,
}

impl Literal {
    /// Goes on by a byte, and says whether it is to be dropped.
    fn drops(&mut self, byte: u8) -> bool {
        if self.is_open {
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == b'"' {
                self.is_open = false;
            }
            return false;
        }
        if byte == b'"' {
            self.is_open = true;
        }
        matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Seeded;

    #[test]
    fn what_is_compact_is_not_copied() {
        let compact = br#"{"a":"x y","b":[1.0,-2e3]}"#;
        assert!(matches!(minify(compact), Cow::Borrowed(same) if same == compact));
        assert_eq!(minify(b" { } ").as_ref(), b"{}");
        assert_eq!(minify(b"").as_ref(), b"");
        assert_eq!(minify(b"\"open  ").as_ref(), b"\"open  ");
        assert_eq!(minify(b"\"a\\\\\" \"b\\\" \"").as_ref(), b"\"a\\\\\"\"b\\\" \"");
    }

    #[test]
    fn any_bytes_are_minified_once_and_for_all() {
        const BYTES: &[u8] = b" \t\n\r\"\"\\\\{}[],:a1\xc3\xa9\xff\x00";
        let mut seeded = Seeded(2_024);
        for _ in 0..20_000 {
            let length = seeded.below(40);
            let pick = |_| BYTES[seeded.below(BYTES.len() as u64)];
            let text: Vec<u8> = (0..length).map(pick).collect();
            let once = minify(&text);
            assert_eq!(minify(&once), once, "{text:?}");
            // Nothing but white space is ever dropped.
            let others = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().copied().filter(|byte| !b" \t\n\r".contains(byte)).collect()
            };
            assert_eq!(others(&once), others(&text), "{text:?}");
        }
    }

    #[test]
    fn what_serde_json_reads_means_the_same_afterwards() {
        let value = serde_json::json!({ "a b": [" \t\"\\ ", 1.5, null, { "é\n": true }] });
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        let compact = serde_json::to_vec(&value).unwrap();
        assert_eq!(minify(&pretty).as_ref(), compact);
    }
}
