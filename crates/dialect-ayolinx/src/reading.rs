//! The body of `POST /v1.0/retail/create`, read and judged (section 2.1).
//!
//! Members are judged in the order of the documentation, and the first that is wrong is told.

use std::borrow::Cow;

use domain::{ids::OrderId, money::Rupiah, retailer::RetailerKey, time::Timestamp};
use gateway::{directory::Account, reach::Reach};

use crate::{
    amount::{self, CURRENCY, Wire},
    channel,
    fault::Fault,
    json::{self, Kind, Member, Members},
    options, stamp,
    urls::{self, Urls},
};

/// The most characters of a reference.
const REFERENCE_MAX: usize = 64;
/// The most characters of a name or an e-mail address.
const NAME_MAX: usize = 128;
/// The most characters of a telephone number.
const PHONE_MAX: usize = 32;
/// Digits of a time in seconds since 1970 that is read in lenient mode.
const UNIX_DIGITS_MAX: usize = 11;

/// A body of which only the outermost members are known. Nothing in it is judged yet.
#[derive(Debug)]
pub(crate) struct Body<'a>([Member<'a>; 8]);

/// What a merchant asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Create {
    /// The merchant's name for it.
    pub(crate) order: OrderId,
    /// From when on it cannot be paid, in whole seconds.
    pub(crate) expires_at: Timestamp,
    /// Who pays.
    pub(crate) name: String,
    /// The payer's address.
    pub(crate) email: String,
    /// The payer's telephone.
    pub(crate) phone: Option<String>,
    /// How much.
    pub(crate) amount: Rupiah,
    /// Where a payer goes on, and where news goes.
    pub(crate) urls: Urls,
    /// Where it is to be paid.
    pub(crate) retailer: RetailerKey,
}

/// Takes a body apart.
pub(crate) fn body(bytes: &[u8]) -> Result<Body<'_>, Fault> {
    let Members { asked, .. } = json::read(
        bytes,
        [
            "partnerReferenceNo",
            "validUpTo",
            "customerName",
            "customerEmail",
            "customerPhone",
            "amount",
            "urlParams",
            "additionalInfo",
        ],
    )?;
    Ok(Body(asked))
}

/// Judges what a body asks for, as far as it can be told without the gateway.
pub(crate) fn create(body: &Body<'_>, account: &Account, reach: &Reach) -> Result<Create, Fault> {
    let Body([reference, valid_up_to, name, email, phone, amount, url_params, additional_info]) =
        *body;
    let lenient = options::is_lenient(account);
    Ok(Create {
        order: order("partnerReferenceNo", reference)?,
        expires_at: read_valid_up_to(valid_up_to, lenient)?,
        name: text_of("customerName", name, NAME_MAX)?,
        email: read_email(email)?,
        phone: read_phone(phone)?,
        amount: read_amount(amount, lenient)?,
        urls: urls::read(url_params, lenient, reach)?,
        retailer: retailer(additional_info, account)?,
    })
}

/// A merchant's reference.
pub(crate) fn order(field: &'static str, member: Member<'_>) -> Result<OrderId, Fault> {
    let text = text_of(field, member, REFERENCE_MAX)?;
    OrderId::new(text).map_err(|_| Fault::format(field))
}

/// The retailer behind `additionalInfo.channel`.
pub(crate) fn retailer(member: Member<'_>, account: &Account) -> Result<RetailerKey, Fault> {
    let [channel] = object("additionalInfo", member, ["channel"])?;
    let name = text("additionalInfo.channel", channel)?;
    channel::retailer(&name, account).ok_or_else(|| Fault::format("additionalInfo.channel"))
}

fn read_valid_up_to(member: Member<'_>, lenient: bool) -> Result<Timestamp, Fault> {
    let text = text("validUpTo", member)?;
    let unix = || {
        let digits = lenient && (1..=UNIX_DIGITS_MAX).contains(&text.len());
        let digits = digits && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = digits.then(|| text.parse::<i64>().ok()).flatten();
        seconds.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1_000)))
    };
    let at = stamp::parse(&text).or_else(unix).ok_or_else(|| Fault::format("validUpTo"))?;
    // The answer says it in whole seconds, so nothing else may count.
    Ok(Timestamp::from_millis(at.millis().div_euclid(1_000) * 1_000))
}

fn read_email(member: Member<'_>) -> Result<String, Fault> {
    let email = text_of("customerEmail", member, NAME_MAX)?;
    if email.contains('@') { Ok(email) } else { Err(Fault::format("customerEmail")) }
}

fn read_phone(member: Member<'_>) -> Result<Option<String>, Fault> {
    match member.kind() {
        Kind::Absent => Ok(None),
        Kind::Text(text) if text.is_empty() => Ok(None),
        Kind::Text(_) | Kind::Object(_) | Kind::List(_) | Kind::Number(_) | Kind::Other => {
            text_of("customerPhone", member, PHONE_MAX).map(Some)
        }
    }
}

fn read_amount(member: Member<'_>, lenient: bool) -> Result<Rupiah, Fault> {
    let [currency, value] = object("amount", member, ["currency", "value"])?;
    if text("amount.currency", currency)? != CURRENCY {
        return Err(Fault::format("amount.currency"));
    }
    match amount::read(&text("amount.value", value)?, lenient) {
        Wire::Rupiah(amount) => Ok(amount),
        Wire::TooMuch => Err(Fault::AmountLimit(None)),
        Wire::Malformed => Err(Fault::format("amount.value")),
    }
}

/// A text that must not be missing or blank.
fn text<'a>(field: &'static str, member: Member<'a>) -> Result<Cow<'a, str>, Fault> {
    match member.kind() {
        Kind::Absent => Err(Fault::missing(field)),
        Kind::Text(text) if text.trim().is_empty() => Err(Fault::missing(field)),
        Kind::Text(text) => Ok(text),
        Kind::Object(_) | Kind::List(_) | Kind::Number(_) | Kind::Other => {
            Err(Fault::format(field))
        }
    }
}

/// The same, of at most so many characters. Nothing is cut: programs read these texts back.
fn text_of(field: &'static str, member: Member<'_>, count_max: usize) -> Result<String, Fault> {
    let text = text(field, member)?;
    if text.chars().count() > count_max {
        return Err(Fault::format(field));
    }
    Ok(text.into_owned())
}

/// Some members of an object that must not be missing.
fn object<'a, const N: usize>(
    field: &'static str,
    member: Member<'a>,
    names: [&str; N],
) -> Result<[Member<'a>; N], Fault> {
    match member.kind() {
        Kind::Absent => Err(Fault::missing(field)),
        Kind::Object(raw) => {
            let members = json::members(raw, names).ok_or_else(|| Fault::format(field))?;
            Ok(members.asked)
        }
        Kind::Text(_) | Kind::List(_) | Kind::Number(_) | Kind::Other => Err(Fault::format(field)),
    }
}
