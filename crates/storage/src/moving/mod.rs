//! A move: every row of a data folder into a PostgreSQL, while the shop goes on as long as it can.
//!
//! Tables are copied in parts, in the order of their keys, each part in one commit with a record of where
//! it ends and of the digest of its rows ([`Seen`]). A round looks at one moment of the source: what was
//! copied before and reads otherwise now is copied again, and then whatever comes behind the last part.
//! So the first round copies nearly everything beside a shop that is open, the last one what has changed
//! since, when it is closed, and a move that was killed goes on where it was: all three are the same.
//!
//! While a move is under way, its target has no foreign keys and no triggers, because parts come in no
//! order of theirs; [`Move::check`] puts them back before anybody compares the schema. Nobody else may use
//! the target until [`Move::finish`]: a table of the move's own says so, and whoever opens the place
//! looks for it. The source is closed for good by a file in its folder.

mod chunk;
mod table;

use std::{collections::BTreeMap, path::Path};

pub(crate) use self::{
    chunk::{Chunk, Print, Seen, Walked},
    table::{Column, Key, NOT_MOVED, Table, key_of, put_cell, quoted},
};
use crate::{
    Reader, StorageError,
    postgres::{PostgresPlace, Target},
    sqlite::Source,
};

/// What everything in this folder returns.
type Result<T> = std::result::Result<T, StorageError>;

/// Which tables rows are only ever added to.
const APPENDED: [&str; 3] = ["event", "entry", "chain_root"];

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Rows that were as they had been copied before.
    pub kept: u64,
    /// Rows that were written.
    pub written: u64,
}

/// How far a move is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The table.
    pub table: &'a str,
    /// Rows of all tables that this round has come past.
    pub done: u64,
    /// About how many it has to.
    pub all: u64,
}

/// A part of a table that was copied: everything behind the part before, up to its last key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) last: Key,
    pub(crate) seen: Seen,
}

/// A move.
#[derive(Debug)]
pub struct Move {
    source: Source,
    target: Target,
    tables: Vec<Table>,
    /// What was copied of each table, in the order of its keys.
    parts: BTreeMap<String, Vec<Part>>,
}

impl Move {
    /// Begins a move, or goes on with one that was interrupted. `id` names it, if it is a new one.
    ///
    /// Fails where the target holds rows that this very move did not bring.
    pub fn begin(from: &Path, to: &PostgresPlace, id: [u8; 16]) -> Result<Self> {
        let source = Source::open(from)?;
        let tables = source.tables()?;
        let id = source.mark_moving(id, &to.shown())?;
        // Where everything was moved already, only that very move may come to its end.
        let may_begin = source.check_not_moved();
        let target = Target::open(to, &id, &from.display().to_string(), &tables, may_begin)?;
        let mut parts = BTreeMap::new();
        for table in &tables {
            let of_table = target.parts(table)?;
            let rows = of_table.iter().map(|part| part.seen.rows).sum::<u64>();
            if target.count(table)? != rows {
                return Err(target.changed(table));
            }
            parts.insert(table.name.clone(), of_table);
        }
        Ok(Self { source, target, tables, parts })
    }

    /// Whether the shop is open: somebody else writes to the folder.
    pub const fn is_open(&self) -> bool {
        !self.source.is_held()
    }

    /// Waits until the shop is closed, and keeps it closed.
    pub fn hold(&mut self) -> Result<()> {
        self.source.hold()?;
        Ok(())
    }

    /// Rows that were copied so far.
    pub fn copied(&self) -> u64 {
        self.parts.values().flatten().map(|part| part.seen.rows).sum()
    }

