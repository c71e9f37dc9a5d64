//! Some rows of a table, one after the other, and what tells them from others.

use aws_lc_rs::digest::{Context, SHA256, digest};

use super::table::{Fields, Key};

/// The digest of some rows: the SHA-256 of their fields, each as PostgreSQL sends it in binary form, in
/// the order of keys.
pub(crate) type Print = [u8; 32];

/// How many rows there are between two keys, and their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// How many.
    pub(crate) rows: u64,
    /// Their digest.
    pub(crate) print: Print,
}

/// Rows on their way.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The fields of all rows.
    pub(crate) fields: Vec<u8>,
    /// How many rows.
    pub(crate) rows: u64,
    /// The key of the last one; none where there are no rows.
    pub(crate) last: Option<Key>,
}

impl Chunk {
    /// What tells it from others.
    pub(crate) fn seen(&self) -> Seen {
        Seen { rows: self.rows, print: print(digest(&SHA256, &self.fields).as_ref()) }
    }

    /// Each field of all rows, in their order.
    pub(crate) fn each_field(&self) -> Fields<'_> {
        Fields(&self.fields)
    }
}

/// Digests rows that are too many to be held.
pub(crate) struct Walked {
    rows: u64,
    context: Context,
}

impl Walked {
    pub(crate) fn new() -> Self {
        Self { rows: 0, context: Context::new(&SHA256) }
    }

    /// One more row, by its fields.
    pub(crate) fn row(&mut self, fields: &[u8]) {
        self.rows += 1;
        self.context.update(fields);
    }

    pub(crate) fn seen(self) -> Seen {
        Seen { rows: self.rows, print: print(self.context.finish().as_ref()) }
    }
}

fn print(bytes: &[u8]) -> Print {
    // SHA-256 has 32 bytes.
    bytes.try_into().unwrap_or_default()
}
