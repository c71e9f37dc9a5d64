//! Rupiah, counted in whole rupiah: unsigned on a wire, signed in the ledger.

pub use self::amount::{Balance, Rupiah};

use crate::fee::Split;

/// Why a number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Above [`Rupiah::MAX`], or a sum would be.
    #[error("the amount is above {}", Rupiah::MAX)]
    TooLarge,
    /// Below zero, where money is counted and not owed.
    #[error("the amount is negative")]
    Negative,
}

/// What a payment costs beside its amount, and who bears it. It is settled when the payment is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fee {
    /// How much, in whole rupiah: the sum of its parts.
    pub amount: Rupiah,
    /// Who bears it; means nothing where the fee is zero.
    pub bearer: Bearer,
    /// Who gets which part of it.
    pub split: Split,
}

/// Who bears a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// The payer hands it over on top of the amount.
    Payer,
    /// It is taken out of what the merchant gets.
    Merchant,
}

impl Bearer {
    /// Its name in plans and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Merchant => "merchant",
        }
    }

    /// Who is called so.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Payer, Self::Merchant].into_iter().find(|bearer| bearer.name() == name)
    }
}

impl Fee {
    /// No fee.
    pub const NONE: Self = Self { amount: Rupiah::ZERO, bearer: Bearer::Payer, split: Split::NONE };

    /// The fee of these parts.
    pub fn of(split: Split, bearer: Bearer) -> Result<Self, AmountError> {
        Ok(Self { amount: split.total()?, bearer, split })
    }

    /// The same for the gateway alone, without tax.
    pub const fn of_gateway(amount: Rupiah, bearer: Bearer) -> Self {
        Self { amount, bearer, split: Split::of_gateway(amount) }
    }

    /// What the payer hands over on top.
    pub const fn payer_part(self) -> Rupiah {
        match self.bearer {
            Bearer::Payer => self.amount,
            Bearer::Merchant => Rupiah::ZERO,
        }
    }

    /// What the merchant's money is lessened by.
    pub const fn merchant_part(self) -> Rupiah {
        match self.bearer {
            Bearer::Payer => Rupiah::ZERO,
            Bearer::Merchant => self.amount,
        }
    }
}

// The fields are private to this module, so that the constructors are the only way in.
mod amount {
    use std::fmt;

    use super::AmountError;

    /// An amount of cash: 0 to [`Rupiah::MAX`] whole rupiah.
    ///
    /// There is no `+`: a sum may leave the range, so adding says so in its type.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct Rupiah(i64);

    impl Rupiah {
        /// Ten digits: what twelve digits of ISO 8583 field 4 hold, which counts hundredths.
        pub const MAX: Self = Self(9_999_999_999);
        /// Nothing.
        pub const ZERO: Self = Self(0);

        /// The amount of `rupiah` whole rupiah.
        pub const fn new(rupiah: i64) -> Result<Self, AmountError> {
            if rupiah < 0 {
                Err(AmountError::Negative)
            } else if rupiah > Self::MAX.0 {
                Err(AmountError::TooLarge)
            } else {
                Ok(Self(rupiah))
            }
        }

        /// Whole rupiah.
        pub const fn get(self) -> i64 {
            self.0
        }

        /// The sum, if it is still an amount.
        pub const fn checked_add(self, other: Self) -> Result<Self, AmountError> {
            // Two amounts of ten digits cannot overflow an i64.
            Self::new(self.0 + other.0)
        }

        /// The same amount as a signed balance.
        pub const fn to_balance(self) -> Balance {
            Balance(self.0)
        }

        /// The same amount owed the other way.
        pub const fn to_negative_balance(self) -> Balance {
            Balance(-self.0)
        }
    }

    impl fmt::Display for Rupiah {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    /// Money in the ledger, in whole rupiah: a debit is positive, a credit negative.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    pub struct Balance(i64);

    impl Balance {
        /// Nothing.
        pub const ZERO: Self = Self(0);

        /// A balance read back from storage.
        pub const fn from_stored(rupiah: i64) -> Self {
            Self(rupiah)
        }

        /// Whole rupiah, negative for a credit.
        pub const fn get(self) -> i64 {
            self.0
        }

        /// The sum, or nothing when it does not fit (never with honest data: 9.2e18 rupiah).
        pub const fn checked_add(self, other: Self) -> Option<Self> {
            match self.0.checked_add(other.0) {
                Some(sum) => Some(Self(sum)),
                None => None,
            }
        }

        /// The mirror image.
        #[must_use]
        pub const fn negated(self) -> Self {
            Self(self.0.wrapping_neg())
        }
    }

    impl fmt::Display for Balance {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_stay_in_range() {
        assert_eq!(Rupiah::new(-1), Err(AmountError::Negative));
        assert_eq!(Rupiah::new(10_000_000_000), Err(AmountError::TooLarge));
        assert_eq!(Rupiah::MAX.checked_add(Rupiah::new(1).unwrap()), Err(AmountError::TooLarge));
        let sum = Rupiah::new(2).unwrap().checked_add(Rupiah::new(3).unwrap());
        assert_eq!(sum.unwrap().get(), 5);
    }
}
