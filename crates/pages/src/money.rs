//! Money as people write it.

/// Whole rupiah as Indonesians write them: `Rp 1.250.000`.
pub fn rupiah(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 4);
    text.push_str(if amount < 0 { "-Rp " } else { "Rp " });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupiah_have_dots() {
        for (amount, text) in [
            (0, "Rp 0"),
            (999, "Rp 999"),
            (1_000, "Rp 1.000"),
            (103_000, "Rp 103.000"),
            (9_999_999_999, "Rp 9.999.999.999"),
            (-1_500, "-Rp 1.500"),
        ] {
            assert_eq!(rupiah(amount), text);
        }
    }
}
