//! New credentials for a merchant, in the shapes of section 0.3, and those of the demo.

use dialect::{BadCredentials, CredentialOrder, Credentials, DemoAccount, NewKey};
use gateway::directory::Secret;

use crate::{TOKEN, brand::Brand};

/// The pair that the vendor itself publishes.
pub(crate) static DEMO_CRONOS: [DemoAccount; 1] = [DemoAccount {
    merchant: 1,
    public_id: "SC-KRW9ESNZUUKQXOOX",
    client_key: None,
    secrets: &[(TOKEN, "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t")],
    fee_plan: Some("payer gateway=3000"),
}];

/// A pair of ours; the vendor publishes none.
pub(crate) static DEMO_SENGO: [DemoAccount; 1] = [DemoAccount {
    merchant: 1,
    public_id: "SG-GERAIDEMO000001",
    client_key: None,
    secrets: &[(TOKEN, "gerai0demo0token0for0sengo000001")],
    fee_plan: Some("payer gateway=85"),
}];

/// What keys are made of.
const OF_KEYS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// What tokens are made of.
const OF_TOKENS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What is asked for; there is one kind of secret, and no use for a key of the merchant's.
pub(crate) fn answer(
    brand: Brand,
    order: &CredentialOrder<'_>,
) -> Result<Credentials, BadCredentials> {
    let title = brand.title();
    if order.public_key.is_some() {
        return Err(BadCredentials(format!("{title} has no use for a merchant's public key")));
    }
    match order.wanted {
        NewKey::All | NewKey::Only(None | Some(TOKEN)) => {
            Ok(make(brand, order.chance, order.production))
        }
        NewKey::Only(Some(other)) => {
            Err(BadCredentials(format!("{title} has no key called `{other}`; there is {TOKEN}")))
        }
    }
}

/// A key out of 16 bytes of `chance`, and a token out of 32 others.
fn make(brand: Brand, chance: &[u8; 64], production: bool) -> Credentials {
    let mut parts = chance.chunks_exact(16);
    let mut number =
        || parts.next().and_then(|part| part.try_into().ok()).map_or(0, u128::from_be_bytes);
    // SenGo's shape is known to nobody; it is that of its demo key.
    let (prefix, length) = match (brand, production) {
        (Brand::Cronos, false) => ("SC-", 16),
        (Brand::Cronos, true) => ("CE-", 16),
        (Brand::Sengo, _) => ("SG-", 15),
    };
    let key = written(number(), OF_KEYS, length);
    let token = [written(number(), OF_TOKENS, 16), written(number(), OF_TOKENS, 16)].concat();
    Credentials {
        public_id: format!("{prefix}{key}"),
        client_key: None,
        secrets: vec![(TOKEN, Secret::new(token))],
        kept: &[],
        told: Vec::new(),
    }
}

/// The last `length` digits of `number` in these digits. 128 bits are so many more than the digits
/// need that no text is likelier than another by more than one in two to the power of 32.
fn written(mut number: u128, digits: &[u8], length: usize) -> String {
    let base = u128::try_from(digits.len()).unwrap_or(1).max(1);
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let digit = usize::try_from(number % base).unwrap_or(0);
        text.extend(digits.get(digit).copied().map(char::from));
        number /= base;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(brand: Brand, chance: &[u8; 64], production: bool) -> (String, String) {
        let wanted = NewKey::All;
        let order = CredentialOrder { chance, production, public_key: None, wanted };
        let made = answer(brand, &order).unwrap();
        let [(purpose, token)] = made.secrets.as_slice() else { panic!("one secret") };
        assert_eq!((*purpose, made.client_key), ("token", None));
        (made.public_id, token.expose().to_owned())
    }

    #[test]
    fn credentials_have_the_vendors_shapes() {
        for (brand, production, prefix, length) in [
            (Brand::Cronos, false, "SC-", 19),
            (Brand::Cronos, true, "CE-", 19),
            (Brand::Sengo, false, "SG-", 18),
            (Brand::Sengo, true, "SG-", 18),
        ] {
            for byte in [0, 7, 0x80, 0xff] {
                let (key, token) = ordered(brand, &[byte; 64], production);
                assert!(key.starts_with(prefix) && key.len() == length, "{key}");
                let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                assert!(key.bytes().skip(3).all(upper), "{key}");
                assert_eq!(token.len(), 32);
                assert!(token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
            }
        }
        // 2^128 - 1 leaves 3 when divided by 36, and so on.
        let (key, _) = ordered(Brand::Cronos, &[0xff; 64], false);
        assert_eq!(key, "SC-DDZ2W9RVQ0X81YXZ");
    }

    #[test]
    fn every_byte_that_is_used_counts() {
        for byte in 0..48 {
            let mut chance = [7; 64];
            chance[byte] = 8;
            let ordinary = ordered(Brand::Cronos, &[7; 64], false);
            assert_ne!(ordered(Brand::Cronos, &chance, false), ordinary, "{byte}");
        }
    }

    #[test]
    fn there_is_one_key_and_it_is_the_gateways() {
        let chance = &[7; 64];
        let mut order = CredentialOrder {
            chance,
            production: false,
            public_key: None,
            wanted: NewKey::Only(Some("token")),
        };
        assert!(answer(Brand::Sengo, &order).is_ok());
        order.wanted = NewKey::Only(None);
        assert!(answer(Brand::Sengo, &order).is_ok());
        order.wanted = NewKey::Only(Some("server_key"));
        assert_eq!(
            answer(Brand::Sengo, &order).unwrap_err().to_string(),
            "SenGo has no key called `server_key`; there is token"
        );
        order.wanted = NewKey::All;
        order.public_key = Some("-----BEGIN PUBLIC KEY-----");
        assert!(answer(Brand::Cronos, &order).is_err());
    }

    #[test]
    fn the_demo_has_the_shapes_too() {
        let [cronos] = &DEMO_CRONOS;
        let [sengo] = &DEMO_SENGO;
        let (key, token) = ordered(Brand::Sengo, &[1; 64], false);
        assert_eq!(sengo.public_id.len(), key.len());
        for demo in [cronos, sengo] {
            assert_eq!(demo.secrets[0].1.len(), token.len());
        }
    }
}
