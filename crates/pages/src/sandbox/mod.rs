//! Pages of a sandbox: a counter to stand at, and the inbox of merchants that have no receiver.

mod bill;
mod inbox;
mod json;
mod receipt;
mod signature;
mod simulator;
mod visible;

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use self::{
    bill::Bill,
    inbox::{Mail, Signature, inbox, mails},
    json::pretty,
    receipt::{Receipt, receipt},
    signature::{
        Apart, Compared, Explanation, Failure, Signed, no_signature, signature, signatures,
    },
    simulator::{Answered, Button, Screen, Told, answered, screen, simulator, told},
};
use crate::Policy;

const STYLE: &str = include_str!("style.css");
const INBOX: &str = include_str!("inbox.js");
const SIMULATOR: &str = include_str!("simulator.js");

/// Which page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The counter.
    Simulator,
    /// The inbox.
    Inbox,
    /// Requests that were not believed.
    Signature,
}

/// What browsers may do with a page.
pub fn policy(place: Place) -> &'static Policy {
    static SIMULATORS: LazyLock<Policy> =
        LazyLock::new(|| Policy::new(STYLE, Some(SIMULATOR), true));
    static INBOXES: LazyLock<Policy> = LazyLock::new(|| Policy::new(STYLE, Some(INBOX), true));
    static SIGNATURES: LazyLock<Policy> =
        LazyLock::new(|| Policy::new(STYLE, None, false).with_forms());
    match place {
        Place::Simulator => &SIMULATORS,
        Place::Inbox => &INBOXES,
        Place::Signature => &SIGNATURES,
    }
}

/// `clock` is what time it is in a sandbox whose clock is ahead, as people read it, and how far.
fn page(place: Place, clock: Option<&str>, title: &str, body: &Markup) -> String {
    let script = match place {
        Place::Simulator => Some(SIMULATOR),
        Place::Inbox => Some(INBOX),
        Place::Signature => None,
    };
    let current = |other: Place| (other == place).then_some("page");
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) " · Gerai sandbox" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.bar {
                    strong { "Gerai sandbox" }
                    // The pages' scripts keep it as it is told with whatever is new.
                    p #clock hidden[clock.is_none()] {
                        "Clock moved: " span { (clock.unwrap_or_default()) }
                    }
                    nav aria-label="Pages" {
                        a href="/simulator" aria-current=[current(Place::Simulator)] { "Counter" }
                        " "
                        a href="/inbox" aria-current=[current(Place::Inbox)] { "Inbox" }
                        " "
                        a href="/signature" aria-current=[current(Place::Signature)] { "Signatures" }
                    }
                }
                main { (body) }
                @if let Some(script) = script { script { (PreEscaped(script)) } }
            }
        }
    };
    markup.into_string()
}

/// A message's text that can be scrolled with the keyboard.
fn text(label: &str, text: &str) -> Markup {
    html! { pre tabindex="0" role="group" aria-label=(label) { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_stands_in_the_header() {
        let moved = inbox(Some("2026-11-22 14:00:00 WIB, 1d ahead"), &[]);
        assert!(moved.contains("<span>2026-11-22 14:00:00 WIB, 1d ahead</span>"), "{moved}");
        assert!(!moved.contains("id=\"clock\" hidden"), "{moved}");
        let right = inbox(None, &[]);
        assert!(right.contains("id=\"clock\" hidden"), "{right}");
    }

    #[test]
    fn a_page_stands_alone_and_its_policy_allows_what_stands_in_it() {
        let pages = [
            (
                Place::Simulator,
                SIMULATOR,
                simulator(None, &[("a".into(), "A".into())], &[], &[], &[]),
            ),
            (Place::Inbox, INBOX, inbox(None, &[])),
        ];
        for (place, script, page) in pages {
            assert!(page.contains(&format!("<style>{STYLE}</style>")));
            assert!(page.contains(&format!("<script>{script}</script>")));
            assert!(!page.contains("src=") && !page.contains(" style=") && !page.contains("url("));
            assert_eq!(policy(place), &Policy::new(STYLE, Some(script), true));
        }
        // A page without scripts has forms.
        let page = signatures(None, &[]);
        assert!(page.contains(&format!("<style>{STYLE}</style>")) && !page.contains("<script"));
        let forms = policy(Place::Signature).as_str();
        assert!(forms.contains("form-action 'self'") && !forms.contains("script-src"), "{forms}");
    }
}
