//! The schema: which number a database has, and how it gets the newest.
//!
//! Nodes of one release may start together: whoever comes first migrates, under a lock, and the others
//! wait for it and find nothing to do. Nodes of two releases may run side by side: a migration says
//! which older programs go on working with what it leaves (`works_for`), and those still start.

use std::fmt::Write as _;

use tokio_postgres::{Client, SimpleQueryMessage, error::SqlState};

use super::{
    Result,
    connect::told,
    migrations::{MIGRATIONS, Migration},
};
use crate::{Migrated, StorageError};

pub(super) use super::schema::differences;

/// The newest schema this program knows.
const SCHEMA: i64 = super::migrations::SCHEMA;

/// What the lock of the one who migrates is called in a database, beside its schema's name.
const LOCK: i32 = 0x4745_524d;
/// How long a node waits for another that migrates.
const OTHERS_WAIT: &str = "10min";
/// How long a change of a table waits for those who use it. Whoever comes after it waits behind it, so
/// it rather gives up and tries again.
const TABLE_WAIT: &str = "5s";
/// How often.
const TRIES_MAX: usize = 12;

/// One row for each migration that was carried out. Its name is what tells our databases from others'.
const RECORD: &str = "create table gerai_migration (\
    no bigint primary key, \
    name text not null, \
    checksum bytea not null, \
    works_for bigint not null, \
    applied_at bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint)";

/// What a database says of itself.
enum Found {
    /// Nothing is in it.
    Empty,
    /// Its schema has this number, and this program may work with it.
    Schema(i64),
}

/// Brings the database to the newest schema, all steps in one commit.
pub(super) async fn migrate(client: &mut Client, shown: &str) -> Result<Migrated> {
    let mut tries = 0;
    loop {
        tries += 1;
        // Nearly every start finds nothing to do, and takes no lock for it.
        if let Found::Schema(no) = found(client, shown).await?
            && no >= SCHEMA
        {
            return Ok(Migrated { from: no, to: no });
        }
        match steps(client, shown).await {
            Err(Stopped::TablesInUse) if tries < TRIES_MAX => {}
            Err(Stopped::TablesInUse) => {
                return Err(refused(
                    shown,
                    "its tables are in use by a long transaction, so that the schema cannot be changed; \
                     end it and start again",
                ));
            }
            Err(Stopped::For(error)) => return Err(error),
            Ok(migrated) => return Ok(migrated),
        }
    }
}

/// Why the steps did not go through.
enum Stopped {
    /// A table was not let go of in time.
    TablesInUse,
    /// For good.
    For(StorageError),
}

impl From<StorageError> for Stopped {
    fn from(error: StorageError) -> Self {
        Self::For(error)
    }
}

async fn steps(client: &mut Client, shown: &str) -> std::result::Result<Migrated, Stopped> {
    let failed = |error: &tokio_postgres::Error| Stopped::For(cannot(shown, error));
    let tx = client.transaction().await.map_err(|error| failed(&error))?;
    // The lock is of this schema, and ends with the transaction, however that ends.
    tx.batch_execute(&format!(
        "set local statement_timeout = 0; set local lock_timeout = '{OTHERS_WAIT}'; \
         set local idle_in_transaction_session_timeout = 0; \
         select pg_advisory_xact_lock({LOCK}, hashtext(current_schema())); \
         set local lock_timeout = '{TABLE_WAIT}'"
    ))
    .await
    .map_err(|error| {
        if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
            Stopped::For(refused(
                shown,
                "another gerai has been changing its schema for ten minutes",
            ))
        } else {
            failed(&error)
        }
    })?;
    let from = match found(tx.client(), shown).await? {
        Found::Empty => {
            tx.batch_execute(RECORD).await.map_err(|error| failed(&error))?;
            0
        }
        Found::Schema(no) => no,
    };
    for migration in MIGRATIONS.iter().filter(|migration| migration.no > from) {
        carry_out(&tx, migration).await.map_err(|error| {
            if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) {
                Stopped::TablesInUse
            } else {
                let Migration { no, name, .. } = migration;
                let why = format!("migration {no} ({name}): {}", told(&error));
                Stopped::For(refused(shown, why))
            }
        })?;
    }
    tx.commit().await.map_err(|error| failed(&error))?;
    Ok(Migrated { from, to: from.max(SCHEMA) })
}

