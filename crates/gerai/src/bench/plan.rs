//! The order of things: which server is asked what, and for how long.
//!
//! Rounds are short and many, and figures that are compared stand close together in each: a machine
//! that is slow for some seconds is then slow for both.

use std::{sync::Arc, time::Duration};

use domain::code::PaymentCode;
use gateway::clock::Clock;
use indicatif::{ProgressBar, ProgressStyle};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::{
    Args,
    deliveries::{self, Deliveries},
    disk,
    figures::{self, Done},
    load::{self, Latencies, Round, Work},
    orders::{self, Orders},
    process,
    samples::{Phase, Raw, Sample},
    sandboxes::{self, Sandboxes},
    server::{Folder, Server},
    tills::{Tills, Wish},
    voices::{Signed, Voice},
};
use crate::serve::say;

/// How long each server is warmed up, unmeasured.
const WARM_UP: Duration = Duration::from_millis(500);
/// Payments on the server whose inquiries only read: fewer than it keeps in memory (rule 45).
const READ_STOCK: usize = 40_000;
/// No round asks more often than this.
const ROUND_MAX: usize = 1 << 32;
/// The most requests that are signed for a round; a round with fewer than it could ask ends early.
const SIGNED_MAX: usize = 500_000;

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Measured {
    /// Seconds that each phase was measured in each round, where it had enough to do.
    pub(super) seconds: u64,
    /// How many rounds there were.
    pub(super) rounds: u64,
    /// Every phase of every round, in the order of measuring.
    pub(super) samples: Vec<Sample>,
    /// The disk's moods: before the first round, between rounds, after the last.
    pub(super) disk: Vec<Latencies>,
    /// From the start of a process on an empty folder until it listens, in microseconds.
    pub(super) start_us: u64,
    /// What sandboxes in memory take.
    pub(super) sandboxes: Sandboxes,
    /// Memory of the durable server before the first request and the most it had, in KiB.
    pub(super) memory_kib: (u64, u64),
    /// Bytes that the database grew by for each payment opened.
    pub(super) bytes_per_payment: u64,
    /// Bytes of the body of each charge.
    pub(super) bytes_per_request: u64,
    /// How merchants are told.
    pub(super) deliveries: Deliveries,
}

/// Measures everything.
pub(super) async fn measure(args: &Args) -> anyhow::Result<Measured> {
    let folder = Folder::new(&args.data)?;
    let sandboxes = sandboxes::measure(folder.path())?;
    let ceiling = Server::ceiling(folder.path())?;
    let durable = Server::sandbox(folder.path(), "durable", "")?;
    let reading = "[retailer_defaults]\nadvice_creates = \"never\"\n";
    let reading = Server::sandbox(folder.path(), "reading", reading)?;

    let voices = 2 * u64::try_from(Voice::ALL.len())?;
    // The last three are of deliveries.
    let phases = args.rounds() * (2 * u64::try_from(args.connections.len())? + 5 + voices + 3) + 1;
    let bench = Bench {
        span: args.span(),
        clock: Clock::system(),
        progress: progress(phases)?,
        numbers: 0,
        sandboxes,
        samples: Vec::new(),
    };
    bench.run(args, &folder, &ceiling, &durable, &reading).await
}

fn progress(phases: u64) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(phases);
    let style = "{bar:30} {pos}/{len}  {elapsed}  {msg}";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

struct Bench {
    span: Duration,
    clock: Clock,
    progress: ProgressBar,
    /// Numbers that name an order, a sale or a nonce already.
    numbers: usize,
    sandboxes: Sandboxes,
    samples: Vec<Sample>,
}

