//! JSON, one object a line.

use std::io::{self, Write};

use super::{COLUMNS, Cell, cells};
use crate::matcher::{Row, Totals};

/// Writes rows as JSON lines: the members are CSV's columns, and those that are not known are left
/// out. The last line is the totals, whose one member is `totals`.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let mut before = b"{";
        for (name, cell) in COLUMNS.iter().zip(cells(row)) {
            if cell == Cell::None {
                continue;
            }
            self.out.write_all(before)?;
            before = b",";
            write!(self.out, "\"{name}\":")?;
            match cell {
                Cell::None => {}
                Cell::Number(number) => write!(self.out, "{number}")?,
                Cell::Flag(flag) => write!(self.out, "{flag}")?,
                Cell::Text(text) => string(&mut self.out, &text)?,
            }
        }
        self.out.write_all(b"}\n")
    }

    /// Writes the totals and gives the writer back.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, totals: &Totals) -> io::Result<W> {
        let Totals { lines, records, unchanged, overdue, .. } = totals;
        write!(
            self.out,
            "{{\"totals\":{{\"lines\":{lines},\"records\":{records},\"unchanged\":{unchanged},\
             \"overdue\":{overdue},\"outcomes\":{{"
        )?;
        let mut before = "";
        for (outcome, total) in totals.each() {
            write!(
                self.out,
                "{before}\"{}\":{{\"rows\":{},\"theirs\":{},\"ours\":{},\"their_fees\":{},\
                 \"our_fees\":{}}}",
                outcome.name(),
                total.rows,
                total.theirs,
                total.ours,
                total.their_fees,
                total.our_fees
            )?;
            before = ",";
        }
        self.out.write_all(b"}}}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn string(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    for char in text.chars() {
        match char {
            '"' | '\\' => write!(out, "\\{char}")?,
            '\0'..='\x1F' | '\x7F' => write!(out, "\\u{:04x}", u32::from(char))?,
            _ => write!(out, "{char}")?,
        }
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        string(&mut out, "a\"b\\c\n\u{7f}é").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"b\\\\c\\u000a\\u007fé\"");
    }
}
