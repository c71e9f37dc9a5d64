//! JSON that strangers wrote: which members are looked at, and what they hold.
//!
//! Nothing here recurses into what was sent: values are kept as their text until somebody asks for
//! them, so depth costs nothing. When a name occurs twice, the last one counts; names that nobody
//! asks for are passed over.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A byte order mark, which some editors put before JSON. It is passed over.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a body is not an object, for people. Never a piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotAnObject(pub(crate) String);

/// Some members of an object, in the order in which they were asked for, and how many it has in all.
#[derive(Debug)]
pub(crate) struct Members<'a, const N: usize> {
    /// The members that were asked for.
    pub(crate) asked: [Member<'a>; N],
    /// How many there are, asked for or not.
    pub(crate) count: usize,
}

/// What one member holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a>(Option<&'a RawValue>);

/// A value, as far as its kind goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// Missing or `null`.
    Absent,
    /// A text.
    Text(Cow<'a, str>),
    /// An object, unread.
    Object(&'a str),
    /// A list, unread.
    List(&'a str),
    /// A number, exactly as it was written.
    Number(&'a str),
    /// A truth value, or half a surrogate pair, which is JSON but no text.
    Other,
}

impl<'a> Member<'a> {
    /// What it holds.
    pub(crate) fn kind(self) -> Kind<'a> {
        let Some(raw) = self.0.map(RawValue::get) else {
            return Kind::Absent;
        };
        match raw.as_bytes().first() {
            Some(b'n') => Kind::Absent,
            Some(b'"') => {
                serde_json::from_str::<Text<'a>>(raw).map_or(Kind::Other, |Text(t)| Kind::Text(t))
            }
            Some(b'{') => Kind::Object(raw),
            Some(b'[') => Kind::List(raw),
            Some(b'-' | b'0'..=b'9') => Kind::Number(raw),
            Some(_) | None => Kind::Other,
        }
    }
}

/// A text, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members called `names` of the object in `bytes`.
pub(crate) fn read<'a, const N: usize>(
    bytes: &'a [u8],
    names: [&str; N],
) -> Result<Members<'a, N>, NotAnObject> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text =
        std::str::from_utf8(bytes).map_err(|_| NotAnObject("The body is not UTF-8".to_owned()))?;
    if text.trim_ascii().is_empty() {
        return Err(NotAnObject("The body is empty".to_owned()));
    }
    members(text, names).ok_or_else(|| match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => NotAnObject("The body is not a JSON object".to_owned()),
        Err(error) => {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            NotAnObject(format!("Line {}, column {}: {why}", error.line(), error.column()))
        }
    })
}

/// The members called `names` of the object in `text`; none where it is not an object.
pub(crate) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Option<Members<'a, N>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = Asked(names).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(members)
}

/// The values of the list in `text`, at most `count_max`; none where it is not a list or longer.
pub(crate) fn list(text: &str, count_max: usize) -> Option<Vec<Member<'_>>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let members = || values.iter().map(|value| Member(Some(value))).collect();
    (values.len() <= count_max).then(members)
}

/// Reads an object for these names.
struct Asked<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Asked<'_, N> {
    type Value = Members<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Asked<'_, N> {
    type Value = Members<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members { asked: [Member(None); N], count: 0 };
        while let Some(Text(name)) = map.next_key()? {
            let place = self.0.iter().position(|asked| *asked == name);
            match place.and_then(|place| members.asked.get_mut(place)) {
                Some(member) => *member = Member(Some(map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            members.count += 1;
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_members_counts_and_strangers_are_passed_over() {
        let body = br#"{"a":"1","x":{"a":"c"},"\u0061":"2","n":1.50,"o":{"a":1},"l":[ ],"z":null}"#;
        let Members { asked: [text, number, object, list, null, missing], count } =
            read(body, ["a", "n", "o", "l", "z", "missing"]).unwrap();
        assert_eq!(count, 7);
        assert_eq!(text.kind(), Kind::Text("2".into()));
        assert_eq!(number.kind(), Kind::Number("1.50"));
        assert_eq!(object.kind(), Kind::Object(r#"{"a":1}"#));
        assert_eq!(list.kind(), Kind::List("[ ]"));
        assert_eq!((null.kind(), missing.kind()), (Kind::Absent, Kind::Absent));
    }

    #[test]
    fn what_is_no_object_says_why() {
        for (body, why) in [
            (&b""[..], "The body is empty"),
            (b" \r\n", "The body is empty"),
            (b"null", "The body is not a JSON object"),
            (b"[1]", "The body is not a JSON object"),
            (b"{\n\"a\": 1,}", "Line 2, column 8: key must be a string"),
            (b"{\"a\":1}x", "Line 1, column 8: trailing characters"),
            (b"{\"a\":\"\xff\"}", "The body is not UTF-8"),
            (b"{\"a\":", "Line 1, column 5: EOF while parsing a value"),
        ] {
            let got = read(body, ["a"]).unwrap_err();
            assert_eq!(got.0, why, "{body:?}");
        }
    }

    #[test]
    fn depth_and_odd_texts_are_survived() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
        assert!(read(deep.as_bytes(), ["b"]).is_ok());
        let Members { asked: [a], .. } = read(deep.as_bytes(), ["a"]).unwrap();
        assert!(matches!(a.kind(), Kind::List(_)));
        assert!(read("[".repeat(60_000).as_bytes(), ["a"]).is_err());
        let Members { asked: [a], .. } = read(br#"{"a":"\ud800"}"#, ["a"]).unwrap();
        assert_eq!(a.kind(), Kind::Other);
        assert!(read(b"\xef\xbb\xbf{}", ["a"]).is_ok());
        assert!(list("[1,2,3]", 2).is_none());
        assert_eq!(list("[1,2]", 2).unwrap().len(), 2);
    }
}
