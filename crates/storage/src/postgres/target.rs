//! A database that rows are moved to: filled by `copy`, with a record of every part in the same commit.
//!
//! Three tables of its own say that a move is under way, which parts are there, and what is to be put back
//! at the end; with them the schema is not whole, and nobody but the move may open it (`migrate.rs`
//! looks).

use std::{collections::BTreeSet, fmt, pin::pin};

use tokio_postgres::{
    Client,
    binary_copy::BinaryCopyInWriter,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::{
    PostgresPlace, Result,
    connect::connect,
    connection::{Connection, lock, parameter},
    io, migrate,
    wire::scalar,
};
use crate::{
    Reader, StorageError,
    moving::{Chunk, Column, Key, NOT_MOVED, Part, Print, Seen, Table, quoted},
    sql::{Conn, Kind},
};

/// What a move keeps in its target.
const BEGIN: &str = "\
    create table gerai_move (id bytea primary key, source text not null); \
    create table gerai_move_part (name text, last bytea, rows bigint not null, print bytea not null, \
        primary key (name, last)); \
    create table gerai_move_undone (no bigint generated always as identity, sql text not null)";
const FINISH: &str = "drop table gerai_move, gerai_move_part, gerai_move_undone";

/// The foreign keys there are, and the statement that makes each again.
const FOREIGN_KEYS: &str = "\
    select format('alter table %I drop constraint %I', relname, conname), \
        format('alter table %I add constraint %I %s', relname, conname, pg_get_constraintdef(c.oid)) \
    from pg_constraint c join pg_class t on t.oid = conrelid \
    where contype = 'f' and connamespace = current_schema()::regnamespace order by conname";

/// Columns that count by themselves.
const COUNTERS: &str = "\
    select relname::text, attname::text from pg_class join pg_attribute on attrelid = pg_class.oid \
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and attnum > 0 \
        and attidentity <> '' and not attisdropped and relname not like 'gerai~_%' escape '~'";

/// Every column of ours.
const COLUMNS: &str = "\
    select relname::text, attname::text, format_type(atttypid, atttypmod) \
    from pg_class join pg_attribute on attrelid = pg_class.oid \
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and attnum > 0 \
        and not attisdropped and relname not like 'gerai~_%' escape '~'";

/// The target of a move.
pub(crate) struct Target {
    client: Client,
    place: PostgresPlace,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.place).finish()
    }
}

impl Target {
    /// Opens an empty database, if `may_begin`, or one that the move `id` has begun to fill. Nobody else may
    /// open it then.
    pub(crate) fn open(
        place: &PostgresPlace,
        id: &[u8; 16],
        source: &str,
        tables: &[Table],
        may_begin: Result<()>,
    ) -> Result<Self> {
        let patient = place.clone();
        let (client, is_begun) = io::run(async move {
            let mut client = connect(&patient).await?;
            if !lock(&client).await? {
                return Err(StorageError::InUse(patient.shown()));
            }
            let is_begun = migrate::is_target(&client).await?;
            if !is_begun {
                may_begin?;
                migrate::migrate(&mut client, &patient.shown()).await?;
            }
            // A part may take as long as it takes.
            let patience = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0";
            client.batch_execute(patience).await?;
            Ok((client, is_begun))
        })?;
        let target = Self { client, place: place.clone() };
        target.has_the_columns_of(tables)?;
        if is_begun {
            target.go_on(id, tables)?;
        } else {
            target.begin(id, source, tables)?;
        }
        Ok(target)
    }

    fn go_on(&self, id: &[u8; 16], tables: &[Table]) -> Result<()> {
        let row = io::wait(self.client.query_one("select id, source from gerai_move", &[]))?;
        let (found, source): (&[u8], &str) = (row.try_get(0)?, row.try_get(1)?);
        if found != id {
            return Err(self.cannot(&format!(
                "a move from {source} has begun to fill it, and that is another one"
            )));
        }
        self.in_one(|| self.loosen(tables))
    }

    fn begin(&self, id: &[u8; 16], source: &str, tables: &[Table]) -> Result<()> {
        let names = tables.iter().map(|table| table.name.as_str()).chain(["node"]);
        for name in names {
            let sql = format!("select 1 from {} limit 1", quoted(name));
            if io::wait(self.client.query_opt(&sql, &[]))?.is_some() {
                return Err(self.cannot(&format!(
                    "it is not empty (there are rows in {name}): rows are moved to a database of their own"
                )));
            }
        }
        self.in_one(|| {
            self.run(BEGIN)?;
            let sql = "insert into gerai_move (id, source) values ($1, $2)";
            io::wait(self.client.execute(sql, &[&id.as_slice(), &source]))?;
            self.loosen(tables)
        })
    }

