//! Differences between a retailer's file and our records that a person closes (rule 34): what may be
//! said of each, and what is posted. Refusals first; what comes after them cannot fail.

#[cfg(test)]
mod tests;

use crate::{
    event::EventKind,
    ledger::{Entry, LedgerAccount},
    money::{Balance, Rupiah},
    outcome::Outcome,
    retailer::RetailerKey,
    time::BusinessDate,
};

/// What somebody found out about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Our side is right; the retailer corrects its own.
    Ours,
    /// The retailer's side is right.
    Theirs,
    /// The cash was given back, or never was: the merchant's money is taken back (rule 8).
    ClawBack,
    /// The retailer will not pay, and the merchant keeps its money: it is our loss.
    WriteOff,
    /// A later file says otherwise: what was posted is taken back.
    Undone,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Ours, Self::Theirs, Self::ClawBack, Self::WriteOff, Self::Undone];

    /// Its name in commands and lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::ClawBack => "clawback",
            Self::WriteOff => "write-off",
            Self::Undone => "undone",
        }
    }

    /// Which is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// The event that tells of it.
    pub const fn event(self) -> EventKind {
        match self {
            Self::Ours | Self::Theirs => EventKind::DifferenceConfirmed,
            Self::ClawBack => EventKind::DifferenceClawedBack,
            Self::WriteOff => EventKind::DifferenceWrittenOff,
            Self::Undone => EventKind::DifferenceUndone,
        }
    }
}

/// What we hold of a difference's sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// Cash that paid no payment.
    Unapplied,
    /// Cash that paid a payment.
    Payment {
        /// Whether the retailer's transfers have covered it.
        is_covered: bool,
    },
}

/// A difference, as it is when somebody closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub outcome: Outcome,
    /// What we hold.
    pub held: Held,
    /// What the line says was handed over.
    pub theirs: Rupiah,
    /// What we say was; nothing without a record.
    pub ours: Rupiah,
    /// What the line says the retailer keeps, and what we say, where both do.
    pub fees: Option<(Rupiah, Rupiah)>,
}

/// What is done with the payment, in the same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// It counts as standing in the retailer's file.
    Match,
    /// It counts as standing there and transferred.
    Fund,
    /// It is clawed back; unapplied cash is given back.
    TakeBack,
}

/// Against what the retailer's debt changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    /// The account of differences: nobody's until somebody finds out whose.
    Difference,
    /// The account of what was given up.
    WriteOff,
    /// What the retailer claims back.
    Dispute,
    /// Its debt for the day on which we booked the sale.
    OtherDay,
}

/// What closing a difference comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// What is done with the payment.
    pub act: Act,
    /// Against what is posted.
    pub against: Against,
    /// By how much the retailer owes more, in whole rupiah; less where it is negative.
    pub receivable: Balance,
    /// By how much we owe it more as its commission.
    pub commission: Balance,
    /// By how much its transfers for the day must come to more before what is matched is covered.
    pub expected: Balance,
}

/// Why a difference cannot be closed so. Nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DifferenceRefusal {
    /// The time for an advice is not over.
    #[error("a till may still tell us of this sale: post the file once more when that is over")]
    TooEarly,
    /// Cash that we hold does not vanish.
    #[error(
        "we hold cash that the retailer says it has not: say clawback, where the payer has it \
         back, or write-off, where it is our loss"
    )]
    SayWhose,
    /// There is nothing that could be taken back.
    #[error("nothing that could be taken back is booked for it: say ours or theirs")]
    NothingHeld,
    /// There is nothing that could be given up.
    #[error("the retailer does not pay less than we booked: say ours or theirs")]
    NothingLost,
    /// A person does not say this.
    #[error("say ours, theirs, clawback or write-off")]
    NotForPersons,
}

/// What it comes to when `verdict` is said of a difference.
pub fn close(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    use Outcome as D;
    if verdict == Verdict::Undone {
        return Err(DifferenceRefusal::NotForPersons);
    }
    let is_held = facts.held != Held::Nothing;
    match facts.outcome {
        D::AwaitingAdvice => Err(DifferenceRefusal::TooEarly),
        D::OursOnly | D::Withdrawn | D::ReversedByThem | D::Suspect if is_held => {
            lacking(facts, verdict)
        }
        D::AmountDiffers if is_held => amount(facts, verdict),
        D::FeeDiffers if is_held => fee(facts, verdict),
        D::OtherDay if is_held => other_day(facts, verdict),
        D::Matched if is_held => confirmed(facts, verdict),
        D::OursOnly | D::Withdrawn | D::ReversedByThem | D::Void => {
            // Neither side holds anything by now.
            nothing_held(facts, verdict, Rupiah::ZERO)
        }
        D::Matched
        | D::OtherDay
        | D::FeeDiffers
        | D::AmountDiffers
        | D::ReversedByUs
        | D::Duplicate
        | D::TheirsOnly
        | D::Suspect => nothing_held(facts, verdict, facts.theirs),
    }
}

/// We hold cash, and they say that they do not.
fn lacking(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    let less = facts.ours.to_negative_balance();
    match (verdict, facts.held) {
        (Verdict::Theirs | Verdict::Undone, _) => Err(DifferenceRefusal::SayWhose),
        (Verdict::Ours, _) => confirmed(facts, verdict),
        // Giving unapplied cash back has a posting of its own.
        (Verdict::ClawBack, Held::Payment { is_covered: false }) => Ok(Closing {
            act: Act::TakeBack,
            against: Against::Dispute,
            receivable: less,
            commission: Balance::ZERO,
            expected: Balance::ZERO,
        }),
        (Verdict::ClawBack, _) => Ok(Closing { act: Act::TakeBack, ..NOTHING }),
        (Verdict::WriteOff, held) => Ok(Closing {
            act: if held == Held::Unapplied { Act::Nothing } else { Act::Fund },
            against: Against::WriteOff,
            receivable: less,
            commission: Balance::ZERO,
            expected: expected(facts, less),
        }),
    }
}