    /// How many tables there are.
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// A round: afterwards the target is as the source was when it began.
    pub fn copy(&mut self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Copied> {
        let Self { source, target, tables, parts } = self;
        let moment = source.moment()?;
        let mut all = 0;
        for table in &*tables {
            all += source.count(table)?;
        }
        let mut copied = Copied::default();
        for table in &*tables {
            let parts = parts.entry(table.name.clone()).or_default();
            let mut tell = |copied: Copied| {
                progress(Progress { table: &table.name, done: copied.kept + copied.written, all });
            };
            let round = Round { source, target, table };
            round.mend(parts, &mut copied, &mut tell)?;
            round.append(parts, &mut copied, &mut tell)?;
        }
        moment.end()?;
        Ok(copied)
    }

    /// Compares every row of the target with what was copied, and makes it whole: constraints, triggers,
    /// counters, the planner's figures. Says how many rows each table has. To be called when the shop is
    /// closed, after the last round.
    pub fn check(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Vec<(String, u64)>> {
        let (all, mut done) = (self.copied(), 0);
        let mut counts = Vec::new();
        for table in &self.tables {
            let parts = self.parts.get(&table.name).map(Vec::as_slice).unwrap_or_default();
            let (mut after, mut rows) = (None, 0);
            for Part { last, seen } in parts {
                if self.target.seen(table, after, last)? != *seen {
                    return Err(self.target.changed(table));
                }
                (rows, done, after) = (rows + seen.rows, done + seen.rows, Some(last));
                progress(Progress { table: &table.name, done, all });
            }
            if self.target.count(table)? != rows || self.source.count(table)? != rows {
                return Err(self.target.changed(table));
            }
            counts.push((table.name.clone(), rows));
        }
        self.target.tighten(&self.tables)?;
        Ok(counts)
    }

    /// Someone who reads the target, which others may not open yet.
    pub fn reader(&self) -> Result<Reader> {
        self.target.reader()
    }

    /// Closes the source for good, and opens the target for everybody.
    pub fn finish(self) -> Result<()> {
        self.source.mark_moved()?;
        self.target.finish()
    }
}

/// One table in one round.
struct Round<'a> {
    source: &'a Source,
    target: &'a Target,
    table: &'a Table,
}

impl Round<'_> {
    /// Copies again what reads otherwise than it did when it was copied, in one commit: in between a
    /// unique constraint could see two rows of two moments.
    fn mend(
        &self,
        parts: &mut Vec<Part>,
        copied: &mut Copied,
        tell: &mut dyn FnMut(Copied),
    ) -> Result<()> {
        let mut changed = Vec::new();
        let mut after = None;
        for (place, part) in parts.iter().enumerate() {
            let seen = self.source.seen(self.table, after, Some(&part.last))?;
            if seen == part.seen {
                copied.kept += seen.rows;
                tell(*copied);
            } else {
                changed.push(place);
            }
            after = Some(&part.last);
        }
        if changed.is_empty() {
            return Ok(());
        }
        if APPENDED.contains(&self.table.name.as_str()) {
            return Err(self.table.corrupt(
                "rows that never change read otherwise than when they were copied: it is another \
                 folder, or an older copy; empty the target and begin anew",
            ));
        }
        let before = |place: usize| place.checked_sub(1).and_then(|place| parts.get(place));
        let mended = self.target.in_one(|| {
            for place in &changed {
                if let Some(part) = parts.get(*place) {
                    self.target.remove(
                        self.table,
                        before(*place).map(|part| &part.last),
                        &part.last,
                    )?;
                }
            }
            let mut mended = parts.clone();
            for place in changed.iter().rev() {
                let Some(part) = parts.get(*place) else { continue };
                let after = before(*place).map(|part| part.last.clone());
                let fresh = self.fresh(after, Some(&part.last), copied, tell)?;
                mended.splice(*place..=*place, fresh);
            }
            Ok(mended)
        })?;
        *parts = mended;
        Ok(())
    }

    /// Copies what lies between two keys, in the transaction that is open.
    fn fresh(
        &self,
        mut after: Option<Key>,
        last: Option<&Key>,
        copied: &mut Copied,
        tell: &mut dyn FnMut(Copied),
    ) -> Result<Vec<Part>> {
        let mut fresh = Vec::new();
        loop {
            let chunk = self.source.chunk(self.table, after.as_ref(), last)?;
            let Some(part) = self.put(&chunk)? else { return Ok(fresh) };
            copied.written += part.seen.rows;
            tell(*copied);
            after = Some(part.last.clone());
            fresh.push(part);
        }
    }

    /// Copies what comes behind the last part, each part in a commit of its own.
    fn append(
        &self,
        parts: &mut Vec<Part>,
        copied: &mut Copied,
        tell: &mut dyn FnMut(Copied),
    ) -> Result<()> {
        loop {
            let after = parts.last().map(|part| &part.last);
            let chunk = self.source.chunk(self.table, after, None)?;
            if chunk.rows == 0 {
                return Ok(());
            }
            let part = self.target.in_one(|| self.put(&chunk))?;
            copied.written += chunk.rows;
            tell(*copied);
            parts.extend(part);
        }
    }

    fn put(&self, chunk: &Chunk) -> Result<Option<Part>> {
        let Some(last) = chunk.last.clone() else { return Ok(None) };
        let part = Part { last, seen: chunk.seen() };
        self.target.put(self.table, chunk, &part)?;
        Ok(Some(part))
    }
}