    /// Without foreign keys and triggers: parts come in no order of theirs. What is undone already stays
    /// so.
    fn loosen(&self, tables: &[Table]) -> Result<()> {
        for row in io::wait(self.client.query(FOREIGN_KEYS, &[]))? {
            let (drop, add): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            self.run(drop)?;
            let sql = "insert into gerai_move_undone (sql) values ($1)";
            io::wait(self.client.execute(sql, &[&add]))?;
        }
        self.triggers(tables, "disable")
    }

    /// Puts back what [`Self::loosen`] took away, sets counters behind their rows, and lets the planner
    /// look at the tables.
    pub(crate) fn tighten(&self, tables: &[Table]) -> Result<()> {
        self.in_one(|| {
            let sql = "delete from gerai_move_undone returning sql";
            for row in io::wait(self.client.query(sql, &[]))? {
                self.run(row.try_get(0)?)?;
            }
            for row in io::wait(self.client.query(COUNTERS, &[]))? {
                let (table, column): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
                let (name, place) = (quoted(table), quoted(column));
                let sql = format!(
                    "select setval(pg_get_serial_sequence($1, $2), \
                        (select coalesce(max({place}), 0) + 1 from {name}), false)"
                );
                io::wait(self.client.query(&sql, &[&name, &column]))?;
            }
            self.triggers(tables, "enable")
        })?;
        for table in tables {
            self.run(&format!("analyze {}", quoted(&table.name)))?;
        }
        Ok(())
    }

    fn triggers(&self, tables: &[Table], verb: &str) -> Result<()> {
        for table in tables {
            self.run(&format!("alter table {} {verb} trigger user", quoted(&table.name)))?;
        }
        Ok(())
    }

    /// The parts of a table that are there, in the order of their keys.
    pub(crate) fn parts(&self, table: &Table) -> Result<Vec<Part>> {
        let sql = "select last, rows, print from gerai_move_part where name = $1";
        let rows = io::wait(self.client.query(sql, &[&table.name]))?;
        let mut parts = Vec::with_capacity(rows.len());
        for row in &rows {
            let last = table.key_from(row.try_get(0)?)?;
            let print: &[u8] = row.try_get(2)?;
            let print =
                Print::try_from(print).map_err(|_| table.corrupt("a digest is too short"))?;
            let rows = u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or_default();
            parts.push(Part { last, seen: Seen { rows, print } });
        }
        parts.sort_unstable_by(|a, b| a.last.cmp(&b.last));
        Ok(parts)
    }

    /// Writes everything that `write` does, or nothing.
    pub(crate) fn in_one<T>(&self, write: impl FnOnce() -> Result<T>) -> Result<T> {
        self.run("begin")?;
        match write() {
            Ok(done) => self.run("commit").map(|()| done),
            Err(error) => {
                // Where even that fails, the connection is broken, and the server does it.
                drop(self.run("rollback"));
                Err(error)
            }
        }
    }

    /// Takes a part away, with what is said of it.
    pub(crate) fn remove(&self, table: &Table, after: Option<&Key>, last: &Key) -> Result<()> {
        let condition = table.between('$', after, Some(last));
        let sql = format!("delete from {} where {condition}", quoted(&table.name));
        let values: Vec<_> = after.into_iter().chain([last]).flat_map(Key::values).collect();
        let params: Vec<_> = values.iter().map(parameter).collect();
        io::wait(self.client.execute(&sql, &params))?;
        let sql = "delete from gerai_move_part where name = $1 and last = $2";
        io::wait(self.client.execute(sql, &[&table.name, &last.to_bytes()]))?;
        Ok(())
    }

