//! Where rows are kept, and who may read and write them there.

use std::path::PathBuf;

use crate::{
    Directory, Loaded, SealedKeys, Sequences, StorageError, Wanted, Writes,
    postgres::{self, PostgresPlace},
    sql::{Conn, commit, load, read},
    sqlite,
};

type Result<T> = std::result::Result<T, StorageError>;

/// Where rows are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this folder, as `gerai.db`.
    Folder(PathBuf),
    /// In this process's memory, under this name, as long as anything has it open.
    Memory(String),
    /// In a database of a PostgreSQL server.
    Postgres(PostgresPlace),
}

impl Place {
    /// What errors call it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Memory(name) => format!("memory:{name}"),
            Self::Postgres(place) => place.shown(),
        }
    }

    pub(crate) fn cannot(&self, reason: &str) -> StorageError {
        StorageError::Open { path: self.shown(), reason: reason.to_owned() }
    }
}

/// The engine itself: SQLite, or PostgreSQL, as the place says.
#[derive(Debug, Clone, Copy)]
pub struct Engine;

impl Engine {
    /// Opens a place for writing: makes it if it is not there, locks it, brings its schema up to
    /// date.
    pub fn open(place: &Place) -> Result<Writer> {
        let (conn, lock) = match place {
            Place::Folder(_) | Place::Memory(_) => {
                let (conn, lock) = sqlite::open(place)?;
                (Conn::Sqlite(conn), Some(lock))
            }
            Place::Postgres(place) => (Conn::Postgres(postgres::Connection::writer(place)?), None),
        };
        Ok(Writer { conn, place: place.clone(), _lock: lock })
    }

    /// Opens a place for reading, beside a server that may be running.
    pub fn open_reader(place: &Place) -> Result<Reader> {
        let conn = match place {
            Place::Folder(_) | Place::Memory(_) => Conn::Sqlite(sqlite::open_reader(place)?),
            Place::Postgres(place) => Conn::Postgres(postgres::Connection::reader(place)?),
        };
        Ok(Reader { conn })
    }
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Writer {
    // Fields are dropped in this order: the lock goes when the connection is closed.
    conn: Conn,
    place: Place,
    _lock: Option<sqlite::Lock>,
}

impl Writer {
    /// Reads every row that is wanted: on SQLite all of one moment.
    ///
    /// On PostgreSQL it begins the turn, which is one transaction, unless that is open;
    /// [`Self::commit`] ends it, and [`Self::rest`] where there is nothing to commit. After an error the
    /// turn is over; after [`StorageError::Conflict`] it may be begun anew.
    pub fn load(&mut self, wanted: &Wanted) -> Result<Loaded> {
        match &self.conn {
            Conn::Sqlite(conn) => {
                let tx = conn.unchecked_transaction()?;
                let loaded = load::load(&self.conn, wanted)?;
                // Nothing was written; committing ends the read without the cost of a rollback.
                tx.commit()?;
                Ok(loaded)
            }
            Conn::Postgres(conn) => postgres::turn::load(conn, || load::load(&self.conn, wanted)),
        }
    }

    /// Writes everything or nothing; when it returns, it is on the disk.
    ///
    /// After [`StorageError::Constraint`] nothing was written and the next commit may go on. After
    /// [`StorageError::Conflict`] nothing was written either, because somebody else wrote first: load and
    /// decide anew. After [`StorageError::Engine`] the disk may hold the commit all the same: only a
    /// start anew tells.
    pub fn commit(&mut self, writes: &Writes) -> Result<()> {
        self.commit_observed(writes, || {})
    }

    /// The same; `written` is called when every row is written and only the log's sync is left, so
    /// that who has a clock can tell the two apart.
    pub fn commit_observed(&mut self, writes: &Writes, written: impl FnOnce()) -> Result<()> {
        match &self.conn {
            Conn::Sqlite(conn) => {
                let tx = sqlite::begin_writing(conn)?;
                // Whatever fails from here on drops the transaction, which rolls it back.
                commit::write(&self.conn, writes)?;
                written();
                Ok(tx.commit()?)
            }
            Conn::Postgres(conn) => {
                postgres::turn::commit(conn, || commit::write(&self.conn, writes), written)
            }
        }
    }

    /// Ends a turn that loaded and then had nothing to commit. Where none is open, nothing is done.
    pub fn rest(&mut self) {
        match &self.conn {
            Conn::Sqlite(_) => {}
            Conn::Postgres(conn) => conn.roll_back(),
        }
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

    /// Copies what the log holds into the database, as far as readers let it. PostgreSQL does so by
    /// itself.
    pub fn checkpoint(&mut self) -> Result<()> {
        match &self.conn {
            Conn::Sqlite(conn) => sqlite::checkpoint(conn),
            Conn::Postgres(_) => Ok(()),
        }
    }

    /// Closes, with an empty log where no reader holds it. Dropping closes too, but cannot say what
    /// went wrong.
    pub fn close(self) -> Result<()> {
        match self.conn {
            Conn::Sqlite(conn) => sqlite::close(conn),
            Conn::Postgres(conn) => conn.close(),
        }
    }
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    pub(crate) conn: Conn,
}
