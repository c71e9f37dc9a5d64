//! Text for people.

use std::io::{self, Write};

use super::{Cell, cells, shown};
use crate::matcher::{Row, Totals};

/// Writes the rows that somebody has to look at, then the totals, as text in columns.
///
/// Rows are written as they come, so the columns have fixed widths; a longer text moves what follows.
#[derive(Debug)]
pub struct Table<W> {
    out: W,
    rows: u64,
}

impl<W: Write> Table<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, rows: 0 }
    }

    /// Writes a row, if its outcome is odd ([`crate::Outcome::is_odd`]).
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        if !row.outcome.is_odd() {
            return Ok(());
        }
        if self.rows == 0 {
            writeln!(
                self.out,
                "{:<16} {:>8}  {:<24} {:>13} {:>13} {:>8} {:>8}  {:<25} {:<12} identity",
                "outcome", "line", "code", "theirs", "ours", "fee", "our fee", "time", "outlet"
            )?;
        }
        self.rows += 1;
        let cells = cells(row);
        let [_, file, line, identity, _, _, code, ..] = &cells;
        let [.., theirs, ours, their_fee, our_fee, _, _, _, _, outlet, _, _, _, _, _, _, _] =
            &cells;
        let file = match file {
            Cell::Number(0) | Cell::None => String::new(),
            other => format!("{}:", plain(other)),
        };
        let at = row.line.and_then(|line| line.sold_at);
        let at = at.or_else(|| row.ours.map(|ours| ours.till_at)).map(shown).unwrap_or_default();
        write!(
            self.out,
            "{:<16} {:>8}  {:<24} {:>13} {:>13} {:>8} {:>8}  {:<25} {:<12} {}",
            row.outcome.name(),
            file + &plain(line),
            plain(code),
            plain(theirs),
            plain(ours),
            plain(their_fee),
            plain(our_fee),
            at,
            plain(outlet),
            plain(identity)
        )?;
        let notes = [
            (row.differs.code, "another code has this number"),
            (row.alias, "found without a number"),
            (row.is_overdue(), "suspect, carried too long"),
        ];
        for (_, note) in notes.into_iter().filter(|(is, _)| *is) {
            write!(self.out, "; {note}")?;
        }
        writeln!(self.out)
    }

    /// Writes the totals and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, totals: &Totals) -> io::Result<W> {
        if self.rows > 0 {
            writeln!(self.out)?;
        }
        writeln!(
            self.out,
            "{:<16} {:>10} {:>18} {:>18} {:>14} {:>14}",
            "outcome", "rows", "theirs", "ours", "their fees", "our fees"
        )?;
        for (outcome, total) in totals.each().filter(|(_, total)| total.rows > 0) {
            writeln!(
                self.out,
                "{:<16} {:>10} {:>18} {:>18} {:>14} {:>14}",
                outcome.name(),
                total.rows,
                total.theirs,
                total.ours,
                total.their_fees,
                total.our_fees
            )?;
        }
        let Totals { lines, records, unchanged, overdue, .. } = totals;
        writeln!(self.out, "{lines} lines, {records} records of ours, {unchanged} unchanged")?;
        if *overdue > 0 {
            writeln!(self.out, "{overdue} of ours only are suspect")?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

fn plain(cell: &Cell<'_>) -> String {
    match cell {
        Cell::None => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Text(text) => text.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
    }
}
