//! `GET /api/check/{id}` (section 3.1), and whether the merchant is told once more.

use bytes::Bytes;
use gateway::request::PaymentRef;

use crate::{
    answer,
    call::Call,
    fault::Fault,
    problems::Problems,
    query::{Parameter, parameter},
};

/// Tells how a payment stands. It is found by its id or, which no source promises, by the merchant's
/// reference (rule 25): an answer that got lost could not be found otherwise.
pub(crate) async fn check(call: &Call<'_>, id: Option<String>) -> Result<Bytes, Fault> {
    let resend = resend(call.query)?;
    let id = id.ok_or(Fault::NotFound)?;
    let found = call.gateway.payment(Some(call.account.no), PaymentRef::IdOrOrder(id)).await?;
    let view = found.ok_or(Fault::NotFound)?;
    if resend {
        call.gateway.resend(call.account.no, view.payment.no, call.received_at).await?;
    }
    Ok(answer::payment(&view).into())
}

/// `resendCallback`, which is false where nothing is said.
fn resend(query: Option<&str>) -> Result<bool, Fault> {
    const NAME: &str = "resendCallback";
    let value = match parameter(query, NAME) {
        Parameter::Absent => Some(false),
        Parameter::Text(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        Parameter::Malformed => None,
    };
    value.ok_or_else(|| {
        let sentence = format!("The {NAME} field must be true or false.");
        Fault::Invalid(Problems::one(NAME, sentence))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_be_told_again_is_asked_for_in_so_many_words() {
        for (query, wanted) in [
            (None, Some(false)),
            (Some("resendCallback="), Some(false)),
            (Some("resendCallback=false"), Some(false)),
            (Some("resendCallback=0"), Some(false)),
            (Some("resendCallback=true"), Some(true)),
            (Some("x=2&resendCallback=1"), Some(true)),
            (Some("resendcallback=true"), Some(false)),
            (Some("resendCallback=yes"), None),
            (Some("resendCallback=TRUE"), None),
            (Some("resendCallback=%ff"), None),
        ] {
            assert_eq!(resend(query).ok(), wanted, "{query:?}");
        }
    }
}
