//! Tables as a move sees them: names and kinds of columns, whatever they mean.

use rusqlite::types::ValueRef;

use super::Result;
use crate::{
    Corrupt, StorageError,
    sql::{Kind, Value},
};

/// Tables about nodes: each database has its own.
pub(crate) const NOT_MOVED: [&str; 3] = ["tail", "node", "lease"];

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Its columns, in the order of SQLite.
    pub(crate) columns: Vec<Column>,
    /// The places of the columns that name a row, in the order of the primary key.
    pub(crate) key: Vec<usize>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
}

impl Table {
    /// All columns, as a statement names them.
    pub(crate) fn list(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    /// The columns of the key, as a statement names them.
    pub(crate) fn key_list(&self) -> String {
        let names: Vec<_> = self.key_columns().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    fn key_columns(&self) -> impl Iterator<Item = &Column> {
        self.key.iter().filter_map(|place| self.columns.get(*place))
    }

    /// The condition that a row lies behind `after`, and up to `last`. Parameters are numbered from 1
    /// behind `sign`, those of `after` first.
    pub(crate) fn between(&self, sign: char, after: Option<&Key>, last: Option<&Key>) -> String {
        let width = self.key.len();
        let mut from = 1;
        let mut conditions = Vec::new();
        for (bound, than) in [(after, ">"), (last, "<=")] {
            if bound.is_some() {
                let values: Vec<_> = (from..from + width).map(|no| format!("{sign}{no}")).collect();
                conditions.push(format!("({}) {than} ({})", self.key_list(), values.join(", ")));
                from += width;
            }
        }
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") }
    }

    /// A key, from where it was kept.
    pub(crate) fn key_from(&self, kept: &[u8]) -> Result<Key> {
        let mut cells = Vec::with_capacity(self.key.len());
        let mut fields = Fields(kept);
        for column in self.key_columns() {
            let field = fields.next().flatten();
            let cell = field.and_then(|bytes| Cell::from_bytes(column.kind, bytes));
            cells.push(cell.ok_or_else(|| self.corrupt("the end of a part is no key"))?);
        }
        Ok(Key(cells))
    }

    /// Something is wrong with its rows.
    pub(crate) fn corrupt(&self, what: impl Into<String>) -> StorageError {
        Corrupt { table: "gerai_move", row: self.name.clone(), what: what.into() }.into()
    }
}

/// A name as both engines take it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What names a row, in the order of its table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Vec<Cell>);

/// One value of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    fn from_bytes(kind: Kind, bytes: &[u8]) -> Option<Self> {
        Some(match kind {
            Kind::Int => Self::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
            Kind::Text => Self::Text(String::from_utf8(bytes.to_vec()).ok()?),
            Kind::Bytes => Self::Bytes(bytes.to_vec()),
        })
    }
}

impl Key {
    /// Its values, for a statement.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        self.0.iter().map(|cell| match cell {
            Cell::Int(number) => Value::Int(*number),
            Cell::Text(text) => Value::Text(text),
            Cell::Bytes(bytes) => Value::Bytes(bytes),
        })
    }

    /// As it is kept.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut kept = Vec::new();
        for cell in &self.0 {
            // A key is far shorter than 2 GiB.
            let _ = match cell {
                Cell::Int(number) => put(&mut kept, Some(&number.to_be_bytes())),
                Cell::Text(text) => put(&mut kept, Some(text.as_bytes())),
                Cell::Bytes(bytes) => put(&mut kept, Some(bytes)),
            };
        }
        kept
    }
}

/// Appends a field as PostgreSQL has it in its binary form: its length and its bytes, or -1.
fn put(to: &mut Vec<u8>, field: Option<&[u8]>) -> Option<()> {
    let Some(bytes) = field else {
        to.extend_from_slice(&(-1_i32).to_be_bytes());
        return Some(());
    };
    to.extend_from_slice(&i32::try_from(bytes.len()).ok()?.to_be_bytes());
    to.extend_from_slice(bytes);
    Some(())
}

/// The fields that lie one after the other in some bytes.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Some(None);
        };
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(field))
    }
}

