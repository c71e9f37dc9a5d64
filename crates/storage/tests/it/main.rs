//! What every engine must do with rows, and what only one of them does.
#![expect(clippy::duplicate_mod, reason = "the suite is compiled once for each engine")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

/// The suite on SQLite. Another engine gets another module of this kind, with a bench of its own.
mod sqlite {
    mod bench;
    #[path = "../cases/mod.rs"]
    mod cases;
    mod own;
}

/// The suite on PostgreSQL.
mod postgres {
    mod bench;
    #[path = "../cases/mod.rs"]
    mod cases;
    mod connecting;
    mod opening;
    mod own;
    mod schema;
}

mod moving;
mod rows;
