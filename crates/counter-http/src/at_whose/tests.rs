//! Which retailer a message means.

use domain::{
    code::{Pool, PoolShape},
    ids::{PartnerNo, PoolNo},
    money::Rupiah,
    retailer::{Contract, ReceiptShape},
    time::Span,
};
use gateway::directory::PartnerSettings;

use super::*;

/// A retailer whose contract is the simplest.
pub(crate) fn retailer(key: &str, network: &str) -> Retailer {
    Retailer {
        key: RetailerKey::new(key).unwrap(),
        network: RetailerKey::new(network).unwrap(),
        name: key.to_owned(),
        amount_min: Rupiah::new(10_000).unwrap(),
        amount_max: Rupiah::new(5_000_000).unwrap(),
        cash_max: None,
        lifetime_default: Span::hours(24),
        lifetime_min: Span::minutes(1),
        lifetime_max: Span::days(7),
        receipt: ReceiptShape { lines_max: 3, line_width: 40, label_width: 20 },
        opening_hours: String::new(),
        instructions_id: String::new(),
        instructions_en: String::new(),
        contract: Contract::default(),
    }
}

/// A partner without keys that serves these; all, where there are none.
pub(crate) fn partner(retailers: &[&str]) -> Partner {
    Partner {
        no: PartnerNo::new(1),
        name: "Demo".to_owned(),
        retailers: retailers.iter().map(|key| RetailerKey::new(key).unwrap()).collect(),
        keys: Vec::new(),
        allow_list: Vec::new(),
        settings: PartnerSettings::default(),
        disabled: false,
    }
}

fn retailers() -> Retailers {
    Retailers::new(vec![
        retailer("alfamart", "alfa"),
        retailer("alfamidi", "alfa"),
        retailer("indomaret", "indomaret"),
    ])
}

fn pools() -> Pools {
    let shape = |network: &str, prefix: &str| PoolShape {
        network: RetailerKey::new(network).unwrap(),
        length: 12,
        prefix: prefix.to_owned(),
        shards: 1,
    };
    Pools::new(vec![
        Pool::new(PoolNo::new(1), shape("alfa", "81"), &[1; 32]).unwrap(),
        Pool::new(PoolNo::new(2), shape("indomaret", "57"), &[2; 32]).unwrap(),
    ])
    .unwrap()
}

#[test]
fn a_partner_of_several_says_which() {
    let retailers = retailers();
    let table: &[(&[&str], Option<&str>, Option<&str>)] = &[
        (&[], Some("indomaret"), Some("indomaret")),
        (&[], None, None),
        (&["alfamidi"], None, Some("alfamidi")),
        (&["alfamidi"], Some("alfamidi"), Some("alfamidi")),
        (&["alfamidi"], Some("alfamart"), None),
        (&["alfamart", "alfamidi"], None, None),
        (&["alfamart", "alfamidi"], Some("alfamidi"), Some("alfamidi")),
        (&["alfamart", "alfamidi"], Some("indomaret"), None),
        (&[], Some("dandan"), None),
        (&[], Some(""), None),
        (&[], Some("ALFAMART"), None),
        (&[], Some("a name much too long for a retailer"), None),
        // Served, but not known to this gateway.
        (&["dandan"], Some("dandan"), None),
        (&["dandan"], None, None),
        (&["dandan", "alfamidi"], None, Some("alfamidi")),
    ];
    for (serves, named, want) in table {
        let got = named_or_only(&partner(serves), &retailers, *named);
        match want {
            Some(want) => assert_eq!(got.unwrap().key.as_str(), *want, "{serves:?} {named:?}"),
            None => assert_eq!(got.unwrap_err().member, "retailer", "{serves:?} {named:?}"),
        }
    }
}

#[test]
fn of_a_known_sale_the_code_tells_the_retailer() {
    let (retailers, pools) = (retailers(), pools());
    let of_indomaret = pools.get(PoolNo::new(2)).unwrap().code(0, 7).unwrap();
    let foreign = PaymentCode::new("TEST163412").unwrap();
    let table = [
        (&[] as &[&str], None, of_indomaret, Some("indomaret")),
        (&[], None, foreign, Some("alfamart")),
        (&["alfamidi", "indomaret"], None, of_indomaret, Some("indomaret")),
        (&["alfamidi"], None, of_indomaret, Some("alfamidi")),
        (&[], Some("alfamidi"), of_indomaret, Some("alfamidi")),
        (&["indomaret"], Some("alfamidi"), of_indomaret, None),
        (&["dandan"], None, of_indomaret, None),
    ];
    for (serves, named, code, want) in table {
        let got = named_or_likely(&partner(serves), &retailers, named, &pools, &code);
        match want {
            Some(want) => assert_eq!(got.unwrap().key.as_str(), want, "{serves:?} {named:?}"),
            None => assert_eq!(got.unwrap_err().member, "retailer", "{serves:?} {named:?}"),
        }
    }
}
