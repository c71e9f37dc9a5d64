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
