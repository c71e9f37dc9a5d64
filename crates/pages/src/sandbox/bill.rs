//! Bills in the inbox.

use maud::{Markup, html};

use super::text;

/// What a payer would have got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// By which way, as people write it.
    pub channel: String,
    /// What it says: `opened`.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// A mail's subject.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// Where a mail's HTML is looked at.
    pub page: Option<String>,
}

/// Its part of the article.
pub(super) fn part(bill: &Bill) -> Markup {
    html! {
        p.head {
            span.verdict { (bill.channel) " · " (bill.kind) }
            span { "To " (bill.to) }
            @if let Some(page) = &bill.page {
                a href=(page) target="_blank" rel="noopener" { "As the payer sees it" }
            }
        }
        @if let Some(subject) = &bill.subject { p { strong { (subject) } } }
        (text("Message", &bill.text))
    }
}
