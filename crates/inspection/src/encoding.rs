//! How a signature is written.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::Reading;

const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER);
const BASE64_OF_URLS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER);
/// The longest signature that is looked at, in bytes.
const TEXT_MAX: usize = 8 * 1024;
/// What stands in front of signatures elsewhere.
const PREFIXES: [&str; 8] =
    ["v1=", "sha512=", "sha256=", "sha1=", "hmac=", "0x", "Signature ", "Basic "];

/// How a signature should be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// In hexadecimal digits.
    Hex,
    /// In base64 with `+` and `/`.
    Base64,
}

impl Encoding {
    const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hexadecimal digits",
            Self::Base64 => "base64",
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Hex => "hexadecimal digits are expected",
            Self::Base64 => "base64 is expected",
        }
    }
}

/// Every way in which a signature may have been written that comes to a number of bytes that `fits`; the
/// way that is `wanted` first, if it does.
pub fn decodings(
    given: &str,
    wanted: Encoding,
    fits: impl Fn(usize) -> bool,
) -> Vec<Reading<Vec<u8>>> {
    let mut found: Vec<Reading<Vec<u8>>> = Vec::new();
    if given.len() > TEXT_MAX {
        return found;
    }
    let mut add = |bytes: Option<Vec<u8>>, difference: Option<String>| {
        if let Some(value) = bytes.filter(|bytes| fits(bytes.len()))
            && found.iter().all(|known| known.value != value)
        {
            found.push(Reading { value, difference });
        }
    };
    let hex_of = |text: &str| hex::decode(text).ok();
    let base64_of = |text: &str| BASE64.decode(text).ok();
    let expected = wanted.expected();
    let text = given.trim();
    let (plain, other) = match wanted {
        Encoding::Hex => (hex_of(text), base64_of(text)),
        Encoding::Base64 => (base64_of(text), hex_of(text)),
    };
    add(plain, None);
    let otherwise = match wanted {
        Encoding::Hex => Encoding::Base64.name(),
        Encoding::Base64 => Encoding::Hex.name(),
    };
    add(other, Some(format!("the signature is in {otherwise}, where {expected}")));
    let urls = BASE64_OF_URLS.decode(text).ok();
    add(urls, Some(format!("the signature is in the base64 of URLs, where {expected}")));
    let twice = base64_of(text).and_then(|inner| hex::decode(inner).ok());
    add(
        twice,
        Some(format!("the signature is the base64 of hexadecimal digits, where {expected}")),
    );
    let twice = hex_of(text).and_then(|inner| BASE64.decode(inner).ok());
    add(twice, Some(format!("the signature is hexadecimal digits of base64, where {expected}")));
    let bare = text.trim_matches(['"', '\'']);
    let bare = PREFIXES.iter().find_map(|prefix| bare.strip_prefix(prefix)).unwrap_or(bare);
    let bare: String = bare.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    if bare != text {
        for bytes in [hex_of(&bare), base64_of(&bare)] {
            let why = "the signature has something around or between its characters: a prefix, \
                       quotes, colons or blanks";
            add(bytes, Some(why.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(given: &str, wanted: Encoding) -> Option<String> {
        let found = decodings(given, wanted, |count| count == 32);
        let hit = found.into_iter().find(|reading| reading.value == [0xab; 32])?;
        Some(hit.difference.unwrap_or_default())
    }

    #[test]
    fn every_spelling_is_read_and_named() {
        let hexed = "ab".repeat(32);
        let based = BASE64.encode([0xab; 32]);
        let both = BASE64.encode(&hexed);
        for (given, wanted, told) in [
            (hexed.clone(), Encoding::Hex, ""),
            (based.clone(), Encoding::Base64, ""),
            (based.clone(), Encoding::Hex, "in base64, where hexadecimal"),
            (hexed.clone(), Encoding::Base64, "in hexadecimal digits, where base64"),
            (both.clone(), Encoding::Base64, "base64 of hexadecimal"),
            (both, Encoding::Hex, "base64 of hexadecimal"),
            (hex::encode(&based), Encoding::Base64, "digits of base64"),
            (format!("sha256={hexed}"), Encoding::Hex, "a prefix"),
            (format!("\"{hexed}\""), Encoding::Hex, "quotes"),
        ] {
            let found = said(&given, wanted).unwrap_or_else(|| panic!("{given}"));
            assert!(
                found.contains(told) && found.is_empty() == told.is_empty(),
                "{given}: {found}"
            );
        }
        let odd = BASE64_OF_URLS.encode([0xfb; 32]);
        let found = decodings(&odd, Encoding::Base64, |count| count == 32);
        assert!(found[0].difference.as_ref().unwrap().contains("base64 of URLs"));
        assert_eq!(said(&"ab".repeat(31), Encoding::Hex), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>()) {
            for wanted in [Encoding::Hex, Encoding::Base64] {
                prop_assert!(decodings(&text, wanted, |_| true).len() < 12);
            }
        }
    }
}
