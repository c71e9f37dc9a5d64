//! Ayolinx' names for retailers (section 2.2).

use domain::retailer::RetailerKey;
use gateway::directory::Account;

use crate::options;

/// Channel, retailer.
const CHANNELS: [(&str, &str); 5] = [
    ("RETAIL_ALFAMART", "alfamart"),
    ("RETAIL_ALFAMIDI", "alfamidi"),
    ("RETAIL_DANDAN", "dandan"),
    ("RETAIL_PEGADAIAN", "pegadaian"),
    ("RETAIL_POS_INDONESIA", "pos_indonesia"),
];
/// The extension, which an operator has to turn on.
const INDOMARET: (&str, &str) = ("RETAIL_INDOMARET", "indomaret");

/// The retailer behind a channel; none where this account is offered no such channel. Letters count
/// as they are written.
pub(crate) fn retailer(channel: &str, account: &Account) -> Option<RetailerKey> {
    let indomaret = options::offers_indomaret(account).then_some(&INDOMARET);
    let known = CHANNELS.iter().chain(indomaret).find(|(name, _)| *name == channel);
    known.and_then(|(_, retailer)| RetailerKey::new(retailer).ok())
}

/// The channel of a retailer. One that has none cannot have been asked for here.
pub(crate) fn name(retailer: RetailerKey) -> &'static str {
    let known = CHANNELS.iter().chain([&INDOMARET]).find(|(_, key)| *key == retailer.as_str());
    known.map_or("RETAIL_UNKNOWN", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::account;

    #[test]
    fn channels_and_retailers_are_one_to_one() {
        let mut account = account();
        for (channel, key) in CHANNELS {
            let retailer = retailer(channel, &account).unwrap();
            assert_eq!((retailer.as_str(), name(retailer)), (key, channel));
        }
        for other in ["", "retail_alfamart", "RETAIL_ALFAMART ", "RETAIL_INDOMARET", "alfamart"] {
            assert_eq!(retailer(other, &account), None, "{other}");
        }
        account.settings.options.insert("indomaret".to_owned(), "true".to_owned());
        let indomaret = retailer("RETAIL_INDOMARET", &account).unwrap();
        assert_eq!((indomaret.as_str(), name(indomaret)), ("indomaret", "RETAIL_INDOMARET"));
    }
}