impl Bench {
    async fn run(
        mut self,
        args: &Args,
        folder: &Folder,
        ceiling: &Server,
        durable: &Server,
        reading: &Server,
    ) -> anyhow::Result<Measured> {
        let few = args.connections.first().copied().unwrap_or(64);
        self.progress.set_message("warming up");
        for server in [ceiling, durable] {
            let warm = self.orders(usize::MAX);
            load::round(server.api, few, WARM_UP, warm).await?;
        }
        let orders = self.orders(READ_STOCK);
        let in_memory = load::round(reading.api, few, Duration::from_mins(1), orders).await?.codes;

        let database = folder.path().join("durable").join("gerai.db");
        let size = || std::fs::metadata(&database).map_or(0, |file| file.len());
        let (mut grown, mut opened) = (0, 0);
        let mut disk = vec![disk::probe(folder.path())?];
        for _ in 0..args.rounds() {
            let before = size();
            let work = self.orders(usize::MAX);
            self.phase(Phase::Ceiling, few, ceiling, work).await?;
            let work = self.orders(usize::MAX);
            let round = self.phase(Phase::Open, few, durable, work).await?;
            grown += size().saturating_sub(before);
            opened += round.answers;
            let mut stock = round.codes;
            self.one_by_one(few, durable, &mut stock).await?;
            let wishes = self.inquiries(Phase::InquiryRead, &in_memory);
            self.at_tills(Phase::InquiryRead, few, reading, wishes).await?;

            for connections in args.connections.iter().skip(1) {
                let work = self.orders(usize::MAX);
                self.phase(Phase::Ceiling, *connections, ceiling, work).await?;
                let work = self.orders(usize::MAX);
                stock.extend(self.phase(Phase::Open, *connections, durable, work).await?.codes);
            }
            self.mingled(few, durable, &stock).await?;
            for voice in Voice::ALL {
                let work = self.signed(voice, ceiling).await?;
                self.phase(Phase::CeilingOf(voice), few, ceiling, work).await?;
                let work = self.signed(voice, durable).await?;
                self.phase(Phase::OpenOf(voice), few, durable, work).await?;
            }
            disk.push(disk::probe(folder.path())?);
        }
        let memory_kib = (durable.idle_kib, durable.memory_kib().map_or(0, |(_, most)| most));
        let tick = |message: &str| {
            self.progress.set_message(message.to_owned());
            self.progress.inc(1);
        };
        let told = deliveries::measure(folder, args.rounds(), self.span, tick).await?;
        self.progress.finish_and_clear();
        Ok(Measured {
            seconds: self.span.as_secs(),
            rounds: args.rounds(),
            samples: self.samples,
            disk,
            start_us: u64::try_from(durable.started_in.as_micros()).unwrap_or(u64::MAX),
            sandboxes: self.sandboxes,
            memory_kib,
            bytes_per_payment: grown.checked_div(opened).unwrap_or(0),
            bytes_per_request: u64::try_from(orders::body_bytes()).unwrap_or(0),
            deliveries: told,
        })
    }

    /// Inquires payments that were just opened, then pays half of them in order. The other half is
    /// left.
    async fn one_by_one(
        &mut self,
        connections: usize,
        server: &Server,
        stock: &mut Vec<PaymentCode>,
    ) -> anyhow::Result<()> {
        let wishes = self.inquiries(Phase::InquiryStored, stock);
        self.at_tills(Phase::InquiryStored, connections, server, wishes).await?;
        let left = stock.split_off(stock.len() / 2);
        let wishes = stock.iter().map(|code| (Wish::Pay, *code)).collect();
        *stock = left;
        self.at_tills(Phase::Pay, connections, server, wishes).await
    }

    /// Pays half of these payments while the other half is inquired, then pays that half in any
    /// order.
    async fn mingled(
        &mut self,
        connections: usize,
        server: &Server,
        stock: &[PaymentCode],
    ) -> anyhow::Result<()> {
        let (paid, asked) = stock.split_at(stock.len() / 2);
        let pay = |code: &PaymentCode| (Wish::Pay, *code);
        let pairs = asked.iter().zip(paid);
        let wishes = pairs.flat_map(|(asked, paid)| [(Wish::Inquire, *asked), pay(paid)]).collect();
        self.at_tills(Phase::Mixed, connections, server, wishes).await?;

        let mut shuffled = asked.to_vec();
        shuffled.shuffle(&mut StdRng::seed_from_u64(1));
        let wishes = shuffled.iter().map(pay).collect();
        self.at_tills(Phase::PayShuffled, connections, server, wishes).await
    }

