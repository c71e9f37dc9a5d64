//! `gerai fee`.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{anyhow, bail};
use clap::Subcommand;
use domain::{
    fee::{FeePlan, Party, Share},
    money::{Bearer, Rupiah},
    retailer::RetailerKey,
};
use gateway::{
    admin::{AdminCommand, MerchantChange, MerchantName, MerchantSet, find_account},
    directory::{AccountSettings, EVERY_RETAILER, Fees},
};
use serde::Serialize;

use super::{
    merchant,
    output::{self, rupiah},
    place::{Located, Where},
};

/// What can be done with fees.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Agree on what payments cost from now on; payments that are open keep what they cost
    #[command(after_help = "\
A share is a fixed sum, a part of the amount in basis points, or both, within bounds:
  2000   150bp   1000+50bp   1000+50bp[500..2500]   each rounded up to a rupiah
Of the shares only the gateway's is taxed. A fee that the payer bears has its tax in it.
Examples:
  gerai fee set G000000001 --borne-by merchant --gateway 2500
  gerai fee set SC-KRW9ESNZUUKQXOOX --for alfamart --borne-by payer \\
      --gateway 2000 --retailer 1000 --tax inclusive
  gerai fee set G000000001 --for indomaret --none")]
    Set(Set),
    /// Show what a merchant's payments cost
    #[command(after_help = "\
Example:
  gerai fee show G000000001")]
    Show(Named),
    /// Tell what a payment of an amount would cost, and who would get what
    #[command(after_help = "\
Example:
  gerai fee quote SC-KRW9ESNZUUKQXOOX 100000 --for alfamart")]
    Quote(Quote),
}

/// Whose.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The merchant id, or the merchant's name where only one has it
    merchant: String,
    /// Its dialect, where two dialects use the same id or the merchant has several
    #[arg(long = "dialect", alias = "brand")]
    brand: Option<String>,
    #[command(flatten)]
    place: Where,
}

impl Named {
    fn name(&self) -> MerchantName {
        MerchantName { merchant: self.merchant.clone(), brand: self.brand.clone() }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// One retailer only (alfamart); otherwise all that have no plan of their own
    #[arg(long = "for", value_name = "RETAILER")]
    at: Option<String>,
    /// Who bears it: payer or merchant
    #[arg(long, required_unless_present = "none", value_parser = bearer)]
    borne_by: Option<Bearer>,
    /// The gateway's share
    #[arg(long, value_name = "SHARE", value_parser = share)]
    gateway: Option<Share>,
    /// The retailer's commission
    #[arg(long, value_name = "SHARE", value_parser = share)]
    retailer: Option<Share>,
    /// The switch's share
    #[arg(long, value_name = "SHARE", value_parser = share)]
    switch: Option<Share>,
    /// How the gateway's share is taxed: none, inclusive, exclusive, or with a rate in per mille as
    /// inclusive:110
    #[arg(long, default_value = "none")]
    tax: String,
    /// No plan any more
    #[arg(long, conflicts_with_all = ["borne_by", "gateway", "retailer", "switch"])]
    none: bool,
    /// Why; whoever approves it in production reads it
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Quote {
    #[command(flatten)]
    named: Named,
    /// What the merchant asks for, in whole rupiah
    amount: i64,
    /// Where it is opened
    #[arg(long = "for", value_name = "RETAILER", default_value = "alfamart")]
    at: String,
}

fn bearer(text: &str) -> Result<Bearer, &'static str> {
    Bearer::named(text).ok_or("it is payer or merchant")
}

fn share(text: &str) -> Result<Share, &'static str> {
    text.parse().map_err(|()| "a share looks like 2000, 150bp or 1000+50bp[500..2500]")
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Set(set) => agree(set),
        Command::Show(named) => show(&named),
        Command::Quote(asked) => quote(&asked),
    }
}

