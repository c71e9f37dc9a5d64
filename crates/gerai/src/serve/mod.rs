//! Everything that runs: read this to see every thread and task of the gateway.
//!
//! ```text
//! committer     thread: batches of commands, one commit each
//! answers       task: wakes the callers of each commit
//! api           task per connection: dialects, counters, in a sandbox its cashier
//! vendors       the same in a sandbox with --tls, under the vendors' host names
//! operations    task per connection: health, readiness, figures
//! control       task per caller of the Unix socket: `gerai merchant set` and the like
//! household     task: expiry every second, pruning every hour
//! deliveries    task, and one per attempt: news to merchants
//! ```

pub(crate) mod household;
pub(crate) mod listener;
pub(crate) mod operations;
mod peer;
pub(crate) mod router;
pub(crate) mod stop;
mod tls;
mod vendors;
mod welcome;

#[cfg(test)]
mod tests;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use axum::Router;
use gateway::{
    Environment, Gateway,
    clock::Clock,
    directory::Secret,
    pipeline::{Answers, Committer},
    reach::Reach,
};
use storage::{Place, StorageError};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::welcome::{Greeting, say};
use self::{
    listener::Door,
    peer::Proxies,
    stop::{Stop, stopper},
    vendors::Vendors,
    welcome::{Welcome, reachable},
};
use crate::{
    bill::Ways,
    bootstrap::{self, Started},
    config::{Approvals, Config, Operations},
    control::{Office, Socket},
    notify::{Client, Worker, raise_limit},
    sandbox::{Access, faults::Scripts, inbox_at, travel::Mover},
};

/// Runs a gateway until it is told to stop. Every error is one sentence for people.
pub(crate) fn run(
    environment: Environment,
    place: Place,
    config: Config,
    greeting: Greeting,
) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let result = runtime.block_on(serve(&Plan { environment, place, config, greeting }));
    // What hangs now was given its time already.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// The threads that answer: one less than there are processors, which is left to the committer.
/// With one for each, the two would only take turns.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.saturating_sub(1).max(1))
        .enable_all()
        .build()
        .context("cannot start the threads of the gateway")
}

/// What is to be served.
struct Plan {
    environment: Environment,
    place: Place,
    config: Config,
    greeting: Greeting,
}

async fn serve(plan: &Plan) -> anyhow::Result<()> {
    let config = &plan.config;
    let tls = plan.tls()?;
    let reach = config.notification.reach(plan.environment);
    let client = Client::new(reach, config.notification.ca_file.as_deref())?;
    let mut asked = Asked::new()?;
    let files = raise_limit();

    // All ports are taken before any data is touched.
    let api = listener::bind(config.listen).await?;
    let vendors = listener::bind_some(vendors::address(plan)).await?;
    let operations = listener::bind_some(plan.operations()).await?;
    let figures = operations.as_ref().map(|_| operations::collect()).transpose()?;

    let token = plan.sandbox_token(vendors::outermost(api.local_addr()?, vendors.as_ref())?);
    let config = &plan.telling_at(api.local_addr()?, tls.is_some(), token.as_ref());
    let ways = plan.ways(config, &plan.url(api.local_addr()?, tls.is_some()))?;
    let Started { gateway, committer, keeper, is_first_start } =
        bootstrap::start(&plan.place, config, plan.environment, Clock::system())?;
    if is_first_start {
        tracing::info!("a first start: the demo merchants and the demo counter were made");
    }
    let socket = plan
        .folder()
        .map(|folder| Socket::bind(folder, config.operators_group.as_deref()))
        .transpose()?;
    plan.warn_of_one_person();
    let office = Office::new(
        gateway.clone(),
        keeper,
        plan.folder().map(ToOwned::to_owned),
        config.approvals,
    )
    .with_profiles(config.profiles.clone())
    .with_rows(plan.place.clone());
    let mut committed = commit(committer)?;

    let (stopper, stop) = stopper();
    let mut tasks = JoinSet::new();
    tasks.spawn(household::keep(gateway.clone(), config.retention, stop.clone()));
    let mut told = config.notification.clone();
    told.concurrent_max = told.concurrent_max.min(files / 2).max(1);
    let scripts = Scripts::of(&gateway).ok();
    let told = Worker::new(gateway.clone(), client, &told).telling_payers(ways);
    let worker = worker(told, scripts.as_ref());
    let mover = plan.mover(&gateway, &worker);
    let grace = config.limits.shutdown_timeout;
    tasks.spawn(household::deliver(gateway.clone(), worker, grace, stop.clone()));
    if let Some(socket) = socket {
        let (stop, office) = (stop.clone(), office.with_mover(mover.clone()));
        tasks.spawn(socket.serve(Arc::new(office), async move { stop.asked().await }));
    }
    if let (Some(listener), Some(figures)) = (operations, figures) {
        if plan.greeting == Greeting::Welcome {
            say(&format!("operations at http://{}\n", listener.local_addr()?));
        }
        tasks.spawn(household::digest(figures.clone(), stop.clone()));
        let router = operations::routes(gateway.clone(), figures);
        let door = plan.door("operations", router, None);
        tasks.spawn(listener::accept(listener, door, stop.clone()));
    }
    open_api(plan, (token, mover, scripts), (api, tls, vendors), stop, &mut tasks)?;

    let failed = tokio::select! {
        () = asked.wait() => None,
        ended = &mut committed => Some(ended),
    };
    tracing::info!("stopping");
    stopper.stop();
    let rest = async { while tasks.join_next().await.is_some() {} };
    // Each part keeps to its own time; this is for one that does not.
    if tokio::time::timeout(grace + Duration::from_secs(5), rest).await.is_err() {
        tracing::warn!("not everything stopped in time");
    }
    gateway.stop();
    let ended = match failed {
        Some(ended) => ended,
        None => committed.await,
    };
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(anyhow!("the storage failed, so the gateway stopped: {error}")),
        Err(_) => Err(anyhow!("the committer panicked, so the gateway stopped")),
    }
}

