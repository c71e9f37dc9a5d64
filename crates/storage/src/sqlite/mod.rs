//! SQLite, embedded: one file in one folder, one writer, any number of readers beside it.
//!
//! What is asked and written is shared with PostgreSQL (`crate::sql`); here is how a place is opened
//! ([`crate::Engine::open`]), migrated and copied.

mod backup;
mod fault;
mod lock;
mod migrate;
mod open;
mod source;
mod value;

#[cfg(test)]
mod plans;

pub use crate::{
    place::{Engine, Place, Reader, Writer},
    sql::{
        commit::PRUNE_ROWS_MAX,
        read::{EachPayment, EventWithEntries, NextAfter, Past, Step},
    },
};
pub use migrate::SCHEMA;

pub(crate) use lock::Lock;
pub(crate) use migrate::differences as schema_differences;
pub(crate) use open::{begin_writing, checkpoint, close, open, open_reader, schema_found};
pub(crate) use source::Source;

/// What everything in this folder returns.
type Result<T> = std::result::Result<T, crate::StorageError>;
