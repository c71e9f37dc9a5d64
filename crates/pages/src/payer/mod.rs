//! What a payer is shown: the amount, the code, where to bring the cash and until when, and what became
//! of it.

mod choose;
mod words;

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use self::choose::{Checkout, Choice, Stage, checkout};
use self::{choose::another, words::Words};
use crate::{Language, Policy, barcode, qr, rupiah};

const STYLE: &str = include_str!("style.css");
const LIVE: &str = include_str!("live.js");

/// What stands on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The page's own path, `/pay/...`, without a query.
    pub path: String,
    /// Who is paid.
    pub merchant: String,
    /// The merchant's name of the order.
    pub order: String,
    /// The payment code.
    pub code: String,
    /// What is handed over, in whole rupiah.
    pub total: i64,
    /// The part of it that is a fee, in whole rupiah; 0 for none.
    pub fee: i64,
    /// Where it is paid.
    pub retailer: String,
    /// How to pay there, one sentence for each step.
    pub steps: Vec<String>,
    /// Until when, as people read it.
    pub until: String,
    /// How much time is left, in milliseconds.
    pub left_ms: i64,
    /// What became of it.
    pub standing: Standing,
    /// Where else it can be paid, under another code of its order.
    pub elsewhere: Vec<Choice>,
    /// Whether what was chosen of these just now could not be had.
    pub failed: bool,
    /// Where the merchant wants its payer back.
    pub back: Option<String>,
    /// What time it is in a sandbox whose clock is ahead, as people read it.
    pub sandbox_time: Option<String>,
}

/// What became of a payment, as its payer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It waits for its cash.
    Pending,
    /// It is paid.
    Paid {
        /// When, as people read it.
        at: String,
        /// Until when the store can take it back, where it still can.
        revocable_until: Option<String>,
    },
    /// Its order was paid under another code.
    PaidByAnother,
    /// The store took it back.
    Reversed,
    /// The merchant withdrew it.
    Cancelled,
    /// Its time is over.
    Expired,
}

impl Standing {
    /// One word, by which the page notices that something happened.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid { revocable_until: Some(_), .. } => "paid",
            Self::Paid { revocable_until: None, .. } => "final",
            Self::PaidByAnother => "elsewhere",
            Self::Reversed => "reversed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    const fn class(&self) -> &'static str {
        match self {
            Self::Pending => "card open",
            Self::Paid { .. } => "card paid",
            Self::PaidByAnother | Self::Reversed | Self::Cancelled | Self::Expired => "card over",
        }
    }
}

/// Why there is no bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// No payment has this address.
    Unknown,
    /// It cannot be looked up at the moment.
    Busy,
}

/// What browsers may do with these pages.
pub fn policy() -> &'static Policy {
    static POLICY: LazyLock<Policy> =
        LazyLock::new(|| Policy::new(STYLE, Some(LIVE), true).with_forms());
    &POLICY
}

/// The page of a bill.
pub fn bill(bill: &Bill, language: Language) -> String {
    let words = Words::of(language);
    let body = html! {
        (header(&bill.merchant, &bill.path, bill.sandbox_time.as_deref(), language))
        (standing(bill, words, language))
        @if bill.standing == Standing::Pending {
            (how_to_pay(bill, words))
            @if !bill.elsewhere.is_empty() {
                (another(&bill.elsewhere, bill.failed, (&bill.path, bill.total), words, language))
            }
        }
        @if let Some(back) = &bill.back {
            p.screen { a.button href=(back) rel="noreferrer" { (words.back) } }
        }
        (footer(&bill.order, words))
    };
    page(&body, words.title, language)
}

/// Who is paid, and the way to the other language.
fn header(merchant: &str, path: &str, sandbox_time: Option<&str>, language: Language) -> Markup {
    let words = Words::of(language);
    let other = language.other();
    html! {
        header {
            h1 { (merchant) }
            a.screen href=(format!("{path}?lang={}", other.tag())) lang=(other.tag())
                hreflang=(other.tag()) rel="alternate" { (words.other_language) }
            @if let Some(time) = sandbox_time {
                p.moved { (words.sandbox_time) " " time { (time) " WIB" } }
            }
        }
    }
}

