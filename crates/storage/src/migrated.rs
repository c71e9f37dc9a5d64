//! Bringing a schema up to date without serving.

use crate::{
    Place, StorageError,
    postgres::{self, MIGRATIONS},
    sqlite,
};

/// What was there, and what is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The schema's number before; 0: nothing was there.
    pub from: i64,
    /// And after.
    pub to: i64,
}

impl Migrated {
    /// The names of the steps that were carried out, in their order.
    pub fn steps(&self) -> impl Iterator<Item = &'static str> {
        let Self { from, to } = *self;
        let done = MIGRATIONS.iter().filter(move |step| step.no > from && step.no <= to);
        done.map(|step| step.name)
    }
}

/// Brings the schema of a place to the newest, and makes the place where it is not there. On PostgreSQL
/// nodes may be running meanwhile, on SQLite nobody may.
pub fn migrate(place: &Place) -> Result<Migrated, StorageError> {
    match place {
        Place::Folder(_) | Place::Memory(_) => {
            let from = sqlite::schema_found(place)?;
            let (conn, lock) = sqlite::open(place)?;
            sqlite::close(conn)?;
            drop(lock);
            Ok(Migrated { from, to: sqlite::SCHEMA })
        }
        Place::Postgres(place) => postgres::migrate(place),
    }
}
