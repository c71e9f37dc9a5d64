//! The tail: the row that every turn locks first and writes last.

use domain::time::Timestamp;
use tokio_postgres::Row;

use super::{Put, Result, connection::Connection};
use crate::{
    Corrupt, Sequences, StorageError, TailRow,
    sql::{Value, Write},
};

/// The one shard that there is.
const SHARD: i64 = 0;

/// Now, by the database's clock, in milliseconds since 1970.
macro_rules! now {
    () => {
        "(extract(epoch from clock_timestamp()) * 1000)::bigint"
    };
}
pub(super) use now;

const LOCK: &str = "select turn, sequences, chain, booked_at, root_no, root, root_event, \
    root_minute, directory_version from tail where no = ?1 for update";

const WRITE: &str = concat!(
    "update tail set turn = ?1, sequences = ?2, chain = ?3, booked_at = ?4, root_no = ?5, \
     root = ?6, root_event = ?7, root_minute = ?8, directory_version = ?9, changed_at = ",
    now!(),
    " where no = ?10"
);

const MINE: &str = concat!(
    "update node set last_turn = ?1, turns = turns + 1, seen_at = ",
    now!(),
    " where no = ?2"
);

// Rows of nodes that have not been seen for a month go; none of them can still wait for a commit.
const JOIN: &str = concat!(
    "with gone as (delete from node where seen_at < ",
    now!(),
    " - 2592000000) insert into node (no, name, version, started_at, seen_at, last_turn, turns) \
     select coalesce(max(no), 0) + 1, ?1, ?2, ",
    now!(),
    ", ",
    now!(),
    ", ?3, 0 from node returning no"
);

/// Where every turn says that it is over.
pub(super) const CHANNEL: &str = "gerai_turn";

/// Waits until no other turn is under way, and reads where they end.
pub(super) fn lock(conn: &Connection) -> Result<TailRow> {
    let rows = conn.query(LOCK, &[Value::Int(SHARD)])?;
    let row = rows.first().ok_or_else(|| corrupt("there is no row"))?;
    decode(row)
}

/// Sends where this turn ends, and that it was `node`'s. From here on the server never gives up by itself:
/// a commit that is cancelled while it waits for a standby looks like one that is safe.
pub(super) fn write(conn: &Connection, tail: &TailRow, node: Option<i64>) -> Result<()> {
    let sequences = tail.sequences.to_text();
    let mut put = Put::new(conn, Write { sql: WRITE, must_change: Some("tail"), key: &[9] });
    put.row(&[
        Value::Int(tail.turn),
        Value::Text(&sequences),
        Value::Bytes(&tail.chain),
        Value::Int(tail.booked_at.millis()),
        Value::Int(tail.root_no),
        Value::Bytes(&tail.root),
        Value::Int(tail.root_event),
        Value::Int(tail.root_minute),
        Value::Int(tail.directory_version),
        Value::Int(SHARD),
    ])?;
    put.end()?;
    if let Some(node) = node {
        // A node whose row is gone could not look up what became of this commit.
        let mut put = Put::new(conn, Write { sql: MINE, must_change: Some("node"), key: &[1] });
        put.row(&[Value::Int(tail.turn), Value::Int(node)])?;
        put.end()?;
    }
    let turn = tail.turn;
    conn.send_plain(&format!(
        "set local statement_timeout = 0; select pg_notify('{CHANNEL}', '{turn}')"
    ));
    Ok(())
}

/// A new row for a node that starts, in the turn that is open; its number.
pub(super) fn join(conn: &Connection, name: &str, version: &str, turn: i64) -> Result<i64> {
    let rows = conn.query(JOIN, &[Value::Text(name), Value::Text(version), Value::Int(turn)])?;
    let row = rows.first().ok_or_else(|| corrupt("a node has no number"))?;
    Ok(row.try_get(0)?)
}

/// The last turn that a node committed; none where its row is gone.
pub(super) fn last_turn_of(conn: &Connection, node: i64) -> Result<Option<i64>> {
    let rows = conn.query("select last_turn from node where no = ?1", &[Value::Int(node)])?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}

/// Notes that a node is there.
pub(super) fn note(conn: &Connection, node: i64) -> Result<()> {
    let sql = concat!("update node set seen_at = ", now!(), " where no = ?1");
    conn.execute(sql, &[Value::Int(node)]).map(drop)
}

fn decode(row: &Row) -> Result<TailRow> {
    let digest = |column: usize| -> Result<[u8; 32]> {
        let bytes: &[u8] = row.try_get(column)?;
        bytes.try_into().map_err(|_| corrupt("a digest is not 32 bytes"))
    };
    let sequences: &str = row.try_get(1)?;
    Ok(TailRow {
        turn: row.try_get(0)?,
        sequences: Sequences::from_text(sequences)
            .ok_or_else(|| corrupt("sequences are numbers"))?,
        chain: digest(2)?,
        booked_at: Timestamp::from_millis(row.try_get(3)?),
        root_no: row.try_get(4)?,
        root: digest(5)?,
        root_event: row.try_get(6)?,
        root_minute: row.try_get(7)?,
        directory_version: row.try_get(8)?,
    })
}

fn corrupt(what: &str) -> StorageError {
    Corrupt { table: "tail", row: SHARD.to_string(), what: what.to_owned() }.into()
}
