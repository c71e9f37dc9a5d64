//! `gerai`: a self-hosted over-the-counter payment gateway.

mod api;
mod bench;
mod bill;
mod bootstrap;
mod cli;
mod config;
mod control;
mod dialects;
mod log;
mod notify;
mod own;

mod pages;
mod reconcile;
mod retailers;
mod sandbox;
mod serve;

#[cfg(test)]
mod worked_day;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use config::{Config, Operations};
use gateway::Environment;
use serve::Greeting;
use storage::Place;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted over-the-counter payment gateway.
///
/// Without a command, `gerai` starts a sandbox on 127.0.0.1:8080: point the client of your payment
/// provider at it, open a payment, and press "pay" as a cashier would.
#[derive(Debug, Parser)]
#[command(name = "gerai", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    sandbox: SandboxArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a sandbox: demo merchants, a cashier without a signature, notifications to localhost.
    #[command(after_help = "\
Examples:
  gerai sandbox                                        data in ./gerai-data, kept
  gerai sandbox --listen 127.0.0.1:0 --in-memory --print-url
                                                       for a test suite: a free port, nothing kept")]
    Sandbox(SandboxArgs),
    /// Start in production: no demo data, no sandbox routes.
    ///
    /// The configuration chooses the lengths of payment codes, and either has a certificate or says
    /// that a proxy terminates TLS. A data folder that a sandbox made is refused.
    #[command(after_help = "\
Example:
  gerai master-key new /etc/gerai/master.key
  gerai serve --config /etc/gerai/gerai.toml")]
    Serve(ServeArgs),
    #[command(flatten)]
    Operate(cli::Operate),
    /// Measure how fast this machine is: durable payments over HTTP beside the same without storage.
    ///
    /// Starts servers of its own on free ports, with their data in a folder that is removed at the
    /// end; a server that runs is left alone, but takes part of the machine. Every answer is checked.
    #[command(after_help = "\
Examples:
  gerai bench
  gerai bench --postgres --nodes 3      payments in PostgreSQL, beside pgbench inserting the same row")]
    Bench(bench::Args),
    /// Print the version.
    #[command(after_help = "\
Example:
  gerai version")]
    Version,
}

#[derive(Debug, Args)]
struct SandboxArgs {
    /// Where the API listens; port 0 takes a free one. [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder of the database; it is made if it is not there. [default: ./gerai-data]
    #[arg(long, value_name = "DIR", conflicts_with = "in_memory")]
    data: Option<PathBuf>,
    /// Keep everything in memory; it is gone when the sandbox ends.
    #[arg(long)]
    in_memory: bool,
    /// Print the base URL alone, on one line, as soon as it answers: for scripts.
    #[arg(long)]
    print_url: bool,
    /// Answer in TLS, too, under the vendors' host names, with a certificate of a CA of its own.
    ///
    /// The CA is made once and lies in tls/ca.pem of the data folder: let your client trust it, and
    /// lead api.sandbox.midtrans.com and the like to the sandbox.
    #[arg(long)]
    tls: bool,
    /// Where that listens; implies --tls. [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR")]
    tls_listen: Option<SocketAddr>,
    /// Write the CA's certificate to this file as well; implies --tls.
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Where /healthz, /readyz and /metrics are, or `off`. [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR|off")]
    operations: Option<Operations>,
    /// A file with settings that differ from the defaults; see config.default.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The file with the settings; see config.default.toml for all of them.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the API listens, instead of what the file says.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where /healthz, /readyz and /metrics are, or `off`, instead of what the file says.
    #[arg(long, value_name = "ADDR|off")]
    operations: Option<Operations>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => sandbox(cli.sandbox),
        Some(Command::Sandbox(args)) => sandbox(args),
        Some(Command::Serve(args)) => serve(&args),
        Some(Command::Operate(operate)) => match cli::run(operate) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Version) => {
            serve::say(concat!("gerai ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// One sentence on stderr. What it was that failed comes first, why comes after it.
#[expect(clippy::print_stderr, reason = "the one place where a command says that it failed")]
fn complain(error: &anyhow::Error) {
    eprintln!("gerai: {}", format!("{error:#}").replace('\n', " "));
}

fn sandbox(args: SandboxArgs) -> anyhow::Result<()> {
    let mut config = Config::load(args.config.as_deref())?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.operations = args.operations.unwrap_or(config.operations);
    config.data = args.data.unwrap_or(config.data);
    let tls = &mut config.sandbox_tls;
    tls.enabled |= args.tls || args.tls_listen.is_some() || args.tls_ca.is_some();
    tls.listen = args.tls_listen.or(tls.listen);
    tls.ca_file = args.tls_ca.or(tls.ca_file.take());
    log::start(&config.log)?;
    let place = if args.in_memory { Place::Memory("sandbox".to_owned()) } else { config.place() };
    let greeting = if args.print_url { Greeting::Url } else { Greeting::Welcome };
    serve::run(Environment::Sandbox, place, config, greeting)
}

fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let mut config = Config::load(Some(&args.config))?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.operations = args.operations.unwrap_or(config.operations);
    config.check_production()?;
    log::start(&config.log)?;
    let place = config.place();
    serve::run(Environment::Production, place, config, Greeting::Welcome)
}
