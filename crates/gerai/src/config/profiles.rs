//! How retailers' end-of-day files look: `[reconcile.NAME]`.

use domain::retailer::Retailers;
use reconcile::{Profile, ProfileText};
use toml::{Table, Value};

use super::ConfigError;

/// A kind of file of one retailer.
#[derive(Debug, Clone)]
pub(crate) struct NamedProfile {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// What its files look like.
    pub(crate) profile: Profile,
    /// Whose sales they tell of, by the name of the counter; none: the only one that serves the
    /// retailer.
    pub(crate) counter: Option<String>,
    /// How much cash its files may tell of, that nobody else told us of, before somebody has to agree
    /// to that very number (rule 32).
    pub(crate) unasked: Unasked,
}

/// How much may be booked from a file alone without somebody having agreed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unasked {
    /// So many lines.
    pub(crate) lines: u64,
    /// So much, in whole rupiah.
    pub(crate) sum: i64,
}

impl Default for Unasked {
    fn default() -> Self {
        Self { lines: 20, sum: 10_000_000 }
    }
}

/// The profiles of these tables, in the order of their names.
pub(super) fn read(tables: Table, retailers: &Retailers) -> Result<Vec<NamedProfile>, ConfigError> {
    tables.into_iter().map(|(name, table)| profile(name, table, retailers)).collect()
}

fn profile(name: String, table: Value, retailers: &Retailers) -> Result<NamedProfile, ConfigError> {
    let section = format!("reconcile.{name}");
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if name.is_empty() || name.len() > 64 || !plain {
        let why = "a profile's name has 1 to 64 characters of a-z, 0-9 and _";
        return Err(ConfigError::value(section, why));
    }
    let Value::Table(mut table) = table else {
        return Err(ConfigError::value(section, "it must be a table"));
    };
    let counter = match table.remove("counter") {
        None => None,
        Some(Value::String(counter)) => Some(counter),
        Some(_) => {
            let why = "it must be a text in quotes";
            return Err(ConfigError::value(format!("{section}.counter"), why));
        }
    };
    let number = |table: &mut Table, key: &str, usual: i64| match table.remove(key) {
        None => Ok(usual),
        Some(Value::Integer(number)) if number >= 0 => Ok(number),
        Some(_) => {
            let why = "it must be a whole number, not below zero";
            Err(ConfigError::value(format!("{section}.{key}"), why))
        }
    };
    let usual = Unasked::default();
    let lines = number(&mut table, "create_lines_max", usual.lines.cast_signed())?;
    let sum = number(&mut table, "create_sum_max", usual.sum)?;
    let unasked = Unasked { lines: lines.unsigned_abs(), sum };
    let text: ProfileText = table
        .try_into()
        .map_err(|error| ConfigError::value(key_of(&section, &error), error.message()))?;
    let profile = Profile::check(&text)
        .map_err(|error| ConfigError::value(format!("{section}.{}", error.key), error.reason))?;
    if retailers.get(profile.retailer()).is_none() {
        let why = format!("there is no retailer `{}`", profile.retailer());
        return Err(ConfigError::value(format!("{section}.retailer"), why));
    }
    Ok(NamedProfile { name, profile, counter, unasked })
}

/// The key that an error of a value's type is about, which TOML tells in two lines.
fn key_of(section: &str, error: &toml::de::Error) -> String {
    let text = error.to_string();
    let key = text.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    key.map_or_else(|| section.to_owned(), |key| format!("{section}.{key}"))
}
