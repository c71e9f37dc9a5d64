//! Retailers for tests: the contracts' figures, and one of every habit.

use domain::{
    money::Rupiah,
    retailer::{Contract, ReceiptShape, Retailer, RetailerKey, Retailers},
    time::Span,
};
use gateway::Settings;

/// A retailer's key.
pub fn key(text: &str) -> RetailerKey {
    RetailerKey::new(text).unwrap()
}

/// Alfamart and Alfamidi (no reversals), Indomaret (five minutes), `twostep`, which reserves
/// under Indomaret's codes, and `tiny`, whose pool has a thousand codes.
pub fn retailers() -> Retailers {
    let mut alfamidi = retailer("alfamidi", "alfa");
    alfamidi.amount_max = Rupiah::new(2_500_000).unwrap();
    let mut indomaret = retailer("indomaret", "indomaret");
    indomaret.contract.reversal_window = Span::minutes(5);
    let mut two_step = retailer("twostep", "indomaret");
    two_step.contract.two_step = true;
    let tiny = retailer("tiny", "tiny");
    Retailers::new(vec![retailer("alfamart", "alfa"), alfamidi, indomaret, two_step, tiny])
}

/// Changes every retailer, for the merchants of the first brand, too.
pub fn each_retailer(settings: &mut Settings, change: impl Fn(&mut Retailer)) {
    let changed = settings.retailers.iter().cloned().map(|mut retailer| {
        change(&mut retailer);
        retailer
    });
    settings.retailers = Retailers::new(changed.collect());
    settings.brands[0].retailers = settings.retailers.clone();
}

fn retailer(name: &str, network: &str) -> Retailer {
    Retailer {
        key: key(name),
        network: key(network),
        name: name.to_owned(),
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
