//! A payment's standing in the platform's words (section 6; rules 27 and 42).

use domain::{event::Announcement, payment::Shown};

const PENDING: &str = "pending";
const SUCCESS: &str = "success";
const FAILED: &str = "failed";
const EXPIRED: &str = "expired";

/// For a payment as it is shown.
pub(crate) const fn of(shown: &Shown) -> &'static str {
    match shown {
        Shown::Pending => PENDING,
        Shown::Paid(_) => SUCCESS,
        Shown::Reversed(_) | Shown::Cancelled => FAILED,
        Shown::Expired => EXPIRED,
    }
}

/// For news.
pub(crate) const fn of_news(announcement: Announcement) -> &'static str {
    match announcement {
        Announcement::Pending => PENDING,
        Announcement::Paid => SUCCESS,
        Announcement::Reversed | Announcement::Cancelled => FAILED,
        Announcement::Expired => EXPIRED,
    }
}
