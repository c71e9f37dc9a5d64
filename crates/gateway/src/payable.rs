//! Where an amount can be paid, and what is handed over there.

use domain::{
    fee::FeePlan,
    money::{Fee, Rupiah},
    retailer::{Pause, Retailer, RetailerKey},
    time::Timestamp,
};

use crate::{Gateway, directory::Account, gateway::Shared, request::OpenRefusal};

impl Gateway {
    /// What a payer of this account's hands over at a retailer for `amount` if a payment is opened
    /// there at `at`: more where the payer bears a fee.
    pub fn handed_over(
        &self,
        account: &Account,
        retailer: RetailerKey,
        amount: Rupiah,
        at: Timestamp,
    ) -> Result<Rupiah, OpenRefusal> {
        let (fee, _) = self.0.fee_at(account, retailer, amount, at)?;
        self.0.retailer_taking(account, retailer, amount, fee)?;
        amount
            .checked_add(fee.payer_part())
            .map_err(|_| OpenRefusal::AboveLimit { limit: Rupiah::MAX })
    }
}

impl Shared {
    /// What a payment costs, and the plan that says so, which the payment keeps. None where it costs
    /// nothing.
    pub(crate) fn fee_at(
        &self,
        account: &Account,
        retailer: RetailerKey,
        amount: Rupiah,
        at: Timestamp,
    ) -> Result<(Fee, Option<FeePlan>), OpenRefusal> {
        let Some(plan) = account.fees.plan(retailer).filter(|plan| !plan.is_nothing()) else {
            return Ok((Fee::NONE, None));
        };
        let plan = plan.at_rate(self.settings.tax.on(at.business_date()));
        // A fee that is no amount makes a total that no retailer takes.
        let fee = plan.split(amount).and_then(|split| Fee::of(split, plan.bearer));
        let fee = fee.map_err(|_| OpenRefusal::AboveLimit { limit: Rupiah::MAX })?;
        Ok((fee, Some(plan)))
    }

    /// The retailer, if it takes this amount and new payments now.
    pub(crate) fn retailer_taking(
        &self,
        account: &Account,
        retailer: RetailerKey,
        amount: Rupiah,
        fee: Fee,
    ) -> Result<&Retailer, OpenRefusal> {
        let retailer =
            self.retailers_of(&account.brand).get(retailer).ok_or(OpenRefusal::UnknownRetailer)?;
        if matches!(retailer.contract.pause, Some(Pause::Open | Pause::Inquiry)) {
            return Err(OpenRefusal::RetailerPaused);
        }
        // What the payer hands over is what the retailer limits.
        let above = OpenRefusal::AboveLimit { limit: retailer.amount_max };
        let total = amount.checked_add(fee.payer_part()).map_err(|_| above)?;
        if total < retailer.amount_min {
            return Err(OpenRefusal::BelowLimit { limit: retailer.amount_min });
        }
        if total > retailer.amount_max {
            return Err(above);
        }
        Ok(retailer)
    }
}
