//! What a run says at its end: tables for people, JSON for machines.

use std::path::Path;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{
    deliveries::Deliveries,
    load::Latencies,
    machine::Machine,
    plan::Measured,
    samples::{Sample, median},
    targets::{Figure, figures, millis, tenth},
};

#[derive(Debug, Serialize)]
struct Report<'a> {
    machine: &'a Machine,
    seconds: u64,
    rounds: u64,
    figures: &'a [Figure],
    medians: &'a [Sample],
    samples: &'a [Sample],
    deliveries: &'a Deliveries,
    fdatasync: Vec<Sync>,
}

/// How long the disk took.
#[derive(Debug, Serialize)]
pub(super) struct Sync {
    pub(super) p50_us: u64,
    pub(super) p90_us: u64,
    pub(super) p99_us: u64,
    max_us: u64,
}

impl Sync {
    /// Of one look at it.
    pub(super) fn of(latencies: &Latencies) -> Self {
        Self {
            p50_us: latencies.value_at_quantile(0.5),
            p90_us: latencies.value_at_quantile(0.9),
            p99_us: latencies.value_at_quantile(0.99),
            max_us: latencies.max(),
        }
    }
}

/// How the first table is read.
const LEGEND: &str = "\
µs: processor time for each answer. others: what was not ours, in percent of one core.\n";

/// Everything, for people.
pub(super) fn text(machine: &Machine, measured: &Measured) -> String {
    let samples = samples(measured);
    let figures = against(&figures(measured));
    let disk = disk(&measured.disk);
    let quiet = disturbance(&measured.samples);
    format!("\n{}\n{samples}\n{LEGEND}{quiet}\n{disk}\n{figures}\n", machine.text())
}

/// A warning where the machine was not ours alone.
fn disturbance(samples: &[Sample]) -> String {
    /// Percent of one core that the usual bustle of a machine may take.
    const BUSTLE: u64 = 20;

    let disturbed = samples.iter().filter(|sample| sample.others_percent > BUSTLE).count();
    if disturbed == 0 {
        return String::new();
    }
    format!(
        "DISTURBED: in {disturbed} of {} rounds others took more than {BUSTLE} % of a core. Do not \
         trust these figures; measure again when the machine is quiet.\n",
        samples.len()
    )
}

/// Everything, in a file.
pub(super) fn write(path: &Path, machine: &Machine, measured: &Measured) -> anyhow::Result<()> {
    let report = Report {
        machine,
        seconds: measured.seconds,
        rounds: measured.rounds,
        figures: &figures(measured),
        medians: &measured.medians(),
        samples: &measured.samples,
        deliveries: &measured.deliveries,
        fdatasync: measured.disk.iter().map(Sync::of).collect(),
    };
    let mut json = serde_json::to_string_pretty(&report)?;
    json.push('\n');
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}

fn samples(measured: &Measured) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        &format!("medians of {} rounds", measured.rounds),
        "connections",
        "per second",
        "p50",
        "p99",
        "server µs",
        "of it committer",
        "load µs",
        "others",
        "commands a commit",
        "commit",
    ]);
    for sample in measured.medians() {
        let commits = sample.commits;
        table.add_row([
            sample.phase.title().into_owned(),
            sample.connections.to_string(),
            sample.per_second.to_string(),
            millis(sample.p50_us),
            millis(sample.p99_us),
            tenth(sample.server_tenths_us),
            tenth(sample.committer_tenths_us),
            tenth(sample.load_tenths_us),
            format!("{} %", sample.others_percent),
            commits.map_or_else(String::new, |commits| tenth(commits.commands_tenths)),
            commits.map_or_else(String::new, |commits| millis(commits.took_us)),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn against(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["figure", "measured", "must", "aim", "reached"]);
    for figure in figures {
        let Figure { name, measured, must, aim, reached } = figure;
        table.add_row([name, measured, must, aim, reached.word()]);
    }
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn disk(probes: &[Latencies]) -> String {
    let syncs: Vec<Sync> = probes.iter().map(Sync::of).collect();
    let of = |figure: fn(&Sync) -> u64| millis(median(syncs.iter().map(figure).collect()));
    let worst = syncs.iter().map(|sync| sync.max_us).max().unwrap_or(0);
    format!(
        "appending 4 KiB and fdatasync, in the same minutes: p50 {}, p90 {}, p99 {}, longest {}\n",
        of(|sync| sync.p50_us),
        of(|sync| sync.p90_us),
        of(|sync| sync.p99_us),
        millis(worst)
    )
}
