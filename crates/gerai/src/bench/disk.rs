//! What the disk does in the same minute: appends of 4 KiB, each followed by `fdatasync`.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use anyhow::Context;
use gateway::clock::Stopwatch;
use hdrhistogram::Histogram;

use super::load::Latencies;

/// Appends of one look at the disk.
const APPENDS: usize = 200;
/// Bytes of an append: a page.
const PAGE: usize = 4_096;

/// How long each of a few hundred appends took, write and `fdatasync` together, in microseconds.
pub(super) fn probe(folder: &Path) -> anyhow::Result<Latencies> {
    let path = folder.join("fdatasync.probe");
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .with_context(|| format!("cannot write to {}", path.display()))?;
    let mut latencies = Histogram::new_with_bounds(1, 60_000_000, 2)?;
    for _ in 0..APPENDS {
        latencies.saturating_record(append(&mut file)?);
    }
    std::fs::remove_file(&path)?;
    Ok(latencies)
}

fn append(file: &mut File) -> std::io::Result<u64> {
    let stopwatch = Stopwatch::start();
    file.write_all(&[0x5a; PAGE])?;
    file.sync_data()?;
    Ok(u64::try_from(stopwatch.elapsed().as_micros()).unwrap_or(u64::MAX))
}
