//! Addresses that strangers name for notifications.

use gateway::reach::Reach;

/// Whether this is an address to which a notification can be sent, as far as `reach` can tell from its
/// text: absolute, of the web, in ASCII, with a host and a port that exist and may be called, and
/// without a user's name. Where its name leads is looked at when something is sent.
pub fn is_target(url: &str, reach: &Reach) -> bool {
    reach.target(url).is_ok()
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
            assert!(is_target(url, &Reach::Everything), "{url}");
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
            "http://0x7f000001/",
        ] {
            assert!(!is_target(url, &Reach::Everything), "{url}");
        }
    }

    #[test]
    fn production_refuses_what_is_not_for_everybody() {
        let production = Reach::default();
        assert!(is_target("https://merchant.example/notify", &production));
        for url in ["http://127.0.0.1:3000/", "http://localhost/", "http://merchant.example:25/"] {
            assert!(!is_target(url, &production), "{url}");
        }
    }
}
