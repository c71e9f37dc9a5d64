//! A payment's standing in Ayolinx' words (section 3.3; rules 27 and 42).

use domain::{event::Announcement, payment::Shown};

/// What a merchant is told of a standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    /// `latestTransactionStatus`.
    pub(crate) status: &'static str,
    /// `transactionStatusDesc`. Without blanks, like everything in a notification.
    pub(crate) description: &'static str,
}

const PENDING: Words = Words { status: "03", description: "PENDING" };
const SUCCESS: Words = Words { status: "00", description: "SUCCESS" };
const REVERSED: Words = Words { status: "06", description: "REVERSED" };
const CANCELLED: Words = Words { status: "05", description: "CANCELED" };
const EXPIRED: Words = Words { status: "05", description: "EXPIRED" };

impl Words {
    /// For a payment as it is shown.
    pub(crate) const fn of(shown: &Shown) -> Self {
        match shown {
            Shown::Pending => PENDING,
            Shown::Paid(_) => SUCCESS,
            Shown::Reversed(_) => REVERSED,
            Shown::Cancelled => CANCELLED,
            Shown::Expired => EXPIRED,
        }
    }

    /// For news.
    pub(crate) const fn of_news(announcement: Announcement) -> Self {
        match announcement {
            Announcement::Pending => PENDING,
            Announcement::Paid => SUCCESS,
            Announcement::Reversed => REVERSED,
            Announcement::Cancelled => CANCELLED,
            Announcement::Expired => EXPIRED,
        }
    }
}
