//! A payment's standing in Midtrans' words (sections 1.6, 4.2 and 5.2; rules 27 and 42).

use domain::{event::Announcement, payment::Shown};

/// What a merchant is told of a standing. The same standing has another code in an answer than in a
/// notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    /// `transaction_status`.
    pub(crate) transaction_status: &'static str,
    /// `status_code` of `GET /v2/{id}/status`.
    pub(crate) in_status: &'static str,
    /// `status_code` of a notification.
    pub(crate) in_notification: &'static str,
}

const PENDING: Words =
    Words { transaction_status: "pending", in_status: "201", in_notification: "201" };
const SETTLEMENT: Words =
    Words { transaction_status: "settlement", in_status: "200", in_notification: "200" };
const DENY: Words = Words { transaction_status: "deny", in_status: "202", in_notification: "202" };
const CANCEL: Words =
    Words { transaction_status: "cancel", in_status: "200", in_notification: "202" };
const EXPIRE: Words =
    Words { transaction_status: "expire", in_status: "407", in_notification: "202" };

impl Words {
    /// For a payment as it is shown.
    pub(crate) const fn of(shown: &Shown) -> Self {
        match shown {
            Shown::Pending => PENDING,
            Shown::Paid(_) => SETTLEMENT,
            Shown::Reversed(_) => DENY,
            Shown::Cancelled => CANCEL,
            Shown::Expired => EXPIRE,
        }
    }

    /// For news.
    pub(crate) const fn of_news(announcement: Announcement) -> Self {
        match announcement {
            Announcement::Pending => PENDING,
            Announcement::Paid => SETTLEMENT,
            Announcement::Reversed => DENY,
            Announcement::Cancelled => CANCEL,
            Announcement::Expired => EXPIRE,
        }
    }
}
