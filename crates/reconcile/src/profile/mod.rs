//! Profiles: what a retailer's files look like, as data.
//!
//! [`ProfileText`] is what configuration holds, [`Profile`] what it means once it was checked.

mod amount;
mod check;
mod name;
mod pattern;
mod text;

use domain::{
    retailer::RetailerKey,
    time::{BusinessDate, DAY, Span, Timestamp},
};

pub(crate) use self::{amount::Amounts, name::FileName as Name};
pub use self::{
    amount::NotAnAmount,
    check::ProfileError,
    name::FileName,
    pattern::{Moment, Pattern},
    text::{
        AmountsText, ColumnText, ColumnsText, EdgeText, LayoutText, ProfileText, StatusText,
        TimesText,
    },
};
use crate::line::Status;

/// One kind of file of one retailer, checked.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(crate) retailer: RetailerKey,
    name: name::NamePattern,
    due: Option<(u8, Span)>,
    pub(crate) encoding: &'static encoding_rs::Encoding,
    pub(crate) zone: Span,
    cutoff: Span,
    pub(crate) line_bytes_max: usize,
    pub(crate) sale_key: FileSaleKey,
    tolerance: Span,
    pub(crate) layout: Layout,
    pub(crate) header: Edge,
    pub(crate) trailer: Option<Edge>,
    pub(crate) columns: Columns,
    pub(crate) amounts: Amounts,
    pub(crate) times: Times,
    pub(crate) status: StatusWords,
}

/// What names a sale in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSaleKey {
    /// One number, the till's own.
    Sale,
    /// Outlet, terminal, business date and a number.
    OutletTerminalDateSale,
    /// Nothing that the till has told us: lines are matched by payment code, amount, outlet and time.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    Delimited { delimiter: u8, quote: Option<u8>, fields: Option<usize> },
    Fixed,
}

/// A header or trailer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) lines: u64,
    pub(crate) mark: Option<(Column, String)>,
    pub(crate) names: bool,
    pub(crate) date: Option<Column>,
    pub(crate) sequence: Option<Column>,
    pub(crate) count: Option<Column>,
    pub(crate) sum: Option<(Column, SumOf)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SumOf {
    All,
    Paid,
    Net,
}

/// Where something stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// A field, from 0.
    Field(usize),
    /// The field under this name in the header.
    Named(String),
    /// Characters, from 0.
    Span { from: usize, width: usize },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) sale: Option<Column>,
    pub(crate) code: Column,
    pub(crate) amount: Column,
    pub(crate) fee: Option<Column>,
    pub(crate) date: Option<Column>,
    pub(crate) time: Option<Column>,
    pub(crate) outlet: Option<Column>,
    pub(crate) terminal: Option<Column>,
    pub(crate) status: Option<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) date: Option<Pattern>,
    pub(crate) time: Option<Pattern>,
    pub(crate) edge: Option<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusWords {
    pub(crate) default: Status,
    pub(crate) words: Vec<(String, Status)>,
}

impl Profile {
    /// Whose files these are.
    pub const fn retailer(&self) -> RetailerKey {
        self.retailer
    }

    /// What names a sale in them.
    pub const fn sale_key(&self) -> FileSaleKey {
        self.sale_key
    }

    /// How far a file's time and a till's may differ where lines have no number.
    pub const fn tolerance(&self) -> Span {
        self.tolerance
    }

    /// What `name`, without folders, says; none: it is not one of these files.
    pub fn read_name(&self, name: &str) -> Option<FileName> {
        self.name.read(name)
    }

    /// How a day's file is called, as far as the profile knows.
    pub fn write_name(&self, name: FileName) -> String {
        self.name.write(name)
    }

    /// By when the file of `date` must be there; none: nobody waits for it.
    pub fn due_at(&self, date: BusinessDate) -> Option<Timestamp> {
        let (days, time) = self.due?;
        Some(Timestamp::from_millis(name::instant(date, days, time, self.zone)))
    }

    /// The dates from `first` to `last` whose file is due at `now` and is not among `arrived`, oldest
    /// first.
    pub fn missing<'a>(
        &'a self,
        first: BusinessDate,
        last: BusinessDate,
        arrived: &'a [BusinessDate],
        now: Timestamp,
    ) -> impl Iterator<Item = BusinessDate> + 'a {
        (first.days()..=last.days())
            .map(BusinessDate::from_days)
            .filter(move |date| self.due_at(*date).is_some_and(|due| due <= now))
            .filter(|date| !arrived.contains(date))
    }

    /// When a business date begins, by the retailer's clock and cut-off.
    pub fn day_begins_at(&self, date: BusinessDate) -> Timestamp {
        let end = name::instant(date, 0, self.cutoff, self.zone);
        Timestamp::from_millis(end.saturating_sub(DAY.as_millis()))
    }

    /// The retailer's business day on which `at` lies, by its own clock and cut-off.
    pub fn business_date(&self, at: Timestamp) -> BusinessDate {
        let left = DAY.as_millis().saturating_sub(self.cutoff.as_millis());
        let local = at.millis().saturating_add(self.zone.as_millis()).saturating_add(left.max(0));
        BusinessDate::from_days(
            i32::try_from(local.div_euclid(DAY.as_millis())).unwrap_or(i32::MAX),
        )
    }
}

#[cfg(test)]
mod tests;
