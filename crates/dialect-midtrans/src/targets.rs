//! `X-Append-Notification` and `X-Override-Notification`: where a payment's notifications go
//! (section 1.5).

use dialect::is_target;
use gateway::reach::Reach;
use http::HeaderMap;

use crate::fault::Fault;

/// The most URLs one header may name.
const URLS_MAX: usize = 3;

/// Where the notifications of a payment go instead of `account_urls`; none where no header says so.
///
/// An override wins; an addition is put behind the account's own. Empty headers are absent, and of a
/// repeated one the last counts (sections 1.3 and 1.4).
pub(crate) fn read(
    headers: &HeaderMap,
    account_urls: &[String],
    reach: &Reach,
) -> Result<Option<Vec<String>>, Fault> {
    if let Some(urls) = urls(headers, "X-Override-Notification", reach)? {
        return Ok(Some(urls));
    }
    let Some(more) = urls(headers, "X-Append-Notification", reach)? else {
        return Ok(None);
    };
    let mut all = account_urls.to_vec();
    for url in more {
        if !all.contains(&url) {
            all.push(url);
        }
    }
    Ok(Some(all))
}

/// The URLs in a header; none where it is missing or empty.
fn urls(headers: &HeaderMap, name: &str, reach: &Reach) -> Result<Option<Vec<String>>, Fault> {
    let Some(value) = headers.get_all(name).iter().next_back() else {
        return Ok(None);
    };
    let invalid = |what: &str| Fault::Invalid(vec![format!("{name} {what}")]);
    let value = value.to_str().map_err(|_| invalid("is invalid"))?;
    let mut urls: Vec<String> = Vec::new();
    for url in value.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        if urls.len() == URLS_MAX {
            return Err(invalid(&format!("must have at most {URLS_MAX} URLs")));
        }
        if !is_target(url, reach) {
            return Err(invalid("must be http or https URLs, separated by commas"));
        }
        if !urls.iter().any(|other| other == url) {
            urls.push(url.to_owned());
        }
    }
    Ok(if urls.is_empty() { None } else { Some(urls) })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const APPEND: &str = "x-append-notification";
    const OVERRIDE: &str = "x-override-notification";

    fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        values.iter().map(pair).collect()
    }

    fn read_them(values: &[(&'static str, &'static str)]) -> Result<Option<Vec<String>>, Fault> {
        let account_urls = ["https://shop.example/n".to_owned()];
        read(&headers(values), &account_urls, &Reach::Everything)
    }

    fn texts(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|url| (*url).to_owned()).collect()
    }

    #[test]
    fn empty_is_absent() {
        assert_eq!(read_them(&[]), Ok(None));
        assert_eq!(read_them(&[(APPEND, ""), (OVERRIDE, " ")]), Ok(None));
        assert_eq!(read_them(&[(OVERRIDE, ", ,")]), Ok(None));
        assert_eq!(read_them(&[(OVERRIDE, "http://a.example/"), (OVERRIDE, "")]), Ok(None));
    }

    #[test]
    fn additions_follow_the_accounts_own_and_an_override_replaces_them() {
        assert_eq!(
            read_them(&[(APPEND, "http://a.example/1, https://shop.example/n")]),
            Ok(Some(texts(&["https://shop.example/n", "http://a.example/1"]))),
        );
        let both = [(APPEND, "not even a URL"), (OVERRIDE, "http://localhost:9000")];
        assert_eq!(read_them(&both), Ok(Some(texts(&["http://localhost:9000"]))));
    }

    #[test]
    fn the_last_of_a_repeated_header_counts() {
        let twice = [(OVERRIDE, "http://old.example/"), (OVERRIDE, "http://new.example/")];
        assert_eq!(read_them(&twice), Ok(Some(texts(&["http://new.example/"]))));
    }

    #[test]
    fn at_most_three_of_the_web() {
        assert_eq!(
            read_them(&[(OVERRIDE, "http://a/,http://b/,http://c/")]),
            Ok(Some(texts(&["http://a/", "http://b/", "http://c/"]))),
        );
        for value in [
            "http://a/,http://b/,http://c/,http://d/",
            "ftp://a.example/",
            "/path",
            "a.example",
            "http://",
            "http:///path",
            "http://user:word@a.example/",
            "http://a.example/ b",
        ] {
            let refused = read_them(&[(OVERRIDE, value)]);
            assert!(matches!(refused, Err(Fault::Invalid(_))), "{value}: {refused:?}");
        }
    }

    #[test]
    fn production_refuses_what_is_not_for_everybody() {
        let production = Reach::default();
        for (url, is_fine) in [
            ("https://shop.example/n", true),
            ("http://127.0.0.1:9000/", false),
            ("http://169.254.169.254/", false),
            ("http://localhost/", false),
            ("http://shop.example:6379/", false),
        ] {
            for name in [APPEND, OVERRIDE] {
                let found = read(&headers(&[(name, url)]), &[], &production);
                assert_eq!(found.is_ok(), is_fine, "{url}: {found:?}");
            }
        }
    }
}
