//! A payment, for people.

use std::fmt::Write as _;

use gateway::request::{Exchange, Hop};

use super::{Notification, Seen, Shown};
use crate::cli::output::{self, people};

pub(super) fn print(shown: &Shown) {
    let mut fields = vec![
        ("payment", shown.id.clone()),
        ("number", shown.no.to_string()),
        ("state", state_line(shown)),
        ("code", shown.code.clone()),
        ("merchant", shown.merchant_id.clone()),
        ("order id", shown.order_id.clone()),
        ("opened for", shown.retailer.clone()),
        ("amount", format!("Rp {} + fee Rp {} = Rp {}", shown.amount, shown.fee, shown.total)),
        ("opened (WIB)", people(shown.opened_at.0)),
        ("expires (WIB)", people(shown.expires_at.0)),
    ];
    if let Some(paid) = &shown.paid {
        fields.push((
            "paid (WIB)",
            format!(
                "{} at {}, sale {}, business date {}\nthe till's clock said {}; {} after {}",
                people(paid.at.0),
                paid.retailer,
                paid.sale,
                paid.business_date,
                people(paid.till_at.0),
                if paid.is_final { "final" } else { "can be reversed, final" },
                people(paid.final_after.0),
            ),
        ));
    }
    if !shown.siblings.is_empty() {
        let lines = shown.siblings.iter();
        let lines = lines.map(|one| format!("{} at {}, {}", one.code, one.retailer, one.state));
        fields.push(("other codes", lines.collect::<Vec<_>>().join("\n")));
    }
    match &shown.hidden {
        Some(why) => fields.push(("payer", format!("({why})"))),
        None => fields.push(("payer", shown.payer_name.clone().unwrap_or_default())),
    }
    output::fields(&fields);

    let sales: Vec<_> = shown
        .sales
        .iter()
        .map(|sale| {
            [
                sale.no.to_string(),
                sale.sale.clone(),
                sale.counter.clone(),
                format!("{} {} {}", sale.retailer, sale.outlet, sale.terminal),
                sale.state.to_owned(),
                sale.amount.to_string(),
                people(sale.received_at.0),
            ]
        })
        .collect();
    output::say("\n");
    let heads = ["sale", "number", "counter", "till", "state", "rupiah", "received (WIB)"];
    output::table(heads, &sales, "no sales");
    output::say("\n");
    print_notifications(&shown.notifications);
}

fn print_notifications(notifications: &[Notification]) {
    let rows: Vec<_> = notifications
        .iter()
        .map(|one| {
            [
                one.no.to_string(),
                one.announcement.to_owned(),
                to(one),
                one.state.to_owned(),
                one.attempts.to_string(),
                output::people_or_dash(one.due_at.map(|at| at.0)),
            ]
        })
        .collect();
    let heads = ["notification", "says", "to", "state", "attempts", "next (WIB)"];
    output::table(heads, &rows, "no notifications");
    let tries: Vec<_> = notifications
        .iter()
        .flat_map(|one| {
            one.tries.iter().map(move |attempt| {
                [
                    one.no.to_string(),
                    people(attempt.at.0),
                    format!("{} ms", attempt.took_ms),
                    attempt.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
                    attempt.verdict.clone(),
                ]
            })
        })
        .collect();
    if !tries.is_empty() {
        output::say("\n");
        output::table(["notification", "tried (WIB)", "took", "status", "so"], &tries, "");
    }
    for one in notifications {
        for (attempt, exchange) in
            one.tries.iter().filter_map(|attempt| Some((attempt, attempt.exchange.as_ref()?)))
        {
            output::say(&format!("\nnotification {}, {}:\n", one.no, people(attempt.at.0)));
            let text = match exchange {
                Seen::Exchange(exchange) => text(exchange),
                Seen::Text(text) => text.clone(),
            };
            for line in text.lines() {
                output::say(&format!("  {}\n", output::printable(line)));
            }
        }
    }
}

/// Where a notification goes.
fn to(one: &Notification) -> String {
    match (&one.url, one.to_payer) {
        (_, Some(channel)) => format!("({channel} to the payer)"),
        (Some(url), None) => url.clone(),
        (None, None) => "(that URL is gone)".to_owned(),
    }
}

/// An attempt in lines: every request with its answer, what was signed, and what went wrong.
fn text(exchange: &Exchange) -> String {
    let mut text: String = exchange.hops.iter().map(hop).collect();
    if let Some(signed) = &exchange.signed {
        let _ = writeln!(text, "signed: {signed}");
    }
    if let Some(remark) = &exchange.remark {
        let _ = writeln!(text, "-- {remark}");
    }
    text
}

fn hop(hop: &Hop) -> String {
    let method = hop.method.as_deref().unwrap_or("POST");
    let mut text = format!("{method} {}\n", hop.url);
    if let Some(address) = &hop.address {
        let how = if hop.reused { "again" } else { "anew" };
        let protocol = hop.protocol.as_deref().unwrap_or("?");
        let _ = writeln!(text, "-- connected {how} to {address}, {protocol}");
    }
    headers(&mut text, &hop.request_headers);
    let _ = writeln!(text, "\n{}\n", hop.request_body);
    if let Some(status) = hop.status {
        let _ = writeln!(text, "{status}");
        headers(&mut text, &hop.answer_headers);
        let more = if hop.answer_cut { " [...]" } else { "" };
        let _ = writeln!(text, "\n{}{more}\n", hop.answer_body);
    }
    let phases = &hop.phases;
    let parts = [
        ("name", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
        ("in all", phases.total),
    ];
    let took: Vec<_> =
        parts.iter().filter_map(|(name, us)| Some(format!("{name} {} us", (*us)?))).collect();
    if !took.is_empty() {
        let _ = writeln!(text, "-- {}", took.join(", "));
    }
    text
}

fn headers(text: &mut String, headers: &[(String, String)]) {
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
}

fn state_line(shown: &Shown) -> String {
    // Writing to a string does not fail.
    let mut line = shown.state.to_owned();
    if let Some(at) = shown.closed_at {
        let _ = write!(line, " since {}", people(at.0));
    }
    if let Some(by) = shown.expired_by {
        let _ = write!(line, ", by {by}");
    }
    if let Some(at) = shown.held_until {
        let _ = write!(line, " until {}", people(at.0));
    }
    if shown.superseded {
        line.push_str("; its order id was used again");
    }
    line
}
