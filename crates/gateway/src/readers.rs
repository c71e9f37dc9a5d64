//! Reading rows without waiting behind writes: connections of their own, used off the async threads.

use std::sync::{Arc, Mutex};

use storage::{StorageError, sqlite::Reader};

use crate::request::Unavailable;

/// A few read-only connections.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Pool>);

struct Pool {
    idle: Mutex<Vec<Reader>>,
    open: Box<dyn Fn() -> Result<Reader, StorageError> + Send + Sync>,
    idle_max: usize,
}

impl Readers {
    /// A pool that opens connections with `open` and keeps at most `idle_max` of them.
    pub(crate) fn new(
        open: impl Fn() -> Result<Reader, StorageError> + Send + Sync + 'static,
        idle_max: usize,
    ) -> Self {
        Self(Arc::new(Pool { idle: Mutex::default(), open: Box::new(open), idle_max }))
    }

    /// Runs `read` with a connection, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let pool = Arc::clone(&self.0);
        let result = tokio::task::spawn_blocking(move || pool.run(read)).await;
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                tracing::error!(%error, "a read failed");
                Err(Unavailable::Storage)
            }
            Err(_) => Err(Unavailable::Stopping),
        }
    }

    /// Runs `read` with a connection, on this thread.
    pub(crate) fn read_here<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.0.run(read)
    }
}

impl Pool {
    fn run<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut reader = match idle {
            Some(reader) => reader,
            None => (self.open)()?,
        };
        let result = read(&mut reader);
        // A connection that failed is not used again.
        if result.is_ok()
            && let Ok(mut idle) = self.idle.lock()
            && idle.len() < self.idle_max
        {
            idle.push(reader);
        }
        result
    }
}
