//! Several connections that look at the same moment.

use super::{
    super::{Conn, Reader, Result},
    directory::sequences,
};
use crate::StorageError;

/// How often connections are tried to be brought to the same moment. A commit in between takes
/// longer than a try.
const TRIES_MAX: usize = 1_000;

impl Reader {
    /// What `read` asks of any of these connections is answered as of one moment. As
    /// [`Self::snapshot`], for hours of which there is no room beside a busy server.
    ///
    /// On SQLite the moment is told by the numbers of all rows. Where the server writes so fast that the
    /// connections never meet, `read` gets the first of them alone.
    pub fn together<T, E: From<StorageError>>(
        readers: &mut [Self],
        read: impl FnOnce(&mut [Self]) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let mut all = readers.len();
        for tries in 1.. {
            match begin(readers.get(..all).unwrap_or_default()) {
                Ok(true) => break,
                Ok(false) if tries == TRIES_MAX => all = 1,
                Ok(false) => {}
                Err(error) => {
                    end(readers)?;
                    return Err(error.into());
                }
            }
            end(readers)?;
        }
        let result = read(readers.get_mut(..all).unwrap_or_default());
        end(readers)?;
        result
    }

    /// Lets this connection keep more of the file in memory, for who reads all of it.
    pub fn keep_much(&self) -> Result<()> {
        match &self.conn {
            Conn::Sqlite(conn) => Ok(conn.execute_batch("pragma cache_size = -32000")?),
            Conn::Postgres(_) => Ok(()),
        }
    }
}

/// Begins a transaction on each; whether all see the same rows.
fn begin(readers: &[Reader]) -> Result<bool> {
    let (mut first, mut snapshot) = (None, None);
    let mut same = true;
    for reader in readers {
        match &reader.conn {
            Conn::Sqlite(conn) => {
                conn.execute_batch("begin")?;
                let seen = sequences(&reader.conn)?;
                same &= *first.get_or_insert(seen) == seen;
            }
            // The first tells the others what it sees, for as long as it looks.
            Conn::Postgres(conn) => match &snapshot {
                None => snapshot = Some(conn.begin_exported()?),
                Some(snapshot) => conn.begin_imported(snapshot)?,
            },
        }
    }
    Ok(same)
}

/// Ends what was begun; where nothing was, nothing is done.
fn end(readers: &[Reader]) -> Result<()> {
    for reader in readers {
        match &reader.conn {
            Conn::Sqlite(conn) if conn.is_autocommit() => {}
            Conn::Sqlite(conn) => conn.execute_batch("rollback")?,
            Conn::Postgres(conn) => conn.roll_back(),
        }
    }
    Ok(())
}
