//! Where rows are kept, and who may read and write them there.

use std::path::PathBuf;

use crate::{
    DataKeyRow, Directory, Loaded, PoolCursor, SealedKeys, Sequences, StorageError, TailRow,
    Wanted, Writes,
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
            Place::Postgres(place) => {
                (Conn::Postgres(Box::new(postgres::Connection::writer(place)?)), None)
            }
        };
        Ok(Writer { conn, place: place.clone(), lock })
    }

    /// Opens a place for reading, beside a server that may be running.
    pub fn open_reader(place: &Place) -> Result<Reader> {
        let conn = match place {
            Place::Folder(_) | Place::Memory(_) => Conn::Sqlite(sqlite::open_reader(place)?),
            Place::Postgres(place) => {
                Conn::Postgres(Box::new(postgres::Connection::reader(place)?))
            }
        };
        Ok(Reader { conn })
    }
}

/// The connection that writes: the one there is on SQLite; on PostgreSQL each node has one, and they take
/// turns.
#[derive(Debug)]
pub struct Writer {
    // Fields are dropped in this order: the lock goes when the connection is closed.
    conn: Conn,
    place: Place,
    lock: Option<sqlite::Lock>,
}

impl Writer {
    /// Whether others may write to the same rows.
    pub fn is_shared(&self) -> bool {
        matches!(self.conn, Conn::Postgres(_))
    }

    /// Begins a turn, unless one is open: waits until nobody else has one, and says where all turns so far
    /// end. None where nobody else writes.
    pub fn begin(&mut self) -> Result<Option<TailRow>> {
        match &self.conn {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => postgres::turn::begin(conn).map(Some),
        }
    }

    /// Joins the nodes that write to these rows, in the turn that is open or a new one; its commit makes
    /// it so. Called once, before [`Self::share`]. None where nobody else writes.
    pub fn join(&mut self, name: &str, version: &str) -> Result<Option<i64>> {
        match &self.conn {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(conn) => postgres::turn::join(conn, name, version).map(Some),
        }
    }

    /// Locks a folder that goes with these rows, for as long as they are open: two nodes in one folder
    /// would answer each other's commands. [`StorageError::InUse`] where another has it.
    pub fn hold(&mut self, folder: &std::path::Path) -> Result<()> {
        self.lock = Some(sqlite::Lock::folder(folder)?);
        Ok(())
    }

    /// From now on others may write too, each in its turn. Until then whoever opens the place waits.
    pub fn share(&mut self) -> Result<()> {
        match &self.conn {
            Conn::Sqlite(_) => Ok(()),
            Conn::Postgres(conn) => conn.share(),
        }
    }

    /// Connects anew after [`StorageError::Engine`] or [`StorageError::Unknown`]. On SQLite there is nothing
    /// that could be done.
    pub fn reconnect(&mut self) -> Result<()> {
        match &mut self.conn {
            Conn::Sqlite(_) => Err(StorageError::Engine("it cannot be opened again".to_owned())),
            Conn::Postgres(conn) => conn.reconnect(),
        }
    }

    /// After [`StorageError::Unknown`] and [`Self::reconnect`]: whether the turn with this number was
    /// committed. It never will be, where it was not.
    pub fn resolve(&mut self, turn: i64) -> Result<bool> {
        match &self.conn {
            Conn::Sqlite(_) => Ok(false),
            Conn::Postgres(conn) => postgres::turn::resolve(conn, turn),
        }
    }

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
    /// decide anew. After [`StorageError::Engine`] the disk of SQLite may hold the commit all the same, and
    /// only a start anew tells; PostgreSQL wrote nothing, and after [`StorageError::Unknown`]
    /// [`Self::resolve`] tells.
    pub fn commit(&mut self, writes: &Writes) -> Result<()> {
        self.commit_observed(writes, None, || {})
    }

    /// The same; `tail` says where turns end now, where it is known better than that there was one more.
    /// `written` is called when every row is written and only the log's sync is left, so that who has a
    /// clock can tell the two apart.
    pub fn commit_observed(
        &mut self,
        writes: &Writes,
        tail: Option<&TailRow>,
        written: impl FnOnce(),
    ) -> Result<()> {
        match &self.conn {
            Conn::Sqlite(conn) => {
                let tx = sqlite::begin_writing(conn)?;
                // Whatever fails from here on drops the transaction, which rolls it back.
                commit::write(&self.conn, writes)?;
                written();
                Ok(tx.commit()?)
            }
            Conn::Postgres(conn) => {
                let end = |before: TailRow| {
                    let changed = i64::from(writes.changes_directory());
                    tail.copied().unwrap_or(TailRow {
                        turn: before.turn + 1,
                        directory_version: before.directory_version + changed,
                        ..before
                    })
                };
                postgres::turn::commit(conn, || commit::write(&self.conn, writes), end, written)
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

    /// How far pools are used.
    pub fn cursors(&self) -> Result<Vec<PoolCursor>> {
        read::cursors(&self.conn)
    }

    /// Data keys that were made after number `after`.
    pub fn data_keys_after(&self, after: i64) -> Result<Vec<DataKeyRow>> {
        read::data_keys_after(&self.conn, after)
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

impl Reader {
    /// Whether it can still be asked, as far as is known without asking.
    pub fn is_alive(&self) -> bool {
        match &self.conn {
            Conn::Sqlite(_) => true,
            Conn::Postgres(conn) => conn.is_alive(),
        }
    }
}
