//! What every session is told, and what its server must be like.

use std::{collections::BTreeMap, time::Duration};

use tokio_postgres::{Client, SimpleQueryMessage};

use super::{PostgresPlace, connect::told};

/// The oldest server that is spoken to, as `server_version_num` counts.
const VERSION_MIN: u32 = 140_000;

/// What is asked of a server, in the words of its settings.
const ASKED: &str = "select name, setting from pg_settings where name in \
    ('server_version_num', 'server_encoding', 'synchronous_commit', 'fsync', 'full_page_writes') \
    union all select 'schema', coalesce(current_schema(), '')";

/// Sets a session up and looks at its server. Both are one message there and one back. A server that
/// will not do is refused with a sentence.
pub(super) async fn begin(client: &Client, place: &PostgresPlace) -> Result<(), String> {
    let messages = client
        .simple_query(&format!("{}{ASKED}", settings(place)))
        .await
        .map_err(|error| told(&error))?;
    let mut found = BTreeMap::new();
    for message in &messages {
        if let SimpleQueryMessage::Row(row) = message
            && let (Ok(Some(name)), Ok(Some(setting))) = (row.try_get(0), row.try_get(1))
        {
            found.insert(name, setting);
        }
    }
    check(&found, place.accepts_loss)
}

/// The statements that set a session up.
fn settings(place: &PostgresPlace) -> String {
    let millis = |time: Duration| time.as_millis().min(i32::MAX.unsigned_abs().into());
    let deadlines = &place.deadlines;
    // Compiling statements pays for reports that run for seconds; ours run for less than a
    // millisecond, and a wrong guess of the planner costs a hundred.
    let mut sql = format!(
        "set statement_timeout = {}; set lock_timeout = {}; \
         set idle_in_transaction_session_timeout = {}; set idle_session_timeout = 0; \
         set default_transaction_isolation = 'read committed'; set jit = off; \
         set client_min_messages = warning; set time zone 'UTC'; ",
        millis(deadlines.statement),
        millis(deadlines.lock),
        millis(deadlines.idle_in_transaction),
    );
    if let Some(schema) = &place.schema {
        sql = format!("{sql}set search_path to {}; ", quoted(schema));
    }
    sql
}

/// A name as SQL takes it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether such a server will do.
fn check(found: &BTreeMap<&str, &str>, accepts_loss: bool) -> Result<(), String> {
    let setting = |name: &str| found.get(name).copied().unwrap_or("unknown");
    let version = setting("server_version_num");
    if version.parse::<u32>().unwrap_or_default() < VERSION_MIN {
        return Err(format!(
            "PostgreSQL {} is too old: 14 or newer is needed",
            version_shown(version)
        ));
    }
    let encoding = setting("server_encoding");
    if encoding != "UTF8" {
        return Err(format!("the database's encoding is {encoding}; it must be UTF8"));
    }
    if setting("schema").is_empty() {
        return Err("the user's search_path names no schema that exists".to_owned());
    }
    if accepts_loss {
        return Ok(());
    }
    // `remote_apply` waits for more than `on` does. `remote_write` and `local` look as durable as `on`
    // until the primary is lost, and then forget what we have confirmed.
    let commit = setting("synchronous_commit");
    if !["on", "remote_apply"].contains(&commit) {
        return Err(refused("synchronous_commit", commit, "on or remote_apply"));
    }
    for name in ["fsync", "full_page_writes"] {
        if setting(name) != "on" {
            return Err(refused(name, setting(name), "on"));
        }
    }
    Ok(())
}

fn refused(name: &str, is: &str, should: &str) -> String {
    format!(
        "the server's {name} is {is}, so that it may lose payments that were confirmed: set it to \
         {should}, or insist with storage.accept_loss = true"
    )
}

/// `150018` as people say it.
fn version_shown(number: &str) -> String {
    match number.parse::<u32>() {
        Ok(number) if number >= 100_000 => format!("{}.{}", number / 10_000, number % 10_000),
        Ok(number) => format!("{}.{}", number / 10_000, number / 100 % 100),
        Err(_) => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server<'a>(change: &[(&'a str, &'a str)]) -> BTreeMap<&'a str, &'a str> {
        let mut found = BTreeMap::from([
            ("server_version_num", "150018"),
            ("server_encoding", "UTF8"),
            ("synchronous_commit", "on"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("schema", "public"),
        ]);
        found.extend(change.iter().copied());
        found
    }

    #[test]
    fn a_server_must_be_new_enough_speak_utf8_and_have_a_schema() {
        check(&server(&[]), false).unwrap();
        check(&server(&[("server_version_num", "140000")]), false).unwrap();
        for (change, why) in [
            (("server_version_num", "130014"), "PostgreSQL 13.14 is too old"),
            (("server_version_num", "90624"), "PostgreSQL 9.6 is too old"),
            (("server_version_num", "?"), "PostgreSQL ? is too old"),
            (("server_encoding", "SQL_ASCII"), "encoding is SQL_ASCII"),
            (("schema", ""), "search_path names no schema"),
        ] {
            for accepts_loss in [false, true] {
                let error = check(&server(&[change]), accepts_loss).unwrap_err();
                assert!(error.contains(why), "{error}");
            }
        }
    }

    #[test]
    fn what_may_be_lost_is_refused_unless_the_operator_insists() {
        check(&server(&[("synchronous_commit", "remote_apply")]), false).unwrap();
        for change in [
            ("synchronous_commit", "off"),
            ("synchronous_commit", "local"),
            ("synchronous_commit", "remote_write"),
            ("fsync", "off"),
            ("full_page_writes", "off"),
        ] {
            let error = check(&server(&[change]), false).unwrap_err();
            assert!(error.contains(change.0) && error.contains("accept_loss"), "{error}");
            check(&server(&[change]), true).unwrap();
        }
        // A server that does not say is not trusted.
        let mut silent = server(&[]);
        silent.remove("fsync");
        assert!(check(&silent, false).unwrap_err().contains("unknown"));
    }

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        assert_eq!(quoted("gerai"), "\"gerai\"");
        assert_eq!(quoted("a\"; drop table payment; --"), "\"a\"\"; drop table payment; --\"");
    }
}
