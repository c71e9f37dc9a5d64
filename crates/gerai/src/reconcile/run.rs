//! Matches a day's files with our records. It reads, and changes nothing.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fs::File,
    rc::Rc,
};

use anyhow::{Context, anyhow};
use domain::{
    ids::{PartnerNo, SaleNo},
    retailer::Retailer,
    sale::SaleState,
    time::Timestamp,
};
use indicatif::{ProgressBar, ProgressBarIter};
use reconcile::{
    Earlier, FileError, Line, Lines, Outcome, Row, Settings, Status, Totals,
    matcher::{Content, RunError},
};
use storage::{FileLineRow, LineState, StorageError, sqlite::Reader};

use super::{Day, DayFile, ours::Records};

/// Rows read at a time.
const PAGE: usize = 2_000;

/// What failed, as the matcher hands it on.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub(crate) struct Failed(pub(crate) anyhow::Error);

/// A run as it goes on.
pub(crate) struct Going<'a> {
    /// When it is.
    pub(crate) now: Timestamp,
    /// How far it is, in bytes of the files, which are read twice.
    pub(crate) bar: &'a ProgressBar,
    /// How many lines each file has, and their sum, in whole rupiah. Known when the first row comes
    /// out.
    pub(crate) counts: Counts,
    /// Where the sales lie that rows show, and who told us of each.
    pub(crate) places: RefCell<Vec<(SaleNo, PartnerNo)>>,
    /// The rows of what was posted before, in the order in which the matcher got it.
    before: RefCell<Vec<i64>>,
}

/// Lines and sum of each file.
pub(crate) type Counts = Rc<RefCell<Vec<(i64, i64)>>>;

impl<'a> Going<'a> {
    /// A run that begins.
    pub(crate) fn new(now: Timestamp, bar: &'a ProgressBar) -> Self {
        Self {
            now,
            bar,
            counts: Counts::default(),
            places: RefCell::default(),
            before: RefCell::default(),
        }
    }

    /// The row of what was posted before.
    pub(crate) fn row_of(&self, place: usize) -> i64 {
        self.before.borrow().get(place).copied().unwrap_or(0)
    }
}

/// Matches the files of `day` with our records, and hands on what is new since they were last posted.
pub(crate) fn run(
    reader: &Reader,
    day: &Day<'_>,
    retailer: &Retailer,
    going: &Going<'_>,
    take: impl FnMut(&Row<'_>) -> Result<(), Failed>,
) -> anyhow::Result<Totals> {
    let terms = &day.terms()?.profile;
    let contract = &retailer.contract;
    let mut settings = Settings::new(terms, day.date, going.now, contract.advice_max_age);
    settings.is_complete = !day.is_partial;
    let bytes: u64 = day
        .files
        .iter()
        .filter_map(|file| file.path.metadata().ok())
        .map(|found| found.len())
        .sum();
    going.bar.set_length(bytes.saturating_mul(2));
    let records = Records::new(reader, contract, terms, day.date, &going.places)?;
    let records = records.map(|record| record.map_err(|error| Failed(error.into())));
    let failed = Cell::new(None);
    let earlier = posted(reader, day, &going.before, &failed);
    *going.counts.borrow_mut() = vec![(0, 0); day.files.len()];
    let passes = Cell::new(0_u32);
    let open = || {
        passes.set(passes.get() + 1);
        let counts = (passes.get() == 1).then(|| Rc::clone(&going.counts));
        DayLines::open(day, going.bar, counts).map_err(Failed)
    };
    let totals = reconcile::run(&settings, records, earlier, open, take);
    if let Some(error) = failed.take() {
        return Err(error);
    }
    totals.map_err(|error| told(day, error))
}

/// What was posted of the day's files before.
fn posted<'a>(
    reader: &'a Reader,
    day: &'a Day<'_>,
    before: &'a RefCell<Vec<i64>>,
    failed: &'a Cell<Option<anyhow::Error>>,
) -> impl Iterator<Item = Earlier> + 'a {
    let mut page: VecDeque<FileLineRow> = VecDeque::new();
    let mut after = 0;
    let mut is_over = false;
    std::iter::from_fn(move || {
        loop {
            if let Some(row) = page.pop_front() {
                let no = row.no;
                let is_over = match is_over_with(reader, &row) {
                    Ok(is_over) => is_over,
                    Err(error) => {
                        failed.set(Some(error.into()));
                        return None;
                    }
                };
                if let Some(earlier) = earlier(row).filter(|_| !is_over) {
                    before.borrow_mut().push(no);
                    return Some(earlier);
                }
                continue;
            }
            if is_over {
                return None;
            }
            match reader.file_lines(day.retailer, day.date, after, PAGE) {
                Ok(rows) => {
                    is_over = rows.len() < PAGE;
                    if let Some(last) = rows.last() {
                        after = last.no;
                    }
                    page = rows.into();
                }
                Err(error) => {
                    failed.set(Some(error.into()));
                    is_over = true;
                }
            }
        }
    })
}

