//! Requests that were not believed, and why.

use maud::{Markup, PreEscaped, html};

use super::{
    Place, page,
    visible::{prose, quoted, visible},
};

/// A request that was not believed, as a line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its place in the order of arrival.
    pub no: u64,
    /// When, as people read it; by the real clock.
    pub at: String,
    /// In whose words it was sent.
    pub title: String,
    /// Under which public name, where there is one.
    pub who: Option<String>,
    /// Its method and path.
    pub request: String,
    /// What is wrong, in one sentence.
    pub finding: String,
}

/// Everything that is known of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the list says.
    pub failure: Failure,
    /// What is wrong besides.
    pub besides: Vec<String>,
    /// How such requests are signed.
    pub scheme: String,
    /// The text that the server signed.
    pub signed: Option<Signed>,
    /// What else counts, each with its name.
    pub parts: Vec<(String, String)>,
    /// The signature as it came.
    pub given: Option<String>,
    /// The one that would have been right.
    pub expected: Option<String>,
    /// The mistakes that were looked for, and whether each was made.
    pub tried: Vec<(String, bool)>,
    /// What came of comparing a text of the developer's own.
    pub compared: Option<Compared>,
}

/// A text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The text, its secrets masked.
    pub text: String,
    /// Its length in bytes, secrets included.
    pub length: usize,
    /// Its SHA-256 in hexadecimal digits, secrets included.
    pub sha256: String,
    /// Its pieces by name.
    pub parts: Vec<(String, String)>,
}

/// What came of comparing a text of the developer's own with the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The text as it was given.
    pub own: String,
    /// Its length in bytes.
    pub length: usize,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Where the two part; none: they are the same.
    pub apart: Option<Apart>,
    /// What follows from it.
    pub sentence: String,
}

/// Where two texts part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// The byte, counted from 1.
    pub byte: usize,
    /// The part of the text it lies in.
    pub part: Option<String>,
    /// What both have before it.
    pub before: String,
    /// How the server's goes on.
    pub ours: String,
    /// How the developer's goes on.
    pub theirs: String,
}

/// The list. `clock` is what time it is in a sandbox whose clock is ahead.
pub fn signatures(clock: Option<&str>, newest_first: &[Failure]) -> String {
    let body = html! {
        h1 { "Signatures" }
        p.note {
            "Requests that were not believed, newest first: what the server signed, and which mistake "
            "explains what came. Kept in memory only, in a sandbox only; the newest 500."
        }
        p { a href="/signature" { "Look again" } }
        @if newest_first.is_empty() {
            p.empty {
                "Every request so far was believed. One with a wrong key or signature is explained here."
            }
        }
        div.mails { @for failure in newest_first { (line(failure)) } }
    };
    page(Place::Signature, clock, "Signatures", &body)
}

fn line(failure: &Failure) -> Markup {
    html! {
        article.mail.bad data-no=(failure.no) {
            h2.head {
                strong {
                    (failure.title)
                    @if let Some(who) = &failure.who { " · " (who) }
                }
                span.when { "#" (failure.no) " · " (failure.at) " WIB" }
            }
            p.finding { (prose(&failure.finding)) }
            p.head {
                code { (failure.request) }
                a href=(format!("/signature/{}", failure.no)) {
                    "Look into #" (failure.no)
                }
            }
        }
    }
}

/// One of them.
pub fn signature(clock: Option<&str>, explanation: &Explanation) -> String {
    let failure = &explanation.failure;
    let title = format!("Signature #{}", failure.no);
    let body = html! {
        p { a href="/signature" { "All requests that were not believed" } }
        h1 { (title) }
        p.note {
            (failure.title)
            @if let Some(who) = &failure.who { " · " (who) }
            " · " (failure.at) " WIB · " code { (failure.request) }
        }
        section.card.finding aria-labelledby="finding" {
            h2 #finding { "What is wrong" }
            p { (prose(&failure.finding)) }
            @for other in &explanation.besides { p { (prose(other)) } }
            p.note { "How it is signed: " (quoted(&explanation.scheme)) "." }
        }
        @if let Some(compared) = &explanation.compared { (comparison(compared)) }
        div.grid.two {
            div.column {
                @if let Some(signed) = &explanation.signed { (signed_text(signed)) }
                (values(explanation))
                @if explanation.signed.is_some() { (form(explanation)) }
            }
            (tried(&explanation.tried))
        }
    };
    page(Place::Signature, clock, &title, &body)
}

