//! What a listener shows: a line for each notification, as it comes.

use std::{fmt::Write as _, io::IsTerminal, time::Duration};

use ::http::Uri;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Args, news::Told};
use crate::cli::output::{self, printable};

/// What became of a notification.
pub(super) enum Outcome {
    /// The local program answered with this status, and this line.
    Answered(u16, String),
    /// It did not reach it, and why.
    NotSent(String),
}

/// The lines, and where stderr is a terminal, what goes on now.
pub(super) struct Show {
    json: bool,
    full: bool,
    spinner: Option<ProgressBar>,
    told: u64,
    refused: u64,
    is_reachable: bool,
}

impl Show {
    pub(super) fn new(args: &Args) -> Self {
        let is_live = !args.json && std::io::stderr().is_terminal();
        Self {
            json: args.json,
            full: args.full,
            spinner: is_live.then(spinner),
            told: 0,
            refused: 0,
            is_reachable: true,
        }
    }

    /// From now on it listens.
    pub(super) fn ready(&mut self, gateway: &Uri, forward: &Uri, who: &str) {
        if self.json {
            let line = json!({ "listening": gateway.to_string(), "forward": forward.to_string() });
            return output::say(&format!("{line}\n"));
        }
        self.say(&format!(
            "listening to {gateway} as {}, forwarding to {forward}\n{}\n",
            printable(who),
            row("time", "order id", "news", "status", "ms", "payment"),
        ));
        self.count();
    }

    /// A notification is on its way.
    pub(super) fn begins(&self, told: &Told) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!(
                "{} {} ...",
                printable(&told.order_id),
                printable(&told.says)
            ));
        }
    }

    /// It has arrived, or not.
    pub(super) fn ended(&mut self, told: &Told, outcome: &Outcome, took: Duration) {
        let (status, line) = match outcome {
            Outcome::Answered(status, line) => (Some(*status), line),
            Outcome::NotSent(why) => (None, why),
        };
        let is_taken = status.is_some_and(|status| (200..300).contains(&status));
        if is_taken {
            self.told += 1;
        } else {
            self.refused += 1;
        }
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if self.json {
            let line = json!({
                "happened_at": told.happened_at,
                "payment_id": told.payment_id,
                "order_id": told.order_id,
                "code": told.code,
                "says": told.says,
                "again": told.again,
                "status": status,
                "took_ms": took_ms,
                "answer": (!is_taken).then_some(line),
                "headers": self.full.then_some(&told.headers),
                "body": self.full.then_some(&told.body),
                "signed": self.full.then_some(&told.signed),
            });
            return output::say(&format!("{line}\n"));
        }
        let shown = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        // `2026-11-21T14:00:00.000+07:00`
        let time = told.happened_at.get(11..19).unwrap_or_default();
        let mut text = row(
            time,
            &printable(&told.order_id),
            &printable(&told.says),
            &shown,
            &took_ms.to_string(),
            &printable(&told.payment_id),
        );
        text.push_str(if told.again { "  (sent again)\n" } else { "\n" });
        // Writing to a string does not fail.
        if !is_taken {
            let _ = writeln!(text, "          {}", printable(line));
        }
        if self.full {
            for (name, value) in told.headers.iter().flatten() {
                let _ = writeln!(text, "          {}: {}", printable(name), printable(value));
            }
            for line in told.body.iter().flat_map(|body| body.lines()) {
                let _ = writeln!(text, "          {}", printable(line));
            }
            if let Some(signed) = &told.signed {
                let _ = writeln!(text, "          signed «{}»", printable(signed));
            }
        }
        self.say(&text);
        self.count();
    }

    /// The gateway does not answer; it is asked again. Said once, until it answers.
    pub(super) fn unreachable(&mut self, gateway: &Uri, why: &str) {
        if !std::mem::replace(&mut self.is_reachable, false) {
            return;
        }
        if self.json {
            let line = json!({ "unreachable": gateway.to_string(), "why": why });
            return output::say(&format!("{line}\n"));
        }
        self.say(&format!("{gateway} does not answer ({}); asking again\n", printable(why)));
    }

    /// It answers.
    pub(super) fn reached(&mut self) {
        if std::mem::replace(&mut self.is_reachable, true) {
            return;
        }
        if self.json {
            return output::say(&format!("{}\n", json!({ "reachable": true })));
        }
        self.say("it answers again\n");
    }

    fn count(&self) {
        if let Some(spinner) = &self.spinner {
            let (told, refused) = (self.told, self.refused);
            spinner.set_message(format!("{told} taken, {refused} not; Ctrl-C ends it"));
        }
    }

    fn say(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| output::say(text)),
            None => output::say(text),
        }
    }
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn row(time: &str, order: &str, news: &str, status: &str, ms: &str, payment: &str) -> String {
    format!("{time:8}  {order:24}  {news:9}  {status:>6}  {ms:>6}  {payment}")
}
