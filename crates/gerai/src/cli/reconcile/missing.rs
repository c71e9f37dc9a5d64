//! `gerai reconcile --missing`.

use domain::{
    retailer::RetailerKey,
    time::{BusinessDate, Span},
};
use reconcile::profile::FileName;
use serde::Serialize;

use super::Args;
use crate::cli::{
    output::{self, At, people},
    place::Located,
};

/// How many days are looked at where none is named.
const DAYS: i32 = 7;
/// The first file that is waited for: the day of the first sale.
const FIRST_SALES: usize = 1;

/// A file that did not come.
#[derive(Debug, Serialize)]
struct Missing {
    retailer: String,
    profile: String,
    business_date: String,
    /// As far as the profile knows it.
    name: String,
    due_at: At,
}

pub(super) fn run(located: &Located, args: &Args) -> anyhow::Result<()> {
    let reader = located.reader()?;
    let now = located.now();
    let today = now.business_date();
    let wanted = args.retailer.as_deref().map(RetailerKey::new).transpose()?;
    // Before the first sale nobody had anything to tell.
    let first_sale = reader.sales_after(domain::ids::SaleNo::new(0), FIRST_SALES)?;
    let first_sale = first_sale.first().map(|row| row.sale.received_at.business_date());
    let mut rows = Vec::new();
    for named in &located.config.profiles {
        let profile = &named.profile;
        if wanted.is_some_and(|wanted| wanted != profile.retailer()) {
            continue;
        }
        let begin = BusinessDate::from_days(today.days().saturating_sub(DAYS));
        let begin = first_sale.unwrap_or(today.after()).max(begin);
        let (first, last) = args.date.map_or((begin, today), |date| (date, date));
        let mut arrived = Vec::new();
        for days in first.days()..=last.days() {
            let date = BusinessDate::from_days(days);
            let files = reader.files_of((profile.retailer(), date))?;
            arrived.extend(files.iter().any(|file| file.profile == named.name).then_some(date));
        }
        for date in profile.missing(first, last, &arrived, now) {
            let name = profile.write_name(FileName { business_date: date, sequence: None });
            rows.push(Missing {
                retailer: profile.retailer().to_string(),
                profile: named.name.clone(),
                business_date: date.to_string(),
                name,
                due_at: At(profile.due_at(date).unwrap_or(now.plus(Span::ZERO))),
            });
        }
    }
    if args.place.json {
        return output::json(&rows);
    }
    let table: Vec<_> = rows
        .into_iter()
        .map(|row| [row.retailer, row.business_date, row.profile, row.name, people(row.due_at.0)])
        .collect();
    let heads = ["retailer", "day", "profile", "file", "due (WIB)"];
    output::table(heads, &table, "no file is late");
    Ok(())
}
