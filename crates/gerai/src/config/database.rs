//! Where rows are: in SQLite, or in PostgreSQL, and how that is spoken to.

use std::path::PathBuf;

use gateway::directory::Secret;
use storage::{
    StorageError,
    postgres::{Deadlines, PostgresPlace},
};

use super::{
    ConfigError,
    check::{between, path},
    file,
};

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    /// Connections kept open for reading.
    pub(crate) readers_max: usize,
    /// Whether open payments are kept in memory.
    pub(crate) cache_open: bool,
    /// The password, where it does not stand in the URL.
    pub(super) password: Option<Secret>,
    /// The file with it.
    pub(super) password_file: Option<PathBuf>,
    /// PostgreSQL, as the URL says; none: SQLite, in the data folder.
    url: Option<PostgresPlace>,
    deadlines: Deadlines,
    accepts_loss: bool,
}

impl Storage {
    /// PostgreSQL, with everything that is said of it.
    pub(super) fn postgres(&self) -> Option<PostgresPlace> {
        let mut place = self.url.clone()?.with_deadlines(self.deadlines);
        if let Some(password) = &self.password {
            place = place.with_password(password.expose());
        }
        Some(if self.accepts_loss { place.accepting_loss() } else { place })
    }

    /// Another URL; `key` is what errors call it.
    pub(super) fn set_url(&mut self, key: &str, url: &str) -> Result<(), ConfigError> {
        let place = PostgresPlace::new(url).map_err(|error| match error {
            StorageError::Open { reason, .. } => ConfigError::value(key, reason),
            other => ConfigError::value(key, other),
        })?;
        self.url = Some(place);
        Ok(())
    }

    /// Reads the password's file. What the environment says wins over it, and both over the URL.
    pub(super) fn read_password(&mut self) -> Result<(), ConfigError> {
        if self.password.is_some() || self.url.is_none() {
            return Ok(());
        }
        let Some(path) = &self.password_file else {
            return Ok(());
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError::value("storage.password_file", format!("{}: {error}", path.display()))
        })?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            let why = format!("{} is empty", path.display());
            return Err(ConfigError::value("storage.password_file", why));
        }
        self.password = Some(Secret::new(password));
        Ok(())
    }
}

/// What the file says of storage.
pub(super) fn check(file: file::Storage) -> Result<Storage, ConfigError> {
    let mut storage = Storage {
        readers_max: between("storage.readers_max", file.readers_max, 1, 256)?,
        cache_open: file.cache_open,
        password: None,
        password_file: path(file.password_file),
        url: None,
        deadlines: Deadlines {
            statement: file.statement_timeout.duration(),
            lock: file.lock_timeout.duration(),
            idle_in_transaction: file.idle_timeout.duration(),
        },
        accepts_loss: file.accept_loss,
    };
    if !file.url.is_empty() {
        storage.set_url("storage.url", &file.url)?;
    }
    Ok(storage)
}
