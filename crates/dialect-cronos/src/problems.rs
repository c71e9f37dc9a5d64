//! What is wrong with a request, and the words for it, in the manner of the platform's framework.

use domain::money::Rupiah;
use serde::{Serialize, Serializer};

use crate::{
    fault::Fault,
    php::{Given, Value, canonical_number},
};

/// What is wrong, in the order in which it was found: a field, and a sentence about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// One problem alone.
    pub(crate) fn one(field: &'static str, sentence: impl Into<String>) -> Self {
        Self(vec![(field, sentence.into())])
    }

    /// One more. Every field has few, so that a request never gets a long answer.
    pub(crate) fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        self.0.push((field, sentence.into()));
    }

    /// `value`, unless something was wrong.
    pub(crate) fn none_or<T>(self, value: Option<T>) -> Result<T, Fault> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(Fault::Invalid(self)),
        }
    }

    /// The first, and how many more there are.
    pub(crate) fn summary(&self) -> String {
        let first = self.0.first().map_or("", |(_, sentence)| sentence);
        match self.0.len().saturating_sub(1) {
            0 => first.to_owned(),
            1 => format!("{first} (and 1 more error)"),
            more => format!("{first} (and {more} more errors)"),
        }
    }
}

/// An object: under each field's name the list of its sentences.
impl Serialize for Problems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
        for (field, sentence) in &self.0 {
            match fields.iter_mut().find(|(known, _)| known == field) {
                Some((_, sentences)) => sentences.push(sentence),
                None => fields.push((field, vec![sentence])),
            }
        }
        serializer.collect_map(fields)
    }
}

/// A text, or a number in its own spelling, that must not be missing.
pub(crate) fn required_text<'d>(
    field: &'static str,
    member: Option<Value<'d>>,
    problems: &mut Problems,
) -> Option<&'d str> {
    match member.map_or(Given::Absent, Value::given) {
        Given::Text(text) | Given::Number(text) => Some(text),
        Given::Absent => {
            problems.add(field, format!("The {field} field is required."));
            None
        }
        Given::Other => {
            problems.add(field, format!("The {field} field must be a string."));
            None
        }
    }
}

/// A whole number of at least one: a number whose fraction is zero, or a text of digits. None where
/// it is missing; where it is something else, what is wrong with it.
pub(crate) fn count(field: &str, member: Option<Value<'_>>) -> Result<Option<i64>, String> {
    let number = match member.map_or(Given::Absent, Value::given) {
        Given::Absent => return Ok(None),
        Given::Number(text) => whole(text),
        Given::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => whole(text),
        Given::Text(_) | Given::Other => Err(Uncountable::NotWhole),
    };
    match number {
        Ok(number) if number >= 1 => Ok(Some(number)),
        Ok(_) | Err(Uncountable::TooSmall) => Err(format!("The {field} field must be at least 1.")),
        Err(Uncountable::TooLarge) => {
            Err(format!("The {field} field must not be greater than {}.", Rupiah::MAX))
        }
        Err(Uncountable::NotWhole) => Err(format!("The {field} field must be an integer.")),
    }
}

enum Uncountable {
    NotWhole,
    TooSmall,
    TooLarge,
}

/// The value of a number that is written down, if it is whole and not larger than any amount.
fn whole(text: &str) -> Result<i64, Uncountable> {
    let beyond = |text: &str| {
        if text.starts_with('-') { Uncountable::TooSmall } else { Uncountable::TooLarge }
    };
    // PHP's spelling has no exponent where a number is whole and may be an amount, and it has no
    // fraction where that is zero.
    let text = canonical_number(text).ok_or_else(|| beyond(text))?;
    match text.split_once('e') {
        None if text.contains('.') => Err(Uncountable::NotWhole),
        None => match text.parse() {
            Ok(number) if number <= Rupiah::MAX.get() => Ok(number),
            Ok(_) | Err(_) => Err(beyond(&text)),
        },
        Some((_, exponent)) if exponent.starts_with('-') => Err(Uncountable::NotWhole),
        Some(_) => Err(beyond(&text)),
    }
}
