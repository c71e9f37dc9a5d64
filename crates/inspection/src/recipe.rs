//! What a key and a text are made into.

use aws_lc_rs::{digest, hmac};

use crate::Reading;

/// A hash, and what is made with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl Hash {
    const ALL: [Self; 4] = [Self::Sha512, Self::Sha256, Self::Sha384, Self::Sha1];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// How many bytes it makes.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether one of them makes so many bytes.
    pub fn makes(length: usize) -> bool {
        Self::ALL.iter().any(|hash| hash.length() == length)
    }

    const fn for_mac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// What a key and a text are made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// HMAC of the text under the key, as it should be.
    Hmac(Hash),
    /// HMAC of the key under the text: arguments in the wrong order.
    Swapped(Hash),
    /// A hash of the text with the key behind it.
    Behind(Hash),
    /// A hash of the text with the key in front of it.
    InFront(Hash),
    /// A hash of the text alone.
    Keyless(Hash),
    /// HMAC of the hexadecimal hash of the text.
    Hashed(Hash),
}

impl Recipe {
    /// The bytes that come of it.
    pub fn of(self, key: &[u8], text: &[u8]) -> Vec<u8> {
        let mac = |hash: Hash, key: &[u8], text: &[u8]| {
            hmac::sign(&hmac::Key::new(hash.for_mac(), key), text).as_ref().to_vec()
        };
        match self {
            Self::Hmac(hash) => mac(hash, key, text),
            Self::Swapped(hash) => mac(hash, text, key),
            Self::Behind(hash) => hash.digest(&[text, key].concat()),
            Self::InFront(hash) => hash.digest(&[key, text].concat()),
            Self::Keyless(hash) => hash.digest(text),
            Self::Hashed(hash) => mac(hash, key, hex::encode(hash.digest(text)).as_bytes()),
        }
    }

    const fn hash(self) -> Hash {
        match self {
            Self::Hmac(hash)
            | Self::Swapped(hash)
            | Self::Behind(hash)
            | Self::InFront(hash)
            | Self::Keyless(hash)
            | Self::Hashed(hash) => hash,
        }
    }
}

/// HMAC with the hash that is `wanted`, and what is made in its place.
pub fn recipes(wanted: Hash) -> Vec<Reading<Recipe>> {
    let expected = format!("HMAC-{}", wanted.name());
    let mut found = vec![Reading::plain(Recipe::Hmac(wanted))];
    for hash in Hash::ALL {
        let name = hash.name();
        let mut add = |recipe: Recipe, why: String| found.push(Reading::other(recipe, why));
        if hash != wanted {
            add(Recipe::Hmac(hash), format!("you made HMAC-{name}, where {expected} is expected"));
        }
        add(
            Recipe::Swapped(hash),
            format!("you gave key and text to HMAC-{name} in the wrong order"),
        );
        let without = |how: &str| format!("you made {name} of {how}, where {expected} is expected");
        add(Recipe::Behind(hash), without("the text with the key behind it"));
        add(Recipe::InFront(hash), without("the text with the key in front of it"));
        add(Recipe::Keyless(hash), without("the text alone, without a key"));
        add(
            Recipe::Hashed(hash),
            format!("you hashed the text once more before HMAC-{name} was made of it"),
        );
    }
    found
}

/// Those that come to one of these lengths.
pub(crate) fn of_lengths(
    recipes: Vec<Reading<Recipe>>,
    given: &[Reading<Vec<u8>>],
) -> Vec<Reading<Recipe>> {
    let can = |recipe: &Recipe| given.iter().any(|one| one.value.len() == recipe.hash().length());
    recipes.into_iter().filter(|reading| can(&reading.value)).collect()
}
