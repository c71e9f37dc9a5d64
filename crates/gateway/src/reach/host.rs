//! How the host of a URL may be written.
//!
//! What one program reads as a name another reads as an address: `0177.0.0.1`, `127.1` and
//! `2130706433` are all this machine to some resolvers. So there is one form for addresses and one
//! for names, and everything else is refused.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::Forbidden;

/// The most characters of a name, and of one of its labels (RFC 1035, 2.3.4).
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// Names under which only a network's own machines are found.
const PRIVATE: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "onion",
];

/// Whom a URL names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Reads the host of a URL, IPv6 in brackets.
    pub(super) fn read(text: &str) -> Result<Self, Forbidden> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(Forbidden::Host)?;
            // A zone (`%eth0`) is one of this machine's own networks, and does not parse.
            let address: Ipv6Addr = inner.parse().map_err(|_| Forbidden::Host)?;
            return Ok(Self::Address(IpAddr::V6(address)));
        }
        // As the web's standard has it, what ends in a number is an IPv4 address or nothing.
        let last = text.strip_suffix('.').unwrap_or(text).rsplit('.').next().unwrap_or_default();
        if is_number(last) {
            let address: Ipv4Addr = text.parse().map_err(|_| Forbidden::Spelling)?;
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        let fits = text.len() <= NAME_MAX && text.split('.').all(is_label);
        if fits { Ok(Self::Name(text.to_ascii_lowercase())) } else { Err(Forbidden::Host) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Whether a name is only found in one's own network: a name without a dot is looked up there, too.
pub(super) fn is_private(name: &str) -> bool {
    !name.contains('.')
        || PRIVATE.iter().any(|private| {
            name.strip_suffix(private).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// Whether some program takes this for a number: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_MAX).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
