use super::*;
use crate::ledger::sum;

const RETAILER: &str = "alfamart";

fn day() -> (RetailerKey, BusinessDate) {
    (RetailerKey::new(RETAILER).unwrap(), BusinessDate::from_days(20_777))
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn facts(outcome: Outcome, held: Held) -> Facts {
    Facts {
        outcome,
        held,
        theirs: rupiah(40_000),
        ours: if held == Held::Nothing { Rupiah::ZERO } else { rupiah(50_000) },
        fees: Some((rupiah(1_500), rupiah(1_000))),
    }
}

/// In short: what is done, against what, how much more is owed, how much more commission, how much
/// more is expected.
fn short(outcome: Outcome, held: Held, verdict: Verdict) -> String {
    match close(&facts(outcome, held), verdict) {
        Ok(closing) => format!(
            "{:?} {:?} {} {} {}",
            closing.act, closing.against, closing.receivable, closing.commission, closing.expected
        ),
        Err(refusal) => format!("{refusal:?}"),
    }
}

#[test]
fn what_can_be_said_of_each_difference() {
    use {Outcome as D, Verdict as V};
    let paid = Held::Payment { is_covered: false };
    let covered = Held::Payment { is_covered: true };
    let cases = [
        (D::OursOnly, paid, V::Ours, "Match Difference 0 0 0"),
        (D::OursOnly, paid, V::Theirs, "SayWhose"),
        (D::OursOnly, paid, V::ClawBack, "TakeBack Dispute -50000 0 0"),
        (D::OursOnly, covered, V::ClawBack, "TakeBack Difference 0 0 0"),
        (D::OursOnly, paid, V::WriteOff, "Fund WriteOff -50000 0 -50000"),
        (D::OursOnly, Held::Unapplied, V::ClawBack, "TakeBack Difference 0 0 0"),
        (D::OursOnly, Held::Unapplied, V::WriteOff, "Nothing WriteOff -50000 0 0"),
        (D::OursOnly, Held::Unapplied, V::Ours, "Nothing Difference 0 0 0"),
        (D::OursOnly, Held::Nothing, V::Theirs, "Nothing Difference 0 0 0"),
        (D::OursOnly, Held::Nothing, V::ClawBack, "NothingHeld"),
        (D::ReversedByThem, paid, V::ClawBack, "TakeBack Dispute -50000 0 0"),
        (D::Withdrawn, covered, V::WriteOff, "Fund WriteOff -50000 0 -50000"),
        (D::AmountDiffers, paid, V::Ours, "Match Difference 0 0 0"),
        (D::AmountDiffers, paid, V::Theirs, "Match Difference -10000 0 -10000"),
        (D::AmountDiffers, paid, V::WriteOff, "Match WriteOff -10000 0 -10000"),
        (D::AmountDiffers, paid, V::ClawBack, "NothingHeld"),
        (D::FeeDiffers, paid, V::Theirs, "Match Difference 0 500 0"),
        (D::FeeDiffers, paid, V::WriteOff, "Match WriteOff 0 500 0"),
        (D::OtherDay, paid, V::Theirs, "Match OtherDay 50000 0 50000"),
        (D::OtherDay, paid, V::WriteOff, "NothingLost"),
        (D::Duplicate, paid, V::Ours, "Nothing Difference 0 0 0"),
        (D::Duplicate, paid, V::Theirs, "Nothing Difference 40000 0 40000"),
        (D::ReversedByUs, Held::Nothing, V::Theirs, "Nothing Difference 40000 0 40000"),
        (D::TheirsOnly, Held::Nothing, V::WriteOff, "NothingHeld"),
        (D::Suspect, Held::Nothing, V::Theirs, "Nothing Difference 40000 0 40000"),
        (D::Suspect, paid, V::Theirs, "SayWhose"),
        (D::AwaitingAdvice, Held::Nothing, V::Ours, "TooEarly"),
        (D::Matched, paid, V::Ours, "Match Difference 0 0 0"),
        (D::Void, Held::Nothing, V::Ours, "Nothing Difference 0 0 0"),
    ];
    for (outcome, held, verdict, expected) in cases {
        let is = short(outcome, held, verdict);
        assert_eq!(is, expected, "{outcome:?} {held:?} {verdict:?}");
    }
}

#[test]
fn every_posting_balances_and_nobody_says_undone() {
    let holdings = [
        Held::Nothing,
        Held::Unapplied,
        Held::Payment { is_covered: false },
        Held::Payment { is_covered: true },
    ];
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::named(outcome.name()), Some(outcome));
        for held in holdings {
            let facts = facts(outcome, held);
            assert!(close(&facts, Verdict::Undone).is_err());
            for verdict in Verdict::ALL {
                let Ok(closing) = close(&facts, verdict) else { continue };
                let Closing { against, receivable, commission, .. } = closing;
                let other_day = Some(BusinessDate::from_days(20_776));
                let adjustment =
                    Adjustment { day: day(), other_day, against, receivable, commission };
                let entries = adjustment.entries();
                assert_eq!(sum(&entries), Some(Balance::ZERO));
                let owed = LedgerAccount::Receivable(day().0, day().1);
                let of_owed = entries.iter().filter(|entry| entry.account == owed);
                assert_eq!(sum(of_owed), Some(receivable));
            }
        }
    }
}

