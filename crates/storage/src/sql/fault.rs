//! Rules that are checked here, because no constraint can say them.

use crate::StorageError;

/// A rule of the schema that is checked here, because no constraint can say it.
pub(super) fn broken(what: impl Into<String>) -> StorageError {
    StorageError::Constraint(what.into())
}

/// A number that is unsigned in memory, as the engines' signed one.
pub(super) fn signed(number: u64) -> super::Result<i64> {
    i64::try_from(number).map_err(|_| broken(format!("{number} does not fit a column")))
}
