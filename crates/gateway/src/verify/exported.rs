//! The database against roots that were kept on another host.

use domain::ids::EventNo;
use storage::{StorageError, sqlite::Reader};

use super::{
    found::{Findings, Report},
    plan::Ends,
    roots::covers,
};
use crate::{
    roots::{ExportedRoot, NotARoot, PublicKey, root_of},
    settings::StartError,
    vault::Vault,
};

/// Takes one exported root after the other, and compares each with what is there. [`super::verify`] must
/// have found that the chain itself fits.
#[derive(Debug)]
pub struct Exported<'a> {
    reader: &'a Reader,
    key: Option<PublicKey>,
    ends: Ends,
    findings: Findings,
    count: u64,
    last: Option<(i64, [u8; 32])>,
    told_of_key: bool,
}

impl<'a> Exported<'a> {
    /// Compares with the rows of `reader`.
    pub fn new(reader: &'a Reader, vault: &Vault) -> Result<Self, StartError> {
        let key = PublicKey::of(&reader.directory()?, vault)?;
        let ends = Ends { numbers: reader.sequences()?, root: None, now: None };
        let findings = Findings::default();
        Ok(Self { reader, key, ends, findings, count: 0, last: None, told_of_key: false })
    }

    /// Compares a root; an error where it is none at all.
    pub fn compare(
        &mut self,
        exported: &ExportedRoot,
    ) -> Result<Result<(), NotARoot>, StorageError> {
        let read = match exported.read() {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        self.count += 1;
        let (row, no) = (&read.row, read.row.no);
        let exported = |no: i64| format!("exported root {no}");
        if root_of(row, &read.before) != row.root || !read.key.signed(row) {
            self.findings.find(exported(no), "it was changed: its signature does not fit");
            return Ok(Ok(()));
        }
        if self.key != Some(read.key) && !self.told_of_key {
            let ours = self.key.map_or_else(|| "none".to_owned(), PublicKey::to_hex);
            let what = format!(
                "key {} signed it, and this data's key is {ours}: the file is of another \
                 installation, or the data's key was replaced",
                read.key.to_hex()
            );
            self.findings.find(exported(no), what);
            self.told_of_key = true;
        }
        if let Some((last, root)) = self.last {
            if no <= last {
                self.findings.find(exported(no), format!("it comes after root {last}"));
            } else if no == last + 1 && read.before != root {
                self.findings.find(exported(no), "it does not follow the one before it");
            }
        }
        self.last = Some((no, row.root));
        let place = || format!("chain_root {no}");
        match self.reader.root(no) {
            Ok(Some(own)) if own == *row => {}
            Ok(Some(_)) => self.findings.find(place(), "it is not the one that was exported"),
            Ok(None) => self.findings.find(place(), "it is missing, and was exported"),
            Err(StorageError::Corrupt(corrupt)) => self.findings.corrupt(corrupt),
            Err(error) => return Err(error),
        }
        if row.last_event < EventNo::new(1) {
            return Ok(Ok(()));
        }
        covers(self.reader, row, &self.ends, &mut self.findings)?;
        Ok(Ok(()))
    }

    /// Adds what was found to a report; how many roots were compared.
    pub fn add_to(self, report: &mut Report) -> u64 {
        report.add(self.findings);
        self.count
    }
}
