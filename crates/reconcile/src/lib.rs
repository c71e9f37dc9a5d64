//! A retailer's end-of-day file: read by a profile, matched with our records, and reported.
//!
//! Rules 12, 32, 33 and 34. Pure: no clock, no database, no file; only `Read` and `Write`.
//!
//! 1. [`profile`] says what a retailer's files look like, as data.
//! 2. [`reader`] turns bytes into [`Line`]s, and checks the file against its own trailer and name.
//! 3. [`matcher`] tells for every line and every record of ours what became of it.
//! 4. [`report`] writes that down, for people and for programs.
//!
//! [`generator`] makes files with known errors in them, to see whether all are found.

pub mod generator;
mod line;
pub mod matcher;
pub mod profile;
pub mod reader;
pub mod report;

pub use self::{
    line::{Line, Status, Word},
    matcher::{Earlier, Ours, Outcome, Row, Settings, Totals, run},
    profile::{Profile, ProfileError, ProfileText},
    reader::{FileError, Lines},
};

#[cfg(test)]
mod tests;
