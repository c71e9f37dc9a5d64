//! PostgreSQL 15: the same rows, the same questions, for many nodes.
//!
//! What is asked and written is shared with SQLite (`crate::sql`); here is only how it gets there. Start
//! reading at `connection.rs`: a connection that waits, prepares and pipelines. `connect.rs` makes one,
//! `migrate.rs` brings its schema up to date.
//
// P1 and P2 agree on this (P2 writes connect.rs, place.rs, migrate.rs; P1 everything else here):
//
//   place.rs    `pub struct PostgresPlace` (Clone, PartialEq, Eq, Debug without secrets), with
//               `pub fn new(url: &str) -> Result<Self>` or what the configuration needs, and
//               `pub(crate) fn shown(&self) -> String` (what errors call it, no password).
//               A test needs a schema of its own: the place carries an optional schema name
//               (`with_schema(self, &str)`), which connect.rs sets as `search_path`.
//   connect.rs  `pub(super) async fn connect(place: &PostgresPlace) -> Result<tokio_postgres::Client>`
//               It is run on a tokio runtime of ours (`io.rs`), so timers and `tokio::spawn` work: it
//               spawns the connection's task itself (TLS or not, several hosts ...), sets the session up
//               (search_path, synchronous_commit checked, statement/lock timeouts, time zone), and
//               returns the client.
//   migrate.rs  `pub(super) async fn migrate(client: &mut Client, shown: &str) -> Result<()>`
//               `pub(super) async fn check(client: &Client, shown: &str) -> Result<()>` (as SQLite's)
//               `pub(super) async fn differences(client: &Client) -> Result<Vec<(String, &'static str)>>`
//               They are polled outside any tokio runtime: no tokio timers and no `spawn` in them.
//
//   Schema: every integer column `bigint` (booleans and states too), blobs `bytea`, texts
//   `text collate "C"` (so that orders are the same on both engines). Names of tables, columns, indexes
//   as in SQLite. Unique constraints and checks likewise. `idempotency` keeps its `no` (identity).
//   An error of an append-only trigger should be raised with a message that contains 'append-only',
//   sqlstate class 23 (e.g. `using errcode = 'integrity_constraint_violation'`), so that it becomes
//   `StorageError::Constraint`.
//   Errors: `impl From<tokio_postgres::Error> for StorageError` is in fault.rs (P1).

mod connect;
mod connection;
mod fault;
mod io;
mod migrate;
mod migrations;
mod moment;
mod place;
mod schema;
mod session;
mod sets;
mod text;
mod tls;
pub(crate) mod turn;
mod url;
mod wire;

#[cfg(test)]
mod plans;

pub use migrations::{MIGRATIONS, Migration};
pub use place::{Deadlines, PostgresPlace};

pub(crate) use connection::Connection;
pub(crate) use moment::{Cursor, Moment, NextRow};
pub(crate) use sets::{Put, of_each};
pub(crate) use wire::cell;

/// Brings the schema of a database to the newest.
pub(crate) fn migrate(place: &PostgresPlace) -> Result<crate::Migrated> {
    let place = place.clone();
    io::run(async move {
        let mut client = connect::connect(&place).await?;
        migrate::migrate(&mut client, &place.shown()).await
    })
}

/// What everything in this folder returns.
type Result<T> = std::result::Result<T, crate::StorageError>;
