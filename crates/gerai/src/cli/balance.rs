//! `gerai balance`: what a merchant is owed, now or at any instant before.

use domain::time::Timestamp;
use gateway::{
    admin::{MerchantName, find_account},
    request::Balances,
};
use serde::Serialize;

use super::{
    instant,
    output::{self, At, people, rupiah},
    place::Where,
};

/// Whose, and when.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Pending is what was paid at a counter and is not available yet: not in the retailer's file, not
transferred by the retailer, or not there for as many business days as were agreed. Active is what can
be paid out; it is below zero where a retailer took back what was paid out already. Advanced is what was
made active before its retailer transferred it (`gerai merchant set --advance-cap`), and not covered since.
Examples:
  gerai balance G000000001
  gerai balance G000000001 --at '2026-11-21 14:00'
  gerai balance 'Toko Maju' --at 2026-10-31 --json     at the end of that day")]
pub(crate) struct Args {
    /// The merchant id, or the merchant's name where only one has it
    merchant: String,
    /// Its dialect, where two dialects use the same id or the merchant has several
    #[arg(long = "dialect", alias = "brand")]
    brand: Option<String>,
    /// As of a past instant in WIB: '2026-11-21 14:00', or 2026-11-21 for the end of that day
    #[arg(long, value_name = "INSTANT", value_parser = instant::wib)]
    at: Option<Timestamp>,
    #[command(flatten)]
    place: Where,
}

/// What a merchant is owed, in whole rupiah.
#[derive(Debug, Serialize)]
struct Shown {
    merchant_id: String,
    dialect: String,
    at: Option<At>,
    pending: i64,
    active: i64,
    total: i64,
    /// What of the active balance its retailers have not transferred yet.
    advanced: i64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let rows = reader.directory()?;
    let name = MerchantName { merchant: args.merchant.clone(), brand: args.brand.clone() };
    let account = find_account(&rows, &name)?;
    let held = match args.at {
        Some(at) => reader.balances_at(account.no, at)?,
        None => reader.balances_of(account.no)?,
    };
    let advanced = match args.at {
        Some(at) => reader.advanced_at(account.no, at)?,
        None => reader.advanced(account.no)?,
    };
    let balances = Balances::from(held);
    let shown = Shown {
        merchant_id: account.public_id.clone(),
        dialect: account.brand.clone(),
        at: args.at.map(At),
        pending: balances.pending.get(),
        active: balances.active.get(),
        total: balances.total().get(),
        advanced,
    };
    if args.place.json {
        return output::json(&shown);
    }
    output::fields(&[
        ("merchant", shown.merchant_id),
        ("as of (WIB)", args.at.map_or_else(|| "now".to_owned(), people)),
        ("pending", rupiah(shown.pending)),
        ("active", rupiah(shown.active)),
        ("total", rupiah(shown.total)),
        ("advanced", rupiah(shown.advanced)),
    ]);
    Ok(())
}
