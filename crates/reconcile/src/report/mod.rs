//! Rows, written down as they come: a table for people, CSV, or JSON lines.

mod csv;
mod json;
mod table;

use std::borrow::Cow;

use domain::{
    sale::SaleState,
    time::{DAY, Timestamp, WIB},
};

pub use self::{csv::Csv, json::Json, table::Table};
use crate::matcher::{Change, Row};

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell<'a> {
    /// Nothing is known.
    None,
    /// A count, or whole rupiah.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// Text, ours or theirs.
    Text(Cow<'a, str>),
}

/// The columns of CSV, and the members of a JSON line.
const COLUMNS: [&str; 25] = [
    "outcome",
    "file",
    "line",
    "identity",
    "payment",
    "sale",
    "code",
    "their_status",
    "our_state",
    "their_amount",
    "our_amount",
    "their_fee",
    "our_fee",
    "their_time",
    "our_time",
    "our_business_date",
    "retailer",
    "outlet",
    "terminal",
    "other_code",
    "alias",
    "carried",
    "overdue",
    "was",
    "was_amount",
];

fn cells<'a>(row: &'a Row<'a>) -> [Cell<'a>; COLUMNS.len()] {
    let (line, ours) = (row.line, row.ours.as_ref());
    let was = match &row.change {
        Change::New => None,
        Change::Was(was) => Some(was),
    };
    let amount = |amount: Option<domain::money::Rupiah>| amount.map(domain::money::Rupiah::get);
    let identity = line.map(crate::Line::identity);
    let identity = identity.or_else(|| ours.map(crate::matcher::OursView::identity));
    let code = line.map(|line| line.code).or_else(|| ours.map(|ours| ours.code));
    let code = code.or_else(|| was.map(|was| was.content.code));
    let outlet = line.and_then(|line| line.outlet.as_deref());
    let terminal = line.and_then(|line| line.terminal.as_deref());
    [
        text(Some(row.outcome.name())),
        number(line.map(|line| i64::from(line.file))),
        number(line.and_then(|line| i64::try_from(line.number).ok())),
        owned(identity.or_else(|| was.map(|was| Cow::Borrowed(was.identity)))),
        number(ours.and_then(|ours| ours.payment).map(domain::ids::PaymentNo::get)),
        text(ours.and_then(|ours| ours.sale)),
        owned(code.map(|code| Cow::Owned(code.to_string()))),
        text(line.map(|line| line.status.name())),
        text(ours.map(|ours| SaleState::name(ours.state))),
        number(amount(line.map(|line| line.amount))),
        number(amount(ours.map(|ours| ours.amount))),
        number(amount(line.and_then(|line| line.fee))),
        number(amount(ours.and_then(|ours| ours.fee))),
        owned(line.and_then(|line| line.sold_at).map(|at| Cow::Owned(shown(at)))),
        owned(ours.map(|ours| Cow::Owned(shown(ours.till_at)))),
        owned(ours.map(|ours| Cow::Owned(ours.business_date.to_string()))),
        owned(ours.map(|ours| Cow::Owned(ours.retailer.to_string()))),
        text(outlet.or_else(|| ours.and_then(|ours| ours.outlet))),
        text(terminal.or_else(|| ours.and_then(|ours| ours.terminal))),
        Cell::Flag(row.differs.code),
        Cell::Flag(row.alias),
        number(row.carried.map(i64::from)),
        Cell::Flag(row.is_overdue()),
        text(was.map(|was| was.outcome.name())),
        number(amount(was.map(|was| was.content.amount))),
    ]
}

fn text(text: Option<&str>) -> Cell<'_> {
    owned(text.map(Cow::Borrowed))
}

fn owned(text: Option<Cow<'_, str>>) -> Cell<'_> {
    text.map_or(Cell::None, Cell::Text)
}

fn number<'a>(number: Option<i64>) -> Cell<'a> {
    number.map_or(Cell::None, Cell::Number)
}

/// `2026-11-20T23:59:58+07:00`: western Indonesian time, in which operators think.
pub(crate) fn shown(at: Timestamp) -> String {
    let seconds = at.plus(WIB).millis().rem_euclid(DAY.as_millis()) / 1_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}+07:00", at.business_date())
}

#[cfg(test)]
mod tests;
