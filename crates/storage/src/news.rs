//! What merchants were told, as it is looked at.

use domain::{
    event::EventKind,
    ids::{AccountNo, EventNo, NotificationNo, PaymentNo},
    time::Timestamp,
};

use crate::NotificationState;

/// Which notifications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationFilter {
    /// Of one account only.
    pub account: Option<AccountNo>,
    /// In one state only.
    pub state: Option<NotificationState>,
    /// With a higher number than this.
    pub after: NotificationNo,
    /// With a lower number than this.
    pub before: NotificationNo,
    /// Whose news was committed at this instant or later.
    pub from: Timestamp,
    /// Whose news was committed before this instant.
    pub until: Timestamp,
    /// At most so many.
    pub rows_max: usize,
}

impl Default for NotificationFilter {
    /// All of them.
    fn default() -> Self {
        Self {
            account: None,
            state: None,
            after: NotificationNo::new(0),
            before: NotificationNo::new(i64::MAX),
            from: Timestamp::from_millis(i64::MIN),
            until: Timestamp::from_millis(i64::MAX),
            rows_max: usize::MAX,
        }
    }
}

/// Something that happened to a payment of an account, which its merchant may be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsRow {
    /// The event.
    pub event: EventNo,
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Why, where somebody said.
    pub reason: Option<String>,
    /// To which payment.
    pub payment: PaymentNo,
}
