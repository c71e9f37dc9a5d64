//! The two languages of everything that payers read.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// `id`.
    Indonesian,
    /// `en`.
    English,
}

impl Language {
    /// As `lang` attributes and addresses name it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The one that this is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Indonesian => Self::English,
            Self::English => Self::Indonesian,
        }
    }

    /// By its tag; none for a language that is not spoken here.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        // `in` is what old programs call Indonesian; Malay is near enough to be read.
        if ["id", "in", "ms"].iter().any(|own| primary.eq_ignore_ascii_case(own)) {
            Some(Self::Indonesian)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    /// What a browser asks for (`Accept-Language`, RFC 9110, 12.5.4): the language of the greatest
    /// weight, of equal ones the first. Somebody who reads neither reads English; somebody who says
    /// nothing is in Indonesia. Of an overlong header the first 32 ranges count.
    pub fn accepted(header: Option<&str>) -> Self {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else {
            return Self::Indonesian;
        };
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::from_tag) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(Some(1_000), thousandths)
                .unwrap_or(0);
            if weight > 0 && best.is_none_or(|(found, _)| weight > found) {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::English, |(_, language)| language)
    }
}

/// A weight from 0 to 1 with up to three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{decimals:0<3}").parse().ok()?;
    Some((whole * 1_000 + part).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_prefers() {
        use Language::{English, Indonesian};
        for (header, language) in [
            (None, Indonesian),
            (Some(""), Indonesian),
            (Some("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7"), Indonesian),
            (Some("en-US,en;q=0.9,id;q=0.8"), English),
            (Some("en;q=0.5, id;q=0.75"), Indonesian),
            (Some("ID"), Indonesian),
            (Some("in-ID"), Indonesian),
            (Some("de-DE,de;q=0.9"), English),
            (Some("*"), English),
            (Some("id;q=0, en;q=0.1"), English),
            (Some("id;q=7, en;q=0.1"), English),
            (Some("id;q=0.12345, en"), English),
            (Some(",;,=;q=,"), English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
        let endless = format!("{}id", "x,".repeat(100_000));
        assert_eq!(Language::accepted(Some(&endless)), English);
    }

    #[test]
    fn tags_lead_back() {
        for language in [Language::Indonesian, Language::English] {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_eq!(language.other().other(), language);
        }
    }
}
