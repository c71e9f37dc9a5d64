//! Amounts as files write them.

use domain::money::{AmountError, Rupiah};

/// How a file writes amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) form: Form,
    pub(crate) thousands: Option<u8>,
    pub(crate) decimal: u8,
    pub(crate) prefix: Option<String>,
    pub(crate) negative_is_reversed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whole rupiah.
    Rupiah,
    /// Two decimals behind a mark.
    Decimals,
    /// Hundredths, without a mark.
    Minor,
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAmount {
    /// It is not written as the profile says.
    #[error("is not written as the profile says")]
    Form,
    /// It has a fraction of a rupiah.
    #[error("has a fraction of a rupiah")]
    Fraction,
    /// It is below zero, which the profile gives no meaning.
    #[error("is below zero")]
    Negative,
    /// It is larger than any amount.
    #[error("is too large")]
    TooLarge,
}

impl Amounts {
    /// The amount that `text` writes, and whether it is below zero.
    pub(crate) fn read(&self, text: &str) -> Result<(Rupiah, bool), NotAnAmount> {
        let (digits, negative) = self.bare(text.trim_matches(' '));
        if negative && !self.negative_is_reversed {
            return Err(NotAnAmount::Negative);
        }
        let whole = match self.form {
            Form::Rupiah => self.whole(digits)?,
            Form::Decimals => {
                let (whole, cents) =
                    digits.rsplit_once(char::from(self.decimal)).ok_or(NotAnAmount::Form)?;
                if cents.len() != 2 {
                    return Err(NotAnAmount::Form);
                }
                let whole = self.whole(whole)?;
                if plain(cents)? != 0 {
                    return Err(NotAnAmount::Fraction);
                }
                whole
            }
            Form::Minor => {
                let hundredths = plain(digits)?;
                if hundredths % 100 != 0 {
                    return Err(NotAnAmount::Fraction);
                }
                hundredths / 100
            }
        };
        match Rupiah::new(whole) {
            Ok(amount) => Ok((amount, negative)),
            Err(AmountError::TooLarge | AmountError::Negative) => Err(NotAnAmount::TooLarge),
        }
    }

    /// The sum that `text` writes, in whole rupiah, which may be below zero and larger than an amount.
    pub(crate) fn read_sum(&self, text: &str) -> Result<i64, NotAnAmount> {
        let (digits, negative) = self.bare(text.trim_matches(' '));
        let whole = match self.form {
            Form::Rupiah => self.whole(digits)?,
            Form::Decimals => {
                let mark = char::from(self.decimal);
                let (whole, cents) = digits.rsplit_once(mark).ok_or(NotAnAmount::Form)?;
                if cents != "00" {
                    return Err(NotAnAmount::Fraction);
                }
                self.whole(whole)?
            }
            Form::Minor => match plain(digits)? {
                hundredths if hundredths % 100 == 0 => hundredths / 100,
                _ => return Err(NotAnAmount::Fraction),
            },
        };
        Ok(if negative { -whole } else { whole })
    }

    /// Without sign and prefix. A sign stands before or behind, or is a pair of parentheses.
    fn bare<'t>(&self, text: &'t str) -> (&'t str, bool) {
        let (mut rest, mut negative) = (text, false);
        if let Some(inner) = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            (rest, negative) = (inner, true);
        } else if let Some(inner) = rest.strip_prefix('-').or_else(|| rest.strip_suffix('-')) {
            (rest, negative) = (inner, true);
        } else if let Some(inner) = rest.strip_prefix('+') {
            rest = inner;
        }
        if let Some(inner) = self.prefix.as_deref().and_then(|prefix| rest.strip_prefix(prefix)) {
            rest = inner.trim_start_matches(' ');
        }
        (rest, negative)
    }

    /// Digits that may stand in groups of three.
    fn whole(&self, text: &str) -> Result<i64, NotAnAmount> {
        let Some(mark) = self.thousands.filter(|mark| text.as_bytes().contains(mark)) else {
            return plain(text);
        };
        let mut groups = text.split(char::from(mark));
        let first = groups.next().unwrap_or_default();
        if !(1..=3).contains(&first.len()) {
            return Err(NotAnAmount::Form);
        }
        groups.try_fold(plain(first)?, |whole, group| {
            if group.len() != 3 {
                return Err(NotAnAmount::Form);
            }
            let shifted = whole.checked_mul(1_000).ok_or(NotAnAmount::TooLarge)?;
            shifted.checked_add(plain(group)?).ok_or(NotAnAmount::TooLarge)
        })
    }

    /// The amount as this file would write it.
    pub(crate) fn write(&self, rupiah: i64) -> String {
        let digits = rupiah.unsigned_abs().to_string();
        let mut whole = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0
                && (digits.len() - at).is_multiple_of(3)
                && let Some(mark) = self.thousands
            {
                whole.push(char::from(mark));
            }
            whole.push(digit);
        }
        let sign = if rupiah < 0 { "-" } else { "" };
        match self.form {
            Form::Rupiah => format!("{sign}{whole}"),
            Form::Decimals => format!("{sign}{whole}{}00", char::from(self.decimal)),
            Form::Minor => format!("{sign}{digits}00"),
        }
    }
}

