//! The ways to ask: for a row, for rows, for one row after the other, for the rows of many keys.
//! Statements are prepared once per connection.

use rusqlite::params_from_iter;

use super::{
    Conn, Result, Row,
    value::{Params, Value},
};
use crate::postgres;

/// The first row, if there is one.
pub(crate) fn one<'a, T>(
    conn: &Conn,
    sql: &'static str,
    params: impl Params<'a>,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let values = params.values();
    match conn {
        Conn::Sqlite(conn) => {
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(values.as_ref()))?;
            rows.next()?.map(|row| decode(&Row::Sqlite(row))).transpose()
        }
        Conn::Postgres(conn) => {
            let rows = conn.query(sql, values.as_ref())?;
            rows.first().map(|row| decode(&Row::Postgres(row))).transpose()
        }
    }
}

/// Every row.
pub(crate) fn many<'a, T>(
    conn: &Conn,
    sql: &'static str,
    params: impl Params<'a>,
    decode: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let values = params.values();
    match conn {
        Conn::Sqlite(conn) => {
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(values.as_ref()))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(decode(&Row::Sqlite(row))?);
            }
            Ok(found)
        }
        Conn::Postgres(conn) => {
            let rows = conn.query(sql, values.as_ref())?;
            rows.iter().map(|row| decode(&Row::Postgres(row))).collect()
        }
    }
}

/// The first row of each key that has one. One look-up a key on SQLite; on PostgreSQL one question
/// for all of them.
pub(super) fn first_of_each<K, T, const N: usize>(
    conn: &Conn,
    sql: &'static str,
    keys: &[K],
    values: impl for<'k> Fn(&'k K) -> [Value<'k>; N],
    decode: impl Fn(&Row<'_>) -> Result<T>,
    mut found: impl FnMut(&K, T),
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    match conn {
        Conn::Sqlite(conn) => {
            let mut statement = conn.prepare_cached(sql)?;
            for key in keys {
                let mut rows = statement.query(params_from_iter(&values(key)))?;
                if let Some(row) = rows.next()? {
                    found(key, decode(&Row::Sqlite(row))?);
                }
            }
        }
        Conn::Postgres(conn) => {
            let mut last = None;
            postgres::of_each(conn, sql, keys, values, |at, key, row| {
                if last.replace(at) != Some(at) {
                    found(key, decode(&row)?);
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Every row of each key, as [`first_of_each`].
pub(super) fn all_of_each<K, T, const N: usize>(
    conn: &Conn,
    sql: &'static str,
    keys: &[K],
    values: impl for<'k> Fn(&'k K) -> [Value<'k>; N],
    decode: impl Fn(&Row<'_>) -> Result<T>,
    mut found: impl FnMut(&K, T),
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    match conn {
        Conn::Sqlite(conn) => {
            let mut statement = conn.prepare_cached(sql)?;
            for key in keys {
                let mut rows = statement.query(params_from_iter(&values(key)))?;
                while let Some(row) = rows.next()? {
                    found(key, decode(&Row::Sqlite(row))?);
                }
            }
        }
        Conn::Postgres(conn) => {
            postgres::of_each(conn, sql, keys, values, |_, key, row| {
                found(key, decode(&row)?);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Rows one after the other, however many: a statement of SQLite, a cursor of PostgreSQL.
pub(super) enum Walk<'conn> {
    Sqlite(rusqlite::CachedStatement<'conn>, Vec<i64>),
    Postgres(postgres::Cursor<'conn>),
}

impl<'conn> Walk<'conn> {
    /// On PostgreSQL only within a [`super::conn::Moment`].
    pub(super) fn new(conn: &'conn Conn, sql: &'static str, params: &[i64]) -> Result<Self> {
        Ok(match conn {
            Conn::Sqlite(conn) => Self::Sqlite(conn.prepare_cached(sql)?, params.to_vec()),
            Conn::Postgres(conn) => Self::Postgres(conn.cursor(sql, params)?),
        })
    }

    /// From the first one on.
    pub(super) fn rows(&mut self) -> Result<Rows<'_>> {
        Ok(match self {
            Self::Sqlite(statement, params) => {
                Rows::Sqlite(statement.query(params_from_iter(params.iter()))?)
            }
            Self::Postgres(cursor) => Rows::Postgres(cursor),
        })
    }
}

/// The rows of a [`Walk`].
pub(super) enum Rows<'walk> {
    Sqlite(rusqlite::Rows<'walk>),
    Postgres(&'walk mut dyn postgres::NextRow),
}

impl Rows<'_> {
    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(match self {
            Self::Sqlite(rows) => rows.next()?.map(Row::Sqlite),
            Self::Postgres(cursor) => cursor.next()?.map(Row::Postgres),
        })
    }
}

/// Hands over one row after the other.
pub(super) fn each(
    conn: &Conn,
    sql: &'static str,
    params: &[i64],
    mut each: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    let _one_moment = conn.moment()?;
    let mut walk = Walk::new(conn, sql, params)?;
    let mut rows = walk.rows()?;
    while let Some(row) = rows.next()? {
        each(&row)?;
    }
    Ok(())
}

/// A limit as the engines take it.
pub(crate) fn limit(rows_max: usize) -> i64 {
    i64::try_from(rows_max).unwrap_or(i64::MAX)
}
