//! Sandboxes as a test suite starts them: in memory, many at a time.

use std::path::Path;

use super::{samples::median, server::Server};

/// How many run side by side.
pub(super) const COUNT: u64 = 12;

/// What they take.
#[derive(Debug)]
pub(super) struct Sandboxes {
    /// From the start of a process until it listens, in microseconds: the median.
    pub(super) start_us: u64,
    /// Memory of the largest of them while all run and nobody has asked anything, in KiB.
    pub(super) memory_kib: u64,
}

/// Starts them one after the other, and lets all of them run until the last listens.
pub(super) fn measure(folder: &Path) -> anyhow::Result<Sandboxes> {
    let servers =
        (0..COUNT).map(|no| Server::in_memory(folder, no)).collect::<anyhow::Result<Vec<_>>>()?;
    let starts = servers.iter().map(|one| u64::try_from(one.started_in.as_micros()));
    let starts = starts.collect::<Result<Vec<_>, _>>()?;
    let memory = servers.iter().filter_map(|one| Some(one.memory_kib()?.0));
    Ok(Sandboxes { start_us: median(starts), memory_kib: memory.max().unwrap_or(0) })
}
