//! Everything that can be refused, so that each has a case.

use dialect::NotAdmitted;
use domain::time::Span;
use gateway::request::{OpenError, Unavailable};
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
    for refusal in testkit::open_refusals() {
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
