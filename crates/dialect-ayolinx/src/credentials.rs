//! New credentials for a merchant, in the shapes of section 1.2.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use dialect::{BadCredentials, CredentialOrder, Credentials, NewKey};
use gateway::directory::Secret;

use crate::{CLIENT_SECRET, MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY, pem, public_key};

/// The name under which the public half of the platform's key is told.
const PLATFORM_PUBLIC_KEY: &str = "platform_public_key";

/// Which keys to make.
struct Wanted {
    client_secret: bool,
    platform_key: bool,
    merchant_key: bool,
}

/// Makes what is asked for. The key pair comes from the system's own chance: one cannot be made from
/// given bytes.
pub(crate) fn answer(order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials> {
    let wanted = wanted(order)?;
    let [client_key, client_secret] = texts(order);
    let mut secrets = Vec::new();
    let mut told = Vec::new();
    if wanted.client_secret {
        secrets.push((CLIENT_SECRET, Secret::new(client_secret)));
    }
    if wanted.platform_key {
        let (private, public) = key_pair().ok_or_else(|| bad("no RSA key pair can be made"))?;
        secrets.push((PLATFORM_PRIVATE_KEY, private));
        told.push((PLATFORM_PUBLIC_KEY, public));
    }
    match order.public_key.filter(|_| wanted.merchant_key) {
        Some(text) => {
            let key = public_key::normalise(text).map_err(|why| bad(why.to_string()))?;
            secrets.push((MERCHANT_PUBLIC_KEY, Secret::new(key)));
        }
        None if wanted.merchant_key => told.push((
            "still_missing",
            format!(
                "the merchant's RSA public key: until `gerai merchant rotate-key {client_key} \
                 --key {MERCHANT_PUBLIC_KEY} --public-key FILE` has added it, no token is issued"
            ),
        )),
        None => {}
    }
    if order.wanted == NewKey::All {
        told.push((
            "to_configure",
            format!(
                "{client_key} is both X-CLIENT-KEY and X-PARTNER-ID; requests are signed with the \
                 {CLIENT_SECRET}, token requests with the merchant's RSA private key; \
                 notifications are verified with the {PLATFORM_PUBLIC_KEY} over the path of the \
                 merchant's own URL"
            ),
        ));
    }
    Ok(Credentials {
        public_id: client_key,
        client_key: None,
        secrets,
        kept: &[MERCHANT_PUBLIC_KEY, PLATFORM_PRIVATE_KEY],
        told,
    })
}

fn wanted(order: &CredentialOrder<'_>) -> Result<Wanted, BadCredentials> {
    let none = Wanted { client_secret: false, platform_key: false, merchant_key: false };
    let wanted = match order.wanted {
        NewKey::All => Wanted { client_secret: true, platform_key: true, merchant_key: true },
        NewKey::Only(None | Some(CLIENT_SECRET)) => Wanted { client_secret: true, ..none },
        NewKey::Only(Some(PLATFORM_PRIVATE_KEY)) => Wanted { platform_key: true, ..none },
        NewKey::Only(Some(MERCHANT_PUBLIC_KEY)) if order.public_key.is_none() => {
            return Err(bad(
                "the merchant makes this key: hand its public half in with --public-key FILE",
            ));
        }
        NewKey::Only(Some(MERCHANT_PUBLIC_KEY)) => Wanted { merchant_key: true, ..none },
        NewKey::Only(Some(other)) => {
            return Err(bad(format!(
                "Ayolinx has no key called `{other}`; there are {CLIENT_SECRET}, \
                 {MERCHANT_PUBLIC_KEY} and {PLATFORM_PRIVATE_KEY}"
            )));
        }
    };
    if order.public_key.is_some() && !wanted.merchant_key {
        return Err(bad(format!("a public key is only taken with --key {MERCHANT_PUBLIC_KEY}")));
    }
    Ok(wanted)
}

/// Client key and secret: a prefix and a UUID of chance, 122 bits each.
fn texts(order: &CredentialOrder<'_>) -> [String; 2] {
    let environment = if order.production { "" } else { "Sandbox" };
    let (client, rest) = order.chance.split_first_chunk().unwrap_or((&[0; 16], &[]));
    let secret = rest.first_chunk().unwrap_or(&[0; 16]);
    let uuid = |chance: &[u8; 16]| uuid::Builder::from_random_bytes(*chance).into_uuid();
    [
        format!("CK{environment}-{}", uuid(client).hyphenated()),
        format!("SK{environment}-{}", uuid(secret).hyphenated()),
    ]
}

/// A private key in PKCS #8 and its public half in SPKI, both in PEM; none when the system gives no
/// chance.
fn key_pair() -> Option<(Secret, String)> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let private: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
    let private = pem::wrap("PRIVATE KEY", private.as_ref());
    let public = pem::wrap("PUBLIC KEY", public.as_ref());
    Some((Secret::new(private.as_str()), public.to_string()))
}

fn bad(why: impl Into<String>) -> BadCredentials {
    BadCredentials(why.into())
}
