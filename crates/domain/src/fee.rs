//! Fees (rules 21, 30 and 31): what a payment costs is a list of parties, not one number.

use std::{fmt, str::FromStr};

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
    /// The share has the tax in it; this many per mille of what is left without.
    Inclusive(u16),
    /// The tax comes on top of the share; so many per mille of it.
    Exclusive(u16),
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
    #[error(
        "a fee that the payer bears has its tax in it: `tax=inclusive:PER_MILLE` or `tax=none`"
    )]
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
            Tax::Inclusive(rate) | Tax::Exclusive(rate) if i64::from(rate) > PER_MILLE_WHOLE => {
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

    /// The fee of a payment of `amount`, taken apart. Fails where a part is no amount.
    pub fn split(&self, amount: Rupiah) -> Result<Split, AmountError> {
        let share = self.gateway.of(amount)?;
        let (gateway, tax) = match self.tax {
            Tax::None => (share, Rupiah::ZERO),
            Tax::Inclusive(rate) => {
                let tax = half_up(share, i64::from(rate), PER_MILLE_WHOLE + i64::from(rate))?;
                (Rupiah::new(share.get() - tax.get())?, tax)
            }
            Tax::Exclusive(rate) => (share, half_up(share, i64::from(rate), PER_MILLE_WHOLE)?),
        };
        let (retailer, switch) = (self.retailer.of(amount)?, self.switch.of(amount)?);
        Ok(Split { gateway, tax, retailer, switch })
    }
}

/// `of` times `part` / `whole`, where a half is rounded up.
fn half_up(of: Rupiah, part: i64, whole: i64) -> Result<Rupiah, AmountError> {
    Rupiah::new((2 * of.get() * part + whole) / (2 * whole))
}

/// As plans are written: `payer tax=inclusive:110 gateway=2000 retailer=1000+50bp[500..2500]`.
impl fmt::Display for FeePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.bearer.name())?;
        match self.tax {
            Tax::None => f.write_str(" tax=none")?,
            Tax::Inclusive(rate) => write!(f, " tax=inclusive:{rate}")?,
            Tax::Exclusive(rate) => write!(f, " tax=exclusive:{rate}")?,
        }
        for party in Party::ALL {
            let share = self.share(party);
            if *share != Share::NONE {
                write!(f, " {}={share}", party.name())?;
            }
        }
        Ok(())
    }
}

