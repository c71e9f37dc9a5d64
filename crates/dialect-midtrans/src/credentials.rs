//! New credentials for a merchant, in the shapes of section 1.2.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dialect::Credentials;
use gateway::directory::Secret;

use crate::SERVER_KEY;

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
