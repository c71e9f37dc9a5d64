//! What can go wrong with rows.

/// A row or file that cannot be read back as what it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table} {row}: {what}")]
pub struct Corrupt {
    /// The table.
    pub table: &'static str,
    /// The row's number, or what else names it.
    pub row: String,
    /// What is wrong.
    pub what: String,
}

/// Why storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The folder or file cannot be used.
    #[error("cannot open {path}: {reason}")]
    Open {
        /// The path.
        path: String,
        /// Why, in the system's words.
        reason: String,
    },
    /// A newer program made this database.
    #[error("{path} was made by a newer gerai (schema {found}, this one knows {known})")]
    NewerSchema {
        /// The path.
        path: String,
        /// The schema's number in the file.
        found: i64,
        /// The newest number this program knows.
        known: i64,
    },
    /// There is no database there, and it was to be read only.
    #[error("{0} holds no gerai database")]
    Missing(String),
    /// Another process holds the folder.
    #[error("{0} is in use by another gerai")]
    InUse(String),
    /// A row does not read back.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// A constraint of the schema was about to be broken: a bug, caught.
    #[error("constraint: {0}")]
    Constraint(String),
    /// Somebody else wrote first, or the engine could not put two turns in an order: nothing was
    /// written, and whoever loads and decides anew may succeed.
    #[error("another turn came first: {0}")]
    Conflict(String),
    /// The connection was lost while a turn was being committed: it may be durable or not, and has to be
    /// looked up before anybody is told.
    #[error("nobody said what became of a commit: {0}")]
    Unknown(String),
    /// The engine failed: disk full, input/output error.
    #[error("storage engine: {0}")]
    Engine(String),
}
