//! Amounts as SNAP writes them: `10000.00` (section 2.1).

use domain::money::Rupiah;

/// The only currency.
pub(crate) const CURRENCY: &str = "IDR";
/// Digits before the point: SNAP's `16,2` in the stricter reading.
const DIGITS_MAX: usize = 13;

/// What an amount's text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// So many rupiah.
    Rupiah(Rupiah),
    /// More than anybody can hand over.
    TooMuch,
    /// Nothing that is an amount.
    Malformed,
}

/// Reads an amount of whole rupiah: digits, a point and two zeros. `lenient` takes the digits alone.
pub(crate) fn read(text: &str, lenient: bool) -> Wire {
    let digits = match text.strip_suffix(".00") {
        Some(digits) => digits,
        None if lenient => text,
        None => return Wire::Malformed,
    };
    let is_number = (1..=DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if !is_number {
        return Wire::Malformed;
    }
    // Thirteen digits fit; what is above the range is still an amount, and told so.
    digits
        .parse()
        .ok()
        .and_then(|rupiah| Rupiah::new(rupiah).ok())
        .map_or(Wire::TooMuch, Wire::Rupiah)
}

/// An amount as it is written.
pub(crate) fn write(amount: Rupiah) -> String {
    format!("{amount}.00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_end_in_two_zeros() {
        for (text, rupiah) in [("10000.00", 10_000), ("0.00", 0), ("9999999999.00", 9_999_999_999)]
        {
            let amount = Rupiah::new(rupiah).unwrap();
            assert_eq!(read(text, false), Wire::Rupiah(amount));
            assert_eq!(write(amount), text);
        }
        assert_eq!(read("10000000000.00", false), Wire::TooMuch);
        assert_eq!(read("9999999999999.00", false), Wire::TooMuch);
        assert_eq!(read("10000", true), Wire::Rupiah(Rupiah::new(10_000).unwrap()));
    }

    #[test]
    fn everything_else_is_no_amount() {
        for text in [
            "",
            ".00",
            "10000",
            "10000.0",
            "10000.000",
            "10000.50",
            "10000,00",
            "10,000.00",
            "-1.00",
            "+1.00",
            " 1.00",
            "1.00 ",
            "1e4.00",
            "010000.00",
            "00.00",
            "Rp1.00",
            "10000000000000.00",
            "１.00",
        ] {
            assert_eq!(read(text, false), Wire::Malformed, "{text}");
        }
        for text in ["", "1.5", "1.0", "-1", "10000000000000", "0x10"] {
            assert_eq!(read(text, true), Wire::Malformed, "{text}");
        }
        assert_eq!(read(&"9".repeat(60_000), true), Wire::Malformed);
    }
}
