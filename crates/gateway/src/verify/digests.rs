//! Rows whose digests lie beside them: none is changed, missing or added.

use std::{collections::HashSet, vec};

use domain::{outcome::Outcome, time::Timestamp};
use storage::{
    Corrupt, Digest, FileLineRow, LineState, Sequences, StorageError, UnappliedRow, sqlite::Reader,
};

use super::{Keys, found::Part};
use crate::chain::DigestedRow;

/// What the storage says of a line that waited for a later file's.
const MENTIONED: &str = "a later file mentions it";
const OURS_ONLY: &str = Outcome::OursOnly.name();
/// Digests read at a time.
const PAGE: usize = 1_000;

/// Compares every such row with its digest.
pub(super) fn check(
    reader: &Reader,
    keys: &Keys,
    ends: &Sequences,
    part: &mut Part,
) -> Result<(), StorageError> {
    let look = Look { reader, keys };
    look.table(part, Some(ends.file), |each| reader.walk_files(each))?;
    look.table(part, Some(ends.file_alias), |each| reader.walk_file_aliases(each))?;
    look.table(part, None, |each| reader.walk_matched(each))?;
    look.table(part, None, |each| reader.walk_advances(each))?;
    look.table(part, Some(ends.funding), |each| reader.walk_fundings(each))?;
    look.table(part, Some(ends.payout), |each| reader.walk_payouts(each))?;
    look.table::<UnappliedRow>(part, Some(ends.unapplied), |each| reader.walk_unapplied(each))?;
    look.table(part, Some(ends.dispute), |each| reader.walk_disputes(each))?;
    let lines = look.open::<FileLineRow>(part, Some(ends.file_line))?;
    let closed = std::mem::take(&mut part.closed_lines);
    let mut unsaid = Vec::new();
    rows(
        part,
        lines,
        |each| reader.walk_file_lines(each),
        |row, digest| {
            let is_mentioned = is_mentioned(reader, row)?;
            if row.state == LineState::Closed && !is_mentioned && !is_said(row, &closed) {
                unsaid.push(row.no);
            }
            let waited = || FileLineRow {
                state: LineState::Open,
                closed_at: None,
                why: None,
                ..row.clone()
            };
            let is_as_written = keys.chain.row(row) == *digest;
            Ok(is_as_written || is_mentioned && keys.chain.row(&waited()) == *digest)
        },
    )?;
    for no in unsaid {
        part.findings.find(format!("file_line {no}"), "it is closed, and nobody said why");
    }
    Ok(())
}

/// Whether a line was closed by the commit that brought a later file's line of its sale, for which it
/// had waited. That commit leaves its digest as it was.
fn is_mentioned(reader: &Reader, row: &FileLineRow) -> Result<bool, StorageError> {
    let (LineState::Closed, Some(sale)) = (row.state, row.sale) else { return Ok(false) };
    let says_so = row.why.as_deref() == Some(MENTIONED) && row.outcome == OURS_ONLY;
    Ok(says_so && reader.is_mentioned(sale)?)
}

/// Whether somebody said something of a line when it was closed, and no file has opened it since; or
/// the file that withdrew it closed it at once, because we held nothing of its sale any more.
fn is_said(row: &FileLineRow, closed: &HashSet<(i64, Timestamp)>) -> bool {
    let Some(at) = row.closed_at else { return false };
    let by_hand = row.posted_at <= at && closed.contains(&(row.no, at));
    by_hand || row.outcome == Outcome::Withdrawn.name() && row.posted_at == at
}

/// Gets each row of a table.
type Each<'a, R> = &'a mut dyn FnMut(Result<R, Corrupt>);

struct Look<'a> {
    reader: &'a Reader,
    keys: &'a Keys,
}

impl<'a> Look<'a> {
    fn table<R: DigestedRow>(
        &self,
        part: &mut Part,
        end: Option<i64>,
        walk: impl FnOnce(Each<'_, R>) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let digests = self.open::<R>(part, end)?;
        rows(part, digests, walk, |row, digest| Ok(self.keys.chain.row(row) == *digest))
    }

    /// A table's digests, after that of its end was compared.
    fn open<R: DigestedRow>(
        &self,
        part: &mut Part,
        end: Option<i64>,
    ) -> Result<Digests<'a>, StorageError> {
        let mut digests = Digests {
            reader: self.reader,
            table: R::TABLE,
            page: Vec::new().into_iter(),
            after: -1,
        };
        let said = digests.take(0)?;
        let is_right = match (end, said) {
            (None | Some(0), None) => true,
            (Some(last @ 1..), Some(said)) => said == self.keys.chain.end::<R>(last),
            (_, _) => false,
        };
        if !is_right {
            let what = "its last rows are missing or were added, by the digest of where it ends";
            part.findings.find(format!("table {}", R::NAME), what);
        }
        Ok(digests)
    }
}

/// Compares every row of a table with its digest.
fn rows<R: DigestedRow>(
    part: &mut Part,
    mut digests: Digests<'_>,
    walk: impl FnOnce(Each<'_, R>) -> Result<(), StorageError>,
    mut fits: impl FnMut(&R, &Digest) -> Result<bool, StorageError>,
) -> Result<(), StorageError> {
    let mut failed = Ok(());
    let mut one = |row: Result<R, Corrupt>, part: &mut Part| -> Result<(), StorageError> {
        let no = match &row {
            Ok(row) => row.no(),
            Err(corrupt) => corrupt.row.parse().unwrap_or(0),
        };
        digests.missing_before(no, R::NAME, part)?;
        let digest = digests.take(no)?;
        let place = || format!("{} {no}", R::NAME);
        match (row, digest) {
            (Err(corrupt), _) => part.findings.corrupt(corrupt),
            (Ok(row), Some(digest)) => {
                if !fits(&row, &digest)? {
                    part.findings.find(place(), "its row was changed");
                }
            }
            (Ok(_), None) => {
                part.findings.find(place(), "it has no digest: it was added, or that was removed");
            }
        }
        Ok(())
    };
    walk(&mut |row| {
        if failed.is_ok() {
            failed = one(row, part);
        }
    })?;
    failed?;
    digests.missing_before(i64::MAX, R::NAME, part)
}

/// The digests of a table, in the order of their numbers.
struct Digests<'a> {
    reader: &'a Reader,
    table: storage::Digested,
    page: vec::IntoIter<(i64, Digest)>,
    /// The last number that was read.
    after: i64,
}

impl Digests<'_> {
    fn peek(&mut self) -> Result<Option<(i64, Digest)>, StorageError> {
        if self.page.as_slice().is_empty() {
            let page = self.reader.digests(self.table, self.after, PAGE)?;
            self.after = page.last().map_or(self.after, |(no, _)| *no);
            self.page = page.into_iter();
        }
        Ok(self.page.as_slice().first().copied())
    }

    /// The digest with this number, if it is the next.
    fn take(&mut self, no: i64) -> Result<Option<Digest>, StorageError> {
        let Some((next, digest)) = self.peek()? else { return Ok(None) };
        Ok((next == no).then(|| {
            self.page.next();
            digest
        }))
    }

    /// Rows whose digests come before this number are missing.
    fn missing_before(&mut self, no: i64, name: &str, part: &mut Part) -> Result<(), StorageError> {
        while let Some((next, _)) = self.peek()?
            && next < no
        {
            self.page.next();
            part.findings.find(format!("{name} {next}"), "it is missing: its digest is there");
        }
        Ok(())
    }
}
