//! Writes down what came out of a run, and books what has to be booked: batch after batch through the
//! pipeline. Each batch is whole or not there, so after a crash the same order does the rest.

mod lines;

use std::path::Path;

use anyhow::{anyhow, bail};
use domain::{ids::PartnerNo, money::Rupiah, retailer::Retailer};
use gateway::{
    Gateway,
    admin::ReconciledReply,
    request::{LineAct, LineToPost, LinesPosted, LinesRequest, PostedFile},
};
use indicatif::ProgressBar;
use reconcile::{Outcome, Row, Totals};
use storage::{FileLineRow, sqlite::Reader};
use tokio::runtime::Handle;

use super::{Day, Failed, Going, Order, run, sha256};
use crate::config::NamedProfile;

/// Lines in a commit. The memory that posting takes is that of so many.
const LINES_MAX: usize = 250;
/// So many lines that were paid since are caught up with at a time.
const CATCH_UP_MAX: usize = 10_000;

/// Carries an order out, whose files are kept in `folder`. Blocks; call it where that is allowed,
/// within a runtime.
pub(crate) fn post(
    gateway: &Gateway,
    reader: &Reader,
    profiles: &[NamedProfile],
    folder: &Path,
    order: &Order,
) -> anyhow::Result<ReconciledReply> {
    let day = Day::ordered(profiles, order, folder)?;
    let retailer = gateway
        .retailers()
        .get(day.retailer)
        .ok_or_else(|| anyhow!("there is no retailer `{}`", day.retailer))?;
    let bar = ProgressBar::hidden();
    ask(gateway, reader, profiles, (&day, retailer), order)?;
    let going = Going::new(gateway.clock().now(), &bar);
    let mut poster = Poster {
        gateway,
        reader,
        day: &day,
        retailer,
        going: &going,
        by: &order.by,
        partner: partner(gateway, &day)?,
        files: Vec::new(),
        batch: Vec::new(),
        batch_file: 0,
        posted: LinesPosted::default(),
    };
    let totals = run(reader, &day, retailer, &going, |row| poster.row(row).map_err(Failed))?;
    poster.send()?;
    poster.catch_up()?;
    // A file that says nothing new has arrived all the same.
    poster.files()?;
    Ok(poster.reply(&totals))
}

/// Refuses a posting that would book more from the files alone than somebody has agreed to (rule 32).
/// The files are read for it before anything is posted.
fn ask(
    gateway: &Gateway,
    reader: &Reader,
    profiles: &[NamedProfile],
    (day, retailer): (&Day<'_>, &Retailer),
    order: &Order,
) -> anyhow::Result<()> {
    let bar = ProgressBar::hidden();
    let going = Going::new(gateway.clock().now(), &bar);
    let totals = run(reader, day, retailer, &going, |_| Ok(()))?;
    let found = totals.of(Outcome::TheirsOnly);
    let found = Order { creates: found.rows, creates_sum: found.theirs, ..order.clone() };
    let agreed = order.agreed.unwrap_or(0);
    if found.creates <= agreed || !found.is_much(profiles) {
        return Ok(());
    }
    let (creates, sum) = (found.creates, found.creates_sum);
    bail!(
        "nothing is posted: the files tell of {creates} sales, Rp {sum} together, of which no till \
         has told us, and {agreed} are agreed to; look at them, then say --yes-create {creates}"
    )
}

/// Who told us, or will tell us, of the sales in these files.
fn partner(gateway: &Gateway, day: &Day<'_>) -> anyhow::Result<PartnerNo> {
    let terms = day.terms()?;
    let directory = gateway.directory();
    let mut serving = directory.partners().filter(|partner| match &terms.counter {
        Some(name) => partner.name == *name,
        None => !partner.disabled && partner.serves(day.retailer),
    });
    match (serving.next(), serving.next()) {
        (Some(partner), None) => Ok(partner.no),
        (None, _) => bail!(
            "no counter serves {}, so nobody can have told us of its sales; reconcile.{}.counter \
             names one",
            day.retailer,
            terms.name
        ),
        (Some(_), Some(_)) => bail!(
            "several counters serve {}: say in reconcile.{}.counter which one these files are of",
            day.retailer,
            terms.name
        ),
    }
}

struct Poster<'a> {
    gateway: &'a Gateway,
    reader: &'a Reader,
    day: &'a Day<'a>,
    retailer: &'a Retailer,
    going: &'a Going<'a>,
    by: &'a str,
    partner: PartnerNo,
    /// The files' numbers, once they are written down.
    files: Vec<i64>,
    batch: Vec<LineToPost>,
    /// Of which of the day's files the batch is.
    batch_file: usize,
    posted: LinesPosted,
}