fn footer(order: &str, words: &Words) -> Markup {
    html! { footer { (words.order) ": " (order) } }
}

/// The page where there is no bill.
pub fn missing(missing: Missing, language: Language) -> String {
    let words = Words::of(language);
    let (title, more) = match missing {
        Missing::Unknown => (words.unknown, words.unknown_more),
        Missing::Busy => (words.busy, words.busy_more),
    };
    let body = html! { h1 { (title) } p { (more) } };
    page(&body, title, language)
}

fn standing(bill: &Bill, words: &Words, language: Language) -> Markup {
    let state = |text: &str| html! { p.state { (text) } };
    html! {
        section #standing class=(bill.standing.class()) role="status"
            data-standing=(bill.standing.word()) data-left=(bill.left_ms.max(0))
            data-ask=(format!("{}/standing", bill.path)) {
            @match &bill.standing {
                Standing::Pending => {
                    (state(words.waiting))
                    p.note { (words.until) " " strong { (bill.until) " WIB" } }
                    p.note.left.screen aria-live="off" {
                        (words.left) ": " span #left data-days=(words.days) { (rough(bill.left_ms, words)) }
                    }
                    // The script hides it: it looks by itself.
                    p.screen #again {
                        a href=(format!("{}?lang={}", bill.path, language.tag())) { (words.refresh) }
                    }
                }
                Standing::Paid { at, revocable_until } => {
                    (state(words.paid))
                    p.amount { (rupiah(bill.total)) }
                    p.note { (words.paid_at) " " (at) " WIB, " (bill.retailer) }
                    @if let Some(until) = revocable_until {
                        p.note { (words.final_from) " " (until) " WIB." }
                    }
                }
                Standing::PaidByAnother => { (state(words.paid_by_another)) p.note { (words.do_not_pay) } }
                Standing::Reversed => { (state(words.reversed)) p.note { (words.do_not_pay) } }
                Standing::Cancelled => { (state(words.cancelled)) p.note { (words.do_not_pay) } }
                Standing::Expired => {
                    (state(words.expired))
                    p.note { (words.expired_at) " " (bill.until) " WIB. " (words.do_not_pay) }
                }
            }
        }
    }
}

fn how_to_pay(bill: &Bill, words: &Words) -> Markup {
    html! {
        section.card {
            h2 { (words.to_pay) }
            p.amount { (rupiah(bill.total)) }
            @if bill.fee > 0 {
                p.note { (words.fee) " " (rupiah(bill.fee)) }
            }
            p.note { (words.pay_at) " " strong { (bill.retailer) } }
        }
        section.card {
            h2 { (words.code) }
            p.code { @for group in groups(&bill.code) { span { (group) } " " } }
            div.drawings {
                @if let Some(bars) = barcode(&bill.code, &format!("{} {}", words.barcode, bill.code)) { (bars) }
                @if let Some(square) = qr(&bill.code, &format!("{} {}", words.qr, bill.code)) { (square) }
            }
        }
        @if !bill.steps.is_empty() {
            section.card {
                h2 { (words.steps) }
                ol { @for step in &bill.steps { li { (step) } } }
            }
        }
    }
}

/// Characters by four, as people read them out.
fn groups(code: &str) -> Vec<String> {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect()).collect()
}

/// The time left to the minute, for whoever sees no clock ticking.
fn rough(left_ms: i64, words: &Words) -> String {
    let minutes = left_ms.max(0) / 60_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let clock = format!("{hours:02}:{minutes:02}");
    if days > 0 { format!("{days} {} {clock}", words.days) } else { clock }
}

