//! Where a payer chooses the store: before there is a code, and for another code later.

use maud::{Markup, html};

use super::{footer, header, page, words::Words};
use crate::{Language, rupiah};

/// A store that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent for it.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Other stores that take the same code.
    pub also: Vec<String>,
    /// What is handed over there, in whole rupiah.
    pub total: i64,
}

/// What stands on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The page's own path, `/checkout/...`, without a query.
    pub path: String,
    /// Who is paid.
    pub merchant: String,
    /// The merchant's name of the order.
    pub order: String,
    /// What the merchant asks for, in whole rupiah.
    pub amount: i64,
    /// Until when a store can be chosen, as people read it.
    pub until: String,
    /// Whether one can be chosen.
    pub stage: Stage,
    /// Where the merchant wants its payer back.
    pub back: Option<String>,
    /// What time it is in a sandbox whose clock is ahead, as people read it.
    pub sandbox_time: Option<String>,
}

/// Whether a store can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// One of these. Empty: none of them takes payments at the moment.
    Open(Vec<Choice>),
    /// The merchant withdrew it.
    Cancelled,
    /// Its time is over.
    Expired,
    /// The merchant sent another link for the same order, or opened its payment otherwise.
    Replaced,
}

/// The page of a checkout. `failed`: what was chosen just now could not be had.
pub fn checkout(checkout: &Checkout, failed: bool, language: Language) -> String {
    let words = Words::of(language);
    let over = |state: &str, more: &str| {
        html! {
            section.card.over #standing role="status" data-standing="closed" {
                p.state { (state) }
                p.note { (more) }
            }
        }
    };
    let is_open = matches!(checkout.stage, Stage::Open(_));
    let body = html! {
        (header(&checkout.merchant, &checkout.path, checkout.sandbox_time.as_deref(), language))
        @if is_open {
            section.card {
                h2 { (words.to_pay) }
                p.amount { (rupiah(checkout.amount)) }
            }
        }
        @match &checkout.stage {
            Stage::Open(choices) if choices.is_empty() => {
                (over(words.no_choice, words.no_choice_more))
            }
            Stage::Open(choices) => {
                section.card.open {
                    h2 { (words.choose) }
                    p.note { (words.choose_more) }
                    @if failed { (sorry(words)) }
                    (form(choices, &checkout.path, checkout.amount, words, language))
                    p.note { (words.choose_until) " " strong { (checkout.until) " WIB" } }
                }
            }
            Stage::Cancelled => (over(words.cancelled, words.closed_more)),
            Stage::Expired => (over(words.expired, words.closed_more)),
            Stage::Replaced => (over(words.replaced, words.replaced_more)),
        }
        @if let Some(back) = &checkout.back {
            // Where there is something to choose, going back is the lesser thing.
            p.screen { a.button.quiet[is_open] href=(back) rel="noreferrer" { (words.back) } }
        }
        (footer(&checkout.order, words))
    };
    page(&body, words.title, language)
}

/// Another code for an order that has one.
pub(super) fn another(
    choices: &[Choice],
    failed: bool,
    (path, total): (&str, i64),
    words: &Words,
    language: Language,
) -> Markup {
    html! {
        section.card.screen #another {
            h2 { (words.another) }
            p.note { (words.another_more) }
            @if failed { (sorry(words)) }
            (form(choices, path, total, words, language))
        }
    }
}

fn sorry(words: &Words) -> Markup {
    html! { p.sorry role="alert" { (words.not_there) } }
}

/// A button for each store; one press sends it. `usual` is what is handed over where nothing is said.
fn form(choices: &[Choice], path: &str, usual: i64, words: &Words, language: Language) -> Markup {
    html! {
        form.screen method="post" action=(format!("{path}?lang={}", language.tag())) {
            @for choice in choices {
                button.choice name="retailer" value=(choice.key) {
                    strong { (choice.name) }
                    @if choice.total != usual {
                        span { (words.to_pay) " " (rupiah(choice.total)) }
                    }
                    @if !choice.also.is_empty() {
                        span { (words.also) " " (choice.also.join(", ")) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payer::{LIVE, STYLE};

    fn choice(key: &str, also: &[&str], total: i64) -> Choice {
        Choice {
            key: key.to_owned(),
            name: format!("Toko <{key}>"),
            also: also.iter().map(|name| (*name).to_owned()).collect(),
            total,
        }
    }

    fn open() -> Checkout {
        Checkout {
            path: "/checkout/1".to_owned(),
            merchant: "Toko <Demo>".to_owned(),
            order: "order-1".to_owned(),
            amount: 103_000,
            until: "21 November 2026 14.00".to_owned(),
            stage: Stage::Open(vec![
                choice("alfamart", &["Alfamidi", "DAN+DAN"], 103_000),
                choice("indomaret", &[], 105_500),
            ]),
            back: Some("https://shop.example/?order_id=order-1&x=1".to_owned()),
            sandbox_time: None,
        }
    }

    #[test]
    fn a_payer_sees_what_it_costs_where_it_can_be_paid_and_until_when_to_choose() {
        let page = checkout(&open(), false, Language::Indonesian);
        for part in [
            "<html lang=\"id\">",
            "Toko &lt;Demo&gt;",
            "Rp 103.000",
            "method=\"post\" action=\"/checkout/1?lang=id\"",
            "name=\"retailer\" value=\"alfamart\"><strong>Toko &lt;alfamart&gt;</strong>",
            "Alfamidi, DAN+DAN",
            "Rp 105.500",
            "21 November 2026 14.00 WIB",
            "https://shop.example/?order_id=order-1&amp;x=1",
            "order-1",
            "href=\"/checkout/1?lang=en\"",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        // What it costs where it costs the usual is said once.
        assert_eq!(page.matches("Rp 103.000").count(), 1);
        assert!(!page.contains("role=\"alert\""));
        assert!(checkout(&open(), true, Language::English).contains("role=\"alert\""));
    }

    #[test]
    fn what_is_over_offers_nothing_and_every_page_is_small_and_alone() {
        let stages = [Stage::Open(Vec::new()), Stage::Cancelled, Stage::Expired, Stage::Replaced];
        for language in [Language::Indonesian, Language::English] {
            let over = stages.iter().map(|stage| Checkout { stage: stage.clone(), ..open() });
            let over: Vec<_> = over.map(|over| checkout(&over, true, language)).collect();
            for page in &over {
                assert!(!page.contains("<form") && page.contains("data-standing=\"closed\""));
            }
            for page in over.iter().chain([&checkout(&open(), true, language)]) {
                assert!(page.len() < 60 * 1_024, "{} bytes", page.len());
                assert!(!page.contains("src=") && !page.contains(" style="));
                assert!(page.contains(&format!("<style>{STYLE}</style>")));
                assert!(page.contains(&format!("<script>{LIVE}</script>")));
            }
        }
    }
}
