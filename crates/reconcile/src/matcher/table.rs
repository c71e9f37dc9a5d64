//! A hash table of row numbers whose keys lie elsewhere: five bytes and a little room per row.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Numbers of rows, found by a text that the row knows. Its hashes are seeded by chance, so that
/// nobody can choose keys that collide; nothing that comes out depends on them.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: HashTable<u32>,
    hasher: RandomState,
}

impl Table {
    /// Adds `row` under `key`, unless there is one, which is returned.
    pub(super) fn insert<'t>(
        &mut self,
        key: &str,
        row: u32,
        key_of: impl Fn(u32) -> &'t str,
    ) -> Option<u32> {
        let hasher = &self.hasher;
        let hash = hasher.hash_one(key);
        if let Some(there) = self.rows.find(hash, |other| key_of(*other) == key) {
            return Some(*there);
        }
        self.rows.insert_unique(hash, row, |other| hasher.hash_one(key_of(*other)));
        None
    }

    pub(super) fn find<'t>(&self, key: &str, key_of: impl Fn(u32) -> &'t str) -> Option<u32> {
        self.rows.find(self.hasher.hash_one(key), |other| key_of(*other) == key).copied()
    }

    /// A digest of `text` that holds for this run.
    pub(super) fn digest(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }
}
