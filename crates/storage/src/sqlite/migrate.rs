//! The schema: which number a database has, and how it gets the newest.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior};

use super::Result;
use crate::StorageError;

/// What each number added, in order; the first makes number 1 out of an empty database. An entry
/// that was released is never changed.
const MIGRATIONS: [&str; 14] = [
    include_str!("../../migrations/sqlite/0001_first.sql"),
    include_str!("../../migrations/sqlite/0002_external_ids.sql"),
    include_str!("../../migrations/sqlite/0003_proposals.sql"),
    include_str!("../../migrations/sqlite/0004_books.sql"),
    include_str!("../../migrations/sqlite/0005_siblings.sql"),
    include_str!("../../migrations/sqlite/0006_chain_roots.sql"),
    include_str!("../../migrations/sqlite/0007_file_lines.sql"),
    include_str!("../../migrations/sqlite/0008_refund_codes.sql"),
    include_str!("../../migrations/sqlite/0009_differences.sql"),
    include_str!("../../migrations/sqlite/0010_own_events.sql"),
    include_str!("../../migrations/sqlite/0011_deliveries.sql"),
    include_str!("../../migrations/sqlite/0012_checkouts.sql"),
    include_str!("../../migrations/sqlite/0013_bills.sql"),
    include_str!("../../migrations/sqlite/0014_nodes.sql"),
];

/// The newest schema this program knows.
pub const SCHEMA: i64 = 14;
const _: () = assert!(MIGRATIONS.len() == 14, "SCHEMA counts the migrations");

/// `GERA`, so that `file` and we ourselves recognise the database.
const APPLICATION_ID: i64 = 0x4745_5241;

fn number(conn: &Connection, pragma: &str) -> Result<i64> {
    Ok(conn.query_row(&format!("pragma {pragma}"), (), |row| row.get(0))?)
}

fn refused(path: &str, reason: impl Into<String>) -> StorageError {
    StorageError::Open { path: path.to_owned(), reason: reason.into() }
}

/// The number of the schema at `path`; none for an empty file.
pub(super) fn schema(conn: &Connection, path: &str) -> Result<Option<i64>> {
    let (id, found) = (number(conn, "application_id")?, number(conn, "user_version")?);
    if found > SCHEMA && id == APPLICATION_ID {
        return Err(StorageError::NewerSchema { path: path.to_owned(), found, known: SCHEMA });
    }
    if id == APPLICATION_ID && found > 0 {
        return Ok(Some(found));
    }
    let tables: i64 = conn.query_row("select count(*) from sqlite_schema", (), |row| row.get(0))?;
    if id == 0 && found == 0 && tables == 0 {
        Ok(None)
    } else {
        Err(refused(path, "another program's database"))
    }
}

/// Brings the database to the newest schema, all steps in one commit.
pub(super) fn migrate(conn: &mut Connection, path: &str) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = schema(&tx, path)?.unwrap_or(0);
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for step in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(step)?;
    }
    if found < SCHEMA {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", SCHEMA)?;
    }
    tx.commit()?;
    Ok(())
}

/// Whether the database can be read as it is.
pub(super) fn check(conn: &Connection, path: &str) -> Result<()> {
    match schema(conn, path)? {
        Some(SCHEMA) => Ok(()),
        Some(older) => Err(refused(
            path,
            format!("its schema {older} is older than {SCHEMA}; starting the server upgrades it"),
        )),
        None => Err(StorageError::Missing(path.to_owned())),
    }
}

/// What a database's schema has more, less or otherwise than one that was made by this program:
/// its tables, indexes and triggers by kind and name, and what is wrong with each.
pub(crate) fn differences(conn: &Connection) -> Result<Vec<(String, &'static str)>> {
    let mut made = Connection::open_in_memory()?;
    migrate(&mut made, "memory")?;
    let (should, is) = (parts(&made)?, parts(conn)?);
    let mut found = Vec::new();
    for (name, sql) in &should {
        match is.get(name) {
            None => found.push((name.clone(), "it is missing")),
            Some(other) if other != sql => found.push((name.clone(), "it was changed")),
            Some(_) => {}
        }
    }
    let more = is.into_keys().filter(|name| !should.contains_key(name));
    found.extend(more.map(|name| (name, "it is not ours")));
    Ok(found)
}

/// Every part of a schema, and how it was made. What the engine keeps for itself is left out.
fn parts(conn: &Connection) -> Result<BTreeMap<String, Option<String>>> {
    let sql = "select type || ' ' || name, sql from sqlite_schema \
        where name not like 'sqlite~_%' escape '~'";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
