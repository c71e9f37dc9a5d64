//! What the server's errors mean to us.

use tokio_postgres::error::SqlState;

use crate::StorageError;

impl From<tokio_postgres::Error> for StorageError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            // The connection broke, or one of us does not speak as the other expects.
            return Self::Engine(chain(&error));
        };
        let text = match (db.constraint(), db.detail()) {
            (Some(constraint), _) => format!("{} ({constraint})", db.message()),
            (None, Some(detail)) => format!("{}: {detail}", db.message()),
            (None, None) => db.message().to_owned(),
        };
        let state = db.code();
        // What two turns do to each other; one of them may begin anew.
        let is_conflict = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        if is_conflict.contains(state) {
            return Self::Conflict(text);
        }
        // What is wrong with the data, and will be so however often it is tried: a constraint, a text with
        // a zero byte, a number or a row that is too large.
        if ["22", "23", "54"].iter().any(|class| state.code().starts_with(class)) {
            return Self::Constraint(text);
        }
        Self::Engine(format!("{text} ({})", state.code()))
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Whether a unique constraint was broken.
pub(super) fn is_unique(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Whether the server said, of a transaction that was to be committed, that it was not: a conflict, or a
/// constraint that is looked at last. Whatever else it says, or whoever else says it, leaves it open.
pub(super) fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .is_some_and(|state| ["23", "40"].iter().any(|class| state.code().starts_with(class)))
}
