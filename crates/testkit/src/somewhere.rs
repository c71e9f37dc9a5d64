//! Where tests keep rows: in memory, or in a database of the tests' own server, where the tests' program is
//! called `postgres` or `GERAI_TEST_STORAGE=postgres` says so. So a program of tests that is built a second
//! time under that name proves on PostgreSQL what it proves on SQLite, and both run together.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};

use cluster::Database;
use storage::{
    Engine, Place,
    postgres::{MIGRATIONS, PostgresPlace},
};

/// A place of one test, gone with it.
#[derive(Debug)]
pub struct Somewhere {
    /// The place.
    pub place: Place,
    /// Dropped when nothing uses it any more.
    _database: Option<Database>,
}

impl Somewhere {
    /// An empty place that nobody else has.
    pub fn new() -> Self {
        if is_postgres() { Self::on_postgres() } else { Self::in_memory() }
    }

    /// In this process's memory.
    fn in_memory() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let no = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = Place::Memory(format!("shop-{}-{no}", std::process::id()));
        Self { place, _database: None }
    }

    /// On the server that all tests share, whatever the environment says.
    pub fn on_postgres() -> Self {
        let mut schema = DefaultHasher::new();
        for migration in MIGRATIONS {
            migration.sql.hash(&mut schema);
        }
        let database = Database::copied(&format!("storage_{:x}", schema.finish()), |url| {
            let writer = Engine::open(&postgres(url)).expect("a schema");
            writer.close().expect("it closes");
        });
        Self { place: postgres(&database.url()), _database: Some(database) }
    }
}

impl Default for Somewhere {
    fn default() -> Self {
        Self::new()
    }
}

/// The tests' server forgets what it was told when the machine loses power.
fn postgres(url: &str) -> Place {
    Place::Postgres(PostgresPlace::new(url).expect("a URL of ours").accepting_loss())
}

/// How many cases of a property are tried where SQLite tries so many: a tenth on PostgreSQL, where each
/// begins with a database of its own and every commit is a journey to another process.
pub fn cases(on_sqlite: u32) -> u32 {
    if is_postgres() { (on_sqlite / 10).max(3) } else { on_sqlite }
}

#[expect(clippy::disallowed_methods, reason = "which engine the tests of a run are about")]
fn is_postgres() -> bool {
    let program = std::env::current_exe().unwrap_or_default();
    let is_called = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("postgres-");
    program.file_name().is_some_and(is_called)
        || std::env::var("GERAI_TEST_STORAGE").is_ok_and(|engine| engine == "postgres")
}
