//! `gerai notification show`.

mod print;

use gateway::{admin::lookup::Lookup, request::Exchange};
use serde::Serialize;
use storage::{AttemptRow, sqlite::Reader};

use super::{
    list::{self, Line},
    target::Targets,
};
use crate::cli::{
    output::{self, At},
    place::Where,
};

/// Which notification, and how much of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The notification, by its number
    no: i64,
    /// The newest attempt only
    #[arg(long)]
    last: bool,
    #[command(flatten)]
    place: Where,
}

/// A notification with its attempts.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    line: Line,
    tries: Vec<Try>,
}

/// One attempt.
#[derive(Debug, Serialize)]
struct Try {
    /// Which of the tries that the vendor's rules count; none for a probe, which is none of them.
    no: Option<usize>,
    at: At,
    took_ms: i64,
    status: Option<u16>,
    verdict: String,
    /// None where it cannot be opened, or is a text from before it was a record.
    exchange: Option<Exchange>,
    /// That text, or why there is nothing.
    text: Option<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    let reader = located.reader()?;
    let rows = reader.directory()?;
    let row = list::one(&reader, args.no)?;
    let lookup = located.lookup(&rows);
    let lookup = lookup.as_ref().map_err(ToString::to_string);
    let attempts = reader.attempts_of(row.no)?;
    let skipped = if args.last { attempts.len().saturating_sub(1) } else { 0 };
    let mut count = 0;
    let tries = attempts.iter().map(|attempt| {
        count += usize::from(attempt.is_try);
        (attempt.is_try.then_some(count), attempt)
    });
    let tries: Vec<_> = tries.collect();
    let shown = Shown {
        line: Line::read(&reader, &rows, &Targets::new(&located, &reader, &rows), &row)?,
        tries: tries
            .into_iter()
            .skip(skipped)
            .map(|(no, attempt)| Try::read(&reader, lookup.clone(), no, attempt))
            .collect(),
    };
    if args.place.json {
        return output::json(&shown);
    }
    print::print(&shown, count);
    Ok(())
}

impl Try {
    fn read(
        reader: &Reader,
        lookup: Result<&Lookup, String>,
        no: Option<usize>,
        row: &AttemptRow,
    ) -> Self {
        let opened = lookup.and_then(|lookup| {
            lookup.unseal(reader, &row.exchange).map_err(|error| error.to_string())
        });
        let (exchange, text) = match opened {
            Err(why) => (None, Some(format!("what was sent cannot be shown: {why}"))),
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(exchange) => (Some(exchange), None),
                Err(_) => (None, Some(String::from_utf8_lossy(&bytes).into_owned())),
            },
        };
        Self {
            no,
            at: At(row.at),
            took_ms: row.took_ms,
            status: row.status,
            verdict: row.verdict.clone(),
            exchange,
            text,
        }
    }
}
