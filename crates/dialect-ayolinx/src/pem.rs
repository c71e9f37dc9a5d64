//! Keys as text: armour around base64 around DER.

use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use zeroize::Zeroizing;

/// Pasted keys lack their padding now and then.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// A key, taken out of its text.
pub(crate) struct Unwrapped<'a> {
    /// What its armour says it is; none where it has none.
    pub(crate) label: Option<&'a str>,
    /// The key; wiped when dropped, as it may be a private one.
    pub(crate) der: Zeroizing<Vec<u8>>,
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotPem {
    /// A beginning without an end.
    Unfinished,
    /// What stands between is not base64.
    NotBase64,
}

/// Takes armour and base64 off. The armour may be missing, lines may end as they like, and blanks
/// may stand around everything (section 6).
pub(crate) fn unwrap(text: &str) -> Result<Unwrapped<'_>, NotPem> {
    let (label, base64) = match text.split_once(BEGIN) {
        None => (None, text),
        Some((_, rest)) => {
            let (label, rest) = rest.split_once(DASHES).ok_or(NotPem::Unfinished)?;
            let (base64, _) = rest.split_once(END).ok_or(NotPem::Unfinished)?;
            (Some(label.trim()), base64)
        }
    };
    let base64: Zeroizing<Vec<u8>> =
        Zeroizing::new(base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    if base64.is_empty() {
        return Err(NotPem::NotBase64);
    }
    let der = BASE64.decode(base64.as_slice()).map_err(|_| NotPem::NotBase64)?;
    Ok(Unwrapped { label, der: Zeroizing::new(der) })
}

/// Puts base64 in lines of 64 and armour around.
pub(crate) fn wrap(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let room = base64.len() + base64.len() / 64 + 2 * (label.len() + 20);
    let mut text = Zeroizing::new(String::with_capacity(room));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armour_comes_off_and_goes_on() {
        let text = wrap("THING", &[7; 100]);
        assert!(text.starts_with("-----BEGIN THING-----\nBwcH"));
        assert!(text.ends_with("=\n-----END THING-----\n"));
        assert!(text.lines().all(|line| line.len() <= 64));
        let back = unwrap(&text).ok().unwrap();
        assert_eq!((back.label, back.der.as_slice()), (Some("THING"), [7; 100].as_slice()));
    }

    #[test]
    fn what_cannot_be_taken_off_says_why() {
        for (text, why) in [
            ("", NotPem::NotBase64),
            (" \r\n ", NotPem::NotBase64),
            ("not a key!", NotPem::NotBase64),
            ("-----BEGIN THING", NotPem::Unfinished),
            ("-----BEGIN THING-----\nBwcH\n", NotPem::Unfinished),
            ("-----BEGIN THING-----\n\n-----END THING-----", NotPem::NotBase64),
            ("-----BEGIN THING-----\nB*cH\n-----END THING-----", NotPem::NotBase64),
        ] {
            assert_eq!(unwrap(text).err(), Some(why), "{text}");
        }
    }
}
