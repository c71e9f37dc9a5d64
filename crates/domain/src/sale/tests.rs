//! The table of rules 1 to 3, whole: every operation meets every state.

use super::*;

const STATES: [SaleState; 7] = [
    SaleState::Reserved,
    SaleState::Booked,
    SaleState::Refused,
    SaleState::Unapplied,
    SaleState::Released,
    SaleState::Reversed,
    SaleState::Tombstone,
];

fn sale(state: SaleState) -> Sale {
    Sale {
        no: SaleNo::new(1),
        partner: PartnerNo::new(1),
        key: SaleKey::new("A-1").unwrap(),
        retailer: RetailerKey::new("alfamart").unwrap(),
        code: code("8127740588870520"),
        amount: Rupiah::new(50_000).unwrap(),
        payment: None,
        till_at: Timestamp::from_millis(0),
        received_at: Timestamp::from_millis(0),
        state,
    }
}

fn code(text: &str) -> PaymentCode {
    PaymentCode::new(text).unwrap()
}

#[test]
fn every_operation_meets_every_state() {
    use {Meeting as M, Operation as O};
    // reserved, booked, refused, unapplied, released, reversed, tombstone
    let table = [
        (O::Inquiry, [M::Anew; 7]),
        (
            O::Payment,
            [M::Repeat, M::Repeat, M::Repeat, M::Repeat, M::Anew, M::TakenBack, M::TakenBack],
        ),
        (
            O::Payout,
            [M::Repeat, M::Repeat, M::Repeat, M::Repeat, M::Anew, M::TakenBack, M::TakenBack],
        ),
        (
            O::Advice,
            [M::Repeat, M::Repeat, M::Anew, M::Repeat, M::Anew, M::TakenBack, M::TakenBack],
        ),
        (O::Commit, [M::Anew, M::Anew, M::Anew, M::Anew, M::Anew, M::TakenBack, M::TakenBack]),
        (O::Reversal, [M::Anew, M::Anew, M::Anew, M::Anew, M::Anew, M::Repeat, M::Repeat]),
    ];
    let amount = Rupiah::new(50_000).unwrap();
    for (operation, row) in table {
        assert_eq!(meet(None, operation, &code("1"), Some(amount)), M::First);
        for (state, want) in STATES.into_iter().zip(row) {
            let got = meet(Some(&sale(state)), operation, &code("8127740588870520"), Some(amount));
            assert_eq!(got, want, "{operation:?} meets {}", state.name());
            let got = meet(Some(&sale(state)), operation, &code("8127740588870521"), Some(amount));
            assert_eq!(got, M::Conflict, "{operation:?} meets {} of another code", state.name());
        }
    }
}

#[test]
fn another_amount_is_another_sale_until_it_is_taken_back() {
    let other = Rupiah::new(49_999).unwrap();
    let meet = |operation, state| {
        meet(Some(&sale(state)), operation, &code("8127740588870520"), Some(other))
    };
    assert_eq!(meet(Operation::Payment, SaleState::Booked), Meeting::Conflict);
    assert_eq!(meet(Operation::Advice, SaleState::Refused), Meeting::Conflict);
    assert_eq!(meet(Operation::Payment, SaleState::Tombstone), Meeting::TakenBack);
}
