//! Sending a mail to a server (RFC 5321), over TLS unless it stands on this machine.

use std::{path::Path, time::Duration};

use anyhow::{Context, anyhow};
use gateway::{
    clock::Stopwatch,
    directory::Secret,
    request::{Exchange, Hop, Phases},
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use tokio::sync::Semaphore;

use super::Letter;
use crate::config::{Email, MailTls};

/// Mails at a time: what servers take from one client without turning it away.
const CONNECTIONS_MAX: usize = 8;

/// A mail server.
#[derive(Debug)]
pub(crate) struct Smtp {
    email: Email,
    room: Semaphore,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// What a mail server made of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// It has taken it, with this code.
    Taken(u16),
    /// Not now: 4xx.
    NotNow(u16),
    /// Never: 5xx.
    Never(u16),
    /// It does not let us in: a password or a setting has to be corrected (RFC 4954, 6).
    NotUs(u16),
    /// Nothing came in time.
    TimedOut,
    /// No connection, or a broken one, or no agreement on TLS.
    Unreachable,
}

impl Received {
    /// The reply's code, where there was one.
    pub(crate) const fn code(self) -> Option<u16> {
        match self {
            Self::Taken(code) | Self::NotNow(code) | Self::Never(code) | Self::NotUs(code) => {
                Some(code)
            }
            Self::TimedOut | Self::Unreachable => None,
        }
    }
}

impl Smtp {
    /// The server of `email`, which trusts the system's certification authorities and those of
    /// `ca_file`.
    pub(crate) fn new(
        email: Email,
        password: Option<&Secret>,
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let parameters = || {
            let mut builder = TlsParameters::builder(email.server.clone());
            for certificate in certificates(ca_file)? {
                builder = builder.add_root_certificate(certificate);
            }
            builder.build_rustls().context("bill.email: TLS cannot be set up")
        };
        let tls = match email.tls {
            MailTls::Starttls => Tls::Required(parameters()?),
            MailTls::Implicit => Tls::Wrapper(parameters()?),
            MailTls::Nothing => Tls::None,
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(email.server.clone())
                .port(email.port)
                .tls(tls)
                .timeout(Some(timeout));
        if let (Some(user), Some(password)) = (&email.user, password) {
            // It goes to the mail server, over TLS unless it is on this machine.
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            builder = builder
                .credentials(credentials)
                .authentication(vec![Mechanism::Plain, Mechanism::Login]);
        }
        Ok(Self { transport: builder.build(), email, room: Semaphore::new(CONNECTIONS_MAX) })
    }

    /// The server and who writes.
    pub(crate) fn email(&self) -> &Email {
        &self.email
    }

    /// Sends a mail within `timeout`: what became of it, and the record.
    pub(crate) async fn send(&self, letter: &Letter, timeout: Duration) -> (Received, Exchange) {
        // Nobody closes it; were it closed, mails would go out all the same.
        let _room = self.room.acquire().await.ok();
        let stopwatch = Stopwatch::start();
        let sending = self.transport.send_raw(&letter.envelope, &letter.bytes);
        let sent = tokio::time::timeout(timeout, sending).await;
        let (received, told, remark) = match sent {
            Err(_) => {
                (Received::TimedOut, String::new(), Some("no whole answer in time".to_owned()))
            }
            Ok(Ok(response)) => {
                let told = response.message().collect::<Vec<_>>().join("\n");
                (Received::Taken(response.code().into()), told, None)
            }
            Ok(Err(error)) => {
                let told = crate::notify::trouble::reasons(&error);
                (received(&error), String::new(), Some(told))
            }
        };
        let total = u64::try_from(stopwatch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let hop = Hop {
            url: format!("smtp://{}:{}", self.email.server, self.email.port),
            protocol: Some("SMTP".to_owned()),
            request_headers: envelope(letter),
            request_body: String::from_utf8_lossy(&letter.bytes).into_owned(),
            status: received.code(),
            answer_body: told,
            phases: Phases { total: Some(total), ..Phases::default() },
            method: Some("MAIL".to_owned()),
            ..Hop::default()
        };
        (received, Exchange { signed: None, hops: vec![hop], remark })
    }
}

/// From whom and to whom, as the server is told.
fn envelope(letter: &Letter) -> Vec<(String, String)> {
    let from = letter.envelope.from().map(ToString::to_string);
    let to = letter.envelope.to().iter().map(ToString::to_string);
    let from = from.map(|from| ("MAIL FROM".to_owned(), from));
    from.into_iter().chain(to.map(|to| ("RCPT TO".to_owned(), to))).collect()
}

fn received(error: &lettre::transport::smtp::Error) -> Received {
    if error.is_timeout() {
        return Received::TimedOut;
    }
    match error.status().map(u16::from) {
        // RFC 4954: authentication is asked for, too weak, refused, or over the wrong channel.
        Some(code @ (530 | 534 | 535 | 538 | 454)) => Received::NotUs(code),
        Some(code @ 400..=499) => Received::NotNow(code),
        Some(code @ 500..=599) => Received::Never(code),
        Some(_) | None => Received::Unreachable,
    }
}

fn certificates(ca_file: Option<&Path>) -> anyhow::Result<Vec<Certificate>> {
    let Some(path) = ca_file else { return Ok(Vec::new()) };
    let read = || -> anyhow::Result<Vec<Certificate>> {
        let mut found = Vec::new();
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| anyhow!("{error}"))?
        {
            let certificate = certificate.map_err(|error| anyhow!("{error}"))?;
            found.push(Certificate::from_der(certificate.to_vec())?);
        }
        Ok(found)
    };
    read().with_context(|| format!("cannot read {} (notification.ca_file)", path.display()))
}
