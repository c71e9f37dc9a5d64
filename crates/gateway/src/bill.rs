//! The bill: what the payer of a payment is told, and where. Which payers are told is decided when their
//! payment changes (`pipeline/bill.rs`); what is sent is rendered by whoever sends it.

use std::collections::BTreeMap;

use domain::{
    bill::{BillKind, Channel},
    own_event::OwnKind,
    time::{Span, Timestamp},
};

use crate::{directory::Account, request::Personal};

/// A reminder comes at least so long after the opening; where there is less time, there is none.
const REMINDER_AFTER: Span = Span::hours(1);

/// A payer's addresses, as its merchant wrote them: nobody has looked at them yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// By e-mail.
    pub email: Option<String>,
    /// By telephone.
    pub phone: Option<String>,
}

/// Where a payer can be told: addresses that something can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipients {
    /// An e-mail address.
    pub email: Option<String>,
    /// A telephone number in E.164: `+62812…`.
    pub phone: Option<String>,
}

impl Recipients {
    /// The address for this channel.
    pub fn of(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => self.email.as_deref(),
            Channel::Sms | Channel::Whatsapp => self.phone.as_deref(),
        }
    }
}

/// How payers are told here.
#[derive(Debug, Clone)]
pub struct BillTerms {
    /// Where each channel that is set up leads: a URL, for the lane in which its news waits.
    pub urls: BTreeMap<Channel, String>,
    /// How long before the deadline reminders come, the longest first.
    pub reminders: Vec<Span>,
    /// Whether accounts that say nothing have their payers told: in a sandbox they do.
    pub is_usual: bool,
    /// Reads a payer's addresses out of what was sealed beside a payment of this brand.
    pub recipients: fn(&str, &Personal) -> Recipients,
}

impl BillTerms {
    /// The ways by which an account's payers are told.
    pub fn channels(&self, account: &Account) -> Vec<Channel> {
        let is_chosen = |channel: &Channel| match &account.settings.bill {
            Some(chosen) => chosen.iter().any(|name| name == channel.name()),
            None => self.is_usual,
        };
        self.urls.keys().copied().filter(is_chosen).collect()
    }

    /// Where the payers of an account are told by this channel; none where they are not.
    pub fn url(&self, account: &Account, channel: Channel) -> Option<&str> {
        let url = self.urls.get(&channel)?;
        self.channels(account).contains(&channel).then_some(url.as_str())
    }

    /// When reminders of a payment come that is opened at `opened_at`, the first of them first.
    pub(crate) fn reminders(&self, opened_at: Timestamp, expires_at: Timestamp) -> Vec<Timestamp> {
        let first = opened_at.plus(REMINDER_AFTER);
        let at = |ahead: &Span| {
            Timestamp::from_millis(expires_at.millis().saturating_sub(ahead.as_millis()))
        };
        let mut reminders: Vec<_> = self.reminders.iter().map(at).collect();
        reminders.retain(|at| *at >= first && *at < expires_at);
        reminders.sort_unstable();
        reminders.dedup();
        reminders
    }
}

/// What a payer is told when its merchant is told this: the same moment for both, so that nobody has a
/// receipt for what may still look unpaid (rule 6).
pub(crate) const fn told_as(own: OwnKind) -> Option<BillKind> {
    match own {
        OwnKind::Opened => Some(BillKind::Opened),
        OwnKind::Paid => Some(BillKind::Paid),
        OwnKind::Reversed => Some(BillKind::Reversed),
        OwnKind::Expired => Some(BillKind::Expired),
        OwnKind::Cancelled => Some(BillKind::Cancelled),
        OwnKind::Inquired
        | OwnKind::Final
        | OwnKind::Settled
        | OwnKind::ClawedBack
        | OwnKind::Disputed
        | OwnKind::DisputeRejected
        | OwnKind::UnappliedRecorded
        | OwnKind::UnappliedReversed
        | OwnKind::UnappliedMatched
        | OwnKind::RefundRecorded
        | OwnKind::RefundIssued
        | OwnKind::RefundPaid
        | OwnKind::RefundSuspect
        | OwnKind::RefundReturned
        | OwnKind::Failing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reminders_come_only_where_there_is_time() {
        let terms = BillTerms {
            urls: BTreeMap::new(),
            reminders: vec![Span::hours(24), Span::hours(2)],
            is_usual: true,
            recipients: |_, _| Recipients::default(),
        };
        let opened = Timestamp::from_millis(1_000_000);
        for (lifetime, expected) in [
            (Span::minutes(5), vec![]),
            (Span::minutes(179), vec![]),
            (Span::hours(3), vec![Span::hours(1)]),
            (Span::hours(24), vec![Span::hours(22)]),
            (Span::hours(25), vec![Span::hours(1), Span::hours(23)]),
            (Span::days(7), vec![Span::days(6), Span::hours(166)]),
        ] {
            let found = terms.reminders(opened, opened.plus(lifetime));
            let expected: Vec<_> = expected.into_iter().map(|after| opened.plus(after)).collect();
            assert_eq!(found, expected, "{lifetime:?}");
        }
    }
}
