//! Text becomes records of fields.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::memchr_iter;

use super::{
    decode::Decoded,
    error::{Fault, FileError, at},
};
use crate::profile::Layout;

/// The most fields a line is divided into; further ones are kept together in the last.
const FIELDS_MAX: usize = 10_000;

/// One record: a line, or more where quotes hold ends of lines.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Its first line, from 1.
    pub(super) line: u64,
    /// The fields one after the other, quotes resolved; of fixed widths the whole line.
    text: Vec<u8>,
    /// Where each begins and ends.
    bounds: Vec<(usize, usize)>,
}

impl Record {
    /// The field with this number, from 0.
    pub(super) fn field(&self, number: usize) -> Option<&[u8]> {
        let (from, to) = *self.bounds.get(number)?;
        self.text.get(from..to)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        self.bounds.iter().filter_map(|(from, to)| self.text.get(*from..*to))
    }

    /// The whole line, where columns have fixed widths.
    pub(super) fn whole(&self) -> &[u8] {
        &self.text
    }
}

/// Cuts text into records.
#[derive(Debug)]
pub(super) struct Splitter<R> {
    decoded: Decoded<R>,
    layout: Layout,
    /// Of quoted fields.
    reader: Reader,
    line_bytes_max: usize,
    /// The line being read, ended by LF.
    line: Vec<u8>,
    /// Where quoted fields end.
    ends: Vec<usize>,
    lines: u64,
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(layout: Layout, line_bytes_max: usize, decoded: Decoded<R>) -> Self {
        let reader = match layout {
            Layout::Delimited { delimiter, quote: Some(quote), .. } => {
                // A carriage return inside a line is text: it must not hide what follows it.
                let mut builder = ReaderBuilder::new();
                let builder = builder.delimiter(delimiter).quote(quote);
                builder.terminator(Terminator::Any(b'\n')).build()
            }
            Layout::Delimited { quote: None, .. } | Layout::Fixed => Reader::new(),
        };
        Self {
            decoded,
            layout,
            reader,
            line_bytes_max,
            line: Vec::new(),
            ends: Vec::new(),
            lines: 0,
        }
    }

    pub(super) const fn bytes_read(&self) -> u64 {
        self.decoded.bytes_read()
    }

    /// Reads the next record that is not blank; false: there is none.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool, FileError> {
        record.text.clear();
        record.bounds.clear();
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            // A Ctrl-Z at the end is how some systems still end a file.
            if !self.line.iter().all(|b| matches!(b, b' ' | b'\r' | b'\n' | 0x1A)) {
                break;
            }
        }
        record.line = self.lines;
        match self.layout {
            Layout::Fixed => record.text.extend_from_slice(without_end(&self.line)),
            Layout::Delimited { delimiter, quote: None, .. } => {
                record.text.extend_from_slice(without_end(&self.line));
                let mut from = 0;
                for to in memchr_iter(delimiter, &record.text).take(FIELDS_MAX) {
                    record.bounds.push((from, to));
                    from = to + 1;
                }
                record.bounds.push((from, record.text.len()));
            }
            Layout::Delimited { quote: Some(_), .. } => self.quoted(record)?,
        }
        Ok(true)
    }

    /// Reads one line, its end included, into `line`.
    fn read_line(&mut self) -> Result<bool, FileError> {
        self.line.clear();
        let number = self.lines + 1;
        loop {
            let failed = |error: std::io::Error| at(number, Fault::Source(error.to_string()));
            let available = self.decoded.available().map_err(failed)?;
            if available.is_empty() {
                if self.line.is_empty() {
                    return Ok(false);
                }
                let end: &[u8] = if self.line.ends_with(b"\r") { b"\n" } else { b"\r\n" };
                self.line.extend_from_slice(end);
                break;
            }
            let end = memchr::memchr(b'\n', available).map(|at| at + 1);
            let taken = end.unwrap_or(available.len());
            if self.line.len() + taken > self.line_bytes_max + 2 {
                return Err(at(number, Fault::TooLong(self.line_bytes_max)));
            }
            self.line.extend_from_slice(&available[..taken]);
            self.decoded.consume(taken);
            if end.is_some() {
                break;
            }
        }
        // Whatever ended it, it ends with LF alone from here on.
        if self.line.ends_with(b"\r\n") {
            self.line.truncate(self.line.len() - 2);
            self.line.push(b'\n');
        }
        self.lines = number;
        Ok(true)
    }

    /// Resolves quotes, with further lines where a quote is still open at a line's end.
    fn quoted(&mut self, record: &mut Record) -> Result<(), FileError> {
        let first = self.lines;
        let room = self.line_bytes_max + 2;
        record.text.resize(room, 0);
        self.ends.resize(FIELDS_MAX.min(room) + 1, 0);
        let (mut written, mut fields) = (0, 0);
        loop {
            let (result, _, more, ended) = self.reader.read_record(
                &self.line,
                &mut record.text[written..],
                &mut self.ends[fields..],
            );
            written += more;
            fields += ended;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => {
                    let mut from = 0;
                    for to in &self.ends[..fields] {
                        record.bounds.push((from, *to));
                        from = *to;
                    }
                    return Ok(());
                }
                // The line ended inside quotes.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(at(first, Fault::TooLong(self.line_bytes_max)));
                }
            }
            if !self.read_line()? {
                return Err(at(first, Fault::OpenQuote));
            }
        }
    }
}

/// A line without what ends it.
fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
