//! Tells for every line of theirs and every record of ours what became of it.
//!
//! Our records are held in memory, about 90 bytes each, their texts (commonly 60), and ten bytes of
//! hash tables. The file is read twice and not held. The first reading checks it whole and lets lines
//! that fit a record exactly take it; the second says what became of each line. Of lines without a
//! record the identities are held, about 30 bytes and their texts. So memory grows with our records
//! of the days around the file's and with strangers, by at most about 200 bytes each, and not at all
//! with matched lines.
//!
//! Rows come out in the order of the file's lines, then ours-only in the order in which our records
//! were given, then what a revision withdrew in the order of the earlier version.

mod earlier;
mod find;
mod judge;
mod ours;
mod outcome;
mod strangers;
mod table;
mod totals;

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::time::{BusinessDate, Span, Timestamp};

use self::{
    earlier::{Compared, Versions},
    ours::{NO_LINE, Store},
    strangers::Strangers,
};
pub use self::{
    earlier::{Content, Earlier, Was},
    ours::Ours,
    outcome::{CARRIED_MAX, Change, Differs, OursView, Outcome, Row},
    totals::{Total, Totals},
};
use crate::{
    line::Line,
    profile::{FileSaleKey, Profile},
    reader::FileError,
};

/// What a run goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The file's day.
    pub business_date: BusinessDate,
    /// What names a sale in it.
    pub sale_key: FileSaleKey,
    /// How far the file's time and the till's may differ where lines have no number.
    pub tolerance: Span,
    /// When the run is.
    pub now: Timestamp,
    /// For how long after its sale an advice may come (rule 33).
    pub advice_max_age: Span,
    /// Whether these are all files of the day, so that what they do not mention is ours only.
    pub is_complete: bool,
}

impl Settings {
    /// For files of `profile` about `business_date`, all of them.
    pub const fn new(
        profile: &Profile,
        business_date: BusinessDate,
        now: Timestamp,
        advice_max_age: Span,
    ) -> Self {
        let (sale_key, tolerance) = (profile.sale_key(), profile.tolerance());
        Self { business_date, sale_key, tolerance, now, advice_max_age, is_complete: true }
    }
}

/// How many errors of a file are told; the others are counted.
pub const ERRORS_MAX: usize = 20;

/// Why a run came to nothing. Nothing came out, except before [`RunError::Changed`] and
/// [`RunError::Caller`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError<E> {
    /// The file cannot be read, or disagrees with itself (rule 32).
    #[error("{} and {more} more", first(errors))]
    Unreadable {
        /// The first [`ERRORS_MAX`].
        errors: Vec<FileError>,
        /// How many more there are.
        more: u64,
    },
    /// More than four billion lines or records.
    #[error("more than four billion lines or records")]
    TooMany,
    /// The file was not the same at its second reading.
    #[error("the file changed while it was read")]
    Changed,
    /// Whoever gave the records or took the rows failed.
    #[error(transparent)]
    Caller(E),
}

