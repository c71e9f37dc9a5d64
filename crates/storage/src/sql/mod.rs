//! What is asked and written, in one set of texts for both engines.
//!
//! Start reading at `conn.rs` (a connection to either engine) and `query.rs` (the ways to ask) and
//! `put.rs` (the way to write); then `load.rs` is what a turn of the pipeline reads, `commit/` what it
//! writes, `read/` everything else that is asked. Every row has its columns named once, in
//! `columns.rs`, beside the one function that reads it back in `decode.rs`.
//!
//! The texts are SQLite's, in words that PostgreSQL understands too; `postgres/text.rs` says what little
//! is written otherwise there.

mod cells;
mod columns;
pub(crate) mod commit;
mod conn;
mod decode;
mod digests;
mod encode;
mod fault;
pub(crate) mod load;
mod put;
pub(crate) mod query;
pub(crate) mod read;
mod row;
mod value;

pub(crate) use conn::Conn;
pub(crate) use put::Write;
pub(crate) use row::Row;
pub(crate) use value::{Kind, Value};

use crate::place::Reader;

/// What everything in this folder returns.
type Result<T> = std::result::Result<T, crate::StorageError>;
