//! Writing what was read, in the style of PHP or of another language.

use std::borrow::Cow;

use super::{
    document::{Document, Node, Place},
    number, strings,
};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether `/` becomes `\/`.
    pub(super) escapes_slashes: bool,
    /// Whether characters above U+007F become `\uhhhh`.
    pub(super) escapes_unicode: bool,
    /// What stands after commas and colons.
    gap: &'static str,
    /// Whether values are what PHP's arrays make of them: the empty object and one whose names count
    /// up from 0 become lists, and numbers are printed anew. Where not, the writer is a program that
    /// spells its numbers in what it signs as in what it sends.
    retypes: bool,
}

impl Style {
    /// PHP's `json_encode` with default flags: variant B.
    pub(crate) const PHP: Self =
        Self { escapes_slashes: true, escapes_unicode: true, gap: "", retypes: true };
    /// JavaScript's `JSON.stringify`: variant E.
    pub(crate) const PLAIN: Self =
        Self { escapes_slashes: false, escapes_unicode: false, gap: "", retypes: false };
    /// The same with escaped slashes: variant D.
    pub(crate) const SLASHES: Self = Self { escapes_slashes: true, ..Self::PLAIN };
    /// Python's `json.dumps` with compact separators: variant C.
    pub(crate) const UNICODE: Self = Self { escapes_unicode: true, ..Self::PLAIN };
    /// Python's `json.dumps` as it comes: variant F.
    pub(crate) const SPACED: Self = Self { escapes_unicode: true, gap: " ", ..Self::PLAIN };
}

/// A list or object of which the first `written` members are written.
struct Open<'d> {
    parts: Parts<'d>,
    written: usize,
}

/// What a list or object consists of.
enum Parts<'d> {
    List(&'d [Place]),
    /// An object that PHP writes as a list.
    Counted(&'d [(Cow<'d, str>, Place)]),
    Object(&'d [(Cow<'d, str>, Place)]),
}

impl Document<'_> {
    /// The whole value in `style`: none where PHP could not write it, because a number is infinite.
    ///
    /// At most about six times as long as what was read.
    pub(crate) fn encode(&self, style: Style) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(256);
        let mut open: Vec<Open<'_>> = Vec::new();
        let mut next = Some(self.root_place());
        loop {
            if let Some(place) = next {
                self.begin(place, style, &mut out, &mut open)?;
            }
            let Some(innermost) = open.last_mut() else { return Some(out) };
            next = innermost.step(style, &mut out);
            if next.is_none() {
                open.pop();
            }
        }
    }

    /// Writes a value, or the opening of a list or object, which is open then.
    fn begin<'d>(
        &'d self,
        place: Place,
        style: Style,
        out: &mut Vec<u8>,
        open: &mut Vec<Open<'d>>,
    ) -> Option<()> {
        let parts = match self.node(place) {
            Node::Null => return write(b"null", out),
            Node::Bool(true) => return write(b"true", out),
            Node::Bool(false) => return write(b"false", out),
            Node::Number(text) if style.retypes => {
                return write(number::canonical(text)?.as_bytes(), out);
            }
            Node::Number(text) => return write(text.as_bytes(), out),
            Node::Text(text) => {
                strings::write(text, style, out);
                return Some(());
            }
            Node::List(items) => Parts::List(items),
            Node::Object(members) if style.retypes && counts_up(members) => Parts::Counted(members),
            Node::Object(members) => Parts::Object(members),
        };
        out.push(if matches!(parts, Parts::Object(_)) { b'{' } else { b'[' });
        open.push(Open { parts, written: 0 });
        Some(())
    }
}

/// Writes a value that is nothing but its text.
#[expect(clippy::unnecessary_wraps, reason = "it is what its caller returns")]
fn write(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(text);
    Some(())
}

impl Open<'_> {
    /// Writes what stands before the next value and names it, or writes the end.
    fn step(&mut self, style: Style, out: &mut Vec<u8>) -> Option<Place> {
        let (name, place) = match &self.parts {
            Parts::List(items) => (None, items.get(self.written).copied()),
            Parts::Counted(members) => (None, members.get(self.written).map(|(_, place)| *place)),
            Parts::Object(members) => match members.get(self.written) {
                Some((name, place)) => (Some(name), Some(*place)),
                None => (None, None),
            },
        };
        if place.is_none() {
            out.push(if matches!(self.parts, Parts::Object(_)) { b'}' } else { b']' });
            return None;
        }
        if self.written > 0 {
            out.push(b',');
            out.extend_from_slice(style.gap.as_bytes());
        }
        if let Some(name) = name {
            strings::write(name, style, out);
            out.push(b':');
            out.extend_from_slice(style.gap.as_bytes());
        }
        self.written += 1;
        place
    }
}

/// Whether the names are 0, 1, 2 and so on, which makes a list of them in PHP. No names at all do.
fn counts_up(members: &[(Cow<'_, str>, Place)]) -> bool {
    members.iter().enumerate().all(|(index, (name, _))| {
        // Most names are no numbers, and need no text to be compared to.
        name.starts_with(|first: char| first.is_ascii_digit()) && **name == *index.to_string()
    })
}
