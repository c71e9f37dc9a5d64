//! Refund codes (rule 35): where they are issued, for how much and how long, and their pool.

use domain::{
    code::{Pool, PoolShape, Pools},
    ids::PoolNo,
    money::Rupiah,
    refund::{LENGTH_MIN, POOL_NETWORK},
    retailer::{RetailerKey, Retailers},
    time::Span,
};
use gateway::{Environment, request::RefundTerms};

use super::{ConfigError, NamedPool, file};

/// Refund codes, as they are set.
#[derive(Debug, Clone)]
pub(crate) struct RefundCodes {
    enabled: Enabled,
    terms: RefundTerms,
    /// Their own pool.
    pub(crate) pool: NamedPool,
}

/// Where they are issued and paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Enabled {
    Never,
    Sandbox,
    Always,
}

impl RefundCodes {
    /// How they are issued here; nothing where they are turned off.
    pub(crate) fn terms(&self, environment: Environment) -> Option<RefundTerms> {
        let is_on = match (self.enabled, environment) {
            (Enabled::Always, _) | (Enabled::Sandbox, Environment::Sandbox) => true,
            (Enabled::Never, _) | (Enabled::Sandbox, Environment::Production) => false,
        };
        is_on.then_some(self.terms)
    }
}

/// Refund codes as they are written, if they can be. Their pool overlaps none of `pools`.
pub(super) fn check(
    file: &file::RefundCodes,
    pools: &[NamedPool],
    retailers: &Retailers,
) -> Result<RefundCodes, ConfigError> {
    let wrong = |key: &str, why: String| ConfigError::value(format!("refund_codes.{key}"), why);
    let enabled = match file.enabled.as_str() {
        "never" => Enabled::Never,
        "sandbox" => Enabled::Sandbox,
        "always" => Enabled::Always,
        _ => {
            let why = "it must be \"never\", \"sandbox\" or \"always\"".to_owned();
            return Err(wrong("enabled", why));
        }
    };
    let cap = Rupiah::new(file.cap).ok().filter(|cap| *cap > Rupiah::ZERO);
    let cap = cap.ok_or_else(|| wrong("cap", "it must be whole rupiah, at least 1".to_owned()))?;
    if !(1..=30).contains(&file.days) {
        return Err(wrong("days", "it must be 1 to 30".to_owned()));
    }
    if file.length < LENGTH_MIN {
        let why = format!("a refund code has at least {LENGTH_MIN} digits");
        return Err(wrong("length", why));
    }
    let network =
        RetailerKey::new(POOL_NETWORK).map_err(|error| wrong("prefix", error.to_string()))?;
    let taken = |key: String| {
        let why = format!("the network `{POOL_NETWORK}` belongs to refund codes");
        Err(ConfigError::value(key, why))
    };
    if let Some(retailer) = retailers.of_network(network).next() {
        return taken(format!("retailer.{}.network", retailer.key));
    }
    if let Some(pool) = pools.iter().find(|pool| pool.shape.network == network) {
        return taken(format!("pools.{}.network", pool.name));
    }
    let shape = PoolShape { network, length: file.length, prefix: file.prefix.clone(), shards: 1 };
    // Only the shapes are looked at here, so any key will do.
    let shapes = pools.iter().map(|pool| &pool.shape).chain([&shape]);
    let mut probes = Vec::new();
    for (no, shape) in (1..).zip(shapes) {
        let probe = Pool::new(PoolNo::new(no), shape.clone(), &[0; 32]);
        probes.push(probe.map_err(|error| wrong("prefix", error.to_string()))?);
    }
    if enabled != Enabled::Never {
        Pools::new(probes).map_err(|error| wrong("prefix", error.to_string()))?;
    }
    let terms = RefundTerms { cap, lifetime: Span::days(file.days) };
    Ok(RefundCodes { enabled, terms, pool: NamedPool { name: POOL_NETWORK.to_owned(), shape } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> Result<Config, ConfigError> {
        Config::read("test.toml", text)
    }

    #[test]
    fn they_are_on_in_a_sandbox_and_off_in_production() {
        let config = read("").unwrap();
        let terms = config.refund_codes.terms(Environment::Sandbox).unwrap();
        assert_eq!(terms.lifetime, Span::days(7));
        assert!(config.refund_codes.terms(Environment::Production).is_none());
        assert_eq!(config.refund_codes.pool.shape.length, 16);
        let on = read("[refund_codes]\nenabled = \"always\"\ncap = 250000\ndays = 3").unwrap();
        let terms = on.refund_codes.terms(Environment::Production).unwrap();
        assert_eq!((terms.cap.get(), terms.lifetime), (250_000, Span::days(3)));
        let off = read("[refund_codes]\nenabled = \"never\"").unwrap();
        assert!(off.refund_codes.terms(Environment::Sandbox).is_none());
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        for (text, said) in [
            ("[refund_codes]\nenabled = \"maybe\"", "refund_codes.enabled"),
            ("[refund_codes]\ncap = 0", "refund_codes.cap"),
            ("[refund_codes]\ndays = 31", "refund_codes.days"),
            ("[refund_codes]\nlength = 15", "at least 16 digits"),
            ("[refund_codes]\nlength = 20", "refund_codes.prefix"),
            // The pool of alfa has 16 digits and begins with 81.
            ("[refund_codes]\nprefix = \"8\"", "refund_codes.prefix"),
            ("[refund_codes]\nprefix = \"811\"", "refund_codes.prefix"),
            (
                "[pools.mine]\nnetwork = \"refund\"\nlength = 18\nprefix = \"93\"",
                "pools.mine.network",
            ),
            ("[refund_codes]\npin = 4", "refund_codes.pin"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
