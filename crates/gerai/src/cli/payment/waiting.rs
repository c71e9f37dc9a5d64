//! `gerai payment unapplied` and `gerai payment disputed`: what waits for an operator.

use serde::Serialize;

use crate::cli::{
    output::{self, At, people},
    place::Where,
};

/// How many, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    place: Where,
}

/// Cash that fits no payment (rule 10).
#[derive(Debug, Serialize)]
struct Cash {
    no: i64,
    sale: i64,
    code: String,
    payment: Option<i64>,
    retailer: String,
    amount: i64,
    why: String,
    business_date: String,
    received_at: At,
}

pub(super) fn unapplied(args: &Args) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let lines: Vec<_> = reader
        .unapplied_open(usize::from(args.limit))?
        .into_iter()
        .map(|row| Cash {
            no: row.no,
            sale: row.sale.get(),
            code: row.code.to_string(),
            payment: row.payment.map(domain::ids::PaymentNo::get),
            retailer: row.retailer.to_string(),
            amount: row.amount.get(),
            why: row.why,
            business_date: row.business_date.to_string(),
            received_at: At(row.received_at),
        })
        .collect();
    if args.place.json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.no.to_string(),
                people(line.received_at.0),
                line.retailer,
                line.business_date,
                line.code,
                line.sale.to_string(),
                line.payment.map_or_else(|| "-".to_owned(), |no| no.to_string()),
                line.amount.to_string(),
                line.why,
            ]
        })
        .collect();
    let heads = [
        "no",
        "received (WIB)",
        "retailer",
        "business date",
        "code",
        "sale",
        "payment",
        "rupiah",
        "because",
    ];
    output::table(heads, &rows, "no cash waits for an operator");
    Ok(())
}

/// A reversal that was refused (rule 8).
#[derive(Debug, Serialize)]
struct Dispute {
    no: i64,
    sale: i64,
    payment: Option<i64>,
    why: String,
    received_at: At,
}

pub(super) fn disputed(args: &Args) -> anyhow::Result<()> {
    let reader = args.place.locate()?.reader()?;
    let lines: Vec<_> = reader
        .disputes(usize::from(args.limit))?
        .into_iter()
        .map(|row| Dispute {
            no: row.no,
            sale: row.sale.get(),
            payment: row.payment.map(domain::ids::PaymentNo::get),
            why: row.why,
            received_at: At(row.received_at),
        })
        .collect();
    if args.place.json {
        return output::json(&lines);
    }
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            [
                line.no.to_string(),
                people(line.received_at.0),
                line.sale.to_string(),
                line.payment.map_or_else(|| "-".to_owned(), |no| no.to_string()),
                line.why,
            ]
        })
        .collect();
    let heads = ["no", "received (WIB)", "sale", "payment", "because"];
    output::table(heads, &rows, "no reversal was refused");
    Ok(())
}
