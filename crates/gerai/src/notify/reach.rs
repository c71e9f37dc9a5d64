//! Which addresses notifications may go to.
//!
//! Merchants choose the URLs, so in production nothing may be reached that is not meant for
//! everybody: the gateway's own host, its network, the metadata of its cloud. Names are resolved
//! here and only addresses that passed are handed to the connector, so a name cannot mean one
//! address when it is checked and another when it is used. Further hardening (ports, bodies that
//! are echoed, proxies that are reached by public names) is not done yet.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All: a sandbox, or a production that says so.
    Everything,
    /// Those of the public internet.
    Public,
}

impl Reach {
    /// Whether this address may be connected to.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Everything => true,
            Self::Public => is_public(address),
        }
    }

    /// Whether this host of a URL may be tried: a name is judged when it is resolved.
    pub(crate) fn allows_host(self, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        bare.parse().map_or(true, |address| self.allows(address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The special-purpose registry of RFC 6890, as far as it is not globally reachable.
fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(a == 0
        || v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || v4.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let segments = v6.segments();
    let [a, b, ..] = segments;
    let embedded = |high: u16, low: u16| {
        let [h1, h2] = high.to_be_bytes();
        let [l1, l2] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(h1, h2, l1, l2))
    };
    match (a, b) {
        // Addresses of the fourth version in the clothes of the sixth: NAT64 and 6to4.
        (0x64, 0xff9b) => {
            let [.., high, low] = segments;
            embedded(high, low)
        }
        (0x2002, high) => {
            let [_, _, low, ..] = segments;
            embedded(high, low)
        }
        // Teredo, benchmarking, documentation.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        // What is handed out is 2000::/3.
        _ => (a & 0xe000) == 0x2000,
    }
}

/// Resolves names and keeps what may be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(pub(crate) Reach);

impl tower::Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|socket| reach.allows(socket.ip())).collect();
            if allowed.is_empty() {
                let why = "the name leads to no address that notifications may be sent to";
                return Err(io::Error::other(why));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached_in_production() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!Reach::Public.allows(address.parse().unwrap()), "{address}");
            assert!(Reach::Everything.allows(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "2002:808:808::",
        ] {
            assert!(Reach::Public.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_host_is_judged_when_it_is_an_address() {
        for (host, allowed) in [
            ("127.0.0.1", false),
            ("[::1]", false),
            ("[2606:4700::1111]", true),
            ("merchant.example", true),
        ] {
            assert_eq!(Reach::Public.allows_host(host), allowed, "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_host_is_not_resolved_to_it() {
        use tower::Service;
        let name = || "localhost".parse::<Name>().unwrap();
        assert!(Resolver(Reach::Public).call(name()).await.is_err());
        assert!(Resolver(Reach::Everything).call(name()).await.unwrap().next().is_some());
    }
}
