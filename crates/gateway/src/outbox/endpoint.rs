//! Which endpoint a URL leads to: its host and port, by a number that rows can be found by.

use aws_lc_rs::digest::{SHA256, digest};

/// A host and port that merchants are told at, by a number made of their name. Two URLs that differ
/// in scheme, path or query alone have the same.
///
/// It is a part of a cryptographic digest, so that nobody can make up a host that shares another's
/// number and, by hanging, holds up its news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointNo(i64);

impl EndpointNo {
    /// Rows from before endpoints were written down. They are moved to their own when they are looked
    /// at.
    pub const UNKNOWN: Self = Self(0);

    /// The endpoint with this number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Where `url` leads. What is no URL leads to an endpoint of its own, as a host of that name would.
    pub fn of(url: &str) -> Self {
        let digest = digest(&SHA256, host_and_port(url).as_bytes());
        let first = digest.as_ref().first_chunk::<8>().copied().unwrap_or_default();
        // 63 bits, and never the number of what is unknown.
        Self((i64::from_be_bytes(first) & i64::MAX).max(1))
    }
}

/// The host, in lower case, and the port of a URL, for people: `shop.example:443`. Never its path,
/// query, user or password.
pub fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let usual = if scheme.eq_ignore_ascii_case("http") { "80" } else { "443" };
    // The colons of an address of version 6 stand in brackets.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (place, usual),
    };
    let port = if port.is_empty() { usual } else { port };
    let host = host.strip_suffix('.').unwrap_or(host);
    format!("{}:{port}", host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_and_a_port() {
        for (url, place) in [
            ("https://shop.example/hook", "shop.example:443"),
            ("http://SHOP.example./hook?a=b", "shop.example:80"),
            ("HTTP://shop.example", "shop.example:80"),
            ("https://shop.example:8443#x", "shop.example:8443"),
            ("https://name:word@shop.example:/", "shop.example:443"),
            ("https://a@b@shop.example/c@d", "shop.example:443"),
            ("http://[::1]/", "[::1]:80"),
            ("http://[2001:DB8::1]:81/", "[2001:db8::1]:81"),
            ("shop.example/hook", "shop.example:443"),
            ("", ":443"),
        ] {
            assert_eq!(host_and_port(url), place, "{url}");
        }
    }

    #[test]
    fn what_leads_to_the_same_place_has_the_same_number() {
        let number = EndpointNo::of("https://shop.example/one?x=1");
        assert_eq!(number, EndpointNo::of("https://SHOP.example:443/two"));
        assert_eq!(number, EndpointNo::of("http://shop.example:443/"));
        for other in ["https://shop.example:8443/", "https://shop.example.id/", "", "x"] {
            assert_ne!(number, EndpointNo::of(other), "{other}");
            assert!(EndpointNo::of(other).get() > 0);
        }
        // Rows hold it: what it is made of must not change.
        assert_eq!(EndpointNo::of("http://localhost/").get(), NUMBER_OF_LOCALHOST);
    }

    /// The first eight bytes of the SHA-256 of `localhost:80`, less their first bit.
    const NUMBER_OF_LOCALHOST: i64 = 3_081_183_846_525_037_532;
}
