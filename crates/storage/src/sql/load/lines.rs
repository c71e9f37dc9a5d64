//! What a batch reads for lines of retailers' files.

use super::{super::query::all_of_each, Loader, Result, decode, first_of_each, params, sql};
use crate::LinesWanted;

impl Loader<'_> {
    pub(super) fn lines(&mut self, wanted: &LinesWanted) -> Result<()> {
        self.days(wanted.days.iter().copied())?;
        self.sales(&wanted.sales)?;
        let loaded = &mut self.loaded;
        first_of_each(
            self.conn,
            sql::FILE_LINE,
            &wanted.lines,
            |no| params![no],
            decode::lines::line,
            |_, row| {
                loaded.lines.insert(row.no, row);
            },
        )?;
        first_of_each(
            self.conn,
            sql::SAID_OF_LINE,
            &wanted.said_of_lines,
            |no| params![no],
            decode::lines::difference,
            |_, row| loaded.differences.push(row),
        )?;
        first_of_each(
            self.conn,
            sql::SAID_OF_SALE,
            &wanted.said_of_sales,
            |no| params![no.get()],
            decode::lines::difference,
            |_, row| loaded.differences.push(row),
        )?;
        let mut sales = Vec::new();
        all_of_each(
            self.conn,
            sql::FILE_ALIASES,
            &wanted.aliases,
            |code| params![code.as_str()],
            decode::lines::alias,
            |code, row| {
                let aliases = loaded.aliases.entry(*code).or_default();
                // A code that is wanted twice is found twice.
                if aliases.iter().all(|alias| alias.no != row.no) {
                    sales.push(row.sale);
                    aliases.push(row);
                }
            },
        )?;
        self.sales(&sales)
    }
}
