//! Signed roots of the chains.

use rusqlite::{Connection, params};

use super::super::{Result, columns::chain_root_columns};
use crate::ChainRootRow;

const INSERT: &str = concat!(
    "insert into chain_root (",
    chain_root_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
);

/// New roots.
pub(super) fn insert(conn: &Connection, rows: &[ChainRootRow]) -> Result<()> {
    for row in rows {
        conn.prepare_cached(INSERT)?.execute(params![
            row.no,
            row.committer,
            row.minute,
            row.last_event.get(),
            row.last_entry,
            row.last_payment,
            row.last_sale,
            row.chain,
            row.root,
            row.signature.as_slice(),
        ])?;
    }
    Ok(())
}
