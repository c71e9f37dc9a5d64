//! The members of a JSON object or of a query, found by name and read one by one.
//!
//! Total and bounded: what has no name of ours is skipped without being built, nesting is skipped
//! without recursion, and of a name that comes twice the last counts.

use std::{borrow::Cow, fmt};

use domain::money::Rupiah;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Why a request is malformed: which member, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {rule}")]
pub(crate) struct Malformed {
    /// The member, with its place in a list: `tender[2].amount`.
    pub(crate) member: Cow<'static, str>,
    /// What it must be.
    pub(crate) rule: &'static str,
}

impl Malformed {
    /// `member` must be as `rule` says.
    pub(crate) fn new(member: impl Into<Cow<'static, str>>, rule: &'static str) -> Self {
        Self { member: member.into(), rule }
    }

    /// The same, inside entry `place` of a list.
    pub(crate) fn inside(self, list: Name, place: usize) -> Self {
        Self { member: format!("{list}[{place}].{}", self.member).into(), rule: self.rule }
    }
}

/// The members that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
pub(crate) enum Name {
    PaymentCode,
    Sale,
    Outlet,
    Terminal,
    SaleAt,
    Retailer,
    Amount,
    ReceiptNo,
    Tender,
    Kind,
    Reason,
    Pin,
    #[serde(other)]
    Ignored,
}

impl Name {
    const COUNT: usize = 13;

    /// As it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentCode => "payment_code",
            Self::Sale => "sale",
            Self::Outlet => "outlet",
            Self::Terminal => "terminal",
            Self::SaleAt => "sale_at",
            Self::Retailer => "retailer",
            Self::Amount => "amount",
            Self::ReceiptNo => "receipt_no",
            Self::Tender => "tender",
            Self::Kind => "kind",
            Self::Reason => "reason",
            Self::Pin => "pin",
            Self::Ignored => "",
        }
    }

    /// The name that is written so.
    fn of(text: &str) -> Self {
        let deserializer = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
        Self::deserialize(deserializer).unwrap_or(Self::Ignored)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Name> for Cow<'static, str> {
    fn from(name: Name) -> Self {
        Cow::Borrowed(name.as_str())
    }
}

/// The members of one object.
#[derive(Debug, Default)]
pub(crate) struct Members<'a>([Option<Member<'a>>; Name::COUNT]);

#[derive(Debug, Clone)]
enum Member<'a> {
    /// As it stands in JSON.
    Json(&'a RawValue),
    /// As it stood in a query, decoded.
    Text(String),
}

impl<'a> Members<'a> {
    /// The members of a JSON object.
    pub(crate) fn of_json(body: &'a [u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(body).map_err(|_| Malformed::new("body", "must be a JSON object"))
    }

    /// The members of a query, whose values are all texts.
    pub(crate) fn of_query(pairs: Vec<(String, String)>) -> Self {
        let mut members = Self::default();
        for (name, value) in pairs {
            members.set(Name::of(&name), Member::Text(value));
        }
        members
    }

    fn set(&mut self, name: Name, value: Member<'a>) {
        if name != Name::Ignored
            && let Some(place) = self.0.get_mut(name as usize)
        {
            *place = Some(value);
        }
    }

    /// The member, unless it is absent or `null`.
    fn get(&self, name: Name) -> Option<&Member<'a>> {
        let is_there = |member: &&Member<'a>| match member {
            Member::Json(json) => json.get() != "null",
            Member::Text(_) => true,
        };
        self.0.get(name as usize)?.as_ref().filter(is_there)
    }

    /// A text, if the member is there.
    pub(crate) fn text(&self, name: Name) -> Result<Option<String>, Malformed> {
        match self.get(name) {
            None => Ok(None),
            Some(Member::Text(text)) => Ok(Some(text.clone())),
            Some(Member::Json(json)) => serde_json::from_str(json.get())
                .map(Some)
                .map_err(|_| Malformed::new(name, "must be a string")),
        }
    }

    /// An amount, if the member is there: a JSON integer, spelled in digits alone.
    pub(crate) fn amount(&self, name: Name) -> Result<Option<Rupiah>, Malformed> {
        let malformed =
            || Malformed::new(name, "must be whole rupiah, 1 to 9999999999, not in quotes");
        let Some(member) = self.get(name) else { return Ok(None) };
        let Member::Json(json) = member else { return Err(malformed()) };
        let digits = json.get();
        if digits.len() > 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let amount = digits.parse().ok().and_then(|rupiah| Rupiah::new(rupiah).ok());
        amount.filter(|amount| *amount > Rupiah::ZERO).map(Some).ok_or_else(malformed)
    }

    /// The members of each object of a list of at most `count_max`, if the member is there.
    pub(crate) fn list(
        &self,
        name: Name,
        count_max: usize,
    ) -> Result<Option<Vec<Self>>, Malformed> {
        let malformed = || Malformed::new(name, "must be a list of at most 16 objects");
        let Some(member) = self.get(name) else { return Ok(None) };
        let Member::Json(json) = member else { return Err(malformed()) };
        let entries: Vec<&'a RawValue> =
            serde_json::from_str(json.get()).map_err(|_| malformed())?;
        if entries.len() > count_max {
            return Err(malformed());
        }
        let entries = entries.into_iter().map(|entry| serde_json::from_str(entry.get()));
        entries.collect::<Result<_, _>>().map(Some).map_err(|_| malformed())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key()? {
            members.set(name, Member::Json(map.next_value()?));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_counts() {
        let members =
            Members::of_json(br#"{"sale":1,"sale":"a","outlet":"x","outlet":null}"#).unwrap();
        assert_eq!(members.text(Name::Sale), Ok(Some("a".to_owned())));
        assert_eq!(members.text(Name::Outlet), Ok(None));
        let pair = |value: &str| ("sale".to_owned(), value.to_owned());
        let members = Members::of_query(vec![pair("a"), pair("b")]);
        assert_eq!(members.text(Name::Sale), Ok(Some("b".to_owned())));
    }

    #[test]
    fn what_is_not_ours_is_skipped_however_deep_or_large_it_is() {
        let deep = format!(
            r#"{{"ignored":{}{},"x":1e999,"x":-0.0,"":0,"sale":"a"}}"#,
            "[".repeat(5_000),
            "]".repeat(5_000)
        );
        let members = Members::of_json(deep.as_bytes()).unwrap();
        assert_eq!(members.text(Name::Sale), Ok(Some("a".to_owned())));
    }

    #[test]
    fn a_name_may_be_escaped_and_must_be_whole() {
        let members = Members::of_json(br#"{"s\u0061le":"a","sale_":"b","Sale":"c"}"#).unwrap();
        assert_eq!(members.text(Name::Sale), Ok(Some("a".to_owned())));
    }

    #[test]
    fn a_name_is_written_as_it_is_read() {
        for name in [
            Name::PaymentCode,
            Name::Sale,
            Name::Outlet,
            Name::Terminal,
            Name::SaleAt,
            Name::Retailer,
            Name::Amount,
            Name::ReceiptNo,
            Name::Tender,
            Name::Kind,
            Name::Reason,
            Name::Pin,
        ] {
            assert_eq!(Name::of(name.as_str()), name);
            assert!((name as usize) < Name::COUNT);
        }
        assert_eq!(Name::of("ignored"), Name::Ignored);
    }
}
