//! `gerai restore`.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use storage::{
    PoolCursor, Writes,
    sqlite::{Engine, Place},
};

use super::{
    files,
    manifest::{Manifest, sha256},
    output::{self, counted, people},
    place::Where,
};
use crate::bootstrap::{
    self,
    key_file::{NAME as KEY_NAME, sync_folder},
};

/// The database's name in a data folder.
const DATABASE: &str = "gerai.db";
/// The lock's name in a data folder.
const LOCK: &str = "gerai.lock";
/// A hundredth of each pool is passed over, because codes that were issued after the backup are in
/// payers' hands and must not be issued again for something else.
const SKIPPED_SHARE: u64 = 100;

/// What to restore where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The data folder must be empty but for the master key. The backup, and retailers' files in the folder
gerai-files beside it, are compared with its manifest.
A restored database does not know what was paid since its backup. So counters are told to try again
later until you have loaded those sales and say so: gerai counter open --after-restore
Refund codes that were open are suspect from the next start on, and are paid out to nobody.
Example:
  gerai restore /var/backups/gerai/gerai-20261121-143526.db --data /var/lib/gerai")]
pub(crate) struct Args {
    /// The backup, or a folder of backups, of which the newest is taken
    #[arg(value_name = "FROM")]
    from: PathBuf,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    located.in_sqlite("restore it with PostgreSQL's own means, and the data folder beside it")?;
    let folder = &located.folder;
    let from = backup(&args.from)?;
    let manifest = Manifest::read(&from)?;
    if manifest.schema > storage::sqlite::SCHEMA {
        bail!(
            "{} was made by a newer gerai (schema {}, this one knows {})",
            from.display(),
            manifest.schema,
            storage::sqlite::SCHEMA
        );
    }
    check_whole(&from, &manifest)?;
    files::check(&from, &manifest.files)?;
    prepare(folder)?;

    let put = files::restore(&from, folder, &manifest.files)
        .and_then(|()| put(&from, folder, &manifest))
        .and_then(|()| finish(&located.place()));
    if let Err(error) = put {
        // What was put there is a copy; half of it would be in the way of the next attempt.
        for name in [DATABASE, "gerai.db-wal", "gerai.db-shm"] {
            drop(std::fs::remove_file(folder.join(name)));
        }
        files::remove(folder, &manifest.files);
        drop(bootstrap::unmark_counters_closed(folder));
        drop(bootstrap::unmark_refund_codes_in_doubt(folder));
        return Err(error);
    }
    // Only whether it is there and fits; nothing has to be opened now.
    let key = located
        .reader()
        .and_then(|reader| located.lookup(&reader.directory()?))
        .map_or_else(|error| format!("{error:#}"), |_| "it fits".to_owned());
    if args.place.json {
        return output::json(&serde_json::json!({
            "data": folder, "from": from, "manifest": manifest,
            "master_key": key, "counters": "closed",
        }));
    }
    output::say(&format!(
        "{folder} holds the backup of {at} WIB, payments up to number {payment}, {files}\n\
         master key: {key}\n\
         Counters are closed: they are told to try again later, because a code that was paid after \
         the backup could be paid once more. Load the sales since then, and say so with\n\
         \x20 gerai counter open --after-restore\n",
        folder = folder.display(),
        at = people(domain::time::Timestamp::from_millis(manifest.made_at_ms)),
        payment = manifest.last_payment,
        files = counted(u64::try_from(manifest.files.len()).unwrap_or(u64::MAX), "retailers' file"),
    ));
    Ok(())
}

/// The backup itself: names sort by time, so the newest is the last.
fn backup(from: &Path) -> anyhow::Result<PathBuf> {
    if !from.is_dir() {
        return Ok(from.to_owned());
    }
    let cannot = || format!("cannot read {}", from.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(from).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if Manifest::path_of(&path).is_file() {
            found.push(path);
        }
    }
    found.sort();
    found.pop().with_context(|| format!("{} holds no backup with a manifest", from.display()))
}

fn check_whole(file: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let (bytes, hash) = sha256(file)?;
    if (bytes, hash.as_str()) != (manifest.bytes, manifest.sha256.as_str()) {
        bail!("{} is not what its manifest says: it was changed or cut off", file.display());
    }
    Ok(())
}

/// Makes the folder, or sees that nothing is in it that could be lost.
fn prepare(folder: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot use {}", folder.display());
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(cannot)?;

    let lock = folder.join(LOCK);
    match OpenOptions::new().write(true).open(&lock) {
        Ok(file) => match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("{} is in use by a gerai; stop it first", folder.display())
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(cannot),
    }
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        if name != KEY_NAME && name != LOCK {
            bail!(
                "{} is not empty ({} is in it); a backup is restored into an empty folder only",
                folder.display(),
                name.display()
            );
        }
    }
    Ok(())
}

/// Closes the counters and doubts refund codes, then puts the copy in its place: in this order, so that no moment has the
/// one without the other.
fn put(from: &Path, folder: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let cannot = || format!("cannot write to {}", folder.display());
    bootstrap::mark_counters_closed(folder).with_context(cannot)?;
    bootstrap::mark_refund_codes_in_doubt(folder).with_context(cannot)?;
    let (partial, path) = (folder.join("gerai.db.partial"), folder.join(DATABASE));
    let copied = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut to = options.open(&partial)?;
        std::io::copy(&mut File::open(from)?, &mut to)?;
        to.sync_all()
    })();
    let put = copied.with_context(cannot).and_then(|()| {
        check_whole(&partial, manifest)?;
        std::fs::rename(&partial, &path).and_then(|()| sync_folder(&path)).with_context(cannot)
    });
    if put.is_err() {
        drop(std::fs::remove_file(&partial));
    }
    put
}

/// Brings the schema up to date and passes over the codes that may have been issued since.
fn finish(place: &Place) -> anyhow::Result<()> {
    let mut writer = Engine::open(place)?;
    let rows = writer.directory()?;
    let mut cursors = Vec::new();
    for pool in &rows.pools {
        let body = pool.length.saturating_sub(u32::try_from(pool.prefix.len())?).saturating_sub(1);
        let range = 10_u64.saturating_pow(body) / u64::from(pool.shards.max(1));
        for shard in 0..pool.shards {
            let at = rows.cursors.iter().find(|row| row.pool == pool.no && row.shard == shard);
            let (lap, next) = at.map_or((0, 0), |row| (row.lap, row.next));
            let next = next.saturating_add(range / SKIPPED_SHARE);
            let (lap, next) =
                if next < range { (lap, next) } else { (lap.saturating_add(1), next - range) };
            cursors.push(PoolCursor { pool: pool.no, shard, lap, next });
        }
    }
    writer.commit(&Writes { cursors, ..Writes::default() })?;
    writer.close()?;
    Ok(())
}
