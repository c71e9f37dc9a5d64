//! Both engines have one schema: the same steps, tables, columns, rules and ways to find rows.
#![expect(clippy::panic, reason = "rows of another shape are a mistake of the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use cluster::Server;
use rusqlite::Connection;
use storage::postgres::MIGRATIONS;

use super::bench::{Bench, empty};

/// What two engines can be compared by.
#[derive(Debug, Default, PartialEq, Eq)]
struct Schema {
    /// Of each table its columns in their order: name, type, whether it must be there, default.
    tables: BTreeMap<String, Vec<(String, String, bool, String)>>,
    /// Sets of columns that are unique: table, whether only some rows count, columns less the shard.
    unique: BTreeSet<(String, bool, BTreeSet<String>)>,
    /// Other indexes by name: table, whether only some rows are in it, columns.
    indexes: BTreeMap<String, (String, bool, Vec<String>)>,
    /// Table and name.
    triggers: BTreeSet<(String, String)>,
    /// Table, column, table.
    references: BTreeSet<(String, String, String)>,
    /// How many checks each table has.
    checks: BTreeMap<String, usize>,
}

fn folder(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine)
}

fn names(engine: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder(engine)).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn without_shard(columns: &[String]) -> BTreeSet<String> {
    columns.iter().filter(|column| *column != "shard").cloned().collect()
}

