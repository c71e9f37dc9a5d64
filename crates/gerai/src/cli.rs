//! Commands for operators: merchants, counters, payments, keys, backups, checks.
//!
//! A command that reads opens the database read-only, beside a server or without one. A command that
//! changes something goes through [`crate::control`]. What it prints is for people, or with `--json`
//! for machines.

mod approve;

mod backup;

mod counter;

mod fee;

mod keys;

mod manifest;

mod master_key;

mod merchant;

mod output;

mod payment;

mod place;

mod restore;

mod verify;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Subcommand;

/// Everything that is neither a server nor about the program itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Operate {
    /// Merchants: add, list, show, set, disable, enable, rotate-key
    #[command(subcommand)]
    Merchant(merchant::Command),
    /// Counters (retailers and switches that call): add, list, show, set, rotate-key, ...
    #[command(subcommand)]
    Counter(counter::Command),
    /// Payments: show, list, events, unapplied, disputed, cancel, expire
    #[command(subcommand)]
    Payment(payment::Command),
    /// What payments cost, and who gets it: set, show, quote
    #[command(subcommand)]
    Fee(fee::Command),
    /// What needs a second person in production: list, show, yes, no
    #[command(subcommand)]
    Approve(approve::Command),
    /// Recomputes the ledger and every payment's history from the rows
    Verify(verify::Args),
    /// Copies the database to a file, while a server runs or not
    Backup(backup::Args),
    /// Puts a backup into an empty data folder
    Restore(restore::Args),
    /// The key over all keys: new, rotate
    #[command(subcommand)]
    MasterKey(master_key::Command),
}

/// Runs a command to its end. Call it outside of an asynchronous runtime: it makes its own.
///
/// An error is one sentence for people; the exit code is not zero either where a check has found
/// something.
pub(crate) fn run(operate: Operate) -> anyhow::Result<ExitCode> {
    match operate {
        Operate::Merchant(command) => merchant::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Counter(command) => counter::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Payment(command) => payment::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Fee(command) => fee::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Approve(command) => approve::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Verify(args) => verify::run(&args),
        Operate::Backup(args) => backup::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Restore(args) => restore::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::MasterKey(command) => master_key::run(command).map(|()| ExitCode::SUCCESS),
    }
}
