//! Signed roots of the chains.

use super::super::{
    Conn, Result,
    columns::chain_root_columns,
    put::{Write, put},
    value::params,
};
use crate::ChainRootRow;

const INSERT: Write = Write::new(concat!(
    "insert into chain_root (",
    chain_root_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
));

/// New roots.
pub(super) fn insert(conn: &Conn, rows: &[ChainRootRow]) -> Result<()> {
    put(conn, INSERT, rows, |row| {
        params![
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
        ]
    })
}
