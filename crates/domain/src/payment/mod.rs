//! A payment, its states, and the one function that moves it from one to the next.

mod decide;

mod command;

mod decision;

mod siblings;

pub use command::{Command, Found, Offer, Take};
pub use decide::{EXPIRY_SLACK, advise_unknown, decide};
pub use decision::{Change, Decision, Refusal, ReversalRefused, Unapplied};
pub use siblings::{Siblings, counting, decide_beside};

use crate::{
    code::{PaymentCode, Slot},
    ids::{AccountNo, OrderId, PaymentId, PaymentNo, SaleNo},
    money::{Fee, Rupiah},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};

/// What a merchant opened and a payer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its row.
    pub no: PaymentNo,
    /// Its name outside.
    pub id: PaymentId,
    /// The merchant's account it belongs to.
    pub account: AccountNo,
    /// The merchant's name for it.
    pub order: OrderId,
    /// The retailer it was opened for; others of its network may take it (rule 22).
    pub opened_for: RetailerKey,
    /// What is read out at the counter.
    pub code: PaymentCode,
    /// Where the code lies; none for a code made by others (rule 15).
    pub slot: Option<Slot>,
    /// How often its slot had been used before (rule 12).
    pub lap: u32,
    /// What the merchant asked for, in whole rupiah.
    pub amount: Rupiah,
    /// What it costs, and who bears that.
    pub fee: Fee,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// From when on it cannot be paid.
    pub expires_at: Timestamp,
    /// When its merchant hears that it is paid.
    pub announce: Announce,
    /// Whether its order id was used again since it was closed (rule 10).
    pub superseded: bool,
    /// The first payment of its order, where the order has several codes (rule 36): for the first,
    /// itself. None for nearly all.
    pub family: Option<PaymentNo>,
    /// Where it stands.
    pub state: State,
}

impl Payment {
    /// What the payer hands over: the amount, and the fee if the payer bears it.
    pub fn total(&self) -> Rupiah {
        // Checked when the payment was opened; a sum out of range cannot have been stored.
        self.amount.checked_add(self.fee.payer_part()).unwrap_or(Rupiah::MAX)
    }

    /// What the merchant is shown.
    pub fn shown(&self) -> Shown {
        match self.state {
            State::Opening | State::Pending | State::Reserved(_) => Shown::Pending,
            State::Paid(taking) if self.holds_back(&taking) => Shown::Pending,
            // What no wire has a word for is the operator's business (rule 27).
            State::Paid(taking) | State::Settled(taking) | State::ClawedBack(taking, _) => {
                Shown::Paid(taking)
            }
            State::Reversed(taking, _) => Shown::Reversed(taking),
            State::Cancelled(_) => Shown::Cancelled,
            State::Expired(_, _) => Shown::Expired,
        }
    }

    /// Whether the news of this taking waits until it is final.
    pub fn holds_back(&self, taking: &Taking) -> bool {
        self.announce == Announce::WhenFinal && !taking.is_final
    }
}

/// When a merchant hears that a payment is paid (rule 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Announce {
    /// As soon as it is durable. It may still be reversed.
    AtOnce,
    /// When it cannot be reversed any more; until then it looks pending.
    WhenFinal,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its code is being made elsewhere (rule 15).
    Opening,
    /// It waits for its cash.
    Pending,
    /// A counter holds it and owes a commit.
    Reserved(Hold),
    /// Cash was taken.
    Paid(Taking),
    /// The money is available to the merchant.
    Settled(Taking),
    /// The counter took it back; final (rule 6).
    Reversed(Taking, Timestamp),
    /// The retailer took the money back after it was final (rule 8).
    ClawedBack(Taking, Timestamp),
    /// The merchant or an operator withdrew it.
    Cancelled(Timestamp),
    /// Its time is over.
    Expired(Timestamp, ExpiredBy),
}

impl State {
    /// Its name in rows and lists.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Pending => "pending",
            Self::Reserved(_) => "reserved",
            Self::Paid(_) => "paid",
            Self::Settled(_) => "settled",
            Self::Reversed(..) => "reversed",
            Self::ClawedBack(..) => "clawed_back",
            Self::Cancelled(_) => "cancelled",
            Self::Expired(..) => "expired",
        }
    }

    /// Whether an order id or a code slot is still taken by a payment in this state. Only what was
    /// cancelled or has expired gives its order id back (rule 6; a reversed payment too, where the
    /// dialect's setting says so).
    pub const fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Opening
            | Self::Pending
            | Self::Reserved(_)
            | Self::Paid(_)
            | Self::Settled(_) => None,
            Self::Reversed(_, at)
            | Self::ClawedBack(_, at)
            | Self::Cancelled(at)
            | Self::Expired(at, _) => Some(*at),
        }
    }

    /// The sale that holds it, while it is reserved.
    pub const fn holder(&self) -> Option<SaleNo> {
        match self {
            Self::Reserved(hold) => Some(hold.sale),
            Self::Opening
            | Self::Pending
            | Self::Paid(_)
            | Self::Settled(_)
            | Self::Reversed(..)
            | Self::ClawedBack(..)
            | Self::Cancelled(_)
            | Self::Expired(..) => None,
        }
    }

    /// The taking, where cash was taken.
    pub const fn taking(&self) -> Option<&Taking> {
        match self {
            Self::Paid(taking)
            | Self::Settled(taking)
            | Self::Reversed(taking, _)
            | Self::ClawedBack(taking, _) => Some(taking),
            Self::Opening
            | Self::Pending
            | Self::Reserved(_)
            | Self::Cancelled(_)
            | Self::Expired(..) => None,
        }
    }
}

/// A reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The sale that holds it.
    pub sale: SaleNo,
    /// Whose counter.
    pub retailer: RetailerKey,
    /// The till's clock at the payment message.
    pub till_at: Timestamp,
    /// When it is given up.
    pub until: Timestamp,
}

impl Hold {
    /// What the till prints as proof.
    pub fn approval_code(&self) -> String {
        approval_code(self.sale, self.till_at)
    }
}

impl Taking {
    /// What the till prints as proof.
    pub fn approval_code(&self) -> String {
        approval_code(self.sale, self.till_at)
    }
}

/// Cash taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// The sale that brought it.
    pub sale: SaleNo,
    /// Who took it (rule 22: the receivable, the limits and reconciliation follow it).
    pub retailer: RetailerKey,
    /// The till's clock.
    pub till_at: Timestamp,
    /// Our receipt.
    pub paid_at: Timestamp,
    /// The retailer's day on which it counts.
    pub business_date: BusinessDate,
    /// When no reversal is accepted any more (rule 7).
    pub final_after: Timestamp,
    /// Whether that moment has passed and was committed.
    pub is_final: bool,
}

/// Why a payment's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpiredBy {
    /// The deadline passed.
    Deadline,
    /// The merchant said so.
    Merchant,
}

/// What a merchant is shown of a state (rule 42); what has no word on a wire is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It waits for its cash.
    Pending,
    /// It is paid.
    Paid(Taking),
    /// It was paid, and is not any more.
    Reversed(Taking),
    /// It was withdrawn.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// The twenty digits a till prints as proof: the day as `yyMMdd`, then the sale's number.
///
/// The day is the till's, so that a reservation and its commit print the same.
pub fn approval_code(sale: SaleNo, till_at: Timestamp) -> String {
    let (year, month, day) = till_at.business_date().ymd();
    format!("{:02}{month:02}{day:02}{:014}", year.rem_euclid(100), sale.get())
}

#[cfg(test)]
mod tests;