impl Poster<'_> {
    fn row(&mut self, row: &Row<'_>) -> anyhow::Result<()> {
        let Some(line) = self.line(row)? else { return Ok(()) };
        let file = row.line.map_or(0, |line| usize::from(line.file));
        if file != self.batch_file || self.batch.len() >= LINES_MAX {
            self.send()?;
            self.batch_file = file;
        }
        self.batch.push(line);
        Ok(())
    }

    /// Writes the files down that are not yet; their numbers.
    fn files(&mut self) -> anyhow::Result<&[i64]> {
        if self.files.is_empty() {
            let day = (self.day.retailer, self.day.date);
            let mut known = self.reader.files_of(day)?;
            let counts = self.going.counts.borrow().clone();
            for (file, (lines, total)) in self.day.files.iter().zip(counts) {
                let sha256 = sha256(&file.path)?;
                let profile = &file.profile.name;
                let same =
                    |row: &&storage::FileRow| row.profile == *profile && row.sha256 == sha256;
                if let Some(row) = known.iter().find(same) {
                    self.files.push(row.no);
                    continue;
                }
                let newest = known.iter().filter(|row| row.profile == *profile);
                let revision = newest.map(|row| row.revision).max().unwrap_or(0) + 1;
                let post = self.gateway.post_file(PostedFile {
                    retailer: self.day.retailer,
                    business_date: self.day.date,
                    revision,
                    name: file.name.clone(),
                    profile: profile.clone(),
                    sha256,
                    lines,
                    total,
                    by: self.by.to_owned(),
                    at: self.going.now,
                });
                let no = Handle::current().block_on(post)?;
                self.files.push(no);
                known.extend(self.reader.file(no)?);
            }
        }
        Ok(&self.files)
    }

    /// Matches what was paid since its line was posted: cash that an operator put to a payment, and
    /// payments that a till could still take back then.
    fn catch_up(&mut self) -> anyhow::Result<()> {
        let mut file = 0;
        let mut lines = Vec::new();
        for (no, payment) in self.reader.lines_paid_since(self.day.retailer, CATCH_UP_MAX)? {
            let Some(row) = self.reader.file_line(no)? else { continue };
            let sale = row.sale.map(|sale| self.reader.our_sale(sale)).transpose()?.flatten();
            let known = sale.and_then(|sale| sale.commission);
            let commission = row.fee.or(known).unwrap_or(Rupiah::ZERO);
            if row.file != file || lines.len() >= LINES_MAX {
                self.post_lines(file, std::mem::take(&mut lines))?;
                file = row.file;
            }
            let row = FileLineRow { payment: Some(payment), ..row };
            lines.push(LineToPost { row, act: LineAct::Match { commission } });
        }
        self.post_lines(file, lines)
    }

    fn post_lines(&mut self, file: i64, lines: Vec<LineToPost>) -> anyhow::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let request = LinesRequest { file, lines, at: self.going.now };
        self.posted += Handle::current().block_on(self.gateway.post_lines(request))?;
        Ok(())
    }

    fn send(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let place = self.batch_file;
        let file = self.files()?.get(place).copied().ok_or_else(|| anyhow!("a file is missing"))?;
        let lines = std::mem::take(&mut self.batch);
        self.post_lines(file, lines)
    }

    fn reply(&self, totals: &Totals) -> ReconciledReply {
        let outcomes = totals.each().filter(|(_, total)| total.rows > 0);
        ReconciledReply {
            retailer: self.day.retailer.to_string(),
            business_date: self.day.date.to_string(),
            files: self.files.clone(),
            lines: totals.lines,
            unchanged: totals.unchanged,
            outcomes: outcomes.map(|(one, total)| (one.name().to_owned(), total.rows)).collect(),
            posted: self.posted.lines,
            matched: self.posted.matched,
            unmatched: self.posted.unmatched,
            paid: self.posted.paid,
            unapplied: self.posted.unapplied,
            stuck: self.posted.stuck,
            not_final: self.posted.not_final,
        }
    }
}
