//! Sums over a run.

use domain::money::Rupiah;

use super::outcome::{Outcome, Row};

/// Everything that came out, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    outcomes: [Total; Outcome::ALL.len()],
    /// Lines of the file or files.
    pub lines: u64,
    /// Records of ours that were given.
    pub records: u64,
    /// Lines and records that came out as in the file's earlier version, and are not among the rows.
    pub unchanged: u64,
    /// Ours-only records that are suspect by now (rule 34).
    pub overdue: u64,
}

/// One outcome, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many rows.
    pub rows: u64,
    /// What they say was handed over, in whole rupiah.
    pub theirs: i64,
    /// What we say was handed over, in whole rupiah.
    pub ours: i64,
    /// What they say they keep, in whole rupiah.
    pub their_fees: i64,
    /// What we think they keep, in whole rupiah.
    pub our_fees: i64,
}

impl Totals {
    /// Of one outcome.
    pub fn of(&self, outcome: Outcome) -> Total {
        self.each().find(|(one, _)| *one == outcome).map(|(_, total)| total).unwrap_or_default()
    }

    /// Of every outcome, in the order in which reports list them.
    pub fn each(&self) -> impl Iterator<Item = (Outcome, Total)> + '_ {
        Outcome::ALL.into_iter().zip(self.outcomes.iter().copied())
    }

    pub(super) fn count(&mut self, row: &Row<'_>) {
        let places = Outcome::ALL.into_iter().zip(self.outcomes.iter_mut());
        for (_, total) in places.filter(|(outcome, _)| *outcome == row.outcome) {
            total.rows += 1;
            // At most 4e9 rows of at most 1e10 rupiah, which an i64 holds.
            if let Some(line) = row.line {
                total.theirs += line.amount.get();
                total.their_fees += line.fee.map_or(0, Rupiah::get);
            }
            if let Some(ours) = row.ours {
                total.ours += ours.amount.get();
                total.our_fees += ours.fee.map_or(0, Rupiah::get);
            }
        }
        self.overdue += u64::from(row.is_overdue());
    }
}
