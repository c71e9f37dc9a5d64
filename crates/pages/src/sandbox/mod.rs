//! Pages of a sandbox: a counter to stand at, and the inbox of merchants that have no receiver.

mod inbox;
mod json;
mod receipt;
mod simulator;

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use self::{
    inbox::{Mail, Signature, inbox, mails},
    json::pretty,
    receipt::{Receipt, receipt},
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
}

/// What browsers may do with a page.
pub fn policy(place: Place) -> &'static Policy {
    static SIMULATORS: LazyLock<Policy> =
        LazyLock::new(|| Policy::new(STYLE, Some(SIMULATOR), true));
    static INBOXES: LazyLock<Policy> = LazyLock::new(|| Policy::new(STYLE, Some(INBOX), true));
    match place {
        Place::Simulator => &SIMULATORS,
        Place::Inbox => &INBOXES,
    }
}

fn page(place: Place, title: &str, body: &Markup) -> String {
    let script = match place {
        Place::Simulator => SIMULATOR,
        Place::Inbox => INBOX,
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
                    nav aria-label="Pages" {
                        a href="/simulator" aria-current=[current(Place::Simulator)] { "Counter" }
                        " "
                        a href="/inbox" aria-current=[current(Place::Inbox)] { "Inbox" }
                    }
                }
                main { (body) }
                script { (PreEscaped(script)) }
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
    fn a_page_stands_alone_and_its_policy_allows_what_stands_in_it() {
        let pages = [
            (Place::Simulator, SIMULATOR, simulator(&[("a".into(), "A".into())], &[], &[])),
            (Place::Inbox, INBOX, inbox(&[])),
        ];
        for (place, script, page) in pages {
            assert!(page.contains(&format!("<style>{STYLE}</style>")));
            assert!(page.contains(&format!("<script>{script}</script>")));
            assert!(!page.contains("src=") && !page.contains(" style=") && !page.contains("url("));
            assert_eq!(policy(place), &Policy::new(STYLE, Some(script), true));
        }
    }
}
