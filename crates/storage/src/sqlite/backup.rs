//! A copy of the database, taken while a server may be writing.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::Result;
use crate::{Reader, StorageError, sql::Conn};

impl Reader {
    /// Copies the database as of one moment to a new file at `path`.
    ///
    /// The file appears under its name when it is whole and on the disk. Commits go on meanwhile;
    /// the log beside the database cannot shrink until the copy is done.
    pub fn backup_to(&self, path: &Path) -> Result<()> {
        let Conn::Sqlite(from) = &self.conn else {
            let reason = "a PostgreSQL database is copied by pg_dump or pg_basebackup";
            return Err(cannot(path, reason));
        };
        if path.exists() {
            return Err(cannot(path, "it is there already"));
        }
        let partial = partial(path);
        new_file(&partial).map_err(|error| cannot(&partial, error.to_string()))?;
        let copied = copy(from, &partial).and_then(|()| publish(&partial, path));
        if copied.is_err() {
            // Half a copy is of no use; that it cannot be removed either is the lesser news.
            drop(std::fs::remove_file(&partial));
        }
        copied
    }
}

fn copy(from: &Connection, partial: &Path) -> Result<()> {
    let mut to = Connection::open(partial)?;
    to.execute_batch("pragma synchronous = full; pragma journal_mode = off;")?;
    let backup = Backup::new(from, &mut to)?;
    // All pages in one step, because a copy in several begins anew at every commit in between.
    let step = backup.step(-1)?;
    drop(backup);
    if step != StepResult::Done {
        return Err(StorageError::Engine("the copy did not finish".to_owned()));
    }
    to.close().map_err(|(_, error)| error.into())
}

fn cannot(path: &Path, reason: impl Into<String>) -> StorageError {
    StorageError::Open { path: path.display().to_string(), reason: reason.into() }
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Makes the file, readable by its owner only. One that is there belongs to another copy.
fn new_file(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Gives the whole copy its name.
fn publish(partial: &Path, path: &Path) -> Result<()> {
    let publish = || {
        File::open(partial)?.sync_all()?;
        std::fs::rename(partial, path)?;
        // The name is durable when the folder that holds it is.
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            Some(_) | None => File::open(".")?.sync_all(),
        }
    };
    publish().map_err(|error: std::io::Error| cannot(path, error.to_string()))
}
