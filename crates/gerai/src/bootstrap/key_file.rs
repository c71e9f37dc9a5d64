//! The file of the master key: 64 hexadecimal digits, readable by its owner only.
//!
//! While the key is replaced the new one lies beside it, in `NAME.new`. The order is `stage`, seal
//! everything anew, `promote`; whoever finds both files after a crash opens with both and finishes.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use gateway::vault::MasterKey;
use zeroize::Zeroizing;

/// Its name in the data folder.
pub(crate) const NAME: &str = "master.key";
/// Bytes that are read of a file that claims to hold a key.
const BYTES_MAX: u64 = 1_024;

/// Where a master key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFile(PathBuf);

/// What the file holds.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// The key.
    pub(crate) current: MasterKey,
    /// The one that is about to replace it.
    pub(crate) staged: Option<MasterKey>,
}

impl KeyFile {
    /// The file at `path`, whether or not it is there.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of the key that is about to replace it.
    pub(crate) fn staged_path(&self) -> PathBuf {
        let mut name = self.0.as_os_str().to_owned();
        name.push(".new");
        PathBuf::from(name)
    }

    /// Whether there is a key.
    pub(crate) fn exists(&self) -> bool {
        self.0.exists()
    }

    /// Makes the file with a new key; refuses to replace one.
    pub(crate) fn create(&self) -> anyhow::Result<MasterKey> {
        let key = MasterKey::generate()?;
        write(&self.0, &key)?;
        Ok(key)
    }

    /// Reads the key, and the one that is about to replace it where there is one.
    pub(crate) fn read(&self) -> anyhow::Result<Keys> {
        let staged = self.staged_path();
        Ok(Keys {
            current: read(&self.0)?,
            staged: staged.exists().then(|| read(&staged)).transpose()?,
        })
    }

    /// The key that is about to replace this one, durably written: a new one, unless an earlier
    /// attempt left one behind.
    pub(crate) fn stage(&self) -> anyhow::Result<MasterKey> {
        let staged = self.staged_path();
        if staged.exists() {
            return read(&staged);
        }
        Self(staged).create()
    }

    /// Puts the staged key in the place of the other, which is gone afterwards.
    pub(crate) fn promote(&self) -> anyhow::Result<()> {
        let staged = self.staged_path();
        std::fs::rename(&staged, &self.0)
            .and_then(|()| sync_folder(&self.0))
            .with_context(|| format!("cannot rename {} over the old key", staged.display()))
    }
}

fn read(path: &Path) -> anyhow::Result<MasterKey> {
    let cannot = || format!("cannot read the master key in {}", path.display());
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).with_context(cannot)?;
    file.take(BYTES_MAX).read_to_string(&mut text).with_context(cannot)?;
    MasterKey::from_hex(&text).with_context(|| path.display().to_string())
}

/// Writes a file that was not there, and makes it and its name durable.
fn write(path: &Path, key: &MasterKey) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already, and keys are never written over", path.display())
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
    };
    let written = file
        .write_all(key.to_hex().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_folder(path));
    if let Err(error) = written {
        // Half a key is worse than none: the next start would trip over it.
        drop(std::fs::remove_file(path));
        return Err(error).with_context(|| format!("cannot write {}", path.display()));
    }
    Ok(())
}

/// A name is durable when its folder is.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}
