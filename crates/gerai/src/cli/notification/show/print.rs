//! A notification, for people: the newest attempt lies lowest, where the eye is.

use std::fmt::Write as _;

use gateway::request::{Exchange, Hop, Phases};

use super::{Shown, Try};
use crate::cli::output::{self, people, printable};

/// Of probes in a row, so many at the beginning and at the end are printed.
const PROBES_SHOWN: usize = 2;

/// Prints it; `attempts` is how many there were that count, printed or not.
pub(super) fn print(shown: &Shown, attempts: usize) {
    output::fields(&shown.line.fields());
    // Writing to a string does not fail.
    let mut text = String::new();
    for run in shown.tries.chunk_by(|one, next| one.no.is_none() && next.no.is_none()) {
        let left_out = run.len().saturating_sub(2 * PROBES_SHOWN);
        for (index, attempt) in run.iter().enumerate() {
            if left_out > 0 && index == PROBES_SHOWN {
                let _ = writeln!(text, "\n{left_out} more probes; --json has all");
            }
            if index < PROBES_SHOWN || index >= PROBES_SHOWN + left_out {
                write_attempt(&mut text, attempt, attempts);
            }
        }
    }
    if shown.tries.is_empty() {
        text.push_str("\nno attempt yet, or none is kept any more\n");
    }
    output::say(&text);
}

fn write_attempt(text: &mut String, attempt: &Try, attempts: usize) {
    let which = attempt
        .no
        .map_or_else(|| "not counted".to_owned(), |no| format!("attempt {no} of {attempts}"));
    let _ = writeln!(text, "\n{which}, {}, {} ms", people(attempt.at.0), attempt.took_ms);
    let status = attempt.status.map_or_else(|| "no answer".to_owned(), |code| code.to_string());
    let _ = writeln!(text, "  verdict  {status}: {}", printable(&attempt.verdict));
    if let Some(exchange) = &attempt.exchange {
        write_exchange(text, exchange);
    }
    for line in attempt.text.iter().flat_map(|text| text.lines()) {
        let _ = writeln!(text, "  {}", printable(line));
    }
}

fn write_exchange(text: &mut String, exchange: &Exchange) {
    for (index, hop) in exchange.hops.iter().enumerate() {
        if index > 0 {
            let _ = writeln!(text, "  redirect followed");
        }
        write_hop(text, hop);
    }
    if let Some(remark) = &exchange.remark {
        let _ = writeln!(text, "  remark   {}", printable(remark));
    }
    // Between marks, because a blank at its end would be part of it.
    match &exchange.signed {
        Some(signed) => {
            let _ = writeln!(text, "  signed   «{}»", printable(signed));
        }
        None => text.push_str("  signed   nothing\n"),
    }
}

fn write_hop(text: &mut String, hop: &Hop) {
    let protocol = hop.protocol.as_deref().unwrap_or("HTTP");
    let address = hop.address.as_deref().map_or_else(
        || "not connected".to_owned(),
        |address| {
            let how = if hop.reused { "kept connection" } else { "new connection" };
            format!("{how} to {address}")
        },
    );
    let method = printable(hop.method.as_deref().unwrap_or("POST"));
    let _ = writeln!(text, "  sent     {method} {} ({protocol}, {address})", printable(&hop.url));
    let _ = writeln!(text, "  took     {}", phases(hop.phases));
    write_message(text, '>', &hop.request_headers, &hop.request_body, false);
    if let Some(status) = hop.status {
        let _ = writeln!(text, "  answer   {status}");
        write_message(text, '<', &hop.answer_headers, &hop.answer_body, hop.answer_cut);
    }
}

fn write_message(
    text: &mut String,
    mark: char,
    headers: &[(String, String)],
    body: &str,
    is_cut: bool,
) {
    for (name, value) in headers {
        let _ = writeln!(text, "    {mark} {}: {}", printable(name), printable(value));
    }
    let _ = writeln!(text, "    {mark}");
    for line in body.lines() {
        let _ = writeln!(text, "    {mark} {}", printable(line));
    }
    if is_cut {
        let _ = writeln!(text, "    {mark} [more, not kept]");
    }
}

/// `name 1.2 ms, connect 3.4 ms, in all 5.6 ms`; what did not happen is left out.
fn phases(phases: Phases) -> String {
    let parts = [
        ("name", phases.dns),
        ("connect", phases.connect),
        ("TLS", phases.tls),
        ("first byte", phases.first_byte),
        ("in all", phases.total),
    ];
    let told: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, micros)| Some(format!("{name} {} ms", millis(micros?))))
        .collect();
    if told.is_empty() { "not measured".to_owned() } else { told.join(", ") }
}

/// Microseconds as milliseconds with one digit behind the point.
fn millis(micros: u64) -> String {
    let tenths = micros.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_has_its_number_and_a_probe_has_none() {
        let attempt = |no| Try {
            no,
            at: output::At(domain::time::Timestamp::from_millis(0)),
            took_ms: 7,
            status: None,
            verdict: "so".to_owned(),
            exchange: None,
            text: None,
        };
        let mut text = String::new();
        write_attempt(&mut text, &attempt(Some(1)), 1);
        write_attempt(&mut text, &attempt(None), 1);
        assert!(text.starts_with("\nattempt 1 of 1, 1970"), "{text}");
        assert!(text.contains("\nnot counted, 1970"), "{text}");
    }

    #[test]
    fn what_took_how_long_is_told_and_the_rest_left_out() {
        let some = Phases { dns: Some(1_249), total: Some(10_950), ..Phases::default() };
        assert_eq!(phases(some), "name 1.2 ms, in all 11.0 ms");
        assert_eq!(phases(Phases::default()), "not measured");
    }

    #[test]
    fn an_answer_cannot_steer_the_terminal() {
        let hop = Hop {
            url: "http://merchant.example/hook".to_owned(),
            status: Some(500),
            answer_headers: vec![("x-evil".to_owned(), "\u{1b}[2J".to_owned())],
            answer_body: "one\n\u{1b}]0;two\u{7}".to_owned(),
            answer_cut: true,
            ..Hop::default()
        };
        let mut text = String::new();
        write_exchange(&mut text, &Exchange { hops: vec![hop], ..Exchange::default() });
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
        for told in ["answer   500", "< one\n", "[more, not kept]", "signed   nothing"] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
}
