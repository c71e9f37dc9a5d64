//! Where connections live, and how whoever asks waits for them.
//!
//! A connection is a task on a runtime of ours with one thread, for the whole process: it reads and
//! writes its socket whether anybody waits or not, so that the rows of one batch leave while the next
//! are put together. Whoever asks waits on its own thread, without being part of any runtime: questions
//! are asked by the committer's thread, by blocking threads of a server, and by commands that have no
//! runtime at all, and a runtime that is entered twice would panic.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::runtime::{Builder, Runtime};

use super::Result;
use crate::StorageError;

/// The runtime of all connections; it is made with the first of them.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("postgres").enable_all().build()
    });
    made.as_ref().map_err(|error| StorageError::Engine(format!("cannot start a thread: {error}")))
}

/// Waits for something that needs the runtime.
pub(super) fn run<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let task = runtime()?.spawn(future);
    wait(task).unwrap_or_else(|error| Err(StorageError::Engine(error.to_string())))
}

/// Who sleeps.
struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for something, on this thread.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

/// Begins something without waiting for it.
pub(super) fn begin<T>(future: &mut Pin<Box<dyn Future<Output = T> + Send>>) -> Option<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
