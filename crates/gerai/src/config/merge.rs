//! Laying a file's settings over the defaults, key by key, so that every mistake is told by the
//! name of its key.

use toml::{Table, Value};

use super::ConfigError;

/// What a pool's table may say.
const POOL: &str = "network = ''\nlength = 0\nprefix = ''\nshards = 1";

/// What only a retailer's own table may say.
const RETAILER_OWN: &str = "network = ''\nname = ''\ninstructions_id = ''\ninstructions_en = ''";

/// `base` with `file` over it. In the outcome every retailer is whole.
pub(super) fn lay_over(mut base: Table, mut file: Table) -> Result<Table, ConfigError> {
    let base_retailers = take_table(&mut base, "retailer")?;
    let file_retailers = take_table(&mut file, "retailer")?;
    let base_pools = take_table(&mut base, "pools")?;
    let file_pools = take_table(&mut file, "pools")?;

    let profiles = take_table(&mut file, "reconcile")?;
    // Where rows are is what is mostly said of storage, so it may stand alone.
    if let Some(Value::String(url)) = file.get("storage") {
        let table = Table::from_iter([("url".to_owned(), Value::String(url.clone()))]);
        file.insert("storage".to_owned(), Value::Table(table));
    }

    overlay(&mut base, file, "")?;
    base.insert("reconcile".to_owned(), Value::Table(profiles));

    let mut retailer = template(RETAILER_OWN)?;
    if let Some(Value::Table(defaults)) = base.get("retailer_defaults") {
        retailer.extend(defaults.clone());
    }
    let retailers = lay_each(&retailer, "retailer", base_retailers, file_retailers)?;
    base.insert("retailer".to_owned(), Value::Table(retailers));
    let pools = lay_each(&template(POOL)?, "pools", base_pools, file_pools)?;
    base.insert("pools".to_owned(), Value::Table(pools));
    Ok(base)
}

/// Fills tables of the same shape: the template, then what `base` says, then what `file` says.
fn lay_each(
    template: &Table,
    section: &str,
    base: Table,
    file: Table,
) -> Result<Table, ConfigError> {
    let mut whole = Table::new();
    for (key, value) in base.into_iter().chain(file) {
        let path = format!("{section}.{key}");
        let Value::Table(table) = value else {
            return Err(ConfigError::value(path, "it must be a table"));
        };
        let entry = whole.entry(key).or_insert_with(|| Value::Table(template.clone()));
        if let Value::Table(entry) = entry {
            overlay(entry, table, &path)?;
        }
    }
    Ok(whole)
}

/// Replaces values of `base` by those of `file`, which may name nothing that `base` has not.
fn overlay(base: &mut Table, file: Table, path: &str) -> Result<(), ConfigError> {
    for (key, value) in file {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (base.get_mut(&key), value) {
            (None, _) => return Err(ConfigError::Unknown { key: name }),
            (Some(Value::Table(base)), Value::Table(file)) => overlay(base, file, &name)?,
            (Some(old), new) if old.same_type(&new) => *old = new,
            (Some(old), new) => {
                let why = format!("it must be {}, not {}", kind(old), kind(&new));
                return Err(ConfigError::value(name, why));
            }
        }
    }
    Ok(())
}

fn take_table(from: &mut Table, key: &str) -> Result<Table, ConfigError> {
    match from.remove(key) {
        None => Ok(Table::new()),
        Some(Value::Table(table)) => Ok(table),
        Some(_) => Err(ConfigError::value(key.to_owned(), "it must be a table")),
    }
}

fn template(text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::syntax("a template", text, &error))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