/// Both hold cash, but not the same.
fn amount(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    let more = apart(facts.theirs, facts.ours);
    let against = match verdict {
        Verdict::Ours => return confirmed(facts, verdict),
        Verdict::Theirs => Against::Difference,
        Verdict::WriteOff if more < Balance::ZERO => Against::WriteOff,
        Verdict::WriteOff => return Err(DifferenceRefusal::NothingLost),
        Verdict::ClawBack | Verdict::Undone => return Err(DifferenceRefusal::NothingHeld),
    };
    let Closing { act, .. } = confirmed(facts, Verdict::Ours)?;
    let (commission, expected) = (Balance::ZERO, expected(facts, more));
    Ok(Closing { act, against, receivable: more, commission, expected })
}

/// The retailer keeps more or less than we think.
fn fee(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    let more = facts.fees.map_or(Balance::ZERO, |(theirs, ours)| apart(theirs, ours));
    let against = match verdict {
        Verdict::Ours => return confirmed(facts, verdict),
        Verdict::Theirs => Against::Difference,
        Verdict::WriteOff if more > Balance::ZERO => Against::WriteOff,
        Verdict::WriteOff => return Err(DifferenceRefusal::NothingLost),
        Verdict::ClawBack | Verdict::Undone => return Err(DifferenceRefusal::NothingHeld),
    };
    Ok(Closing { against, commission: more, ..confirmed(facts, Verdict::Ours)? })
}

/// The same cash, on two days: theirs is the one on which they transfer it.
fn other_day(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    let moved = facts.ours.to_balance();
    match verdict {
        Verdict::Ours => confirmed(facts, verdict),
        Verdict::Theirs => Ok(Closing {
            against: Against::OtherDay,
            receivable: moved,
            expected: expected(facts, moved),
            ..confirmed(facts, Verdict::Ours)?
        }),
        Verdict::WriteOff => Err(DifferenceRefusal::NothingLost),
        Verdict::ClawBack | Verdict::Undone => Err(DifferenceRefusal::NothingHeld),
    }
}

/// What we have stands.
fn confirmed(facts: &Facts, verdict: Verdict) -> Result<Closing, DifferenceRefusal> {
    match (verdict, facts.held) {
        (Verdict::Ours | Verdict::Theirs, Held::Payment { .. }) => {
            Ok(Closing { act: Act::Match, ..NOTHING })
        }
        (Verdict::Ours | Verdict::Theirs, Held::Unapplied | Held::Nothing) => Ok(NOTHING),
        (Verdict::WriteOff, _) => Err(DifferenceRefusal::NothingLost),
        (Verdict::ClawBack | Verdict::Undone, _) => Err(DifferenceRefusal::NothingHeld),
    }
}

/// We hold nothing of it; they may hold `theirs`.
fn nothing_held(
    facts: &Facts,
    verdict: Verdict,
    theirs: Rupiah,
) -> Result<Closing, DifferenceRefusal> {
    let more = theirs.to_balance();
    match verdict {
        Verdict::Ours => Ok(NOTHING),
        Verdict::Theirs => {
            Ok(Closing { receivable: more, expected: expected(facts, more), ..NOTHING })
        }
        Verdict::ClawBack | Verdict::WriteOff | Verdict::Undone => {
            Err(DifferenceRefusal::NothingHeld)
        }
    }
}

const NOTHING: Closing = Closing {
    act: Act::Nothing,
    against: Against::Difference,
    receivable: Balance::ZERO,
    commission: Balance::ZERO,
    expected: Balance::ZERO,
};

/// What a day is expected to bring leaves unapplied cash out, however much of it there is.
fn expected(facts: &Facts, more: Balance) -> Balance {
    if facts.held == Held::Unapplied { Balance::ZERO } else { more }
}

/// By how much the first is more than the second.
fn apart(theirs: Rupiah, ours: Rupiah) -> Balance {
    // Two amounts of ten digits always fit.
    theirs.to_balance().checked_add(ours.to_negative_balance()).unwrap_or(Balance::ZERO)
}

/// A change of what a retailer owes, and is owed, for one of its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// Whose, and for which day.
    pub day: (RetailerKey, BusinessDate),
    /// The day on which we booked the sale, where another day's debt changes the other way.
    pub other_day: Option<BusinessDate>,
    /// Against what is posted.
    pub against: Against,
    /// By how much the retailer owes more.
    pub receivable: Balance,
    /// By how much we owe it more as its commission.
    pub commission: Balance,
}

impl Adjustment {
    /// What is posted; nothing where nothing changes. Sums to zero.
    pub fn entries(&self) -> Vec<Entry> {
        let (retailer, date) = self.day;
        let other = match self.against {
            Against::Difference => LedgerAccount::ReconciliationDifference,
            Against::WriteOff => LedgerAccount::WriteOff,
            Against::Dispute => LedgerAccount::DisputedReceivable(retailer),
            Against::OtherDay => {
                LedgerAccount::Receivable(retailer, self.other_day.unwrap_or(date))
            }
        };
        let mut entries = Vec::with_capacity(4);
        let mut pair = |account, amount: Balance| {
            if amount != Balance::ZERO {
                entries.push(Entry { account, amount });
                entries.push(Entry { account: other, amount: amount.negated() });
            }
        };
        pair(LedgerAccount::Receivable(retailer, date), self.receivable);
        pair(LedgerAccount::CommissionPayable(retailer), self.commission.negated());
        entries
    }
}
