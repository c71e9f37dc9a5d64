//! Signed roots of the chains.

use crate::sql::Row;
use domain::ids::EventNo;

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        query::{limit, many, one},
    },
    sql,
};
use crate::ChainRootRow;

impl Reader {
    /// The root with this number.
    pub fn root(&self, no: i64) -> Result<Option<ChainRootRow>> {
        one(&self.conn, sql::ROOT, [no], root)
    }

    /// The newest root.
    pub fn last_root(&self) -> Result<Option<ChainRootRow>> {
        one(&self.conn, sql::LAST_ROOT, (), root)
    }

    /// The next roots after number `after`.
    pub fn roots_after(&self, after: i64, rows_max: usize) -> Result<Vec<ChainRootRow>> {
        many(&self.conn, sql::ROOTS_AFTER, [after, limit(rows_max)], root)
    }

    /// The link of an event, and when it was, in milliseconds; none where there is no such event.
    pub fn link_of(&self, event: EventNo) -> Result<Option<([u8; 32], i64)>> {
        one(&self.conn, sql::LINK_OF, [event.get()], |row| {
            let mut cells = Cells::new("event", row);
            cells.int()?;
            Ok((cells.array()?, cells.int()?))
        })
    }

    /// The number of the last entry that an event up to this one says it posted; 0 where none did.
    pub fn last_entry_until(&self, event: EventNo) -> Result<i64> {
        let last = one(&self.conn, sql::LAST_ENTRY_UNTIL, [event.get()], |row| {
            Cells::new("event", row).int()
        })?;
        Ok(last.unwrap_or(0))
    }
}

fn root(row: &Row<'_>) -> Result<ChainRootRow> {
    let mut cells = Cells::new("chain_root", row);
    Ok(ChainRootRow {
        no: cells.int()?,
        committer: cells.num()?,
        minute: cells.int()?,
        last_event: EventNo::new(cells.int()?),
        last_entry: cells.int()?,
        last_payment: cells.int()?,
        last_sale: cells.int()?,
        chain: cells.array()?,
        root: cells.array()?,
        signature: cells.array()?,
    })
}
