//! What names a sale (rule 1).

use std::fmt;

use crate::{
    code::PaymentCode,
    retailer::{Contract, SaleKeyForm},
    time::Timestamp,
};

/// What names a sale within its partner: 1 to 176 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaleKey(String);

/// The parts cannot name a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASaleKey {
    /// Empty, too long, or not visible ASCII.
    #[error("a sale has 1 to 64 visible ASCII characters")]
    Text,
    /// This retailer's sales are numbered per outlet, terminal and day, and one is missing.
    #[error("this retailer's sales need outlet and terminal")]
    Incomplete,
}

impl SaleKey {
    /// A key read back from storage, or whole by itself.
    pub fn new(text: impl Into<String>) -> Result<Self, NotASaleKey> {
        let text = text.into();
        let fits = (1..=176).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(NotASaleKey::Text) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SaleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys under which the sale that a message means may be remembered; [`super::Remembered`] says
/// which of them it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleKeys {
    /// By the message's own clock. What is new is remembered under these.
    pub own: DayKeys,
    /// Of the business date before; none where the retailer's keys hold no date.
    pub before: Option<DayKeys>,
    /// Of the business date after; none where the retailer's keys hold no date.
    pub after: Option<DayKeys>,
}

/// The keys of one business date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayKeys {
    /// The sale's.
    pub sale: SaleKey,
    /// For a tombstone, where the sale's key holds a date. A reversal that finds no sale may mean
    /// one of the day before; so its tombstone holds the payment code, and leaves the number of the
    /// new day to a payment of another code.
    pub grave: Option<SaleKey>,
}

impl SaleKeys {
    /// The canonical keys of a sale, as the retailer's contract builds them (rule 1).
    ///
    /// The date is that of the till's clock alone, on the retailer's business day. Ours is never
    /// asked: a message that is sent again, however late, must lead to the same key.
    pub fn build(contract: &Contract, parts: &SaleParts<'_>) -> Result<Self, NotASaleKey> {
        let sale = parts.sale;
        if !(1..=64).contains(&sale.len()) {
            return Err(NotASaleKey::Text);
        }
        match contract.sale_key {
            SaleKeyForm::Sale => SaleKey::new(sale).map(Self::from),
            SaleKeyForm::OutletTerminalDateSale => {
                let (Some(outlet), Some(terminal)) = (parts.outlet, parts.terminal) else {
                    return Err(NotASaleKey::Incomplete);
                };
                let code = parts.code;
                // A sale's third part is a date and nothing else, so that no sale looks like a grave.
                let on = |date| {
                    let grave = SaleKey::new(format!("{outlet}/{terminal}/{date}*{code}/{sale}"))?;
                    let sale = SaleKey::new(format!("{outlet}/{terminal}/{date}/{sale}"))?;
                    Ok(DayKeys { sale, grave: Some(grave) })
                };
                let date = contract.business_date(parts.till_at);
                Ok(Self {
                    own: on(date)?,
                    before: Some(on(date.before())?),
                    after: Some(on(date.after())?),
                })
            }
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SaleKey> {
        let days = [Some(&self.own), self.before.as_ref(), self.after.as_ref()];
        days.into_iter().flatten().flat_map(DayKeys::iter)
    }

    /// The key of a new tombstone.
    pub fn grave(&self) -> &SaleKey {
        self.own.grave.as_ref().unwrap_or(&self.own.sale)
    }
}

/// A key without a date, or one that is known to be the sale's.
impl From<SaleKey> for SaleKeys {
    fn from(sale: SaleKey) -> Self {
        Self { own: DayKeys { sale, grave: None }, before: None, after: None }
    }
}

impl DayKeys {
    /// The sale's, and the grave's.
    pub fn iter(&self) -> impl Iterator<Item = &SaleKey> {
        [Some(&self.sale), self.grave.as_ref()].into_iter().flatten()
    }
}

/// What a message says about which sale it means.
#[derive(Debug, Clone, Copy)]
pub struct SaleParts<'a> {
    /// The retailer's own number.
    pub sale: &'a str,
    /// The outlet, where the message has it.
    pub outlet: Option<&'a str>,
    /// The terminal, where the message has it.
    pub terminal: Option<&'a str>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// The code that was read out.
    pub code: &'a PaymentCode,
}

#[cfg(test)]
mod tests;
