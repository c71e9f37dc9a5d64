//! What can go wrong on the way, in words for whoever wonders why a merchant was not told.

use std::{error::Error, fmt::Display, io, net::SocketAddr};

use gateway::reach::Forbidden;
use rustls::CertificateError;

use crate::notify::record::Stage;

/// The most bytes of a remark: some of it is what the other side says.
const REMARK_MAX: usize = 300;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The URL itself, or an address that it leads to.
    #[error("nothing was sent: the URL {0}")]
    Forbidden(#[from] Forbidden),
    /// The same of the URL of a redirect.
    #[error("the redirect was not followed: its URL {0}")]
    Redirect(#[source] Forbidden),
    /// The name is not known, or nobody says.
    #[error("the name cannot be looked up: {0}")]
    Name(#[source] io::Error),
    /// The name is known and has no address.
    #[error("the name has no address")]
    NoAddress,
    /// A name that no certificate can be for.
    #[error("no certificate can be for this name")]
    NoTlsName,
    /// Too many names that nobody answers for are being looked up: this one was not.
    #[error("too many other names are being looked up")]
    Crowded,
    /// No connection.
    #[error("{}", connecting(.0, .1))]
    Connect(SocketAddr, #[source] io::Error),
    /// No agreement on TLS.
    #[error("{}", tls(.0))]
    Tls(#[source] io::Error),
    /// A phase that has a limit of its own.
    #[error("it took too long{}", .0.meanwhile())]
    TimedOut(Stage),
    /// Closed before anything was sent.
    #[error("the connection was closed before anything was sent")]
    Hung,
    /// No HTTP answer.
    #[error("{}", http(.0))]
    Http(#[source] hyper::Error),
}

impl Trouble {
    /// Whether it took too long.
    pub(super) fn is_time_out(&self) -> bool {
        matches!(self, Self::TimedOut(_))
    }
}

/// An error with everything behind it, in one line that is not too long.
pub(crate) fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        // Many errors repeat what is behind them.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    shortened(text)
}

fn shortened(mut text: String) -> String {
    if text.len() > REMARK_MAX {
        let end = (0..=REMARK_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" …");
    }
    text
}

/// Why there is no connection to an address, or to a name with its port.
pub(crate) fn connecting(address: impl Display, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("{address} refused the connection"),
        io::ErrorKind::ConnectionReset => format!("{address} reset the connection"),
        io::ErrorKind::TimedOut => format!("{address} did not answer"),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            format!("there is no way to {address}")
        }
        _ => format!("no connection to {address}: {error}"),
    }
}

/// Why the handshake of TLS failed.
pub(crate) fn tls(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.kind()) {
        (Some(rustls::Error::InvalidCertificate(why)), _) => certificate(why),
        (Some(rustls::Error::InvalidMessage(_)), _) => {
            "TLS: the other side does not speak it".to_owned()
        }
        (Some(rustls::Error::AlertReceived(alert)), _) => {
            format!("TLS: the other side gave up: {alert:?}")
        }
        (Some(other), _) => shortened(format!("TLS: {other}")),
        (None, io::ErrorKind::ConnectionReset) => {
            "TLS: the connection was reset in the handshake".to_owned()
        }
        (None, io::ErrorKind::UnexpectedEof) => {
            "TLS: the connection was closed in the handshake".to_owned()
        }
        (None, _) => format!("TLS: {error}"),
    }
}

fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "TLS: the certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "TLS: the certificate is not valid yet".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "TLS: the certificate is of an authority that is not trusted".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "TLS: the certificate is for another name".to_owned()
        }
        // The right name over the wrong key: an authority that was replaced, or one that is played.
        CertificateError::BadSignature => {
            "TLS: the certificate was not signed by the authority it names".to_owned()
        }
        CertificateError::Revoked => "TLS: the certificate was revoked".to_owned(),
        other => shortened(format!("TLS: the certificate is not good: {other}")),
    }
}

/// Why there is no answer over HTTP.
pub(crate) fn http(error: &hyper::Error) -> String {
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if kind.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset) {
        return "the connection was reset before there was an answer".to_owned();
    }
    if error.is_parse_too_large() {
        return "the answer's headers are too long".to_owned();
    }
    if error.is_parse() {
        return format!("the answer is not HTTP: {}", reasons(error));
    }
    if error.is_canceled() {
        return "the connection was closed before anything was sent".to_owned();
    }
    if error.is_incomplete_message() || error.is_closed() {
        return "the connection was closed before there was an answer".to_owned();
    }
    format!("no answer: {}", reasons(error))
}
