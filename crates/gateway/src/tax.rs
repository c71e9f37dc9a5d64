//! Value added tax.

use domain::time::BusinessDate;

/// The standard rate of value added tax, by the day from which it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxRates(Vec<(BusinessDate, u16)>);

impl TaxRates {
    /// Rates in per mille, each from its day on.
    pub fn new(mut rates: Vec<(BusinessDate, u16)>) -> Self {
        rates.sort_unstable();
        Self(rates)
    }

    /// The rate that holds on this day, in per mille; 0 before the first.
    pub fn on(&self, date: BusinessDate) -> u16 {
        let before = self.0.iter().rev().find(|(from, _)| *from <= date);
        before.map_or(0, |(_, per_mille)| *per_mille)
    }
}