/// What there is where nothing is.
pub fn no_signature(clock: Option<&str>) -> String {
    let body = html! {
        h1 { "Signatures" }
        p.empty { "There is nothing under this number: it was never given, or it is forgotten." }
        p { a href="/signature" { "All requests that were not believed" } }
    };
    page(Place::Signature, clock, "Signatures", &body)
}

fn signed_text(signed: &Signed) -> Markup {
    html! {
        section.card aria-labelledby="signed" {
            h2 #signed { "What the server signed" }
            (marked("What the server signed", &signed.text))
            p.note {
                (signed.length) " bytes, SHA-256 " code { (signed.sha256) }
                ". A secret's characters are stars here, and counted as they are. "
                code { "·" } " is a blank, " code { "↵" } " a line end."
            }
            dl.parts { @for (name, value) in &signed.parts { dt { (name) } dd { (inline(value)) } } }
        }
    }
}

fn values(explanation: &Explanation) -> Markup {
    html! {
        section.card aria-labelledby="came" {
            h2 #came { "What came" }
            dl.parts {
                @for (name, value) in &explanation.parts { dt { (name) } dd { (inline(value)) } }
                @if let Some(given) = &explanation.given {
                    dt { "signature, as it came" } dd { (inline(given)) }
                }
                @if let Some(expected) = &explanation.expected {
                    dt { "expected" } dd { (inline(expected)) }
                }
            }
        }
    }
}

fn tried(tried: &[(String, bool)]) -> Markup {
    html! {
        section.card.tries aria-labelledby="tried" {
            h2 #tried { "What was tried" }
            @if tried.is_empty() {
                p.note { "Nothing: what is wrong is plain without it." }
            } @else {
                p.note { (tried.len()) " usual mistakes, alone and two at a time." }
            }
            ul.tried {
                @for (what, fits) in tried.iter().filter(|(_, fits)| *fits) { (mistake(what, *fits)) }
            }
            @let others: Vec<_> = tried.iter().filter(|(_, fits)| !fits).collect();
            @if !others.is_empty() {
                details {
                    summary { (others.len()) " that were not made" }
                    ul.tried { @for (what, fits) in others { (mistake(what, *fits)) } }
                }
            }
        }
    }
}

fn mistake(what: &str, fits: bool) -> Markup {
    html! {
        li class=[fits.then_some("made")] { @if fits { strong { "This was it: " } } (quoted(what)) }
    }
}

fn form(explanation: &Explanation) -> Markup {
    let own = explanation.compared.as_ref().map(|compared| compared.own.as_str());
    html! {
        section.card aria-labelledby="compare" {
            h2 #compare { "Compare with yours" }
            form method="post" action=(format!("/signature/{}", explanation.failure.no)) {
                label for="string" { "The text that you signed, before it was hashed" }
                textarea #string name="string" rows="6" spellcheck="false" autocomplete="off" {
                    // A form's reader drops the first line end.
                    "\n" (own.unwrap_or_default())
                }
                div.row { button.main { "Compare" } }
            }
            p.note {
                "A browser sends every line end as LF here; "
                code { "POST /sandbox/v1/signatures/" (explanation.failure.no) }
                " compares any text to the byte."
            }
        }
    }
}

fn comparison(compared: &Compared) -> Markup {
    let class = if compared.apart.is_some() { "card apart" } else { "card same" };
    html! {
        section class=(class) #compared aria-labelledby="compared-title" {
            h2 #compared-title { "Your text and the server's" }
            p { (compared.sentence) }
            @if let Some(apart) = &compared.apart {
                p {
                    "They part at byte " strong { (apart.byte) }
                    @if let Some(part) = &apart.part { ", in the " strong { (part) } }
                    "."
                }
                h3 { "The server's" }
                (sides("The server's text", &apart.before, &apart.ours))
                h3 { "Yours" }
                (sides("Your text", &apart.before, &apart.theirs))
            }
            p.note { "Yours: " (compared.length) " bytes, SHA-256 " code { (compared.sha256) } "." }
        }
    }
}

