//! Reading JSON as PHP's `json_decode` does: what it refuses is refused here.

use std::{borrow::Cow, collections::HashMap};

use super::document::{Document, Node, Place};

/// How deep values may be nested: as deep as PHP decodes when nothing else is said.
const DEPTH_MAX: usize = 511;
/// Objects with more members than this find them by a table.
const SHORT: usize = 16;

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotJson {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The byte within the line, from 1.
    pub(crate) column: usize,
    /// Why. Never a piece of the text.
    pub(crate) why: &'static str,
}

/// Reads `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Result<Document<'_>, NotJson> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_json(bytes, error.valid_up_to(), "the text is not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        return Err(not_json(bytes, 0, "a byte order mark stands before it"));
    }
    let mut reader = Reader { text, at: 0 };
    let mut builder = Builder::default();
    match builder.build(&mut reader) {
        Ok(root) => Ok(Document::new(builder.nodes, root)),
        Err(why) => Err(not_json(bytes, reader.at, why)),
    }
}

fn not_json(bytes: &[u8], at: usize, why: &'static str) -> NotJson {
    let good = bytes.get(..at).unwrap_or(bytes);
    let line = good.split(|byte| *byte == b'\n').count();
    let column = 1 + good.iter().rev().take_while(|byte| **byte != b'\n').count();
    NotJson { line, column, why }
}

/// A place in a text.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// What has not been read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over `count` bytes, which must end at a character's end.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.text.len());
    }

    /// Passes over `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// A number at its first byte.
    fn number(&mut self) -> Result<&'a str, &'static str> {
        const MALFORMED: &str = "a number is malformed";
        let from = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(MALFORMED);
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(MALFORMED);
        }
        if self.take(b'e') || self.take(b'E') {
            let _signed = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(MALFORMED);
            }
        }
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }

    fn word(&mut self, word: &str) -> Result<(), &'static str> {
        if !self.rest().starts_with(word) {
            return Err("a value is expected here");
        }
        self.skip(word.len());
        Ok(())
    }
}

/// A list or an object whose end has not been read.
#[derive(Debug)]
enum Open<'a> {
    List(Vec<Place>),
    Object(Members<'a>),
}

/// The members of an object, and the name of the one that is read.
#[derive(Debug, Default)]
struct Members<'a> {
    list: Vec<(Cow<'a, str>, Place)>,
    table: HashMap<Cow<'a, str>, usize>,
    name: Cow<'a, str>,
}

impl Members<'_> {
    fn add(&mut self, value: Place) {
        let name = std::mem::take(&mut self.name);
        let known = if self.list.len() < SHORT {
            self.list.iter().position(|(other, _)| *other == name)
        } else {
            if self.table.is_empty() {
                let names = self.list.iter().map(|(name, _)| name.clone());
                self.table = names.zip(0..).collect();
            }
            self.table.get(&name).copied()
        };
        if let Some((_, place)) = known.and_then(|index| self.list.get_mut(index)) {
            *place = value;
            return;
        }
        if !self.table.is_empty() {
            self.table.insert(name.clone(), self.list.len());
        }
        self.list.push((name, value));
    }
}

/// Values that are finished, and those that are not.
#[derive(Debug, Default)]
struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<Open<'a>>,
}

impl<'a> Builder<'a> {
    /// Reads one value and nothing after it.
    fn build(&mut self, reader: &mut Reader<'a>) -> Result<Place, &'static str> {
        loop {
            reader.skip_blanks();
            let Some(node) = self.begin(reader)? else { continue };
            if let Some(root) = self.place(node, reader)? {
                reader.skip_blanks();
                let at_end = reader.peek().is_none();
                return if at_end { Ok(root) } else { Err("something follows the value") };
            }
        }
    }

    /// A value that is finished with its first token, or none where a list or object begins.
    fn begin(&mut self, reader: &mut Reader<'a>) -> Result<Option<Node<'a>>, &'static str> {
        let node = match reader.peek() {
            Some(b'{') => {
                self.enter(reader, Open::Object(Members::default()))?;
                if reader.take(b'}') {
                    return Ok(self.leave());
                }
                self.name(reader)?;
                return Ok(None);
            }
            Some(b'[') => {
                self.enter(reader, Open::List(Vec::new()))?;
                return Ok(if reader.take(b']') { self.leave() } else { None });
            }
            Some(b'"') => {
                reader.skip(1);
                Node::Text(reader.text()?)
            }
            Some(b'-' | b'0'..=b'9') => Node::Number(reader.number()?),
            Some(b't') => reader.word("true").map(|()| Node::Bool(true))?,
            Some(b'f') => reader.word("false").map(|()| Node::Bool(false))?,
            Some(b'n') => reader.word("null").map(|()| Node::Null)?,
            Some(b']' | b'}') => return Err("a comma has nothing after it"),
            Some(_) => return Err("a value is expected here"),
            None => return Err("the text ends too early"),
        };
        Ok(Some(node))
    }

    /// Puts a finished value where it belongs, and finishes what ends with it. Gives the outermost
    /// value when that is finished, and nothing when another value must follow.
    fn place(
        &mut self,
        mut node: Node<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<Option<Place>, &'static str> {
        loop {
            let place = self.nodes.len();
            self.nodes.push(node);
            let Some(open) = self.open.last_mut() else { return Ok(Some(place)) };
            reader.skip_blanks();
            match open {
                Open::List(items) => {
                    items.push(place);
                    if reader.take(b',') {
                        return Ok(None);
                    }
                    if !reader.take(b']') {
                        return Err("`,` or `]` is expected here");
                    }
                }
                Open::Object(members) => {
                    members.add(place);
                    if reader.take(b',') {
                        reader.skip_blanks();
                        if reader.peek() == Some(b'}') {
                            return Err("a comma has nothing after it");
                        }
                        self.name(reader)?;
                        return Ok(None);
                    }
                    if !reader.take(b'}') {
                        return Err("`,` or `}` is expected here");
                    }
                }
            }
            let Some(finished) = self.leave() else { return Ok(Some(place)) };
            node = finished;
        }
    }

    fn enter(&mut self, reader: &mut Reader<'a>, open: Open<'a>) -> Result<(), &'static str> {
        if self.open.len() == DEPTH_MAX {
            return Err("it is nested deeper than 511");
        }
        reader.skip(1);
        reader.skip_blanks();
        self.open.push(open);
        Ok(())
    }

    fn leave(&mut self) -> Option<Node<'a>> {
        self.open.pop().map(|open| match open {
            Open::List(items) => Node::List(items),
            Open::Object(members) => Node::Object(members.list),
        })
    }

    /// A member's name and its colon.
    fn name(&mut self, reader: &mut Reader<'a>) -> Result<(), &'static str> {
        if !reader.take(b'"') {
            return Err("a name in quotes is expected here");
        }
        let name = reader.text()?;
        reader.skip_blanks();
        if !reader.take(b':') {
            return Err("`:` is expected here");
        }
        if let Some(Open::Object(members)) = self.open.last_mut() {
            members.name = name;
        }
        Ok(())
    }
}
