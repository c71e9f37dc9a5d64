//! Texts in quotes: how escapes are undone, and how each style makes them.

use std::borrow::Cow;

use super::{encode::Style, parse::Reader};

impl<'a> Reader<'a> {
    /// A text whose opening quote was just passed. The whole of it is known to be UTF-8.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, &'static str> {
        let plain = self.plain()?;
        if self.take(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        while !self.take(b'"') {
            self.escape(&mut text)?;
            text.push_str(self.plain()?);
        }
        Ok(Cow::Owned(text))
    }

    /// What stands up to the next quote or backslash.
    fn plain(&mut self) -> Result<&'a str, &'static str> {
        let rest = self.rest();
        let special = |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let Some(length) = rest.bytes().position(special) else {
            self.skip(rest.len());
            return Err("a text does not end");
        };
        self.skip(length);
        match rest.as_bytes().get(length) {
            Some(b'"' | b'\\') => Ok(rest.get(..length).unwrap_or_default()),
            Some(_) | None => Err("a control character stands in a text"),
        }
    }

    /// An escape, at its backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), &'static str> {
        const UNKNOWN: &str = "there is no such escape";
        let rest = self.rest();
        let escaped = match rest.as_bytes().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(text),
            Some(_) | None => return Err(UNKNOWN),
        };
        self.skip(2);
        text.push(escaped);
        Ok(())
    }

    /// `\u` with four digits, or two of them for one character above U+FFFF.
    fn unicode(&mut self, text: &mut String) -> Result<(), &'static str> {
        const UNPAIRED: &str = "half of a surrogate pair stands alone";
        let rest = self.rest();
        let first = unit(rest).ok_or("an escape lacks its four hexadecimal digits")?;
        let (units, length) = match first {
            0xd800..=0xdbff => {
                let second = rest.get(6..).and_then(unit).ok_or(UNPAIRED)?;
                ([first, second], 2)
            }
            _ => ([first, 0], 1),
        };
        let mut decoded = char::decode_utf16(units.into_iter().take(length));
        let decoded = decoded.next().and_then(Result::ok).ok_or(UNPAIRED)?;
        self.skip(6 * length);
        text.push(decoded);
        Ok(())
    }
}

/// The code unit of an escape `\uhhhh` at the head of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // A sign would be taken for a digit otherwise.
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// `text` in quotes.
pub(super) fn write(text: &str, style: Style, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            8 => b"\\b",
            9 => b"\\t",
            10 => b"\\n",
            12 => b"\\f",
            13 => b"\\r",
            0..=0x1f => b"",
            _ => continue,
        };
        write_fragment(text.get(plain_from..at).unwrap_or_default(), style, out);
        if escape.is_empty() {
            write_unit(u16::from(byte), out);
        } else {
            out.extend_from_slice(escape);
        }
        plain_from = at + 1;
    }
    write_fragment(text.get(plain_from..).unwrap_or_default(), style, out);
    out.push(b'"');
}

/// A piece of a text without quotes, backslashes and control characters.
pub(crate) fn write_fragment(text: &str, style: Style, out: &mut Vec<u8>) {
    let is_plain = |byte: u8| {
        let slash = byte == b'/' && style.escapes_slashes;
        !slash && (byte.is_ascii() || !style.escapes_unicode)
    };
    if text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for character in text.chars() {
        let mut bytes = [0; 4];
        match character {
            '/' if style.escapes_slashes => out.extend_from_slice(b"\\/"),
            _ if character.is_ascii() || !style.escapes_unicode => {
                out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
            }
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write_unit(*unit, out);
                }
            }
        }
    }
}

/// `\uhhhh`, in lower case.
fn write_unit(unit: u16, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.extend(DIGITS.get(usize::from(unit >> shift & 0xf)));
    }
}
