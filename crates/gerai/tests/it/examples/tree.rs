//! JSON whose members have an order.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A value, as it is written.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// Neither an object nor a list.
    Leaf(Value),
    /// A text of this shape: `9` is any digit, `x` any lower-case hexadecimal digit.
    Shape(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Tree {
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))
    }

    /// An expectation: a text that begins with `~` is a shape, everything else is itself.
    pub(super) fn of(value: Value) -> Self {
        match value.as_str().and_then(|text| text.strip_prefix('~')) {
            Some(shape) => Self::Shape(shape.to_owned()),
            None => Self::Leaf(value),
        }
    }

    /// What a pointer such as `/responseData/id` leads to.
    pub(super) fn at(&mut self, pointer: &str) -> Result<&mut Self, String> {
        let names = pointer.split('/').skip(1);
        names.into_iter().try_fold(self, |tree, name| match tree {
            Self::Object(members) => {
                let found = members.iter_mut().find(|(other, _)| other == name);
                found.map(|(_, tree)| tree).ok_or_else(|| format!("nothing printed is {pointer}"))
            }
            Self::Leaf(_) | Self::Shape(_) | Self::List(_) => Err(format!("no object: {pointer}")),
        })
    }

    pub(super) fn insert_after(
        &mut self,
        after: &str,
        name: &str,
        value: Self,
    ) -> Result<(), String> {
        let Self::Object(members) = self else { return Err(format!("no object: {name}")) };
        let place = members.iter().position(|(other, _)| other == after);
        let place = place.ok_or_else(|| format!("nothing printed is {after}"))?;
        members.insert(place + 1, (name.to_owned(), value));
        Ok(())
    }

    /// Whether `found` has the same members in the same order, of the same types and values.
    pub(super) fn compare(&self, found: &Self, path: &str) -> Result<(), String> {
        let differs = || format!("{path} is {found:?} instead of {self:?}");
        match (self, found) {
            (Self::Leaf(expected), Self::Leaf(value)) if expected == value => Ok(()),
            (Self::Shape(shape), Self::Leaf(Value::String(text))) if has_shape(text, shape) => {
                Ok(())
            }
            (Self::List(expected), Self::List(values)) if expected.len() == values.len() => {
                let mut pairs = expected.iter().zip(values);
                pairs.try_for_each(|(expected, value)| expected.compare(value, path))
            }
            (Self::Object(expected), Self::Object(members)) => {
                let names = |of: &[(String, Self)]| -> Vec<String> {
                    of.iter().map(|(name, _)| name.clone()).collect()
                };
                let (wanted, has) = (names(expected), names(members));
                if wanted != has {
                    return Err(format!("{path} has {has:?} instead of {wanted:?}"));
                }
                let mut pairs = expected.iter().zip(members);
                pairs.try_for_each(|((name, expected), (_, value))| {
                    expected.compare(value, &format!("{path}/{name}"))
                })
            }
            _ => Err(differs()),
        }
    }
}

fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, form)| match form {
            b'9' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            literal => byte == literal,
        })
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a tree without putting members into an order of its own.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Tree::Object(object))
    }
}
