//! `gerai reconcile RETAILER --open`.

use domain::{
    ids::{PaymentNo, SaleNo},
    money::Rupiah,
    retailer::RetailerKey,
    time::BusinessDate,
};
use reconcile::{Outcome, matcher::CARRIED_MAX};
use serde::Serialize;
use storage::FileLineRow;

use super::{Args, newest};
use crate::cli::{
    output::{self, At},
    place::Located,
};

/// The most rows of a list.
const ROWS_MAX: usize = 10_000;

/// What waits for somebody.
#[derive(Debug, Serialize)]
struct Waiting {
    no: i64,
    business_date: String,
    what: String,
    code: String,
    identity: String,
    line: Option<i64>,
    their_amount: Option<i64>,
    our_amount: Option<i64>,
    our_date: Option<String>,
    payment: Option<i64>,
    sale: Option<i64>,
    since: At,
    /// For ours only: how many dates of the retailer came since without it (rule 34).
    carried: Option<i32>,
    /// Whether that is too many.
    suspect: bool,
    why: Option<String>,
}

impl Waiting {
    fn new(row: FileLineRow, newest: BusinessDate) -> Self {
        let is_ours = row.outcome == Outcome::OursOnly.name();
        let carried = row.our_date.filter(|_| is_ours);
        let carried = carried.map(|date| newest.days().saturating_sub(date.days()).max(0));
        let amount = row.amount.get();
        Self {
            no: row.no,
            business_date: row.day.1.to_string(),
            what: row.outcome,
            code: row.code.to_string(),
            identity: row.identity,
            line: row.line,
            their_amount: (!is_ours).then_some(amount),
            our_amount: row.our_amount.map(Rupiah::get),
            our_date: row.our_date.map(|date| date.to_string()),
            payment: row.payment.map(PaymentNo::get),
            sale: row.sale.map(SaleNo::get),
            since: At(row.posted_at),
            carried,
            suspect: carried.is_some_and(|dates| dates >= i32::from(CARRIED_MAX)),
            why: row.why,
        }
    }
}

pub(super) fn run(located: &Located, retailer: RetailerKey, args: &Args) -> anyhow::Result<()> {
    let rows = located.reader()?.file_lines_open(retailer, ROWS_MAX)?;
    let newest = newest(located, retailer)?.unwrap_or(BusinessDate::from_days(0));
    let is_wanted = |row: &FileLineRow| args.date.is_none_or(|date| row.day.1 == date);
    let rows = rows.into_iter().filter(is_wanted).map(|row| Waiting::new(row, newest));
    let rows: Vec<_> = rows.collect();
    if args.place.json {
        return output::json(&rows);
    }
    let or_dash = |amount: Option<i64>| amount.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let table: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let age = match (row.carried, row.suspect) {
                (Some(dates), true) => format!("{dates} dates, suspect"),
                (Some(dates), false) => format!("{dates} dates"),
                (None, _) => "-".to_owned(),
            };
            [
                row.no.to_string(),
                row.business_date,
                row.what.replace('_', " "),
                row.code,
                or_dash(row.their_amount),
                or_dash(row.our_amount),
                age,
                row.why.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    let heads = ["no", "day", "what", "code", "theirs", "ours", "carried", "why"];
    output::table(heads, &table, "nothing waits for anybody");
    Ok(())
}
