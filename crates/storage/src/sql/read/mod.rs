//! Everything that is asked outside the pipeline.
//!
//! Each question is a transaction of its own; [`Reader::snapshot`] puts several into one.

pub(super) mod books;
mod checkouts;
mod directory;
mod lines;
mod news;
mod nodes;
mod outbox;
mod own_events;
mod payments;
mod pools;
mod proposals;
mod refunds;
mod roots;
mod sales;
pub(crate) mod sql;
mod sweeps;
mod together;
mod verify;
mod walks;

pub(super) use directory::sealed_key_count;
pub(crate) use directory::{cursors, data_keys_after, directory, sealed_keys, sequences};
pub(crate) use nodes::nodes;
pub use sweeps::NextAfter;
pub use verify::EventWithEntries;
pub use walks::{EachPayment, Past, Step};

use domain::time::Timestamp;

use super::{Reader, Result, Row, cells::Cells};
use crate::StorageError;

impl Reader {
    /// Everything that `read` asks is answered as of one moment.
    ///
    /// While it runs, the log beside the database cannot shrink: not for hours on a busy server.
    pub fn snapshot<T, E: From<StorageError>>(
        &self,
        read: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        // Dropping the moment ends it, whatever came of it.
        let moment = self.conn.moment()?;
        let result = read(self);
        drop(moment);
        result
    }
}

/// The only cell of a row, an instant or nothing.
pub(super) fn instant(row: &Row<'_>) -> Result<Option<Timestamp>> {
    Cells::new("instant", row).time_or_null()
}
