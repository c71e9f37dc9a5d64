//! What SQLite does for one row or key after the other, done for all of them at once.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    Result,
    connection::{Connection, Shape, parameter},
    wire::{Column, cell},
};
use crate::{
    StorageError,
    sql::{Row, Value, Write},
};

/// Asks for the rows of many keys at once. `found` gets the key's place and the key with each row.
pub(crate) fn of_each<K, const N: usize>(
    conn: &Connection,
    sql: &'static str,
    keys: &[K],
    values: impl for<'k> Fn(&'k K) -> [Value<'k>; N],
    mut found: impl FnMut(usize, &K, Row<'_>) -> Result<()>,
) -> Result<()> {
    let mut columns: Vec<Column> = Vec::with_capacity(N);
    for key in keys {
        push(&mut columns, &values(key))?;
    }
    let statement = conn.statement(Shape::OfEach, sql, columns.iter().map(Column::kind))?;
    let params: Vec<_> = columns.iter().map(parameter).collect();
    for row in conn.rows(&statement, &params)? {
        // The number of the key is the last cell.
        let number = match cell(&row, row.len().saturating_sub(1))? {
            rusqlite::types::ValueRef::Integer(number) => usize::try_from(number).ok(),
            _ => None,
        };
        let place = number.and_then(|number| number.checked_sub(1));
        let (Some(place), Some(key)) = (place, place.and_then(|place| keys.get(place))) else {
            return Err(StorageError::Engine("a row of no key".to_owned()));
        };
        found(place, key, Row::Postgres(&row))?;
    }
    Ok(())
}

fn push(columns: &mut Vec<Column>, values: &[Value<'_>]) -> Result<()> {
    if columns.is_empty() {
        columns.extend(values.iter().map(|value| Column::new(value.kind())));
    }
    for (column, value) in columns.iter_mut().zip(values) {
        column.push(*value)?;
    }
    Ok(())
}

/// Rows for a statement, on their way.
pub(crate) struct Put<'conn> {
    conn: &'conn Connection,
    write: Write,
    columns: Vec<Column>,
    rows: usize,
    /// Those that one statement writes already, as hashes: it would not write one twice. Two that are
    /// taken for one are written by two statements, which is as good.
    keys: HashSet<u64>,
}

impl<'conn> Put<'conn> {
    pub(crate) fn new(conn: &'conn Connection, write: Write) -> Self {
        Self { conn, write, columns: Vec::new(), rows: 0, keys: HashSet::new() }
    }

    /// One more row.
    pub(crate) fn row(&mut self, values: &[Value<'_>]) -> Result<()> {
        if !self.write.key.is_empty() {
            let mut key = DefaultHasher::new();
            self.write.key.iter().for_each(|place| values.get(*place).hash(&mut key));
            let key = key.finish();
            if self.keys.contains(&key) {
                self.send()?;
            }
            self.keys.insert(key);
        }
        self.rows += 1;
        push(&mut self.columns, values)
    }

    /// Sends what is there.
    fn send(&mut self) -> Result<()> {
        self.keys.clear();
        let (columns, rows) = (std::mem::take(&mut self.columns), std::mem::take(&mut self.rows));
        if rows == 0 {
            return Ok(());
        }
        self.conn.send(self.write.sql, columns, rows, self.write.must_change)
    }

    /// Sends the rest.
    pub(crate) fn end(mut self) -> Result<()> {
        self.send()
    }
}
