//! How far a sandbox's clock is ahead, from one start to the next.
//!
//! It is a file of its own in the data folder, not a row: it has to be known before the database is
//! opened with the time that it is, and it is no part of what `gerai verify` vouches for. A backup goes
//! without it; a sandbox that is restored goes on no earlier than at its last event.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, bail};
use domain::time::Span;

use super::travel::AHEAD_MAX;

/// Its name in the data folder.
const NAME: &str = "clock-ahead";

/// What was written last; nothing where the clock was never moved.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Span> {
    let path = folder.join(NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Span::ZERO),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    match text.trim().parse::<i64>() {
        Ok(millis) if (0..=AHEAD_MAX.as_millis()).contains(&millis) => Ok(Span::millis(millis)),
        Ok(_) | Err(_) => bail!(
            "{} does not hold the milliseconds by which the sandbox's clock is ahead; write the number \
             again, or begin with an empty data folder",
            path.display()
        ),
    }
}

/// Writes it, durably: afterwards the file holds either what it held or this.
pub(super) fn write(folder: &Path, ahead: Span) -> std::io::Result<()> {
    let path = folder.join(NAME);
    let fresh = folder.join(format!("{NAME}.new"));
    let mut file = File::create(&fresh)?;
    writeln!(file, "{}", ahead.as_millis())?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)?;
    File::open(folder)?.sync_all()
}
