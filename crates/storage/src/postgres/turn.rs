//! A turn of the pipeline is one transaction: what it loads and what it writes.
//!
//! One turn writes at a time, whichever node it belongs to: it begins by locking the tail (`tail.rs`) and
//! ends by writing it. So what was loaded is still so when the turn commits, and the level `read
//! committed` is enough: every statement sees all turns before this one, and there is no other that it
//! could see half of. The lock goes with the connection, so that a node that dies holds up nobody. Beside
//! that the unique constraints stay what they are on SQLite: the last word on what may be there once. Who
//! finds one broken and is not alone gets [`StorageError::Conflict`], as after a deadlock or where a lock
//! did not come in time: nothing was written, and the turn may be begun anew.
//!
//! [`StorageError::Conflict`]: crate::StorageError::Conflict

use super::{Result, connection::Connection, tail};
use crate::{Loaded, StorageError, TailRow};

/// Begins a turn, unless one is open: waits until no other is under way, and says where they end.
pub(crate) fn begin(conn: &Connection) -> Result<TailRow> {
    if let Some(tail) = conn.tail() {
        return Ok(tail);
    }
    conn.open("begin");
    let tail = tail::lock(conn);
    match tail {
        Ok(tail) => conn.set_tail(tail),
        Err(_) => conn.roll_back(),
    }
    tail
}

/// Reads with `read`, in the turn that is open or a new one. A turn that fails is over.
pub(crate) fn load(conn: &Connection, read: impl FnOnce() -> Result<Loaded>) -> Result<Loaded> {
    begin(conn)?;
    let loaded = read().and_then(|loaded| conn.flush().map(|()| loaded));
    if loaded.is_err() {
        conn.roll_back();
    }
    loaded
}

/// Writes everything or nothing, and ends the turn. `end` says where, given where it began.
pub(crate) fn commit(
    conn: &Connection,
    write: impl FnOnce() -> Result<()>,
    end: impl FnOnce(TailRow) -> TailRow,
    written: impl FnOnce(),
) -> Result<()> {
    let before = begin(conn)?;
    let all = || {
        write()?;
        tail::write(conn, &end(before), conn.node())?;
        conn.flush()
    };
    if let Err(error) = all() {
        // What was sent before may have failed first, and is then what went wrong.
        let error = conn.flush().err().unwrap_or(error);
        conn.roll_back();
        return Err(error);
    }
    written();
    conn.commit()
}

/// Joins the nodes, in the turn that is open or a new one.
pub(crate) fn join(conn: &Connection, name: &str, version: &str) -> Result<i64> {
    let before = begin(conn)?;
    let node = tail::join(conn, name, version, before.turn).inspect_err(|_| conn.roll_back())?;
    conn.set_node(node);
    Ok(node)
}

/// Whether turn number `turn` of this node was committed, after a connection was lost over it. The
/// answer is durable too: it comes with a commit of its own, which no server confirms before what was
/// written earlier.
pub(crate) fn resolve(conn: &Connection, turn: i64) -> Result<bool> {
    let node = conn.node().ok_or_else(|| StorageError::Engine("no node".to_owned()))?;
    // Whoever lost the connection held the lock that this waits for, until its turn was over.
    begin(conn)?;
    let look = || {
        let last = tail::last_turn_of(conn, node)?;
        tail::note(conn, node)?;
        conn.run("set local statement_timeout = 0")?;
        last.ok_or_else(|| StorageError::Engine("the row of this node is gone".to_owned()))
    };
    match look() {
        Ok(last) => conn.commit().map(|()| last >= turn),
        Err(error) => {
            conn.roll_back();
            Err(error)
        }
    }
}
