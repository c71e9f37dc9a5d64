//! The places in which payers stand beside the URLs of merchants (docs/notifications.md).

use domain::bill::Channel;

/// The place of a channel among the targets of a payment's news: behind those of its merchant.
pub const fn bill_target(channel: Channel) -> u32 {
    match channel {
        Channel::Email => 1_001,
        Channel::Sms => 1_002,
        Channel::Whatsapp => 1_003,
    }
}

/// The channel in this place; none where it is a merchant's.
pub fn channel_at(target: u32) -> Option<Channel> {
    Channel::ALL.into_iter().find(|channel| bill_target(*channel) == target)
}
