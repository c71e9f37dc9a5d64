//! A counter to stand at: what the cashier sees, what can go wrong, and what goes over both wires.

use maud::{Markup, html};

use super::{Place, page, pretty, text};
use crate::rupiah;

/// Something that can be done at the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What is asked for: the last part of the path.
    pub act: String,
    /// What stands on it.
    pub label: String,
    /// What happens then, and what should come of it.
    pub hint: String,
}

/// What the cashier sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The retailer whose counter it is.
    pub retailer: String,
    /// The answer's code; none where the till heard nothing.
    pub code: Option<String>,
    /// The sentence on the screen, in Indonesian.
    pub cashier_text: String,
    /// Who is paid, who pays, and the like.
    pub fields: Vec<(String, String)>,
    /// Whole rupiah: amount, fee and both, where they are known.
    pub sums: Option<(i64, i64, i64)>,
    /// The receipt's lines; none where nothing is printed.
    pub receipt: Option<Vec<String>>,
}

/// A message of a counter, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its place in the order of all.
    pub no: u64,
    /// When, as people read it.
    pub at: String,
    /// Which counter sent it.
    pub counter: String,
    /// Method and path.
    pub call: String,
    /// The request's body.
    pub request: String,
    /// The answer's body, and its code; none where nothing was decided.
    pub answer: Option<(String, String)>,
    /// Whether the till heard the answer.
    pub arrived: bool,
}

/// An attempt to tell a merchant, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its place in the order of all.
    pub no: i64,
    /// When, as people read it.
    pub at: String,
    /// Where it went.
    pub url: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// The request's body.
    pub request: String,
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// The answer's body.
    pub answer: String,
    /// What it came to, in a sentence.
    pub verdict: String,
}

/// The page. `clock` is what time it is in a sandbox whose clock is ahead; `retailers` are keys and
/// names, `steps` those of a refund code's pay-out.
pub fn simulator(
    clock: Option<&str>,
    retailers: &[(String, String)],
    buttons: &[Button],
    mishaps: &[Button],
    steps: &[Button],
) -> String {
    let body = html! {
        h1 { "Till simulator" }
        p.note {
            "Stand at a counter: read out a payment code, take the cash, and let go wrong what goes "
            "wrong in real life."
        }
        noscript { p { "This page needs its script. Without it: POST /sandbox/v1/payments/CODE/pay." } }
        div.grid.desk {
            div.column {
                (desk(retailers, buttons))
                section.card.wrong {
                    h2 #wrong { "What goes wrong" }
                    ul.mishaps aria-labelledby="wrong" {
                        @for button in mishaps {
                            li {
                                button type="button" data-act=(button.act) {
                                    span.label { (button.label) }
                                    " "
                                    small { (button.hint) }
                                }
                            }
                        }
                    }
                }
                (pay_out(steps))
            }
            div.column {
                section.card #cashier {
                    h2 { "What the cashier sees" }
                    p #told role="status" {}
                    div #screen lang="id" { div.till { p.told { "Scan atau ketik kode pembayaran." } } }
                }
                div.grid.two.wires {
                    section.card {
                        h2 { "Counter ⇄ Gerai" }
                        p.empty #no-counter { "No message yet." }
                        ol.wire #counter reversed {}
                    }
                    section.card {
                        h2 { "Gerai ⇄ merchant" }
                        p.empty #no-merchant { "No notification yet." }
                        ol.wire #merchant reversed {}
                    }
                }
            }
        }
    };
    page(Place::Simulator, clock, "Till simulator", &body)
}

fn desk(retailers: &[(String, String)], buttons: &[Button]) -> Markup {
    html! {
        section.card {
            h2 { "Counter" }
            label for="retailer" { "Retailer" }
            select #retailer {
                option value="" { "The payment’s own" }
                @for (key, name) in retailers { option value=(key) { (name) } }
            }
            label for="code" { "Payment code" }
            input #code name="code" autocomplete="off" inputmode="text" maxlength="40"
                placeholder="latest" aria-describedby="code-hint";
            p.note #code-hint { "Type, scan or paste it. Empty: the payment that was opened last." }
            div.row {
                @for (index, button) in buttons.iter().enumerate() {
                    button type="button" class=[(index == 1).then_some("main")] data-act=(button.act)
                        title=(button.hint) { (button.label) }
                }
            }
        }
    }
}

/// The desk where cash is given back.
fn pay_out(steps: &[Button]) -> Markup {
    html! {
        section.card.refund {
            details {
                summary { "Cash back for a refund code" }
                p.note {
                    "Codes and PINs come from " code { "gerai unapplied refund N --code" } "."
                }
                label for="refund" { "Refund code" }
                input #refund autocomplete="off" inputmode="numeric" maxlength="40";
                label for="pin" { "PIN" }
                input #pin autocomplete="off" inputmode="numeric" maxlength="6";
                div.row {
                    @for (index, button) in steps.iter().enumerate() {
                        // Only what is reserved can be handed over or kept.
                        button type="button" data-step=(button.act) title=(button.hint)
                            disabled[index > 0] { (button.label) }
                    }
                }
            }
        }
    }
}

