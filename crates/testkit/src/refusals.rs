//! Every reason for which a payment is not opened.

use domain::money::Rupiah;
use gateway::request::OpenRefusal;

/// Each once, with limits of 10,000 and 5,000,000.
pub fn open_refusals() -> Vec<OpenRefusal> {
    let limit = |rupiah| Rupiah::new(rupiah).unwrap();
    let all = vec![
        OpenRefusal::OrderTaken,
        OpenRefusal::UnknownRetailer,
        OpenRefusal::RetailerPaused,
        OpenRefusal::BelowLimit { limit: limit(10_000) },
        OpenRefusal::AboveLimit { limit: limit(5_000_000) },
        OpenRefusal::DeadlinePassed,
        OpenRefusal::LifetimeTooShort,
        OpenRefusal::LifetimeTooLong,
        OpenRefusal::CodesExhausted,
        OpenRefusal::ExternalIdUsed,
    ];
    let mut names: Vec<_> = all.iter().map(|refusal| refusal_name(*refusal)).collect();
    names.sort_unstable();
    names.dedup();
    // As many as `refusal_name` has lines; a new one stops its build.
    assert_eq!(names.len(), 10, "each refusal is there once");
    all
}

/// Its name in dossiers.
pub const fn refusal_name(refusal: OpenRefusal) -> &'static str {
    match refusal {
        OpenRefusal::OrderTaken => "OrderTaken",
        OpenRefusal::UnknownRetailer => "UnknownRetailer",
        OpenRefusal::RetailerPaused => "RetailerPaused",
        OpenRefusal::BelowLimit { .. } => "BelowLimit",
        OpenRefusal::AboveLimit { .. } => "AboveLimit",
        OpenRefusal::DeadlinePassed => "DeadlinePassed",
        OpenRefusal::LifetimeTooShort => "LifetimeTooShort",
        OpenRefusal::LifetimeTooLong => "LifetimeTooLong",
        OpenRefusal::CodesExhausted => "CodesExhausted",
        OpenRefusal::ExternalIdUsed => "ExternalIdUsed",
    }
}
