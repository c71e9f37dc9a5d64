//! A database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Server;

/// A database of the shared server, gone when dropped.
#[derive(Debug)]
pub struct Database {
    name: String,
}

impl Database {
    /// An empty one.
    pub fn empty() -> Self {
        let name = new_name();
        create(&name, "template0").expect("an empty database");
        Self { name }
    }

    /// A copy of `template`, which the first who asks for it fills: `fill` gets the URL of an empty
    /// database, and leaves no connection open. The name has to say what is in it, such as a checksum of
    /// the schema, because a server outlives the program that filled it.
    pub fn copied(template: &str, fill: impl FnOnce(&str)) -> Self {
        let name = new_name();
        if create(&name, template).is_ok() {
            return Self { name };
        }
        let server = Server::shared();
        let alone = server.alone();
        let is_there = format!("select 1 from pg_database where datname = '{template}'");
        if server.psql("postgres", &[&is_there]).is_empty() {
            let filled = format!("{template}_to_be");
            create(&filled, "template0").expect("a template");
            fill(&server.url(&filled));
            let cut = format!(
                "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity \
                 where datname = '{filled}'"
            );
            let rename = format!("alter database {filled} rename to {template}");
            server.psql("postgres", &[&cut, &rename]);
        }
        drop(alone);
        create(&name, template).expect("a copy of the template");
        Self { name }
    }

    /// How it is reached, as the server's superuser.
    pub fn url(&self) -> String {
        Server::shared().url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop_it = format!("drop database if exists {} with (force)", self.name);
        // Not worth a second failure where a test has failed already; the server does not stay.
        drop(Server::shared().try_psql("postgres", &[&drop_it]));
    }
}

/// A name that no test has that runs now.
fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Makes a database; one of this name was left behind by a process that was killed.
fn create(name: &str, template: &str) -> Result<String, String> {
    let server = Server::shared();
    let drop_it = format!("drop database if exists {name} with (force)");
    // Where nothing has to reach the disk, copying files is four times as fast as logging their pages,
    // which is what newer servers do otherwise.
    let strategy = if server.version() >= 15 { "strategy file_copy" } else { "" };
    let create = format!("create database {name} template {template} {strategy}");
    server.try_psql("postgres", &[&drop_it, &create])
}
