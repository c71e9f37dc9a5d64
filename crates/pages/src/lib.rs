//! What people look at. Pages are made of plain values and know nothing of storage or time: whoever
//! answers a request says what is shown.
//!
//! Every page loads nothing from anywhere, and says so in its `Content-Security-Policy`. Those of payers
//! work without scripts.

mod drawing;
mod language;
mod moment;
mod money;
mod policy;

pub mod bill;
pub mod payer;
pub mod sandbox;

pub use drawing::{barcode, qr};
pub use language::Language;
pub use moment::moment;
pub use money::rupiah;
pub use policy::Policy;
