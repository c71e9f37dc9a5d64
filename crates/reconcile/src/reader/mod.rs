//! Reads a file by its profile, line by line, in bounded memory.
//!
//! What cannot be read becomes an error with its line and column, and reading goes on with the next
//! line where that makes sense. At the end the file is held against its trailer and its name
//! (rule 32). Whoever gets any error must not use the file.

mod decode;
mod edges;
mod error;
mod fields;
mod record;

use std::{io::Read, mem};

pub use self::error::{Disagreement, Fault, FileError};
use self::{
    decode::Decoded,
    edges::Edges,
    error::at,
    fields::Fields,
    record::{Record, Splitter},
};
use crate::{
    line::Line,
    profile::{Name, Profile},
};

/// The lines of one file. It holds two buffers of 64 KiB and two of the longest line.
#[derive(Debug)]
pub struct Lines<'p, R> {
    profile: &'p Profile,
    name: Name,
    file: u16,
    splitter: Splitter<R>,
    record: Record,
    fields: Fields,
    edges: Edges,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header { left: u64 },
    Sales,
    AfterTrailer,
    Done,
}

impl<'p, R: Read> Lines<'p, R> {
    /// Reads `source`, the run's `file`-th, whose name said `name`.
    pub fn new(profile: &'p Profile, name: Name, file: u16, source: R) -> Self {
        let decoded = Decoded::new(profile.encoding, source);
        let left = profile.header.lines + u64::from(profile.header.mark.is_some());
        Self {
            profile,
            name,
            file,
            splitter: Splitter::new(profile.layout, profile.line_bytes_max, decoded),
            record: Record::default(),
            fields: Fields::new(profile),
            edges: Edges::default(),
            state: if left == 0 { State::Sales } else { State::Header { left } },
        }
    }

    /// How many bytes were read from the source, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.splitter.bytes_read()
    }

    /// Reads on until there is a sale or an error; none: the file is over.
    fn advance(&mut self) -> Option<Result<Line, FileError>> {
        loop {
            match self.splitter.next(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return self.end().map(Err),
                Err(error) => {
                    // The place is lost, so is the rest of the file.
                    self.state = State::Done;
                    return Some(Err(error));
                }
            }
            let line = self.record.line;
            match self.state {
                State::Header { left } => {
                    if let Err(error) = self.header(left) {
                        self.state = State::Done;
                        return Some(Err(error));
                    }
                }
                State::Sales if Edges::is_trailer(self.profile, &self.fields, &self.record) => {
                    self.state = State::AfterTrailer;
                    if let Err(error) =
                        self.edges.trailer(self.profile, self.name, &self.fields, &self.record)
                    {
                        return Some(Err(error));
                    }
                }
                State::Sales => {
                    let read = self.fields.line(self.profile, self.name, self.file, &self.record);
                    self.edges.count(read.as_ref().ok());
                    return Some(read);
                }
                State::AfterTrailer => {
                    self.state = State::Done;
                    return Some(Err(at(line, Fault::AfterTrailer)));
                }
                State::Done => return None,
            }
        }
    }

    fn header(&mut self, left: u64) -> Result<(), FileError> {
        if left == 1 {
            Edges::header(self.profile, self.name, &mut self.fields, &self.record)?;
        }
        self.state = if left == 1 { State::Sales } else { State::Header { left: left - 1 } };
        Ok(())
    }

    /// What is wrong with the file as a whole; the last thing that is told.
    fn end(&mut self) -> Option<FileError> {
        let line = self.record.line;
        let fault = match mem::replace(&mut self.state, State::Done) {
            State::Header { .. } => Some(Fault::NoHeader),
            State::Sales => self.profile.trailer.as_ref().map(|_| Fault::NoTrailer),
            State::AfterTrailer | State::Done => None,
        };
        fault.map(|fault| at(line, fault))
    }
}

impl<R: Read> Iterator for Lines<'_, R> {
    type Item = Result<Line, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done { None } else { self.advance() }
    }
}

#[cfg(test)]
mod tests;