    /// As many inquiries as a round can be expected to ask, about these codes in turn.
    fn inquiries(&self, phase: Phase, codes: &[PaymentCode]) -> Vec<(Wish, PaymentCode)> {
        let rate_of = |phase: Phase| {
            let sample = self.samples.iter().rev().find(|sample| sample.phase == phase);
            sample.map(|sample| sample.per_second)
        };
        // The first time, nothing is known but the ceiling.
        let rate = rate_of(phase).map(|rate| rate + rate / 4);
        let rate = rate.or_else(|| rate_of(Phase::Ceiling)).unwrap_or(100_000);
        let count = u128::from(rate) * self.span.as_millis() / 1_000;
        let count = usize::try_from(count).unwrap_or(SIGNED_MAX).min(SIGNED_MAX);
        codes.iter().map(|code| (Wish::Inquire, *code)).cycle().take(count).collect()
    }

    fn orders(&mut self, count: usize) -> Arc<Orders> {
        self.numbers += ROUND_MAX;
        Arc::new(Orders::new(self.numbers, count))
    }

    async fn signed(&mut self, voice: Voice, server: &Server) -> anyhow::Result<Arc<Signed>> {
        self.numbers += ROUND_MAX;
        let now = self.clock.real_now();
        Ok(Arc::new(Signed::new(voice, self.numbers, now, server).await?))
    }

    async fn at_tills(
        &mut self,
        phase: Phase,
        connections: usize,
        server: &Server,
        wishes: Vec<(Wish, PaymentCode)>,
    ) -> anyhow::Result<()> {
        self.progress.set_message(format!("signing: {}", phase.title()));
        let tills = Tills::sign(self.numbers, self.clock.real_now(), wishes)?;
        self.numbers += tills.count();
        self.phase(phase, connections, server, Arc::new(tills)).await.map(drop)
    }

    /// Measures one phase once.
    async fn phase(
        &mut self,
        phase: Phase,
        connections: usize,
        server: &Server,
        work: Arc<dyn Work>,
    ) -> anyhow::Result<Round> {
        self.progress.set_message(format!("{}, {connections} connections", phase.title()));
        let done_before = done(server).await?;
        let me = std::process::id();
        let (server_before, load_before) = (process::used(server.id()), process::used(me));
        let machine_before = process::machine_us();
        let round = load::round(server.api, connections, self.span, work).await?;
        let machine_us = process::machine_us().saturating_sub(machine_before);
        let server_used = process::used(server.id()).since(server_before);
        let load_used = process::used(me).since(load_before);
        let raw = Raw {
            answers: round.answers,
            took: round.took,
            latencies: &round.latencies,
            server: server_used,
            load: load_used,
            machine_us,
            commits: done(server).await?.since(done_before),
        };
        let sample = Sample::new(phase, connections, &raw);
        self.samples.push(sample);
        self.progress.inc(1);
        if self.progress.is_hidden() {
            let per_second = sample.per_second;
            say(&format!("{}, {connections} connections: {per_second}/s\n", phase.title()));
        }
        Ok(round)
    }
}

async fn done(server: &Server) -> anyhow::Result<Done> {
    match server.operations {
        Some(address) => figures::ask(address).await,
        None => Ok(Done::default()),
    }
}

impl Measured {
    /// The rounds of one phase over so many connections.
    pub(super) fn rounds_of(&self, phase: Phase, connections: usize) -> Vec<Sample> {
        let same = |sample: &&Sample| (sample.phase, sample.connections) == (phase, connections);
        self.samples.iter().filter(same).copied().collect()
    }

    /// The medians of every phase, in the order in which phases first appear.
    pub(super) fn medians(&self) -> Vec<Sample> {
        let mut medians: Vec<Sample> = Vec::new();
        for sample in &self.samples {
            let (phase, connections) = (sample.phase, sample.connections);
            if medians.iter().all(|seen| (seen.phase, seen.connections) != (phase, connections)) {
                medians.extend(Sample::median_of(&self.rounds_of(phase, connections)));
            }
        }
        medians
    }
}