impl Set {
    /// The plan as plans are written; empty for none.
    fn plan(&self) -> anyhow::Result<String> {
        let Some(bearer) = self.borne_by.filter(|_| !self.none) else {
            return Ok(String::new());
        };
        let mut text = format!("{} tax={}", bearer.name(), self.tax);
        for (party, share) in
            Party::ALL.into_iter().zip([&self.gateway, &self.retailer, &self.switch])
        {
            if let Some(share) = share {
                // Writing to a string does not fail.
                let _ = write!(text, " {}={share}", party.name());
            }
        }
        let plan: FeePlan = text.parse()?;
        if plan.is_nothing() {
            bail!("nobody gets anything under this plan; --none takes a plan away");
        }
        Ok(plan.to_string())
    }
}

fn agree(set: Set) -> anyhow::Result<()> {
    let at = set.at.clone().unwrap_or_else(|| EVERY_RETAILER.to_owned());
    let fees = BTreeMap::from([(at, set.plan()?)]);
    let command = AdminCommand::MerchantSet(MerchantSet {
        merchant: set.named.name(),
        change: MerchantChange { fees, ..MerchantChange::default() },
    });
    merchant::guarded(&set.named.place, command, set.reason)
}

/// The plans of a merchant's account.
fn fees(located: &Located, named: &Named) -> anyhow::Result<AccountSettings> {
    let rows = located.reader()?.directory()?;
    Ok(toml::from_str(&find_account(&rows, &named.name())?.settings)?)
}

fn show(named: &Named) -> anyhow::Result<()> {
    let settings = fees(&named.place.locate()?, named)?;
    if named.place.json {
        return output::json(&settings.fees);
    }
    let rows: Vec<_> = settings
        .fees
        .into_iter()
        .map(|(at, plan)| [if at == EVERY_RETAILER { "all others".to_owned() } else { at }, plan])
        .collect();
    output::table(["retailer", "plan"], &rows, "nothing: payments cost what they cost");
    Ok(())
}

/// What a payment would cost.
#[derive(Debug, Serialize)]
struct Quoted {
    retailer: String,
    plan: Option<String>,
    borne_by: Option<&'static str>,
    amount: i64,
    fee: i64,
    total: i64,
    merchant_gets: i64,
    gateway: i64,
    tax: i64,
    retailer_share: i64,
    switch: i64,
}

fn quote(asked: &Quote) -> anyhow::Result<()> {
    let located = asked.named.place.locate()?;
    let fees = Fees::read(&fees(&located, &asked.named)?.fees).map_err(|why| anyhow!(why))?;
    let retailer = RetailerKey::new(&asked.at)?;
    if located.config.retailers.get(retailer).is_none() {
        bail!("there is no retailer `{retailer}`");
    }
    let amount = Rupiah::new(asked.amount)?;
    let rate = located.config.tax.on(located.now().business_date());
    let plan = fees.plan(retailer).map(|plan| plan.at_rate(rate));
    let fee = match &plan {
        Some(plan) => domain::money::Fee::of(plan.split(amount)?, plan.bearer)?,
        None => domain::money::Fee::NONE,
    };
    let total = amount.checked_add(fee.payer_part())?;
    let quoted = Quoted {
        retailer: asked.at.clone(),
        plan: plan.map(|plan| plan.to_string()),
        borne_by: plan.map(|plan| plan.bearer.name()),
        amount: amount.get(),
        fee: fee.amount.get(),
        total: total.get(),
        merchant_gets: amount.get() - fee.merchant_part().get(),
        gateway: fee.split.gateway.get(),
        tax: fee.split.tax.get(),
        retailer_share: fee.split.retailer.get(),
        switch: fee.split.switch.get(),
    };
    if asked.named.place.json {
        return output::json(&quoted);
    }
    output::fields(&[
        ("at", quoted.retailer),
        ("plan", quoted.plan.unwrap_or_else(|| "none".to_owned())),
        ("the payer hands over", rupiah(quoted.total)),
        ("the merchant gets", rupiah(quoted.merchant_gets)),
        ("fee", rupiah(quoted.fee)),
        ("of it the gateway", rupiah(quoted.gateway)),
        ("tax on that", rupiah(quoted.tax)),
        ("the retailer", rupiah(quoted.retailer_share)),
        ("the switch", rupiah(quoted.switch)),
    ]);
    Ok(())
}
