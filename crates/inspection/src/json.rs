//! JSON written again as other programs write it, without being understood: any bytes go through.

/// What becomes of slashes, or of characters beyond ASCII, in texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// They stay as they were sent.
    Keep,
    /// They are escaped.
    On,
    /// They are written plainly.
    Off,
}

/// What stands between tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing.
    None,
    /// A blank behind each comma and colon.
    Spaced,
    /// Lines, indented by so many blanks.
    Lines(usize),
}

/// A way to write JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) gap: Gap,
    pub(crate) slashes: Escape,
    pub(crate) unicode: Escape,
}

/// The deepest that is indented further; a stranger's nesting shall not become a long text.
const DEPTH_MAX: usize = 32;

/// `json` in another style. The order of members and the spelling of numbers stay.
pub(crate) fn restyled(json: &str, style: Style) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                out.push('"');
                text(&mut rest, style, &mut out);
            }
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                out.push(character);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(closing) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(closing);
                } else {
                    depth += 1;
                    line(style.gap, depth, &mut out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(style.gap, depth, &mut out);
                out.push(character);
            }
            ',' => {
                out.push(',');
                match style.gap {
                    Gap::None => {}
                    Gap::Spaced => out.push(' '),
                    Gap::Lines(_) => line(style.gap, depth, &mut out),
                }
            }
            ':' => out.push_str(if style.gap == Gap::None { ":" } else { ": " }),
            other => out.push(other),
        }
    }
    out
}

/// A text's inside, and its end.
fn text(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, style: Style, out: &mut String) {
    while let Some(character) = rest.next() {
        match character {
            '"' => return out.push('"'),
            '\\' => escaped(rest, style, out),
            '/' if style.slashes == Escape::On => out.push_str("\\/"),
            other if !other.is_ascii() && style.unicode == Escape::On => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str("\\u");
                    out.push_str(&hex::encode(unit.to_be_bytes()));
                }
            }
            other => out.push(other),
        }
    }
}

/// What follows a backslash.
fn escaped(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, style: Style, out: &mut String) {
    match rest.next() {
        Some('/') if style.slashes == Escape::Off => out.push('/'),
        Some('u') if style.unicode == Escape::Off => {
            let digits: String = rest.clone().take(4).collect();
            let character = u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32)
                .filter(|character| digits.chars().count() == 4 && !character.is_ascii());
            match character {
                Some(character) => {
                    out.push(character);
                    rest.nth(3);
                }
                // Half of a pair, or what must stay escaped.
                None => out.push_str("\\u"),
            }
        }
        Some(other) => {
            out.push('\\');
            out.push(other);
        }
        None => out.push('\\'),
    }
}

fn line(gap: Gap, depth: usize, out: &mut String) {
    match gap {
        Gap::None | Gap::Spaced => {}
        Gap::Lines(width) => {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', width * depth.min(DEPTH_MAX)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENT: &str = "{\"a\": [1.0,\"x\\/y/z\"], \"b\":{}, \"c\":\"\u{e9}\\u00e9 \\\" ,\"}";

    fn written(gap: Gap, slashes: Escape, unicode: Escape) -> String {
        restyled(SENT, Style { gap, slashes, unicode })
    }

    #[test]
    fn as_other_programs_write_it() {
        use Escape::{Keep, Off, On};
        assert_eq!(
            written(Gap::None, Keep, Keep),
            "{\"a\":[1.0,\"x\\/y/z\"],\"b\":{},\"c\":\"\u{e9}\\u00e9 \\\" ,\"}"
        );
        assert_eq!(
            written(Gap::Spaced, Off, On),
            "{\"a\": [1.0, \"x/y/z\"], \"b\": {}, \"c\": \"\\u00e9\\u00e9 \\\" ,\"}"
        );
        assert_eq!(
            written(Gap::Lines(2), On, Off),
            "{\n  \"a\": [\n    1.0,\n    \"x\\/y\\/z\"\n  ],\n  \"b\": {},\n  \"c\": \
             \"\u{e9}\u{e9} \\\" ,\"\n}"
        );
    }

    proptest! {
        #[test]
        fn any_text_goes_through(text in any::<String>(), nested in 0_usize..4_000) {
            for gap in [Gap::None, Gap::Spaced, Gap::Lines(4)] {
                let style = Style { gap, slashes: Escape::Off, unicode: Escape::Off };
                restyled(&text, style);
                prop_assert!(restyled(&"[1,".repeat(nested), style).len() <= nested * 300 + 300);
            }
        }
    }
}
