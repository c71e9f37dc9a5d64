//! Every line of `transitions.txt` is a test. To add a case, add a line.

use std::collections::BTreeSet;

use super::*;
use crate::{
    event::EventKind,
    fee::Split,
    ids::PoolNo,
    ledger::{self, LedgerAccount},
    money::{Balance, Bearer},
    retailer::{Contract, LateCommit, ReceiptShape, Retailer},
    time::{Span, Timestamp},
};

mod properties;

const SECOND: i64 = 1_000;

#[test]
fn transitions() {
    let mut failures = Vec::new();
    for (number, line) in lines() {
        let [state, command, now, want] = cells(line);
        let now = Timestamp::from_millis(now.parse::<i64>().unwrap() * SECOND);
        let before = payment(state);
        let retailer = retailer_for(command);
        let siblings = parse_siblings(command);
        let result = decide_beside(&before, siblings, parse_command(command, &retailer), now);
        if let Ok(
            Decision::Change(Change { entries, .. })
            | Decision::Unapplied(Unapplied { entries, .. }),
        ) = &result
        {
            assert_eq!(ledger::sum(entries), Some(Balance::ZERO), "line {number}");
        }
        let got = show(&result);
        if got != want {
            failures.push(format!("line {number}: {line}\n  got {got}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_command_meets_every_state() {
    let states = [
        "opening",
        "pending",
        "reserved",
        "paid",
        "final",
        "held",
        "settled",
        "reversed",
        "clawed_back",
        "cancelled",
        "expired",
        "ended",
    ];
    let commands = [
        "inquire",
        "pay",
        "advise",
        "commit",
        "reverse",
        "release",
        "cancel",
        "expire",
        "deadline",
        "finalize",
        "settle",
        "advance",
        "claw_back",
        "match",
    ];
    let met: BTreeSet<(&str, &str)> = lines()
        .map(|(_, line)| {
            let [state, command, ..] = cells(line);
            (state.split(' ').next().unwrap(), command.split(' ').next().unwrap())
        })
        .collect();
    let missing: Vec<_> = states
        .iter()
        .flat_map(|state| commands.iter().map(move |command| (*state, *command)))
        .filter(|pair| !met.contains(pair))
        .collect();
    assert!(missing.is_empty(), "no line for {missing:?}");
}

fn lines() -> impl Iterator<Item = (usize, &'static str)> {
    include_str!("transitions.txt")
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty())
}

fn cells(line: &str) -> [&str; 4] {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    cells.try_into().unwrap_or_else(|_| panic!("four cells: {line}"))
}

/// A payment of 50,000 with a fee of 1,000, opened a minute before its deadline at 0.
fn payment(state: &str) -> Payment {
    let announce = if state.starts_with("held") { Announce::WhenFinal } else { Announce::AtOnce };
    Payment {
        no: PaymentNo::new(1),
        id: PaymentId::from_bytes([1; 16]),
        account: AccountNo::new(3),
        order: OrderId::new("order-101").unwrap(),
        opened_for: key("alfamart"),
        code: PaymentCode::new("8127740588870520").unwrap(),
        slot: Some(Slot { pool: PoolNo::new(1), shard: 0, slot: 9 }),
        lap: 0,
        amount: rupiah("50000"),
        fee: Fee::of_gateway(rupiah("1000"), Bearer::Payer),
        opened_at: at(-60),
        expires_at: at(0),
        announce,
        superseded: state.ends_with("superseded"),
        family: None,
        state: parse_state(state),
    }
}

fn key(text: &str) -> RetailerKey {
    RetailerKey::new(text).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * SECOND)
}

fn rupiah(text: &str) -> Rupiah {
    Rupiah::new(text.parse().unwrap()).unwrap()
}

/// Cash taken a second before the deadline; reversals until 300 s by the till, 2,099 s by us.
fn taking(sale: &str, is_final: bool) -> Taking {
    Taking {
        sale: parse_sale(sale),
        retailer: key("alfamart"),
        till_at: at(-1),
        paid_at: at(-1),
        business_date: at(-1).business_date(),
        final_after: at(2_099),
        is_final,
    }
}

fn parse_sale(text: &str) -> SaleNo {
    SaleNo::new(text.trim_start_matches("sale").parse().unwrap())
}

fn parse_state(text: &str) -> State {
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["opening"] => State::Opening,
        ["pending"] => State::Pending,
        ["reserved", sale] => State::Reserved(Hold {
            sale: parse_sale(sale),
            retailer: key("alfamart"),
            till_at: at(-1),
            until: at(59),
        }),
        ["paid" | "held", sale] => State::Paid(taking(sale, false)),
        ["final", sale] => State::Paid(taking(sale, true)),
        ["settled", sale] => State::Settled(taking(sale, true)),
        ["reversed", sale] => State::Reversed(taking(sale, false), at(1)),
        ["clawed_back", sale] => State::ClawedBack(taking(sale, true), at(1)),
        ["cancelled"] => State::Cancelled(at(-1)),
        ["expired", ..] => State::Expired(at(10), ExpiredBy::Deadline),
        ["ended"] => State::Expired(at(-1), ExpiredBy::Merchant),
        _ => panic!("no such state: {text}"),
    }
}

fn retailer() -> Retailer {
    Retailer {
        key: key("alfamart"),
        network: key("alfa"),
        name: "Alfamart".to_owned(),
        amount_min: rupiah("10000"),
        amount_max: rupiah("60000"),
        cash_max: Some(rupiah("55000")),
        lifetime_default: Span::hours(24),
        lifetime_min: Span::seconds(20),
        lifetime_max: Span::days(180),
        receipt: ReceiptShape { lines_max: 3, line_width: 40, label_width: 20 },
        opening_hours: String::new(),
        instructions_id: String::new(),
        instructions_en: String::new(),
        contract: Contract { reversal_window: Span::minutes(5), ..Contract::default() },
    }
}

/// The retailer as the words after a command describe it.
fn retailer_for(command: &str) -> Retailer {
    let mut retailer = retailer();
    for word in command.split(' ') {
        match word {
            "two_step" => retailer.contract.two_step = true,
            "needs_inquiry" => retailer.contract.requires_inquiry = true,
            "grace" => retailer.contract.grace = Span::seconds(300),
            "no_window" => retailer.contract.reversal_window = Span::ZERO,
            "strict" => retailer.contract.late_commit = LateCommit::Refuse,
            "small" => retailer.amount_max = rupiah("50999"),
            "large" => retailer.amount_min = rupiah("51001"),
            "paused" => retailer.contract.pause = Some(crate::retailer::Pause::Inquiry),
            "elsewhere" => retailer.network = key("indomaret"),
            _ => {}
        }
    }
    retailer
}

fn parse_command<'a>(text: &str, retailer: &'a Retailer) -> Command<'a> {
    let words: Vec<&str> = text.split(' ').collect();
    let has = |word: &str| words.contains(&word);
    let sale = words.iter().find(|word| word.starts_with("sale")).map_or("sale7", |word| word);
    let amount = words.iter().find_map(|word| word.parse::<i64>().ok()).unwrap_or(51_000);
    // `till=400` is a till whose clock shows 400 s.
    let till =
        words.iter().find_map(|word| word.strip_prefix("till=")).map_or(-1, |t| t.parse().unwrap());
    let take = Take { sale: parse_sale(sale), retailer, network: key("alfa"), till_at: at(till) };
    let offer = Offer {
        take,
        tendered: Rupiah::new(amount).unwrap(),
        cash: has("cash").then_some(rupiah("55001")),
        inquired_at: has("inquired").then_some(at(-30)),
        late_accepted: has("late_ok"),
    };
    let grace = if has("grace") { Span::seconds(300) } else { Span::ZERO };
    match words[0] {
        "inquire" => Command::Inquire(take),
        "pay" => Command::Pay(offer),
        "advise" => Command::Advise(offer),
        "commit" => Command::Commit(take),
        "reverse" => Command::Reverse { take, amount: Rupiah::new(amount).unwrap() },
        "release" => Command::Release { grace },
        "cancel" => Command::Cancel,
        "expire" => Command::Expire,
        "deadline" => Command::ExpireByDeadline { grace },
        "finalize" => Command::Finalize,
        "settle" => Command::Settle,
        "advance" => Command::Advance,
        "claw_back" => Command::ClawBack,
        "match" => Command::Match(Found {
            sale: take.sale,
            retailer: retailer.key,
            till_at: at(till),
            business_date: at(till).business_date(),
            final_after: at(2_099),
            cash: Rupiah::new(amount).unwrap(),
        }),
        _ => panic!("no such command: {text}"),
    }
}

