//! Transfers between banks, and what they may do: a retailer funds a day, a merchant is paid out
//! (rule 28). Refusals first; what comes after them cannot fail.

#[cfg(test)]
mod tests;

use crate::{
    event::EventKind,
    ids::AccountNo,
    ledger::{self, Entry, Transfer},
    money::{Balance, Rupiah},
};

/// What a transfer posts, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// What happened.
    pub event: EventKind,
    /// What is posted; sums to zero.
    pub entries: Vec<Entry>,
}

/// Why a retailer's transfer is not booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FundingRefusal {
    /// Neither money nor commission.
    #[error("a transfer of nothing funds nothing")]
    Nothing,
    /// More than the retailer owes for the day. It may be the wrong day, or a slip of the fingers.
    #[error(
        "the retailer owes Rp {owed} for that day, and the transfer with its commission is \
         Rp {offered}: check day and amount; if that is what arrived, say that the difference is kept"
    )]
    MoreThanOwed {
        /// What it owes, in whole rupiah; not above zero when it owes nothing.
        owed: Balance,
        /// What would be settled.
        offered: Balance,
    },
}

/// Books a retailer's transfer against what it owes for the day: the balance of that receivable.
///
/// A part of what is owed may come. More than is owed is refused, unless `keep_difference` says that
/// it did arrive: then the surplus is booked as a difference of reconciliation.
pub fn fund(
    transfer: &Transfer,
    owed: Balance,
    keep_difference: bool,
) -> Result<Posting, FundingRefusal> {
    let offered = transfer.covers();
    if offered == Balance::ZERO {
        return Err(FundingRefusal::Nothing);
    }
    let open = owed.max(Balance::ZERO);
    // Two balances that are not negative do not overflow when one is taken from the other.
    let surplus = offered.checked_add(open.negated()).unwrap_or(Balance::ZERO).max(Balance::ZERO);
    if surplus > Balance::ZERO && !keep_difference {
        return Err(FundingRefusal::MoreThanOwed { owed, offered });
    }
    // A transfer is up to two amounts; a surplus that is no amount any more is refused whatever is
    // said.
    let surplus =
        Rupiah::new(surplus.get()).map_err(|_| FundingRefusal::MoreThanOwed { owed, offered })?;
    Ok(Posting { event: EventKind::Funded, entries: ledger::funded(transfer, surplus) })
}

/// How far a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayoutState {
    /// The bank was told; nobody knows yet what came of it.
    InTransit,
    /// It arrived.
    Confirmed,
    /// It came back; the merchant has the money on its account here again.
    Returned,
}

impl PayoutState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InTransit, Self::Confirmed, Self::Returned];

    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InTransit => "in transit",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
        }
    }
}

/// Why a payout is not recorded, or stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayoutRefusal {
    /// A payout of nothing.
    #[error("a payout of nothing pays nobody")]
    Nothing,
    /// More than is available to the merchant.
    #[error("Rp {asked} is more than the merchant's active balance of Rp {active}")]
    MoreThanActive {
        /// What was asked for, in whole rupiah.
        asked: Rupiah,
        /// What is available; below zero after a clawback.
        active: Balance,
    },
    /// It came back already.
    #[error("the payout was returned: what came back cannot have arrived; record another payout")]
    Returned,
}

/// Sends `amount` of what is available to a merchant to its bank. `active` is what the merchant is
/// owed and may have: positive when it is owed.
pub fn pay_out(
    account: AccountNo,
    amount: Rupiah,
    active: Balance,
) -> Result<Posting, PayoutRefusal> {
    if amount == Rupiah::ZERO {
        return Err(PayoutRefusal::Nothing);
    }
    if amount.to_balance() > active {
        return Err(PayoutRefusal::MoreThanActive { asked: amount, active });
    }
    let entries = ledger::payout_recorded(account, amount);
    Ok(Posting { event: EventKind::PayoutRecorded, entries })
}

/// The bank says that a payout arrived. Nothing to post when that was known.
pub fn confirm(state: PayoutState, amount: Rupiah) -> Result<Option<Posting>, PayoutRefusal> {
    match state {
        PayoutState::InTransit => {
            let entries = ledger::payout_confirmed(amount);
            Ok(Some(Posting { event: EventKind::PayoutConfirmed, entries }))
        }
        PayoutState::Confirmed => Ok(None),
        PayoutState::Returned => Err(PayoutRefusal::Returned),
    }
}

/// A payout came back, which some banks only notice days after they said that it arrived. Nothing to
/// post when that was known.
pub fn give_back(state: PayoutState, account: AccountNo, amount: Rupiah) -> Option<Posting> {
    let entries = match state {
        PayoutState::InTransit => ledger::payout_returned(account, amount),
        PayoutState::Confirmed => ledger::payout_bounced(account, amount),
        PayoutState::Returned => return None,
    };
    Some(Posting { event: EventKind::PayoutReturned, entries })
}
