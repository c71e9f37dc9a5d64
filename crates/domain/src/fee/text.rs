//! Plans as they are written and read.

use std::{fmt, str::FromStr};

use super::{FeePlan, NotAPlan, Party, Rate, Share, Tax};
use crate::money::{Bearer, Rupiah};

/// As plans are written: `payer tax=inclusive:110 gateway=2000 retailer=1000+50bp[500..2500]`.
impl fmt::Display for FeePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.bearer.name())?;
        match self.tax {
            Tax::None => f.write_str(" tax=none")?,
            Tax::Inclusive(rate) => write!(f, " tax=inclusive{rate}")?,
            Tax::Exclusive(rate) => write!(f, " tax=exclusive{rate}")?,
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
    let (kind, rate) = match text.split_once(':') {
        Some((kind, rate)) => (kind, Rate::PerMille(rate.parse().ok()?)),
        None => (text, Rate::Standard),
    };
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

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => Ok(()),
            Self::PerMille(rate) => write!(f, ":{rate}"),
        }
    }
}
