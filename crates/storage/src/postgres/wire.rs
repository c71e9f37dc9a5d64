//! Values on their way to the server and back, in its binary form.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use rusqlite::types::ValueRef;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};

use super::Result;
use crate::{
    StorageError,
    sql::{Kind, Value},
};

type Failed = Box<dyn Error + Sync + Send>;

/// The type of one value.
pub(super) const fn scalar(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

/// The type of many.
pub(super) const fn array(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8_ARRAY,
        Kind::Text => Type::TEXT_ARRAY,
        Kind::Bytes => Type::BYTEA_ARRAY,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Failed> {
        match self {
            Self::Null(_) => return Ok(IsNull::Yes),
            Self::Int(number) => out.put_i64(*number),
            Self::Text(text) => out.put_slice(text.as_bytes()),
            Self::Bytes(bytes) => out.put_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // Statements are prepared with the types of their values.
        true
    }

    to_sql_checked!();
}

/// A parameter's values for all rows of a statement, written as they come.
#[derive(Debug)]
pub(super) struct Column {
    kind: Kind,
    count: usize,
    has_null: bool,
    elements: Vec<u8>,
}

impl Column {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, count: 0, has_null: false, elements: Vec::new() }
    }

    /// What its values are.
    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// One more value.
    pub(super) fn push(&mut self, value: Value<'_>) -> Result<()> {
        self.count += 1;
        let number;
        let bytes: &[u8] = match value {
            Value::Null(_) => {
                self.has_null = true;
                self.elements.put_i32(-1);
                return Ok(());
            }
            Value::Int(int) => {
                number = int.to_be_bytes();
                &number
            }
            Value::Text(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
        };
        let length = i32::try_from(bytes.len())
            .map_err(|_| StorageError::Constraint("a value is too long".to_owned()))?;
        self.elements.put_i32(length);
        self.elements.put_slice(bytes);
        Ok(())
    }
}

impl ToSql for Column {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Failed> {
        // One dimension, from 1.
        out.put_i32(1);
        out.put_i32(self.has_null.into());
        out.put_u32(scalar(self.kind).oid());
        out.put_i32(i32::try_from(self.count)?);
        out.put_i32(1);
        out.put_slice(&self.elements);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A cell as SQLite would give it.
struct Cell<'row>(ValueRef<'row>);

impl<'row> FromSql<'row> for Cell<'row> {
    fn from_sql(of: &Type, raw: &'row [u8]) -> std::result::Result<Self, Failed> {
        let value = match *of {
            Type::INT8 => ValueRef::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => ValueRef::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::TEXT => ValueRef::Text(raw),
            Type::BYTEA => ValueRef::Blob(raw),
            _ => return Err(format!("a column of type {of}").into()),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Failed> {
        Ok(Self(ValueRef::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The cell of a row at this place, from 0.
pub(crate) fn cell(row: &Row, place: usize) -> Result<ValueRef<'_>> {
    Ok(row.try_get::<_, Cell<'_>>(place)?.0)
}
