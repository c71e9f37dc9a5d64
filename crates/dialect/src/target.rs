//! Addresses that strangers name for notifications.

use http::Uri;

/// Whether this is an address to which a notification can be sent: absolute, of the web, in ASCII, with
/// a host and a port that exist, and without a user's name. Whether its host may be called is for the
/// sender to say.
pub fn is_target(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
        return false;
    };
    // `host:` and `host:99999` parse, but cannot be connected to.
    let after_host = authority.as_str().strip_prefix(authority.host());
    let port = after_host.is_some_and(|rest| rest.is_empty() || authority.port_u16() > Some(0));
    url.bytes().all(|byte| byte.is_ascii_graphic())
        && port
        && matches!(uri.scheme_str(), Some("http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_called() {
        for url in [
            "http://merchant.example",
            "https://merchant.example:8443/notify?from=gerai",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/notify",
            "HTTPS://MERCHANT.EXAMPLE/",
        ] {
            assert!(is_target(url), "{url}");
        }
        for url in [
            "",
            "merchant.example/notify",
            "/notify",
            "ftp://merchant.example/",
            "http://",
            "http:///notify",
            "http://merchant.example:/",
            "http://merchant.example:0/",
            "http://merchant.example:99999/",
            "http://budi@merchant.example/",
            "http://budi:secret@merchant.example:80/",
            "http://merchant.example/\u{e9}",
            "http://merchant example/",
        ] {
            assert!(!is_target(url), "{url}");
        }
    }
}