/// A part of the page: what the cashier sees.
pub fn screen(screen: &Screen) -> String {
    let is_approved = screen.code.as_deref() == Some("00");
    let markup = html! {
        div class=(if is_approved { "till" } else { "till no" }) data-code=[screen.code.as_deref()] {
            p.told { (screen.cashier_text) }
            dl {
                dt { "Gerai" } dd { (screen.retailer) }
                @if let Some(code) = &screen.code { dt { "Kode jawaban" } dd { (code) } }
                @for (name, value) in &screen.fields { dt { (name) } dd { (value) } }
                @if let Some((amount, fee, total)) = screen.sums {
                    dt { "Jumlah" } dd { (rupiah(amount)) }
                    dt { "Biaya" } dd { (rupiah(fee)) }
                    dt { "Total" } dd { strong { (rupiah(total)) } }
                }
            }
        }
        @if let Some(lines) = &screen.receipt {
            pre.receipt tabindex="0" role="group" aria-label="Receipt" { (lines.join("\n")) }
        }
    };
    markup.into_string()
}

/// A part of the page: messages of counters.
pub fn answered(newest_first: &[Answered]) -> String {
    let markup = html! {
        @for message in newest_first {
            @let code = message.answer.as_ref().map(|(_, code)| code.as_str());
            @let is_good = message.arrived && code == Some("00");
            li class=(if is_good { "good" } else { "bad" }) data-no=(message.no) {
                p.head {
                    strong { (message.call) }
                    span.when { "till " (message.counter) " · " (message.at) " WIB" }
                }
                (text("Request", &pretty(&message.request)))
                p.head {
                    span.verdict {
                        @match (&message.answer, message.arrived) {
                            (None, _) => "No answer: nothing was decided",
                            (Some(_), false) => "The answer below was lost on its way",
                            (Some((_, code)), true) => { "Answer " (code) }
                        }
                    }
                }
                @if let Some((body, _)) = &message.answer { (text("Answer", &pretty(body))) }
            }
        }
    };
    markup.into_string()
}

/// A part of the page: attempts to tell the merchant.
pub fn told(newest_first: &[Told]) -> String {
    let markup = html! {
        @for told in newest_first {
            @let is_good = told.status.is_some_and(|status| (200..300).contains(&status));
            li class=(if is_good { "good" } else { "bad" }) data-no=(told.no) {
                p.head {
                    strong { "POST " (told.url) }
                    span.when { (told.at) " WIB" }
                }
                (text("Notification", &pretty(&told.request)))
                details {
                    summary { "Headers" }
                    @let lines: Vec<_> =
                        told.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                    (text("Headers of the notification", &lines.join("\n")))
                }
                p.head {
                    span.verdict {
                        @match told.status {
                            Some(status) => { "HTTP " (status) }
                            None => "No answer",
                        }
                    }
                    span { (told.verdict) }
                }
                @if !told.answer.is_empty() { (text("Merchant's answer", &pretty(&told.answer))) }
            }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cashier_sees_names_sums_and_the_receipt() {
        let shown = screen(&Screen {
            retailer: "Alfamart".to_owned(),
            code: Some("00".to_owned()),
            cashier_text: "Pembayaran <berhasil>".to_owned(),
            fields: vec![("Pembayar".to_owned(), "BUD* S*".to_owned())],
            sums: Some((50_000, 2_500, 52_500)),
            receipt: Some(vec!["ALFAMART".to_owned(), "TOTAL".to_owned()]),
        });
        for part in ["&lt;berhasil&gt;", "BUD* S*", "Rp 2.500", "Rp 52.500", "ALFAMART\nTOTAL"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(shown.contains("class=\"till\""));
    }

    #[test]
    fn what_was_lost_is_shown_as_lost() {
        let message = Answered {
            no: 3,
            at: "14:00".to_owned(),
            counter: "1".to_owned(),
            call: "POST /counter/v1/payment".to_owned(),
            request: "{\"sale\":\"<S>\"}".to_owned(),
            answer: Some(("{\"code\":\"00\"}".to_owned(), "00".to_owned())),
            arrived: false,
        };
        let shown = answered(std::slice::from_ref(&message));
        assert!(shown.contains("was lost") && shown.contains("class=\"bad\""));
        assert!(shown.contains("&lt;S&gt;"));
        assert!(answered(&[Answered { arrived: true, ..message.clone() }]).contains("Answer 00"));
        assert!(answered(&[Answered { answer: None, ..message }]).contains("nothing was decided"));
    }
}
