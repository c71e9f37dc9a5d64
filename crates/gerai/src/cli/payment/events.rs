//! `gerai payment events`.

use serde::Serialize;

use super::{find::Named, names};
use crate::cli::output::{self, At, people};

/// One thing that happened.
#[derive(Debug, Serialize)]
struct Line {
    no: i64,
    at: At,
    event: &'static str,
    by: String,
    sale: Option<i64>,
    reason: Option<String>,
    postings: Vec<Posting>,
}

/// One side of what was posted; a debit is positive.
#[derive(Debug, Serialize)]
struct Posting {
    account: String,
    amount: i64,
}

pub(super) fn run(named: &Named) -> anyhow::Result<()> {
    let found = named.find(&named.place.locate()?)?;
    let mut lines = Vec::new();
    for row in found.reader.events_of(found.row.payment.no)? {
        let postings = found.reader.entries_of(row.event.no)?;
        let postings = postings.iter().map(|posted| Posting {
            account: names::ledger(&found.rows, &posted.entry.account),
            amount: posted.entry.amount.get(),
        });
        lines.push(Line {
            no: row.event.no.get(),
            at: At(row.event.at),
            event: row.event.kind.name(),
            by: names::actor(&found.rows, row.event.actor),
            sale: row.event.sale.map(domain::ids::SaleNo::get),
            reason: row.event.reason,
            postings: postings.collect(),
        });
    }
    if named.place.json {
        return output::json(&lines);
    }
    let table: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let postings: Vec<_> = line
                .postings
                .iter()
                .map(|posting| format!("{:+} {}", posting.amount, posting.account))
                .collect();
            [
                people(line.at.0),
                line.event.to_owned(),
                line.by,
                line.sale.map_or_else(|| "-".to_owned(), |no| no.to_string()),
                line.reason.unwrap_or_else(|| "-".to_owned()),
                postings.join("; "),
            ]
        })
        .collect();
    let heads = ["at (WIB)", "event", "by", "sale", "reason", "posted, in rupiah"];
    output::table(heads, &table, "nothing happened to it");
    Ok(())
}