async fn carry_out(
    tx: &tokio_postgres::Transaction<'_>,
    migration: &Migration,
) -> std::result::Result<(), tokio_postgres::Error> {
    tx.batch_execute(migration.sql).await?;
    let Migration { no, name, works_for, sql } = migration;
    let record = "insert into gerai_migration (no, name, checksum, works_for) \
        values ($1, $2, sha256(convert_to($3, 'UTF8')), $4)";
    tx.execute(record, &[no, name, sql, works_for]).await?;
    Ok(())
}

/// Whether the database can be read as it is.
pub(super) async fn check(client: &Client, shown: &str) -> Result<()> {
    match found(client, shown).await? {
        Found::Empty => Err(StorageError::Missing(shown.to_owned())),
        Found::Schema(older) if older < SCHEMA => Err(refused(
            shown,
            format!(
                "its schema {older} is older than {SCHEMA}; `gerai migrate` or starting the server \
                 upgrades it"
            ),
        )),
        Found::Schema(_) => Ok(()),
    }
}

/// Whether rows are being moved there (`target.rs`).
pub(super) async fn is_target(client: &Client) -> Result<bool> {
    let sql = "select to_regclass(quote_ident(current_schema()) || '.gerai_move') is not null";
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}

/// What is in the first schema of the search path.
async fn found(client: &Client, shown: &str) -> Result<Found> {
    let failed = |error: &tokio_postgres::Error| cannot(shown, error);
    let asked = "select current_schema()::text, \
        to_regclass(quote_ident(current_schema()) || '.gerai_migration') is not null, \
        exists (select from pg_class where relnamespace = current_schema()::regnamespace \
            and relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not exists (select from pg_depend \
                where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')), \
        to_regclass(quote_ident(current_schema()) || '.gerai_move') is not null";
    let row = client.query_one(asked, &[]).await.map_err(|error| failed(&error))?;
    let (schema, is_ours, is_used): (String, bool, bool) = (row.get(0), row.get(1), row.get(2));
    if row.get(3) {
        return Err(refused(
            shown,
            "rows are being moved there, and not all have come: run `gerai move` again to its end",
        ));
    }
    if !is_ours {
        return if is_used {
            Err(refused(shown, format!("the schema {schema} holds another program's tables")))
        } else {
            Ok(Found::Empty)
        };
    }
    recorded(client, shown).await
}

/// What the record says, compared with what this program knows.
async fn recorded(client: &Client, shown: &str) -> Result<Found> {
    let mut known = String::new();
    for Migration { no, name, sql, .. } in &MIGRATIONS {
        // The texts are ours; the quotes are told from the text by a tag that is in none.
        let comma = if known.is_empty() { "" } else { "," };
        let _ = write!(
            known,
            "{comma}({no}, '{name}', sha256(convert_to($gerai${sql}$gerai$, 'UTF8')))"
        );
    }
    let sql = format!(
        "select (select coalesce(max(no), 0) from gerai_migration), \
            (select coalesce(max(works_for), 0) from gerai_migration where no > {SCHEMA}), \
            (select string_agg(done.no || ' (' || done.name || ')', ', ' order by done.no) \
                from gerai_migration done join (values {known}) known (no, name, checksum) \
                on known.no = done.no \
                where known.checksum <> done.checksum or known.name <> done.name)"
    );
    let messages = client.simple_query(&sql).await.map_err(|error| cannot(shown, &error))?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |column: usize| row.and_then(|row| row.try_get(column).ok().flatten());
    let number =
        |column: usize| text(column).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    if let Some(changed) = text(2) {
        return Err(refused(
            shown,
            format!("it was made by other texts of the migrations {changed}"),
        ));
    }
    let (newest, works_for) = (number(0), number(1));
    if newest > SCHEMA && works_for > SCHEMA {
        let path = shown.to_owned();
        return Err(StorageError::NewerSchema { path, found: newest, known: SCHEMA });
    }
    Ok(Found::Schema(newest))
}

fn refused(shown: &str, reason: impl Into<String>) -> StorageError {
    StorageError::Open { path: shown.to_owned(), reason: reason.into() }
}

fn cannot(shown: &str, error: &tokio_postgres::Error) -> StorageError {
    refused(shown, told(error))
}
