//! Where notifications may go.
//!
//! Merchants choose the URLs, so in production nothing may be reached that is not meant for
//! everybody: the gateway's own host, its network, the metadata of its cloud. A URL is judged twice:
//! when somebody names it, as far as its text tells, so that they hear of it early; and when it is
//! used, with every address that its name leads to. Only the second is the wall.

mod address;
mod host;
mod ports;

use std::{fmt, net::IpAddr, sync::Arc};

use http::{Uri, uri::Scheme};
use ipnet::IpNet;

pub use host::Host;
pub use ports::{Ports, PortsError};

/// Which targets are allowed. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Reach {
    /// All: a sandbox.
    Everything,
    /// Those of the public internet, and what an operator allows besides.
    Public(Arc<Allowed>),
}

/// What an operator allows.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Networks that may be reached although they are not public.
    pub networks: Vec<IpNet>,
    /// The ports.
    pub ports: Ports,
}

/// A URL that was judged, as far as that can be done without looking up its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL.
    pub uri: Uri,
    /// Whether it is `https`.
    pub is_tls: bool,
    /// Its host.
    pub host: Host,
    /// Its port, or the scheme's.
    pub port: u16,
}

/// Why nothing may be sent to a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It is none.
    #[error("is not a URL")]
    NoUrl,
    /// Another scheme, or none.
    #[error("must begin with https:// or http://")]
    Scheme,
    /// Something before an `@`.
    #[error("has a user name in it, which is not sent")]
    UserName,
    /// No host, or one that nothing can be called.
    #[error("has a host that is no name and no address")]
    Host,
    /// An address that is not written as addresses are: `127.1`, `0x7f000001`.
    #[error("has an address in an unusual form; write it as four decimal numbers")]
    Spelling,
    /// A port that does not exist.
    #[error("has a port that is not between 1 and 65535")]
    NoPort,
    /// A port that notifications may not go to.
    #[error("has the port {0}, which notifications may not be sent to")]
    Port(u16),
    /// A name that is only valid in one's own network.
    #[error("has a name of a private network")]
    PrivateName,
    /// An address that is not for everybody.
    #[error("leads to {address}, which notifications may not be sent to: {kind}")]
    Address {
        /// The address.
        address: IpAddr,
        /// What it is: `loopback`.
        kind: &'static str,
    },
}

impl Reach {
    /// Reads a URL and says what can be said about it without looking up its name.
    pub fn target(&self, url: &str) -> Result<Target, Forbidden> {
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Forbidden::NoUrl);
        }
        self.judge(url.parse().map_err(|_| Forbidden::NoUrl)?)
    }

    /// The same for a URL that was read already.
    pub fn judge(&self, uri: Uri) -> Result<Target, Forbidden> {
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) | None => return Err(Forbidden::Scheme),
        };
        let authority = uri.authority().ok_or(Forbidden::Host)?;
        if authority.as_str().contains('@') {
            return Err(Forbidden::UserName);
        }
        let host = Host::read(authority.host())?;
        // `host:` and `host:99999` parse, but cannot be connected to.
        let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let port = match (after_host.is_empty(), authority.port_u16()) {
            (true, _) if is_tls => 443,
            (true, _) => 80,
            (false, Some(port @ 1..)) => port,
            (false, Some(0) | None) => return Err(Forbidden::NoPort),
        };
        self.allow_port(port)?;
        match &host {
            Host::Address(address) => self.allow(*address)?,
            Host::Name(name) => self.allow_name(name)?,
        }
        Ok(Target { uri, is_tls, host, port })
    }

    /// Whether this address may be connected to.
    pub fn allow(&self, address: IpAddr) -> Result<(), Forbidden> {
        let Self::Public(allowed) = self else { return Ok(()) };
        match address::forbidden(address, &allowed.networks) {
            Some(kind) => Err(Forbidden::Address { address, kind }),
            None => Ok(()),
        }
    }

    fn allow_port(&self, port: u16) -> Result<(), Forbidden> {
        match self {
            Self::Everything => Ok(()),
            Self::Public(allowed) if allowed.ports.has(port) => Ok(()),
            Self::Public(_) => Err(Forbidden::Port(port)),
        }
    }

    /// A private name is refused by itself, unless there are private networks that it may lead to:
    /// then its addresses decide.
    fn allow_name(&self, name: &str) -> Result<(), Forbidden> {
        match self {
            Self::Public(allowed) if allowed.networks.is_empty() && host::is_private(name) => {
                Err(Forbidden::PrivateName)
            }
            Self::Everything | Self::Public(_) => Ok(()),
        }
    }
}

impl Default for Reach {
    fn default() -> Self {
        Self::Public(Arc::default())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uri)
    }
}

#[cfg(test)]
mod tests;
