//! Who sent a request, when there may be proxies in between.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// Proxies whose word is believed about whom they speak for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    /// These.
    pub(crate) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The caller: the connection's other end, or, when that is a trusted proxy, the right-most
    /// address of `X-Forwarded-For` that is not one. Whatever stands to the left of it was written
    /// by a stranger. Where an entry is no address, the proxy that sent it is the caller.
    pub(crate) fn caller(&self, connection: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = connection.to_canonical();
        if !self.trusts(caller) {
            return caller;
        }
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let hops = lines
            .into_iter()
            .rev()
            .flat_map(|line| line.to_str().unwrap_or("?").rsplit(',').map(str::trim).map(address));
        for hop in hops {
            match hop {
                None => break,
                Some(hop) => caller = hop,
            }
            if !self.trusts(caller) {
                break;
            }
        }
        caller
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1` or `[2001:db8::1]:1234`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let alone = bare.parse::<IpAddr>().ok();
    let address = alone.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(trusted: &[&str], connection: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::new(trusted.iter().map(|net| net.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        proxies.caller(connection.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ten: &[&str] = &["10.0.0.0/8"];
        let cases: [(&[&str], &str, &[&str], &str); 14] = [
            // Nobody is trusted: the header is a stranger's word.
            (&[], "10.0.0.1", &["192.0.2.1"], "10.0.0.1"),
            (ten, "198.51.100.7", &["192.0.2.1"], "198.51.100.7"),
            // A trusted proxy says who it speaks for.
            (ten, "10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            (ten, "10.0.0.1", &[], "10.0.0.1"),
            // What the caller itself wrote stands to the left.
            (ten, "10.0.0.1", &["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
            (ten, "10.0.0.1", &["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
            // Proxies in a row.
            (ten, "10.0.0.1", &["192.0.2.1, 10.0.0.2,10.0.0.3"], "192.0.2.1"),
            (ten, "10.0.0.1", &["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            (ten, "10.0.0.1", &["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
            // Nonsense ends the walk.
            (ten, "10.0.0.1", &["192.0.2.1, unknown"], "10.0.0.1"),
            (ten, "10.0.0.1", &["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            // Ports and the sixth version.
            (ten, "10.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
            (&["2001:db8::/64"], "2001:db8::1", &["[2001:db9::2]:443"], "2001:db9::2"),
            (ten, "::ffff:10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
        ];
        for (trusted, connection, forwarded, expected) in cases {
            assert_eq!(
                caller(trusted, connection, forwarded),
                expected,
                "{connection} {forwarded:?}"
            );
        }
    }
}
