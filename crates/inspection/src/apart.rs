//! Where two texts part.

use crate::Text;

/// How many bytes before and behind the place are shown.
const AROUND: usize = 48;

/// The first place where two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Counted in bytes from 0.
    pub at: usize,
    /// The part of the server's text it lies in.
    pub part: Option<&'static str>,
    /// What both have before it, not from the beginning.
    pub before: String,
    /// How the server's goes on, its secrets masked; empty where it ends there.
    pub ours: String,
    /// How the other goes on.
    pub theirs: String,
}

/// The first place where `theirs` is not `ours`; none where they are the same.
pub fn apart(ours: &Text, theirs: &[u8]) -> Option<Apart> {
    let bytes = ours.bytes();
    let same = bytes.iter().zip(theirs).take_while(|(one, other)| one == other).count();
    if same == bytes.len() && same == theirs.len() {
        return None;
    }
    // Not in the middle of a character.
    let is_inside = |byte: &u8| byte & 0xc0 == 0x80;
    let back = |mut at: usize| {
        for _ in 0..3 {
            if theirs.get(at).is_some_and(is_inside) || bytes.get(at).is_some_and(is_inside) {
                at = at.saturating_sub(1);
            }
        }
        at
    };
    let at = back(same);
    let from = back(at.saturating_sub(AROUND));
    let theirs = theirs.get(at..).unwrap_or_default();
    let theirs = theirs.get(..AROUND).unwrap_or(theirs);
    Some(Apart {
        at,
        part: ours.piece_at(at),
        before: ours.cut(from, at - from),
        ours: ours.cut(at, AROUND),
        theirs: String::from_utf8_lossy(theirs).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> Text {
        Text::default()
            .part("method", "POST")
            .glue(":")
            .part("path", "/v1/caf\u{e9}")
            .glue(":")
            .secret("token", "0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn the_first_place_is_named() {
        let ours = text();
        assert_eq!(apart(&ours, &ours.bytes()), None);
        let found = apart(&ours, b"POST:/v1/caf\xc3\xa8:x").unwrap();
        assert_eq!((found.at, found.part), (12, Some("path")));
        assert_eq!(found.before, "POST:/v1/caf");
        assert!(found.ours.starts_with("\u{e9}:012345**") && found.theirs == "\u{e8}:x");
        let longer = [ours.bytes().as_slice(), b"\n"].concat();
        let found = apart(&ours, &longer).unwrap();
        assert_eq!((found.ours.as_str(), found.theirs.as_str()), ("", "\n"));
        assert!(!found.before.contains("6789"));
        assert_eq!(apart(&ours, b"").unwrap().at, 0);
    }

    proptest! {
        #[test]
        fn any_two_texts_part_somewhere_or_nowhere(
            one in prop::collection::vec(any::<u8>(), 0..80),
            other in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let ours = Text::default().part("a", &one).secret("b", &other);
            let whole = [one.as_slice(), other.as_slice()].concat();
            prop_assert_eq!(apart(&ours, &whole), None);
            prop_assert_eq!(apart(&ours, &other).is_none(), whole == other);
        }
    }
}
