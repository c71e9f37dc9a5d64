//! The protocol over a whole gateway: requests in, bytes out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot ask must fail")]

mod admission;
mod life;
mod malformed;
mod midnight;
mod refunds;
mod switch;
