//! What can be wrong with a file, and where.

use std::fmt;

use crate::profile::NotAnAmount;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The line, from 1; 0: before the first.
    pub line: u64,
    /// The column, as the profile calls it, where it is one column's fault.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The source failed.
    #[error("the file could not be read: {0}")]
    Source(String),
    /// The line is longer than the profile allows, which is also how a lost quote ends.
    #[error("the line is longer than {0} bytes; is a quote not closed?")]
    TooLong(usize),
    /// The file ends inside quotes.
    #[error("a quote is not closed")]
    OpenQuote,
    /// The line is too short, or has too few fields.
    #[error("the line does not reach this column")]
    Missing,
    /// A line has another number of fields than the profile says: a delimiter may stand in a field.
    #[error("the line has {0} fields instead of {1}; does one hold a delimiter?")]
    Fields(usize, usize),
    /// Bytes that mean nothing in the profile's encoding.
    #[error("holds bytes that are no text in this encoding")]
    NotText,
    /// It is no payment code.
    #[error("{0} is not a payment code: 1 to 24 letters and digits")]
    Code(Shown),
    /// It is no amount.
    #[error("{0} is not an amount: it {1}")]
    Amount(Shown, NotAnAmount),
    /// It is no date or time in the profile's form.
    #[error("{0} is not a date or time as the profile writes it")]
    Time(Shown),
    /// It is not one of the profile's words.
    #[error("{0} is not a status that the profile knows")]
    Status(Shown),
    /// It cannot name an outlet or terminal.
    #[error("{0} is not a name: 1 to 32 visible ASCII characters")]
    Word(Shown),
    /// It cannot name a sale.
    #[error("{0} does not name a sale: 1 to 64 visible ASCII characters")]
    Sale(Shown),
    /// It is no number.
    #[error("{0} is not a number")]
    Number(Shown),
    /// The header is not there.
    #[error("the header is missing")]
    NoHeader,
    /// The header does not name a column.
    #[error("the header names no column {0}")]
    NoColumn(Shown),
    /// The trailer is not there: the file may be cut off.
    #[error("the trailer is missing; the file may be cut off")]
    NoTrailer,
    /// Something follows the trailer.
    #[error("a line follows the trailer")]
    AfterTrailer,
    /// The file disagrees with itself or its name (rule 32).
    #[error("{0}")]
    Disagrees(Disagreement),
}

/// Two things that should be the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// Lines were counted otherwise.
    #[error("the trailer counts {says} lines, but there are {read}")]
    Count {
        /// What the trailer says.
        says: u64,
        /// What was read.
        read: u64,
    },
    /// Amounts were summed otherwise.
    #[error("the trailer's sum is {says}, but that of the lines is {read}")]
    Sum {
        /// What the trailer says, in whole rupiah.
        says: i64,
        /// What was read, in whole rupiah.
        read: i64,
    },
    /// The day is another.
    #[error("the day is {says}, but the file's name says {name}")]
    Date {
        /// What the header or trailer says.
        says: domain::time::BusinessDate,
        /// What the name says.
        name: domain::time::BusinessDate,
    },
    /// The sequence number is another.
    #[error("the sequence number is {says}, but the file's name says {name}")]
    Sequence {
        /// What the header or trailer says.
        says: u32,
        /// What the name says.
        name: u32,
    },
}

/// Foreign text as an error may show it: quoted, escaped, and at most 40 characters of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    pub(super) fn new(text: &str) -> Self {
        Self(text.chars().take(40).collect())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_debug())
    }
}

pub(super) fn at(line: u64, fault: Fault) -> FileError {
    FileError { line, column: None, fault }
}

pub(super) fn within(line: u64, column: &'static str, fault: Fault) -> FileError {
    FileError { line, column: Some(column), fault }
}
