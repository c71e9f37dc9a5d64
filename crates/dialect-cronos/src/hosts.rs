//! The platform's host names (contract, section 0.3).

use dialect::Host;

use crate::{brand::Brand, path};

static CRONOS: &[Host] = &[
    Host { name: "api.sandbox.cronosengine.com", serves },
    Host { name: "api.cronosengine.com", serves },
];

static SENGO: &[Host] =
    &[Host { name: "api.sandbox.sengo.id", serves }, Host { name: "api.sengo.id", serves }];

/// Those of both environments: a client is the same in either.
pub(crate) fn of(brand: Brand) -> &'static [Host] {
    match brand {
        Brand::Cronos => CRONOS,
        Brand::Sengo => SENGO,
    }
}

fn serves(path: &str) -> bool {
    path::read(path).is_some()
}
