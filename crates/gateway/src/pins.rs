//! PINs of refund codes (rule 35): six digits that nobody can read anywhere.
//!
//! What is stored is an HMAC-SHA256 over code and PIN under a key of the installation, so that the
//! rows alone say nothing. A code bears few tries, which is what protects six digits from guessing.

use std::fmt;

use aws_lc_rs::hmac;
use domain::{code::PaymentCode, refund::PIN_DIGITS};
use zeroize::Zeroizing;

use crate::{
    directory::Secret,
    vault::{VaultError, random},
};

/// The name of the installation's key of PINs.
pub(crate) const REFUND_PIN_KEY: &str = "refund_pin";
/// How long that key is.
pub(crate) const REFUND_PIN_KEY_BYTES: usize = 32;

/// Hashes PINs and compares them.
pub(crate) struct Pins(hmac::Key);

impl fmt::Debug for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pins(..)")
    }
}

impl Pins {
    pub(crate) fn new(key: &[u8; REFUND_PIN_KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// What is stored of the PIN of this code.
    pub(crate) fn hash(&self, code: &PaymentCode, pin: &Secret) -> [u8; 32] {
        let tag = hmac::sign(&self.0, text(code, pin).as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        hash
    }

    /// Whether this is the PIN of this code. Takes as long whatever of it is wrong.
    pub(crate) fn fits(&self, code: &PaymentCode, pin: &Secret, hash: &[u8; 32]) -> bool {
        hmac::verify(&self.0, text(code, pin).as_bytes(), hash).is_ok()
    }
}

/// The code is in it, so that a hash moved to another row fits nothing.
fn text(code: &PaymentCode, pin: &Secret) -> Zeroizing<String> {
    Zeroizing::new(format!("{code}\n{}", pin.expose()))
}

/// A new PIN, every one as likely as any other.
///
/// # Errors
///
/// When the system gives no randomness.
pub(crate) fn new_pin() -> Result<Secret, VaultError> {
    let mut pin = Zeroizing::new(String::with_capacity(PIN_DIGITS));
    while pin.len() < PIN_DIGITS {
        let [byte] = random::<1>()?;
        // 250 is a multiple of ten: what lies above would make some digits likelier.
        if byte < 250 {
            pin.push(char::from(b'0' + byte % 10));
        }
    }
    Ok(Secret::new(pin.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_fits_its_own_code_and_nothing_else_does() {
        let pins = Pins::new(&[7; 32]);
        let (code, other) = (PaymentCode::new("921").unwrap(), PaymentCode::new("922").unwrap());
        let pin = Secret::new("012345");
        let hash = pins.hash(&code, &pin);
        assert!(pins.fits(&code, &pin, &hash));
        assert!(!pins.fits(&other, &pin, &hash));
        assert!(!pins.fits(&code, &Secret::new("012346"), &hash));
        assert!(!pins.fits(&code, &Secret::new(""), &hash));
        assert!(!Pins::new(&[8; 32]).fits(&code, &pin, &hash), "the key is another");
        assert!(!format!("{pins:?}{pin:?}").contains("012345"));
    }

    #[test]
    fn pins_have_six_digits_and_differ() {
        let pins: std::collections::BTreeSet<_> =
            (0..200).map(|_| new_pin().unwrap().expose().to_owned()).collect();
        assert!(pins.iter().all(|pin| pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit())));
        assert!(pins.len() > 190, "{}", pins.len());
        // Every digit can come, at every place.
        for place in 0..6 {
            let digits: std::collections::BTreeSet<_> =
                pins.iter().map(|pin| pin.as_bytes()[place]).collect();
            assert_eq!(digits.len(), 10, "place {place}");
        }
    }
}
