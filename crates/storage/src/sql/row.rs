//! A row that an engine found.

use rusqlite::types::ValueRef;

use super::Result;

/// A row of either engine, as long as the engine holds it.
#[derive(Clone, Copy)]
pub(crate) enum Row<'row> {
    /// Of SQLite.
    Sqlite(&'row rusqlite::Row<'row>),
    /// Of PostgreSQL.
    Postgres(&'row tokio_postgres::Row),
}

impl<'row> Row<'row> {
    /// The cell at this place, from 0.
    #[inline]
    pub(super) fn cell(self, place: usize) -> Result<ValueRef<'row>> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(place)?),
            Self::Postgres(row) => crate::postgres::cell(row, place),
        }
    }

    /// The name of the column at this place.
    pub(super) fn column(self, place: usize) -> &'row str {
        match self {
            Self::Sqlite(row) => {
                let row: &rusqlite::Row<'row> = row;
                row.as_ref().column_name(place).unwrap_or("?")
            }
            Self::Postgres(row) => row.columns().get(place).map_or("?", |column| column.name()),
        }
    }
}
