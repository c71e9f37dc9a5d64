//! What was measured: one sample for each round of each phase, and their medians.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;

use super::{figures::Commits, load::Latencies, process::Used, voices::Voice};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// A charge without storage.
    Ceiling,
    /// A charge.
    Open,
    /// Opening in another dialect, without storage.
    CeilingOf(Voice),
    /// Opening in another dialect.
    OpenOf(Voice),
    /// An inquiry that is stored, because an advice may build on it.
    InquiryStored,
    /// An inquiry that only reads.
    InquiryRead,
    /// A payment at the counter, in the order in which the codes were made.
    Pay,
    /// The same in any order.
    PayShuffled,
    /// Stored inquiries and payments, alternating.
    Mixed,
}

impl Phase {
    /// Its name for people.
    pub(super) fn title(self) -> Cow<'static, str> {
        let title = match self {
            Self::CeilingOf(voice) => return format!("ceiling, {}", voice.title()).into(),
            Self::OpenOf(voice) => return format!("open, {}", voice.title()).into(),
            Self::Ceiling => "ceiling: charge, nothing stored",
            Self::Open => "open",
            Self::InquiryStored => "inquiry, stored",
            Self::InquiryRead => "inquiry, only read",
            Self::Pay => "pay, codes in order",
            Self::PayShuffled => "pay, codes shuffled",
            Self::Mixed => "inquiry (stored) and pay, mixed",
        };
        title.into()
    }
}

/// One round of a phase.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Sample {
    /// Of what.
    pub(super) phase: Phase,
    /// Over how many connections.
    pub(super) connections: usize,
    /// Answers a second.
    pub(super) per_second: u64,
    /// Half of the answers came within so many microseconds.
    pub(super) p50_us: u64,
    /// And 99 of 100.
    pub(super) p99_us: u64,
    /// Processor time of the server for each answer, in tenths of a microsecond.
    pub(super) server_tenths_us: u64,
    /// The part of it that its committer's thread used.
    pub(super) committer_tenths_us: u64,
    /// Processor time of the load generator for each answer, in tenths of a microsecond.
    pub(super) load_tenths_us: u64,
    /// Processor time that others took, or the machine's host, in percent of one core.
    pub(super) others_percent: u64,
    /// What was committed meanwhile.
    pub(super) commits: Option<Commits>,
}

/// What a sample is made of.
pub(super) struct Raw<'a> {
    pub(super) answers: u64,
    pub(super) took: Duration,
    pub(super) latencies: &'a Latencies,
    pub(super) server: Used,
    pub(super) load: Used,
    pub(super) machine_us: u64,
    pub(super) commits: Option<Commits>,
}

impl Sample {
    /// From the counts of a round.
    pub(super) fn new(phase: Phase, connections: usize, raw: &Raw<'_>) -> Self {
        let ours = raw.server.all_us + raw.load.all_us;
        let others = u128::from(raw.machine_us.saturating_sub(ours)) * 100;
        let others = others / raw.took.as_micros().max(1);
        let each = |used_us: u64| (used_us * 10).checked_div(raw.answers).unwrap_or(0);
        Self {
            phase,
            connections,
            per_second: per_second(raw.answers, raw.took),
            p50_us: raw.latencies.value_at_quantile(0.5),
            p99_us: raw.latencies.value_at_quantile(0.99),
            server_tenths_us: each(raw.server.all_us),
            committer_tenths_us: each(raw.server.committer_us),
            load_tenths_us: each(raw.load.all_us),
            others_percent: u64::try_from(others).unwrap_or(u64::MAX),
            commits: raw.commits,
        }
    }

    /// Each figure's median by itself.
    pub(super) fn median_of(samples: &[Self]) -> Option<Self> {
        let first = *samples.first()?;
        let of = |figure: fn(&Self) -> u64| median(samples.iter().map(figure).collect());
        let commits: Vec<Commits> = samples.iter().filter_map(|sample| sample.commits).collect();
        let of_commits = |figure: fn(&Commits) -> u64| median(commits.iter().map(figure).collect());
        Some(Self {
            per_second: of(|sample| sample.per_second),
            p50_us: of(|sample| sample.p50_us),
            p99_us: of(|sample| sample.p99_us),
            server_tenths_us: of(|sample| sample.server_tenths_us),
            committer_tenths_us: of(|sample| sample.committer_tenths_us),
            load_tenths_us: of(|sample| sample.load_tenths_us),
            others_percent: of(|sample| sample.others_percent),
            commits: (!commits.is_empty()).then(|| Commits {
                count: of_commits(|commits| commits.count),
                commands_tenths: of_commits(|commits| commits.commands_tenths),
                took_us: of_commits(|commits| commits.took_us),
            }),
            ..first
        })
    }
}

/// How many in a second.
pub(super) fn per_second(count: u64, took: Duration) -> u64 {
    let rate = u128::from(count) * 1_000_000;
    u64::try_from(rate / took.as_micros().max(1)).unwrap_or(u64::MAX)
}

/// The middle one, of two the lower; 0 of none.
pub(super) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), 0);
        assert_eq!(median(vec![7]), 7);
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![9, 1, 5, 7]), 5);
    }

    #[test]
    fn rates_are_counts_over_time() {
        assert_eq!(per_second(3_000, Duration::from_millis(1_500)), 2_000);
        assert_eq!(per_second(3_000, Duration::ZERO), 3_000_000_000);
    }
}
