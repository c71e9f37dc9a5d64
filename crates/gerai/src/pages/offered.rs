//! Which retailers a payer is offered.

use domain::{
    money::Rupiah,
    retailer::{NetworkKey, RetailerKey},
};
use gateway::{
    Gateway,
    directory::{Account, OtherRetailer},
    request::PaymentView,
};
use pages::payer::Choice;

use crate::dialects;

/// Those of `offered` that take this amount now, with what is handed over there.
pub(super) fn choices(
    gateway: &Gateway,
    account: &Account,
    amount: Rupiah,
    offered: impl Iterator<Item = RetailerKey>,
) -> Vec<Choice> {
    let now = gateway.clock().now();
    let choice = |key: RetailerKey| {
        let total = gateway.handed_over(account, key, amount, now).ok()?;
        let retailers = gateway.retailers_of(&account.brand);
        let retailer = retailers.get(key)?;
        let others = retailers.of_network(retailer.network).filter(|other| other.key != key);
        Some(Choice {
            key: key.to_string(),
            name: retailer.name.clone(),
            also: others.map(|other| other.name.clone()).collect(),
            total: total.get(),
        })
    };
    offered.filter_map(choice).collect()
}

/// Where else a payment that waits can be paid, as far as its account lets its payer choose: one
/// retailer of each other network, because a network takes any of its codes.
pub(super) fn elsewhere(gateway: &Gateway, account: &Account, view: &PaymentView) -> Vec<Choice> {
    let Some(dialect) = dialects::speaking(&account.brand) else { return Vec::new() };
    let chose_among = dialect.payer_chose_among(view);
    let retailers = gateway.retailers_of(&account.brand);
    let offered = match (account.settings.other_retailer, chose_among) {
        (OtherRetailer::Never, _) | (OtherRetailer::Checkout, None) => return Vec::new(),
        (OtherRetailer::Checkout | OtherRetailer::Always, Some(among)) => among,
        (OtherRetailer::Always, None) => {
            retailers.iter().map(|other| other.key).filter(|key| dialect.can_name(*key)).collect()
        }
    };
    let network = |key: RetailerKey| retailers.get(key).map(|retailer| retailer.network);
    let mut seen: Vec<NetworkKey> = network(view.payment.opened_for).into_iter().collect();
    let is_new = |key: &RetailerKey| {
        let Some(network) = network(*key).filter(|network| !seen.contains(network)) else {
            return false;
        };
        seen.push(network);
        true
    };
    let offered: Vec<_> = offered.into_iter().filter(is_new).collect();
    choices(gateway, account, view.payment.amount, offered.into_iter())
}