/// The worker that tells merchants. Nothing stands between production and them: it has no scripts.
fn worker(worker: Worker, scripts: Option<&Scripts>) -> Arc<Worker> {
    Arc::new(match scripts {
        Some(scripts) => worker.through(Arc::new(scripts.clone())),
        None => worker,
    })
}

/// Prints what a developer wants to know, and begins to answer.
fn open_api(
    plan: &Plan,
    (token, mover, scripts): (Option<Secret>, Mover, Option<Scripts>),
    (listener, tls, vendors): (TcpListener, Option<TlsAcceptor>, Option<TcpListener>),
    stop: Stop,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let gateway = &mover.gateway();
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = plan.url(address, tls.is_some());
    let access = Access { token, mover: Some(mover), scripts };
    let vendors = vendors.map(|listener| vendors::ready(plan, listener)).transpose()?;
    if plan.environment == Environment::Sandbox && plan.greeting == Greeting::Welcome {
        let vendors = vendors.as_ref().map(|vendors| (vendors.address, vendors.ca_file.as_path()));
        let token = access.token.as_ref();
        let welcome = Welcome { data: plan.folder(), url: &url, vendors, token };
        say(&welcome.text());
    }
    let router = router::api(gateway, &plan.config.limits, &url, access);
    let (streaming, end) = (gateway.clone(), stop.clone());
    tasks.spawn(async move {
        end.asked().await;
        streaming.end_streams();
    });
    let vendors_at = vendors.as_ref().map(|vendors| vendors.address);
    if let Some(Vendors { listener, tls, .. }) = vendors {
        let door = plan.door("vendors", router.clone(), Some(tls));
        tasks.spawn(listener::accept(listener, door, stop.clone()));
    }
    tasks.spawn(listener::accept(listener, plan.door("api", router, tls), stop));
    // The kernel has been accepting since the port was taken; from here on somebody answers.
    say(&match plan.greeting {
        Greeting::Welcome => {
            let vendors =
                vendors_at.map(|address| format!("vendors' hosts at https://{address}\n"));
            format!("{}listening on {scheme}://{address}\n", vendors.unwrap_or_default())
        }
        Greeting::Url => {
            let vendors = vendors_at.map(|address| format!("https://{}\n", reachable(address)));
            format!("{scheme}://{}\n{}", reachable(address), vendors.unwrap_or_default())
        }
    });
    Ok(())
}

/// Runs the committer on a thread of its own. What is received is what it came to; an error of
/// receiving means that it panicked.
fn commit(committer: Committer) -> anyhow::Result<oneshot::Receiver<Result<(), StorageError>>> {
    let (ended, committed) = oneshot::channel();
    // Callers are woken by a task of their own runtime: one wake-up from the thread serves a batch.
    let (batches, mut answers) = mpsc::unbounded_channel::<Answers>();
    tokio::spawn(async move {
        while let Some(answers) = answers.recv().await {
            answers.send();
        }
    });
    std::thread::Builder::new()
        .name("committer".to_owned())
        .spawn(move || {
            let result = committer.run_answering(|answers| {
                if let Err(unsent) = batches.send(answers) {
                    unsent.0.send();
                }
            });
            // Nobody listens any more when the process is ending for another reason.
            let _ = ended.send(result);
        })
        .context("cannot start the committer's thread")?;
    Ok(committed)
}

