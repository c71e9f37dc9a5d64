//! CSV as RFC 4180 has it, that no spreadsheet takes for formulas.

use std::io::{self, Write};

use super::{COLUMNS, Cell, cells};
use crate::matcher::{Row, Totals};

/// Writes rows as CSV: a header, then one line each, ended by CR LF.
///
/// Totals are written by [`Csv::totals`], which belongs into a file of its own.
#[derive(Debug)]
pub struct Csv<W> {
    out: W,
}

impl<W: Write> Csv<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        write!(out, "{}\r\n", COLUMNS.join(","))?;
        Ok(Self { out })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        for (place, cell) in cells(row).iter().enumerate() {
            if place > 0 {
                self.out.write_all(b",")?;
            }
            match cell {
                Cell::None => {}
                Cell::Number(number) => write!(self.out, "{number}")?,
                Cell::Flag(flag) => write!(self.out, "{flag}")?,
                Cell::Text(text) => field(&mut self.out, text)?,
            }
        }
        self.out.write_all(b"\r\n")
    }

    /// Writes one line per outcome.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn totals(mut out: W, totals: &Totals) -> io::Result<()> {
        out.write_all(b"outcome,rows,theirs,ours,their_fees,our_fees\r\n")?;
        for (outcome, total) in totals.each() {
            let (name, rows) = (outcome.name(), total.rows);
            let (theirs, ours) = (total.theirs, total.ours);
            let fees = format_args!("{},{}", total.their_fees, total.our_fees).to_string();
            write!(out, "{name},{rows},{theirs},{ours},{fees}\r\n")?;
        }
        out.flush()
    }

    /// Gives the writer back.
    ///
    /// # Errors
    /// Those of flushing it.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A text field. What a spreadsheet would take for a formula gets an apostrophe before it, and a text
/// that only looks like a number keeps its zeros, because the file says nothing of types.
fn field(out: &mut impl Write, text: &str) -> io::Result<()> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']);
    let needs_quotes = text.contains([',', '"', '\r', '\n', ';']) || text != text.trim();
    let guard = if is_formula { "'" } else { "" };
    if needs_quotes {
        write!(out, "\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        write!(out, "{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn no_text_is_a_formula_and_none_breaks_out_of_its_field() {
        let cases = [
            ("T001", "T001"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("+62", "'+62"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            (" a", "\" a\""),
        ];
        for (text, expected) in cases {
            let mut out = Vec::new();
            field(&mut out, text).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
