//! SQLite, embedded: one file in one folder, one writer, any number of readers beside it.
//!
//! Start reading at [`Engine::open`]; then `load.rs` is what a turn of the pipeline reads,
//! `commit/` what it writes, `read/` everything else that is asked. Every row has its columns named
//! once, in `columns.rs`, beside the one function that reads it back in `decode.rs`.

mod backup;
mod cells;
mod columns;
mod commit;
mod decode;
mod digests;
mod encode;
mod fault;
mod load;
mod lock;
mod migrate;
mod open;
mod query;
mod read;

#[cfg(test)]
mod plans;

pub use commit::PRUNE_ROWS_MAX;
pub use migrate::SCHEMA;
pub use open::{Engine, Place, Reader, Writer};
pub use read::{EachPayment, EventWithEntries, NextAfter, Past, Step};

/// What everything in this folder returns.
type Result<T> = std::result::Result<T, crate::StorageError>;
