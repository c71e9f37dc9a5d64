//! Where an authority lies: in `tls/` of the data folder, and where clients are told to look for it.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

use super::authority::{Authority, is_ours};
use crate::bootstrap::key_file::sync_folder;

/// The folder in the data folder.
const FOLDER: &str = "tls";
/// Its certificate, for everybody.
const CERTIFICATE: &str = "ca.pem";
/// Its key, for nobody else.
const KEY: &str = "ca-key.pem";
/// Bytes that are read of a file that claims to hold either.
const BYTES_MAX: u64 = 64 * 1_024;

/// Where the certificate of a data folder's authority lies.
pub(super) fn certificate(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join(CERTIFICATE)
}

fn key(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join(KEY)
}

/// The authority of a data folder; none where there is none, or where only half of it was written.
pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Authority>> {
    let (certificate, key) = (text_of(&certificate(folder))?, text_of(&key(folder))?);
    let (Some(certificate), Some(key)) = (certificate, key) else {
        return Ok(None);
    };
    let authority = Authority::read(&certificate, &key).with_context(|| {
        let folder = folder.join(FOLDER);
        format!("{} holds no CA that --tls can use; remove it to have a new one", folder.display())
    })?;
    Ok(Some(authority))
}

/// Writes an authority into a data folder, in the place of another. The key comes first: a key without
/// its certificate is not read.
pub(super) fn write(folder: &Path, authority: &Authority) -> anyhow::Result<()> {
    let place = folder.join(FOLDER);
    std::fs::create_dir_all(&place)
        .with_context(|| format!("cannot make the folder {}", place.display()))?;
    remove(&certificate(folder))?;
    replace(&key(folder), authority.key_pem().as_bytes(), 0o600)?;
    replace(&certificate(folder), authority.pem().as_bytes(), 0o644)
}

/// Writes the certificate where clients look for it. What lies there must be an earlier one, or empty.
pub(super) fn write_copy(path: &Path, authority: &Authority) -> anyhow::Result<()> {
    let there = text_of(path)?;
    if there.is_some_and(|text| !text.is_empty() && !is_ours(&text)) {
        bail!(
            "{} is not the certificate of a sandbox's CA, so it is not written over: name another file",
            path.display()
        );
    }
    replace(path, authority.pem().as_bytes(), 0o644)
}

/// What a file holds; none where it is not there. More than an authority could need is cut off, and what
/// is no text is no certificate.
fn text_of(path: &Path) -> anyhow::Result<Option<Zeroizing<String>>> {
    let cannot = || format!("cannot read {}", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(cannot),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(BYTES_MAX).read_to_end(&mut bytes).with_context(cannot)?;
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())))
}

/// Afterwards the file holds either what it held or this, and nobody sees half of it.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    // What a crash left behind might be readable for others.
    remove(&fresh)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options.open(&fresh).with_context(cannot)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&fresh, path))
        .and_then(|()| sync_folder(path))
        .with_context(cannot)
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
