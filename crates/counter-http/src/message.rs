//! Messages of tills: bytes in, fields out, or the member that is wrong.

use axum::extract::Query;
use domain::{
    code::PaymentCode,
    money::Rupiah,
    refund::PIN_DIGITS,
    retailer::{Contract, SaleKeyForm},
    sale::{Operation, SaleKeys, SaleParts},
    time::Timestamp,
};
use gateway::directory::Secret;
use http::Uri;

use crate::{
    instant,
    member::{Malformed, Members, Name},
};

/// The most entries of a `tender`.
const TENDER_MAX: usize = 16;

/// What a till says, before anybody asked whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// What was read out.
    pub(crate) code: PaymentCode,
    /// The retailer's own number, 1 to 64 visible ASCII characters.
    pub(crate) sale: String,
    /// The outlet, 1 to 32 characters.
    pub(crate) outlet: Option<String>,
    /// The terminal, 1 to 32 characters.
    pub(crate) terminal: Option<String>,
    /// The till's clock; only a status may lack it.
    pub(crate) till_at: Option<Timestamp>,
    /// The retailer, as it was written.
    pub(crate) retailer: Option<String>,
    /// What is handed over or given back.
    pub(crate) amount: Option<Rupiah>,
    /// How much of it in notes and coins.
    pub(crate) cash: Option<Rupiah>,
    /// The number on the till's receipt, 1 to 64 characters.
    pub(crate) receipt_no: Option<String>,
    /// Why, 1 to 200 characters.
    pub(crate) reason: Option<String>,
    /// What the payer typed beside a refund code, 6 digits.
    pub(crate) pin: Option<Secret>,
}

impl Message {
    /// Reads a message's body. The first member that is wrong, in the contract's order, is named.
    pub(crate) fn parse(operation: Operation, body: &[u8]) -> Result<Self, Malformed> {
        let members = Members::of_json(body)?;
        let has_place = match operation {
            Operation::Inquiry | Operation::Payment | Operation::Advice | Operation::Payout => true,
            Operation::Commit | Operation::Reversal => false,
        };
        let has_amount = match operation {
            Operation::Payment | Operation::Advice | Operation::Reversal | Operation::Payout => {
                true
            }
            Operation::Inquiry | Operation::Commit => false,
        };
        let mut message = Self::of(&members)?;
        if has_place {
            required(message.outlet.as_ref(), Name::Outlet)?;
            required(message.terminal.as_ref(), Name::Terminal)?;
        }
        required(message.till_at.as_ref(), Name::SaleAt)?;
        if has_amount {
            let amount = members.amount(Name::Amount)?;
            required(amount.as_ref(), Name::Amount)?;
            message.amount = amount;
        }
        match operation {
            Operation::Payment | Operation::Advice => {
                message.receipt_no = members.text(Name::ReceiptNo)?.filter(|text| !text.is_empty());
                bounded(message.receipt_no.as_ref(), Name::ReceiptNo, 64)?;
                message.cash = cash(&members, message.amount)?;
            }
            Operation::Reversal => {
                message.reason = members.text(Name::Reason)?.filter(|text| !text.is_empty());
                bounded(message.reason.as_ref(), Name::Reason, 200)?;
            }
            Operation::Payout => {
                message.receipt_no = members.text(Name::ReceiptNo)?.filter(|text| !text.is_empty());
                bounded(message.receipt_no.as_ref(), Name::ReceiptNo, 64)?;
                message.pin = Some(pin(&members)?);
            }
            Operation::Inquiry | Operation::Commit => {}
        }
        Ok(message)
    }