fn of_sqlite() -> Schema {
    let conn = Connection::open_in_memory().unwrap();
    for name in names("sqlite") {
        let text = std::fs::read_to_string(folder("sqlite").join(&name)).unwrap();
        conn.execute_batch(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let rows = |sql: &str| -> Vec<Vec<String>> {
        let mut statement = conn.prepare(sql).unwrap();
        let columns = statement.column_count();
        let text = |row: &rusqlite::Row<'_>, column| {
            row.get::<_, Option<String>>(column).map(Option::unwrap_or_default)
        };
        let rows = statement
            .query_map((), |row| (0..columns).map(|column| text(row, column)).collect())
            .unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut schema = Schema::default();
    for table in rows("select name, sql from sqlite_schema where type = 'table'") {
        let [table, sql] = &table[..] else { panic!() };
        let checks = sql.matches("check (").count();
        schema.checks.insert(table.clone(), checks);
        let mut key = Vec::new();
        for column in rows(&format!(
            "select name, type, \"notnull\" || '', dflt_value, pk || '' from pragma_table_info('{table}')"
        )) {
            let [name, kind, not_null, default, pk] = &column[..] else { panic!() };
            if pk != "0" {
                key.push(name.clone());
            }
            let kind = match kind.to_lowercase().as_str() {
                "integer" => "bigint".to_owned(),
                "blob" => "bytea".to_owned(),
                other => other.to_owned(),
            };
            let must = not_null == "1" || pk != "0";
            let column = (name.clone(), kind, must, default.clone());
            schema.tables.entry(table.clone()).or_default().push(column);
        }
        schema.unique.insert((table.clone(), false, without_shard(&key)));
        for index in rows(&format!(
            "select name, \"unique\" || '', partial || '' from pragma_index_list('{table}')"
        )) {
            let [name, unique, partial] = &index[..] else { panic!() };
            let columns = rows(&format!("select name from pragma_index_info('{name}')")).concat();
            let is_partial = partial == "1";
            if unique == "1" {
                schema.unique.insert((table.clone(), is_partial, without_shard(&columns)));
            } else {
                schema.indexes.insert(name.clone(), (table.clone(), is_partial, columns));
            }
        }
        for reference in
            rows(&format!("select \"from\", \"table\" from pragma_foreign_key_list('{table}')"))
        {
            schema.references.insert((table.clone(), reference[0].clone(), reference[1].clone()));
        }
    }
    for trigger in rows("select tbl_name, name from sqlite_schema where type = 'trigger'") {
        schema.triggers.insert((trigger[0].clone(), trigger[1].clone()));
    }
    schema
}

fn rows(bench: &Bench, sql: &str) -> Vec<Vec<String>> {
    let text = Server::shared().psql(bench.database.name(), &[sql]);
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// Every unique index, and its columns in their order.
const UNIQUE: &str = "select t.relname, indpred is not null, string_agg(attname, ' ' order by at) \
    from pg_index join pg_class t on t.oid = indrelid \
    cross join unnest(indkey) with ordinality as k (attnum, at) \
    join pg_attribute a on attrelid = indrelid and a.attnum = k.attnum \
    where t.relnamespace = 'public'::regnamespace and t.relname <> 'gerai_migration' and indisunique \
    group by indexrelid, t.relname, indpred is not null";

fn of_postgres(bench: &Bench) -> Schema {
    let mut schema = Schema::default();
    for column in rows(
        bench,
        "select relname, attname, format_type(atttypid, atttypmod), attnotnull, \
            coalesce(pg_get_expr(adbin, adrelid), ''), coalesce(collname, '') \
         from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 \
         left join pg_attrdef on adrelid = attrelid and adnum = attnum \
         left join pg_collation on pg_collation.oid = attcollation \
         where relkind = 'r' and relnamespace = 'public'::regnamespace \
         and relname <> 'gerai_migration' order by relname, attnum",
    ) {
        let [table, name, kind, not_null, default, collation] = &column[..] else { panic!() };
        assert_eq!(collation == "C", kind == "text", "{table}.{name} is ordered by {collation}");
        let column = (name.clone(), kind.clone(), not_null == "t", default.clone());
        schema.tables.entry(table.clone()).or_default().push(column);
        schema.checks.entry(table.clone()).or_default();
    }
    for unique in rows(bench, UNIQUE) {
        let columns: Vec<_> = unique[2].split(' ').map(str::to_owned).collect();
        schema.unique.insert((unique[0].clone(), unique[1] == "t", without_shard(&columns)));
    }
    for index in rows(
        bench,
        &UNIQUE
            .replace("and indisunique", "and not indisunique")
            .replace("select t.relname", "select indexrelid::regclass, t.relname"),
    ) {
        let columns = index[3].split(' ').map(str::to_owned).collect();
        schema.indexes.insert(index[0].clone(), (index[1].clone(), index[2] == "t", columns));
    }
    for trigger in rows(
        bench,
        "select tgrelid::regclass, tgname from pg_trigger where not tgisinternal \
         and tgname not like '%_is_not_emptied'",
    ) {
        schema.triggers.insert((trigger[0].clone(), trigger[1].clone()));
    }
    for reference in rows(
        bench,
        "select conrelid::regclass, attname, confrelid::regclass from pg_constraint \
         join pg_attribute on attrelid = conrelid and attnum = conkey[1] where contype = 'f'",
    ) {
        let [from, column, to] = &reference[..] else { panic!() };
        schema.references.insert((from.clone(), column.clone(), to.clone()));
    }
    for check in rows(
        bench,
        "select conrelid::regclass, count(*) from pg_constraint where contype = 'c' \
         and connamespace = 'public'::regnamespace group by 1",
    ) {
        schema.checks.insert(check[0].clone(), check[1].parse().unwrap());
    }
    schema
}

#[test]
fn both_engines_have_the_same_steps() {
    assert_eq!(names("sqlite"), names("postgres"));
    let known = MIGRATIONS.map(|migration| format!("{}.sql", migration.name));
    assert_eq!(names("postgres"), known);
    for (at, migration) in (1..).zip(MIGRATIONS) {
        assert_eq!(migration.no, at);
        assert!(migration.name.starts_with(&format!("{at:04}_")));
        assert!((1..=at).contains(&migration.works_for), "{}", migration.name);
    }
}

#[test]
fn both_engines_have_the_same_tables() {
    let bench = empty();
    let (sqlite, mut postgres) = (of_sqlite(), of_postgres(&bench));
    assert!(sqlite.tables.len() > 25 && sqlite.indexes.len() > 25, "{}", sqlite.tables.len());
    // SQLite's indexes end with the row's number by themselves.
    for (name, (table, _, columns)) in &mut postgres.indexes {
        let number = &sqlite.tables[table][0].0;
        if columns.last() == Some(number)
            && sqlite.indexes.get(name).is_some_and(|(.., other)| other != columns)
        {
            columns.pop();
        }
    }
    assert_eq!(
        sqlite.tables.keys().collect::<Vec<_>>(),
        postgres.tables.keys().collect::<Vec<_>>()
    );
    for (table, columns) in &sqlite.tables {
        assert_eq!(columns, &postgres.tables[table], "{table}");
    }
    assert_eq!(sqlite.unique, postgres.unique);
    assert_eq!(sqlite.indexes, postgres.indexes);
    assert_eq!(sqlite.triggers, postgres.triggers);
    assert_eq!(sqlite.references, postgres.references);
    assert_eq!(sqlite.checks, postgres.checks);
}

#[test]
fn the_hot_path_is_unique_within_its_shard() {
    let bench = empty();
    let schema = of_postgres(&bench);
    // An account belongs to a shard, but lies where all nodes look.
    let has_shard = |table: &str| {
        table != "account" && schema.tables[table].iter().any(|column| column.0 == "shard")
    };
    let mut seen = BTreeSet::new();
    for unique in rows(&bench, UNIQUE) {
        let [table, _, columns] = &unique[..] else { panic!() };
        if has_shard(table) {
            let columns: Vec<_> = columns.split(' ').collect();
            // The number comes first, so that a look-up by it needs no shard.
            assert!(columns[1..].contains(&"shard"), "{table}: {columns:?}");
            seen.insert(table.clone());
        }
    }
    for table in ["payment", "event", "entry", "sale", "inquiry", "notification", "idempotency"] {
        assert!(seen.contains(table), "{table}");
    }
}
