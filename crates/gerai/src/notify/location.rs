//! Where a redirect leads.

use http::{Uri, uri::PathAndQuery};

/// The URL that `location` means in an answer from `base`; nothing where it is none.
pub(super) fn follow(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    // A colon in the first segment ends a scheme (RFC 3986, 4.2).
    let first = location.split(['/', '?']).next().unwrap_or_default();
    if first.contains(':') {
        return location.parse::<Uri>().ok().filter(|uri| uri.scheme().is_some());
    }
    if let Some(rest) = location.strip_prefix("//") {
        return format!("{}://{rest}", base.scheme_str()?).parse().ok();
    }
    let path: PathAndQuery = if location.starts_with('/') {
        location.parse().ok()?
    } else if let Some(query) = location.strip_prefix('?') {
        format!("{}?{query}", base.path()).parse().ok()?
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{location}").parse().ok()?
    };
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_may_be_relative() {
        let base: Uri = "https://a.example:8443/one/two?x=1".parse().unwrap();
        for (location, expected) in [
            ("http://b.example/c?d=e", "http://b.example/c?d=e"),
            ("//b.example/c", "https://b.example/c"),
            ("/c", "https://a.example:8443/c"),
            ("three", "https://a.example:8443/one/three"),
            ("?y=2", "https://a.example:8443/one/two?y=2"),
            ("/c#part", "https://a.example:8443/c"),
            ("", "https://a.example:8443/one/"),
        ] {
            let found = follow(&base, location).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{location}");
        }
        for nowhere in ["http://", "mailto:a@b.example", "a b", "/\u{7f}"] {
            assert_eq!(follow(&base, nowhere), None, "{nowhere}");
        }
    }
}