/// Digits and nothing else.
fn plain(text: &str) -> Result<i64, NotAnAmount> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAnAmount::Form);
    }
    text.parse().map_err(|_| NotAnAmount::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_their_profile_says() {
        use NotAnAmount as No;
        let whole = Amounts {
            form: Form::Rupiah,
            thousands: Some(b'.'),
            decimal: b',',
            prefix: Some("Rp".to_owned()),
            negative_is_reversed: true,
        };
        let decimals = Amounts { form: Form::Decimals, ..whole.clone() };
        let minor = Amounts {
            form: Form::Minor,
            thousands: None,
            negative_is_reversed: false,
            ..whole.clone()
        };
        let cases = [
            (&whole, "50000", Ok((50_000, false))),
            (&whole, "000000050000", Ok((50_000, false))),
            (&whole, "Rp 1.250.000", Ok((1_250_000, false))),
            (&whole, "-50.000", Ok((50_000, true))),
            (&whole, "(50.000)", Ok((50_000, true))),
            (&whole, "50.000-", Ok((50_000, true))),
            (&whole, "1.25", Err(No::Form)),
            (&whole, "1.2500", Err(No::Form)),
            (&whole, ".500", Err(No::Form)),
            (&whole, "50,00", Err(No::Form)),
            (&whole, "", Err(No::Form)),
            (&whole, "-", Err(No::Form)),
            (&whole, "--5", Err(No::Form)),
            (&whole, "5e3", Err(No::Form)),
            (&whole, "10000000000", Err(No::TooLarge)),
            (&whole, "99999999999999999999", Err(No::TooLarge)),
            (&decimals, "1.250.000,00", Ok((1_250_000, false))),
            (&decimals, "1250000,00", Ok((1_250_000, false))),
            (&decimals, "1250000,50", Err(No::Fraction)),
            (&decimals, "1250000", Err(No::Form)),
            (&decimals, "1250000,0", Err(No::Form)),
            (&minor, "000005000000", Ok((50_000, false))),
            (&minor, "5000050", Err(No::Fraction)),
            (&minor, "-5000000", Err(No::Negative)),
        ];
        for (form, text, expected) in cases {
            let read = form.read(text).map(|(amount, negative)| (amount.get(), negative));
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(whole.read_sum("-123.456.789.012"), Ok(-123_456_789_012));
    }

    #[test]
    fn what_is_written_is_read() {
        for form in [Form::Rupiah, Form::Decimals, Form::Minor] {
            for thousands in [None, Some(b',')] {
                let amounts = Amounts {
                    form,
                    thousands,
                    decimal: b'.',
                    prefix: None,
                    negative_is_reversed: true,
                };
                for rupiah in [0, 1, 999, 1_000, 123_456, 9_999_999_999] {
                    let text = amounts.write(rupiah);
                    assert_eq!(amounts.read(&text).map(|(a, _)| a.get()), Ok(rupiah), "{text}");
                    assert_eq!(amounts.read_sum(&amounts.write(-rupiah)), Ok(-rupiah));
                }
            }
        }
    }
}
