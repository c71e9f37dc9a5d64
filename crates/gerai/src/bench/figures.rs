//! What a server says of its commits, read from its `/metrics`.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header::HOST};
use http_body_util::Full;
use serde::Serialize;

use super::load;

/// What a server had done when it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Done {
    batches: u64,
    commands: u64,
    /// In the engine's commit, its sync included.
    commit_us: u64,
}

/// What it did in between.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Commits {
    /// Commits.
    pub(super) count: u64,
    /// Commands in each, on average, in tenths.
    pub(super) commands_tenths: u64,
    /// How long each took, on average, in microseconds, sync included.
    pub(super) took_us: u64,
}

/// Asks.
pub(super) async fn ask(operations: SocketAddr) -> anyhow::Result<Done> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = Uri::from_static("/metrics");
    request.headers_mut().insert(HOST, HeaderValue::from_static("gerai.example"));
    let (status, body) = load::once(operations, request).await.context("/metrics")?;
    if status != StatusCode::OK {
        bail!("/metrics answered {status}");
    }
    Ok(read(str::from_utf8(&body)?))
}

/// What is not there has not happened yet.
fn read(text: &str) -> Done {
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim)
    };
    let whole = |name: &str| value(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let micros = |name: &str| {
        let seconds = value(name).and_then(|text| text.parse().ok());
        let took = seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        took.and_then(|took| u64::try_from(took.as_micros()).ok()).unwrap_or(0)
    };
    Done {
        batches: whole("gerai_batch_commands_count"),
        commands: whole("gerai_batch_commands_sum"),
        commit_us: micros("gerai_commit_seconds_sum"),
    }
}

impl Done {
    /// What was done since `before`; none where nothing was committed.
    pub(super) fn since(self, before: Self) -> Option<Commits> {
        let count = self.batches.saturating_sub(before.batches);
        let commands = self.commands.saturating_sub(before.commands);
        let commit_us = self.commit_us.saturating_sub(before.commit_us);
        Some(Commits {
            count,
            commands_tenths: (commands * 10).checked_div(count)?,
            took_us: commit_us.checked_div(count)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_apart_by_their_whole_names() {
        let text = "# TYPE gerai_batch_commands histogram\n\
                    gerai_batch_commands_bucket{le=\"1\"} 3\n\
                    gerai_batch_commands_sum 640\n\
                    gerai_batch_commands_count 20\n\
                    gerai_commit_seconds_sum 0.0125\n\
                    gerai_commit_seconds_count 20\n";
        let done = read(text);
        assert_eq!(done, Done { batches: 20, commands: 640, commit_us: 12_500 });
        assert_eq!(read(""), Done::default());
        let commits = done.since(Done { batches: 10, commands: 40, commit_us: 2_500 }).unwrap();
        assert_eq!((commits.count, commits.commands_tenths, commits.took_us), (10, 600, 1_000));
        assert!(done.since(done).is_none());
    }
}
