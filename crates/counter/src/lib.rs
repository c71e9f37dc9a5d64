//! What all counter protocols share. The protocols are the crates named `counter-*`.
//!
//! A counter protocol reads a partner's bytes, finds out who sent them, asks the gateway, and
//! writes the answer. How it signs and what it calls things is its own business; what it must not
//! get wrong in its own way lies here: how old a signed message may be ([`is_fresh`]), what a
//! [nonce](NonceMemory) is worth, and how [guessing payment codes](UnknownCodes) is slowed down.
//! The masking of names is [`domain::masking`], because the gateway writes the names.
//!
//! Nothing here asks what time it is: nonces and freshness are given the real clock, throttling the
//! gateway's (rule 43).

mod fresh;

mod nonce;

mod throttle;

pub use fresh::{SKEW_MAX, is_fresh};
pub use nonce::{NONCE_KEPT, NONCES_MAX, NonceMemory, Reused};
pub use throttle::{TERMINALS_MAX, Terminal, UnknownCodeLimit, UnknownCodes};
