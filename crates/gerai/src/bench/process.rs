//! What the kernel says of a process: the time its threads used, and its memory.

use std::{fs, path::Path};

/// Microseconds of a clock tick in `/proc`: Linux counts a hundred a second there, whatever its own
/// timer does.
const TICK_US: u64 = 10_000;

/// Processor time so far, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Of all threads, those that ended included.
    pub(super) all_us: u64,
    /// Of the committer's thread.
    pub(super) committer_us: u64,
}

impl Used {
    /// What was used since `before`.
    pub(super) const fn since(self, before: Self) -> Self {
        Self {
            all_us: self.all_us.saturating_sub(before.all_us),
            committer_us: self.committer_us.saturating_sub(before.committer_us),
        }
    }
}

/// What the whole machine has used, whoever it was, and what its host took away, in microseconds.
pub(super) fn machine_us() -> u64 {
    busy(&fs::read_to_string("/proc/stat").unwrap_or_default()).unwrap_or(0)
}

/// All but idling and waiting, of all cores: `cpu  user nice system idle iowait irq softirq steal`.
fn busy(stat: &str) -> Option<u64> {
    let cores = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks = cores.split_ascii_whitespace().take(8).zip(0_u8..);
    let used = ticks.filter(|(_, field)| !matches!(field, 3 | 4));
    used.map(|(ticks, _)| ticks.parse::<u64>().ok())
        .sum::<Option<u64>>()
        .map(|ticks| ticks * TICK_US)
}

/// What the process `id` has used. Nothing where the kernel does not say.
pub(super) fn used(id: u32) -> Used {
    let folder = Path::new("/proc").join(id.to_string());
    let time = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        time_of(&text).unwrap_or_default()
    };
    let (_, all_us) = time(&folder.join("stat"));
    let threads = fs::read_dir(folder.join("task")).into_iter().flatten().flatten();
    let committer_us = threads
        .map(|thread| time(&thread.path().join("stat")))
        .filter(|(name, _)| name == "committer")
        .map(|(_, used)| used)
        .sum();
    Used { all_us, committer_us }
}

/// The name, and user and system time together, out of a `stat` file: `7 (name) S 1 ...`.
fn time_of(stat: &str) -> Option<(String, u64)> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    // What follows the name begins with field 3; 14 and 15 are the times.
    let mut times = after.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some((name.to_owned(), (user + system) * TICK_US))
}

/// Memory in KiB: now, and the most it ever was.
pub(super) fn memory_kib(id: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = |name: &str| {
        let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_ascii_whitespace().next()?.parse().ok()
    };
    Some((line("VmRSS:")?, line("VmHWM:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 12 30 0 0 20 0 1 0 5 6 7";
        assert_eq!(time_of(stat), Some(("a) b (c".to_owned(), 420_000)));
        assert_eq!(time_of("7 (a) S 1"), None);
        assert_eq!(time_of(""), None);
    }

    #[test]
    fn idling_is_not_work() {
        assert_eq!(busy("cpu  1 2 3 1000 1000 4 5 6 7 8\ncpu0 1 2 3\n"), Some(210_000));
        assert_eq!(busy("cpu0 1 2 3 4"), None);
        assert_eq!(busy(""), None);
    }
}
