//! The vendor's host names (contract, sections 1.1 and 6.3).

use dialect::{CHECKOUT_PAGE, Host, PAYER_PAGE, lies_under};

/// Those of both environments: a client is the same in either.
pub(crate) static HOSTS: &[Host] = &[
    Host { name: "api.sandbox.midtrans.com", serves: core },
    Host { name: "api.midtrans.com", serves: core },
    Host { name: "app.sandbox.midtrans.com", serves: snap },
    Host { name: "app.midtrans.com", serves: snap },
    Host { name: "simulator.sandbox.midtrans.com", serves: simulator },
];

fn core(path: &str) -> bool {
    lies_under("/v2", path)
}

/// Snap, and the pages that it leads payers to.
fn snap(path: &str) -> bool {
    ["/snap", CHECKOUT_PAGE, PAYER_PAGE].iter().any(|above| lies_under(above, path))
}

/// The old simulator's JSON, which a sandbox has.
fn simulator(path: &str) -> bool {
    lies_under("/api/alfamart", path) || lies_under("/api/indomaret", path)
}
