//! The vendor's host names (contract, section 1.1).

use dialect::{Host, lies_under};

/// Those of both environments, and the one of the documentation's old examples: a client is the same
/// in each.
pub(crate) static HOSTS: &[Host] = &[
    Host { name: "sandbox.ayolinx.id", serves },
    Host { name: "openapi.ayolinx.id", serves },
    Host { name: "sandbox.dev.ayolinx.id", serves },
];

fn serves(path: &str) -> bool {
    lies_under("/v1.0", path)
}
