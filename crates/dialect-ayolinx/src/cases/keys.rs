//! Public keys in every form, and credentials.

use aws_lc_rs::signature::KeyPair as _;
use dialect::{BadCredentials, CredentialOrder, Credentials, Dialect, NewKey, PUBLIC_KEY_MAX};
use serde::Deserialize;

use super::{Named, cases, report};
use crate::{
    Ayolinx, CLIENT_SECRET, DEMO, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY, public_key,
    signature::{sign_notification, verify_token},
};

#[derive(Deserialize)]
struct Key {
    name: String,
    source: String,
    text: String,
    gives: Gives,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gives {
    /// The demo merchant's key in its usual form.
    Normal,
    /// No, with all of these words.
    Refused(Vec<String>),
}

impl Named for Key {
    fn named(&self) -> (&str, &str) {
        (&self.name, &self.source)
    }
}

#[test]
fn public_keys_are_taken_in_every_form_and_nothing_else_is() {
    let normal = include_str!("../../demo/merchant_public.pem");
    let mut failures = Vec::new();
    for Key { name, text, gives, .. } in cases::<Key>("keys.json") {
        let got = public_key::normalise(&text);
        match (&gives, &got) {
            (Gives::Normal, Ok(pem)) if pem == normal => {}
            (Gives::Refused(words), Err(why)) => {
                let why = why.to_string();
                if let Some(word) = words.iter().find(|word| !why.contains(word.as_str())) {
                    failures.push(format!("{name}: {why}\n  does not say {word}"));
                }
                // Nothing of what was handed in is told, least of all of a private key.
                let piece = |line: &&str| line.len() > 12 && why.contains(*line);
                if let Some(line) = text.lines().map(str::trim).find(piece) {
                    failures.push(format!("{name}: {why}\n  tells {line}"));
                }
            }
            (Gives::Normal | Gives::Refused(_), _) => {
                failures.push(format!("{name}\n  got {got:?}"));
            }
        }
    }
    report(&failures);
}

#[test]
fn no_length_and_no_damage_is_too_much() {
    assert!(public_key::normalise(&"A".repeat(PUBLIC_KEY_MAX + 1)).is_err());
    assert!(public_key::normalise(&"A".repeat(PUBLIC_KEY_MAX)).is_err());
    let normal = include_str!("../../demo/merchant_public.pem");
    for end in 0..normal.len() - 40 {
        assert!(public_key::normalise(&normal[..end]).is_err(), "{end}");
    }
}

fn order<'a>(wanted: NewKey<'a>, public_key: Option<&'a str>) -> CredentialOrder<'a> {
    CredentialOrder { chance: &[0xff; 64], production: false, public_key, wanted }
}

fn made(order: &CredentialOrder<'_>) -> Credentials {
    Ayolinx.credentials(order).unwrap()
}

fn purposes(made: &Credentials) -> Vec<&'static str> {
    made.secrets.iter().map(|(purpose, _)| *purpose).collect()
}

#[test]
fn an_account_gets_names_a_secret_and_a_key_pair() {
    let public = include_str!("../../demo/merchant_public.pem").replace('\n', "\r\n");
    let made = made(&order(NewKey::All, Some(&public)));
    assert_eq!(made.public_id, "CKSandbox-ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(made.client_key, None);
    let all = [CLIENT_SECRET, PLATFORM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY];
    assert_eq!(purposes(&made), all);
    assert_eq!(made.secrets[0].1.expose(), "SKSandbox-ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(made.secrets[2].1.expose(), include_str!("../../demo/merchant_public.pem"));
    assert_eq!(made.kept, [MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY]);

    let (name, told) = &made.told[0];
    assert_eq!(*name, "platform_public_key");
    let signature = sign_notification(made.secrets[1].1.expose(), "text").unwrap();
    assert!(verify_token(told, "text", &signature));
    assert!(!verify_token(include_str!("../../demo/platform_public.pem"), "text", &signature));
    assert!(!format!("{made:?}").contains("PRIVATE KEY"));
}

#[test]
fn production_has_other_names_and_every_byte_of_chance_counts() {
    let texts = |chance: &[u8; 64], production| {
        let order = CredentialOrder {
            chance,
            production,
            public_key: None,
            wanted: NewKey::Only(Some(CLIENT_SECRET)),
        };
        let made = made(&order);
        (made.public_id, made.secrets[0].1.expose().to_owned())
    };
    let zeros = "00000000-0000-4000-8000-000000000000";
    assert_eq!(texts(&[0; 64], true), (format!("CK-{zeros}"), format!("SK-{zeros}")));
    for byte in 0..32 {
        let mut chance = [0; 64];
        chance[byte] = 1;
        assert_ne!(texts(&chance, false), texts(&[0; 64], false), "{byte}");
    }
}

#[test]
fn a_single_key_is_made_or_taken() {
    let public = include_str!("../../demo/merchant_public.pem");
    for wanted in [NewKey::Only(None), NewKey::Only(Some(CLIENT_SECRET))] {
        assert_eq!(purposes(&made(&order(wanted, None))), [CLIENT_SECRET]);
        assert!(Ayolinx.credentials(&order(wanted, Some(public))).is_err());
    }
    let platform = made(&order(NewKey::Only(Some(PLATFORM_PRIVATE_KEY)), None));
    assert_eq!(purposes(&platform), [PLATFORM_PRIVATE_KEY]);
    assert_eq!(platform.told.len(), 1);
    let merchant = made(&order(NewKey::Only(Some(MERCHANT_PUBLIC_KEY)), Some(public)));
    assert_eq!(purposes(&merchant), [MERCHANT_PUBLIC_KEY]);
}

#[test]
fn what_cannot_be_made_says_why() {
    let why = |wanted, key| {
        let BadCredentials(why) = Ayolinx.credentials(&order(wanted, key)).unwrap_err();
        why
    };
    let merchant = NewKey::Only(Some(MERCHANT_PUBLIC_KEY));
    assert!(why(merchant, None).contains("--public-key FILE"));
    assert!(why(merchant, Some("nonsense!")).contains("neither PEM nor base64"));
    let private = include_str!("../../demo/merchant_private.pem");
    assert!(why(NewKey::All, Some(private)).contains("private key"));
    assert!(!why(NewKey::All, Some(private)).contains("MIIE"));
    assert!(why(NewKey::Only(Some("server_key")), None).contains(CLIENT_SECRET));
    assert!(why(NewKey::Only(None), Some("key")).contains(MERCHANT_PUBLIC_KEY));
}

#[test]
fn an_account_without_a_public_key_is_told_what_is_missing() {
    let made = made(&order(NewKey::All, None));
    assert_eq!(purposes(&made), [CLIENT_SECRET, PLATFORM_PRIVATE_KEY]);
    let missing = &made.told.iter().find(|(name, _)| *name == "still_missing").unwrap().1;
    assert!(missing.contains(&made.public_id) && missing.contains("--public-key"), "{missing}");
}

#[test]
fn the_demo_keys_are_pairs() {
    let keys = Ayolinx.demo()[0].secrets;
    let platform = keys.iter().find(|(purpose, _)| *purpose == PLATFORM_PRIVATE_KEY).unwrap().1;
    let der = crate::pem::unwrap(platform).ok().unwrap().der;
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(&der).unwrap();
    let public = public_key::read(include_str!("../../demo/platform_public.pem")).ok().unwrap();
    assert_eq!(pair.public_key().as_ref(), public.as_ref());
    assert_eq!(DEMO.public_id, Ayolinx.demo()[0].public_id);
}
