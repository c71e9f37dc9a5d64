//! Retailers' files that were posted, which are kept under the digests of their bytes: a backup takes
//! them along, and whoever checks everything compares them with their rows.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use gateway::verify::{FINDINGS_MAX, Finding, Report};
use storage::sqlite::Reader;

use super::manifest::{KeptFile, sha256};
use crate::{bootstrap::key_file::sync_folder, reconcile::kept};

/// The folder beside backups, in which each file lies once for all of them.
const BESIDE: &str = "gerai-files";

/// A file that was posted, by its digest: what people call it.
type Posted = BTreeMap<String, String>;

/// The files that rows tell of.
pub(super) fn posted(reader: &Reader) -> anyhow::Result<Posted> {
    let mut posted = Posted::new();
    reader.walk_files(&mut |row| {
        // A row that does not read back is copied as it is; `gerai verify` names it.
        if let Ok(row) = row {
            posted.insert(hex::encode(row.sha256), format!("file {} ({})", row.no, row.name));
        }
    })?;
    Ok(posted)
}

/// Copies every file that is kept in `data` to the folder beside `backup`. What comes back is what is
/// there now, and what should be and is not: a backup without some evidence is better than none.
pub(super) fn back_up(
    data: &Path,
    backup: &Path,
    posted: &Posted,
) -> anyhow::Result<(Vec<KeptFile>, Vec<String>)> {
    let (from, to) = (kept::folder_of(data), beside(backup));
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    // Files of proposals that nobody decided yet are kept, too, though no row tells of them.
    let mut names: BTreeMap<String, String> = posted.clone();
    for name in kept_in(&from)? {
        names.entry(name.clone()).or_insert_with(|| format!("the copy {name}"));
    }
    for (name, shown) in names {
        match look(&from.join(&name), &name)? {
            Ok(bytes) => {
                make_folder(&to)?;
                let copy = to.join(&name);
                if look(&copy, &name)?.is_err() {
                    put(&from.join(&name), &copy, &name)?;
                }
                files.push(KeptFile { sha256: name, bytes });
            }
            Err(what) => wrong.push(format!("{shown}: {what}")),
        }
    }
    Ok((files, wrong))
}

/// Whether every file of a backup lies beside it as its manifest says.
pub(super) fn check(backup: &Path, files: &[KeptFile]) -> anyhow::Result<()> {
    let from = beside(backup);
    for KeptFile { sha256: name, bytes } in files {
        let path = from.join(plain(name)?);
        match look(&path, name)? {
            Ok(found) if found == *bytes => {}
            Ok(_) => bail!("{} is not what the manifest says", path.display()),
            Err(what) => bail!("{}: {what}", path.display()),
        }
    }
    Ok(())
}

/// Puts a backup's files where they are kept in `data`, readable by their owner only.
pub(super) fn restore(backup: &Path, data: &Path, files: &[KeptFile]) -> anyhow::Result<()> {
    let (from, to) = (beside(backup), kept::folder_of(data));
    for KeptFile { sha256: name, .. } in files {
        make_folder(&to)?;
        put(&from.join(plain(name)?), &to.join(name), name)?;
    }
    Ok(())
}

/// Takes back what [`restore`] put there.
pub(super) fn remove(data: &Path, files: &[KeptFile]) {
    let folder = kept::folder_of(data);
    for KeptFile { sha256: name, .. } in files {
        drop(plain(name).map(|name| fs::remove_file(folder.join(name))));
    }
    drop(fs::remove_dir(folder));
}

/// Compares the copy of every posted file with its row; how many files were looked at.
pub(super) fn verify(reader: &Reader, data: &Path, report: &mut Report) -> anyhow::Result<u64> {
    let folder = kept::folder_of(data);
    let posted = posted(reader)?;
    for (name, shown) in &posted {
        if let Err(what) = look(&folder.join(name), name)? {
            report.findings_count += 1;
            if report.findings.len() < FINDINGS_MAX {
                report.findings.push(Finding { place: shown.clone(), what: what.to_owned() });
            }
        }
    }
    Ok(u64::try_from(posted.len())?)
}

fn beside(backup: &Path) -> PathBuf {
    backup.with_file_name(BESIDE)
}

/// A digest as a name: 64 digits, and so no path.
fn plain(name: &str) -> anyhow::Result<&str> {
    kept::plain(name)
}

/// The names of what is kept; what a copy that was broken off left behind has another name.
fn kept_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let cannot = || format!("cannot read {}", folder.display());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        names.extend(name.to_str().and_then(|name| plain(name).ok()).map(str::to_owned));
    }
    Ok(names)
}

/// The bytes of a copy that is as its name says, or what is wrong with it.
fn look(path: &Path, name: &str) -> anyhow::Result<Result<u64, &'static str>> {
    if !path.is_file() {
        return Ok(Err("its kept copy is missing"));
    }
    let (bytes, found) = sha256(path)?;
    Ok(if found == name { Ok(bytes) } else { Err("its kept copy was changed") })
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// Copies a file under a name that it gets when it is whole and on the disk.
fn put(from: &Path, to: &Path, name: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", to.display());
    let partial = to.with_extension("part");
    let copied = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&partial)?;
        std::io::copy(&mut File::open(from)?, &mut out)?;
        out.sync_all()
    })();
    let put = copied.with_context(cannot).and_then(|()| {
        if look(&partial, name)?.is_err() {
            bail!("{} is not what it was when it was looked at", from.display());
        }
        fs::rename(&partial, to).and_then(|()| sync_folder(to)).with_context(cannot)
    });
    if put.is_err() {
        drop(fs::remove_file(&partial));
    }
    put
}
