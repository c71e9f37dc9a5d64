//! Everything that can be refused, so that each has a case.

use dialect::NotAdmitted;
use domain::{money::Rupiah, time::Span};
use gateway::request::{OpenError, OpenRefusal, Unavailable};
use intake::{BodyError, Limits};

use crate::{fault::Fault, php::NotJson, problems::Problems};

/// Everything that can be refused, by the name of its case.
pub(super) fn all() -> Vec<(String, Fault)> {
    let named = |kind: &str, what: &dyn std::fmt::Debug| {
        let text = format!("{what:?}");
        let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
        format!("{kind} {name}")
    };
    let retailers = testkit::retailers();
    let mut alfamart = retailers.get(testkit::key("alfamart")).unwrap().clone();
    alfamart.lifetime_min = Span::minutes(90);
    let mut all = Vec::new();
    for refusal in open_refusals() {
        let fault = Fault::of_open(OpenError::Refused(refusal), Some(&alfamart));
        // With and without the retailer, the code is the same.
        let bare = Fault::of_open(OpenError::Refused(refusal), None);
        assert_eq!(fault.code(), bare.code());
        all.push((named("open", &refusal), fault));
    }
    for unavailable in [
        Unavailable::QueueFull,
        Unavailable::Stopping,
        Unavailable::Storage,
        Unavailable::CountersClosed,
    ] {
        let fault = Fault::of_open(OpenError::Unavailable(unavailable), None);
        assert_eq!(fault, unavailable.into());
        all.push((named("unavailable", &unavailable), fault));
    }
    for not_admitted in [NotAdmitted::Disabled, NotAdmitted::Address, NotAdmitted::TooOften] {
        all.push((named("admit", &not_admitted), not_admitted.into()));
    }
    for error in [BodyError::TooLarge, BodyError::TooSlow, BodyError::Broken] {
        all.push((named("body", &error), Fault::of_body(error, &Limits::default())));
    }
    let not_json = NotJson { line: 9, column: 1, why: "a comma has nothing after it" };
    let mut several = Problems::one("page", "One.");
    several.add("date", "Two.");
    several.add("page", "Three.");
    for fault in [
        Fault::Syntax(not_json),
        Fault::Invalid(several),
        Fault::Unauthorized,
        Fault::NotFound,
        Fault::UnknownPath,
        Fault::WrongMethod { allowed: "GET" },
    ] {
        all.push((named("fault", &fault), fault));
    }
    all
}

/// One of each. A new refusal does not compile until it is listed.
fn open_refusals() -> Vec<OpenRefusal> {
    let limit = Rupiah::new(5_000_000).unwrap();
    let all = vec![
        OpenRefusal::ExternalIdUsed,
        OpenRefusal::OrderTaken,
        OpenRefusal::UnknownRetailer,
        OpenRefusal::RetailerPaused,
        OpenRefusal::BelowLimit { limit },
        OpenRefusal::AboveLimit { limit },
        OpenRefusal::DeadlinePassed,
        OpenRefusal::LifetimeTooShort,
        OpenRefusal::LifetimeTooLong,
        OpenRefusal::CodesExhausted,
    ];
    let place = |refusal: &OpenRefusal| match refusal {
        OpenRefusal::ExternalIdUsed => 0,
        OpenRefusal::OrderTaken => 1,
        OpenRefusal::UnknownRetailer => 2,
        OpenRefusal::RetailerPaused => 3,
        OpenRefusal::BelowLimit { .. } => 4,
        OpenRefusal::AboveLimit { .. } => 5,
        OpenRefusal::DeadlinePassed => 6,
        OpenRefusal::LifetimeTooShort => 7,
        OpenRefusal::LifetimeTooLong => 8,
        OpenRefusal::CodesExhausted => 9,
    };
    assert!(all.iter().map(place).eq(0..all.len()));
    all
}
