//! The rule, case by case, and what must hold whatever is remembered.

use proptest::prelude::*;

use super::*;
use crate::{
    ids::{PartnerNo, SaleNo},
    retailer::RetailerKey,
    sale::SaleKey,
    time::Timestamp,
};

const CODE: &str = "8127740588870520";
const OTHER: &str = "8127740588870539";

const STATES: [SaleState; 7] = [
    SaleState::Reserved,
    SaleState::Booked,
    SaleState::Refused,
    SaleState::Unapplied,
    SaleState::Released,
    SaleState::Reversed,
    SaleState::Tombstone,
];
const OPERATIONS: [Operation; 6] = [
    Operation::Inquiry,
    Operation::Payment,
    Operation::Commit,
    Operation::Advice,
    Operation::Reversal,
    Operation::Payout,
];

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn sale(state: SaleState, code: &str, amount: i64) -> Sale {
    Sale {
        no: SaleNo::new(1),
        partner: PartnerNo::new(1),
        key: SaleKey::new("T001/02/2026-11-21/1").unwrap(),
        retailer: RetailerKey::new("alfamart").unwrap(),
        code: PaymentCode::new(code).unwrap(),
        amount: rupiah(amount),
        payment: None,
        till_at: Timestamp::from_millis(0),
        received_at: Timestamp::from_millis(0),
        state,
    }
}

/// Where a message of `CODE` over 50,000 leads, with these sales remembered.
fn meant(
    operation: Operation,
    own: Option<&Sale>,
    before: Option<&Sale>,
    after: Option<&Sale>,
) -> Option<Day> {
    let code = PaymentCode::new(CODE).unwrap();
    Remembered { own, before, after }.meant(operation, &code, Some(rupiah(50_000)))
}

#[test]
fn what_follows_a_sale_finds_it_the_day_before() {
    for state in STATES {
        let before = sale(state, CODE, 50_000);
        for operation in OPERATIONS {
            let follows = match operation {
                Operation::Inquiry | Operation::Payment | Operation::Payout => None,
                Operation::Commit | Operation::Advice | Operation::Reversal => Some(Day::Before),
            };
            let got = meant(operation, None, Some(&before), None);
            assert_eq!(got, follows, "{operation:?} after {}", state.name());
        }
    }
}

#[test]
fn a_number_that_is_used_again_is_another_sale() {
    for state in STATES {
        let before = sale(state, OTHER, 50_000);
        let own = sale(state, CODE, 50_000);
        for operation in OPERATIONS {
            assert_eq!(meant(operation, None, Some(&before), None), None);
            assert_eq!(meant(operation, Some(&own), Some(&before), None), Some(Day::Own));
        }
        // The other way round: the number is in use again, and the message follows yesterday's.
        let (before, own) = (own, before);
        for operation in [Operation::Commit, Operation::Advice, Operation::Reversal] {
            let got = meant(operation, Some(&own), Some(&before), None);
            assert_eq!(got, Some(Day::Before), "{operation:?} {}", state.name());
        }
        for operation in [Operation::Inquiry, Operation::Payment] {
            // A conflict, because this date's number has another code.
            assert_eq!(meant(operation, Some(&own), Some(&before), None), Some(Day::Own));
        }
    }
}

#[test]
fn an_advice_of_another_amount_is_another_sale_and_a_reversal_of_it_a_slip() {
    let before = sale(SaleState::Booked, CODE, 49_999);
    assert_eq!(meant(Operation::Advice, None, Some(&before), None), None);
    assert_eq!(meant(Operation::Reversal, None, Some(&before), None), Some(Day::Before));
}

#[test]
fn what_overtook_its_sale_is_found_the_day_after() {
    // operation, and whether the day after counts: reserved, booked, refused, unapplied, released,
    // reversed, tombstone
    let table = [
        (Operation::Inquiry, [false; 7]),
        (Operation::Payment, [true, true, false, true, false, true, true]),
        (Operation::Advice, [true, true, false, true, false, true, true]),
        (Operation::Commit, [false, false, false, false, false, true, true]),
        (Operation::Reversal, [false, false, false, false, false, true, true]),
    ];
    for (operation, row) in table {
        for (state, counts) in STATES.into_iter().zip(row) {
            let after = sale(state, CODE, 50_000);
            let want = counts.then_some(Day::After);
            assert_eq!(meant(operation, None, None, Some(&after)), want, "{operation:?} {state:?}");
            let other = sale(state, OTHER, 50_000);
            assert_eq!(meant(operation, None, None, Some(&other)), None, "{operation:?} {state:?}");
        }
    }
    // What was given back is given back whatever it was; cash is the same cash only if it agrees.
    let tombstone = sale(SaleState::Tombstone, CODE, 49_999);
    assert_eq!(meant(Operation::Payment, None, None, Some(&tombstone)), Some(Day::After));
    let booked = sale(SaleState::Booked, CODE, 49_999);
    assert_eq!(meant(Operation::Payment, None, None, Some(&booked)), None);
}

#[test]
fn what_came_to_nothing_gives_way_to_what_was_taken_back_the_day_after() {
    let tombstone = sale(SaleState::Tombstone, CODE, 50_000);
    for state in [SaleState::Refused, SaleState::Released] {
        let idle = sale(state, CODE, 50_000);
        for operation in OPERATIONS {
            assert_eq!(meant(operation, Some(&idle), None, Some(&tombstone)), Some(Day::After));
        }
        for operation in [Operation::Commit, Operation::Advice, Operation::Reversal] {
            assert_eq!(meant(operation, None, Some(&idle), Some(&tombstone)), Some(Day::After));
        }
    }
    let booked = sale(SaleState::Booked, CODE, 50_000);
    for operation in OPERATIONS {
        assert_eq!(meant(operation, Some(&booked), None, Some(&tombstone)), Some(Day::Own));
    }
}

fn remembered() -> impl Strategy<Value = Option<Sale>> {
    let state = prop::sample::select(STATES.to_vec());
    let code = prop::sample::select(vec![CODE, OTHER]);
    let amount = prop::sample::select(vec![50_000, 49_999]);
    prop::option::of(
        (state, code, amount).prop_map(|(state, code, amount)| sale(state, code, amount)),
    )
}

proptest! {
    #[test]
    fn a_sale_of_another_code_is_never_meant_on_another_day(
        own in remembered(),
        before in remembered(),
        after in remembered(),
        operation in prop::sample::select(OPERATIONS.to_vec()),
    ) {
        let day = meant(operation, own.as_ref(), before.as_ref(), after.as_ref());
        let found = match day {
            None => None,
            // The own date's number may be a conflict.
            Some(Day::Own) => { prop_assert!(own.is_some()); None }
            Some(Day::Before) => Some(before.as_ref().unwrap()),
            Some(Day::After) => Some(after.as_ref().unwrap()),
        };
        if let Some(sale) = found {
            prop_assert_eq!(sale.code.as_str(), CODE);
            // A new sale is never yesterday's.
            let new = matches!(operation, Operation::Inquiry | Operation::Payment);
            prop_assert!(!(new && day == Some(Day::Before)));
            // What the own date holds is never passed over.
            let holds = |sale: &Sale| sale.code.as_str() == CODE && weight(sale.state) == Weight::Holds;
            prop_assert!(!own.as_ref().is_some_and(holds));
        }
        // Yesterday alone decides nothing about a new sale, and a number in use is not free.
        if operation == Operation::Payment {
            let without = meant(operation, own.as_ref(), None, after.as_ref());
            prop_assert_eq!(day, without);
        }
        prop_assert!(day.is_some() || own.is_none());
    }
}