/// Whether a row that waited because only we had a sale is of no interest any more: a later file had
/// the sale, or we do not hold its cash since somebody closed it.
fn is_over_with(reader: &Reader, row: &FileLineRow) -> Result<bool, StorageError> {
    if row.outcome != Outcome::OursOnly.name() || row.state != LineState::Closed {
        return Ok(false);
    }
    let sale = row.sale.map(|sale| reader.our_sale(sale)).transpose()?.flatten();
    let is_held =
        sale.is_some_and(|sale| matches!(sale.state, SaleState::Booked | SaleState::Unapplied));
    Ok(!is_held || reader.said_of_line(row.no)?.is_none())
}

fn earlier(row: FileLineRow) -> Option<Earlier> {
    let outcome = match Outcome::named(&row.outcome)? {
        // A later version that has the line again says something new.
        Outcome::Withdrawn => return None,
        // What could not be booked is tried again, and until then it waits.
        Outcome::TheirsOnly if row.sale.is_none() => Outcome::AwaitingAdvice,
        outcome => outcome,
    };
    let status = row.status.as_deref().and_then(|word| {
        [Status::Paid, Status::Reversed, Status::Suspect]
            .into_iter()
            .find(|status| status.name() == word)
    });
    let content = Content { code: row.code, amount: row.amount, fee: row.fee, status };
    Some(Earlier { identity: row.identity, outcome, content })
}

/// What went wrong, with the names of files.
fn told(day: &Day<'_>, error: RunError<Failed>) -> anyhow::Error {
    match error {
        RunError::Caller(Failed(error)) => error,
        RunError::Unreadable { errors, more } => {
            let names: Vec<_> = day.files.iter().map(|file| file.name.as_str()).collect();
            let lines: Vec<_> = errors.iter().take(5).map(ToString::to_string).collect();
            let hidden = u64::try_from(errors.len().saturating_sub(lines.len())).unwrap_or(0);
            let rest = match hidden.saturating_add(more) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            anyhow!("nothing is posted of {}: {}{rest}", names.join(", "), lines.join("; "))
        }
        RunError::TooMany => anyhow!("more than four billion lines or records"),
        RunError::Changed => anyhow!("the file changed while it was read"),
    }
}

/// The lines of a day's files, one file after the other.
struct DayLines<'p> {
    files: VecDeque<Lines<'p, ProgressBarIter<File>>>,
    counts: Option<Counts>,
}

impl<'p> DayLines<'p> {
    fn open(day: &Day<'p>, bar: &ProgressBar, counts: Option<Counts>) -> anyhow::Result<Self> {
        let files = day.files.iter().zip(0_u16..).map(|(file, number)| {
            let opened = File::open(&file.path)
                .with_context(|| format!("cannot read {}", file.path.display()))?;
            let DayFile { name, profile, .. } = file;
            let says = profile.profile.read_name(name);
            let says = says.unwrap_or(reconcile::profile::FileName {
                business_date: day.date,
                sequence: None,
            });
            Ok(Lines::new(&profile.profile, says, number, bar.wrap_read(opened)))
        });
        Ok(Self { files: files.collect::<anyhow::Result<_>>()?, counts })
    }
}

impl Iterator for DayLines<'_> {
    type Item = Result<Line, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.files.front_mut()?.next() {
                Some(line) => {
                    if let (Ok(line), Some(counts)) = (&line, &self.counts)
                        && let Some(count) = counts.borrow_mut().get_mut(usize::from(line.file))
                    {
                        count.0 += 1;
                        count.1 = count.1.saturating_add(line.amount.get());
                    }
                    return Some(line);
                }
                None => drop(self.files.pop_front()),
            }
        }
    }
}
