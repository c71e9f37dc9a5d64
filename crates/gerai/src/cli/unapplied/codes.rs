//! `gerai unapplied show` and `codes`: refund codes and their history (rule 35). The PIN is not among
//! what is known here: nobody can look it up.

use anyhow::anyhow;
use domain::refund::RefundState;
use serde::Serialize;
use storage::{Directory, EventRow, RefundRow, sqlite::Reader};

use super::Cash;
use crate::cli::{
    output::{self, At, people, people_or_dash},
    payment::names,
    place::Where,
};

/// A refund code, as it is shown.
#[derive(Debug, Serialize)]
struct Code {
    no: i64,
    cash: i64,
    state: &'static str,
    /// While it can be paid out, or may have been.
    code: Option<String>,
    network: String,
    amount: i64,
    tries_left: u8,
    issued_at: At,
    expires_at: At,
    pay_out: Option<PayOut>,
    ended_at: Option<At>,
}

/// A pay-out that a counter began.
#[derive(Debug, Serialize)]
struct PayOut {
    retailer: String,
    outlet: String,
    terminal: String,
    sale: String,
    sale_no: i64,
    approval_code: String,
    till_at: At,
    business_date: String,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
struct Line {
    no: i64,
    at: At,
    event: &'static str,
    by: String,
    reason: Option<String>,
    postings: Vec<String>,
}

/// Cash with its codes.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    cash: Cash,
    refund_codes: Vec<Code>,
    events: Vec<Line>,
}

pub(super) fn show(place: &Where, no: i64) -> anyhow::Result<()> {
    let reader = place.locate()?.reader()?;
    let cash = reader.unapplied_by_no(no)?;
    let cash = cash.ok_or_else(|| {
        anyhow!("there is no unapplied cash {no}; `gerai unapplied list --all` shows all there is")
    })?;
    let rows = reader.directory()?;
    let events = reader.refund_events(cash.sale)?;
    let events = events.into_iter().map(|row| line(&reader, &rows, row));
    let codes = reader.refunds_of(no)?.into_iter().map(|row| code(&reader, &row));
    let shown = Shown {
        cash: Cash::from(cash),
        refund_codes: codes.collect::<anyhow::Result<_>>()?,
        events: events.collect::<anyhow::Result<_>>()?,
    };
    if place.json {
        return output::json(&shown);
    }
    print(&shown);
    Ok(())
}

pub(super) fn list(place: &Where, suspect: bool, limit: usize) -> anyhow::Result<()> {
    let reader = place.locate()?.reader()?;
    let rows = if suspect { reader.refunds_suspect(limit)? } else { reader.refunds(limit)? };
    // Whoever wants a code looks its cash up.
    let codes = rows.iter().map(|row| code(&reader, row).map(|code| Code { code: None, ..code }));
    let codes: Vec<_> = codes.collect::<anyhow::Result<_>>()?;
    if place.json {
        return output::json(&codes);
    }
    let nothing = if suspect { "no pay-out is suspect" } else { "no refund code was ever issued" };
    table(&codes, nothing);
    Ok(())
}

fn code(reader: &Reader, row: &RefundRow) -> anyhow::Result<Code> {
    let state = &row.refund.state;
    let pay_out = match state.pay_out() {
        Some(pay_out) => {
            let sale = reader.sale_by_no(pay_out.sale)?;
            let of_sale =
                |text: fn(&storage::SaleRow) -> String| sale.as_ref().map(text).unwrap_or_default();
            Some(PayOut {
                retailer: pay_out.retailer.to_string(),
                outlet: of_sale(|sale| sale.outlet.clone()),
                terminal: of_sale(|sale| sale.terminal.clone()),
                sale: of_sale(|sale| sale.sale.key.to_string()),
                sale_no: pay_out.sale.get(),
                approval_code: pay_out.approval_code(),
                till_at: At(pay_out.till_at),
                business_date: pay_out.business_date.to_string(),
            })
        }
        None => None,
    };
    Ok(Code {
        no: row.no,
        cash: row.cash,
        state: state.name(),
        code: state.is_owed().then(|| row.code.to_string()),
        network: row.refund.network.to_string(),
        amount: row.refund.amount.get(),
        tries_left: row.refund.tries_left,
        issued_at: At(row.issued_at),
        expires_at: At(row.refund.expires_at),
        pay_out,
        ended_at: match state {
            RefundState::Paid(_, at) | RefundState::Closed(at, _) => Some(At(*at)),
            RefundState::Open | RefundState::Reserved(_) | RefundState::Suspect(_) => None,
        },
    })
}

fn line(reader: &Reader, rows: &Directory, row: EventRow) -> anyhow::Result<Line> {
    let postings = reader.entries_of(row.event.no)?;
    let postings = postings.iter().map(|posted| {
        let account = names::ledger(rows, &posted.entry.account);
        format!("{:+} {account}", posted.entry.amount.get())
    });
    Ok(Line {
        no: row.event.no.get(),
        at: At(row.event.at),
        event: row.event.kind.name(),
        by: names::actor(rows, row.event.actor),
        reason: row.event.reason,
        postings: postings.collect(),
    })
}

fn print(shown: &Shown) {
    let cash = &shown.cash;
    let mut fields = vec![
        ("unapplied cash", cash.no.to_string()),
        ("state", cash.state.to_owned()),
        ("amount", output::rupiah(cash.amount)),
        ("taken by", format!("{}, business date {}", cash.retailer, cash.business_date)),
        ("received (WIB)", people(cash.received_at.0)),
        ("because", cash.why.clone()),
    ];
    let code = shown.refund_codes.iter().find_map(|code| code.code.clone());
    fields.extend(code.map(|code| ("refund code", code)));
    output::fields(&fields);
    table(&shown.refund_codes, "no refund code was issued for it");
    let lines: Vec<_> = shown
        .events
        .iter()
        .map(|line| {
            [
                people(line.at.0),
                line.event.to_owned(),
                line.by.clone(),
                line.reason.clone().unwrap_or_else(|| "-".to_owned()),
                line.postings.join("; "),
            ]
        })
        .collect();
    if !lines.is_empty() {
        let heads = ["at (WIB)", "event", "by", "reason", "posted, in rupiah"];
        output::table(heads, &lines, "");
    }
}

fn table(codes: &[Code], nothing: &str) {
    let lines: Vec<_> = codes
        .iter()
        .map(|code| {
            let at = code.pay_out.as_ref().map_or_else(
                || "-".to_owned(),
                |out| {
                    format!("{} {} {}, sale {}", out.retailer, out.outlet, out.terminal, out.sale)
                },
            );
            [
                code.no.to_string(),
                code.cash.to_string(),
                code.state.to_owned(),
                code.network.clone(),
                code.amount.to_string(),
                code.tries_left.to_string(),
                people(code.expires_at.0),
                at,
                people_or_dash(code.ended_at.as_ref().map(|at| at.0)),
            ]
        })
        .collect();
    let heads = [
        "no",
        "cash",
        "state",
        "network",
        "rupiah",
        "tries left",
        "expires (WIB)",
        "paid out at",
        "ended (WIB)",
    ];
    output::table(heads, &lines, nothing);
}
