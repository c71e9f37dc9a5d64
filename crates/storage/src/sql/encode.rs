//! Sum types as columns. The numbers are part of the schema: they are never given to another
//! meaning.

use domain::{
    bill::BillKind,
    difference::{Against, Verdict},
    event::{Actor, Announcement, EventKind},
    ids::{AccountNo, PartnerNo, SaleNo},
    ledger::LedgerAccount,
    own_event::OwnKind,
    payment::{Announce, ExpiredBy, Hold, State, Taking},
    retailer::RetailerKey,
    sale::SaleState,
    time::{BusinessDate, Timestamp},
    transfer::PayoutState,
};

use crate::{
    AdvanceState, DisputeState, LineState, MatchedState, NotificationState, ProposalState,
    Standing, UnappliedState,
};

macro_rules! numbered {
    ($type:ident, $to:ident, $from:ident: $($number:literal = $variant:ident),* $(,)?) => {
        /// The number that stands for it.
        pub(super) const fn $to(value: $type) -> i64 {
            match value { $($type::$variant => $number),* }
        }

        /// What the number stands for.
        pub(super) const fn $from(number: i64) -> Option<$type> {
            match number { $($number => Some($type::$variant),)* _ => None }
        }
    };
}

numbered!(Announce, announce_number, announce: 0 = AtOnce, 1 = WhenFinal);
numbered!(ExpiredBy, expired_by_number, expired_by: 0 = Deadline, 1 = Merchant);
numbered!(EventKind, kind_number, kind:
    0 = Opened, 1 = Reserved, 2 = Released, 3 = Paid, 4 = Final, 5 = Reversed, 6 = Reopened,
    7 = Cancelled, 8 = Expired, 9 = Settled, 10 = ClawedBack, 11 = CashUnapplied,
    12 = UnappliedReversed, 13 = Disputed, 14 = Proposed, 15 = Approved, 16 = Rejected,
    17 = Funded, 18 = PayoutRecorded, 19 = PayoutConfirmed, 20 = PayoutReturned,
    21 = UnappliedMatched, 22 = UnappliedRefunded, 23 = DisputeRejected,
    24 = RefundIssued, 25 = RefundReserved, 26 = RefundUnreserved, 27 = RefundSuspect,
    28 = RefundPaid, 29 = RefundReturned, 40 = RefundPinWrong,
    30 = Advanced, 33 = DifferenceConfirmed, 34 = DifferenceClawedBack,
    35 = DifferenceWrittenOff, 36 = DifferenceUndone);
numbered!(OwnKind, own_kind_number, own_kind:
    0 = Opened, 1 = Inquired, 2 = Paid, 3 = Final, 4 = Reversed, 5 = Expired, 6 = Cancelled,
    7 = Settled, 8 = ClawedBack, 9 = Disputed, 10 = DisputeRejected, 11 = UnappliedRecorded,
    12 = UnappliedReversed, 13 = UnappliedMatched, 14 = RefundRecorded, 15 = RefundIssued,
    16 = RefundPaid, 17 = RefundSuspect, 18 = RefundReturned, 19 = Failing);
numbered!(Announcement, announcement_number, announcement:
    0 = Pending, 1 = Paid, 2 = Reversed, 3 = Cancelled, 4 = Expired);
numbered!(BillKind, bill_kind_number, bill_kind:
    0 = Opened, 1 = Reminder, 2 = Paid, 3 = Reversed, 4 = Expired, 5 = Cancelled);
numbered!(SaleState, sale_state_number, sale_state:
    0 = Reserved, 1 = Booked, 2 = Refused, 3 = Unapplied, 4 = Released, 5 = Reversed,
    6 = Tombstone);
numbered!(UnappliedState, unapplied_state_number, unapplied_state:
    0 = Open, 1 = Matched, 2 = Refunded, 3 = Reversed, 4 = Promised, 5 = PaidOut);
numbered!(DisputeState, dispute_state_number, dispute_state:
    0 = Open, 1 = Accepted, 2 = Rejected);
numbered!(PayoutState, payout_state_number, payout_state:
    0 = InTransit, 1 = Confirmed, 2 = Returned);
numbered!(MatchedState, matched_state_number, matched_state:
    0 = Waiting, 1 = Funded, 2 = Settled, 3 = Closed);