    /// Reads the query of a status.
    pub(crate) fn of_query(uri: &Uri) -> Result<Self, Malformed> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Malformed::new("query", "must be name=value pairs"))?;
        Self::of(&Members::of_query(pairs))
    }

    /// What all messages have, in the contract's order.
    fn of(members: &Members<'_>) -> Result<Self, Malformed> {
        let code = members.text(Name::PaymentCode)?;
        let code = PaymentCode::new(required(code.as_deref(), Name::PaymentCode)?)
            .map_err(|_| Malformed::new(Name::PaymentCode, "must be 1 to 24 letters and digits"))?;
        let sale = members.text(Name::Sale)?;
        let sale = required(sale, Name::Sale)?;
        if !(1..=64).contains(&sale.len()) || !sale.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Malformed::new(Name::Sale, "must be 1 to 64 visible ASCII characters"));
        }
        let outlet = place(members, Name::Outlet)?;
        let terminal = place(members, Name::Terminal)?;
        let till_at = members.text(Name::SaleAt)?.map(|text| {
            let rule = "must be RFC 3339 with an offset, from 2020 to 2099";
            instant::parse(&text).ok_or_else(|| Malformed::new(Name::SaleAt, rule))
        });
        Ok(Self {
            code,
            sale,
            outlet,
            terminal,
            till_at: till_at.transpose()?,
            retailer: members.text(Name::Retailer)?,
            amount: None,
            cash: None,
            receipt_no: None,
            reason: None,
            pin: None,
        })
    }

    /// The sale's canonical keys under a retailer's contract (rule 1).
    pub(crate) fn sale_keys(&self, contract: &Contract) -> Result<SaleKeys, Malformed> {
        match contract.sale_key {
            SaleKeyForm::Sale => {}
            SaleKeyForm::OutletTerminalDateSale => {
                let places = [(Name::Outlet, &self.outlet), (Name::Terminal, &self.terminal)];
                for (name, text) in places {
                    // The key joins its parts with slashes; inside a part one could make two tills
                    // look like one.
                    if required(text.as_ref(), name)?.contains([' ', '/']) {
                        let rule = "must have neither blanks nor slashes at this retailer";
                        return Err(Malformed::new(name, rule));
                    }
                }
                required(self.till_at.as_ref(), Name::SaleAt)?;
            }
        }
        let parts = SaleParts {
            sale: &self.sale,
            outlet: self.outlet.as_deref(),
            terminal: self.terminal.as_deref(),
            // A form that uses the date has just been found to have one.
            till_at: self.till_at.unwrap_or_default(),
            code: &self.code,
        };
        SaleKeys::build(contract, &parts)
            .map_err(|_| Malformed::new(Name::Sale, "does not name a sale of this retailer"))
    }
}

fn required<T>(value: Option<T>, name: Name) -> Result<T, Malformed> {
    value.ok_or_else(|| Malformed::new(name, "is required"))
}

/// A PIN, in quotes: a number would lose its zeros in front. It is never quoted back.
fn pin(members: &Members<'_>) -> Result<Secret, Malformed> {
    let pin = required(members.text(Name::Pin)?.map(Secret::new), Name::Pin)?;
    let text = pin.expose();
    if text.len() == PIN_DIGITS && text.bytes().all(|digit| digit.is_ascii_digit()) {
        Ok(pin)
    } else {
        Err(Malformed::new(Name::Pin, "must be 6 digits"))
    }
}

/// An outlet or a terminal: 1 to 32 visible ASCII characters, blanks between them allowed.
fn place(members: &Members<'_>, name: Name) -> Result<Option<String>, Malformed> {
    let Some(text) = members.text(name)? else { return Ok(None) };
    let allowed = |b: u8| b.is_ascii_graphic() || b == b' ';
    if (1..=32).contains(&text.len()) && text.bytes().all(allowed) && text.trim() == text {
        Ok(Some(text))
    } else {
        let rule = "must be 1 to 32 visible ASCII characters, with blanks only between them";
        Err(Malformed::new(name, rule))
    }
}

/// A text for people: bounded, and without control characters.
fn bounded(text: Option<&String>, name: Name, chars_max: usize) -> Result<(), Malformed> {
    match text {
        Some(text) if text.chars().any(char::is_control) => {
            Err(Malformed::new(name, "must have no control characters"))
        }
        Some(text) if text.chars().nth(chars_max).is_some() => {
            Err(Malformed::new(name, "is too long"))
        }
        Some(_) | None => Ok(()),
    }
}

/// How much of `amount` is in notes and coins; none where the till does not say.
fn cash(members: &Members<'_>, amount: Option<Rupiah>) -> Result<Option<Rupiah>, Malformed> {
    let Some(entries) = members.list(Name::Tender, TENDER_MAX)? else { return Ok(None) };
    let too_much = |_| Malformed::new(Name::Tender, "must add up to the amount");
    let (mut sum, mut cash) = (Rupiah::ZERO, Rupiah::ZERO);
    for (place, entry) in entries.iter().enumerate() {
        let inside = |malformed: Malformed| malformed.inside(Name::Tender, place);
        let kind = entry.text(Name::Kind).map_err(inside)?;
        let kind = required(kind, Name::Kind).map_err(inside)?;
        if !(1..=32).contains(&kind.len()) || !kind.bytes().all(|b| b.is_ascii_graphic()) {
            let rule = "must be 1 to 32 visible ASCII characters";
            return Err(inside(Malformed::new(Name::Kind, rule)));
        }
        let part = entry.amount(Name::Amount).map_err(inside)?;
        let part = required(part, Name::Amount).map_err(inside)?;
        sum = sum.checked_add(part).map_err(too_much)?;
        if kind == "cash" {
            // Never more than the sum, which was in range.
            cash = cash.checked_add(part).map_err(too_much)?;
        }
    }
    if Some(sum) == amount {
        Ok(Some(cash))
    } else {
        Err(Malformed::new(Name::Tender, "must add up to the amount"))
    }
}

#[cfg(test)]
mod tests;
