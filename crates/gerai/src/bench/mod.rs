//! `gerai bench`: how fast is it here?
//!
//! Speed is a ratio measured in one run, because machines differ and are noisy: durable payments over
//! real HTTP beside the very same handler without storage, and beside what the disk does in the same
//! minute. Every answer is checked; one wrong answer ends the run without a figure.

mod ceiling;

mod plan;

mod load;

mod orders;

mod tills;

mod voices;

mod deliveries;

mod server;

mod process;

mod figures;

mod disk;

mod machine;

mod samples;

mod sandboxes;

mod targets;

mod report;

mod postgres;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use machine::Machine;
use tokio::signal::unix::{SignalKind, signal};

use crate::serve::say;

/// What is to be measured, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Three rounds of a second for each phase: a first look
    #[arg(long, conflicts_with_all = ["seconds", "rounds"])]
    quick: bool,
    /// Seconds for each phase in each round
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often each phase is measured; medians are told
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u64).range(3..=99))]
    rounds: u64,
    /// Keep-alive connections, for each of which charges are measured; counters use the first
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        default_values_t = [64, 256],
        value_parser = connections
    )]
    connections: Vec<usize>,
    /// Where a folder is made for the data, and removed at the end: choose the disk to measure
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Also write everything to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    database: postgres::Postgres,
    /// Be the server without storage that the others are compared with
    #[arg(long, hide = true, exclusive = true)]
    ceiling: bool,
}

impl Args {
    const fn span(&self) -> Duration {
        Duration::from_secs(if self.quick { 1 } else { self.seconds })
    }

    const fn rounds(&self) -> u64 {
        if self.quick { 3 } else { self.rounds }
    }
}

fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=2_048) => Ok(count),
        Ok(_) | Err(_) => Err("it must be from 1 to 2048".to_owned()),
    }
}

/// Measures, and prints what came of it.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if args.ceiling {
        return ceiling::serve();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("load")
        .enable_all()
        .build()
        .context("cannot start the threads that make the load")?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    if args.database.is_meant() {
        let measured = unless_stopped(postgres::measure(args)).await?;
        let machine = Machine::here(&args.data.canonicalize()?);
        say(&postgres::text(&machine, &measured));
        return match &args.json {
            Some(path) => postgres::write(path, &machine, &measured),
            None => Ok(()),
        };
    }
    let measured = unless_stopped(plan::measure(args)).await?;
    let machine = Machine::here(&args.data.canonicalize()?);
    say(&report::text(&machine, &measured));
    match &args.json {
        Some(path) => report::write(path, &machine, &measured),
        None => Ok(()),
    }
}

/// Measures to the end, or until somebody stops it. Whichever way it ends, servers and folders go with what
/// is dropped here.
async fn unless_stopped<T>(
    measuring: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        measured = measuring => measured,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            bail!("interrupted")
        }
        _ = terminated.recv() => bail!("terminated"),
    }
}
