//! Words and names for rows.

use domain::{
    bill::BillKind,
    event::{Actor, Announcement},
    ids::{AccountNo, PartnerNo},
    ledger::LedgerAccount,
};
use storage::{AccountRow, Directory, News, NotificationState};

/// The account with this number.
pub(in crate::cli) fn account(rows: &Directory, no: AccountNo) -> Option<&AccountRow> {
    rows.accounts.iter().find(|row| row.no == no)
}

/// A merchant's public name, or its number where it is gone.
pub(in crate::cli) fn merchant(rows: &Directory, no: AccountNo) -> String {
    account(rows, no).map_or_else(|| format!("account {no}"), |row| row.public_id.clone())
}

/// A partner's name, or its number where it is gone.
pub(super) fn partner(rows: &Directory, no: PartnerNo) -> String {
    let row = rows.partners.iter().find(|row| row.no == no);
    row.map_or_else(|| format!("counter {no}"), |row| row.name.clone())
}

/// Who gave a command.
pub(in crate::cli) fn actor(rows: &Directory, actor: Actor) -> String {
    match actor {
        Actor::Merchant(no) => format!("merchant {}", merchant(rows, no)),
        Actor::Partner(no) => format!("counter {}", partner(rows, no)),
        Actor::Operator => "operator".to_owned(),
        Actor::Sweep => "clock".to_owned(),
    }
}

/// What a merchant or a payer is told.
pub(in crate::cli) fn news(news: News) -> &'static str {
    match news {
        News::Own(_) => "an event of Gerai's own",
        News::Bill(_, kind) => bill(kind),
        News::Vendor(announcement) => self::announcement(announcement),
    }
}

const fn bill(kind: BillKind) -> &'static str {
    match kind {
        BillKind::Opened => "the bill",
        BillKind::Reminder => "a reminder",
        BillKind::Paid => "the receipt",
        BillKind::Reversed => "that it was taken back",
        BillKind::Expired => "that it has expired",
        BillKind::Cancelled => "that it was withdrawn",
    }
}

fn announcement(announcement: Announcement) -> &'static str {
    match announcement {
        Announcement::Pending => "pending",
        Announcement::Paid => "paid",
        Announcement::Reversed => "reversed",
        Announcement::Cancelled => "cancelled",
        Announcement::Expired => "expired",
    }
}

/// How far a notification is.
pub(super) fn notification(state: NotificationState) -> &'static str {
    match state {
        NotificationState::Due => "due",
        NotificationState::Delivered => "delivered",
        NotificationState::Failed => "failed",
        NotificationState::Superseded => "superseded",
    }
}

/// An account of the ledger.
pub(in crate::cli) fn ledger(rows: &Directory, account: &LedgerAccount) -> String {
    match account {
        LedgerAccount::SettlementBank => "settlement bank".to_owned(),
        LedgerAccount::Receivable(retailer, date) => format!("receivable {retailer} {date}"),
        LedgerAccount::DisputedReceivable(retailer) => format!("disputed receivable {retailer}"),
        LedgerAccount::SwitchPayable => "switch payable".to_owned(),
        LedgerAccount::CommissionPayable(retailer) => format!("commission payable {retailer}"),
        LedgerAccount::FeeDeferred => "fee deferred".to_owned(),
        LedgerAccount::FeeEarned => "fee earned".to_owned(),
        LedgerAccount::PpnPayable => "PPN payable".to_owned(),
        LedgerAccount::MerchantPending(no) => format!("merchant pending {}", merchant(rows, *no)),
        LedgerAccount::MerchantActive(no) => format!("merchant active {}", merchant(rows, *no)),
        LedgerAccount::Unapplied(retailer) => format!("unapplied cash {retailer}"),
        LedgerAccount::RefundsPayable => "refunds payable".to_owned(),
        LedgerAccount::PayoutsInTransit => "payouts in transit".to_owned(),
        LedgerAccount::ReconciliationDifference => "reconciliation difference".to_owned(),
        LedgerAccount::RoundingDifference => "rounding difference".to_owned(),
        LedgerAccount::WriteOff => "write-off".to_owned(),
    }
}
