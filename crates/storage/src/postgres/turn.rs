//! A turn of the pipeline is one transaction: what it loads and what it writes.
//!
//! One turn writes at a time, so what was loaded is still so when the turn commits, and the level `read
//! committed` is enough: every statement sees all turns before this one, and there is no other that it
//! could see half of. Today the only writer's session holds a lock for as long as it is open
//! (`connection.rs`); several writers will take turns by a row that each turn locks first. Beside that the
//! unique constraints stay what they are on SQLite: the last word on what may be there once. Who finds
//! one broken and is not alone gets [`StorageError::Conflict`], as after a deadlock or where a lock did not
//! come in time: nothing was written, and the turn may be begun anew.
//!
//! [`StorageError::Conflict`]: crate::StorageError::Conflict

use super::{Result, connection::Connection};
use crate::Loaded;

/// Reads with `read`, in the turn that is open or a new one. A turn that fails is over.
pub(crate) fn load(conn: &Connection, read: impl FnOnce() -> Result<Loaded>) -> Result<Loaded> {
    begin(conn);
    let loaded = read().and_then(|loaded| conn.flush().map(|()| loaded));
    if loaded.is_err() {
        conn.roll_back();
    }
    loaded
}

/// Writes everything or nothing, and ends the turn.
pub(crate) fn commit(
    conn: &Connection,
    write: impl FnOnce() -> Result<()>,
    written: impl FnOnce(),
) -> Result<()> {
    begin(conn);
    if let Err(error) = write().and_then(|()| conn.flush()) {
        // What was sent before may have failed first, and is then what went wrong.
        let error = conn.flush().err().unwrap_or(error);
        conn.roll_back();
        return Err(error);
    }
    written();
    conn.commit()
}

/// Begins a turn without waiting for the server, unless one is open.
fn begin(conn: &Connection) {
    if !conn.is_open() {
        conn.open("begin");
    }
}
