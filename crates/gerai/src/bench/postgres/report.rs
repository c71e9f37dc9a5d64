//! What a run over PostgreSQL says at its end.

use std::path::Path;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::{Measured, Sample, What, rows::CLIENTS};
use crate::bench::{
    machine::Machine,
    report::Sync,
    samples::median,
    targets::{Figure, Reached, millis, tenth},
};

#[derive(Debug, Serialize)]
struct Report<'a> {
    machine: &'a Machine,
    postgresql: &'a str,
    seconds: u64,
    rounds: u64,
    figures: Vec<Figure>,
    medians: Vec<Sample>,
    samples: &'a [Sample],
    fdatasync: Vec<Sync>,
}

/// Everything, for people.
pub(in crate::bench) fn text(machine: &Machine, measured: &Measured) -> String {
    let medians = medians(&measured.samples);
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        &format!("medians of {} rounds", measured.rounds),
        "nodes",
        "connections",
        "per second",
        "p50",
        "p99",
        "commands a commit",
    ]);
    let known = |figure: u64, text: String| if figure == 0 { String::new() } else { text };
    for sample in &medians {
        table.add_row([
            sample.what.title().to_owned(),
            known(u64::try_from(sample.nodes).unwrap_or(0), sample.nodes.to_string()),
            sample.connections.to_string(),
            sample.per_second.to_string(),
            known(sample.p50_us, millis(sample.p50_us)),
            known(sample.p99_us, millis(sample.p99_us)),
            known(sample.commands_tenths, tenth(sample.commands_tenths)),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut against = Table::new();
    against.load_style(presets::ASCII_MARKDOWN);
    against.set_header(["figure", "measured", "must", "aim", "reached"]);
    for Figure { name, measured, must, aim, reached } in figures(measured) {
        against.add_row([name, measured, must, aim, reached.word().to_owned()]);
    }
    let disk: Vec<Sync> = measured.disk.iter().map(Sync::of).collect();
    let of = |figure: fn(&Sync) -> u64| millis(median(disk.iter().map(figure).collect()));
    format!(
        "\n{}database  PostgreSQL {}\n\n{table}\n\nappending 4 KiB and fdatasync, in the same minutes: \
         p50 {}, p90 {}, p99 {}\n\n{against}\n",
        machine.text(),
        measured.server,
        of(|sync| sync.p50_us),
        of(|sync| sync.p90_us),
        of(|sync| sync.p99_us),
    )
}

/// Everything, in a file.
pub(in crate::bench) fn write(
    path: &Path,
    machine: &Machine,
    measured: &Measured,
) -> anyhow::Result<()> {
    let report = Report {
        machine,
        postgresql: &measured.server,
        seconds: measured.seconds,
        rounds: measured.rounds,
        figures: figures(measured),
        medians: medians(&measured.samples),
        samples: &measured.samples,
        fdatasync: measured.disk.iter().map(Sync::of).collect(),
    };
    let mut json = serde_json::to_string_pretty(&report)?;
    json.push('\n');
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}

/// The rounds of the same thing as `like`.
fn rounds_of<'a>(samples: &'a [Sample], like: &Sample) -> impl Iterator<Item = &'a Sample> {
    let Sample { what, nodes, connections, .. } = *like;
    samples.iter().filter(move |sample| {
        (sample.what, sample.nodes, sample.connections) == (what, nodes, connections)
    })
}

/// The medians of everything, each figure's by itself, in the order in which things first appear.
fn medians(samples: &[Sample]) -> Vec<Sample> {
    let mut medians: Vec<Sample> = Vec::new();
    for sample in samples {
        if rounds_of(&medians, sample).next().is_some() {
            continue;
        }
        let of =
            |figure: fn(&Sample) -> u64| median(rounds_of(samples, sample).map(figure).collect());
        medians.push(Sample {
            per_second: of(|sample| sample.per_second),
            p50_us: of(|sample| sample.p50_us),
            p99_us: of(|sample| sample.p99_us),
            commands_tenths: of(|sample| sample.commands_tenths),
            ..*sample
        });
    }
    medians
}

/// Each thing as a multiple of what `pgbench` did in the same round. What opens must reach is written for
/// one node; for everything else no figure was asked.
fn figures(measured: &Measured) -> Vec<Figure> {
    let samples = &measured.samples;
    let rows: Vec<u64> = samples
        .iter()
        .filter(|sample| sample.what == What::Row)
        .map(|sample| sample.per_second)
        .collect();
    let medians = medians(samples);
    let of_gateway = medians.iter().filter(|sample| sample.what != What::Row);
    let figure = |sample: &Sample| {
        let rounds = rounds_of(samples, sample).map(|sample| sample.per_second);
        let times = |(rate, row): (u64, &u64)| (rate * 100).checked_div(*row).unwrap_or(0);
        let hundredths = median(rounds.zip(&rows).map(times).collect());
        let target = match (sample.what, sample.nodes, sample.connections < 128) {
            (What::Open, 1, true) => Some((150, 200)),
            (What::Open, 1, false) => Some((200, 300)),
            (What::Row | What::Open | What::Pay, ..) => None,
        };
        let shown = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let asked = |figure: Option<u64>| figure.map_or_else(|| "-".to_owned(), shown);
        Figure {
            name: format!(
                "{}, nodes: {}, {} connections, over pgbench with {CLIENTS} clients",
                sample.what.title(),
                sample.nodes,
                sample.connections
            ),
            measured: shown(hundredths),
            must: asked(target.map(|(must, _)| must)),
            aim: asked(target.map(|(_, aim)| aim)),
            reached: target
                .map_or(Reached::NotAsked, |(must, aim)| Reached::at_least(hundredths, must, aim)),
        }
    };
    of_gateway.map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(what: What, nodes: usize, connections: usize, per_second: u64) -> Sample {
        let (p50_us, p99_us, commands_tenths) = (0, 0, 0);
        Sample { what, nodes, connections, per_second, p50_us, p99_us, commands_tenths }
    }

    #[test]
    fn multiples_are_of_rounds_and_judged_for_one_node() {
        let mut samples = Vec::new();
        for (row, open, all) in [(100, 150, 110), (200, 298, 220), (400, 1_000, 300)] {
            samples.push(sample(What::Row, 0, 64, row));
            samples.push(sample(What::Open, 1, 64, open));
            samples.push(sample(What::Open, 3, 64, all));
        }
        let (seconds, rounds, server, disk) = (1, 3, "15".to_owned(), Vec::new());
        let measured = Measured { seconds, rounds, server, samples, disk };
        let figures = figures(&measured);
        let [one, three] = figures.as_slice() else { panic!("{figures:?}") };
        assert_eq!((one.measured.as_str(), one.reached), ("1.50", Reached::Must));
        assert_eq!((one.must.as_str(), one.aim.as_str()), ("1.50", "2.00"));
        assert_eq!((three.measured.as_str(), three.must.as_str()), ("1.10", "-"));
        assert_eq!(three.reached, Reached::NotAsked);
        let medians = medians(&measured.samples);
        assert_eq!(medians.iter().map(|m| m.per_second).collect::<Vec<_>>(), [200, 298, 220]);
    }
}
