//! The way to write: one statement and the rows that it takes. SQLite executes it for each row, as it
//! comes; PostgreSQL gets them all at once, without waiting for what is written before and after.

use rusqlite::params_from_iter;

use super::{
    Conn, Result,
    fault::broken,
    value::{Params, Value},
};
use crate::postgres;

/// What a statement writes, besides its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Write {
    /// The statement, for one row.
    pub(crate) sql: &'static str,
    /// The table, where every row must change exactly one of its rows; the first value names it.
    pub(crate) must_change: Option<&'static str>,
    /// The places of the values that say which row it is, where one that was just written may be
    /// written again.
    pub(crate) key: &'static [usize],
}

impl Write {
    /// Rows that are new.
    pub(super) const fn new(sql: &'static str) -> Self {
        Self { sql, must_change: None, key: &[] }
    }

    /// Rows that are there, by these of their values; one that is not is an error.
    pub(super) const fn changing(
        table: &'static str,
        sql: &'static str,
        key: &'static [usize],
    ) -> Self {
        Self { sql, must_change: Some(table), key }
    }

    /// Rows that may be there, by these of their values.
    pub(super) const fn replacing(sql: &'static str, key: &'static [usize]) -> Self {
        Self { sql, must_change: None, key }
    }
}

/// A statement that takes rows.
pub(super) enum Put<'conn> {
    Sqlite(rusqlite::CachedStatement<'conn>, Write),
    Postgres(postgres::Put<'conn>),
}

impl<'conn> Put<'conn> {
    /// Prepares to write.
    pub(super) fn new(conn: &'conn Conn, write: Write) -> Result<Self> {
        Ok(match conn {
            Conn::Sqlite(conn) => Self::Sqlite(conn.prepare_cached(write.sql)?, write),
            Conn::Postgres(conn) => Self::Postgres(postgres::Put::new(conn, write)),
        })
    }

    /// Writes a row.
    #[inline]
    pub(super) fn row(&mut self, values: &[Value<'_>]) -> Result<()> {
        match self {
            Self::Sqlite(statement, write) => {
                let changed = statement.execute(params_from_iter(values))?;
                match write.must_change {
                    Some(table) if changed != 1 => Err(missing(table, values)),
                    Some(_) | None => Ok(()),
                }
            }
            Self::Postgres(put) => put.row(values),
        }
    }

    /// There are no more rows. Without this, PostgreSQL gets none.
    pub(super) fn end(self) -> Result<()> {
        match self {
            Self::Sqlite(..) => Ok(()),
            Self::Postgres(put) => put.end(),
        }
    }
}

#[cold]
fn missing(table: &str, values: &[Value<'_>]) -> crate::StorageError {
    let row = values.first().map(Value::to_string).unwrap_or_default();
    broken(format!("{table} {row} is not there to change"))
}

/// Writes rows, each of them by the values that `values` makes of it.
pub(super) fn put<R, const N: usize>(
    conn: &Conn,
    write: Write,
    rows: impl IntoIterator<Item = R>,
    values: impl Fn(&R) -> [Value<'_>; N],
) -> Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut put = Put::new(conn, write)?;
    for row in rows {
        put.row(&values(&row))?;
    }
    put.end()
}

/// Executes a statement, and says how many rows it changed.
pub(super) fn execute<'a>(
    conn: &Conn,
    sql: &'static str,
    params: impl Params<'a>,
) -> Result<usize> {
    let values = params.values();
    match conn {
        Conn::Sqlite(conn) => {
            Ok(conn.prepare_cached(sql)?.execute(params_from_iter(values.as_ref()))?)
        }
        Conn::Postgres(conn) => conn.execute(sql, values.as_ref()),
    }
}