/// What the other codes of the order mean: `beside_held`, `beside_paid`, or nothing.
fn parse_siblings(command: &str) -> Siblings {
    if command.contains("beside_held") {
        Siblings::BeingPaid
    } else if command.contains("beside_paid") {
        Siblings::Paid
    } else {
        Siblings::Idle
    }
}

fn show(result: &Result<Decision, Refusal>) -> String {
    match result {
        Ok(Decision::Replay) => "replay".to_owned(),
        Ok(Decision::Change(Change { state, event, entries })) => {
            let told = match (state, event) {
                (State::Paid(taking), EventKind::Final) => {
                    format!("final {}", show_sale(taking.sale))
                }
                (State::Expired(_, ExpiredBy::Merchant), _) => "ended".to_owned(),
                (State::Reserved(hold), _) => format!("reserved {}", show_sale(hold.sale)),
                (state, _) => match state.taking() {
                    Some(taking) => format!("{} {}", state.name(), show_sale(taking.sale)),
                    None => state.name().to_owned(),
                },
            };
            let mut parts = vec![told];
            parts.extend(entries.iter().map(show_entry));
            parts.join(", ")
        }
        Ok(Decision::Unapplied(Unapplied { why, entries, .. })) => {
            let mut parts = vec![format!("unapplied: {why}")];
            parts.extend(entries.iter().map(show_entry));
            parts.join(", ")
        }
        Err(refusal) => format!("no: {refusal}"),
    }
}

