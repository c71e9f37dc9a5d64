//! Everything that can be refused, so that each has a case.

use dialect::NotAdmitted;
use domain::{
    money::Rupiah,
    payment::{Refusal, ReversalRefused},
    refund::RefundRefusal,
    retailer::RetailerKey,
};
use gateway::request::{CloseError, OpenError, Unavailable};
use intake::{BodyError, Limits};

use crate::{
    fault::Fault,
    json::NotJson,
    samples::{retailer, view},
};

/// Everything that can be refused, by the name of its case.
pub(super) fn all() -> Vec<(String, Fault)> {
    let named = |kind: &str, what: &dyn std::fmt::Debug| {
        let text = format!("{what:?}");
        let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
        format!("{kind} {name}")
    };
    let alfamart = retailer("alfamart", "alfa", 3);
    let mut all = Vec::new();
    for refusal in testkit::open_refusals() {
        let fault = Fault::of_open(OpenError::Refused(refusal), Some(&alfamart));
        all.push((named("open", &refusal), fault));
    }
    for refusal in close_refusals() {
        let view = Box::new(view("alfamart", "paid", ""));
        let fault = Fault::of_close(CloseError::Refused(view, refusal));
        all.push((named("close", &refusal), fault));
    }
    all.push(("close NotFound".to_owned(), Fault::of_close(CloseError::NotFound)));
    for unavailable in [
        Unavailable::QueueFull,
        Unavailable::Stopping,
        Unavailable::Storage,
        Unavailable::CountersClosed,
    ] {
        all.push((named("unavailable", &unavailable), unavailable.into()));
    }
    for not_admitted in [NotAdmitted::Disabled, NotAdmitted::Address, NotAdmitted::TooOften] {
        all.push((named("admit", &not_admitted), not_admitted.into()));
    }
    for error in [BodyError::TooLarge, BodyError::TooSlow, BodyError::Broken] {
        all.push((named("body", &error), Fault::of_body(error, &Limits::default())));
    }
    let not_json = NotJson { line: 6, column: 3, why: "expected `,` or `}`".to_owned() };
    for fault in [
        Fault::Syntax(not_json),
        Fault::EmptyCharge,
        Fault::Unauthorized,
        Fault::ChannelInactive,
        Fault::UnknownPayment,
        Fault::UnknownPath,
        Fault::WrongMethod { allowed: "POST" },
    ] {
        all.push((named("fault", &fault), fault));
    }
    all
}

/// One of each. A new refusal does not compile until it is listed.
fn close_refusals() -> Vec<Refusal> {
    let limit = Rupiah::new(1).unwrap();
    let all = vec![
        Refusal::UnknownCode,
        Refusal::NotPayableHere { retailer: RetailerKey::new("alfamart").unwrap() },
        Refusal::AlreadyPaid,
        Refusal::PaymentReversed,
        Refusal::Cancelled,
        Refusal::Expired,
        Refusal::BeingPaid,
        Refusal::NeedsInquiry,
        Refusal::WrongAmount { owed: limit, offered: limit },
        Refusal::OverLimit { limit },
        Refusal::UnderLimit { limit },
        Refusal::SaleReversed,
        Refusal::SaleConflict,
        Refusal::UnknownSale,
        Refusal::ReversalRefused(ReversalRefused::Final),
        Refusal::NotPending,
        Refusal::NotPaid,
        Refusal::NotReserved,
        Refusal::TooEarly,
        Refusal::Refund(RefundRefusal::Blocked),
    ];
    let place = |refusal: &Refusal| match refusal {
        Refusal::UnknownCode => 0,
        Refusal::NotPayableHere { .. } => 1,
        Refusal::AlreadyPaid => 2,
        Refusal::PaymentReversed => 3,
        Refusal::Cancelled => 4,
        Refusal::Expired => 5,
        Refusal::BeingPaid => 6,
        Refusal::NeedsInquiry => 7,
        Refusal::WrongAmount { .. } => 8,
        Refusal::OverLimit { .. } => 9,
        Refusal::UnderLimit { .. } => 10,
        Refusal::SaleReversed => 11,
        Refusal::SaleConflict => 12,
        Refusal::UnknownSale => 13,
        Refusal::ReversalRefused(_) => 14,
        Refusal::NotPending => 15,
        Refusal::NotPaid => 16,
        Refusal::NotReserved => 17,
        Refusal::TooEarly => 18,
        Refusal::Refund(_) => 19,
    };
    assert!(all.iter().map(place).eq(0..all.len()));
    all
}
