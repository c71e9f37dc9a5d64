//! Who the nodes are.

use domain::time::Timestamp;

use super::super::{Conn, Result, Row, cells::Cells, query::many};
use crate::NodeRow;

/// Every start of a node, newest first.
pub(crate) fn nodes(conn: &Conn) -> Result<Vec<NodeRow>> {
    let sql = "select no, name, version, started_at, seen_at, last_turn, turns from node \
        order by no desc";
    many(conn, sql, (), node)
}

fn node(row: &Row<'_>) -> Result<NodeRow> {
    let mut cells = Cells::new("node", row);
    Ok(NodeRow {
        no: cells.int()?,
        name: cells.string()?,
        version: cells.string()?,
        started_at: Timestamp::from_millis(cells.int()?),
        seen_at: Timestamp::from_millis(cells.int()?),
        last_turn: cells.int()?,
        turns: cells.int()?,
    })
}
