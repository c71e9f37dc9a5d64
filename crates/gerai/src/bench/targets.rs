//! What the project wants to reach, beside what was measured.

use serde::Serialize;

use super::{
    plan::Measured,
    samples::{Phase, Sample, median},
};

/// One figure, with what it must and what it should be.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    /// Of what.
    pub(super) name: String,
    /// As measured.
    pub(super) measured: String,
    /// What it must be.
    pub(super) must: String,
    /// What it should be.
    pub(super) aim: String,
    /// How far that is reached.
    pub(super) reached: Reached,
}

/// How far a figure is what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reached {
    /// The aim.
    Aim,
    /// What it must be, and no more.
    Must,
    /// Not what it must be.
    Nothing,
}

impl Reached {
    /// For people.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Nothing => "NOT REACHED",
        }
    }

    const fn at_least(value: u64, must: u64, aim: u64) -> Self {
        if value >= aim {
            Self::Aim
        } else if value >= must {
            Self::Must
        } else {
            Self::Nothing
        }
    }

    const fn at_most(value: u64, must: u64, aim: u64) -> Self {
        if value <= aim {
            Self::Aim
        } else if value <= must {
            Self::Must
        } else {
            Self::Nothing
        }
    }
}

/// Every figure that a run of this program can tell.
pub(super) fn figures(measured: &Measured) -> Vec<Figure> {
    let rate = |phase, connections| rate(measured, phase, connections);
    let few = measured.medians.first().map_or(0, |sample| sample.connections);
    let ceiling = rate(Phase::Ceiling, few);
    let open = rate(Phase::Open, few);
    let pay = rate(Phase::Pay, few);
    let inquiry = rate(Phase::InquiryStored, few);

    let mut figures = Vec::new();
    for sample in measured.medians.iter().filter(|sample| sample.phase == Phase::Open) {
        let connections = sample.connections;
        let (must, aim) = if connections < 128 { (45, 65) } else { (60, 75) };
        let name = format!("open, {connections} connections, share of the ceiling");
        let of = rate(Phase::Ceiling, connections);
        figures.push(share(name, sample.per_second, of, must, aim));
    }
    figures.extend(p99_of_open(measured, few));
    let of_open = "share of an open".to_owned();
    figures.push(share(format!("pay, codes in order, {of_open}"), pay, open, 75, 90));
    let shuffled = rate(Phase::PayShuffled, few);
    figures.push(share(format!("pay, codes shuffled, {of_open}"), shuffled, open, 75, 90));
    let read = rate(Phase::InquiryRead, few);
    figures.push(share(
        "inquiry, only read, share of the ceiling".to_owned(),
        read,
        ceiling,
        65,
        85,
    ));
    figures.push(share(
        "inquiry, stored, share of the ceiling".to_owned(),
        inquiry,
        ceiling,
        65,
        85,
    ));
    let mean = u64::midpoint(pay, inquiry);
    let name = "inquiry and pay mixed, share of the mean of both".to_owned();
    figures.push(share(name, rate(Phase::Mixed, few), mean, 80, 100));
    figures.extend(sizes(measured));
    figures
}

fn rate(measured: &Measured, phase: Phase, connections: usize) -> u64 {
    let same = |sample: &&Sample| (sample.phase, sample.connections) == (phase, connections);
    measured.medians.iter().find(same).map_or(0, |sample| sample.per_second)
}

/// Parts of `whole` in percent.
fn share(name: String, part: u64, whole: u64, must: u64, aim: u64) -> Figure {
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(0);
    Figure {
        name,
        measured: format!("{} %", tenth(tenths)),
        must: format!("{must} %"),
        aim: format!("{aim} %"),
        reached: Reached::at_least(tenths, must * 10, aim * 10),
    }
}

fn p99_of_open(measured: &Measured, connections: usize) -> Option<Figure> {
    let same = |sample: &&Sample| (sample.phase, sample.connections) == (Phase::Open, connections);
    let sample = measured.medians.iter().find(same)?;
    let sync = median(measured.disk.iter().map(|disk| disk.value_at_quantile(0.5)).collect());
    let sync = millis(sync);
    Some(Figure {
        name: format!(
            "open, {connections} connections, p99 (where fdatasync takes 0.1 to 0.15 ms; here {sync})"
        ),
        measured: millis(sample.p99_us),
        must: "15 ms".to_owned(),
        aim: "4 ms".to_owned(),
        reached: Reached::at_most(sample.p99_us, 15_000, 4_000),
    })
}

fn sizes(measured: &Measured) -> Vec<Figure> {
    let (idle, loaded) = measured.memory_kib;
    let times =
        (measured.bytes_per_payment * 10).checked_div(measured.bytes_per_request).unwrap_or(0);
    let mebibytes = |kib: u64| format!("{} MB", kib / 1_024);
    let mut figures = vec![
        Figure {
            name: "start to listening, empty folder".to_owned(),
            measured: millis(measured.start_us),
            must: "200 ms".to_owned(),
            aim: "50 ms".to_owned(),
            reached: Reached::at_most(measured.start_us, 200_000, 50_000),
        },
        Figure {
            name: "memory, idle".to_owned(),
            measured: mebibytes(idle),
            must: "60 MB".to_owned(),
            aim: "30 MB".to_owned(),
            reached: Reached::at_most(idle, 60 << 10, 30 << 10),
        },
        Figure {
            name: "memory, the most under full load".to_owned(),
            measured: mebibytes(loaded),
            must: "250 MB".to_owned(),
            aim: "120 MB".to_owned(),
            reached: Reached::at_most(loaded, 250 << 10, 120 << 10),
        },
        Figure {
            name: "bytes stored for an open payment, multiple of the request".to_owned(),
            measured: format!("{} ({} bytes)", tenth(times), measured.bytes_per_payment),
            must: "6".to_owned(),
            aim: "3".to_owned(),
            reached: Reached::at_most(times, 60, 30),
        },
    ];
    if let Ok(program) = std::env::current_exe().and_then(std::fs::metadata) {
        let kib = program.len() / 1_024;
        figures.push(Figure {
            name: "this program".to_owned(),
            measured: mebibytes(kib),
            must: "40 MB".to_owned(),
            aim: "20 MB".to_owned(),
            reached: Reached::at_most(kib, 40 << 10, 20 << 10),
        });
    }
    figures
}

/// Tenths, written with a point.
pub(super) fn tenth(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Microseconds, written in milliseconds.
pub(super) fn millis(us: u64) -> String {
    format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_judged_to_a_tenth_of_a_percent() {
        let judged = |part: u64| share(String::new(), part, 1_000, 45, 65);
        assert_eq!(judged(449).reached, Reached::Nothing);
        assert_eq!(judged(450).reached, Reached::Must);
        assert_eq!(judged(649).reached, Reached::Must);
        assert_eq!(judged(650).reached, Reached::Aim);
        assert_eq!(judged(649).measured, "64.9 %");
        assert_eq!(share(String::new(), 1, 0, 45, 65).reached, Reached::Nothing);
    }

    #[test]
    fn less_is_better_where_time_and_room_are_used() {
        assert_eq!(Reached::at_most(4_000, 15_000, 4_000), Reached::Aim);
        assert_eq!(Reached::at_most(4_001, 15_000, 4_000), Reached::Must);
        assert_eq!(Reached::at_most(15_001, 15_000, 4_000), Reached::Nothing);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(tenth(7), "0.7");
        assert_eq!(tenth(1_234), "123.4");
        assert_eq!(millis(3_807), "3.80 ms");
        assert_eq!(millis(76), "0.07 ms");
    }
}
