//! What the project wants to reach, beside what was measured.

use serde::Serialize;

use super::{
    deliveries::{Deliveries, HANGING, PACE},
    plan::Measured,
    samples::{Phase, Sample, median},
    sandboxes::COUNT,
    voices::Voice,
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
    /// No figure was asked.
    NotAsked,
}

impl Reached {
    /// For people.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Nothing => "NOT REACHED",
            Self::NotAsked => "-",
        }
    }

    /// Where more is better.
    pub(super) const fn at_least(value: u64, must: u64, aim: u64) -> Self {
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

/// Every figure that a run of this program can tell. A share is the median of the shares of each
/// round.
pub(super) fn figures(measured: &Measured) -> Vec<Figure> {
    let rates = |phase, connections| rates(measured, phase, connections);
    let few = measured.samples.first().map_or(0, |sample| sample.connections);
    let ceiling = rates(Phase::Ceiling, few);
    let open = rates(Phase::Open, few);
    let pay = rates(Phase::Pay, few);
    let inquiry = rates(Phase::InquiryStored, few);

    let mut figures = Vec::new();
    for sample in measured.medians().iter().filter(|sample| sample.phase == Phase::Open) {
        let connections = sample.connections;
        let target = if connections < 128 { (45, 65) } else { (60, 75) };
        let name = format!("open, {connections} connections, share of the ceiling");
        let opens = rates(Phase::Open, connections);
        figures.push(share(name, &opens, &rates(Phase::Ceiling, connections), target));
    }
    figures.extend(p99_of_open(measured, few));
    let shares = [
        ("pay, codes in order, share of an open", &pay, &open, (75, 90)),
        ("pay, codes shuffled, share of an open", &rates(Phase::PayShuffled, few), &open, (75, 90)),
        (
            "inquiry, only read, share of the ceiling",
            &rates(Phase::InquiryRead, few),
            &ceiling,
            (65, 85),
        ),
        ("inquiry, stored, share of the ceiling", &inquiry, &ceiling, (65, 85)),
        (
            "inquiry and pay mixed, share of the mean of both",
            &rates(Phase::Mixed, few),
            &pay.iter().zip(&inquiry).map(|(pay, inquiry)| u64::midpoint(*pay, *inquiry)).collect(),
            (80, 100),
        ),
    ];
    for (name, parts, wholes, target) in shares {
        figures.push(share(name.to_owned(), parts, wholes, target));
    }
    for voice in Voice::ALL {
        let name = format!("open in {}, {few} connections, share of its ceiling", voice.title());
        let opens = rates(Phase::OpenOf(voice), few);
        figures.push(share(name, &opens, &rates(Phase::CeilingOf(voice), few), (45, 65)));
    }
    figures.extend(told(&measured.deliveries));
    figures.extend(sizes(measured));
    figures
}

/// How merchants are told.
fn told(deliveries: &Deliveries) -> Vec<Figure> {
    let first = deliveries.first_p99_us;
    let hundredths = deliveries.beside_hundredths;
    vec![
        Figure {
            name: format!(
                "notifications delivered a second, claim and stored attempt included ({} waited)",
                deliveries.backlog
            ),
            measured: deliveries.per_second.to_string(),
            must: "5000".to_owned(),
            aim: "20000".to_owned(),
            reached: Reached::at_least(deliveries.per_second, 5_000, 20_000),
        },
        Figure {
            name: format!("first attempt at {PACE} a second, p99 from the payment's own request"),
            measured: millis(first),
            must: "1000 ms".to_owned(),
            aim: "250 ms".to_owned(),
            reached: Reached::at_most(first, 1_000_000, 250_000),
        },
        Figure {
            name: format!("one healthy endpoint beside {HANGING} that hang, p99 over its own"),
            measured: format!(
                "{}.{:02} ({} over {})",
                hundredths / 100,
                hundredths % 100,
                millis(deliveries.beside_p99_us),
                millis(deliveries.alone_p99_us)
            ),
            must: "2".to_owned(),
            aim: "1.2".to_owned(),
            reached: Reached::at_most(hundredths, 200, 120),
        },
    ]
}

/// Answers a second, round by round.
fn rates(measured: &Measured, phase: Phase, connections: usize) -> Vec<u64> {
    measured.rounds_of(phase, connections).iter().map(|sample| sample.per_second).collect()
}

/// The median of each round's part of its whole; `target` is what it must and should be, in percent.
fn share(name: String, parts: &[u64], wholes: &[u64], target: (u64, u64)) -> Figure {
    let share = |(part, whole): (&u64, &u64)| (part * 1_000).checked_div(*whole).unwrap_or(0);
    let tenths = median(parts.iter().zip(wholes).map(share).collect());
    let (must, aim) = target;
    Figure {
        name,
        measured: format!("{} %", tenth(tenths)),
        must: format!("{must} %"),
        aim: format!("{aim} %"),
        reached: Reached::at_least(tenths, must * 10, aim * 10),
    }
}

fn p99_of_open(measured: &Measured, connections: usize) -> Option<Figure> {
    let sample = Sample::median_of(&measured.rounds_of(Phase::Open, connections))?;
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
            name: format!("sandbox in memory, start to listening, median of {COUNT}"),
            measured: millis(measured.sandboxes.start_us),
            must: "200 ms".to_owned(),
            aim: "50 ms".to_owned(),
            reached: Reached::at_most(measured.sandboxes.start_us, 200_000, 50_000),
        },
        Figure {
            name: format!("sandbox in memory, idle, the largest of {COUNT} side by side"),
            measured: mebibytes(measured.sandboxes.memory_kib),
            must: "60 MB".to_owned(),
            aim: "30 MB".to_owned(),
            reached: Reached::at_most(measured.sandboxes.memory_kib, 60 << 10, 30 << 10),
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
        let judged = |part: u64| share(String::new(), &[part], &[1_000], (45, 65));
        assert_eq!(judged(449).reached, Reached::Nothing);
        assert_eq!(judged(450).reached, Reached::Must);
        assert_eq!(judged(649).reached, Reached::Must);
        assert_eq!(judged(650).reached, Reached::Aim);
        assert_eq!(judged(649).measured, "64.9 %");
        assert_eq!(share(String::new(), &[1], &[0], (45, 65)).reached, Reached::Nothing);
    }

    #[test]
    fn a_share_is_told_of_rounds_and_not_of_medians() {
        // Shares of 25, 80 and 30 %; the medians, 80 of 200, would say 40 %.
        let figure = share(String::new(), &[50, 80, 90], &[200, 100, 300], (45, 65));
        assert_eq!(figure.measured, "30.0 %");
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
