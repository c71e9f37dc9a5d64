//! Whole numbers as merchants write them: `44000`, `"44000"`, `28000.0`, `4.4e4` (section 2.3).
//!
//! Decided on the digits themselves, so that no number is rounded on its way.

use domain::money::Rupiah;

/// Why a text is not a whole number that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotWhole {
    /// Not a number at all.
    NotANumber,
    /// It has a fraction that is not zero.
    Fraction,
    /// Beyond eighteen digits.
    OutOfRange {
        /// On which side.
        negative: bool,
    },
}

/// Digits of the largest whole number that is read.
const DIGITS_MAX: usize = 18;

/// Reads a decimal number whose value is whole. At most 18 digits; leading zeros are passed over.
pub(crate) fn whole(text: &str) -> Result<i64, NotWhole> {
    let text = text.trim_ascii();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (ones, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(ones) || !all_digits(fraction) {
        return Err(NotWhole::NotANumber);
    }

    // The value is 0.DIGITS times ten to the power of `point`.
    let digits = [ones, fraction].concat();
    let significant = digits.trim_start_matches('0');
    let leading = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let point = signed(ones.len()).saturating_sub(signed(leading)).saturating_add(exponent);
    if point < signed(significant.len()) {
        return Err(NotWhole::Fraction);
    }
    if point > signed(DIGITS_MAX) {
        return Err(NotWhole::OutOfRange { negative });
    }
    let zeros = usize::try_from(point).unwrap_or(DIGITS_MAX).saturating_sub(significant.len());
    let value: i64 =
        [significant, &"0".repeat(zeros)].concat().parse().map_err(|_| NotWhole::NotANumber)?;
    Ok(if negative { -value } else { value })
}

/// An exponent; beyond a million it is as good as a million.
fn read_exponent(text: &str) -> Result<i64, NotWhole> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotWhole::NotANumber);
    }
    Ok(sign * digits.parse().map_or(1_000_000, |exponent: i64| exponent.min(1_000_000)))
}

/// An amount as it is written and signed: `44000.00`.
pub(crate) fn wire(amount: Rupiah) -> String {
    format!("{amount}.00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_to_the_last_digit() {
        for (text, value) in [
            ("44000", 44_000),
            ("28000.0", 28_000),
            ("28000.000", 28_000),
            (" 265000 ", 265_000),
            ("-5000", -5_000),
            ("0", 0),
            ("-0.00", 0),
            ("0e999999999999", 0),
            ("007", 7),
            ("4.4e4", 44_000),
            ("4.40e1", 44),
            ("440E-1", 44),
            ("1e+3", 1_000),
            ("0.001e3", 1),
            ("999999999999999999", 999_999_999_999_999_999),
        ] {
            assert_eq!(whole(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_not_whole_says_why() {
        for text in ["", "-", ".5", "5.", "1,000", "0x10", "1e", "e5", "+5", "NaN", "1.2.3", "١"] {
            assert_eq!(whole(text), Err(NotWhole::NotANumber), "{text}");
        }
        for text in ["0.5", "44000.01", "1e-1", "15e-1", "1e-999999999999999999999"] {
            assert_eq!(whole(text), Err(NotWhole::Fraction), "{text}");
        }
        for text in ["1e18", "1000000000000000000", "1e999999999999999999999"] {
            assert_eq!(whole(text), Err(NotWhole::OutOfRange { negative: false }), "{text}");
        }
        assert_eq!(whole("-1e400"), Err(NotWhole::OutOfRange { negative: true }));
    }

    #[test]
    fn long_texts_are_read_in_one_pass() {
        let long = "9".repeat(60_000);
        assert_eq!(whole(&long), Err(NotWhole::OutOfRange { negative: false }));
        assert_eq!(whole(&format!("1.{}", "0".repeat(60_000))), Ok(1));
    }
}
