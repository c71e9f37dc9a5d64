//! `gerai notification`: what merchants were told, and what came of it.

mod list;

mod moment;

mod resend;

mod show;

mod target;

mod verify;

mod which;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::verify::inspect_own;

/// What can be done with notifications.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what merchants were told, newest first
    #[command(after_help = "\
Says of each notification what it told, to which URL, how often it was tried and how it stands: \
due (it waits for its next attempt), delivered, failed (the dialect gave up) or superseded \
(newer news of the same payment went out instead). Times are WIB; --since and --until also take \
2h, 30m or 3d ago.

Examples:
  gerai notification list 8127740588870520            all that was told of one payment
  gerai notification list --order order-101
  gerai notification list --merchant G000000001 --state failed --since 2h
  gerai notification list --before 4711               the next page: what is older than number 4711")]
    List(list::Args),
    /// Show one notification: every attempt, what was sent and signed, what came back, and how long
    #[command(after_help = "\
Each attempt has its verdict and why, the request with its headers and body, the text that was \
signed (secrets are ***), the answer, and the time that each phase took: looking up the name, \
connecting, TLS, the first byte. What was sent lies sealed, so this needs the master key.

Examples:
  gerai notification show 4711
  gerai notification show 4711 --last --json          the newest attempt only, for machines")]
    Show(show::Args),
    /// Send again: one, or all that an outage left behind; a dry run without --apply
    #[command(after_help = "\
What is sent again is the same notification, rendered anew: merchants see the same identity, and \
one payment's news still goes in its order. Without --apply it tells what would be sent and \
changes nothing. Whoever runs it, and why, goes into the log.

Examples:
  gerai notification resend 4711 --apply --reason 'merchant mended its server, ticket 21'
  gerai notification resend --failed --since 2h       what would be sent after an outage
  gerai notification resend --failed --since 2h --merchant G000000001 --apply --reason 'ticket 21'")]
    Resend(resend::Args),
    /// Check a signature that a merchant received, and say which part differs
    #[command(after_help = "\
Takes the body exactly as it arrived, byte for byte, and the headers, one `name: value` a line. \
The key comes from the data folder (--merchant), a file, or the environment variable \
GERAI_VERIFY_KEY; for Ayolinx it is the platform's public key, and --url says where the \
notification arrived. Exits with 0 where the signature is right, with 2 where it is not.

Examples:
  gerai notification verify --dialect midtrans --body body.json --merchant G000000001
  gerai notification verify --dialect cronos --body body.json --headers headers.txt \\
    --key-file token.txt
  gerai notification verify --dialect ayolinx --body body.json --headers headers.txt \\
    --url https://shop.example/hook --key-file platform_public.pem")]
    Verify(verify::Args),
}

pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(args) => list::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Show(args) => show::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Resend(args) => resend::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Verify(args) => verify::run(&args),
    }
}
