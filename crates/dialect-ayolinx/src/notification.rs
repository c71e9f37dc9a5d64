//! What a merchant is told, as sent (sections 4.1 to 4.3).
//!
//! No string holds white space: three ways of hashing a body are about among merchants, and they
//! agree only then (section 1.3).

use std::fmt::Write;

use dialect::{Notice, Outgoing, Untold};
use domain::event::Announcement;
use http::Uri;
use serde::Serialize;

use crate::{
    PLATFORM_PRIVATE_KEY,
    answer::{Amount, Channel, json},
    options, reference, signature, stamp,
    words::Words,
};

/// The path of the documentation's example, which stands for the merchant's own.
pub(crate) const DOCUMENTED_PATH: &str = "/v1.0/debit/notify";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    original_partner_reference_no: &'a str,
    original_reference_no: String,
    latest_transaction_status: &'static str,
    transaction_status_desc: &'static str,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_time: Option<String>,
    created_time: String,
    merchant_id: &'a str,
    additional_info: Channel,
}

/// The news as it is sent. It says what was announced, even if the payment has moved on since, so
/// every attempt has the same body; time and signature are new each time.
pub(crate) fn render(notice: &Notice<'_>) -> Result<Outgoing, Untold> {
    let key = notice
        .account
        .key(PLATFORM_PRIVATE_KEY)
        .ok_or(Untold("the account has no platform_private_key to sign with"))?;
    let route = if options::signs_documented_path(notice.account) {
        DOCUMENTED_PATH.to_owned()
    } else {
        path(notice.url).ok_or(Untold("the URL has no path that could be signed"))?
    };
    let body = body(notice);
    let timestamp = stamp::wib(notice.now);
    let text = signature::notification_text(&route, &body, &timestamp);
    let signature = signature::sign_notification(key.expose(), &text)
        .ok_or(Untold("the account's platform_private_key is broken"))?;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-timestamp", timestamp),
        ("x-signature", signature),
        ("x-external-id", external_id(notice)),
    ];
    Ok(Outgoing { headers, body, signed: Some(text) })
}

fn body(notice: &Notice<'_>) -> Vec<u8> {
    let payment = &notice.view.payment;
    let words = Words::of_news(notice.announcement);
    let finished_at = match notice.announcement {
        Announcement::Pending => None,
        // A payment that was reversed since was taken all the same.
        Announcement::Paid => {
            Some(payment.state.taking().map_or(notice.happened_at, |taking| taking.paid_at))
        }
        Announcement::Reversed | Announcement::Cancelled | Announcement::Expired => {
            Some(notice.happened_at)
        }
    };
    without_blanks(json(&Notification {
        original_partner_reference_no: payment.order.as_str(),
        original_reference_no: reference::number(payment),
        latest_transaction_status: words.status,
        transaction_status_desc: words.description,
        amount: Amount::of(payment),
        finished_time: finished_at.map(stamp::wib),
        created_time: stamp::wib(payment.opened_at),
        merchant_id: &notice.account.public_id,
        additional_info: Channel::of(payment),
    }))
}

/// Compact JSON with every kind of white space in it written as an escape, which means the same.
fn without_blanks(json: Vec<u8>) -> Vec<u8> {
    let text = match String::from_utf8(json) {
        Ok(text) => text,
        Err(not_text) => return not_text.into_bytes(),
    };
    if !text.contains(is_blank) {
        return text.into_bytes();
    }
    let mut escaped = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        if is_blank(c) {
            // A string can always be written to.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped.into_bytes()
}

/// What any language takes for white space: all of Unicode's, and the byte order mark.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// The path of `url` as it stands on the request line, without the query; `/` where there is none.
pub(crate) fn path(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    uri.scheme().and(uri.authority())?;
    Some(match uri.path() {
        "" => "/".to_owned(),
        path => path.to_owned(),
    })
}

/// The same for every attempt at the same news: the payment's id and the status, 35 characters.
fn external_id(notice: &Notice<'_>) -> String {
    let status = Words::of_news(notice.announcement).status;
    format!("{}-{status}", hex::encode(notice.view.payment.id.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_one_on_the_request_line() {
        for (url, expected) in [
            ("https://shop.example.com/webhooks/ayolinx", "/webhooks/ayolinx"),
            ("https://shop.example.com/webhooks/ayolinx?refNo=1&x=%20", "/webhooks/ayolinx"),
            ("https://shop.example.com/a%20b/%C3%A9/", "/a%20b/%C3%A9/"),
            ("https://shop.example.com:8443//a//b", "//a//b"),
            ("http://127.0.0.1:9000", "/"),
            ("http://127.0.0.1:9000/", "/"),
            ("http://127.0.0.1:9000?x=/y", "/"),
            ("http://shop.example.com/a#b", "/a"),
        ] {
            assert_eq!(path(url).as_deref(), Some(expected), "{url}");
        }
        for url in ["", "/webhooks", "not a url", "http://", "mailto:a@b.example"] {
            assert_eq!(path(url), None, "{url}");
        }
    }

    #[test]
    fn no_kind_of_blank_is_left_and_the_meaning_stays() {
        let value =
            serde_json::json!({ "a": "INV 1\u{a0}\u{2003}\u{3000}\u{feff}\u{2028}\\ \" é" });
        let sent = without_blanks(serde_json::to_vec(&value).unwrap());
        let text = String::from_utf8(sent).unwrap();
        assert!(!text.contains(is_blank), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
