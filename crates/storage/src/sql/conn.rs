//! A connection to either engine.

use super::Result;
use crate::postgres;

/// A connection, and what engine is at its other end.
#[derive(Debug)]
pub(crate) enum Conn {
    /// SQLite, in this process.
    Sqlite(rusqlite::Connection),
    /// PostgreSQL, somewhere.
    Postgres(Box<postgres::Connection>),
}

/// As long as it lives, everything that its connection is asked is answered as of one moment.
#[derive(Debug)]
pub(crate) enum Moment<'conn> {
    /// A transaction that is rolled back when it is dropped.
    Sqlite { _open: rusqlite::Transaction<'conn> },
    /// The same.
    Postgres { _open: postgres::Moment<'conn> },
}

impl Conn {
    /// From now on it is one moment. Whoever looks at one already goes on doing so, and gets none.
    pub(crate) fn moment(&self) -> Result<Option<Moment<'_>>> {
        Ok(match self {
            Self::Sqlite(conn) if !conn.is_autocommit() => None,
            Self::Sqlite(conn) => Some(Moment::Sqlite { _open: conn.unchecked_transaction()? }),
            Self::Postgres(conn) if conn.is_open() => None,
            Self::Postgres(conn) => Some(Moment::Postgres { _open: conn.moment()? }),
        })
    }
}
