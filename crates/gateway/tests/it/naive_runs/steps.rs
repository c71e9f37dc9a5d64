//! Everything that may happen next.

use domain::{ids::AccountNo, sale::Operation};
use proptest::prelude::*;
use testkit::{ACCOUNT, OTHER_ACCOUNT};

use super::codes::Deed;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Open {
        order: u8,
        retailer: &'static str,
        amount: i64,
    },
    Sibling {
        payment: usize,
        retailer: &'static str,
    },
    Say {
        operation: Operation,
        payment: usize,
        sale: Option<u8>,
        till: Option<&'static str>,
        off: i64,
    },
    Unknown {
        operation: Operation,
        sale: u8,
    },
    Close {
        payment: usize,
        expire: bool,
    },
    Wait {
        seconds: i64,
    },
    Line {
        payment: usize,
        sale: Option<u8>,
        retailer: Option<&'static str>,
        off: i64,
    },
    Matched,
    QuietDays,
    Fund {
        which: usize,
        halves: i64,
        kept: i64,
    },
    PayOut {
        account: AccountNo,
        part: i64,
    },
    Follow {
        payout: i64,
        arrives: bool,
    },
    TakeBack {
        which: usize,
    },
    PutTo {
        which: usize,
        payment: usize,
    },
    Refund {
        which: usize,
    },
    Issue {
        which: usize,
    },
    WithCode {
        which: usize,
        deed: Deed,
        till: &'static str,
        is_held: bool,
    },
    DecideCode {
        which: usize,
        is_paid: bool,
    },
    Accept {
        which: usize,
    },
    Reject {
        which: usize,
    },
    TellOfFiled {
        which: usize,
        operation: Operation,
    },
}

const SALES: u8 = 6;

fn operation() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![
        Operation::Inquiry,
        Operation::Payment,
        Operation::Payment,
        Operation::Payment,
        Operation::Advice,
        Operation::Advice,
        Operation::Commit,
        Operation::Reversal,
    ])
}

/// One that another sale may have too, or a new one.
fn sale() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.25, 0..SALES)
}

fn off() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![0, 0, 0, 0, 0, 0, 0, -1_000, 500])
}

fn retailer() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["alfamart", "indomaret", "indomaret", "tiny"])
}

fn till() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "alfamart",
        "alfamart",
        "alfamidi",
        "indomaret",
        "indomaret",
        "indomaret",
        "twostep",
        "tiny",
    ])
}

/// One of the newest, or any.
fn payment() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..3_usize, 1 => 0..30_usize]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Redeem { pin_fits: true }),
        4 => Just(Deed::Redeem { pin_fits: false }),
        4 => Just(Deed::Commit),
        1 => Just(Deed::GiveBack),
    ]
}

/// At the counters.
fn sold() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..40_u8, retailer(), prop::sample::select(vec![50_000, 50_000, 33_333, 10_001]))
            .prop_map(|(order, retailer, amount)| Step::Open { order, retailer, amount }),
        1 => (payment(), retailer())
            .prop_map(|(payment, retailer)| Step::Sibling { payment, retailer }),
        12 => (operation(), payment(), sale(), prop::option::weighted(0.25, till()), off()).prop_map(
            |(operation, payment, sale, till, off)| Step::Say {
                operation, payment, sale, till, off,
            }
        ),
        1 => (operation(), 0..SALES)
            .prop_map(|(operation, sale)| Step::Unknown { operation, sale }),
        1 => (payment(), any::<bool>())
            .prop_map(|(payment, expire)| Step::Close { payment, expire }),
        3 => (0..6_usize).prop_map(|which| Step::TakeBack { which }),
        5 => (0..3_usize, deed(), till(), prop::bool::weighted(0.8))
            .prop_map(|(which, deed, till, is_held)| Step::WithCode { which, deed, till, is_held }),
        2 => prop::sample::select(vec![1, 61, 61, 299, 301, 301, 2_200, 2_200, 23_000, 86_500])
            .prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// In the office.
fn booked() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (payment(), sale(), prop::option::weighted(0.25, till()), off()).prop_map(
            |(payment, sale, retailer, off)| Step::Line { payment, sale, retailer, off }
        ),
        1 => Just(Step::Matched),
        2 => Just(Step::QuietDays),
        3 => (0..6_usize, 1..4_i64, prop::sample::select(vec![0, 0, 700]))
            .prop_map(|(which, halves, kept)| Step::Fund { which, halves, kept }),
        3 => (prop::sample::select(vec![ACCOUNT, ACCOUNT, OTHER_ACCOUNT]), 1..4_i64)
            .prop_map(|(account, part)| Step::PayOut { account, part }),
        4 => (1..3_i64, any::<bool>())
            .prop_map(|(payout, arrives)| Step::Follow { payout, arrives }),
        4 => (0..8_usize, 0..8_usize).prop_map(|(which, payment)| Step::PutTo { which, payment }),
        1 => (0..8_usize).prop_map(|which| Step::Refund { which }),
        4 => (0..8_usize).prop_map(|which| Step::Issue { which }),
        2 => (0..3_usize, any::<bool>())
            .prop_map(|(which, is_paid)| Step::DecideCode { which, is_paid }),
        2 => (0..8_usize).prop_map(|which| Step::Accept { which }),
        1 => (0..8_usize).prop_map(|which| Step::Reject { which }),
        1 => (0..3_usize, prop::sample::select(vec![Operation::Advice, Operation::Reversal]))
            .prop_map(|(which, operation)| Step::TellOfFiled { which, operation }),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => sold(), 1 => booked()]
}
