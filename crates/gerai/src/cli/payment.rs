//! `gerai payment`.

mod close;

mod events;

mod find;

mod list;

pub(super) mod names;

mod show;

use clap::Subcommand;

use self::find::Named;

/// What can be done with payments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a payment: state, amounts, sales, and what its merchant was told
    #[command(after_help = "\
A payment is named by its id, its code, or its merchant and order id (the newest of that order id).
Names of people and the keys that lead from an id or code to its row lie under the master key.
Examples:
  gerai payment show 8127740588870520
  gerai payment show 019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77 --exchanges
  gerai payment show --merchant G000000001 --order order-101 --json")]
    Show(show::Args),
    /// List payments, newest first
    #[command(after_help = "\
Examples:
  gerai payment list --merchant G000000001 --state paid --limit 50
  gerai payment list --before 4711   the next page: what is older than payment number 4711")]
    List(list::Args),
    /// Show what happened to a payment, by whom and why, and what was posted
    #[command(after_help = "\
Examples:
  gerai payment events 8127740588870520
  gerai payment events --merchant G000000001 --order order-101 --json")]
    Events(Named),
    /// Cancel a pending payment in the operator's name; its merchant is told
    #[command(after_help = "\
Example:
  gerai payment cancel 8127740588870520 --reason 'merchant asked by phone, ticket 17'")]
    Cancel(close::Args),
    /// Expire a pending payment before its time, in the operator's name; its merchant is told
    #[command(after_help = "\
Example:
  gerai payment expire 8127740588870520 --reason 'wrong amount, ticket 18'")]
    Expire(close::Args),
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show(args) => show::run(&args),
        Command::List(args) => list::run(&args),
        Command::Events(named) => events::run(&named),
        Command::Cancel(args) => close::run(&args, gateway::request::Close::Cancel),
        Command::Expire(args) => close::run(&args, gateway::request::Close::Expire),
    }
}
