//! Opening: folders, files, connections.

use std::{
    fs::{DirBuilder, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{Result, commit, load, lock::Lock, migrate, read};
use crate::{Directory, Loaded, SealedKeys, Sequences, StorageError, Wanted, Writes};

/// The database's name in its folder.
const FILE: &str = "gerai.db";

/// Where rows are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this folder, as `gerai.db`.
    Folder(PathBuf),
    /// In this process's memory, under this name, as long as anything has it open.
    Memory(String),
}

impl Place {
    /// What errors call it.
    fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Memory(name) => format!("memory:{name}"),
        }
    }

    /// What the engine calls it.
    fn target(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(FILE),
            Self::Memory(name) => {
                // `memdb` shares what begins with a slash among the connections of a process. The
                // name goes in as hexadecimal digits, so that nothing in it can mean something.
                let hex: String = name
                    .bytes()
                    .flat_map(|byte| [byte >> 4, byte & 15])
                    .filter_map(|digit| char::from_digit(digit.into(), 16))
                    .collect();
                PathBuf::from(format!("file:/gerai-{hex}?vfs=memdb"))
            }
        }
    }

    pub(super) fn connect(&self, access: OpenFlags) -> Result<Connection> {
        let mut flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if matches!(self, Self::Memory(_)) {
            flags |= OpenFlags::SQLITE_OPEN_URI;
        }
        let conn = Connection::open_with_flags(self.target(), flags)
            .map_err(|error| self.cannot(&error.to_string()))?;
        // Only places in memory make readers and the writer wait for each other.
        conn.busy_timeout(Duration::from_secs(10))?;
        conn.set_prepared_statement_cache_capacity(128);
        // Plans must not depend on bound values: with partial indexes the engine would otherwise
        // prepare a statement anew each time it is bound, at five times the cost of running it.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(conn)
    }

    fn cannot(&self, reason: &str) -> StorageError {
        StorageError::Open { path: self.shown(), reason: reason.to_owned() }
    }
}

/// The engine itself.
#[derive(Debug, Clone, Copy)]
pub struct Engine;

impl Engine {
    /// Opens a place for writing: makes it if it is not there, locks it, brings its schema up to
    /// date.
    pub fn open(place: &Place) -> Result<Writer> {
        let lock = match place {
            Place::Folder(folder) => {
                make_folder(folder).map_err(|error| place.cannot(&error.to_string()))?;
                Lock::folder(folder)?
            }
            Place::Memory(name) => Lock::name(name)?,
        };
        let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        if let Place::Folder(folder) = place {
            for_us_only(&folder.join(FILE)).map_err(|error| place.cannot(&error.to_string()))?;
        }
        let mut conn = place.connect(access)?;
        let journal = match place {
            Place::Folder(_) => "wal",
            Place::Memory(_) => "memory",
        };
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
        Ok(Writer { conn, place: place.clone(), _lock: lock })
    }

    /// Opens a place for reading, beside a server that may be running.
    pub fn open_reader(place: &Place) -> Result<Reader> {
        let access = match place {
            Place::Folder(folder) if !folder.join(FILE).is_file() => {
                return Err(StorageError::Missing(place.shown()));
            }
            Place::Folder(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            // `memdb` knows no connection that only reads; `query_only` makes one.
            Place::Memory(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let conn = place.connect(access)?;
        conn.execute_batch(
            "pragma query_only = on;
             pragma cache_size = -4000;
             pragma temp_store = memory;
             pragma mmap_size = 0;
             pragma trusted_schema = off;",
        )?;
        migrate::check(&conn, &place.shown())?;
        Ok(Reader { conn })
    }
}

/// Makes a folder that only its owner may enter, unless it is there already.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    // Fields are dropped in this order: the lock goes when the connection is closed.
    conn: Connection,
    place: Place,
    _lock: Lock,
}

impl Writer {
    /// Reads every row that is wanted, all of one moment.
    pub fn load(&mut self, wanted: &Wanted) -> Result<Loaded> {
        load::load(&mut self.conn, wanted)
    }

    /// Writes everything or nothing; when it returns, it is on the disk.
    ///
    /// After [`StorageError::Constraint`] nothing was written and the next commit may go on. After
    /// [`StorageError::Engine`] the disk may hold the commit all the same: only a start anew tells.
    pub fn commit(&mut self, writes: &Writes) -> Result<()> {
        self.commit_observed(writes, || {})
    }

    /// The same; `written` is called when every row is written and only the log's sync is left, so
    /// that who has a clock can tell the two apart.
    pub fn commit_observed(&mut self, writes: &Writes, written: impl FnOnce()) -> Result<()> {
        commit::commit(&mut self.conn, writes, written)
    }

    /// The highest number of every sequence.
    pub fn sequences(&self) -> Result<Sequences> {
        read::sequences(&self.conn)
    }

    /// Who takes part.
    pub fn directory(&self) -> Result<Directory> {
        read::directory(&self.conn)
    }

    /// Every sealed key, to be sealed under another master key.
    pub fn sealed_keys(&self) -> Result<SealedKeys> {
        read::sealed_keys(&self.conn)
    }

    /// Another connection to the same rows.
    pub fn reader(&self) -> Result<Reader> {
        Engine::open_reader(&self.place)
    }

    /// Copies what the log holds into the database, as far as readers let it.
    pub fn checkpoint(&mut self) -> Result<()> {
        Ok(self.conn.query_row("pragma wal_checkpoint(passive)", (), |_| Ok(()))?)
    }

    /// Closes, with an empty log where no reader holds it. Dropping closes too, but cannot say what
    /// went wrong.
    pub fn close(self) -> Result<()> {
        self.conn.query_row("pragma wal_checkpoint(truncate)", (), |_| Ok(()))?;
        self.conn.close().map_err(|(_, error)| error.into())
    }
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    pub(super) conn: Connection,
}

/// Makes the database's file, readable for its owner only; the engine gives its log the same mode.
fn for_us_only(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(file).map(drop)
}
