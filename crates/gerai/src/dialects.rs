//! The dialects that are spoken: the one place that knows them all.

use dialect::Dialect;
use domain::{event::Announcement, retailer::Retailers};
use gateway::BrandTerms;

/// In the order in which they are listed to people.
pub(crate) static DIALECTS: &[&dyn Dialect] = &[&dialect_midtrans::Midtrans];

/// The dialect of the demo merchants, and of merchants that are added without naming one.
pub(crate) const USUAL_BRAND: &str = dialect_midtrans::BRAND;
/// What that dialect's secret is for.
pub(crate) const USUAL_PURPOSE: &str = dialect_midtrans::SERVER_KEY;

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
    };
    DIALECTS.iter().map(terms).collect()
}
