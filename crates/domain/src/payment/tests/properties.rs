//! No sequence of commands pays a payment twice or unbalances the ledger.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A command that may come at any time, from anybody.
#[derive(Debug, Clone)]
struct Step {
    command: &'static str,
    sale: i64,
    amount: i64,
    wait_seconds: i64,
}

fn step() -> impl Strategy<Value = Step> {
    let commands = prop::sample::select(vec![
        "inquire",
        "pay",
        "pay two_step",
        "advise",
        "advise late_ok",
        "commit two_step",
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
    ]);
    let amounts = prop_oneof![4 => Just(51_000), 1 => Just(50_000)];
    (commands, 7..10_i64, amounts, prop_oneof![3 => 0..3_i64, 1 => 0..1_500_i64]).prop_map(
        |(command, sale, amount, wait_seconds)| Step { command, sale, amount, wait_seconds },
    )
}

/// No fee, one on top, and one out of the amount that four get parts of.
fn fee() -> impl Strategy<Value = Fee> {
    let parts = Split {
        gateway: rupiah("541"),
        tax: rupiah("59"),
        retailer: rupiah("300"),
        switch: rupiah("100"),
    };
    prop::sample::select(vec![
        Fee::NONE,
        Fee::of_gateway(rupiah("1000"), Bearer::Payer),
        Fee::of(parts, Bearer::Payer).unwrap(),
        Fee::of(parts, Bearer::Merchant).unwrap(),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn cash_in_is_cash_held(held in any::<bool>(), fee in fee(), steps in prop::collection::vec(step(), 1..40)) {
        let mut payment = payment("pending");
        if held {
            payment.announce = Announce::WhenFinal;
        }
        payment.fee = fee;
        let mut accounts: BTreeMap<LedgerAccount, i64> = BTreeMap::new();
        let mut now = -50;
        let mut reversed = false;
        for step in steps {
            now += step.wait_seconds;
            let text = format!("{} sale{} {} till={now}", step.command, step.sale, step.amount);
            let retailer = retailer_for(&text);
            let before = payment.clone();
            let decision = decide(&payment, parse_command(&text, &retailer), at(now));
            let entries = match decision {
                Ok(Decision::Change(change)) => {
                    // Once reversed, always reversed (rule 6).
                    prop_assert!(!reversed, "{} after a reversal", step.command);
                    // Money comes in only for what holds none yet.
                    if matches!(change.event, EventKind::Paid | EventKind::UnappliedMatched) {
                        prop_assert!(before.state.taking().is_none(), "paid twice by {text}");
                    }
                    reversed = change.event == EventKind::Reversed;
                    payment.state = change.state;
                    change.entries
                }
                Ok(Decision::Unapplied(cash)) => cash.entries,
                Ok(Decision::Replay) | Err(_) => Vec::new(),
            };
            prop_assert_eq!(ledger::sum(&entries), Some(Balance::ZERO));
            for entry in entries {
                *accounts.entry(entry.account).or_default() += entry.amount.get();
            }
            check(&payment, &accounts)?;
        }
    }
}

/// What the books must say of the state, whatever led to it.
fn check(payment: &Payment, accounts: &BTreeMap<LedgerAccount, i64>) -> Result<(), TestCaseError> {
    let balance = |account| accounts.get(&account).copied().unwrap_or(0);
    let pending = balance(LedgerAccount::MerchantPending(payment.account));
    let active = balance(LedgerAccount::MerchantActive(payment.account));
    let amount = payment.amount.get() - payment.fee.merchant_part().get();
    let split = payment.fee.split;
    // Whose part of the fee stands where, by what may still become of it.
    let (deferred, earned, others) = match payment.state {
        State::Paid(taking) if !taking.is_final => (split.gateway.get(), 0, true),
        State::Paid(_) | State::Settled(_) => (0, split.gateway.get(), true),
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => (0, 0, false),
    };
    prop_assert_eq!(balance(LedgerAccount::FeeDeferred), -deferred);
    prop_assert_eq!(balance(LedgerAccount::FeeEarned), -earned);
    let held = |part: Rupiah| if others { -part.get() } else { 0 };
    prop_assert_eq!(balance(LedgerAccount::PpnPayable), held(split.tax));
    prop_assert_eq!(balance(LedgerAccount::SwitchPayable), held(split.switch));
    let owed = match payment.state {
        State::Paid(_) => (-amount, 0),
        State::Settled(_) => (0, -amount),
        // From pending or from active: what was credited is debited again.
        State::Opening
        | State::Pending
        | State::Reserved(_)
        | State::Reversed(..)
        | State::ClawedBack(..)
        | State::Cancelled(_)
        | State::Expired(..) => (0, 0),
    };
    prop_assert_eq!((pending, active), owed, "in {}", payment.state.name());
    prop_assert_eq!(accounts.values().sum::<i64>(), 0);
    Ok(())
}
