//! The shapes of requests (section 2.1): which members are looked at, and nothing of what they mean.
//!
//! A member is kept as the text it was sent as. When a name occurs twice, the last one counts; names
//! that are not listed are passed over.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A member's name.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

macro_rules! objects {
    ($($(#[$doc:meta])* $object:ident { $($member:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $object<'a> {
            $(pub(crate) $member: Option<&'a RawValue>,)*
            /// How many members there are, known or not.
            pub(crate) count: usize,
        }

        impl<'de> Deserialize<'de> for $object<'de> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> Visitor<'de> for Members {
                    type Value = $object<'de>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: MapAccess<'de>>(
                        self,
                        mut members: A,
                    ) -> Result<Self::Value, A::Error> {
                        let mut object = $object::default();
                        while let Some(Name(name)) = members.next_key()? {
                            match name.as_ref() {
                                $(stringify!($member) => {
                                    object.$member = Some(members.next_value()?);
                                })*
                                _ => {
                                    members.next_value::<IgnoredAny>()?;
                                }
                            }
                            object.count += 1;
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Members)
            }
        }
    )*};
}

objects! {
    /// The body of `POST /v2/charge`.
    ChargeBody {
        payment_type,
        transaction_details,
        cstore,
        item_details,
        customer_details,
        custom_expiry,
        custom_field1,
        custom_field2,
        custom_field3,
        metadata,
    }

    /// `transaction_details`.
    TransactionDetails { order_id, gross_amount, }

    /// `cstore`.
    Cstore {
        store,
        message,
        alfamart_free_text_1,
        alfamart_free_text_2,
        alfamart_free_text_3,
    }

    /// `customer_details`, as far as it is printed or sent to.
    CustomerDetails { first_name, last_name, email, phone, }

    /// One of `item_details`.
    Item { price, quantity, name, }

    /// `custom_expiry`.
    CustomExpiry { order_time, expiry_duration, unit, }

    /// The body of `POST /snap/v1/transactions`, beside what it has in common with a charge.
    SnapBody { enabled_payments, callbacks, expiry, page_expiry, }

    /// `expiry` and `page_expiry`.
    SnapExpiry { start_time, duration, unit, }

    /// `callbacks`.
    Callbacks { finish, error, }

    /// The body of `POST /v2/capture`.
    CaptureBody { transaction_id, }
}

/// A member that should be a text or a number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    /// Missing, `null` or the empty text, which means the same (section 2.1).
    Absent,
    /// A text.
    Text(Cow<'a, str>),
    /// A number, exactly as it was written.
    Number(&'a str),
    /// Something else.
    Other,
}

impl<'a> Scalar<'a> {
    /// What `member` holds.
    pub(crate) fn of(member: Option<&'a RawValue>) -> Self {
        let Some(raw) = member.map(RawValue::get) else {
            return Self::Absent;
        };
        match raw.as_bytes().first() {
            Some(b'n') => Self::Absent,
            Some(b'"') => match serde_json::from_str::<Name<'a>>(raw) {
                Ok(Name(text)) if text.is_empty() => Self::Absent,
                Ok(Name(text)) => Self::Text(text),
                // Half a surrogate pair is JSON, but no text.
                Err(_) => Self::Other,
            },
            Some(b'-' | b'0'..=b'9') => Self::Number(raw),
            Some(_) | None => Self::Other,
        }
    }
}

/// A member that should be an object or a list.
#[derive(Debug)]
pub(crate) enum Nested<T> {
    /// Missing or `null`.
    Absent,
    /// As it should be.
    Is(T),
    /// Something else.
    Other,
}

impl<T> Nested<T> {
    /// What `member` holds.
    pub(crate) fn of<'a>(member: Option<&'a RawValue>) -> Self
    where
        T: Deserialize<'a>,
    {
        match member.map(RawValue::get) {
            None | Some("null") => Self::Absent,
            Some(raw) => serde_json::from_str(raw).map_or(Self::Other, Self::Is),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_members_counts_and_strangers_are_passed_over() {
        let body = r#"{"order_id":"a","x":{"order_id":"c"},"order\u005fid":"b"}"#;
        let details: TransactionDetails<'_> = serde_json::from_str(body).unwrap();
        assert_eq!(Scalar::of(details.order_id), Scalar::Text("b".into()));
        assert_eq!(Scalar::of(details.gross_amount), Scalar::Absent);
        assert_eq!(details.count, 3);
    }

    #[test]
    fn numbers_keep_their_spelling() {
        let body = r#"{"order_id":1554317097.50,"gross_amount":123456789012345678901234567890}"#;
        let details: TransactionDetails<'_> = serde_json::from_str(body).unwrap();
        assert_eq!(Scalar::of(details.order_id), Scalar::Number("1554317097.50"));
        let amount = "123456789012345678901234567890";
        assert_eq!(Scalar::of(details.gross_amount), Scalar::Number(amount));
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        let body = r#"{"order_id":"\ud800"}"#;
        let details: TransactionDetails<'_> = serde_json::from_str(body).unwrap();
        assert_eq!(Scalar::of(details.order_id), Scalar::Other);
    }
}
