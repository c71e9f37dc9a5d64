//! `gerai backup`.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use domain::time::Timestamp;

use super::{
    files,
    manifest::Manifest,
    output::{self, counted, people},
    place::{Where, real_now},
};
use crate::bootstrap::{self, Keeper, key_file::sync_folder};

/// What to copy where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The copy is of one moment, and is made while the server goes on. Beside it lies a manifest with its
SHA-256. Retailers' files that were posted lie in the folder gerai-files beside it, under the SHA-256 of
their bytes and once for all backups there. The master key is NOT in it: keep a copy of the key somewhere
else, without it the backup cannot be read. Examples:
  gerai backup /var/backups/gerai --config /etc/gerai/gerai.toml   names the file by the time
  gerai backup before-upgrade.db --data ./gerai-data")]
pub(crate) struct Args {
    /// A new file, or a folder that is there
    #[arg(value_name = "FILE|DIR")]
    to: PathBuf,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    located.in_sqlite("back it up with PostgreSQL's own means (pg_basebackup and its log), and copy the data folder beside it")?;
    let reader = located.reader()?;
    let now = real_now();
    let path = if args.to.is_dir() { args.to.join(name(now)) } else { args.to.clone() };
    if Manifest::path_of(&path).exists() {
        bail!("{} is there already", Manifest::path_of(&path).display());
    }
    // Numbers, copy and files as of the same moment: a file is kept before a row tells of it, and for
    // good.
    let (mut manifest, posted) = reader.snapshot(|reader| {
        reader.backup_to(&path)?;
        Ok::<_, anyhow::Error>((Manifest::of(&path, reader, now.millis())?, files::posted(reader)?))
    })?;
    let copied = files::back_up(&located.folder, &path, &posted);
    let written = copied.and_then(|(files, wrong)| {
        manifest.files = files;
        write(&path, &manifest).map(|()| wrong)
    });
    let wrong = written.inspect_err(|_| {
        // A backup that cannot be checked would not be restored.
        drop(std::fs::remove_file(&path));
    })?;
    if args.place.json {
        return output::json(&serde_json::json!({
            "file": path, "manifest": manifest, "files_missing": wrong,
        }));
    }
    let key = match bootstrap::keeper(&located.place(), &located.config) {
        Keeper::File(file) => file.path().display().to_string(),
        Keeper::Environment | Keeper::Memory => "GERAI_MASTER_KEY".to_owned(),
    };
    output::say(&format!(
        "{path}: {bytes} bytes, payments up to number {payment}, as of {at} WIB\n\
         sha256 {sha256}\n\
         {files} beside it\n\
         {wrong}The master key ({key}) is not in it. Keep a copy of the key apart: without it, this backup \
         cannot be read.\n",
        path = path.display(),
        bytes = manifest.bytes,
        payment = manifest.last_payment,
        at = people(now),
        sha256 = manifest.sha256,
        files = counted(u64::try_from(manifest.files.len()).unwrap_or(u64::MAX), "retailers' file"),
        wrong = wrong.iter().fold(String::new(), |lines, what| lines + "NOT in it: " + what + "\n"),
    ));
    Ok(())
}

/// `gerai-20261121-143526.db`, in WIB, so that names sort by time.
fn name(at: Timestamp) -> String {
    let digits: String = people(at).chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("gerai-{date}-{time}.db")
}

fn write(backup: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let path = Manifest::path_of(backup);
    let mut bytes = serde_json::to_vec_pretty(manifest)?;
    bytes.push(b'\n');
    File::create_new(&path)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| sync_folder(&path))
        .with_context(|| format!("cannot write {}", path.display()))
}
