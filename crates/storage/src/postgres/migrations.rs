//! The steps of the schema, as texts.

/// A step: it makes the schema of its number out of the one before.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The schema's number, from 1.
    pub no: i64,
    /// What its file is called, without the ending.
    pub name: &'static str,
    /// The schema of the oldest program that goes on working with what this leaves. Its own number,
    /// unless it only adds what older programs need not know; docs/operating.md says how to write one
    /// that does.
    pub works_for: i64,
    /// Its statements.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($no:literal $name:literal for $works_for:literal;)*) => {
        [$(Migration {
            no: $no,
            name: $name,
            works_for: $works_for,
            sql: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// Every step, in order. One that was released is never changed: databases keep a checksum of it.
pub const MIGRATIONS: [Migration; 14] = migrations! {
    1 "0001_first" for 1;
    2 "0002_external_ids" for 2;
    3 "0003_proposals" for 3;
    4 "0004_books" for 4;
    5 "0005_siblings" for 5;
    6 "0006_chain_roots" for 6;
    7 "0007_file_lines" for 7;
    8 "0008_refund_codes" for 8;
    9 "0009_differences" for 9;
    10 "0010_own_events" for 10;
    11 "0011_deliveries" for 11;
    12 "0012_checkouts" for 12;
    13 "0013_bills" for 13;
    14 "0014_nodes" for 14;
};

/// The newest schema this program knows.
pub(super) const SCHEMA: i64 = 14;
const _: () = assert!(MIGRATIONS.len() == 14, "SCHEMA counts the migrations");