numbered!(AdvanceState, advance_state_number, advance_state:
    0 = Open, 1 = Covered, 2 = TakenBack);
numbered!(Verdict, verdict_number, verdict:
    0 = Ours, 1 = Theirs, 2 = ClawBack, 3 = WriteOff, 4 = Undone);
numbered!(Against, against_number, against:
    0 = Difference, 1 = WriteOff, 2 = Dispute, 3 = OtherDay);
numbered!(LineState, line_state_number, line_state: 0 = Settled, 1 = Open, 2 = Closed);
numbered!(ProposalState, proposal_state_number, proposal_state:
    0 = Open, 1 = Approved, 2 = Done, 3 = Failed, 4 = Rejected);
numbered!(NotificationState, notification_state_number, notification_state:
    0 = Due, 1 = Delivered, 2 = Failed, 3 = Superseded);

/// The number that stands for it in questions; no row has it.
pub(super) const fn standing_number(standing: Standing) -> i64 {
    match standing {
        Standing::Pending => 0,
        Standing::Paid => 1,
        Standing::Failed => 2,
        Standing::Expired => 3,
    }
}

/// Names of a payment's states, at the place of their numbers.
pub(super) const STATES: [&str; 9] = [
    "opening",
    "pending",
    "reserved",
    "paid",
    "settled",
    "reversed",
    "clawed_back",
    "cancelled",
    "expired",
];

/// The number of a state's name; none for what is no such name.
pub(super) fn status_number(name: &str) -> Option<i64> {
    let place = STATES.iter().position(|state| *state == name)?;
    i64::try_from(place).ok()
}

/// A payment's state as columns; those that it does not have are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StateColumns {
    pub(super) state: i64,
    pub(super) sale_no: Option<i64>,
    pub(super) taken_by: Option<RetailerKey>,
    pub(super) till_at: Option<Timestamp>,
    pub(super) paid_at: Option<Timestamp>,
    pub(super) business_date: Option<BusinessDate>,
    pub(super) final_after: Option<Timestamp>,
    pub(super) is_final: Option<i64>,
    pub(super) hold_until: Option<Timestamp>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) expired_by: Option<i64>,
}

impl StateColumns {
    /// The columns of a state.
    pub(super) fn new(state: &State) -> Self {
        match state {
            State::Opening => Self { state: 0, ..Self::default() },
            State::Pending => Self { state: 1, ..Self::default() },
            State::Reserved(hold) => Self {
                state: 2,
                sale_no: Some(hold.sale.get()),
                taken_by: Some(hold.retailer),
                till_at: Some(hold.till_at),
                hold_until: Some(hold.until),
                ..Self::default()
            },
            State::Paid(taking) => Self::taken(3, taking, None),
            State::Settled(taking) => Self::taken(4, taking, None),
            State::Reversed(taking, at) => Self::taken(5, taking, Some(*at)),
            State::ClawedBack(taking, at) => Self::taken(6, taking, Some(*at)),
            State::Cancelled(at) => Self { state: 7, closed_at: Some(*at), ..Self::default() },
            State::Expired(at, by) => Self {
                state: 8,
                closed_at: Some(*at),
                expired_by: Some(expired_by_number(*by)),
                ..Self::default()
            },
        }
    }

    fn taken(state: i64, taking: &Taking, closed_at: Option<Timestamp>) -> Self {
        Self {
            state,
            sale_no: Some(taking.sale.get()),
            taken_by: Some(taking.retailer),
            till_at: Some(taking.till_at),
            paid_at: Some(taking.paid_at),
            business_date: Some(taking.business_date),
            final_after: Some(taking.final_after),
            is_final: Some(i64::from(taking.is_final)),
            hold_until: None,
            closed_at,
            expired_by: None,
        }
    }

    /// The state these columns are, if they are one, with nothing missing and nothing left over.
    pub(super) fn state(&self) -> Option<State> {
        let state = match self.state {
            0 => State::Opening,
            1 => State::Pending,
            2 => State::Reserved(Hold {
                sale: SaleNo::new(self.sale_no?),
                retailer: self.taken_by?,
                till_at: self.till_at?,
                until: self.hold_until?,
            }),
            3 => State::Paid(self.taking()?),
            4 => State::Settled(self.taking()?),
            5 => State::Reversed(self.taking()?, self.closed_at?),
            6 => State::ClawedBack(self.taking()?, self.closed_at?),
            7 => State::Cancelled(self.closed_at?),
            8 => State::Expired(self.closed_at?, expired_by(self.expired_by?)?),
            _ => return None,
        };
        // What is left over shows as a difference.
        (Self::new(&state) == *self).then_some(state)
    }

