//! What the engine's errors mean to us.

use rusqlite::ErrorCode;

use crate::{Corrupt, StorageError};

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(Corrupt {
                table: "database",
                row: "file".to_owned(),
                what: error.to_string(),
            }),
            // Everything else is the disk, the memory or a bug of ours: nothing a caller can mend.
            Some(_) | None => Self::Engine(error.to_string()),
        }
    }
}

/// A rule of the schema that is checked here, because no constraint can say it.
pub(super) fn broken(what: impl Into<String>) -> StorageError {
    StorageError::Constraint(what.into())
}

/// A number that is unsigned in memory, as the engine's signed one.
pub(super) fn signed(number: u64) -> super::Result<i64> {
    i64::try_from(number).map_err(|_| broken(format!("{number} does not fit a column")))
}
