//! A data folder whose rows are moved elsewhere: read in the order of keys, whatever they mean, and closed
//! at the end.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, Rows, Transaction, params_from_iter};

use super::{Result, lock::Lock, migrate, open};
use crate::{
    Place, StorageError,
    moving::{Chunk, Column, Key, NOT_MOVED, Seen, Table, Walked, key_of, put_cell, quoted},
    sql::{Kind, Value},
};

/// Says which move is under way; stays when it is over.
const MOVING: &str = "moving";
/// Says that the rows are elsewhere.
const MOVED: &str = "moved";

/// How many rows are on their way at once, and about how many bytes at most.
const ROWS_MAX: u64 = 5_000;
const BYTES_MAX: usize = 8 << 20;

/// Refuses to open a folder whose rows were moved.
pub(super) fn check_not_moved(folder: &Path) -> Result<()> {
    match fs::read_to_string(folder.join(MOVED)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot(folder, error.to_string())),
        Ok(text) => {
            let to = text.lines().next().unwrap_or_default();
            let file = folder.join(MOVED);
            Err(cannot(
                folder,
                format!(
                    "its rows were moved to {to}: serve them from there (`storage` in the \
                     configuration); {} says more",
                    file.display()
                ),
            ))
        }
    }
}

/// The source of a move.
#[derive(Debug)]
pub(crate) struct Source {
    // Dropped before the lock.
    conn: Connection,
    folder: PathBuf,
    lock: Option<Lock>,
}

/// As long as it lives, the source is read as of one moment.
#[derive(Debug)]
pub(crate) struct Instant<'conn>(Transaction<'conn>);

impl Instant<'_> {
    pub(crate) fn end(self) -> Result<()> {
        Ok(self.0.commit()?)
    }
}

