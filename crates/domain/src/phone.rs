//! Telephone numbers, as people write them and as the world dials them (ITU-T E.164).

/// The country whose numbers are written without it.
const HOME: &str = "62";

/// The longest text that is looked at, in bytes.
const TEXT_MAX: usize = 40;

/// The fewest and the most digits of a number with its country.
const DIGITS_MIN: usize = 8;
const DIGITS_MAX: usize = 15;

/// The number in E.164: a `+`, the country and the rest, 8 to 15 digits; none where the text is none.
///
/// `0812…` is a number at home, with or without the country: `+62812…`, `62812…` and `0062812…` are the
/// same. What begins with none of these is at home too where it begins as mobile numbers do, with an
/// `8`; of other numbers nobody can tell the country. Blanks, hyphens, dots and brackets may stand
/// between digits; `+62 (0)812` is read as it is meant.
pub fn e164(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > TEXT_MAX {
        return None;
    }
    let (has_plus, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    let mut digits = String::with_capacity(DIGITS_MAX);
    for character in rest.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
        } else if !is_between(character) {
            return None;
        }
    }
    let international = if has_plus {
        digits
    } else if let Some(rest) = digits.strip_prefix("00") {
        rest.to_owned()
    } else if let Some(rest) = digits.strip_prefix('0') {
        format!("{HOME}{rest}")
    } else if digits.starts_with(HOME) {
        digits
    } else if digits.starts_with('8') {
        format!("{HOME}{digits}")
    } else {
        return None;
    };
    // The zero that is dialled at home is not dialled from abroad.
    let number = match international.strip_prefix(HOME) {
        Some(rest) => format!("{HOME}{}", rest.strip_prefix('0').unwrap_or(rest)),
        None => international,
    };
    // No country begins with a zero.
    let is_number = (DIGITS_MIN..=DIGITS_MAX).contains(&number.len()) && !number.starts_with('0');
    is_number.then(|| format!("+{number}"))
}

/// What people write between digits.
const fn is_between(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        for text in [
            "081234567890",
            "0812-3456-7890",
            " 0812 3456 7890 ",
            "(0812) 3456.7890",
            "6281234567890",
            "62 812-3456-7890",
            "+6281234567890",
            "+62 812-3456-7890",
            "+62 (0)812 3456 7890",
            "006281234567890",
            "62081234567890",
            "81234567890",
            "0812\u{2013}3456\u{a0}7890",
        ] {
            assert_eq!(e164(text).as_deref(), Some("+6281234567890"), "{text}");
        }
        for (text, number) in [
            ("+65 8123 4567", "+6581234567"),
            ("0060 12-345 6789", "+60123456789"),
            ("+1 (415) 555-0100", "+14155550100"),
            ("021 5000 123", "+62215000123"),
        ] {
            assert_eq!(e164(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "+",
            "0",
            "-",
            "phone",
            "0812",
            "+0812345678",
            "+62812x4567890",
            "++6281234567890",
            "6581234567",
            "415 555 0100",
            "0812345678901234",
            "+6281234567890;ext=1",
            "+6281234567890\r\nBcc: all",
            "٠٨١٢٣٤٥٦٧٨٩٠",
            "0812                                       34567890",
        ] {
            assert_eq!(e164(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_none(text in "\\PC{0,60}") {
            if let Some(number) = e164(&text) {
                let digits = number.strip_prefix('+').unwrap();
                prop_assert!((DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()));
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert_eq!(e164(&number), Some(number));
            }
        }
    }
}