/// `1000+50bp[500..2500]`: what is fixed, what depends on the amount, and the bounds.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed.fmt(f)?;
        if self.basis_points > 0 {
            write!(f, "+{}bp", self.basis_points)?;
        }
        if self.least > Rupiah::ZERO || self.most < Rupiah::MAX {
            write!(f, "[{}..", self.least)?;
            if self.most < Rupiah::MAX {
                self.most.fmt(f)?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}

impl FromStr for FeePlan {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let mut parts = text.split_ascii_whitespace();
        let bearer = parts.next().unwrap_or_default();
        let bearer = Bearer::named(bearer).ok_or_else(|| NotAPlan::Part(bearer.to_owned()))?;
        let mut plan = Self::flat(Rupiah::ZERO, bearer);
        for part in parts {
            let wrong = || NotAPlan::Part(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            if name == "tax" {
                plan.tax = tax(value).ok_or_else(wrong)?;
            } else {
                let party = Party::ALL.into_iter().find(|party| party.name() == name);
                *plan.share_mut(party.ok_or_else(wrong)?) = value.parse().map_err(|()| wrong())?;
            }
        }
        plan.check()?;
        Ok(plan)
    }
}

fn tax(text: &str) -> Option<Tax> {
    if text == "none" {
        return Some(Tax::None);
    }
    let (kind, rate) = text.split_once(':')?;
    let rate = rate.parse().ok()?;
    [("inclusive", Tax::Inclusive(rate)), ("exclusive", Tax::Exclusive(rate))]
        .into_iter()
        .find_map(|(name, tax)| (name == kind).then_some(tax))
}

impl FromStr for Share {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rupiah = |text: &str| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits).ok_or(())?;
            Rupiah::new(number).map_err(drop)
        };
        let (sum, bounds) = match text.split_once('[') {
            Some((sum, bounds)) => (sum, Some(bounds.strip_suffix(']').ok_or(())?)),
            None => (text, None),
        };
        let (fixed, points) = match sum.split_once('+') {
            Some((fixed, points)) => (fixed, points.strip_suffix("bp").ok_or(())?),
            None => match sum.strip_suffix("bp") {
                Some(points) => ("0", points),
                None => (sum, "0"),
            },
        };
        let mut share = Self::fixed(rupiah(fixed)?);
        share.basis_points = points.parse().map_err(drop)?;
        if let Some((least, most)) =
            bounds.map(|bounds| bounds.split_once("..").ok_or(())).transpose()?
        {
            if !least.is_empty() {
                share.least = rupiah(least)?;
            }
            if !most.is_empty() {
                share.most = rupiah(most)?;
            }
        }
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rupiah(amount: i64) -> Rupiah {
        Rupiah::new(amount).unwrap()
    }

    fn split(plan: &str, amount: i64) -> (i64, i64, i64, i64) {
        let split = plan.parse::<FeePlan>().unwrap().split(rupiah(amount)).unwrap();
        (split.gateway.get(), split.tax.get(), split.retailer.get(), split.switch.get())
    }

    #[test]
    fn the_example_of_the_rules() {
        // Rule 29: 3,000 on 100,000, of it 1,000 for the chain and 2,000 with PPN for us.
        let plan = "payer tax=inclusive:110 gateway=2000 retailer=1000";
        assert_eq!(split(plan, 100_000), (1_802, 198, 1_000, 0));
    }

    #[test]
    fn shares_are_rounded_up_and_then_bounded() {
        for (plan, amount, gateway) in [
            ("merchant gateway=0+300bp", 53_207, 1_597),
            ("merchant gateway=300bp", 53_207, 1_597),
            ("merchant gateway=1+1bp", 1, 2),
            ("merchant gateway=100bp[500..]", 10_000, 500),
            ("merchant gateway=100bp[500..2000]", 10_000_000, 2_000),
            ("merchant gateway=100bp[..2000]", 100_000, 1_000),
            ("merchant", 100_000, 0),
        ] {
            assert_eq!(split(plan, amount).0, gateway, "{plan}");
        }
    }

    #[test]
    fn tax_is_split_half_up_or_added() {
        // 555 * 110 / 1110 is 55; 5 * 110 / 1110 is 0.495; 50 * 110 / 1110 is 4.95.
        assert_eq!(split("payer tax=inclusive:110 gateway=555", 1), (500, 55, 0, 0));
        assert_eq!(split("payer tax=inclusive:110 gateway=5", 1), (5, 0, 0, 0));
        assert_eq!(split("payer tax=inclusive:110 gateway=50", 1), (45, 5, 0, 0));
        assert_eq!(split("merchant tax=exclusive:110 gateway=1000", 1), (1_000, 110, 0, 0));
        // 5 * 100 / 1000 is exactly a half.
        assert_eq!(split("merchant tax=exclusive:100 gateway=5", 1), (5, 1, 0, 0));
    }

    #[test]
    fn plans_that_make_no_sense() {
        for (text, why) in [
            ("", NotAPlan::Part(String::new())),
            ("nobody", NotAPlan::Part("nobody".to_owned())),
            ("payer tax=exclusive:110", NotAPlan::PayerPaysNoTaxOnTop),
            ("merchant gateway=1[3..2]", NotAPlan::Bounds("gateway")),
            ("merchant switch=10001bp", NotAPlan::TooMuch),
            ("merchant tax=inclusive:1001", NotAPlan::TooMuch),
            ("merchant gateway=-1", NotAPlan::Part("gateway=-1".to_owned())),
            ("merchant gateway=+1", NotAPlan::Part("gateway=+1".to_owned())),
            ("merchant gateway=1bp+2", NotAPlan::Part("gateway=1bp+2".to_owned())),
            ("merchant bank=1", NotAPlan::Part("bank=1".to_owned())),
            ("merchant gateway", NotAPlan::Part("gateway".to_owned())),
            ("merchant gateway=99999999999", NotAPlan::Part("gateway=99999999999".to_owned())),
        ] {
            assert_eq!(text.parse::<FeePlan>(), Err(why), "{text}");
        }
    }

    fn share() -> impl Strategy<Value = Share> {
        (0..10_000_i64, 0..=10_000_u16, 0..1_000_i64, 1_000..100_000_i64).prop_map(
            |(fixed, basis_points, least, most)| Share {
                fixed: rupiah(fixed),
                basis_points,
                least: rupiah(least),
                most: rupiah(most),
            },
        )
    }

    fn plan() -> impl Strategy<Value = FeePlan> {
        let tax = prop_oneof![
            Just(Tax::None),
            (0..=1_000_u16).prop_map(Tax::Inclusive),
            (0..=1_000_u16).prop_map(Tax::Exclusive),
        ];
        (tax, share(), share(), share()).prop_map(|(tax, gateway, retailer, switch)| FeePlan {
            bearer: Bearer::Merchant,
            tax,
            gateway,
            retailer,
            switch,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(plan in plan()) {
            prop_assert_eq!(plan.to_string().parse::<FeePlan>(), Ok(plan));
        }

        #[test]
        fn the_parts_are_within_their_bounds_and_nothing_is_lost(plan in plan(), amount in 1..10_000_000_i64) {
            let split = plan.split(rupiah(amount)).unwrap();
            for party in [Party::Retailer, Party::Switch] {
                let got = if party == Party::Retailer { split.retailer } else { split.switch };
                let share = plan.share(party);
                prop_assert!(share.least <= got && got <= share.most);
            }
            if let Tax::Inclusive(_) = plan.tax {
                let with_tax = split.gateway.get() + split.tax.get();
                prop_assert!(plan.gateway.least.get() <= with_tax && with_tax <= plan.gateway.most.get());
            }
        }

        #[test]
        fn any_text_is_a_plan_or_is_refused(text in ".{0,60}") {
            let _ = text.parse::<FeePlan>();
        }
    }
}