fn first(errors: &[FileError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

/// Matches files with records and hands every row to `take`.
///
/// `ours` are the records of the retailer (rule 22) that the files can be about: those of the
/// business date, those of the dates before that are still carried (rule 34), and those of the date
/// after, because clocks differ. Sale keys are unique among them. `earlier` is what was posted of an
/// earlier version of the same day's files, empty for the first: then only differences come out.
/// `open` begins to read the day's files, one after the other, and is called twice.
///
/// # Errors
/// See [`RunError`].
pub fn run<L, E>(
    settings: &Settings,
    ours: impl IntoIterator<Item = Result<Ours, E>>,
    earlier: impl IntoIterator<Item = Earlier>,
    mut open: impl FnMut() -> Result<L, E>,
    take: impl FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<Totals, RunError<E>>
where
    L: Iterator<Item = Result<Line, FileError>>,
{
    let mut run = Run {
        settings: *settings,
        store: Store::default(),
        strangers: Strangers::default(),
        versions: Versions::default(),
        totals: Totals::default(),
        take,
    };
    for record in ours {
        run.store.push(&record.map_err(RunError::Caller)?);
    }
    for line in earlier {
        run.versions.push(&line);
    }
    if u32::try_from(run.store.len()).is_ok_and(|records| records == NO_LINE)
        || u32::try_from(run.store.len()).is_err()
    {
        return Err(RunError::TooMany);
    }
    let claimed = run.claim(open().map_err(RunError::Caller)?)?;
    let judged = run.judge(open().map_err(RunError::Caller)?)?;
    if claimed != judged {
        return Err(RunError::Changed);
    }
    if settings.is_complete {
        run.ours_only().map_err(RunError::Caller)?;
    }
    run.withdrawn().map_err(RunError::Caller)?;
    run.totals.records = u64::try_from(run.store.len()).unwrap_or(u64::MAX);
    Ok(run.totals)
}

struct Run<T> {
    settings: Settings,
    store: Store,
    strangers: Strangers,
    versions: Versions,
    totals: Totals,
    take: T,
}

/// What was read: how many lines, and a digest of all of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    lines: u32,
    digest: u64,
}

impl Read {
    /// The line's number, from 0.
    fn count(&mut self, line: &Line) -> Option<u32> {
        let number = self.lines;
        self.lines = self.lines.checked_add(1)?;
        let mut hasher = DefaultHasher::new();
        self.digest.hash(&mut hasher);
        let sale = line.sale.as_ref().map(domain::sale::SaleKey::as_str);
        (sale, line.code, line.amount, line.fee, line.sold_at, line.status).hash(&mut hasher);
        self.digest = hasher.finish();
        (number != NO_LINE).then_some(number)
    }
}

impl<E, T: FnMut(&Row<'_>) -> Result<(), E>> Run<T> {
    fn claim(
        &mut self,
        lines: impl Iterator<Item = Result<Line, FileError>>,
    ) -> Result<Read, RunError<E>> {
        let mut read = Read::default();
        let (mut errors, mut more) = (Vec::new(), 0_u64);
        for line in lines {
            match line {
                Ok(line) => {
                    let number = read.count(&line).ok_or(RunError::TooMany)?;
                    let Self { settings, store, strangers, .. } = self;
                    judge::claim(settings, store, strangers, &line, number);
                }
                Err(error) if errors.len() < ERRORS_MAX => errors.push(error),
                Err(_) => more = more.saturating_add(1),
            }
        }
        if errors.is_empty() { Ok(read) } else { Err(RunError::Unreadable { errors, more }) }
    }

    fn judge(
        &mut self,
        lines: impl Iterator<Item = Result<Line, FileError>>,
    ) -> Result<Read, RunError<E>> {
        let mut read = Read::default();
        for line in lines {
            let line = line.map_err(|_| RunError::Changed)?;
            let number = read.count(&line).ok_or(RunError::TooMany)?;
            let Self { settings, store, strangers, .. } = self;
            let verdict = judge::judge(settings, store, strangers, &line, number);
            self.totals.lines += 1;
            let row = Row {
                outcome: verdict.outcome,
                line: Some(&line),
                ours: verdict.place.and_then(|place| self.store.view(place)),
                differs: verdict.differs,
                alias: verdict.alias,
                carried: None,
                change: Change::New,
            };
            let (versions, totals) = (&mut self.versions, &mut self.totals);
            emit(versions, totals, &mut self.take, &row).map_err(RunError::Caller)?;
        }
        Ok(read)
    }

    /// What the files did not mention: cash that we hold, of their day or one before.
    fn ours_only(&mut self) -> Result<(), E> {
        let date = self.settings.business_date;
        for place in 0..self.store.len() {
            let Some(held) = self.store.get(place) else { continue };
            let is_taken = held.is_seen || held.paid_line != NO_LINE;
            // Of an earlier day's file; this day's earlier version may have had it and lost it.
            let is_settled = held.matched_on().is_some_and(|day| day != date);
            if is_taken || is_settled || !held.holds_cash() || held.business_date > date {
                continue;
            }
            let carried = date.days().saturating_sub(held.business_date.days());
            let row = Row {
                outcome: Outcome::OursOnly,
                line: None,
                ours: self.store.view(place),
                differs: Differs::default(),
                alias: false,
                carried: Some(u16::try_from(carried).unwrap_or(u16::MAX)),
                change: Change::New,
            };
            emit(&mut self.versions, &mut self.totals, &mut self.take, &row)?;
        }
        Ok(())
    }

    fn withdrawn(&mut self) -> Result<(), E> {
        for was in self.versions.withdrawn() {
            let row = Row {
                outcome: Outcome::Withdrawn,
                line: None,
                ours: self.store.by_key(was.identity).and_then(|place| self.store.view(place)),
                differs: Differs::default(),
                alias: false,
                carried: None,
                change: Change::Was(was),
            };
            self.totals.count(&row);
            (self.take)(&row)?;
        }
        Ok(())
    }
}

/// Hands a row on, unless the file's earlier version said the same.
fn emit<E>(
    versions: &mut Versions,
    totals: &mut Totals,
    take: &mut impl FnMut(&Row<'_>) -> Result<(), E>,
    row: &Row<'_>,
) -> Result<(), E> {
    let compared = match (row.line, &row.ours) {
        (Some(line), _) => versions.compare(&line.identity(), row.outcome, &outcome::content(line)),
        (None, Some(ours)) => {
            versions.compare(&ours.identity(), row.outcome, &outcome::content_of(ours))
        }
        (None, None) => Compared::Other(Change::New),
    };
    match compared {
        Compared::Same => totals.unchanged += 1,
        Compared::Other(change) => {
            let row = Row { change, ..*row };
            totals.count(&row);
            take(&row)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
