//! Commands for operators: merchants, counters, payments, keys, backups, checks.
//!
//! A command that reads opens the database read-only, beside a server or without one. A command that
//! changes something goes through [`crate::control`]. What it prints is for people, or with `--json`
//! for machines.

mod approve;

mod at_sandbox;

mod backup;

mod balance;

mod chain;

mod clock;

mod counter;

mod dispute;

mod fault;

mod fee;

mod files;

mod funding;

mod instant;

mod keys;

mod listen;

mod manifest;

mod master_key;

mod merchant;

mod migrate;

mod moving;

mod notification;

mod output;

mod payment;

mod payout;

mod place;

mod reconcile;

mod restore;

mod simulate;

mod unapplied;

mod statement;

mod verify;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

pub(crate) use self::notification::inspect_own;

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
    /// Payments: show, list, events, cancel, expire
    #[command(subcommand)]
    Payment(payment::Command),
    /// What merchants were told: list, show, resend, verify
    #[command(subcommand)]
    Notification(notification::Command),
    /// Send a merchant's notifications to a program on this machine, as they happen
    Listen(listen::Args),
    /// Cash that fits no payment: list, match, refund
    #[command(subcommand)]
    Unapplied(unapplied::Command),
    /// Reversals that were refused: list, accept, reject
    #[command(subcommand)]
    Dispute(dispute::Command),
    /// What payments cost, and who gets it: set, show, quote
    #[command(subcommand)]
    Fee(fee::Command),
    /// What a merchant is owed: pending, active, total; now or at any instant before
    Balance(balance::Args),
    /// What retailers transferred: record, list
    #[command(subcommand)]
    Funding(funding::Command),
    /// What merchants were paid: record, confirm, return, list
    #[command(subcommand)]
    Payout(payout::Command),
    /// A retailer's end-of-day files beside our records: a dry run, or posted
    Reconcile(reconcile::Args),
    /// What a merchant was owed, got and paid, from one day to another
    Statement(statement::Args),
    /// What needs a second person in production: list, show, yes, no
    #[command(subcommand)]
    Approve(approve::Command),
    /// A sandbox's time: show, advance
    #[command(subcommand)]
    Clock(clock::Command),
    /// A sandbox's counter: pay, take back, and whatever goes wrong
    Simulate(simulate::Args),
    /// What goes wrong in a sandbox: add, list, remove
    #[command(subcommand)]
    Fault(fault::Command),
    /// Recomputes the ledger and every payment's history from the rows
    Verify(verify::Args),
    /// Signed roots of the chain of events, for another host: export, key
    #[command(subcommand)]
    Chain(chain::Command),
    /// Copies the database to a file, while a server runs or not
    Backup(backup::Args),
    /// Puts a backup into an empty data folder
    Restore(restore::Args),
    /// Brings the database's schema up to date, without serving
    Migrate(migrate::Args),
    /// Moves all rows from a data folder to PostgreSQL, beside an open shop until the last step
    Move(moving::Args),
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
        Operate::Notification(command) => notification::run(command),
        Operate::Listen(args) => listen::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Unapplied(command) => unapplied::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Dispute(command) => dispute::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Fee(command) => fee::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Balance(args) => balance::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Funding(command) => funding::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Payout(command) => payout::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Reconcile(args) => reconcile::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Statement(args) => statement::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Approve(command) => approve::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Clock(command) => clock::run(&command).map(|()| ExitCode::SUCCESS),
        Operate::Simulate(args) => simulate::run(&args),
        Operate::Fault(command) => fault::run(&command).map(|()| ExitCode::SUCCESS),
        Operate::Verify(args) => verify::run(&args),
        Operate::Chain(command) => chain::run(command).map(|()| ExitCode::SUCCESS),
        Operate::Backup(args) => backup::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Restore(args) => restore::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Migrate(args) => migrate::run(&args).map(|()| ExitCode::SUCCESS),
        Operate::Move(args) => moving::run(&args),
        Operate::MasterKey(command) => master_key::run(command).map(|()| ExitCode::SUCCESS),
    }
}