fn show_sale(sale: SaleNo) -> String {
    format!("sale{}", sale.get())
}

fn show_entry(entry: &ledger::Entry) -> String {
    let account = match entry.account {
        LedgerAccount::Receivable(..) => "receivable",
        LedgerAccount::MerchantPending(_) => "pending",
        LedgerAccount::MerchantActive(_) => "active",
        LedgerAccount::FeeDeferred => "fee",
        LedgerAccount::FeeEarned => "earned",
        LedgerAccount::Unapplied(_) => "unapplied",
        LedgerAccount::DisputedReceivable(_) => "disputed",
        LedgerAccount::SettlementBank
        | LedgerAccount::CommissionPayable(_)
        | LedgerAccount::SwitchPayable
        | LedgerAccount::PpnPayable
        | LedgerAccount::RefundsPayable
        | LedgerAccount::PayoutsInTransit
        | LedgerAccount::ReconciliationDifference
        | LedgerAccount::RoundingDifference
        | LedgerAccount::WriteOff => "other",
    };
    let amount = entry.amount.get();
    let side = if amount > 0 { "dr" } else { "cr" };
    format!("{side} {account} {}", amount.abs())
}

#[test]
fn the_approval_code_has_twenty_digits() {
    let code = approval_code(SaleNo::new(42), at(0));
    assert_eq!(code, "70010100000000000042");
    assert_eq!(code.len(), 20);
    assert_ne!(code, approval_code(SaleNo::new(43), at(0)));
}
