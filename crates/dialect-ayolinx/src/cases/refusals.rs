//! Everything that can be refused has its code, and the dossier tells of every one of create's.

use dialect::{Dialect, NotAdmitted};
use domain::{
    money::Rupiah,
    retailer::{Contract, NetworkKey, ReceiptShape, Retailer, RetailerKey},
    time::Span,
};
use gateway::request::{OpenError, Unavailable};
use intake::{BodyError, Limits};

use crate::{
    Ayolinx,
    endpoint::{Endpoint, NO_SERVICE},
    fault::Fault,
};

fn alfamart() -> Retailer {
    Retailer {
        key: RetailerKey::new("alfamart").unwrap(),
        network: NetworkKey::new("alfa").unwrap(),
        name: "Alfamart".to_owned(),
        amount_min: Rupiah::new(10_000).unwrap(),
        amount_max: Rupiah::new(5_000_000).unwrap(),
        cash_max: None,
        lifetime_default: Span::hours(24),
        lifetime_min: Span::seconds(20),
        lifetime_max: Span::days(180),
        receipt: ReceiptShape { lines_max: 3, line_width: 40, label_width: 20 },
        opening_hours: String::new(),
        instructions_id: String::new(),
        instructions_en: String::new(),
        contract: Contract::default(),
    }
}

/// One of each, with its row in the dossier. A new refusal does not compile until it is listed.
#[test]
fn the_dossier_tells_code_and_words_of_every_refusal() {
    let retailer = alfamart();
    let dossier = Ayolinx.dossier();
    for refusal in testkit::open_refusals() {
        let name: String =
            format!("{refusal:?}").chars().take_while(|c| c.is_alphanumeric()).collect();
        let fault = Fault::of_open(OpenError::Refused(refusal), Some(&retailer));
        let code = fault.code(Endpoint::Create.service());
        assert_eq!(Ayolinx.refusal(refusal), code);
        let row = format!("| `{name}` | `{code}` {}", fault.text());
        assert!(dossier.contains(&row), "the dossier lacks {row}");
    }
}

#[test]
fn every_other_fault_has_its_code_and_words() {
    let limits = Limits::default();
    let create = Endpoint::Create.service();
    for (fault, service, code, text) in [
        (Fault::UnknownPath, NO_SERVICE, "4040002", "Invalid Routing"),
        (Fault::WrongMethod, create, "4055401", "Requested Operation Is Not Allowed"),
        (Fault::Signature(None), "73", "4017300", "Unauthorized. [Signature]"),
        (Fault::UnknownClient, "73", "4017300", "Unauthorized. [Unknown client]"),
        (Fault::Stale, "55", "4015500", "Unauthorized. [Timestamp]"),
        (NotAdmitted::Address.into(), create, "4015400", "Unauthorized. [IP address]"),
        (NotAdmitted::Disabled.into(), create, "4035418", "Inactive Card/Account/Customer"),
        (NotAdmitted::TooOften.into(), create, "4295400", "Too Many Requests"),
        (Fault::UnknownToken, create, "4015401", "Invalid Token (B2B)"),
        (Fault::NoToken, create, "4015403", "Token Not Found (B2B)"),
        (Fault::UnknownPayment, "55", "4045501", "Transaction Not Found"),
        (Unavailable::QueueFull.into(), create, "4295400", "Too Many Requests"),
        (Unavailable::Stopping.into(), create, "4295400", "Too Many Requests"),
        (Unavailable::CountersClosed.into(), create, "4295400", "Too Many Requests"),
        (Unavailable::Storage.into(), create, "5005401", "Internal Server Error"),
        (
            Fault::of_body(BodyError::TooLarge, &limits),
            create,
            "4005400",
            "Bad Request. [The body is larger than 65536 bytes]",
        ),
        (
            Fault::of_body(BodyError::TooSlow, &limits),
            create,
            "4005400",
            "Bad Request. [The body did not arrive in time]",
        ),
        (
            Fault::of_body(BodyError::Broken, &limits),
            create,
            "4005400",
            "Bad Request. [The body is incomplete]",
        ),
    ] {
        assert_eq!((fault.code(service).as_str(), fault.text().as_str()), (code, text));
        assert_eq!(fault.http().to_string(), code[..3]);
    }
}

#[test]
fn a_message_is_never_longer_than_snap_allows() {
    let fault = Fault::Malformed("é".repeat(500));
    assert_eq!(fault.text().chars().count(), 150);
}
