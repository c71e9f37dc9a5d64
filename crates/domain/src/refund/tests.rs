use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    ledger::{self, LedgerAccount},
    money::Balance,
    retailer::{Contract, Pause, ReceiptShape, Retailer},
    time::Span,
};

const AMOUNT: i64 = 50_000;

fn key(text: &str) -> RetailerKey {
    RetailerKey::new(text).unwrap()
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_795_244_400_000).plus(Span::seconds(second))
}

fn retailer(place: &str) -> Retailer {
    let (own, away) = (key("chain"), key("elsewhere"));
    let mut retailer = Retailer {
        key: if place == "away" { away } else { own },
        network: if place == "away" { away } else { own },
        name: "Chain".to_owned(),
        amount_min: rupiah(10_000),
        amount_max: rupiah(5_000_000),
        cash_max: None,
        lifetime_default: Span::hours(24),
        lifetime_min: Span::minutes(1),
        lifetime_max: Span::hours(48),
        receipt: ReceiptShape { lines_max: 1, line_width: 40, label_width: 40 },
        opening_hours: String::new(),
        instructions_id: String::new(),
        instructions_en: String::new(),
        contract: Contract::default(),
    };
    match place {
        "paused" => retailer.contract.pause = Some(Pause::Inquiry),
        "small" => retailer.cash_max = Some(rupiah(40_000)),
        "large" => retailer.amount_min = rupiah(60_000),
        "" | "away" => {}
        other => panic!("no place {other}"),
    }
    retailer
}

fn pay_out() -> PayOut {
    PayOut {
        sale: SaleNo::new(7),
        retailer: key("chain"),
        till_at: at(0),
        business_date: at(0).business_date(),
        until: at(60),
    }
}

fn code(state: &str) -> RefundCode {
    let mut code = RefundCode {
        amount: rupiah(AMOUNT),
        taken_by: key("chain"),
        network: key("chain"),
        expires_at: at(1_000),
        tries_left: TRIES_MAX,
        state: match state {
            "open" | "last try" => RefundState::Open,
            "reserved" => RefundState::Reserved(pay_out()),
            "suspect" => RefundState::Suspect(Some(pay_out())),
            "restored" => RefundState::Suspect(None),
            "paid" => RefundState::Paid(pay_out(), at(5)),
            "expired" => RefundState::Closed(at(5), ClosedBy::Deadline),
            "blocked" => RefundState::Closed(at(5), ClosedBy::WrongPins),
            "released" => RefundState::Closed(at(5), ClosedBy::Operator),
            other => panic!("no state {other}"),
        },
    };
    if state == "last try" {
        code.tries_left = 1;
    }
    code
}

/// A command as the table writes it, and when.
fn ask(code: &RefundCode, text: &str) -> (Result<RefundDecision, Refusal>, Timestamp) {
    let word = |name: &str| {
        text.split(' ').find_map(|word| word.strip_prefix(name)).unwrap_or_default().to_owned()
    };
    let number = |name: &str, usual: i64| word(name).parse().unwrap_or(usual);
    let retailer = retailer(&word("at="));
    let now = at(number("t=", 10));
    let sale = SaleNo::new(text.split(' ').nth(1).and_then(|no| no.parse().ok()).unwrap_or(0));
    let take = Take { sale, retailer: &retailer, network: retailer.network, till_at: now };
    let command = match text.split(' ').next().unwrap() {
        "inquire" => RefundCommand::Inquire(take),
        "payout" => RefundCommand::PayOut {
            take,
            amount: rupiah(number("amount=", AMOUNT)),
            pin_fits: word("pin=") != "wrong",
        },
        "commit" => RefundCommand::Commit { sale },
        "reverse" => RefundCommand::Reverse { sale },
        "give_up" => RefundCommand::GiveUp,
        "doubt" => RefundCommand::Doubt,
        "expire" => RefundCommand::Expire,
        "confirm" => RefundCommand::Confirm,
        "release" => RefundCommand::Release,
        other => panic!("no command {other}"),
    };
    (decide(code, command, now), now)
}

fn told(decision: &Result<RefundDecision, Refusal>) -> String {
    match decision {
        Err(refusal) => refusal.to_string(),
        Ok(RefundDecision::Replay) => "replay".to_owned(),
        Ok(RefundDecision::Change(change)) => {
            let told = change.told.map_or_else(|no| format!(", told {no}"), |()| String::new());
            format!("{} {}{told}", change.state.name(), change.event.name())
        }
    }
}

