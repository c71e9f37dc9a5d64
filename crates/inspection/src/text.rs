//! A text that is signed, taken apart.

use aws_lc_rs::digest::{SHA256, digest};

/// Lower-case hexadecimal digits of SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// How many characters of a secret are shown, where it is long enough that they tell nothing.
const HEAD: usize = 6;
/// From how many characters on a secret shows its head.
const LONG: usize = 24;

/// A secret, as long as it is and unreadable but for its head: `SB-Mid******************`.
pub fn mask(secret: &str) -> String {
    let count = secret.chars().count();
    let head = if count >= LONG { HEAD } else { 0 };
    let shown = secret.chars().take(head);
    shown.chain(std::iter::repeat_n('*', count - head)).collect()
}

/// A text that is signed, piece by piece.
#[derive(Clone, Default)]
pub struct Text(Vec<Piece>);

#[derive(Clone)]
struct Piece {
    name: Option<&'static str>,
    bytes: Vec<u8>,
    is_secret: bool,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Text").field(&self.masked()).finish()
    }
}

impl Text {
    /// Goes on with a piece that has a name.
    #[must_use]
    pub fn part(self, name: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(Some(name), bytes.as_ref(), false)
    }

    /// Goes on with a piece that must not be shown.
    #[must_use]
    pub fn secret(self, name: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(Some(name), bytes.as_ref(), true)
    }

    /// Goes on with what stands between pieces.
    #[must_use]
    pub fn glue(self, bytes: impl AsRef<[u8]>) -> Self {
        self.with(None, bytes.as_ref(), false)
    }

    fn with(mut self, name: Option<&'static str>, bytes: &[u8], is_secret: bool) -> Self {
        self.0.push(Piece { name, bytes: bytes.to_vec(), is_secret });
        self
    }

    /// What is signed, secrets included.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
    }

    /// Its length in bytes.
    pub fn length(&self) -> usize {
        self.0.iter().map(|piece| piece.bytes.len()).sum()
    }

    /// Its pieces that have a name, as they may be shown.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().filter_map(|piece| Some((piece.name?, piece.shown())))
    }

    /// As it may be shown: a secret's characters are stars. What is no UTF-8 is U+FFFD.
    pub fn masked(&self) -> String {
        self.0.iter().map(Piece::shown).collect()
    }

    /// The bytes from `from` on, at most `count` of them, as they may be shown.
    pub(crate) fn cut(&self, from: usize, count: usize) -> String {
        let mut out = Vec::with_capacity(count);
        let masked = self.0.iter().flat_map(|piece| {
            let head = if piece.is_secret { piece.head() } else { piece.bytes.len() };
            piece.bytes.iter().enumerate().map(move |(at, b)| if at < head { *b } else { b'*' })
        });
        out.extend(masked.skip(from).take(count));
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The name of the piece that the byte at `at` belongs to, or of the one before it.
    pub(crate) fn piece_at(&self, at: usize) -> Option<&'static str> {
        let mut end = 0;
        let mut name = None;
        for piece in &self.0 {
            end += piece.bytes.len();
            name = piece.name.or(name);
            if at < end {
                break;
            }
        }
        name
    }
}

impl Piece {
    fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if self.is_secret { mask(&text) } else { text.into_owned() }
    }

    fn head(&self) -> usize {
        let is_long = self.bytes.is_ascii() && self.bytes.len() >= LONG;
        if is_long { HEAD } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_keeps_its_length_and_nothing_else() {
        let token = "7bd8be52a84cc95155756773cf34eade";
        let text = Text::default().part("method", "POST").glue(":").secret("token", token);
        assert_eq!(text.masked(), format!("POST:7bd8be{}", "*".repeat(26)));
        assert_eq!((text.length(), text.bytes().len()), (37, 37));
        assert_eq!(text.cut(3, 9), "T:7bd8be*");
        assert_eq!(mask("short"), "*****");
        assert!(!format!("{text:?}").contains("52a84"));
        let names = [0, 4, 5, 99].map(|at| text.piece_at(at));
        assert_eq!(names, [Some("method"), Some("method"), Some("token"), Some("token")]);
    }
}
