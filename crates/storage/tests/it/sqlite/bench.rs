//! Where the suite gets its storage from.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

pub(super) use storage::sqlite::Writer;
use storage::sqlite::{Engine, Place};

/// A folder that nobody used.
pub(super) fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{name}-{}-{count}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    folder
}

/// An empty place on disk.
pub(super) fn on_disk(name: &str) -> Bench {
    let folder = folder(name);
    let writer = Engine::open(&Place::Folder(folder.clone())).unwrap();
    Bench { writer, folder: Some(folder) }
}

/// An empty place in memory.
pub(super) fn in_memory(name: &str) -> Bench {
    Bench { writer: Engine::open(&Place::Memory(name.to_owned())).unwrap(), folder: None }
}

/// A writer, and what must be cleared away after it.
pub(super) struct Bench {
    pub(super) writer: Writer,
    pub(super) folder: Option<PathBuf>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

/// Runs a case on every kind of place.
pub(super) fn everywhere(name: &str, case: impl Fn(&mut Writer)) {
    case(&mut on_disk(name).writer);
    case(&mut in_memory(name).writer);
}
