//! Fees (rules 21, 30 and 31): what a payment costs is a list of parties, not one number.

mod text;

#[cfg(test)]
mod tests;

use crate::money::{AmountError, Bearer, Rupiah};

/// A hundred percent, in basis points.
const BASIS_POINTS_WHOLE: i64 = 10_000;
/// A hundred percent, in per mille.
const PER_MILLE_WHOLE: i64 = 1_000;

/// Who gets a share of a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Whoever runs this gateway. Its share alone is taxed: the others send invoices of their own.
    Gateway,
    /// The retail chain whose counter takes the cash: its commission.
    Retailer,
    /// Whoever carries the messages between the two.
    Switch,
}

impl Party {
    /// All of them, in the order in which plans are written.
    pub const ALL: [Self; 3] = [Self::Gateway, Self::Retailer, Self::Switch];

    /// Its name in plans, commands and lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Retailer => "retailer",
            Self::Switch => "switch",
        }
    }
}

/// What one party gets of a payment: a fixed sum and a part of the amount, rounded up to a rupiah and
/// then bounded (rule 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share {
    /// Whatever the amount is.
    pub fixed: Rupiah,
    /// Of the amount, in hundredths of a percent: 0 to 10,000.
    pub basis_points: u16,
    /// At least this much.
    pub least: Rupiah,
    /// At most this much.
    pub most: Rupiah,
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self::fixed(Rupiah::ZERO);

    /// The same for every amount.
    pub const fn fixed(fixed: Rupiah) -> Self {
        Self { fixed, basis_points: 0, least: Rupiah::ZERO, most: Rupiah::MAX }
    }

    /// The share of a payment of `amount`.
    fn of(&self, amount: Rupiah) -> Result<Rupiah, AmountError> {
        // Ten digits times ten thousand fit an i64 thousands of times over.
        let part = amount.get() * i64::from(self.basis_points);
        let part = Rupiah::new(part.unsigned_abs().div_ceil(10_000).cast_signed())?;
        Ok(self.fixed.checked_add(part)?.max(self.least).min(self.most))
    }
}

/// How the gateway's share is taxed (PPN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tax {
    /// It is not.
    None,
    /// The share has the tax in it, which is a part of what is left without it.
    Inclusive(Rate),
    /// The tax comes on top of the share, of which it is a part.
    Exclusive(Rate),
}

/// How much tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rate {
    /// What holds when the payment is opened.
    Standard,
    /// So many per mille, 0 to 1,000.
    PerMille(u16),
}

/// What a payment costs, and who bears it. Agreed per merchant and retailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeePlan {
    /// Who bears it.
    pub bearer: Bearer,
    /// How the gateway's share is taxed.
    pub tax: Tax,
    /// The gateway's share.
    pub gateway: Share,
    /// The retailer's commission.
    pub retailer: Share,
    /// The switch's share.
    pub switch: Share,
}

/// The text is no plan, or the plan makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// It is not written as plans are.
    #[error("`{0}` is no part of a fee plan")]
    Part(String),
    /// A payer sees one sum, so the tax must be in it.
    #[error("a fee that the payer bears has its tax in it: `tax=inclusive` or `tax=none`")]
    PayerPaysNoTaxOnTop,
    /// The least is above the most.
    #[error("the least of the {0}'s share is above its most")]
    Bounds(&'static str),
    /// More than everything.
    #[error("basis points go from 0 to 10000, per mille from 0 to 1000")]
    TooMuch,
}

/// A fee, taken apart. The parts are what is posted, and add up to the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Split {
    /// The gateway's own, without tax.
    pub gateway: Rupiah,
    /// The tax on it.
    pub tax: Rupiah,
    /// The retailer's commission.
    pub retailer: Rupiah,
    /// The switch's share.
    pub switch: Rupiah,
}

impl Split {
    /// All of it the gateway's, without tax.
    pub const fn of_gateway(gateway: Rupiah) -> Self {
        Self { gateway, ..Self::NONE }
    }

    /// No fee.
    pub const NONE: Self = Self {
        gateway: Rupiah::ZERO,
        tax: Rupiah::ZERO,
        retailer: Rupiah::ZERO,
        switch: Rupiah::ZERO,
    };

