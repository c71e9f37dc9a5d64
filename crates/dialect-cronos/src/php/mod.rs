//! JSON as the platform's own servers see it (section 1.3).
//!
//! The platform decodes a request into PHP arrays and encodes those again before it hashes them. So
//! what counts is what PHP's `json_decode` makes of a text, and what `json_encode` makes of that:
//! [`parse()`] takes what the one takes, [`Style::PHP`] writes what the other writes. The other styles
//! are those of clients in other languages (section 1.5).
//!
//! Nothing here recurses, and every table and text is a small multiple of what was sent.

mod document;

mod parse;

mod strings;

mod number;

mod encode;

#[cfg(test)]
mod tests;

pub(crate) use document::{Document, Given, Value};
pub(crate) use encode::Style;
pub(crate) use number::canonical as canonical_number;
pub(crate) use parse::{NotJson, parse};
pub(crate) use strings::write_fragment;