impl Source {
    /// Opens a folder: for itself, where nobody writes there, and beside the shop otherwise.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let place = Place::Folder(folder.to_owned());
        if !folder.join(open::FILE).is_file() {
            return Err(StorageError::Missing(place.shown()));
        }
        let (conn, lock) = match Lock::folder(folder) {
            Ok(lock) => (for_itself(&place)?, Some(lock)),
            Err(StorageError::InUse(_)) => (open::open_reader(&place)?, None),
            Err(error) => return Err(error),
        };
        Ok(Self { conn, folder: folder.to_owned(), lock })
    }

    /// Refuses where everything was moved already.
    pub(crate) fn check_not_moved(&self) -> Result<()> {
        check_not_moved(&self.folder)
    }

    /// Whether nobody else writes.
    pub(crate) const fn is_held(&self) -> bool {
        self.lock.is_some()
    }

    /// Waits until nobody writes, and sees to it that nobody will.
    pub(crate) fn hold(&mut self) -> Result<()> {
        if self.lock.is_none() {
            let lock = Lock::folder_when_free(&self.folder)?;
            self.conn = for_itself(&Place::Folder(self.folder.clone()))?;
            self.lock = Some(lock);
        }
        Ok(())
    }

    /// From now on everything is read as of one moment.
    pub(crate) fn moment(&self) -> Result<Instant<'_>> {
        Ok(Instant(self.conn.unchecked_transaction()?))
    }

    /// Every table that is moved, in the order of their names.
    pub(crate) fn tables(&self) -> Result<Vec<Table>> {
        let sql = "select name from sqlite_schema where type = 'table' \
            and name not like 'sqlite~_%' escape '~' order by name";
        let mut statement = self.conn.prepare(sql)?;
        let names = statement.query_map((), |row| row.get::<_, String>(0))?;
        let mut tables = Vec::new();
        for name in names {
            let name = name?;
            if !NOT_MOVED.contains(&name.as_str()) {
                tables.push(self.table(name)?);
            }
        }
        Ok(tables)
    }

    fn table(&self, name: String) -> Result<Table> {
        let mut statement =
            self.conn.prepare("select name, type, pk from pragma_table_info(?1) order by cid")?;
        let mut rows = statement.query([&name])?;
        let (mut columns, mut key) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let kind = match row.get::<_, String>(1)?.to_ascii_lowercase().as_str() {
                "integer" | "int" => Kind::Int,
                "text" => Kind::Text,
                "blob" => Kind::Bytes,
                other => return Err(StorageError::Engine(format!("{name}: a column of {other}"))),
            };
            let in_key = row.get::<_, i64>(2)?;
            if in_key > 0 {
                key.push((in_key, columns.len()));
            }
            columns.push(Column { name: row.get(0)?, kind });
        }
        key.sort_unstable();
        let key = key.into_iter().map(|(_, place)| place).collect();
        Ok(Table { name, columns, key })
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &Table) -> Result<u64> {
        let sql = format!("select count(*) from {}", quoted(&table.name));
        let rows: i64 = self.conn.query_row(&sql, (), |row| row.get(0))?;
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    /// The next rows behind `after` and up to `last`, as many as go on their way at once.
    pub(crate) fn chunk(
        &self,
        table: &Table,
        after: Option<&Key>,
        last: Option<&Key>,
    ) -> Result<Chunk> {
        let mut chunk = Chunk::default();
        self.read(table, after, last, |rows| {
            while chunk.rows < ROWS_MAX && chunk.fields.len() < BYTES_MAX {
                let Some(row) = rows.next()? else { break };
                put_row(&mut chunk.fields, table, row)?;
                chunk.last = Some(key_of(table, |place| Ok(row.get_ref(place)?))?);
                chunk.rows += 1;
            }
            Ok(())
        })?;
        Ok(chunk)
    }

    /// How many rows there are behind `after` and up to `last`, and their digest.
    pub(crate) fn seen(
        &self,
        table: &Table,
        after: Option<&Key>,
        last: Option<&Key>,
    ) -> Result<Seen> {
        let mut walked = Walked::new();
        let mut fields = Vec::new();
        self.read(table, after, last, |rows| {
            while let Some(row) = rows.next()? {
                fields.clear();
                put_row(&mut fields, table, row)?;
                walked.row(&fields);
            }
            Ok(())
        })?;
        Ok(walked.seen())
    }

    fn read(
        &self,
        table: &Table,
        after: Option<&Key>,
        last: Option<&Key>,
        read: impl FnOnce(&mut Rows<'_>) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "select {} from {} where {} order by {}",
            table.list(),
            quoted(&table.name),
            table.between('?', after, last),
            table.key_list()
        );
        let values: Vec<Value<'_>> = after.into_iter().chain(last).flat_map(Key::values).collect();
        let mut statement = self.conn.prepare_cached(&sql)?;
        read(&mut statement.query(params_from_iter(&values))?)
    }

    /// Writes down that a move is under way; gives back its name, which is `id` for a new one.
    pub(crate) fn mark_moving(&self, id: [u8; 16], to: &str) -> Result<[u8; 16]> {
        let path = self.folder.join(MOVING);
        let found = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(&path, error.to_string())),
        };
        let known = found.as_deref().and_then(|text| text.split_whitespace().next());
        let known = known.and_then(|word| u128::from_str_radix(word, 16).ok());
        let id = known.map_or(id, u128::to_be_bytes);
        write(&self.folder, MOVING, &format!("{:032x} {to}\n", u128::from_be_bytes(id)))?;
        Ok(id)
    }

    /// Closes the folder's rows for good.
    pub(crate) fn mark_moved(&self) -> Result<()> {
        let moving = fs::read_to_string(self.folder.join(MOVING)).unwrap_or_default();
        let to = moving.split_once(' ').map_or("", |(_, to)| to.trim());
        let text = format!(
            "{to}\nThat is where the rows of this folder were moved. gerai.db is not written any more, and \
             what it says is old. Remove this file only if nothing was ever served from there.\n"
        );
        write(&self.folder, MOVED, &text)
    }
}

fn put_row(fields: &mut Vec<u8>, table: &Table, row: &rusqlite::Row<'_>) -> Result<()> {
    for (place, column) in table.columns.iter().enumerate() {
        put_cell(fields, column.kind, row.get_ref(place)?)
            .map_err(|what| table.corrupt(format!("{}: {what}", column.name)))?;
    }
    Ok(())
}

/// A connection to a folder whose lock is ours, with the newest schema.
fn for_itself(place: &Place) -> Result<Connection> {
    let mut conn = open::connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch("pragma synchronous = full; pragma trusted_schema = off;")?;
    migrate::migrate(&mut conn, &place.shown())?;
    Ok(conn)
}

/// Writes a small file, whole and durably, readable for its owner only.
fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let partial = folder.join(format!("{name}.partial"));
    let written = || {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error: std::io::Error| cannot(&path, error.to_string()))
}

fn cannot(path: &Path, reason: String) -> StorageError {
    StorageError::Open { path: path.display().to_string(), reason }
}
