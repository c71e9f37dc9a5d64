//! Where the suite gets its storage from: a database for each case.

use std::hash::{DefaultHasher, Hash, Hasher};

use cluster::Database;
pub(super) use storage::Writer;
use storage::postgres::{MIGRATIONS, PostgresPlace};
use storage::{Engine, Place};

/// An empty place.
pub(super) fn empty() -> Bench {
    let mut schema = DefaultHasher::new();
    for migration in MIGRATIONS {
        migration.sql.hash(&mut schema);
    }
    let template = format!("storage_{:x}", schema.finish());
    let database = Database::copied(&template, |url| {
        Engine::open(&place(url)).unwrap().close().unwrap();
    });
    let place = place(&database.url());
    Bench { writer: Engine::open(&place).unwrap(), place, database }
}

fn place(url: &str) -> Place {
    // The tests' server forgets what it was told when the machine loses power.
    Place::Postgres(PostgresPlace::new(url).unwrap().accepting_loss())
}

/// A writer, and the database that it writes to.
pub(super) struct Bench {
    // Dropped in this order.
    pub(super) writer: Writer,
    pub(super) place: Place,
    pub(super) database: Database,
}

/// Runs a case.
pub(super) fn everywhere(_: &str, case: impl Fn(&mut Writer)) {
    case(&mut empty().writer);
}