/// The rows of docs/ledger.md: differences that are closed alike, with what we hold of their sales.
fn groups() -> Vec<(&'static str, Vec<Outcome>, Held)> {
    use Outcome as D;
    let lacking = || vec![D::OursOnly, D::ReversedByThem, D::Suspect, D::Withdrawn];
    let theirs = vec![D::ReversedByUs, D::TheirsOnly, D::Suspect];
    let paid = Held::Payment { is_covered: false };
    vec![
        ("we have cash that they have not, not transferred", lacking(), paid),
        ("the same, transferred", lacking(), Held::Payment { is_covered: true }),
        ("the same, unapplied", lacking(), Held::Unapplied),
        ("amount differs, theirs is less", vec![D::AmountDiffers], paid),
        ("fee differs, theirs is more", vec![D::FeeDiffers], paid),
        ("other day", vec![D::OtherDay], paid),
        ("they have cash that we have not", theirs, Held::Nothing),
        ("duplicate", vec![D::Duplicate], paid),
    ]
}

/// What is said of a difference, in the words of the table.
fn told(facts: &Facts, verdict: Verdict) -> String {
    let Ok(closing) = close(facts, verdict) else { return "-".to_owned() };
    let mut parts = Vec::new();
    match (closing.act, facts.held) {
        (Act::Nothing, _) => {}
        (Act::Match, _) => parts.push("matched".to_owned()),
        (Act::Fund, _) => parts.push("matched and funded".to_owned()),
        (Act::TakeBack, Held::Unapplied) => parts.push("unapplied reversed".to_owned()),
        (Act::TakeBack, _) => parts.push("clawed back".to_owned()),
    }
    let (retailer, date) = day();
    let other_day = Some(BusinessDate::from_days(date.days() - 1));
    let Closing { against, receivable, commission, .. } = closing;
    let adjustment = Adjustment { day: day(), other_day, against, receivable, commission };
    let called = |account: &LedgerAccount| match account {
        LedgerAccount::Receivable(_, of) if *of == date => "receivable",
        LedgerAccount::Receivable(..) => "receivable of our date",
        LedgerAccount::CommissionPayable(_) => "commission payable",
        LedgerAccount::DisputedReceivable(_) => "disputed receivable",
        LedgerAccount::ReconciliationDifference => "reconciliation difference",
        LedgerAccount::WriteOff => "write-off",
        other => panic!("{other:?} of {retailer}"),
    };
    let entries = adjustment.entries();
    let side = |is_debit| {
        let entry = entries.iter().find(|entry| (entry.amount > Balance::ZERO) == is_debit);
        entry.map(|entry| called(&entry.account))
    };
    parts.extend(side(true).zip(side(false)).map(|(to, from)| format!("{to} from {from}")));
    if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") }
}

#[test]
fn the_table_of_differences_is_what_the_code_posts() {
    let verdicts = [Verdict::Ours, Verdict::Theirs, Verdict::ClawBack, Verdict::WriteOff];
    let mut rows = Vec::new();
    for (name, outcomes, held) in groups() {
        let of = |outcome| verdicts.map(|verdict| told(&facts(outcome, held), verdict));
        let cells = of(outcomes[0]);
        for outcome in outcomes {
            assert_eq!(of(outcome), cells, "{outcome:?}");
        }
        rows.push(format!("| {name} | {} |", cells.join(" | ")));
    }
    let told = include_str!("../../../../docs/ledger.md");
    let (_, told) = told.split_once("\n## Differences closed by hand\n").unwrap();
    let (told, _) = told.split_once("\n## ").unwrap();
    let told: Vec<_> = told.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert_eq!(told, rows, "the table should be:\n{}", rows.join("\n"));
}
