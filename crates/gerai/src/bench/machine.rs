//! The machine, described: figures mean nothing without it.

use std::{fs, path::Path};

use serde::Serialize;

/// Where and with what was measured.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    /// The processor's model.
    pub(super) processor: String,
    /// How many threads run at a time.
    pub(super) cores: usize,
    /// Memory in MiB.
    pub(super) memory_mib: u64,
    /// The kernel's release.
    pub(super) kernel: String,
    /// The file system under the data.
    pub(super) file_system: String,
    /// This program's version.
    pub(super) version: &'static str,
    /// Whether it was built for speed.
    pub(super) is_release: bool,
}

impl Machine {
    /// This one, with data in `folder`.
    pub(super) fn here(folder: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory_mib: memory(&read("/proc/meminfo")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/mounts"), folder),
            version: env!("CARGO_PKG_VERSION"),
            is_release: !cfg!(debug_assertions),
        }
    }

    /// In a few lines.
    pub(super) fn text(&self) -> String {
        let Self { processor, cores, memory_mib, kernel, file_system, version, .. } = self;
        let build = if self.is_release {
            "release build"
        } else {
            "DEBUG BUILD: its figures say nothing about speed"
        };
        format!(
            "machine   {processor}, {cores} cores, {memory_mib} MiB\n\
             system    Linux {kernel}, data on {file_system}\n\
             program   gerai {version}, {build}\n"
        )
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn memory(meminfo: &str) -> u64 {
    let total = field(meminfo, "MemTotal").and_then(|value| value.split(' ').next());
    total.and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib / 1_024)
}

/// The kind of the file system whose mount point is the longest above `folder`.
fn file_system(mounts: &str, folder: &Path) -> String {
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?.to_owned(), words.next()?.to_owned());
        folder.starts_with(&point).then_some((point.len(), kind))
    };
    // Of two at one place the later hides the earlier.
    let found = mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length);
    found.map_or_else(|| "an unknown file system".to_owned(), |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /srv tmpfs rw 0 0\n/dev/b /srv/data xfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/srv/data/bench")), "xfs");
        assert_eq!(file_system(mounts, Path::new("/srv/other")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/srvx")), "ext4");
        assert_eq!(file_system("", Path::new("/x")), "an unknown file system");
    }

    #[test]
    fn memory_is_told_in_mebibytes() {
        assert_eq!(memory("MemTotal:       24689664 kB\nMemFree: 1 kB\n"), 24_111);
        assert_eq!(memory(""), 0);
    }
}
