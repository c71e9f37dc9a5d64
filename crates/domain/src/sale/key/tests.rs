//! Keys with and without a date.

use super::*;
use crate::time::Span;

/// 2026-11-21 23:30:00 WIB.
const EVENING: Timestamp = Timestamp::from_millis(1_795_278_600_000);

fn code() -> PaymentCode {
    PaymentCode::new("8127740588870520").unwrap()
}

/// Sales' keys: of the own date, the one before, the one after.
fn keys(contract: &Contract, till_at: Timestamp) -> Vec<String> {
    let (outlet, terminal, code) = (Some("T001"), Some("02"), &code());
    let parts = SaleParts { sale: "17", outlet, terminal, till_at, code };
    let SaleKeys { own, before, after } = SaleKeys::build(contract, &parts).unwrap();
    let days = [Some(own), before, after].into_iter().flatten();
    days.map(|keys| keys.sale.to_string()).collect()
}

fn dated() -> Contract {
    Contract { sale_key: SaleKeyForm::OutletTerminalDateSale, ..Contract::default() }
}

#[test]
fn a_number_that_is_never_used_again_needs_no_date() {
    assert_eq!(keys(&Contract::default(), EVENING), ["17"]);
}

#[test]
fn a_dated_key_knows_its_neighbours() {
    let [own, before, after] =
        ["T001/02/2026-11-21/17", "T001/02/2026-11-20/17", "T001/02/2026-11-22/17"];
    assert_eq!(keys(&dated(), EVENING), [own, before, after]);
    let midnight = EVENING.plus(Span::minutes(30));
    assert_eq!(keys(&dated(), midnight)[0], after);
    assert_eq!(keys(&dated(), midnight)[1], own);
    assert_eq!(keys(&dated(), midnight.plus(Span::millis(-1)))[0], own);
}

#[test]
fn the_date_is_that_of_the_business_day() {
    let contract = Contract { business_day_cutoff: Span::hours(23), ..dated() };
    assert_eq!(keys(&contract, EVENING)[0], "T001/02/2026-11-22/17");
    let before = EVENING.plus(Span::minutes(-31));
    assert_eq!(keys(&contract, before)[0], "T001/02/2026-11-21/17");
    // As the ledger counts it.
    for at in [EVENING, before] {
        let booked = crate::ledger::business_date(&contract, at, at);
        assert!(keys(&contract, at)[0].contains(&booked.to_string()));
    }
}

#[test]
fn parts_that_cannot_name_a_sale() {
    let (outlet, terminal, code) = (None, Some("02"), &code());
    let parts = SaleParts { sale: "", outlet, terminal, till_at: EVENING, code };
    assert_eq!(SaleKeys::build(&dated(), &parts), Err(NotASaleKey::Text));
    let parts = SaleParts { sale: "17", ..parts };
    assert_eq!(SaleKeys::build(&dated(), &parts), Err(NotASaleKey::Incomplete));
    let blank = SaleParts { outlet: Some("T 1"), ..parts };
    assert_eq!(SaleKeys::build(&dated(), &blank), Err(NotASaleKey::Text));
}

#[test]
fn a_grave_of_one_code_leaves_the_number_to_another() {
    let text = "9".repeat(64);
    let (place, code) = ("T".repeat(32), PaymentCode::new(&"8".repeat(24)).unwrap());
    let (outlet, terminal) = (Some(place.as_str()), Some(place.as_str()));
    let parts = SaleParts { sale: &text, outlet, terminal, till_at: EVENING, code: &code };
    let keys = SaleKeys::build(&dated(), &parts).unwrap();
    let longest = format!("{place}/{place}/2026-11-21*{code}/{text}");
    assert_eq!(keys.grave().as_str(), longest);
    assert_eq!(SaleKey::new(longest), Ok(keys.grave().clone()));
    assert_eq!(keys.iter().count(), 6);

    let keys = SaleKeys::build(&Contract::default(), &parts).unwrap();
    assert_eq!((keys.grave(), keys.iter().count()), (&keys.own.sale, 1));
}
