//! One writer per place.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::Result;
use crate::StorageError;

/// Names of places in memory that have a writer. They live and die with the process, so no file can
/// hold their lock.
static HELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The right to write, given back when dropped. The system gives it back too when the process dies,
/// so no stale lock can remain.
#[derive(Debug)]
pub(crate) enum Lock {
    /// Of a folder.
    File { _held: File },
    /// Of a place in memory.
    Name(String),
}

impl Lock {
    /// Of the folder at `folder`, which exists.
    pub(crate) fn folder(folder: &Path) -> Result<Self> {
        let (file, failed) = Self::open(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self::File { _held: file }),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse(folder.display().to_string())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The same; waits for whoever has it.
    pub(super) fn folder_when_free(folder: &Path) -> Result<Self> {
        let (file, failed) = Self::open(folder)?;
        file.lock().map_err(failed)?;
        Ok(Self::File { _held: file })
    }

    fn open(folder: &Path) -> Result<(File, impl Fn(std::io::Error) -> StorageError)> {
        let path = folder.join("gerai.lock");
        let shown = path.display().to_string();
        let failed = move |error: std::io::Error| StorageError::Open {
            path: shown.clone(),
            reason: error.to_string(),
        };
        // Never truncated: whoever holds it may have written who it is.
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(&failed)?;
        Ok((file, failed))
    }

    /// Of the place in memory called `name`.
    pub(super) fn name(name: &str) -> Result<Self> {
        if HELD.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned()) {
            Ok(Self::Name(name.to_owned()))
        } else {
            Err(StorageError::InUse(name.to_owned()))
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        match self {
            Self::File { .. } => {}
            Self::Name(name) => {
                HELD.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
            }
        }
    }
}
