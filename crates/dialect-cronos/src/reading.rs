//! The body of `POST /api/retail`, read and judged (section 2.1). Everything that is wrong is told at
//! once; members that nobody knows are passed over.

use dialect::is_target;
use domain::{ids::OrderId, money::Rupiah, retailer::RetailerKey, time::Span};
use gateway::reach::Reach;

use crate::{
    fault::Fault,
    memo::Memo,
    php::{Document, Value},
    problems::{Problems, count, required_text},
};

/// Alfamart, on the wire and among the retailers.
pub(crate) const ALFAMART: &str = "alfamart";
/// Indomaret, on the wire and among the retailers.
pub(crate) const INDOMARET: &str = "indomaret";

/// The most characters of a reference.
const REFERENCE_MAX: usize = 64;
/// The most characters of a telephone number.
const PHONE_MAX: usize = 32;
/// The most characters of a name.
const NAME_MAX: usize = 255;
/// The most bytes of a URL.
const URL_MAX: usize = 2_048;
/// How long a payment can be paid when the merchant does not say (section 2.5).
const LIFETIME_DEFAULT: Span = Span::minutes(60);
/// Longer than any retailer allows, and short enough to be added to any time.
const LIFETIME_MAX: Span = Span::days(36_500);

/// What a merchant asks for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The merchant's name for it.
    pub(crate) order: OrderId,
    /// Where it is to be paid.
    pub(crate) retailer: RetailerKey,
    /// How much, before any fee.
    pub(crate) amount: Rupiah,
    /// How long it can be paid.
    pub(crate) lifetime: Span,
    /// What is echoed.
    pub(crate) memo: Memo,
}

/// Reads a request. Its callback may only go where `reach` allows it.
pub(crate) fn read(document: &Document<'_>, reach: &Reach) -> Result<Wanted, Fault> {
    let body = document.root();
    if !body.is_object() {
        return Err(Fault::Invalid(Problems::one("body", "The body must be a JSON object.")));
    }
    let mut problems = Problems::default();
    let reference = reference(body.member("reference"), &mut problems);
    let phone = phone(body.member("phoneNumber"), &mut problems);
    let retailer = channel(body.member("channel"), &mut problems);
    let amount = amount(body.member("amount"), &mut problems);
    let lifetime = lifetime(body.member("expiryMinutes"), &mut problems);
    let view_name = view_name(body.member("viewName"), &mut problems);
    let callback = callback(body.member("additionalInfo"), reach, &mut problems);
    let memo = phone.zip(view_name).zip(callback).map(|((phone, view_name), callback)| Memo {
        view_name: view_name.to_owned(),
        callback: callback.to_owned(),
        phone_number: phone.to_owned(),
    });
    let wanted =
        reference.zip(retailer).zip(amount).zip(memo).map(|(((order, retailer), amount), memo)| {
            Wanted { order, retailer, amount, lifetime, memo }
        });
    problems.none_or(wanted)
}

fn reference(member: Option<Value<'_>>, problems: &mut Problems) -> Option<OrderId> {
    let text = required_text("reference", member, problems)?;
    if text.chars().count() > REFERENCE_MAX {
        problems.add("reference", longer("reference", REFERENCE_MAX));
        return None;
    }
    let order = OrderId::new(text);
    if order.is_err() {
        problems.add("reference", "The reference field format is invalid.");
    }
    order.ok()
}

/// A telephone number, in whatever form a merchant keeps it. Nothing is sent to it.
fn phone<'d>(member: Option<Value<'d>>, problems: &mut Problems) -> Option<&'d str> {
    let text = required_text("phoneNumber", member, problems)?;
    let allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b' ');
    let some_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if text.len() > PHONE_MAX || !some_digit || !text.bytes().all(allowed) {
        problems.add("phoneNumber", "The phoneNumber field format is invalid.");
        return None;
    }
    Some(text)
}

fn channel(member: Option<Value<'_>>, problems: &mut Problems) -> Option<RetailerKey> {
    let text = required_text("channel", member, problems)?;
    let retailer = match text {
        ALFAMART | INDOMARET => RetailerKey::new(text).ok(),
        _ => None,
    };
    if retailer.is_none() {
        problems.add("channel", "The channel field must be alfamart or indomaret.");
    }
    retailer
}

fn amount(member: Option<Value<'_>>, problems: &mut Problems) -> Option<Rupiah> {
    match count("amount", member) {
        Ok(Some(amount)) => return Rupiah::new(amount).ok(),
        Ok(None) => problems.add("amount", "The amount field is required."),
        Err(sentence) => problems.add("amount", sentence),
    }
    None
}

/// Where something is wrong with it, that is among the problems, and nobody looks at the result.
fn lifetime(member: Option<Value<'_>>, problems: &mut Problems) -> Span {
    match count("expiryMinutes", member) {
        Ok(Some(minutes)) => return Span::minutes(minutes).min(LIFETIME_MAX),
        Ok(None) => {}
        Err(sentence) => problems.add("expiryMinutes", sentence),
    }
    LIFETIME_DEFAULT
}

fn view_name<'d>(member: Option<Value<'d>>, problems: &mut Problems) -> Option<&'d str> {
    let text = required_text("viewName", member, problems)?;
    if text.chars().count() > NAME_MAX {
        problems.add("viewName", longer("viewName", NAME_MAX));
        return None;
    }
    Some(text)
}

fn callback<'d>(
    member: Option<Value<'d>>,
    reach: &Reach,
    problems: &mut Problems,
) -> Option<&'d str> {
    const FIELD: &str = "additionalInfo.callback";
    let text = required_text(FIELD, member.and_then(|info| info.member("callback")), problems)?;
    if text.len() > URL_MAX {
        problems.add(FIELD, longer(FIELD, URL_MAX));
        return None;
    }
    if !is_target(text, reach) {
        problems.add(FIELD, format!("The {FIELD} field must be a valid http or https URL."));
        return None;
    }
    Some(text)
}

fn longer(field: &str, characters: usize) -> String {
    format!("The {field} field must not be greater than {characters} characters.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::php;

    #[test]
    fn production_refuses_callbacks_that_are_not_for_everybody() {
        let found = |url: &str, reach: &Reach| {
            let body = format!(
                r#"{{"reference":"R-1","phoneNumber":"0812","channel":"alfamart","amount":10000,
                "viewName":"Budi","additionalInfo":{{"callback":"{url}"}}}}"#
            );
            read(&php::parse(body.as_bytes()).unwrap(), reach).map(|wanted| wanted.memo.callback)
        };
        let production = Reach::default();
        let good = "https://shop.example/n";
        assert_eq!(found(good, &production).unwrap(), good);
        for url in ["http://127.0.0.1:9000/", "http://[fd00::1]/", "http://shop.internal/"] {
            assert_eq!(found(url, &Reach::Everything).unwrap(), url);
            let Err(Fault::Invalid(problems)) = found(url, &production) else { panic!("{url}") };
            assert!(
                problems.summary().contains("additionalInfo.callback"),
                "{}",
                problems.summary()
            );
        }
    }
}
