//! Who looks at what: tables are cut into ranges of numbers, which threads take in turn.

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use domain::time::Timestamp;
use storage::{ChainRootRow, Sequences, StorageError, sqlite::Reader};

use super::{Keys, events, found::Part, payments, roots, sales};

/// A range for each thread would leave the others waiting for the slowest.
const RANGES_PER_THREAD: i64 = 8;
/// Shorter ranges are not worth their beginning.
const RANGE_ROWS_MIN: i64 = 20_000;
/// A signature takes as long as fifty rows.
const RANGE_ROOTS_MIN: i64 = 400;
/// Rows between two reports of progress.
const TICK_ROWS: u64 = 1_024;

/// Where the tables end.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) numbers: Sequences,
    pub(super) root: Option<ChainRootRow>,
    /// When the newest event was.
    pub(super) now: Option<Timestamp>,
}

/// Rows after a number up to another; the last range of a table has no end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) after: i64,
    pub(super) until: i64,
}

impl Range {
    pub(super) const fn has_end(self) -> bool {
        self.until != i64::MAX
    }

    pub(super) const fn numbers(self) -> (i64, i64) {
        (self.after, self.until)
    }
}

/// A range of a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    Events(Range),
    Payments(Range),
    Sales(Range),
    Roots(Range),
    /// Payments again, each posting compared with its entries.
    Postings(Range),
}

/// Every row of every table that grows, once.
pub(super) fn plan(ends: &Ends, threads: usize) -> Vec<Task> {
    let threads = i64::try_from(threads).unwrap_or(1);
    let cut = |last: i64, least: i64| {
        let step = (last / (threads * RANGES_PER_THREAD)).max(least);
        (0..)
            .map(move |part: i64| part.saturating_mul(step))
            .take_while(move |after| *after == 0 || *after < last)
            .map(move |after| {
                let until = after.saturating_add(step);
                Range { after, until: if until < last { until } else { i64::MAX } }
            })
    };
    let numbers = &ends.numbers;
    let last_root = ends.root.as_ref().map_or(0, |root| root.no);
    let mut tasks = Vec::new();
    tasks.extend(cut(numbers.event, RANGE_ROWS_MIN).map(Task::Events));
    tasks.extend(cut(numbers.payment, RANGE_ROWS_MIN).map(Task::Payments));
    tasks.extend(cut(numbers.sale, RANGE_ROWS_MIN).map(Task::Sales));
    tasks.extend(cut(last_root, RANGE_ROOTS_MIN).map(Task::Roots));
    tasks
}

/// Tasks, and how far they are.
pub(super) struct Work<'a> {
    keys: &'a Keys,
    ends: &'a Ends,
    tasks: Vec<Task>,
    next: AtomicUsize,
    seen: AtomicU64,
}

impl<'a> Work<'a> {
    pub(super) fn new(keys: &'a Keys, ends: &'a Ends, tasks: Vec<Task>) -> Self {
        Self { keys, ends, tasks, next: AtomicUsize::new(0), seen: AtomicU64::new(0) }
    }

    /// The tasks of a second, closer look at payments.
    pub(super) fn closely(&self) -> Vec<Task> {
        let closely = |task: &Task| match task {
            Task::Payments(range) => Some(Task::Postings(*range)),
            Task::Events(_) | Task::Sales(_) | Task::Roots(_) | Task::Postings(_) => None,
        };
        self.tasks.iter().filter_map(closely).collect()
    }

    /// Does all of it, with a thread for each connection. This thread tells of the progress.
    pub(super) fn done_by(
        &self,
        readers: &mut [Reader],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Part, StorageError> {
        let Some((own, others)) = readers.split_first_mut() else { return Ok(Part::default()) };
        thread::scope(|scope| {
            let spawn = |reader: &'_ mut Reader| self.done_with(reader, &mut |_| {});
            let others: Vec<_> =
                others.iter_mut().map(|reader| scope.spawn(move || spawn(reader))).collect();
            let mut part = self.done_with(own, progress);
            for other in others {
                let other = other.join().unwrap_or_else(|panic| resume_unwind(panic));
                part = part.and_then(|mut part| {
                    part.merge(other?);
                    Ok(part)
                });
            }
            part
        })
    }

    /// Takes one task after the other until none is left.
    fn done_with(
        &self,
        reader: &Reader,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Part, StorageError> {
        let mut part = Part::default();
        reader.keep_much()?;
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = self.tasks.get(place) else { break };
            part.findings.task = place;
            let ticker = Ticker { seen: &self.seen, progress, rows: 0 };
            let look = Look { reader, keys: self.keys, ends: self.ends, part: &mut part, ticker };
            match *task {
                Task::Events(range) => events::walk(look, range)?,
                Task::Payments(range) => payments::walk(look, range, false)?,
                Task::Postings(range) => payments::walk(look, range, true)?,
                Task::Sales(range) => sales::walk(look, range)?,
                Task::Roots(range) => roots::walk(look, range)?,
            }
        }
        part.findings.task = self.tasks.len();
        Ok(part)
    }
}

/// One thread's look at a range.
pub(super) struct Look<'a> {
    pub(super) reader: &'a Reader,
    pub(super) keys: &'a Keys,
    pub(super) ends: &'a Ends,
    pub(super) part: &'a mut Part,
    pub(super) ticker: Ticker<'a>,
}

/// Counts rows, and tells of them now and then.
pub(super) struct Ticker<'a> {
    seen: &'a AtomicU64,
    progress: &'a mut dyn FnMut(u64),
    rows: u64,
}

impl Ticker<'_> {
    /// So many more rows were looked at.
    pub(super) fn rows(&mut self, rows: u64) {
        self.rows += rows;
        if self.rows >= TICK_ROWS {
            let seen = self.seen.fetch_add(self.rows, Ordering::Relaxed) + self.rows;
            (self.progress)(seen);
            self.rows = 0;
        }
    }
}

impl Drop for Ticker<'_> {
    fn drop(&mut self) {
        self.seen.fetch_add(self.rows, Ordering::Relaxed);
    }
}