/// Appends a cell of SQLite's to the fields of a row; why not, where it is not what its column says.
pub(crate) fn put_cell(
    to: &mut Vec<u8>,
    kind: Kind,
    cell: ValueRef<'_>,
) -> std::result::Result<(), &'static str> {
    let number;
    let field = match (kind, cell) {
        (_, ValueRef::Null) => None,
        (Kind::Int, ValueRef::Integer(value)) => {
            number = value.to_be_bytes();
            Some(number.as_slice())
        }
        (Kind::Text, ValueRef::Text(text)) => {
            let text = str::from_utf8(text).map_err(|_| "a text is not UTF-8")?;
            if text.contains('\0') {
                return Err("a text holds a zero byte, which PostgreSQL cannot keep");
            }
            Some(text.as_bytes())
        }
        (Kind::Bytes, ValueRef::Blob(bytes)) => Some(bytes),
        (Kind::Int | Kind::Text | Kind::Bytes, _) => return Err("a value is of another type"),
    };
    put(to, field).ok_or("a value is too long")
}

/// A key out of the cells of a row.
pub(crate) fn key_of<'row>(
    table: &Table,
    cell: impl Fn(usize) -> Result<ValueRef<'row>>,
) -> Result<Key> {
    let mut cells = Vec::with_capacity(table.key.len());
    for place in &table.key {
        cells.push(match cell(*place)? {
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            ValueRef::Null | ValueRef::Real(_) => {
                return Err(table.corrupt("a row has no key"));
            }
        });
    }
    Ok(Key(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        Table {
            name: "row".to_owned(),
            columns: vec![
                column("what", Kind::Bytes),
                column("day", Kind::Int),
                column("id", Kind::Text),
            ],
            key: vec![1, 2],
        }
    }

    #[test]
    fn keys_are_kept_and_come_in_the_order_of_both_engines() {
        let table = table();
        let row = |day, id: &'static str| {
            key_of(&table, |place| {
                Ok(if place == 1 { ValueRef::Integer(day) } else { ValueRef::Text(id.as_bytes()) })
            })
            .unwrap()
        };
        let keys = [row(-1, "z"), row(2, "B"), row(2, "a"), row(10, "")];
        assert!(keys.is_sorted());
        for key in &keys {
            assert_eq!(&table.key_from(&key.to_bytes()).unwrap(), key);
        }
        assert!(table.key_from(&[]).is_err());
        assert!(table.key_from(&row(1, "a").to_bytes()[..13]).is_err());
    }

    #[test]
    fn parts_are_named_by_their_ends() {
        let (table, key) = (table(), Key(vec![Cell::Int(1), Cell::Text("x".to_owned())]));
        assert_eq!(table.between('?', None, None), "true");
        assert_eq!(table.between('?', Some(&key), None), r#"("day", "id") > (?1, ?2)"#);
        assert_eq!(table.between('$', None, Some(&key)), r#"("day", "id") <= ($1, $2)"#);
        assert_eq!(
            table.between('$', Some(&key), Some(&key)),
            r#"("day", "id") > ($1, $2) and ("day", "id") <= ($3, $4)"#
        );
    }

    #[test]
    fn what_is_no_value_of_its_column_is_told() {
        let mut row = Vec::new();
        put_cell(&mut row, Kind::Int, ValueRef::Integer(7)).unwrap();
        put_cell(&mut row, Kind::Text, ValueRef::Null).unwrap();
        put_cell(&mut row, Kind::Text, ValueRef::Text(b"")).unwrap();
        let fields: Vec<_> = Fields(&row).collect();
        assert_eq!(fields, [Some(&[0, 0, 0, 0, 0, 0, 0, 7][..]), None, Some(&[])]);
        for (kind, cell) in [
            (Kind::Text, ValueRef::Text(b"a\0b")),
            (Kind::Text, ValueRef::Text(b"\xff")),
            (Kind::Text, ValueRef::Blob(b"a")),
            (Kind::Int, ValueRef::Real(1.0)),
        ] {
            assert!(put_cell(&mut row, kind, cell).is_err());
        }
    }
}