impl Plan {
    /// Who moves a sandbox's clock.
    fn mover(&self, gateway: &Gateway, worker: &Arc<Worker>) -> Mover {
        let folder = self.folder().map(ToOwned::to_owned);
        Mover::new(gateway.clone(), Some(Arc::clone(worker)), folder)
    }

    fn folder(&self) -> Option<&std::path::Path> {
        self.config.folder_of(&self.place)
    }

    /// TLS, which only production speaks; and plain HTTP only where nobody can listen in.
    fn tls(&self) -> anyhow::Result<Option<TlsAcceptor>> {
        match (self.environment, &self.config.tls) {
            (Environment::Sandbox, _) => Ok(None),
            (Environment::Production, Some(files)) => Ok(Some(tls::acceptor(files)?)),
            (Environment::Production, None)
                if self.config.listen.ip().is_loopback() || self.config.behind_tls_proxy =>
            {
                Ok(None)
            }
            (Environment::Production, None) => bail!(
                "plain HTTP on {} could be read on the way: set tls.certificate and tls.key, or \
                 behind_tls_proxy = true where a proxy terminates TLS",
                self.config.listen
            ),
        }
    }

    /// How the outside reaches the gateway, as far as anybody here knows.
    fn url(&self, listening: SocketAddr, is_tls: bool) -> String {
        let scheme = if is_tls { "https" } else { "http" };
        let configured = self.config.public_url.clone();
        configured.unwrap_or_else(|| format!("{scheme}://{}", reachable(listening)))
    }

    /// The ways by which payers are told. They lead where the operator says, and nowhere else.
    fn ways(&self, config: &Config, url: &str) -> anyhow::Result<Option<Ways>> {
        let client = Client::new(Reach::Everything, config.notification.ca_file.as_deref())?;
        Ways::open(config, self.environment, client, url)
    }

    /// The configuration, with the place of a sandbox's inbox.
    fn telling_at(&self, listening: SocketAddr, is_tls: bool, token: Option<&Secret>) -> Config {
        let base = format!("http://{}", reachable(listening));
        // Its own TLS is not trusted by the client that tells merchants.
        let is_told = self.config.inbox && !is_tls;
        let mut config = self.config.clone();
        config.inbox_at = is_told.then(|| inbox_at(&base, token));
        config
    }

    /// Says so where nothing asks for a second person (rule 20).
    fn warn_of_one_person(&self) {
        match (self.environment, self.config.approvals) {
            (Environment::Production, Approvals::One) => tracing::warn!(
                "approvals = \"one\": a single person may replace keys and change fees, and nobody \
                 else has to know"
            ),
            (Environment::Production, Approvals::Two) | (Environment::Sandbox, _) => {}
        }
    }

    /// Where operators look. A port of its own choice where the API has one.
    fn operations(&self) -> Option<SocketAddr> {
        let usual = match self.environment {
            Environment::Sandbox => 8081,
            Environment::Production => 9090,
        };
        match self.config.operations {
            Operations::Off => None,
            Operations::At(address) => Some(address),
            Operations::Default => {
                let port = if self.config.listen.port() == 0 { 0 } else { usual };
                Some((Ipv4Addr::LOCALHOST, port).into())
            }
        }
    }

    /// What sandbox routes ask for: nothing on loopback, unless it is configured (rule 26).
    fn sandbox_token(&self, listening: SocketAddr) -> Option<Secret> {
        let made = || Secret::new(hex::encode(rand::random::<[u8; 16]>()));
        let configured = self.config.sandbox_token.clone();
        configured.or_else(|| (!listening.ip().is_loopback()).then(made))
    }

    fn door(&self, name: &'static str, router: Router, tls: Option<TlsAcceptor>) -> Door {
        let limits = &self.config.limits;
        Door {
            router,
            proxies: Arc::new(Proxies::new(self.config.trusted_proxies.clone())),
            tls,
            header_timeout: limits.header_timeout,
            connections_max: limits.connections_max,
            shutdown_timeout: limits.shutdown_timeout,
            name,
        }
    }
}

/// The two ways in which a process is asked to stop.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn new() -> anyhow::Result<Self> {
        let signal = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns when either came.
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
