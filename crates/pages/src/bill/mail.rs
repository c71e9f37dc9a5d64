//! A mail: the account's language first, the other below it.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, html};

use super::{Occasion, Told, words::Words};
use crate::{Language, moment, rupiah};

/// A mail without its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// In the first language, one line.
    pub subject: String,
    /// For whoever reads no HTML.
    pub text: String,
    /// A whole document that loads nothing and runs nothing.
    pub html: String,
}

/// The most characters of a merchant's name in a subject.
const NAME_MAX: usize = 60;

/// The code is what is read out. It breaks between its groups where a screen is narrow.
const CODE: &str = "font-size:22px";

/// What `told` says on this occasion, in both languages.
pub fn mail(told: &Told, occasion: Occasion, first: Language) -> Mail {
    let languages = [first, first.other()];
    let name: String = told.merchant.chars().map(plain).take(NAME_MAX).collect();
    let subject = format!("{} {name}", Words::of(first).said(occasion).subject);
    let parts = languages.map(|language| plain_part(told, occasion, language));
    let text = parts.join("\n----------------------------------------\n\n");
    let body = html! {
        @for language in languages { (part(told, occasion, language)) }
    };
    Mail { subject: subject.clone(), text, html: document(&subject, first, &body) }
}

/// No line of a mail's head is broken by what somebody else wrote.
fn plain(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// What stands in a mail, line by line: a name and what it is.
fn lines(told: &Told, occasion: Occasion, language: Language) -> Vec<(&'static str, String)> {
    let words = Words::of(language);
    let mut amount = told.amount();
    if told.fee > 0 {
        // Writing to a string does not fail.
        let _ = write!(amount, " ({} {})", words.fee, rupiah(told.fee));
    }
    let mut lines = vec![(if occasion.asks() { words.to_pay } else { words.amount }, amount)];
    if occasion.asks() {
        lines.push((words.at, told.places()));
        lines.push((words.code, told.grouped()));
        lines.push((words.until, format!("{} WIB", moment(&told.until, language))));
    } else {
        if let Some(at) = &told.paid_at {
            let at = moment(at, language);
            lines.push((words.paid_at, format!("{at} WIB, {}", told.places())));
        }
        lines.push((words.code, told.grouped()));
    }
    lines.push((words.order, told.order.clone()));
    lines
}

fn steps(told: &Told, occasion: Occasion, language: Language) -> &[String] {
    match (occasion.asks(), language) {
        (false, _) => &[],
        (true, Language::Indonesian) => &told.steps_id,
        (true, Language::English) => &told.steps_en,
    }
}

const fn footer(words: &Words, occasion: Occasion) -> &'static str {
    if occasion.asks() { words.footer } else { words.footer_over }
}

fn plain_part(told: &Told, occasion: Occasion, language: Language) -> String {
    let words = Words::of(language);
    let mut text = String::new();
    if let Some(payer) = &told.payer {
        let _ = write!(text, "{} {payer},\n\n", words.greeting);
    }
    let _ = write!(text, "{}\n{}\n\n", told.merchant, words.said(occasion).lead);
    for (name, value) in lines(told, occasion, language) {
        let _ = writeln!(text, "{name}: {value}");
    }
    let steps = steps(told, occasion, language);
    if !steps.is_empty() {
        let _ = write!(text, "\n{}:\n", words.steps);
        for (no, step) in (1..).zip(steps) {
            let _ = writeln!(text, "{no}. {step}");
        }
    }
    let footer = footer(words, occasion);
    let _ = write!(text, "\n{}:\n{}\n\n{footer}\n", words.page, told.page);
    text
}

fn part(told: &Told, occasion: Occasion, language: Language) -> Markup {
    let words = Words::of(language);
    let steps = steps(told, occasion, language);
    html! {
        div lang=(language.tag()) style="margin:0 auto 16px;max-width:520px;padding:20px;background:#fff;border:1px solid #d5d8dd;border-radius:8px" {
            @if let Some(payer) = &told.payer {
                p { (words.greeting) " " (payer) "," }
            }
            h1 style="font-size:20px;margin:0 0 4px" { (told.merchant) }
            p { (words.said(occasion).lead) }
            @for (name, value) in lines(told, occasion, language) {
                p style="margin:0 0 10px" {
                    span style="color:#50565f;font-size:14px" { (name) }
                    br;
                    strong style=[(name == words.code).then_some(CODE)] { (value) }
                }
            }
            @if !steps.is_empty() {
                h2 style="font-size:16px" { (words.steps) }
                ol { @for step in steps { li { (step) } } }
            }
            p { a href=(told.page) style="color:#0b57d0" { (words.page) } }
            p style="color:#50565f;font-size:13px" { (footer(words, occasion)) }
        }
    }
}

fn document(title: &str, language: Language, body: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
            }
            body style="margin:0;padding:16px;background:#f2f3f5;color:#1b1f24;font-family:sans-serif;font-size:16px;line-height:1.45" {
                (body)
            }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    const OCCASIONS: [Occasion; 6] = [
        Occasion::Opened,
        Occasion::Reminder,
        Occasion::Paid,
        Occasion::Reversed,
        Occasion::Expired,
        Occasion::Cancelled,
    ];

    #[test]
    fn a_mail_says_everything_twice_and_nothing_in_it_runs() {
        let mail = mail(&sample(), Occasion::Opened, Language::Indonesian);
        assert_eq!(mail.subject, "Tagihan dari Toko <Demo>");
        for part in [
            "8127 7405 8887 0520",
            "Rp 103.000 (termasuk biaya Rp 3.000)",
            "Rp 103.000 (including a fee of Rp 3.000)",
            "Alfamart, Alfamidi",
            "21 November 2026 14.00 WIB",
            "21 November 2026, 14:00 WIB",
            "Datang ke kasir.",
            "Go to the counter.",
            "https://pay.example/pay/019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77",
        ] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
            assert!(mail.html.contains(part), "{part}: {}", mail.html);
        }
        assert!(mail.html.contains("Budi &lt;b&gt;Santoso&lt;/b&gt;"));
        assert!(mail.text.find("Yth.") < mail.text.find("Dear"));
        let english = super::mail(&sample(), Occasion::Opened, Language::English);
        assert!(english.text.find("Dear") < english.text.find("Yth."));
        assert!(english.subject.starts_with("Bill from"));
    }

    #[test]
    fn what_is_over_asks_for_nothing() {
        for occasion in OCCASIONS {
            let told = Told { paid_at: Some("2026-11-21 13:05:59".to_owned()), ..sample() };
            let mail = mail(&told, occasion, Language::English);
            assert_eq!(mail.text.contains("Pay before"), occasion.asks(), "{occasion:?}");
            assert_eq!(mail.text.contains("Do not pay"), !occasion.asks(), "{occasion:?}");
            for banned in ["<script", "src=", "url(", "@import", "<img", "<b>"] {
                assert!(!mail.html.contains(banned), "{banned}");
            }
        }
        let told = Told { paid_at: Some("2026-11-21 13:05:59".to_owned()), ..sample() };
        let receipt = mail(&told, Occasion::Paid, Language::Indonesian);
        assert!(receipt.text.contains("21 November 2026 13.05 WIB, Alfamart"), "{}", receipt.text);
    }

    #[test]
    fn a_name_cannot_break_a_line_of_the_head() {
        let told = Told { merchant: format!("Toko\r\nBcc: all{}", "x".repeat(200)), ..sample() };
        let subject = mail(&told, Occasion::Paid, Language::Indonesian).subject;
        assert!(!subject.contains(['\r', '\n']) && subject.chars().count() < 100, "{subject}");
    }
}