    fn taking(&self) -> Option<Taking> {
        Some(Taking {
            sale: SaleNo::new(self.sale_no?),
            retailer: self.taken_by?,
            till_at: self.till_at?,
            paid_at: self.paid_at?,
            business_date: self.business_date?,
            final_after: self.final_after?,
            is_final: self.is_final? == 1,
        })
    }
}

/// An account of the ledger as columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LedgerColumns {
    pub(super) kind: i64,
    pub(super) account_no: Option<i64>,
    pub(super) retailer: Option<RetailerKey>,
    pub(super) business_date: Option<BusinessDate>,
}

impl LedgerColumns {
    /// The columns of an account.
    pub(super) fn new(account: &LedgerAccount) -> Self {
        use LedgerAccount as A;
        let bare = |kind| Self { kind, ..Self::default() };
        let of_retailer = |kind, retailer: &RetailerKey| Self {
            kind,
            retailer: Some(*retailer),
            ..Self::default()
        };
        let of_merchant = |kind, account: &AccountNo| Self {
            kind,
            account_no: Some(account.get()),
            ..Self::default()
        };
        match account {
            A::SettlementBank => bare(0),
            A::Receivable(retailer, date) => {
                Self { business_date: Some(*date), ..of_retailer(1, retailer) }
            }
            A::DisputedReceivable(retailer) => of_retailer(2, retailer),
            A::CommissionPayable(retailer) => of_retailer(3, retailer),
            A::FeeDeferred => bare(4),
            A::FeeEarned => bare(5),
            A::PpnPayable => bare(6),
            A::MerchantPending(account) => of_merchant(7, account),
            A::MerchantActive(account) => of_merchant(8, account),
            A::Unapplied(retailer) => of_retailer(9, retailer),
            A::RefundsPayable => bare(10),
            A::PayoutsInTransit => bare(11),
            A::ReconciliationDifference => bare(12),
            A::RoundingDifference => bare(13),
            A::WriteOff => bare(14),
            A::SwitchPayable => bare(15),
        }
    }

    /// The account these columns are, if they are one.
    pub(super) fn account(&self) -> Option<LedgerAccount> {
        use LedgerAccount as A;
        let account = match self.kind {
            0 => A::SettlementBank,
            1 => A::Receivable(self.retailer?, self.business_date?),
            2 => A::DisputedReceivable(self.retailer?),
            3 => A::CommissionPayable(self.retailer?),
            4 => A::FeeDeferred,
            5 => A::FeeEarned,
            6 => A::PpnPayable,
            7 => A::MerchantPending(AccountNo::new(self.account_no?)),
            8 => A::MerchantActive(AccountNo::new(self.account_no?)),
            9 => A::Unapplied(self.retailer?),
            10 => A::RefundsPayable,
            11 => A::PayoutsInTransit,
            12 => A::ReconciliationDifference,
            13 => A::RoundingDifference,
            14 => A::WriteOff,
            15 => A::SwitchPayable,
            _ => return None,
        };
        (Self::new(&account) == *self).then_some(account)
    }
}

/// Who acted, as a kind and a number.
pub(super) fn actor_columns(actor: &Actor) -> (i64, Option<i64>) {
    match actor {
        Actor::Merchant(account) => (0, Some(account.get())),
        Actor::Partner(partner) => (1, Some(partner.get())),
        Actor::Operator => (2, None),
        Actor::Sweep => (3, None),
    }
}

/// Who acted, if the columns say so.
pub(super) fn actor(kind: i64, number: Option<i64>) -> Option<Actor> {
    match (kind, number) {
        (0, Some(account)) => Some(Actor::Merchant(AccountNo::new(account))),
        (1, Some(partner)) => Some(Actor::Partner(PartnerNo::new(partner))),
        (2, None) => Some(Actor::Operator),
        (3, None) => Some(Actor::Sweep),
        _ => None,
    }
}
