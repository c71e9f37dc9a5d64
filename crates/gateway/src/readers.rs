//! Reading rows without waiting behind writes: connections of their own, used off the async threads.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use storage::{StorageError, sqlite::Reader};

use crate::{clock::Stopwatch, request::Unavailable};

/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(100);

/// A few read-only connections.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Pool>);

struct Pool {
    idle: Mutex<Vec<Reader>>,
    open: Box<dyn Fn() -> Result<Reader, StorageError> + Send + Sync>,
    idle_max: usize,
    /// How long a read waits for a connection that cannot be made; none: not at all.
    patience: Option<Duration>,
}

impl Readers {
    /// A pool that opens connections with `open` and keeps at most `idle_max` of them.
    pub(crate) fn new(
        open: impl Fn() -> Result<Reader, StorageError> + Send + Sync + 'static,
        idle_max: usize,
        patience: Option<Duration>,
    ) -> Self {
        Self(Arc::new(Pool { idle: Mutex::default(), open: Box::new(open), idle_max, patience }))
    }

    /// Runs `read` with a connection, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let pool = Arc::clone(&self.0);
        let is_shared = pool.patience.is_some();
        let result = tokio::task::spawn_blocking(move || pool.run(read, pool.patience)).await;
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                tracing::error!(%error, "a read failed");
                Err(if is_shared { Unavailable::Away } else { Unavailable::Storage })
            }
            Err(_) => Err(Unavailable::Stopping),
        }
    }

    /// Runs `read` with a connection, on this thread; without waiting where none can be made, because
    /// others may wait for this thread.
    pub(crate) fn read_here<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.0.run(read, None)
    }
}

impl Pool {
    /// A connection that nobody uses and that was not lost meanwhile.
    fn idle(&self) -> Option<Reader> {
        let mut idle = self.idle.lock().ok()?;
        while let Some(reader) = idle.pop() {
            if reader.is_alive() {
                return Some(reader);
            }
        }
        None
    }

    /// A new connection, as soon as there is one.
    fn opened(&self, patience: Option<Duration>) -> Result<Reader, StorageError> {
        let stopwatch = Stopwatch::start();
        loop {
            let error = match (self.open)() {
                Ok(reader) => return Ok(reader),
                Err(error) => error,
            };
            if patience.is_none_or(|patience| stopwatch.elapsed() + PAUSE >= patience) {
                return Err(error);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn run<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StorageError>,
        patience: Option<Duration>,
    ) -> Result<T, StorageError> {
        let mut reader = match self.idle() {
            Some(reader) => reader,
            None => self.opened(patience)?,
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