#[test]
fn every_command_from_every_state_is_as_the_table_says() {
    let table = include_str!("transitions.txt");
    let mut states = BTreeMap::<&str, usize>::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (asked, expected) = line.split_once(" => ").expect(line);
        let (state, command) = asked.split_once(", ").expect(line);
        *states.entry(state).or_default() += 1;
        assert_eq!(told(&ask(&code(state), command).0), expected, "{line}");
    }
    assert_eq!(states.len(), 9, "every state is in the table: {states:?}");
}

#[test]
fn a_code_is_blocked_by_the_third_wrong_pin_and_not_before() {
    let mut code = code("open");
    for left in [2, 1] {
        let (decision, _) = ask(&code, "payout 7 pin=wrong");
        let Ok(RefundDecision::Change(change)) = decision else { panic!("{decision:?}") };
        assert_eq!((change.tries_left, change.entries.len()), (left, 0));
        (code.state, code.tries_left) = (change.state, change.tries_left);
    }
    let (decision, now) = ask(&code, "payout 7 pin=wrong");
    let Ok(RefundDecision::Change(change)) = decision else { panic!("{decision:?}") };
    assert_eq!(change.state, RefundState::Closed(now, ClosedBy::WrongPins));
    assert_eq!(change.entries, ledger::refund_returned(key("chain"), rupiah(AMOUNT)));
}

fn step() -> impl Strategy<Value = (String, i64)> {
    let commands = prop::sample::select(vec![
        "inquire", "payout", "payout", "payout", "commit", "commit", "reverse", "give_up",
        "give_up", "expire", "confirm", "release",
    ]);
    let pins = prop::sample::select(vec!["", "", "", " pin=wrong"]);
    let places = prop::sample::select(vec!["", "", "", " at=away", " at=paused"]);
    let waits = prop_oneof![4 => 0..30_i64, 2 => 30..90_i64, 1 => 0..1_200_i64];
    (commands, 7..10_i64, pins, places, waits).prop_map(|(command, sale, pin, place, wait)| {
        (format!("{command} {sale}{pin}{place}"), wait)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever tills, clock and operators say, in whatever order: the cash leaves once, for the sale
    /// that reserved it, and is otherwise where it waited.
    #[test]
    fn it_is_never_paid_out_twice_and_no_cash_is_lost(steps in prop::collection::vec(step(), 1..40)) {
        let mut code = code("open");
        let mut accounts: BTreeMap<LedgerAccount, i64> = BTreeMap::new();
        let post = |accounts: &mut BTreeMap<LedgerAccount, i64>, entries: Vec<Entry>| {
            for entry in entries {
                *accounts.entry(entry.account).or_default() += entry.amount.get();
            }
        };
        post(&mut accounts, ledger::refund_issued(code.taken_by, code.amount));
        let (mut second, mut suspected) = (0, None);
        let mut paid: Option<SaleNo> = None;
        for (text, wait) in steps {
            second += wait;
            let before = code.clone();
            let (decision, _) = ask(&code, &format!("{text} t={second}"));
            let Ok(RefundDecision::Change(change)) = decision else { continue };
            prop_assert_eq!(ledger::sum(&change.entries), Some(Balance::ZERO));
            prop_assert!(before.state.is_owed(), "{text} changed what had ended");
            if change.event == EventKind::RefundReserved {
                prop_assert_eq!(before.state, RefundState::Open);
                prop_assert!(suspected.is_none(), "offered again after it was suspect");
                prop_assert!(second < 1_000, "reserved after its deadline");
                prop_assert!(!text.contains("wrong"), "reserved with a wrong PIN");
            }
            if change.event == EventKind::RefundSuspect {
                suspected = change.state.pay_out().map(|pay_out| pay_out.sale);
            }
            if change.event == EventKind::RefundPaid {
                let held = before.state.pay_out().map(|pay_out| pay_out.sale);
                prop_assert!(held.is_some() && paid.is_none(), "paid out twice by {text}");
                paid = held;
            }
            (code.state, code.tries_left) = (change.state, change.tries_left);
            post(&mut accounts, change.entries);
            let held = |account| accounts.get(&account).copied().unwrap_or(0);
            let receivable: i64 = accounts
                .iter()
                .filter(|(account, _)| matches!(account, LedgerAccount::Receivable(..)))
                .map(|(_, held)| *held)
                .sum();
            let expected = match code.state {
                RefundState::Open | RefundState::Reserved(_) | RefundState::Suspect(_) => (AMOUNT, -AMOUNT, 0),
                RefundState::Paid(..) => (AMOUNT, 0, -AMOUNT),
                RefundState::Closed(..) => (0, 0, 0),
            };
            let books = (
                held(LedgerAccount::Unapplied(code.taken_by)),
                held(LedgerAccount::RefundsPayable),
                receivable,
            );
            prop_assert_eq!(books, expected, "{} after {}", code.state.name(), text);
        }
    }
}
