//! The log: readable lines on a terminal, JSON otherwise, always to stderr.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing_subscriber::EnvFilter;

use crate::config::ConfigError;

/// Starts logging what `filter` lets through: `info`, or `info,gerai=debug`.
pub(crate) fn start(filter: &str) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(filter).map_err(|error| ConfigError::value("log", error))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().flatten_event(true).with_ansi(false).try_init()
    };
    // Only tests start more than once in a process; the first one's log will do for all.
    if started.is_ok() {
        std::panic::set_hook(Box::new(panicked));
    }
    Ok(())
}

/// A panic becomes a line like any other. What was being done is answered as a fault.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(place, message, "a panic: this is a bug");
}
