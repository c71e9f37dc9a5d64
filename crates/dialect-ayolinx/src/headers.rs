//! What is read from headers (section 1.4).

use domain::time::Timestamp;
use gateway::directory::Account;
use http::{HeaderMap, header::AUTHORIZATION};

use crate::{fault::Fault, options, stamp};

/// When the request was made, in its own words.
pub(crate) const TIMESTAMP: &str = "X-TIMESTAMP";
/// S1 or S2.
pub(crate) const SIGNATURE: &str = "X-SIGNATURE";
/// Who asks for a token.
pub(crate) const CLIENT_KEY: &str = "X-CLIENT-KEY";
/// Who asks for anything else: the same name.
pub(crate) const PARTNER_ID: &str = "X-PARTNER-ID";
/// The merchant's number for the request.
pub(crate) const EXTERNAL_ID: &str = "X-EXTERNAL-ID";
/// The most characters of an external id.
const EXTERNAL_ID_MAX: usize = 36;

/// The value of a header that must be there: not empty, said once, and of visible characters.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Fault> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| Fault::missing(name))?;
    let value = value.to_str().map_err(|_| Fault::format(name))?.trim();
    if value.is_empty() {
        return Err(Fault::missing(name));
    }
    // Of two values, one might be signed and the other believed.
    if values.next().is_some() {
        return Err(Fault::format(name));
    }
    Ok(value)
}

/// When a request says it was made.
pub(crate) fn made_at(timestamp: &str) -> Result<Timestamp, Fault> {
    stamp::parse(timestamp).ok_or_else(|| Fault::format(TIMESTAMP))
}

/// Whether a request made at `made_at` is fresh at `now`, by the tolerance of the account that it
/// claims to come from.
pub(crate) fn check_fresh(
    made_at: Timestamp,
    now: Timestamp,
    account: Option<&Account>,
) -> Result<(), Fault> {
    let Some(tolerance) = options::tolerance(account) else {
        return Ok(());
    };
    let off = now.since(made_at).as_millis().unsigned_abs();
    if off <= tolerance.as_millis().unsigned_abs() { Ok(()) } else { Err(Fault::Stale) }
}

/// Whether this can be an external id: visible ASCII, at most 36 characters.
pub(crate) fn check_external_id(id: &str) -> Result<(), Fault> {
    let fits = id.len() <= EXTERNAL_ID_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Fault::format(EXTERNAL_ID)) }
}

/// The token of a request; none where there is no bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use domain::time::Span;
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::samples::{account, at};

    fn headers(values: &[(&'static str, &[u8])]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &[u8])| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
        };
        values.iter().map(pair).collect()
    }

    #[test]
    fn a_header_is_said_once_and_not_empty() {
        let name = "x-partner-id";
        assert_eq!(one(&headers(&[(name, b" a ")]), PARTNER_ID), Ok("a"));
        for missing in [&[][..], &[(name, &b""[..])], &[(name, b"  ")]] {
            assert_eq!(one(&headers(missing), PARTNER_ID), Err(Fault::missing(PARTNER_ID)));
        }
        for wrong in [&[(name, &b"a"[..]), (name, b"a")][..], &[(name, b"\xe9")]] {
            assert_eq!(one(&headers(wrong), PARTNER_ID), Err(Fault::format(PARTNER_ID)));
        }
    }

    #[test]
    fn a_token_comes_behind_the_word_bearer() {
        for (value, token) in [
            (&b"Bearer abc"[..], Some("abc")),
            (b"bearer   abc", Some("abc")),
            (b"BEARER a b", Some("a b")),
            (b"Bearer ", None),
            (b"Bearer", None),
            (b"Basic abc", None),
            (b"abc", None),
            (b"Bearer \xe9", None),
        ] {
            assert_eq!(bearer(&headers(&[("authorization", value)])), token, "{value:?}");
        }
        let twice = headers(&[("authorization", b"Bearer a"), ("authorization", b"Bearer b")]);
        assert_eq!(bearer(&twice), None);
    }

    #[test]
    fn external_ids_are_visible_and_short() {
        for good in ["1", "2jd9sl384jkd0sjah4kdhsjaf9vozs3drmoj", "a/b:c_d-~!"] {
            assert_eq!(check_external_id(good), Ok(()), "{good}");
        }
        for bad in ["2jd9sl384jkd0sjah4kdhsjaf9vozs3drmojx", "a b", "a\tb", "é"] {
            assert_eq!(check_external_id(bad), Err(Fault::format(EXTERNAL_ID)), "{bad}");
        }
    }

    #[test]
    fn a_time_may_be_off_by_the_tolerance_either_way() {
        let now = at("2024-09-18T13:36:36+07:00");
        let mut account = account();
        for (seconds, fresh) in [(0, true), (900, true), (-900, true), (901, false), (-901, false)]
        {
            let made_at = now.plus(Span::seconds(seconds));
            assert_eq!(check_fresh(made_at, now, None).is_ok(), fresh, "{seconds}");
            assert_eq!(check_fresh(made_at, now, Some(&account)).is_ok(), fresh, "{seconds}");
        }
        let name = "timestamp_tolerance_seconds".to_owned();
        account.settings.options.insert(name, "0".to_owned());
        for far in [Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)] {
            assert_eq!(check_fresh(far, now, None), Err(Fault::Stale));
            assert_eq!(check_fresh(far, now, Some(&account)), Ok(()));
        }
    }
}
