//! Texts in which everything can be seen, and sentences with code in them.

use std::fmt::Write as _;

use maud::{Markup, html};

/// A sentence of ours, which begins in small letters and has no full stop.
pub(super) fn prose(sentence: &str) -> Markup {
    let mut rest = sentence.chars();
    let first = rest.next().filter(char::is_ascii_lowercase);
    html! {
        @if let Some(first) = first { (first.to_ascii_uppercase()) (quoted(rest.as_str())) }
        @else { (quoted(sentence)) }
        "."
    }
}

/// What stands between backticks as code.
pub(super) fn quoted(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 0 { (piece) } @else { code { (piece) } }
        }
    }
}

/// A text as HTML in which white space and what cannot be seen can be seen.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        match character {
            ' ' => out.push_str("<i>·</i>"),
            '\n' => out.push_str("<i>↵</i>\n"),
            '\r' => out.push_str("<i>␍</i>"),
            '\t' => out.push_str("<i>→</i>"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other if is_unseen(other) => {
                // Writing to a string does not fail.
                let _ = write!(out, "<i>U+{:04X}</i>", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out
}

/// Whether a character takes no room, looks like a blank, or changes the direction of others.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        let text = "a b\r\n\t\u{a0}\u{200b}\u{202e}<&\">\0";
        assert_eq!(
            visible(text),
            "a<i>·</i>b<i>␍</i><i>↵</i>\n<i>→</i><i>U+00A0</i><i>U+200B</i><i>U+202E</i>\
             &lt;&amp;&quot;&gt;<i>U+0000</i>"
        );
    }

    #[test]
    fn a_sentence_has_a_beginning_and_an_end() {
        assert_eq!(prose("you sent `a<b`").into_string(), "You sent <code>a&lt;b</code>.");
        assert_eq!(prose("X is").into_string(), "X is.");
        assert_eq!(prose("").into_string(), ".");
        assert_eq!(quoted("`").into_string(), "<code></code>");
    }
}
