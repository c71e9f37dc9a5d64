//! How far a posting is, told while the gateway does it.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::place::Located;

/// How often the rows are counted.
const EVERY: Duration = Duration::from_millis(250);

/// Does `work`, and shows meanwhile how many of `rows` lines are written down, where stderr is a
/// terminal.
pub(super) fn watched<T>(
    located: &Located,
    rows: u64,
    work: impl FnOnce() -> T,
) -> anyhow::Result<T> {
    let bar = ProgressBar::new(rows);
    if bar.is_hidden() {
        return Ok(work());
    }
    let style = "{bar:40} {pos} of {len} lines posted, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let reader = located.reader()?;
    let before = reader.sequences()?.file_line;
    Ok(thread::scope(|scope| {
        let (ended, end) = channel::<()>();
        scope.spawn(move || {
            while end.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // Whatever is wrong with the rows is told by the posting itself.
                if let Ok(now) = reader.sequences() {
                    bar.set_position((now.file_line - before).unsigned_abs());
                }
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(ended);
        result
    }))
}
