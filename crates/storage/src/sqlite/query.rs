//! Two ways to ask: for a row, for rows. Statements are prepared once per connection.

use rusqlite::{Connection, Params, Row};

use super::Result;

/// The first row, if there is one.
pub(super) fn one<T>(
    conn: &Connection,
    sql: &'static str,
    params: impl Params,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(decode).transpose()
}

/// Every row.
pub(super) fn many<T>(
    conn: &Connection,
    sql: &'static str,
    params: impl Params,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(decode(row)?);
    }
    Ok(found)
}

/// A limit as the engine takes it.
pub(super) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}
