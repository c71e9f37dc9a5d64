//! Opening: folders, files, connections.

use std::{
    fs::{DirBuilder, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use super::{Result, lock::Lock, migrate, source::check_not_moved};
use crate::{Place, StorageError};

/// The database's name in its folder.
pub(super) const FILE: &str = "gerai.db";

/// What the engine calls a place.
fn target(place: &Place) -> Result<PathBuf> {
    match place {
        Place::Folder(folder) => Ok(folder.join(FILE)),
        Place::Memory(name) => {
            // `memdb` shares what begins with a slash among the connections of a process. The
            // name goes in as hexadecimal digits, so that nothing in it can mean something.
            let hex: String = name
                .bytes()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .filter_map(|digit| char::from_digit(digit.into(), 16))
                .collect();
            Ok(PathBuf::from(format!("file:/gerai-{hex}?vfs=memdb")))
        }
        Place::Postgres(_) => Err(place.cannot("another engine's place")),
    }
}

/// A connection as all are.
pub(super) fn connect(place: &Place, access: OpenFlags) -> Result<Connection> {
    let mut flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if matches!(place, Place::Memory(_)) {
        flags |= OpenFlags::SQLITE_OPEN_URI;
    }
    let conn = Connection::open_with_flags(target(place)?, flags)
        .map_err(|error| place.cannot(&error.to_string()))?;
    // Only places in memory make readers and the writer wait for each other.
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.set_prepared_statement_cache_capacity(128);
    // Plans must not depend on bound values: with partial indexes the engine would otherwise
    // prepare a statement anew each time it is bound, at five times the cost of running it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// Opens a place for writing: makes it if it is not there, locks it, brings its schema up to date.
pub(crate) fn open(place: &Place) -> Result<(Connection, Lock)> {
    let (lock, journal) = match place {
        Place::Folder(folder) => {
            make_folder(folder).map_err(|error| place.cannot(&error.to_string()))?;
            let lock = Lock::folder(folder)?;
            check_not_moved(folder)?;
            (lock, "wal")
        }
        Place::Memory(name) => (Lock::name(name)?, "memory"),
        Place::Postgres(_) => return Err(place.cannot("another engine's place")),
    };
    let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    if let Place::Folder(folder) = place {
        for_us_only(&folder.join(FILE)).map_err(|error| place.cannot(&error.to_string()))?;
    }
    let mut conn = connect(place, access)?;
    conn.pragma_update_and_check(None, "journal_mode", journal, |row| row.get::<_, String>(0))?;
    // Every commit is on the disk when it returns. The log grows to 32 MiB before it is copied
    // back: a page that many commits touch is copied once, which is worth a third more payments
    // with scattered codes, at the price of a pause of some 20 ms at each checkpoint. Only the
    // small tables of the directory have foreign keys.
    conn.execute_batch(
        "pragma synchronous = full;
         pragma wal_autocheckpoint = 8000;
         pragma journal_size_limit = 67108864;
         pragma foreign_keys = on;
         pragma cache_size = -48000;
         pragma temp_store = memory;
         pragma mmap_size = 0;
         pragma trusted_schema = off;",
    )?;
    migrate::migrate(&mut conn, &place.shown())?;
    Ok((conn, lock))
}

/// The number of the schema that a place has; 0 where nothing is there.
pub(crate) fn schema_found(place: &Place) -> Result<i64> {
    match place {
        Place::Folder(folder) if folder.join(FILE).is_file() => {
            let conn = connect(place, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            Ok(migrate::schema(&conn, &place.shown())?.unwrap_or(0))
        }
        Place::Folder(_) | Place::Memory(_) | Place::Postgres(_) => Ok(0),
    }
}

/// Opens a place for reading.
pub(crate) fn open_reader(place: &Place) -> Result<Connection> {
    let access = match place {
        Place::Folder(folder) if !folder.join(FILE).is_file() => {
            return Err(StorageError::Missing(place.shown()));
        }
        Place::Folder(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        // `memdb` knows no connection that only reads; `query_only` makes one.
        Place::Memory(_) | Place::Postgres(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let conn = connect(place, access)?;
    conn.execute_batch(
        "pragma query_only = on;
         pragma cache_size = -4000;
         pragma temp_store = memory;
         pragma mmap_size = 0;
         pragma trusted_schema = off;",
    )?;
    migrate::check(&conn, &place.shown())?;
    Ok(conn)
}

/// Begins to write: whoever else wants to waits or is refused.
pub(crate) fn begin_writing(conn: &Connection) -> Result<Transaction<'_>> {
    Ok(Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?)
}

/// Copies what the log holds into the database, as far as readers let it.
pub(crate) fn checkpoint(conn: &Connection) -> Result<()> {
    Ok(conn.query_row("pragma wal_checkpoint(passive)", (), |_| Ok(()))?)
}

/// Closes, with an empty log where no reader holds it.
pub(crate) fn close(conn: Connection) -> Result<()> {
    conn.query_row("pragma wal_checkpoint(truncate)", (), |_| Ok(()))?;
    conn.close().map_err(|(_, error)| error.into())
}

/// Makes a folder that only its owner may enter, unless it is there already.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the database's file, readable for its owner only; the engine gives its log the same mode.
fn for_us_only(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(file).map(drop)
}