    /// The whole fee.
    pub fn total(&self) -> Result<Rupiah, AmountError> {
        let own = self.gateway.checked_add(self.tax)?;
        own.checked_add(self.retailer)?.checked_add(self.switch)
    }
}

impl FeePlan {
    /// A plan of the gateway alone: so much, without tax.
    pub const fn flat(fee: Rupiah, bearer: Bearer) -> Self {
        Self {
            bearer,
            tax: Tax::None,
            gateway: Share::fixed(fee),
            retailer: Share::NONE,
            switch: Share::NONE,
        }
    }

    /// Whether nobody gets anything.
    pub fn is_nothing(&self) -> bool {
        let gets_nothing = |share: &Share| {
            share.most == Rupiah::ZERO
                || (share.fixed == Rupiah::ZERO
                    && share.basis_points == 0
                    && share.least == Rupiah::ZERO)
        };
        Party::ALL.into_iter().all(|party| gets_nothing(self.share(party)))
    }

    /// Whether it can be what merchants agree to.
    pub fn check(&self) -> Result<(), NotAPlan> {
        if self.bearer == Bearer::Payer && matches!(self.tax, Tax::Exclusive(_)) {
            return Err(NotAPlan::PayerPaysNoTaxOnTop);
        }
        for party in Party::ALL {
            let share = self.share(party);
            if share.least > share.most {
                return Err(NotAPlan::Bounds(party.name()));
            }
            if i64::from(share.basis_points) > BASIS_POINTS_WHOLE {
                return Err(NotAPlan::TooMuch);
            }
        }
        match self.tax {
            Tax::Inclusive(Rate::PerMille(rate)) | Tax::Exclusive(Rate::PerMille(rate))
                if i64::from(rate) > PER_MILLE_WHOLE =>
            {
                Err(NotAPlan::TooMuch)
            }
            Tax::None | Tax::Inclusive(_) | Tax::Exclusive(_) => Ok(()),
        }
    }

    /// What a party gets.
    pub const fn share(&self, party: Party) -> &Share {
        match party {
            Party::Gateway => &self.gateway,
            Party::Retailer => &self.retailer,
            Party::Switch => &self.switch,
        }
    }

    fn share_mut(&mut self, party: Party) -> &mut Share {
        match party {
            Party::Gateway => &mut self.gateway,
            Party::Retailer => &mut self.retailer,
            Party::Switch => &mut self.switch,
        }
    }

    /// The plan with the rate that holds now: what a payment that is opened now keeps.
    #[must_use]
    pub const fn at_rate(self, per_mille: u16) -> Self {
        let tax = match self.tax {
            Tax::Inclusive(Rate::Standard) => Tax::Inclusive(Rate::PerMille(per_mille)),
            Tax::Exclusive(Rate::Standard) => Tax::Exclusive(Rate::PerMille(per_mille)),
            Tax::None | Tax::Inclusive(Rate::PerMille(_)) | Tax::Exclusive(Rate::PerMille(_)) => {
                self.tax
            }
        };
        Self { tax, ..self }
    }

    /// The fee of a payment of `amount`, taken apart. Fails where a part is no amount. The standard
    /// rate is nothing here: see [`Self::at_rate`].
    pub fn split(&self, amount: Rupiah) -> Result<Split, AmountError> {
        let share = self.gateway.of(amount)?;
        let (gateway, tax) = match self.tax {
            Tax::None => (share, Rupiah::ZERO),
            Tax::Inclusive(rate) => {
                let rate = rate.per_mille();
                let tax = half_up(share, rate, PER_MILLE_WHOLE + rate)?;
                (Rupiah::new(share.get() - tax.get())?, tax)
            }
            Tax::Exclusive(rate) => (share, half_up(share, rate.per_mille(), PER_MILLE_WHOLE)?),
        };
        let (retailer, switch) = (self.retailer.of(amount)?, self.switch.of(amount)?);
        Ok(Split { gateway, tax, retailer, switch })
    }
}

impl Rate {
    const fn per_mille(self) -> i64 {
        match self {
            Self::Standard => 0,
            Self::PerMille(rate) => rate as i64,
        }
    }
}

/// `of` times `part` / `whole`, where a half is rounded up.
fn half_up(of: Rupiah, part: i64, whole: i64) -> Result<Rupiah, AmountError> {
    Rupiah::new((2 * of.get() * part + whole) / (2 * whole))
}