/// A side of two that differ, the rest marked.
fn sides(label: &str, before: &str, rest: &str) -> Markup {
    html! {
        pre tabindex="0" role="group" aria-label=(label) {
            (PreEscaped(visible(before)))
            @let (differs, later) = rest.split_at(rest.find('\n').map_or(rest.len(), |at| at + 1));
            mark { @if rest.is_empty() { "(ends here)" } @else { (PreEscaped(visible(differs))) } }
            (PreEscaped(visible(later)))
        }
    }
}

fn marked(label: &str, text: &str) -> Markup {
    html! { pre tabindex="0" role="group" aria-label=(label) { (PreEscaped(visible(text))) } }
}

fn inline(value: &str) -> Markup {
    html! { code { (PreEscaped(visible(value))) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explanation() -> Explanation {
        Explanation {
            failure: Failure {
                no: 7,
                at: "2026-11-21 14:00:00".to_owned(),
                title: "Ayolinx".to_owned(),
                who: Some("CK-<1>".to_owned()),
                request: "POST /v1.0/retail/create?<x>".to_owned(),
                finding: "you signed `<b>`".to_owned(),
            },
            besides: vec!["your clock is 8 minutes behind".to_owned()],
            scheme: "HMAC".to_owned(),
            signed: Some(Signed {
                text: "POST:\n\u{feff}<script>\t***".to_owned(),
                length: 23,
                sha256: "ab12".to_owned(),
                parts: vec![("method".to_owned(), "POST".to_owned())],
            }),
            parts: vec![("X-TIMESTAMP".to_owned(), "a b".to_owned())],
            given: Some("<given>".to_owned()),
            expected: Some("expected==".to_owned()),
            tried: vec![("it was <this>".to_owned(), true), ("not this".to_owned(), false)],
            compared: None,
        }
    }

    #[test]
    fn everything_is_shown_and_nothing_of_it_runs() {
        let page = signature(None, &explanation());
        for part in [
            "<p>You signed <code>&lt;b&gt;</code>.</p>",
            "<p>Your clock is 8 minutes behind.</p>",
            "POST:<i>↵</i>\n<i>U+FEFF</i>&lt;script&gt;<i>→</i>***",
            "23 bytes, SHA-256 <code>ab12</code>",
            "a<i>·</i>b",
            "&lt;given&gt;",
            "expected==",
            "This was it: </strong>it was &lt;this&gt;",
            "<summary>1 that were not made</summary>",
            "action=\"/signature/7\"",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("<script"), "{page}");
        let list = signatures(None, &[explanation().failure]);
        assert!(list.contains("CK-&lt;1&gt;") && list.contains("href=\"/signature/7\""), "{list}");
        assert!(signatures(None, &[]).contains("Every request so far was believed"));
    }

    #[test]
    fn two_texts_that_part_are_marked() {
        let apart = Apart {
            byte: 5,
            part: Some("path".to_owned()),
            before: "a b".to_owned(),
            ours: String::new(),
            theirs: "\nc".to_owned(),
        };
        let compared = Compared {
            own: "a b\n".to_owned(),
            length: 4,
            sha256: "cd".to_owned(),
            apart: Some(apart),
            sentence: "They differ.".to_owned(),
        };
        let page = signature(None, &Explanation { compared: Some(compared), ..explanation() });
        assert!(page.contains("a<i>·</i>b<mark>(ends here)</mark>"), "{page}");
        assert!(page.contains("a<i>·</i>b<mark><i>↵</i>\n</mark>c</pre>"), "{page}");
        assert!(
            page.contains("They part at byte <strong>5</strong>, in the <strong>path</strong>")
        );
    }
}
