//! The program as a process: started, listened to, signalled, killed.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use super::{
    ayolinx,
    cronos::Project,
    merchant::{DEMO, OTHER, basic},
    till::SECRET,
};

/// How long the program may take to begin to listen, or to end, before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The root of the project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The program with these arguments, apart from the environment's settings.
pub(crate) fn gerai(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerai"));
    command.args(arguments).stdin(Stdio::null());
    for name in [
        "GERAI_MASTER_KEY",
        "GERAI_MASTER_KEY_FILE",
        "GERAI_LOG",
        "GERAI_STORAGE",
        "GERAI_STORAGE_PASSWORD",
        "GERAI_STORAGE_PASSWORD_FILE",
    ] {
        command.env_remove(name);
    }
    command
}

/// What a command that ended by itself came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    /// Stdout.
    pub(crate) said: String,
    /// Stderr.
    pub(crate) log: String,
}

impl Ended {
    /// Fails unless the exit code is 0; gives back stdout.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.said, self.log);
        self.said
    }

    /// The same, for a command that was asked for JSON.
    pub(crate) fn json(self) -> serde_json::Value {
        let said = self.well();
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("not JSON ({error}): {said}"))
    }

    /// Fails unless it failed with one sentence on stderr; gives that sentence back.
    pub(crate) fn sentence(self) -> String {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        let lines: Vec<_> = self.log.lines().filter(|line| !line.starts_with('{')).collect();
        let [line] = lines.as_slice() else { panic!("not one sentence on stderr: {:?}", self.log) };
        assert!(line.starts_with("gerai: "), "{line}");
        (*line).to_owned()
    }
}

/// Runs the program with these arguments to its end, which must come in bounded time.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_command(&mut gerai(arguments))
}

/// Runs a command to its end, which must come in bounded time.
pub(crate) fn run_command(command: &mut Command) -> Ended {
    let mut child = spawn(command);
    let said = Page::of(child.stdout.take().unwrap());
    let log = Page::of(child.stderr.take().unwrap());
    let status = end_of(&mut child, &[&said, &log]).unwrap_or_else(|| {
        drop(child.kill());
        panic!("{command:?} does not end; it said {:?} and {:?}", said.text(), log.text())
    });
    assert_discreet(&log.text());
    Ended { code: status.code(), said: said.text(), log: log.text() }
}

/// Every test's logs are looked through for what must never be in one.
fn assert_discreet(log: &str) {
    for secret in [DEMO, OTHER, SECRET, ayolinx::SECRET] {
        assert!(!log.contains(secret), "the log tells a secret: {log}");
    }
    let basic = [DEMO, OTHER].map(|key| basic(key).split_off("Basic ".len()));
    for secret in basic {
        assert!(!log.contains(&secret), "the log tells a secret in Base64: {log}");
    }
    for project in [Project::of_cronos(), Project::of_sengo()] {
        assert!(!log.contains(&project.token), "the log tells a token: {log}");
        // One for all times: whoever has it can ask for everything.
        assert!(!log.contains(&project.signature_of_get()), "the log tells a signature: {log}");
    }
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for both pipes to close, which the end of the process does, and then for the process.
fn end_of(child: &mut Child, pages: &[&Page]) -> Option<ExitStatus> {
    for page in pages {
        page.wait(|_, closed| closed.then_some(()))?;
    }
    Some(child.wait().unwrap())
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    said: Page,
    log: Page,
    /// Where the API is.
    pub(crate) api: SocketAddr,
    /// Where operators look.
    pub(crate) operations: Option<SocketAddr>,
}

impl Server {
    /// A sandbox that forgets everything, on ports of its own.
    pub(crate) fn in_memory() -> Self {
        Self::start(&["sandbox", "--listen", "127.0.0.1:0", "--in-memory"])
    }

    /// A sandbox on a folder, on ports of its own.
    pub(crate) fn on(data: &Path) -> Self {
        Self::start(&["sandbox", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
    }

    /// Starts the program and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_command(&mut gerai(arguments))
    }

    /// A sandbox with its data in this folder, and settings of its own.
    pub(crate) fn configured(data: &Path, config: impl AsRef<Path>) -> Self {
        let (data, config) = (data.to_str().unwrap(), config.as_ref().to_str().unwrap());
        Self::start(&["sandbox", "--listen", "127.0.0.1:0", "--data", data, "--config", config])
    }

    /// The same, for a command with an environment of its own.
    pub(crate) fn start_command(command: &mut Command) -> Self {
        let mut child = spawn(command);
        let said = Page::of(child.stdout.take().unwrap());
        let log = Page::of(child.stderr.take().unwrap());
        let listening = said.wait(|text, closed| {
            let address = address_behind(text, "listening on http://")
                .or_else(|| address_behind(text, "listening on https://"));
            (address.is_some() || closed).then_some(address)
        });
        let Some(Some(api)) = listening else {
            drop(child.kill());
            panic!("it does not listen; it said {:?} and {:?}", said.text(), log.text());
        };
        let operations = address_behind(&said.text(), "operations at http://");
        Self { child, said, log, api, operations }
    }

    /// What it said on stdout so far.
    pub(crate) fn said(&self) -> String {
        self.said.text()
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until a line of the log contains `what`.
    pub(crate) fn wait_for_log(&self, what: &str) {
        self.log.wait(|text, closed| (text.contains(what) || closed).then_some(()));
        assert!(self.log().contains(what), "no `{what}` in {}", self.log());
    }

    /// The memory that it takes now, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// The operations listener.
    pub(crate) fn operations(&self) -> SocketAddr {
        self.operations.unwrap()
    }

    /// SIGKILL; returns when it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        assert_discreet(&self.log());
    }

    /// Sends SIGTERM, and does not wait.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent =
            Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end; gives back the exit code and the whole log.
    pub(crate) fn ended(mut self) -> Ended {
        let status = end_of(&mut self.child, &[&self.said, &self.log]);
        let status = status.unwrap_or_else(|| panic!("it does not end: {}", self.log()));
        assert_discreet(&self.log());
        Ended { code: status.code(), said: self.said(), log: self.log() }
    }

    /// SIGTERM, and the end.
    pub(crate) fn stop(self) -> Ended {
        self.terminate();
        self.ended()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        } else {
            assert_discreet(&self.log());
        }
    }
}

fn address_behind(text: &str, words: &str) -> Option<SocketAddr> {
    // Only whole lines: half an address may be one, too.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().find_map(|line| line.strip_prefix(words)?.parse().ok())
}

/// What comes out of a pipe, read by a thread so that the program never waits for us.
#[derive(Debug, Clone)]
struct Page(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Debug, Default)]
struct Lines {
    text: String,
    closed: bool,
}

impl Page {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let page = Self(Arc::default());
        let writer = page.clone();
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                writer.change(|lines| lines.text.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
            writer.change(|lines| lines.closed = true);
        });
        page
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn text(&self) -> String {
        self.0.0.lock().unwrap().text.clone()
    }

    /// Waits until `found` finds something in the text, or knows from its end that it never will;
    /// none when that takes too long.
    fn wait<T>(&self, found: impl Fn(&str, bool) -> Option<T>) -> Option<T> {
        let lines = self.0.0.lock().unwrap();
        let waits = |lines: &mut Lines| found(&lines.text, lines.closed).is_none();
        let (lines, _) = self.0.1.wait_timeout_while(lines, PATIENCE, waits).unwrap();
        found(&lines.text, lines.closed)
    }
}

/// What a command of another program came to.
pub(crate) fn tell(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