fn page(body: &Markup, title: &str, language: Language) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (body) }
                script { (PreEscaped(LIVE)) }
            }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> Bill {
        Bill {
            path: "/pay/1".to_owned(),
            merchant: "Toko <Demo>".to_owned(),
            order: "order-1".to_owned(),
            code: "8127740588870520".to_owned(),
            total: 103_000,
            fee: 3_000,
            retailer: "Alfamart".to_owned(),
            steps: vec!["Datang ke kasir.".to_owned()],
            until: "21-11-2026 14:00".to_owned(),
            left_ms: 90_061_000,
            standing: Standing::Pending,
            elsewhere: Vec::new(),
            failed: false,
            back: Some("https://shop.example/back?a=1&b=2".to_owned()),
            sandbox_time: None,
        }
    }

    fn all() -> Vec<Standing> {
        let at = "21-11-2026 13:00".to_owned();
        let revocable_until = Some("21-11-2026 13:35".to_owned());
        vec![
            Standing::Pending,
            Standing::Paid { at: at.clone(), revocable_until },
            Standing::Paid { at, revocable_until: None },
            Standing::PaidByAnother,
            Standing::Reversed,
            Standing::Cancelled,
            Standing::Expired,
        ]
    }

    #[test]
    fn a_sandboxs_own_time_stands_in_the_header_while_it_differs() {
        let moved = "22-11-2026 13:00".to_owned();
        let moved = Bill { sandbox_time: Some(moved), ..pending() };
        for language in [Language::Indonesian, Language::English] {
            let header = |page: &str| page.split("</header>").next().unwrap().to_owned();
            assert!(header(&bill(&moved, language)).contains("22-11-2026 13:00 WIB"));
            assert!(!header(&bill(&pending(), language)).contains("sandbox"));
        }
    }

    #[test]
    fn a_page_says_all_that_a_payer_needs() {
        let page = bill(&pending(), Language::Indonesian);
        for part in [
            "<html lang=\"id\">",
            "Toko &lt;Demo&gt;",
            "Rp 103.000",
            "termasuk biaya Rp 3.000",
            "<span>8127</span> <span>7405</span>",
            "aria-label=\"Barcode kode pembayaran 8127740588870520\"",
            "Datang ke kasir.",
            "sebelum <strong>21-11-2026 14:00 WIB",
            "1 hari 01:01",
            "class=\"barcode\"",
            "class=\"qr\"",
            "noindex",
            "href=\"/pay/1?lang=en\"",
            "https://shop.example/back?a=1&amp;b=2",
            "data-left=\"90061000\"",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let english = bill(&pending(), Language::English);
        assert!(english.contains("<html lang=\"en\">") && english.contains("Amount to pay"));
    }

    #[test]
    fn who_may_still_pay_may_be_offered_another_store() {
        let choice = Choice {
            key: "indomaret".to_owned(),
            name: "Indomaret".to_owned(),
            also: Vec::new(),
            total: 103_000,
        };
        for standing in all() {
            let is_open = standing == Standing::Pending;
            let elsewhere = vec![choice.clone()];
            let page = bill(&Bill { standing, elsewhere, ..pending() }, Language::English);
            assert_eq!(page.contains("action=\"/pay/1?lang=en\""), is_open);
        }
        assert!(!bill(&pending(), Language::English).contains("<form"));
    }

    #[test]
    fn only_who_may_still_pay_sees_a_code() {
        for standing in all() {
            let page = bill(&Bill { standing: standing.clone(), ..pending() }, Language::English);
            let open = standing == Standing::Pending;
            assert_eq!(page.contains("8127"), open, "{standing:?}");
            assert!(page.contains(&format!("data-standing=\"{}\"", standing.word())));
        }
    }

    #[test]
    fn every_page_is_small_and_alone() {
        let mut pages: Vec<String> = Vec::new();
        for language in [Language::Indonesian, Language::English] {
            pages.extend(
                all().into_iter().map(|standing| bill(&Bill { standing, ..pending() }, language)),
            );
            pages.extend([Missing::Unknown, Missing::Busy].map(|why| missing(why, language)));
        }
        for page in pages {
            assert!(page.len() < 60 * 1_024, "{} bytes", page.len());
            assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("url("));
            // What the policy allows is what stands in the page.
            assert!(page.contains(&format!("<style>{STYLE}</style>")));
            assert!(page.contains(&format!("<script>{LIVE}</script>")));
        }
    }
}
