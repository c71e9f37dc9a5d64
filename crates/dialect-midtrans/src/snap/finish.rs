//! Where a payer goes on: the merchant's address, with what became of the payment appended (sections
//! 5.8 and 8).

use domain::{payment::Shown, retailer::RetailerKey};
use gateway::request::PaymentView;

use crate::{
    memo::{Checkout, Memo},
    words::Words,
};

/// The most bytes of an address.
const URL_MAX: usize = 2_048;
/// Schemes whose addresses are not places that a payer goes to.
const NO_PLACES: [&str; 8] =
    ["javascript", "data", "vbscript", "blob", "file", "about", "filesystem", "view-source"];

/// Whether a payer may be sent there: an address of the web, or of an app on the payer's phone.
pub(crate) fn may_follow(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_place = !NO_PLACES.iter().any(|other| scheme.eq_ignore_ascii_case(other));
    let is_plain =
        url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    is_scheme && is_place && is_plain && !rest.is_empty() && url.len() <= URL_MAX
}

/// Where the payer goes back to who has not chosen: there is no transaction yet to tell of.
pub(crate) fn before_a_choice(url: &str, order: &str) -> String {
    with(url, &[("order_id", order)])
}

/// Where the payer of a payment goes on; none where its merchant did not say.
pub(crate) fn returns_to(view: &PaymentView) -> Option<String> {
    let checkout = of(view)?;
    let shown = view.payment.shown();
    let is_fine = matches!(shown, Shown::Pending | Shown::Paid(_));
    let url = match (is_fine, checkout.error) {
        (false, Some(error)) => error,
        (true, _) | (false, None) => checkout.finish?,
    };
    let words = Words::of(&shown);
    let told = [
        ("order_id", view.payment.order.as_str()),
        ("status_code", words.in_notification),
        ("transaction_status", words.transaction_status),
    ];
    Some(with(&url, &told))
}

/// The stores among which the payer of this payment chose.
pub(crate) fn chose_among(view: &PaymentView) -> Option<Vec<RetailerKey>> {
    let stores = of(view)?.stores;
    Some(stores.iter().filter_map(|store| RetailerKey::new(store).ok()).collect())
}

fn of(view: &PaymentView) -> Option<Checkout> {
    Memo::from_stored(&view.personal.memo).checkout
}

/// An address with more in its query.
fn with(url: &str, more: &[(&str, &str)]) -> String {
    let (before, fragment) = match url.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (url, None),
    };
    let mut address = before.to_owned();
    for (name, value) in more {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        encode(value, &mut address);
    }
    if let Some(fragment) = fragment {
        address.push('#');
        address.push_str(fragment);
    }
    address
}

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3).
fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push_str(&hex::encode_upper([byte]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::view;

    #[test]
    fn a_payer_is_sent_to_the_web_and_to_apps_and_nowhere_else() {
        for url in [
            "https://shop.example/finish",
            "http://127.0.0.1:3000",
            "HTTPS://SHOP.EXAMPLE/?a=1#b",
            "gojek://snap/finish",
            "com.example.shop://done",
        ] {
            assert!(may_follow(url), "{url}");
        }
        for url in [
            "",
            "shop.example",
            "/finish",
            "https://",
            "javascript://%0aalert(1)",
            "JavaScript://x",
            "data://text/html,x",
            "1x://y",
            "://y",
            "https://shop.example/a b",
            "https://shop.example/\"onclick",
            "https://shop.example/\u{e9}",
        ] {
            assert!(!may_follow(url), "{url}");
        }
        assert!(!may_follow(&format!("https://{}", "x".repeat(URL_MAX))));
    }

    #[test]
    fn what_is_appended_comes_before_the_fragment() {
        let more = [("order_id", "a b&c/\u{e9}"), ("status_code", "201")];
        let appended = "order_id=a%20b%26c%2F%C3%A9&status_code=201";
        for (url, expected) in [
            ("https://shop.example", format!("https://shop.example?{appended}")),
            ("https://shop.example/x?y=1", format!("https://shop.example/x?y=1&{appended}")),
            ("https://shop.example/#z?", format!("https://shop.example/?{appended}#z?")),
        ] {
            assert_eq!(with(url, &more), expected);
        }
        let before = before_a_choice("https://shop.example/", "order-1");
        assert_eq!(before, "https://shop.example/?order_id=order-1");
    }

    #[test]
    fn a_payment_says_how_it_stands() {
        let returned = |standing: &str, checkout: Checkout| {
            let memo = Memo { checkout: Some(checkout), ..Memo::default() };
            returns_to(&view("alfamart", standing, &memo.to_stored()))
        };
        let finish =
            Checkout { finish: Some("https://s.example".to_owned()), ..Checkout::default() };
        let both = Checkout { error: Some("https://e.example".to_owned()), ..finish.clone() };
        for (standing, told) in [
            ("pending", "201&transaction_status=pending"),
            ("paid", "200&transaction_status=settlement"),
            ("held", "201&transaction_status=pending"),
        ] {
            let url = returned(standing, both.clone()).unwrap();
            assert!(url.starts_with("https://s.example?order_id="), "{url}");
            assert!(url.ends_with(&format!("&status_code={told}")), "{url}");
        }
        for (standing, told) in [
            ("expired", "202&transaction_status=expire"),
            ("cancelled", "202&transaction_status=cancel"),
            ("reversed", "202&transaction_status=deny"),
        ] {
            for (checkout, at) in [(&finish, "https://s.example?"), (&both, "https://e.example?")] {
                let url = returned(standing, checkout.clone()).unwrap();
                assert!(url.starts_with(at) && url.ends_with(told), "{url}");
            }
        }
        assert_eq!(returned("paid", Checkout::default()), None);
        assert_eq!(returns_to(&view("alfamart", "paid", "")), None);
    }
}
