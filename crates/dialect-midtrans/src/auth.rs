//! Who calls: HTTP Basic with the server key as user name (section 1.2).

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use gateway::directory::Secret;
use http::{HeaderMap, header::AUTHORIZATION};

/// The longest header that is looked at.
const HEADER_MAX: usize = 1_024;

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The server key a request came with. None where the header is missing, not alone, malformed or
/// without a user name: all of these are answered like an unknown key.
pub(crate) fn server_key(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let value = value.to_str().ok().filter(|value| value.len() <= HEADER_MAX)?;
    let (scheme, credentials) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut decoded = BASE64.decode(credentials.trim()).ok()?;
    // What follows the colon is a password, which Midtrans does not look at.
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded.truncate(colon);
    let user = String::from_utf8(decoded).ok().filter(|user| !user.is_empty())?;
    Some(Secret::new(user))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn key(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        server_key(&headers).map(|key| key.expose().to_owned())
    }

    #[test]
    fn the_published_example() {
        let header = "Basic U0ItTWlkLXNlcnZlci1hYmMxMjNjZGU0NTY6";
        assert_eq!(key(header).as_deref(), Some("SB-Mid-server-abc123cde456"));
    }

    #[test]
    fn clients_differ_in_small_things() {
        for header in ["basic a2V5Og==", "BASIC  a2V5Og", "Basic a2V5OnBhc3N3b3Jk"] {
            assert_eq!(key(header).as_deref(), Some("key"), "{header}");
        }
        assert_eq!(key("Basic a2V5IHdpdGggYmxhbmtzOg==").as_deref(), Some("key with blanks"));
    }

    #[test]
    fn whatever_is_wrong_is_no_key() {
        // In order: nothing, no credentials, another scheme, not Base64, no colon, an empty user,
        // a user that is not text.
        for header in
            ["", "Basic", "Bearer a2V5Og==", "Basic ???", "Basic a2V5", "Basic Og==", "Basic /zo="]
        {
            assert_eq!(key(header), None, "{header}");
        }
        assert_eq!(key(&format!("Basic {}", "a2V5".repeat(300))), None);
        assert!(server_key(&HeaderMap::new()).is_none());

        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, HeaderValue::from_static("Basic a2V5Og=="));
        twice.append(AUTHORIZATION, HeaderValue::from_static("Basic a2V5Og=="));
        assert!(server_key(&twice).is_none());
    }
}
