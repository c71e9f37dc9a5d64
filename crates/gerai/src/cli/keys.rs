//! What merchants and counters have in common when they are shown.

use domain::time::Timestamp;
use serde::Serialize;

use super::output::{self, At, people};

/// A key, without what is secret about it.
#[derive(Debug, Serialize)]
pub(super) struct ShownKey {
    /// What a merchant's secret is for, or the public half of a counter's.
    pub(super) name: String,
    /// `live`, `retiring` or `retired`.
    pub(super) state: &'static str,
    /// When it was made.
    pub(super) created_at: At,
    /// When it stops, or stopped.
    pub(super) retires_at: Option<At>,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

impl ShownKey {
    pub(super) fn new(
        name: String,
        created_at: Timestamp,
        retires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let state = match retires_at {
            None => "live",
            Some(at) if now < at => "retiring",
            Some(_) => "retired",
        };
        Self {
            name,
            state,
            created_at: At(created_at),
            retires_at: retires_at.map(At),
            secret: None,
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let end = match (self.state, self.retires_at) {
            ("retiring", Some(at)) => format!(", accepted until {}", people(at.0)),
            (_, Some(at)) => format!(", stopped {}", people(at.0)),
            (_, None) => String::new(),
        };
        let secret = self.secret.as_ref().map_or_else(
            || "••••••••".to_owned(),
            |secret| format!("{secret}   <- shown this once, keep it"),
        );
        let Self { name, state, created_at, .. } = self;
        format!("{name}  {state}, made {}{end}  {secret}", people(created_at.0))
    }
}

/// New secrets of somebody whose rows cannot be read.
pub(super) fn secrets(
    json: bool,
    what: &str,
    name: &str,
    secrets: &[(&str, &str)],
) -> anyhow::Result<()> {
    if json {
        let keys: Vec<_> = secrets
            .iter()
            .map(|(name, secret)| serde_json::json!({ "name": name, "secret": secret }))
            .collect();
        return output::json(&serde_json::json!({ what: name, "keys": keys }));
    }
    let lines = secrets
        .iter()
        .map(|(name, secret)| format!("{name}  {secret}   <- shown this once, keep it"));
    output::fields(&[(what, name.to_owned()), ("keys", lines.collect::<Vec<_>>().join("\n"))]);
    Ok(())
}

/// The lines of a stored list.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What a list of networks says to people.
pub(super) fn networks(list: &[String]) -> String {
    if list.is_empty() { "from everywhere".to_owned() } else { list.join("\n") }
}
