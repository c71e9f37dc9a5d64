//! Which of the addresses that a merchant gave something can be sent to.

use domain::{bill::Channel, phone::e164};
use gateway::{bill::Recipients, request::Personal};
use lettre::Address;

use crate::dialects;

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3).
const EMAIL_MAX: usize = 254;

/// Where the payer of a payment of this brand can be told.
pub(crate) fn recipients(brand: &str, personal: &Personal) -> Recipients {
    let Some(dialect) = dialects::speaking(brand) else { return Recipients::default() };
    let contact = dialect.contact(personal);
    Recipients {
        email: contact.email.as_deref().and_then(email),
        phone: contact.phone.as_deref().and_then(e164),
    }
}

/// An address that a mail can be sent to; none where the text is none. Nothing in it can break a line of
/// a mail's head, and a domain without a dot is nobody's outside.
pub(super) fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain = text.len() <= EMAIL_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    let address: Address = text.parse().ok().filter(|_| is_plain)?;
    let has_dot = address.domain().trim_matches('.').contains('.');
    has_dot.then(|| address.to_string())
}

/// An address for people who look at the log: `b***@example.com`, `+6281***890`.
pub(crate) fn masked(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Email => {
            let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
            let first: String = user.chars().take(1).collect();
            format!("{first}***@{domain}")
        }
        Channel::Sms | Channel::Whatsapp => {
            let count = address.chars().count();
            let first: String = address.chars().take(5).collect();
            let last: String = address.chars().skip(count.saturating_sub(3)).collect();
            format!("{first}***{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mails_can_be_sent_to() {
        for text in ["budi@example.com", " budi+x@mail.example.co.id ", "o'b@example.com"] {
            assert_eq!(email(text).as_deref(), Some(text.trim()), "{text}");
        }
        let long = format!("{}@example.com", "x".repeat(300));
        for text in [
            "",
            "budi",
            "budi@",
            "@example.com",
            "budi@localhost",
            "a@b@c.example",
            "budi@example.com\r\nBcc: all@example.com",
            "budi@example.com, ani@example.com",
            "Budi <budi@example.com>",
            "budi@exa mple.com",
            "büdi@example.com",
            &long,
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_reads_a_whole_address() {
        assert_eq!(masked(Channel::Email, "budi@example.com"), "b***@example.com");
        assert_eq!(masked(Channel::Sms, "+6281234567890"), "+6281***890");
    }
}
