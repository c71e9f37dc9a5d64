//! What a database's schema has more, less or otherwise than it should.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::{Result, migrations::MIGRATIONS};

/// The schema in which a new one is made, to be compared; never committed.
const SCRATCH: &str = "gerai_as_it_should_be";

/// Every part of the schema `$1`, and how it was made. Names are shown without it. What belongs to an
/// extension or to our own record is left out, and so is what an operator may tune.
const PARTS: &str = "\
    with ours as (select oid, relname, relkind from pg_class where relnamespace = $1::text::regnamespace \
        and relname not in ('gerai_migration', 'gerai_move', 'gerai_move_part', 'gerai_move_undone') \
        and not exists (select from pg_depend \
            where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')) \
    select 'table ' || relname, string_agg(attname || ' ' || format_type(atttypid, atttypmod) \
            || case when attnotnull then ' not null' else '' end \
            || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') \
            || coalesce(' collate ' || nullif(collname, 'default'), '') || attidentity::text, \
            ', ' order by attnum) \
        from ours join pg_attribute on attrelid = ours.oid and attnum > 0 and not attisdropped \
        left join pg_attrdef on adrelid = attrelid and adnum = attnum \
        left join pg_collation on pg_collation.oid = attcollation \
        where relkind in ('r', 'p') group by relname \
    union all select case relkind when 'v' then 'view ' when 'm' then 'view ' else 'table ' end \
            || relname, null \
        from ours where relkind in ('v', 'm', 'f') \
    union all select 'index ' || index.relname, \
            replace(pg_get_indexdef(indexrelid), quote_ident($1) || '.', '') \
        from ours join pg_index on indrelid = ours.oid \
        join pg_class index on index.oid = indexrelid where ours.relname <> 'gerai_migration' \
    union all select 'rule ' || conname || ' on ' || relname, \
            replace(pg_get_constraintdef(pg_constraint.oid), quote_ident($1) || '.', '') \
        from ours join pg_constraint on conrelid = ours.oid \
    union all select 'trigger ' || tgname || ' on ' || relname, \
            replace(pg_get_triggerdef(pg_trigger.oid), quote_ident($1) || '.', '') \
            || case tgenabled when 'O' then '' else ' (off)' end \
        from ours join pg_trigger on tgrelid = ours.oid where not tgisinternal \
    union all select 'function ' || proname, prosrc from pg_proc \
        where pronamespace = $1::text::regnamespace and not exists (select from pg_depend \
            where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')";

/// Tables, indexes, rules, triggers and functions by kind and name, and what is wrong with each.
///
/// A new schema is made beside the one that is looked at, and given up again; so the user needs the
/// right to make one, and the connection must be in no transaction.
pub(super) async fn differences(client: &Client) -> Result<Vec<(String, &'static str)>> {
    let row = client.query_one("select coalesce(current_schema(), '')", &[]).await?;
    let is = parts(client, &row.get::<_, String>(0)).await?;
    client.batch_execute("begin").await?;
    let should = in_scratch(client).await;
    client.batch_execute("rollback").await?;
    let should = should?;

    let mut found = Vec::new();
    for (name, how) in &should {
        match is.get(name) {
            None => found.push((name.clone(), "it is missing")),
            Some(other) if other != how => found.push((name.clone(), "it was changed")),
            Some(_) => {}
        }
    }
    let more = is.into_keys().filter(|name| !should.contains_key(name));
    found.extend(more.map(|name| (name, "it is not ours")));
    Ok(found)
}

/// The parts of a schema that was made by this program.
async fn in_scratch(client: &Client) -> Result<BTreeMap<String, Option<String>>> {
    client
        .batch_execute(&format!("create schema {SCRATCH}; set local search_path to {SCRATCH}"))
        .await?;
    for migration in &MIGRATIONS {
        client.batch_execute(migration.sql).await?;
    }
    parts(client, SCRATCH).await
}

async fn parts(client: &Client, schema: &str) -> Result<BTreeMap<String, Option<String>>> {
    let rows = client.query(PARTS, &[&schema]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
