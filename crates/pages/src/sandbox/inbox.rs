//! Notifications that merchants without a receiver would have got.

use maud::{Markup, html};

use super::{Bill, Place, bill, page, pretty, text};

/// A notification that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its place in the order of arrival.
    pub no: u64,
    /// When, as people read it.
    pub at: String,
    /// Whose, as people call it.
    pub merchant: String,
    /// In whose words it is.
    pub dialect: String,
    /// The payment, where it is known: its code, and its page.
    pub payment: Option<(String, String)>,
    /// Where it arrived: the path.
    pub path: String,
    /// What its signature came to.
    pub signature: Signature,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// What a payer would have got; then all about signatures says nothing.
    pub bill: Option<Bill>,
}

/// What a signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What differs, each a sentence; empty: it is right.
    pub differences: Vec<String>,
    /// The text that was signed, its secrets masked.
    pub signed: Option<String>,
}

/// The page. `clock` is what time it is in a sandbox whose clock is ahead.
pub fn inbox(clock: Option<&str>, newest_first: &[Mail]) -> String {
    let body = html! {
        h1 { "Inbox" }
        p.note {
            "What merchants are told that have set no notification URL, and what payers are told, newest "
            "first. Kept in memory only; the newest 500."
        }
        p #state role="status" {
            noscript { "Without its script this page shows what is new when it is loaded again." }
        }
        p.empty #empty hidden[!newest_first.is_empty()] {
            "Nothing has arrived yet. Open a payment, then pay it at the "
            a href="/simulator" { "counter" } "."
        }
        div.mails #mails { (list(newest_first)) }
    };
    page(Place::Inbox, clock, "Inbox", &body)
}

/// A part of the page: what is new on it.
pub fn mails(newest_first: &[Mail]) -> String {
    list(newest_first).into_string()
}

fn list(mails: &[Mail]) -> Markup {
    html! { @for mail in mails { (one(mail)) } }
}

/// A bill has no signature and is for a payer, not for a merchant.
fn bill_of(mail: &Mail, told: &Bill) -> Markup {
    html! {
        article.mail.good data-no=(mail.no) data-bill=(told.kind)
            data-bill-code=[mail.payment.as_ref().map(|(code, _)| code)] {
            h2.head {
                strong { (mail.merchant) " · " (mail.dialect) }
                span.when { "#" (mail.no) " · " (mail.at) " WIB" }
            }
            (bill::part(told))
            @if let Some((code, page)) = &mail.payment {
                p.head { span { "Payment " a href=(page) { (code) } } }
            }
        }
    }
}

fn one(mail: &Mail) -> Markup {
    if let Some(bill) = &mail.bill {
        return bill_of(mail, bill);
    }
    let is_right = mail.signature.differences.is_empty();
    html! {
        article class=(if is_right { "mail good" } else { "mail bad" }) data-no=(mail.no)
            data-code=[mail.payment.as_ref().map(|(code, _)| code)] data-right=(is_right) {
            h2.head {
                strong { (mail.merchant) " · " (mail.dialect) }
                span.when { "#" (mail.no) " · " (mail.at) " WIB" }
            }
            p.head {
                span.verdict { @if is_right { "Signature right" } @else { "Signature wrong" } }
                @if let Some((code, page)) = &mail.payment {
                    span { "Payment " a href=(page) { (code) } }
                    a href=(format!("/simulator?code={code}")) { "To the counter" }
                }
            }
            @if !is_right {
                ul { @for difference in &mail.signature.differences { li { (difference) } } }
            }
            (text("Body", &pretty(&mail.body)))
            details {
                summary { "Headers and what was signed" }
                p.note { "POST " (mail.path) }
                (text("Headers", &headers(&mail.headers)))
                @if let Some(signed) = &mail.signature.signed {
                    h3 { "What was signed" }
                    (text("What was signed", signed))
                }
            }
        }
    }
}

fn headers(headers: &[(String, String)]) -> String {
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_shows_everything_and_nothing_of_it_runs() {
        let mail = Mail {
            no: 7,
            at: "2026-11-21 14:00:00".to_owned(),
            merchant: "Toko <Demo>".to_owned(),
            dialect: "Midtrans".to_owned(),
            payment: Some(("8127".to_owned(), "/pay/1".to_owned())),
            path: "/inbox/hook/1".to_owned(),
            signature: Signature {
                differences: vec!["the <key> differs".to_owned()],
                signed: Some("a***".to_owned()),
            },
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: r#"{"a":"<script>"}"#.to_owned(),
            bill: None,
        };
        let page = inbox(None, std::slice::from_ref(&mail));
        for part in [
            "Toko &lt;Demo&gt;",
            "Signature wrong",
            "the &lt;key&gt; differs",
            "&quot;a&quot;: &quot;&lt;script&gt;&quot;",
            "content-type: application/json",
            "data-no=\"7\"",
            "href=\"/pay/1\"",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let right = Signature { differences: Vec::new(), signed: None };
        assert!(mails(&[Mail { signature: right, ..mail }]).contains("Signature right"));
    }

    #[test]
    fn a_bill_is_shown_as_text_and_led_to_as_a_page() {
        let bill = Bill {
            channel: "e-mail".to_owned(),
            kind: "opened".to_owned(),
            to: "budi@example.com".to_owned(),
            subject: Some("Bill from <Toko>".to_owned()),
            text: "<script>".to_owned(),
            page: Some("/inbox/bills/7".to_owned()),
        };
        let mail = Mail {
            no: 7,
            at: "2026-11-21 14:00:00".to_owned(),
            merchant: "Toko".to_owned(),
            dialect: "e-mail to the payer".to_owned(),
            payment: Some(("8127".to_owned(), "/pay/1".to_owned())),
            path: String::new(),
            signature: Signature { differences: Vec::new(), signed: None },
            headers: Vec::new(),
            body: String::new(),
            bill: Some(bill),
        };
        let page = mails(&[mail]);
        let parts =
            ["Bill from &lt;Toko&gt;", "&lt;script&gt;", "href=\"/inbox/bills/7\"", "opened"];
        for part in parts {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("Signature"), "{page}");
    }
}
