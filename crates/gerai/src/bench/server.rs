//! Servers to measure: this very program, started again as a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context, anyhow};
use gateway::clock::Stopwatch;

use super::process;

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where it answers.
    pub(super) api: SocketAddr,
    /// Where it tells how it is doing.
    pub(super) operations: Option<SocketAddr>,
    /// From the start of the process to the first moment at which it listens.
    pub(super) started_in: Duration,
    /// Its memory then, in KiB.
    pub(super) idle_kib: u64,
}

impl Server {
    /// The handler without storage.
    pub(super) fn ceiling(folder: &Path) -> anyhow::Result<Self> {
        let mut command = this_program()?;
        command.args(["bench", "--ceiling"]);
        Self::start(command, &folder.join("ceiling.log"))
    }

    /// A sandbox with its data in `name` under `folder`, with `settings` over the defaults.
    pub(super) fn sandbox(folder: &Path, name: &str, settings: &str) -> anyhow::Result<Self> {
        let config = folder.join(format!("{name}.toml"));
        // As in production, where whoever wants own events turns them on, and nobody else's are caught.
        std::fs::write(&config, format!("demo_events = false\ninbox = false\n{settings}"))?;
        let mut command = this_program()?;
        command.args(["sandbox", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"]);
        command.arg("--data").arg(folder.join(name)).arg("--config").arg(config);
        Self::start(command, &folder.join(format!("{name}.log")))
    }

    /// A sandbox as a test suite starts it.
    pub(super) fn in_memory(folder: &Path, no: u64) -> anyhow::Result<Self> {
        let mut command = this_program()?;
        command.args(["sandbox", "--in-memory", "--listen", "127.0.0.1:0"]);
        Self::start(command, &folder.join(format!("in-memory-{no}.log")))
    }

    fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let stopwatch = Stopwatch::start();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(log)?)
            .spawn()
            .context("cannot start a server to measure")?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("the server has no output"))?;
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server =
            Self { child, api: unknown, operations: None, started_in: Duration::ZERO, idle_kib: 0 };
        let lines = lines_of(stdout)?;
        loop {
            let patience = PATIENCE.saturating_sub(stopwatch.elapsed());
            let line = lines.recv_timeout(patience).map_err(|_| did_not_start(log))?;
            if let Some(address) = line.strip_prefix("operations at http://") {
                server.operations = Some(address.parse()?);
            }
            if let Some(address) = line.strip_prefix("listening on http://") {
                server.api = address.parse()?;
                server.started_in = stopwatch.elapsed();
                server.idle_kib = server.memory_kib().map_or(0, |(now, _)| now);
                return Ok(server);
            }
        }
    }

    /// What the kernel calls it.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its memory in KiB: now, and the most so far.
    pub(super) fn memory_kib(&self) -> Option<(u64, u64)> {
        process::memory_kib(self.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and its data is thrown away.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// This very program.
pub(super) fn this_program() -> anyhow::Result<Command> {
    Ok(Command::new(std::env::current_exe().context("cannot find this program's own file")?))
}

/// Reads until the end, so that the server never waits for its reader.
fn lines_of(stdout: impl std::io::Read + Send + 'static) -> anyhow::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel();
    std::thread::Builder::new().name("server's output".to_owned()).spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // After the start nobody listens.
            let _ = sender.send(line);
        }
    })?;
    Ok(lines)
}

fn did_not_start(log: &Path) -> anyhow::Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().next_back().unwrap_or("it said nothing").to_owned();
    anyhow!("a server to measure did not start: {last}")
}

/// A folder for everything that a run writes; it goes with this.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one in `parent`.
    pub(super) fn new(parent: &Path) -> anyhow::Result<Self> {
        let folder = parent.join(format!("gerai-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder.canonicalize()?))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the person who chose the place.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
