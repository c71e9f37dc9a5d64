//! PostgreSQL: the same rows and the same questions, in a server that may be elsewhere.
//!
//! What is asked and written is shared with SQLite (`crate::sql`); here is how it gets there and back.
//! Start reading at `connection.rs`: a connection that waits, prepares and pipelines. `turn.rs` says what
//! a turn of the pipeline is here, `sets.rs` how a batch is written and read by sets, `text.rs` what
//! little of a statement is written otherwise, `moment.rs` how tables larger than memory are walked
//! along. `connect.rs` makes a connection, `migrate.rs` brings the schema up to date.

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
mod tail;
mod target;
mod text;
mod tls;
pub(crate) mod turn;
mod url;
mod watch;
mod wire;

#[cfg(test)]
mod plans;

pub use migrations::{MIGRATIONS, Migration};
pub use place::{Deadlines, PostgresPlace};

pub(crate) use connection::Connection;
pub(crate) use moment::{Cursor, Moment, NextRow};
pub(crate) use sets::{Put, of_each};
pub(crate) use target::Target;
pub(crate) use watch::Watch;
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
