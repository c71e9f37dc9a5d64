//! The dialects that are spoken: the one place that knows them all.

use dialect::{DemoAccount, Dialect};
use domain::{event::Announcement, retailer::Retailers};
use gateway::BrandTerms;

/// In the order in which they are listed to people.
pub(crate) static DIALECTS: &[&dyn Dialect] = &[
    &dialect_midtrans::Midtrans,
    &dialect_cronos::CRONOS,
    &dialect_cronos::SENGO,
    &dialect_ayolinx::Ayolinx,
];

/// The dialect of merchants that are added without naming one, and of the first steps that the
/// sandbox shows.
pub(crate) const USUAL_BRAND: &str = dialect_midtrans::BRAND;

/// The demo merchant's account in that dialect.
pub(crate) const USUAL_DEMO: &DemoAccount = dialect_midtrans::DEMO;

/// The dialect of this brand.
pub(crate) fn speaking(brand: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|dialect| dialect.brand() == brand)
}

/// What the gateway must know of each.
pub(crate) fn brands(retailers: &Retailers) -> Vec<BrandTerms> {
    let terms = |dialect: &&dyn Dialect| BrandTerms {
        name: dialect.brand().to_owned(),
        retailers: dialect.retailers(retailers),
        announces: Announcement::ALL.into_iter().filter(|news| dialect.announces(*news)).collect(),
        tells_fees: dialect.tells_fees(),
    };
    DIALECTS.iter().map(terms).collect()
}

#[cfg(test)]
mod tests;
