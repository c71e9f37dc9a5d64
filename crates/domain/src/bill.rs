//! The bill: what a payer is told of a payment, and by which way.

/// A way to a payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By SMS.
    Sms,
    /// By `WhatsApp`.
    Whatsapp,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Whatsapp];

    /// Its name in the configuration, in settings and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }

    /// As people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Sms => "SMS",
            Self::Whatsapp => "WhatsApp",
        }
    }

    /// The channel with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// What a payer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BillKind {
    /// What is to be paid, where and until when.
    Opened,
    /// The same, some time before the deadline.
    Reminder,
    /// It is paid: the receipt.
    Paid,
    /// The counter took it back: that receipt is worth nothing any more.
    Reversed,
    /// Its time is over.
    Expired,
    /// Its merchant withdrew it.
    Cancelled,
}

impl BillKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Opened, Self::Reminder, Self::Paid, Self::Reversed, Self::Expired, Self::Cancelled];

    /// Its name: in templates, where the names of prepared messages are made of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reminder => "reminder",
            Self::Paid => "paid",
            Self::Reversed => "reversed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it asks for cash: then it is true only while the payment can be paid.
    pub const fn asks(self) -> bool {
        match self {
            Self::Opened | Self::Reminder => true,
            Self::Paid | Self::Reversed | Self::Expired | Self::Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::named(channel.name()), Some(channel));
        }
        assert_eq!(Channel::named("Email"), None);
        let mut names = BillKind::ALL.map(BillKind::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
