//! What is wrong with a request, and the words for it; members that are read the same everywhere.

use domain::money::Rupiah;
use serde_json::value::RawValue;

use crate::{
    amount::{NotWhole, whole},
    fault::Fault,
    wire::Scalar,
};

/// What is wrong with a request, in the order of its members, and not more than a screenful.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    /// The most that are listed, so that a small request never gets a large answer.
    const MAX: usize = 20;

    /// One more.
    pub(crate) fn add(&mut self, problem: impl Into<String>) {
        if self.0.len() < Self::MAX {
            self.0.push(problem.into());
        }
    }

    /// `value`, unless something was wrong.
    pub(crate) fn none_or<T>(self, value: Option<T>) -> Result<T, Fault> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(Fault::Invalid(self.0)),
        }
    }
}

/// A text, or a number in its own spelling.
pub(crate) fn optional_text(
    path: &str,
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> Option<String> {
    match Scalar::of(member) {
        Scalar::Absent => None,
        Scalar::Text(text) => Some(text.into_owned()),
        Scalar::Number(number) => Some(number.to_owned()),
        Scalar::Other => {
            problems.add(format!("{path} is invalid"));
            None
        }
    }
}

/// The same, where it must not be missing.
pub(crate) fn required_text(
    path: &str,
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> Option<String> {
    if Scalar::of(member) == Scalar::Absent {
        problems.add(format!("{path} is required"));
    }
    optional_text(path, member, problems)
}

/// A whole number, as a number or a text, that must not be missing.
pub(crate) fn whole_number(
    path: &str,
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> Option<i64> {
    let number = match Scalar::of(member) {
        Scalar::Absent => {
            problems.add(format!("{path} is required"));
            return None;
        }
        Scalar::Text(text) => whole(&text),
        Scalar::Number(number) => whole(number),
        Scalar::Other => Err(NotWhole::NotANumber),
    };
    let problem = match number {
        Ok(number) => return Some(number),
        Err(NotWhole::NotANumber) => format!("{path} is not a number"),
        Err(NotWhole::Fraction) => format!("{path} must not have decimals"),
        Err(NotWhole::OutOfRange { negative: true }) => format!("{path} is out of range"),
        Err(NotWhole::OutOfRange { negative: false }) => above(path, Rupiah::MAX.get()),
    };
    problems.add(problem);
    None
}

/// The words for a number that is too small.
pub(crate) fn below(path: &str, limit: i64) -> String {
    format!("{path} must be greater than or equal to {limit}")
}

/// The words for a number that is too large.
pub(crate) fn above(path: &str, limit: i64) -> String {
    format!("{path} must be less than or equal to {limit}")
}
