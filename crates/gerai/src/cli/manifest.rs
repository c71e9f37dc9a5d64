//! What lies beside a backup: what it is, and how to tell that it is whole.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use aws_lc_rs::digest::{self, SHA256};
use serde::{Deserialize, Serialize};
use storage::{PaymentFilter, sqlite::Reader};

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version of gerai that made it.
    pub(super) gerai: String,
    /// The number of its schema.
    pub(super) schema: i64,
    /// When it was made, in milliseconds since 1970.
    pub(super) made_at_ms: i64,
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub(super) sha256: String,
    /// The number of the last payment in it.
    pub(super) last_payment: i64,
    /// The number of the last event in it.
    pub(super) last_event: i64,
    /// Retailers' files that go with it; manifests did not always list them.
    #[serde(default)]
    pub(super) files: Vec<KeptFile>,
}

/// A retailer's file, which lies beside the backup under its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptFile {
    /// SHA-256 of its bytes, in hexadecimal: its name.
    pub(super) sha256: String,
    /// How many bytes it has.
    pub(super) bytes: u64,
}

impl Manifest {
    /// Of the backup at `path`, as `reader` reads it, without files.
    pub(super) fn of(path: &Path, reader: &Reader, made_at_ms: i64) -> anyhow::Result<Self> {
        let newest = reader.payments(&PaymentFilter { rows_max: 1, ..PaymentFilter::default() })?;
        let (bytes, sha256) = sha256(path)?;
        Ok(Self {
            gerai: env!("CARGO_PKG_VERSION").to_owned(),
            schema: storage::sqlite::SCHEMA,
            made_at_ms,
            bytes,
            sha256,
            last_payment: newest.first().map_or(0, |row| row.payment.no.get()),
            last_event: reader.last_event()?.map_or(0, |row| row.event.no.get()),
            files: Vec::new(),
        })
    }

    /// Its path beside the backup.
    pub(super) fn path_of(backup: &Path) -> PathBuf {
        let mut name = backup.as_os_str().to_owned();
        name.push(".manifest.json");
        PathBuf::from(name)
    }

    /// Reads the manifest of a backup.
    pub(super) fn read(backup: &Path) -> anyhow::Result<Self> {
        let path = Self::path_of(backup);
        let text = std::fs::read(&path)
            .with_context(|| format!("cannot read the backup's manifest {}", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no manifest of a backup", path.display()))
    }
}

/// Size and SHA-256 of a file.
pub(super) fn sha256(path: &Path) -> anyhow::Result<(u64, String)> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let mut hash = digest::Context::new(&SHA256);
    let mut bytes = 0_u64;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).with_context(cannot)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            return Ok((bytes, hex::encode(hash.finish())));
        };
        hash.update(read);
        bytes = bytes.saturating_add(u64::try_from(count)?);
    }
}
