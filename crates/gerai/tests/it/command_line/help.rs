//! `--help` teaches.

use crate::drive::process::run;

/// Every command there is, but for those that only group others.
const COMMANDS: [&str; 67] = [
    "sandbox",
    "serve",
    "merchant add",
    "merchant list",
    "merchant show",
    "merchant set",
    "merchant disable",
    "merchant enable",
    "merchant rotate-key",
    "counter add",
    "counter list",
    "counter show",
    "counter set",
    "counter disable",
    "counter enable",
    "counter rotate-key",
    "counter open",
    "payment show",
    "payment list",
    "payment events",
    "payment cancel",
    "payment expire",
    "notification list",
    "notification show",
    "notification resend",
    "notification verify",
    "listen",
    "unapplied list",
    "unapplied match",
    "unapplied refund",
    "unapplied show",
    "unapplied codes",
    "unapplied confirm",
    "unapplied release",
    "dispute list",
    "dispute accept",
    "dispute reject",
    "fee set",
    "fee show",
    "fee quote",
    "balance",
    "funding record",
    "funding list",
    "payout record",
    "payout confirm",
    "payout return",
    "payout list",
    "reconcile",
    "statement",
    "approve list",
    "approve show",
    "approve yes",
    "approve no",
    "clock show",
    "clock advance",
    "simulate",
    "verify",
    "chain export",
    "chain key",
    "backup",
    "restore",
    "migrate",
    "move",
    "master-key new",
    "master-key rotate",
    "bench",
    "version",
];

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let lines = commands.lines().take_while(|line| line.starts_with("  "));
    let names = lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_is_listed_here() {
    let mut found = Vec::new();
    for command in listed(&run(&["--help"]).well()) {
        let inner = listed(&run(&[&command, "--help"]).well());
        if inner.is_empty() {
            found.push(command);
        } else {
            found.extend(inner.into_iter().map(|inner| format!("{command} {inner}")));
        }
    }
    assert_eq!(found, COMMANDS);
}

#[test]
fn every_command_shows_an_example() {
    let mut without = Vec::new();
    for command in COMMANDS {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let help = run(&words).well();
        let examples = help.split_once("Example").map_or("", |(_, examples)| examples);
        if !examples.contains(&format!("gerai {command}")) {
            without.push(command);
        }
    }
    assert!(without.is_empty(), "no example: {without:?}");
}

#[test]
fn the_version_is_told() {
    let said = run(&["version"]).well();
    assert_eq!(said, format!("gerai {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(run(&["--version"]).well(), said);
}

#[test]
fn what_is_no_command_is_told_apart() {
    let ended = run(&["sell"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.log.contains("sell") && ended.log.contains("--help"), "{}", ended.log);
}
