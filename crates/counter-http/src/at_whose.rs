//! At whose counter a message was sent: the retailer whose contract applies.

use domain::{
    code::{PaymentCode, Pools},
    retailer::{Retailer, RetailerKey, Retailers},
};
use gateway::directory::Partner;

use crate::member::{Malformed, Name};

/// The retailer that `named` says, or the partner's only one.
pub(crate) fn named_or_only<'a>(
    partner: &Partner,
    retailers: &'a Retailers,
    named: Option<&str>,
) -> Result<&'a Retailer, Malformed> {
    let mut served = served(partner, retailers);
    match (named, served.next(), served.next()) {
        (Some(text), _, _) => named_one(partner, retailers, text),
        (None, Some(only), None) => Ok(only),
        (None, _, _) => {
            Err(Malformed::new(Name::Retailer, "is required, because this partner serves several"))
        }
    }
}

/// The retailer that `named` says, or the first of the partner's that takes codes like this one, or
/// its first. For messages about a sale that is known already by its own number.
pub(crate) fn named_or_likely<'a>(
    partner: &Partner,
    retailers: &'a Retailers,
    named: Option<&str>,
    pools: &Pools,
    code: &PaymentCode,
) -> Result<&'a Retailer, Malformed> {
    if let Some(text) = named {
        return named_one(partner, retailers, text);
    }
    let network = pools.slot(code).and_then(|slot| pools.get(slot.pool)).map(|p| p.shape().network);
    let of_network =
        network.and_then(|network| served(partner, retailers).find(|r| r.network == network));
    of_network
        .or_else(|| served(partner, retailers).next())
        .ok_or_else(|| Malformed::new(Name::Retailer, "is required: this partner serves none"))
}

fn named_one<'a>(
    partner: &Partner,
    retailers: &'a Retailers,
    text: &str,
) -> Result<&'a Retailer, Malformed> {
    RetailerKey::new(text)
        .ok()
        .and_then(|key| retailers.get(key))
        .filter(|retailer| partner.serves(retailer.key))
        .ok_or_else(|| Malformed::new(Name::Retailer, "must be one that this partner serves"))
}

fn served<'a>(partner: &Partner, retailers: &'a Retailers) -> impl Iterator<Item = &'a Retailer> {
    retailers.iter().filter(|retailer| partner.serves(retailer.key))
}

#[cfg(test)]
pub(crate) mod tests;
