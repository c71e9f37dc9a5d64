//! Files that are posted, kept in the data folder under the digest of their bytes: what was proposed
//! is what is posted, and evidence of it stays (rule 37).

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use aws_lc_rs::digest::{self, SHA256};

use super::{Order, OrderFile};

/// Bytes of the longest file.
const BYTES_MAX: u64 = 4 << 30;

/// Where they are kept.
pub(crate) fn folder_of(data: &Path) -> PathBuf {
    data.join("files")
}

/// The digest as a file's name: 64 digits, and so no path.
pub(crate) fn plain(sha256: &str) -> anyhow::Result<&str> {
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if is_digest { Ok(sha256) } else { bail!("`{sha256}` is no SHA-256") }
}

/// SHA-256 of a file.
pub(crate) fn sha256(path: &Path) -> anyhow::Result<[u8; 32]> {
    copy(path, &mut std::io::sink())
}

fn copy(path: &Path, out: &mut impl Write) -> anyhow::Result<[u8; 32]> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?.take(BYTES_MAX);
    let mut hash = digest::Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).with_context(cannot)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        out.write_all(read)?;
    }
    if file.limit() == 0 {
        bail!("{} has more than {BYTES_MAX} bytes", path.display());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash.finish().as_ref());
    Ok(bytes)
}

/// Copies the files of an order into the data folder, if they are what the order says. What comes
/// back names no other place.
pub(crate) fn keep(data: &Path, order: Order) -> anyhow::Result<Order> {
    let folder = folder_of(data);
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let files = order.files.iter().map(|file| keep_one(&folder, file));
    let files = files.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Order { files, ..order })
}

fn keep_one(folder: &Path, file: &OrderFile) -> anyhow::Result<OrderFile> {
    let kept = folder.join(plain(&file.sha256)?);
    let changed = || format!("{} is not what it was when it was looked at", file.name);
    if kept.is_file() {
        if hex::encode(sha256(&kept)?) != file.sha256 {
            bail!("{}: its copy {} was changed", changed(), kept.display());
        }
    } else {
        let Some(from) = &file.from else { bail!("there is no copy of {}", file.name) };
        let fresh = folder.join(format!("{}.part", file.sha256));
        let mut out =
            File::create(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
        let found = copy(from, &mut out)?;
        out.sync_all()?;
        // Nothing is told of a file whose digest the caller does not know.
        if hex::encode(found) != file.sha256 {
            drop(fs::remove_file(&fresh));
            bail!("{}", changed());
        }
        fs::rename(&fresh, &kept)?;
        File::open(folder)?.sync_all()?;
    }
    Ok(OrderFile { from: None, ..file.clone() })
}
