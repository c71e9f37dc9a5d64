//! Why a signature does not agree: what may have gone wrong, what is told of it, and who is told.
//!
//! A signature says yes or no, and a developer needs to know why not. So whoever checks signatures can
//! also try what goes wrong in practice, one mistake or several at a time, and name the mistakes that
//! explain what was sent. Nothing of this is computed unless somebody listens ([`Listener`]), and only
//! a sandbox does.

mod apart;
mod encoding;
mod explained;
mod json;
mod keys;
mod listener;
mod reading;
mod recipe;
mod skew;
mod text;
mod trial;
mod variants;

pub use apart::{Apart, apart};
pub use encoding::{Encoding, decodings};
pub use explained::{Explained, Fits, Part, Tried};
pub use keys::{KeyBytes, KnownKey, keys_taken_for, misspelt, readings_of_keys, secrets_taken_for};
pub use listener::{Hear, Listener};
pub use reading::Reading;
pub use recipe::{Hash, Recipe, recipes};
pub use skew::{off_by, said_zone};
pub use text::{Text, mask, sha256_hex};
pub use trial::{Outcome, Trial};
pub use variants::{bodies, hashes};
