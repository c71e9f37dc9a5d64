//! New credentials for a merchant, in the shapes of section 1.2.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dialect::{BadCredentials, CredentialOrder, Credentials, DemoAccount, NewKey};
use gateway::directory::Secret;

use crate::SERVER_KEY;

/// The accounts of the sandbox's demo merchants.
pub(crate) const DEMOS: &[DemoAccount] = &[
    DemoAccount {
        merchant: 1,
        public_id: "G000000001",
        client_key: Some("SB-Mid-client-gerai-demo"),
        secrets: &[(SERVER_KEY, "SB-Mid-server-gerai-demo")],
        fee_plan: None,
    },
    DemoAccount {
        merchant: 2,
        public_id: "G000000002",
        client_key: Some("SB-Mid-client-gerai-other"),
        secrets: &[(SERVER_KEY, "SB-Mid-server-gerai-other")],
        fee_plan: None,
    },
];

/// What is asked for; Midtrans takes no key of the merchant, and has one kind of secret.
pub(crate) fn answer(order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials> {
    if order.public_key.is_some() {
        return Err(BadCredentials("Midtrans has no use for a merchant's public key".to_owned()));
    }
    match order.wanted {
        NewKey::All | NewKey::Only(None | Some(SERVER_KEY)) => {
            let chance = order.chance.first_chunk().unwrap_or(&[0; 32]);
            Ok(make(chance, order.production))
        }
        NewKey::Only(Some(other)) => Err(BadCredentials(format!(
            "Midtrans has no key called `{other}`; there is {SERVER_KEY}"
        ))),
    }
}

/// Credentials out of `chance`: 144 bits for the server key, 72 for the client key, the rest for the
/// merchant id.
pub(crate) fn make(chance: &[u8; 32], production: bool) -> Credentials {
    let environment = if production { "" } else { "SB-" };
    let (server, rest) = chance.split_at(18);
    let (client, rest) = rest.split_at(9);
    let number = rest.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // Nine digits without a leading zero: ids that start with one are for demonstrations.
    let number = 100_000_000 + number % 900_000_000;
    let server_key = format!("{environment}Mid-server-{}", URL_SAFE_NO_PAD.encode(server));
    Credentials {
        public_id: format!("G{number}"),
        client_key: Some(format!("{environment}Mid-client-{}", URL_SAFE_NO_PAD.encode(client))),
        secrets: vec![(SERVER_KEY, Secret::new(server_key))],
        kept: &[],
        told: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_look_like_midtranss() {
        for (production, environment) in [(false, "SB-"), (true, "")] {
            let made = make(&[0xff; 32], production);
            let [(purpose, secret)] = made.secrets.as_slice() else { panic!("one secret") };
            assert_eq!(*purpose, "server_key");
            let server = format!("{environment}Mid-server-{}", "_".repeat(24));
            assert_eq!(secret.expose(), server);
            let client = format!("{environment}Mid-client-{}", "_".repeat(12));
            assert_eq!(made.client_key, Some(client));
            // 2^40 - 1 leaves 611,627,775 when divided by 900,000,000.
            assert_eq!(made.public_id, "G711627775");
        }
        assert_eq!(make(&[0; 32], false).public_id, "G100000000");
    }

    #[test]
    fn every_byte_of_chance_counts() {
        let text = |chance: &[u8; 32]| {
            let made = make(chance, false);
            let secret = made.secrets[0].1.expose().to_owned();
            (made.public_id, made.client_key, secret)
        };
        for byte in 0..32 {
            let mut chance = [7; 32];
            chance[byte] = 8;
            assert_ne!(text(&chance), text(&[7; 32]), "{byte}");
        }
    }
}
