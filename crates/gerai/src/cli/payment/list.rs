//! `gerai payment list`.

use anyhow::bail;
use domain::{ids::PaymentNo, payment::State};
use gateway::admin::{MerchantName, find_account};
use serde::Serialize;
use storage::{Directory, PaymentFilter, PaymentRow};

use super::names;
use crate::cli::{
    output::{self, At, people},
    place::Where,
};

/// The most rows that are read for one list.
const ROWS_MAX: u16 = 10_000;
/// Every word for a state.
const STATES: [&str; 9] = [
    "opening",
    "pending",
    "reserved",
    "paid",
    "settled",
    "reversed",
    "clawed_back",
    "cancelled",
    "expired",
];

/// Which payments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Of this merchant only
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// In this state only
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(STATES))]
    state: Option<String>,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(ROWS_MAX)))]
    limit: u16,
    /// Older than the payment with this number: the next page
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    #[command(flatten)]
    place: Where,
}

/// A payment in a list.
#[derive(Debug, Serialize)]
struct Line {
    no: i64,
    id: String,
    code: String,
    merchant_id: String,
    order_id: String,
    retailer: String,
    state: &'static str,
    amount: i64,
    fee: i64,
    opened_at: At,
    expires_at: At,
}

impl Line {
    fn new(rows: &Directory, row: &PaymentRow) -> Self {
        let payment = &row.payment;
        Self {
            no: payment.no.get(),
            id: payment.id.to_string(),
            code: payment.code.to_string(),
            merchant_id: names::merchant(rows, payment.account),
            order_id: payment.order.to_string(),
            retailer: payment.opened_for.to_string(),
            state: State::name(&payment.state),
            amount: payment.amount.get(),
            fee: payment.fee.payer_part().get(),
            opened_at: At(payment.opened_at),
            expires_at: At(payment.expires_at),
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let rows = reader.directory()?;
    let account = match &args.merchant {
        None => None,
        Some(merchant) => {
            let name = MerchantName { merchant: merchant.clone(), brand: None };
            Some(find_account(&rows, &name)?.no)
        }
    };
    if args.before.is_some_and(|number| number < 1) {
        bail!("payments are numbered from 1");
    }
    let filter = PaymentFilter {
        account,
        state: args.state.clone(),
        before: args.before.map(PaymentNo::new),
        rows_max: usize::from(args.limit),
    };
    let payments = reader.payments(&filter)?;
    let lines: Vec<_> = payments.iter().map(|row| Line::new(&rows, row)).collect();
    if args.place.json {
        return output::json(&lines);
    }
    let is_full = lines.len() == filter.rows_max;
    let last = lines.last().map_or(0, |line| line.no);
    let table: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.no.to_string(),
                line.code,
                line.merchant_id,
                line.order_id,
                line.retailer,
                line.state.to_owned(),
                line.amount.to_string(),
                people(line.opened_at.0),
            ]
        })
        .collect();
    let heads =
        ["no", "code", "merchant", "order id", "retailer", "state", "rupiah", "opened (WIB)"];
    output::table(heads, &table, "no such payments");
    if is_full {
        output::say(&format!("older ones: --before {last}\n"));
    }
    Ok(())
}
