//! Texts with places for what a gateway is told: `{to}`, `{text}`. What stands in a place is escaped as
//! the text around it asks.

use std::fmt::Write as _;

/// How what stands in a place is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Inside a JSON string.
    Json,
    /// As a value of a form, or in a URL.
    Form,
    /// As it is.
    Plain,
}

macro_rules! places {
    ($($variant:ident = $name:literal,)*) => {
        /// What can stand in a template.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Place { $($variant),* }

        impl Place {
            /// Every place.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name between braces.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

places! {
    To = "to",
    ToDigits = "to_digits",
    Text = "text",
    Kind = "kind",
    Language = "language",
    Merchant = "merchant",
    Payer = "payer",
    Retailer = "retailer",
    Code = "code",
    Amount = "amount",
    Until = "until",
    PaidAt = "paid_at",
    Order = "order",
    Page = "page",
    Id = "id",
    Secret = "secret",
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// Reads a template. A brace that encloses no name in lower case is text, so that JSON needs no
    /// escapes; a name that is none of ours is told.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let name = after.split_once('}').map(|(name, _)| name);
            let is_name = |name: &&str| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            };
            let Some(name) = name.filter(is_name) else {
                literal.push('{');
                rest = after;
                continue;
            };
            let Some(place) = Place::ALL.iter().find(|place| place.name() == name) else {
                let known: Vec<_> =
                    Place::ALL.iter().map(|place| format!("{{{}}}", place.name())).collect();
                return Err(format!("{{{name}}} is no place; there are {}", known.join(", ")));
            };
            parts.push(Part::Text(std::mem::take(&mut literal)));
            parts.push(Part::Place(*place));
            rest = after.get(name.len() + 1..).unwrap_or_default();
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        Ok(Self(parts))
    }

    /// Whether this place is in it.
    pub(crate) fn has(&self, place: Place) -> bool {
        self.0.contains(&Part::Place(place))
    }

    /// With its places filled.
    pub(crate) fn fill<'a>(&self, escape: Escape, value: impl Fn(Place) -> &'a str) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Place(place) => escape_into(&mut text, escape, value(*place)),
            }
        }
        text
    }
}

/// As a value of a form: what a mask has to know, too.
pub(crate) fn form(value: &str) -> String {
    let mut text = String::new();
    escape_into(&mut text, Escape::Form, value);
    text
}

fn escape_into(text: &mut String, escape: Escape, value: &str) {
    match escape {
        Escape::Plain => text.push_str(value),
        Escape::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            text.push_str(inner.unwrap_or_default());
        }
        Escape::Form => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    text.push(char::from(byte));
                } else {
                    // Writing to a string does not fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, escape: Escape) -> String {
        let value = |place| match place {
            Place::To => "+62812",
            Place::Text => "a \"b\" & c\\d\ne=f é",
            _ => "?",
        };
        Template::read(template).unwrap().fill(escape, value)
    }

    #[test]
    fn places_are_filled_and_escaped_as_the_text_around_them_asks() {
        let json = filled(r#"{"to": "{to}", "x": {"text": "{text}"}, "y": {}}"#, Escape::Json);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["to"], "+62812");
        assert_eq!(read["x"]["text"], "a \"b\" & c\\d\ne=f é");
        let form = filled("To={to}&Body={text}", Escape::Form);
        assert_eq!(form, "To=%2B62812&Body=a%20%22b%22%20%26%20c%5Cd%0Ae%3Df%20%C3%A9");
        assert_eq!(filled("{to}{text", Escape::Plain), "+62812{text");
        assert_eq!(filled("{ to } {TO} {{to}}", Escape::Plain), "{ to } {TO} {+62812}");
    }

    #[test]
    fn a_name_that_is_none_is_told() {
        let error = Template::read("{telephone}").unwrap_err();
        assert!(error.contains("{telephone}") && error.contains("{to}"), "{error}");
    }
}