    /// Brings a part, and writes down that it is there.
    pub(crate) fn put(&self, table: &Table, chunk: &Chunk, part: &Part) -> Result<()> {
        let sql =
            format!("copy {} ({}) from stdin (format binary)", quoted(&table.name), table.list());
        let types: Vec<Type> = table.columns.iter().map(|column| scalar(column.kind)).collect();
        io::wait(async {
            let sink = self.client.copy_in(&sql).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            let mut fields = chunk.each_field();
            for _ in 0..chunk.rows {
                let row: Vec<_> = fields.by_ref().take(types.len()).map(Field).collect();
                writer.as_mut().write_raw(row.iter().map(parameter)).await?;
            }
            writer.finish().await
        })?;
        let rows = i64::try_from(part.seen.rows).unwrap_or(i64::MAX);
        let sql = "insert into gerai_move_part (name, last, rows, print) values ($1, $2, $3, $4)";
        let (last, print) = (part.last.to_bytes(), part.seen.print.as_slice());
        io::wait(self.client.execute(sql, &[&table.name, &last, &rows, &print]))?;
        Ok(())
    }

    /// How many rows there are behind `after` and up to `last`, and their digest, by the server.
    pub(crate) fn seen(&self, table: &Table, after: Option<&Key>, last: &Key) -> Result<Seen> {
        let fields: Vec<_> = table.columns.iter().map(field).collect();
        let sql = format!(
            "select count(*), sha256(coalesce(string_agg({}, ''::bytea order by {}), ''::bytea)) \
             from {} where {}",
            fields.join(" || "),
            table.key_list(),
            quoted(&table.name),
            table.between('$', after, Some(last))
        );
        let values: Vec<_> = after.into_iter().chain([last]).flat_map(Key::values).collect();
        let params: Vec<_> = values.iter().map(parameter).collect();
        let row = io::wait(self.client.query_one(&sql, &params))?;
        let print: &[u8] = row.try_get(1)?;
        Ok(Seen {
            rows: u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default(),
            print: print.try_into().map_err(|_| table.corrupt("a digest is too short"))?,
        })
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &Table) -> Result<u64> {
        let sql = format!("select count(*) from {}", quoted(&table.name));
        let row = io::wait(self.client.query_one(&sql, &[]))?;
        Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
    }

    /// Somebody else wrote there.
    pub(crate) fn changed(&self, table: &Table) -> StorageError {
        self.cannot(&format!(
            "the rows of {} are not those that were moved there: somebody else has changed them; empty the \
             database and begin anew",
            table.name
        ))
    }

    /// Someone who reads, while others may not.
    pub(crate) fn reader(&self) -> Result<Reader> {
        Ok(Reader { conn: Conn::Postgres(Box::new(Connection::of_target(&self.place)?)) })
    }

    /// From now on others may open it.
    pub(crate) fn finish(self) -> Result<()> {
        self.in_one(|| self.run(FINISH))
    }

    /// Both schemas are made by migrations of the same numbers; where they differ nothing is moved.
    fn has_the_columns_of(&self, tables: &[Table]) -> Result<()> {
        let rows = io::wait(self.client.query(COLUMNS, &[]))?;
        let mut is = BTreeSet::new();
        for row in &rows {
            let (table, column): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            if !NOT_MOVED.contains(&table) {
                is.insert((table.to_owned(), column.to_owned(), row.try_get::<_, String>(2)?));
            }
        }
        let of = |table: &Table, Column { name, kind }: &Column| {
            (table.name.clone(), name.clone(), type_name(*kind).to_owned())
        };
        let should: BTreeSet<_> = tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| of(table, column)))
            .collect();
        match is.symmetric_difference(&should).next() {
            None => Ok(()),
            Some((table, column, _)) => Err(self.cannot(&format!(
                "its schema is not that of the data folder ({table}.{column}); finish the move with the \
                 release that began it, or empty the database"
            ))),
        }
    }

    fn run(&self, sql: &str) -> Result<()> {
        Ok(io::wait(self.client.batch_execute(sql))?)
    }

    fn cannot(&self, reason: &str) -> StorageError {
        StorageError::Open { path: self.place.shown(), reason: reason.to_owned() }
    }
}

const fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

/// The binary form of a column's field, as [`Chunk`] has it.
fn field(column: &Column) -> String {
    let name = quoted(&column.name);
    let bytes = match column.kind {
        Kind::Int => format!("int8send({name})"),
        Kind::Text => format!("convert_to({name}, 'UTF8')"),
        Kind::Bytes => name,
    };
    format!("coalesce(int4send(length({bytes})) || {bytes}, '\\xffffffff'::bytea)")
}

/// A field that is in its binary form already.
#[derive(Debug)]
struct Field<'a>(Option<&'a [u8]>);

impl ToSql for Field<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let Some(bytes) = self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
