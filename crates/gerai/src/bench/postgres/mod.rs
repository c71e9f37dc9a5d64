//! `gerai bench --postgres`: payments over HTTP that are kept in PostgreSQL, beside what `pgbench` does with
//! the same row on the same server in the same minute.

mod cluster;
mod report;
mod rows;

use std::{net::SocketAddr, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use domain::code::PaymentCode;
use gateway::clock::Clock;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use self::{
    cluster::{Cluster, program, run},
    rows::Rows,
};
use super::{
    Args, disk, figures,
    load::{self, Latencies, Work},
    orders::Orders,
    samples::per_second,
    server::{Folder, Server, this_program},
    tills::{Tills, Wish},
};
use crate::{bootstrap::key_file, serve::say};

pub(super) use report::{text, write};

/// How long each node is warmed up, unmeasured.
const WARM_UP: Duration = Duration::from_millis(500);
/// No round asks more often than this.
const ROUND_MAX: usize = 1 << 32;
/// The schemas that a run makes in the database, and takes away at its end.
const SCHEMAS: [&str; 2] = ["gerai_bench_payments", "gerai_bench_rows"];

/// Where PostgreSQL is, and how many nodes are in front of it.
#[derive(Debug, clap::Args)]
pub(super) struct Postgres {
    /// Measure payments in PostgreSQL, on a server that is started for it and thrown away; needs
    /// PostgreSQL's programs, pgbench among them
    #[arg(long, conflicts_with = "storage")]
    postgres: bool,
    /// The same, on a server that runs: schemas of the run's own are made in this database, and removed
    #[arg(long, value_name = "postgres://URL")]
    storage: Option<String>,
    /// Also measure so many nodes over the one database
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    nodes: u8,
}

impl Postgres {
    /// Whether it is about PostgreSQL at all.
    pub(super) const fn is_meant(&self) -> bool {
        self.postgres || self.storage.is_some()
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// The row of a payment, by `pgbench`.
    Row,
    /// A charge over HTTP.
    Open,
    /// A payment at the counter over HTTP, codes in the order in which they were opened.
    Pay,
}

/// One round of one thing.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Sample {
    /// Of what.
    pub(super) what: What,
    /// By how many nodes; none where no gateway takes part.
    pub(super) nodes: usize,
    /// Over how many connections.
    pub(super) connections: usize,
    /// A second.
    pub(super) per_second: u64,
    /// Half of the answers came within so many microseconds; 0 where that is not known.
    pub(super) p50_us: u64,
    /// And 99 of 100.
    pub(super) p99_us: u64,
    /// Commands in each commit of the first node, in tenths.
    pub(super) commands_tenths: u64,
}

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Measured {
    /// Seconds of each round.
    pub(super) seconds: u64,
    /// How many rounds there were.
    pub(super) rounds: u64,
    /// What the server calls itself.
    pub(super) server: String,
    /// Every round of everything, in the order of measuring.
    pub(super) samples: Vec<Sample>,
    /// The disk's moods.
    pub(super) disk: Vec<Latencies>,
}

/// Measures everything.
pub(super) async fn measure(args: &Args) -> anyhow::Result<Measured> {
    let folder = Folder::new(&args.data)?;
    // Dropped after what uses it.
    let own = match &args.database.storage {
        Some(_) => None,
        None => Some(Cluster::start(folder.path())?),
    };
    let url = args.database.storage.clone().or_else(|| own.as_ref().map(Cluster::url));
    let url = url.ok_or_else(|| anyhow!("there is no server"))?;
    let schemas = Schemas::new(&url)?;
    let [payments, rows] = SCHEMAS.map(|schema| within(&url, schema));

    let settings = |url: &str| format!("storage = {}\n", toml::Value::from(url));
    let first = Server::sandbox(folder.path(), "node-1", &settings(&payments))?;
    let mut nodes = vec![first];
    for no in 2..=args.database.nodes {
        let name = format!("node-{no}");
        let (from, to) = (folder.path().join("node-1"), folder.path().join(&name));
        std::fs::create_dir_all(&to)?;
        std::fs::copy(from.join(key_file::NAME), to.join(key_file::NAME))?;
        nodes.push(Server::sandbox(folder.path(), &name, &settings(&payments))?);
    }
    let config = folder.path().join("rows.toml");
    std::fs::write(&config, settings(&rows))?;
    run(this_program()?.arg("migrate").arg("--config").arg(&config))?;

    let few = args.connections.first().copied().unwrap_or(64);
    let bar = progress(args)?;
    let mut bench = Bench {
        span: args.span(),
        nodes,
        numbers: 0,
        samples: Vec::new(),
        bar,
        clock: Clock::system(),
    };
    bench.warm_up(few).await?;
    let personal =
        psql(&payments, "select coalesce(avg(octet_length(personal))::bigint, 0) from payment")?;
    let rows = Rows::new(&rows, folder.path(), personal.parse()?)?;
    let mut disk = vec![disk::probe(folder.path())?];
    for _ in 0..args.rounds() {
        bench.round(args, &rows).await?;
        disk.push(disk::probe(folder.path())?);
    }
    bench.bar.finish_and_clear();
    let server = psql(&url, "show server_version")?;
    let Bench { samples, nodes, .. } = bench;
    drop((nodes, schemas, own));
    Ok(Measured { seconds: args.span().as_secs(), rounds: args.rounds(), server, samples, disk })
}

fn progress(args: &Args) -> anyhow::Result<ProgressBar> {
    let sets = if args.database.nodes > 1 { 2 } else { 1 };
    let phases = 1 + sets * (u64::try_from(args.connections.len())? + 1);
    let bar = ProgressBar::new(args.rounds() * phases);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}  {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

struct Bench {
    span: Duration,
    nodes: Vec<Server>,
    /// Numbers that name an order, a sale or a nonce already.
    numbers: usize,
    samples: Vec<Sample>,
    bar: ProgressBar,
    clock: Clock,
}

impl Bench {
    async fn warm_up(&mut self, connections: usize) -> anyhow::Result<()> {
        for node in 0..self.nodes.len() {
            let work = self.orders();
            let address = self.nodes.get(node).map(|node| node.api);
            let addresses: Vec<_> = address.into_iter().collect();
            load::round_over(&addresses, connections, WARM_UP, work).await?;
        }
        Ok(())
    }

    /// `pgbench`, then one node, then all of them.
    async fn round(&mut self, args: &Args, rows: &Rows) -> anyhow::Result<()> {
        self.bar.set_message("pgbench");
        let per_second = rows.insert_for(self.span.as_secs())?;
        let (p50_us, p99_us, commands_tenths) = (0, 0, 0);
        let (what, nodes, connections) = (What::Row, 0, rows::CLIENTS);
        self.note(Sample { what, nodes, connections, per_second, p50_us, p99_us, commands_tenths });
        let mut sets = vec![1, self.nodes.len()];
        sets.dedup();
        for nodes in sets {
            let mut codes = Vec::new();
            for connections in &args.connections {
                let work = self.orders();
                codes.extend(self.phase(What::Open, nodes, *connections, work).await?);
            }
            let few = args.connections.first().copied().unwrap_or(64);
            let wishes = codes.into_iter().map(|code| (Wish::Pay, code));
            let tills = Tills::sign(self.numbers, self.clock.real_now(), wishes)?;
            self.numbers += tills.count();
            self.phase(What::Pay, nodes, few, Arc::new(tills)).await?;
        }
        Ok(())
    }

    async fn phase(
        &mut self,
        what: What,
        nodes: usize,
        connections: usize,
        work: Arc<dyn Work>,
    ) -> anyhow::Result<Vec<PaymentCode>> {
        self.bar.set_message(format!("{}, {nodes} nodes, {connections} connections", what.title()));
        let addresses: Vec<SocketAddr> =
            self.nodes.iter().take(nodes).map(|node| node.api).collect();
        let operations = self.nodes.first().and_then(|node| node.operations);
        let operations = operations.context("a node has no figures")?;
        let before = figures::ask(operations).await?;
        let round = load::round_over(&addresses, connections, self.span, work).await?;
        let commits = figures::ask(operations).await?.since(before);
        self.note(Sample {
            what,
            nodes,
            connections,
            per_second: per_second(round.answers, round.took),
            p50_us: round.latencies.value_at_quantile(0.5),
            p99_us: round.latencies.value_at_quantile(0.99),
            commands_tenths: commits.map_or(0, |commits| commits.commands_tenths),
        });
        Ok(round.codes)
    }

    fn note(&mut self, sample: Sample) {
        self.samples.push(sample);
        self.bar.inc(1);
        if self.bar.is_hidden() {
            let Sample { what, nodes, connections, per_second, .. } = sample;
            let title = what.title();
            say(&format!("{title}, {nodes} nodes, {connections} connections: {per_second}/s\n"));
        }
    }

    fn orders(&mut self) -> Arc<Orders> {
        self.numbers += ROUND_MAX;
        Arc::new(Orders::new(self.numbers, usize::MAX))
    }
}

impl What {
    /// Its name for people.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Row => "pgbench: the payment's row, one a commit",
            Self::Open => "open",
            Self::Pay => "pay, codes in order",
        }
    }
}

/// The schemas of a run; they go with this.
struct Schemas<'a>(&'a str);

impl<'a> Schemas<'a> {
    fn new(url: &'a str) -> anyhow::Result<Self> {
        let schemas = Self(url);
        for schema in SCHEMAS {
            psql(url, &format!("drop schema if exists {schema} cascade"))?;
            psql(url, &format!("create schema {schema}"))?;
        }
        Ok(schemas)
    }
}

impl Drop for Schemas<'_> {
    fn drop(&mut self) {
        for schema in SCHEMAS {
            // The server may be gone already, and with it the schema.
            drop(psql(self.0, &format!("drop schema if exists {schema} cascade")));
        }
    }
}

/// The same database, in this schema.
fn within(url: &str, schema: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}options=-csearch_path%3D{schema}")
}

/// What the server says to a statement.
fn psql(url: &str, statement: &str) -> anyhow::Result<String> {
    let said = run(Command::new(program("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
        .args(["--command", statement, "--dbname", url]))?;
    Ok(said.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_named_in_the_url() {
        assert_eq!(within("postgres://a@b/c", "d"), "postgres://a@b/c?options=-csearch_path%3Dd");
        assert!(within("postgres://a@b/c?sslmode=disable", "d").contains("disable&options="));
    }
}
