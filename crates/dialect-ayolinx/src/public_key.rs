//! The merchant's public key, in every form in which it is pasted (section 6).

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::PublicKey,
};
use dialect::PUBLIC_KEY_MAX;

use crate::pem::{self, NotPem};

/// The fewest bits of a modulus.
const BITS_MIN: usize = 2_048;
/// The most bits of a modulus: more than anybody uses, and as much as can be verified.
const BITS_MAX: usize = 8_192;

/// Object identifiers of algorithms, as DER has them, and what people call them.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const OTHERS: [(&[u8], &str); 7] = [
    (b"\x2a\x86\x48\xce\x38\x04\x01", "DSA"),
    (b"\x2a\x86\x48\xce\x3d\x02\x01", "EC"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01", "DH"),
    (b"\x2b\x65\x6e", "X25519"),
    (b"\x2b\x65\x70", "Ed25519"),
    (b"\x2b\x65\x71", "Ed448"),
];

/// Why a text is not taken as a merchant's public key. Never holds a piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAPublicKey {
    /// More bytes than are looked at.
    TooLong,
    /// No key at all.
    NotPem(NotPem),
    /// The half that must stay with the merchant.
    Private,
    /// A certificate.
    Certificate,
    /// A key for another algorithm.
    Algorithm(&'static str),
    /// An RSA key of so many bits.
    Bits(usize),
    /// It looks like a key, but is none.
    Broken,
}

impl fmt::Display for NotAPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the public key is longer than {PUBLIC_KEY_MAX} bytes"),
            Self::NotPem(NotPem::Unfinished) => {
                f.write_str("the public key's PEM has a beginning and no end")
            }
            Self::NotPem(NotPem::NotBase64) => {
                f.write_str("the public key is neither PEM nor base64")
            }
            Self::Private => f.write_str(
                "this is a private key: it must not leave the merchant's hands, and whoever has \
                 sent it should make another pair. Hand in the public half, which `openssl pkey \
                 -pubout` writes",
            ),
            Self::Certificate => f.write_str(
                "this is a certificate. Hand in the public key alone, which `openssl x509 -pubkey \
                 -noout` writes",
            ),
            Self::Algorithm(name) => {
                write!(
                    f,
                    "this is a key for {name}; an RSA key of {BITS_MIN} bits or more is wanted"
                )
            }
            Self::Bits(bits) => {
                write!(f, "this is an RSA key of {bits} bits; {BITS_MIN} to {BITS_MAX} are taken")
            }
            Self::Broken => f.write_str("this is no RSA public key, or a damaged one"),
        }
    }
}

/// The key of `text`, which may be SPKI or PKCS #1, in PEM or bare base64, as SPKI in PEM.
pub(crate) fn normalise(text: &str) -> Result<String, NotAPublicKey> {
    let key = read(text)?;
    let spki: PublicKeyX509Der<'_> = key.as_der().map_err(|_| NotAPublicKey::Broken)?;
    Ok(pem::wrap("PUBLIC KEY", spki.as_ref()).to_string())
}

/// The key of `text`.
pub(crate) fn read(text: &str) -> Result<PublicKey, NotAPublicKey> {
    if text.len() > PUBLIC_KEY_MAX {
        return Err(NotAPublicKey::TooLong);
    }
    // Said before anything is decoded: a private key is recognised even where it is damaged.
    if text.contains("PRIVATE KEY") {
        return Err(NotAPublicKey::Private);
    }
    if text.contains("BEGIN CERTIFICATE") {
        return Err(NotAPublicKey::Certificate);
    }
    let unwrapped = pem::unwrap(text).map_err(NotAPublicKey::NotPem)?;
    match unwrapped.label {
        None | Some("PUBLIC KEY" | "RSA PUBLIC KEY") => {}
        Some("DSA PUBLIC KEY") => return Err(NotAPublicKey::Algorithm("DSA")),
        Some("EC PUBLIC KEY") => return Err(NotAPublicKey::Algorithm("EC")),
        Some(_) => return Err(NotAPublicKey::Broken),
    }
    of_der(&unwrapped.der)
}

fn of_der(der: &[u8]) -> Result<PublicKey, NotAPublicKey> {
    let (outer, b"") = value(SEQUENCE, der).ok_or(NotAPublicKey::Broken)? else {
        return Err(NotAPublicKey::Broken);
    };
    if let Some((number, _)) = value(INTEGER, outer) {
        // A private key starts with its version, a public one with its modulus.
        if number.len() == 1 {
            return Err(NotAPublicKey::Private);
        }
    } else {
        check_algorithm(outer)?;
    }
    let key = PublicKey::from_der(der).map_err(|_| bits_of(der))?;
    match modulus_bits(key.as_ref()) {
        Some(BITS_MIN..=BITS_MAX) => Ok(key),
        Some(bits) => Err(NotAPublicKey::Bits(bits)),
        None => Err(NotAPublicKey::Broken),
    }
}

/// Whether the algorithm of a `SubjectPublicKeyInfo` is RSA.
fn check_algorithm(spki: &[u8]) -> Result<(), NotAPublicKey> {
    let algorithm = value(SEQUENCE, spki).and_then(|(algorithm, _)| value(OBJECT, algorithm));
    let (object, _) = algorithm.ok_or(NotAPublicKey::Broken)?;
    if object == RSA {
        return Ok(());
    }
    let known = OTHERS.iter().find(|(known, _)| *known == object);
    Err(NotAPublicKey::Algorithm(known.map_or("another algorithm", |(_, name)| name)))
}

/// Why the library turned a key down, as far as its length says: it refuses the very short ones
/// itself.
fn bits_of(der: &[u8]) -> NotAPublicKey {
    let pkcs1 = match value(SEQUENCE, der).map(|(outer, _)| outer) {
        Some(outer) if value(INTEGER, outer).is_some() => Some(der),
        Some(outer) => value(SEQUENCE, outer)
            .and_then(|(_, rest)| value(BITS, rest))
            .and_then(|(bits, _)| bits.strip_prefix(&[0])),
        None => None,
    };
    match pkcs1.and_then(modulus_bits) {
        Some(bits) if !(BITS_MIN..=BITS_MAX).contains(&bits) => NotAPublicKey::Bits(bits),
        Some(_) | None => NotAPublicKey::Broken,
    }
}

/// The length of the modulus of an `RSAPublicKey`.
fn modulus_bits(pkcs1: &[u8]) -> Option<usize> {
    let (key, _) = value(SEQUENCE, pkcs1)?;
    let (modulus, _) = value(INTEGER, key)?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let significant = modulus.get(zeros..)?;
    let first = significant.first()?;
    let leading = usize::try_from(first.leading_zeros()).ok()?;
    Some(significant.len() * 8 - leading)
}

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// What stands in the first value of `der`, which has this tag, and what follows it.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    match *length {
        short @ 0..=0x7f => rest.split_at_checked(usize::from(short)),
        // A length of one to three bytes, which is more than a key may have.
        long @ 0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest.split_at_checked(length)
        }
        0x80 | 0x84..=0xff => None,
    }
}
