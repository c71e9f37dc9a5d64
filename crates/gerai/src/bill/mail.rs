//! A bill as a mail: its head and its two bodies (RFC 5322, RFC 2046).

use std::time::{Duration, SystemTime};

use domain::time::Timestamp;
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use pages::bill::Mail;

/// A mail, ready to be sent.
#[derive(Debug)]
pub(crate) struct Letter {
    /// From whom to whom.
    pub(crate) envelope: Envelope,
    /// Everything else.
    pub(crate) bytes: Vec<u8>,
}

/// Says that no person wrote it, so that no machine answers (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Letter {
    /// A mail of `mail` to `to`. `id` is the same at every attempt, so that who gets it twice can tell.
    pub(crate) fn write(
        mail: Mail,
        (from, reply_to): (&Mailbox, Option<&Mailbox>),
        to: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<Self, String> {
        let to: Address = to.parse().map_err(|_| "the address is none".to_owned())?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])
            .map_err(|error| error.to_string())?;
        let since = Duration::from_millis(u64::try_from(now.millis()).unwrap_or_default());
        let mut builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}@{}>", from.email.domain())))
            .header(AutoSubmitted);
        if let Some(reply_to) = reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let message = builder
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|error| error.to_string())?;
        Ok(Self { envelope, bytes: message.formatted() })
    }
}
