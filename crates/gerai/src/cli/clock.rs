//! `gerai clock`: what time it is in a sandbox, and moving it forward.

use anyhow::bail;
use clap::Subcommand;
use domain::time::{Span, Timestamp};
use serde_json::json;

use super::{
    output::{self, At, people},
    place::Where,
};
use crate::{
    config::Period,
    control::{Answer, Ask},
    sandbox::travel::Wish,
};

/// What can be done with a sandbox's time.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the sandbox's time, the real time and the difference
    #[command(after_help = "Example:\n  gerai clock show --data ./gerai-data")]
    Show(Show),
    /// Move the sandbox's time forward
    #[command(after_help = "\
Everything that becomes due on the way happens, in order, before the command returns: codes expire,
retries are sent, windows for reversals close, days of settlement pass. Signatures, tokens and nonces
still follow the real time. The time never goes back, and a restart goes on from it. Examples:
  gerai clock advance 24h
  gerai clock advance 1h30m --data ./gerai-data --json")]
    Advance(Advance),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Advance {
    /// How far: 90s, 15m, 24h, 3d, 1h30m
    #[arg(value_name = "SPAN", value_parser = span)]
    span: Span,
    #[command(flatten)]
    place: Where,
}

fn span(text: &str) -> Result<Span, String> {
    Period::parse(text).map(Period::span).map_err(|error| error.to_string())
}

pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    let (place, wish) = match command {
        Command::Show(args) => (&args.place, None),
        Command::Advance(args) => (&args.place, Some(Wish::Advance(args.span.as_millis()))),
    };
    let Answer::Clock(told) = place.locate()?.ask(Ask::Clock(wish))? else {
        bail!("the gateway answers in a way not known");
    };
    let [now, real] = [told.now, told.real].map(Timestamp::from_millis);
    if place.json {
        return output::json(&json!({
            "now": At(now),
            "real": At(real),
            "ahead_ms": told.ahead,
        }));
    }
    output::say(&format!("sandbox  {} WIB\nreal     {} WIB\n", people(now), people(real)));
    output::say(&format!("ahead    {}\n", crate::sandbox::travel::shown(Span::millis(told.ahead))));
    Ok(())
}
