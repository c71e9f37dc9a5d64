//! Servers: made, started, joined, ended.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
        net::UnixStream,
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::programs::{command, output, owner, pg_ctl, run};

/// What every server is told: nobody reaches it but through its socket, and waiting for a deadlock to be
/// found is what tests about deadlocks do most of their time.
const SETTINGS: &str = "listen_addresses = ''\n\
    max_connections = 400\n\
    deadlock_timeout = '200ms'\n\
    timezone = 'UTC'\n";

/// What the shared one is told beside: tests of rows need no disk.
const FORGETFUL: &str =
    "fsync = off\nfull_page_writes = off\nwal_level = minimal\nmax_wal_senders = 0\n";

/// The port that stands in the name of a server's socket, unless its settings say otherwise.
const PORT: u16 = 5432;

/// For how long the shared server waits for another test.
const SHARED_LINGER: u32 = 15;
/// And a private one, whose process is gone.
const PRIVATE_LINGER: u32 = 1;

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// As an operator would: connections are cut, what is written is written back.
    Fast,
    /// As a crash would: at once, so that the next start has to recover.
    Crash,
}

/// A server that is ended when nobody uses it.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    is_shared: bool,
    /// Says that somebody uses it; given back by the system when the process ends.
    _uses: File,
}

impl Server {
    /// The server that all tests of a run share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| {
            let folder = folder("");
            let start = lock_file(&folder, "start.lock");
            start.lock().expect("a lock");
            if !answers(&folder) {
                end_leftover(&folder);
                make(&folder, FORGETFUL, &[]);
                start_in(&folder);
            }
            let uses = joined(&folder, SHARED_LINGER);
            Self { folder, is_shared: true, _uses: uses }
        })
    }

    /// A server of this test alone, with lines of `postgresql.conf` and files beside it that only the
    /// server's user may read. It does not forget, unless the lines say so.
    pub fn private(settings: &str, files: &[(&str, &[u8])]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = folder(&format!("-{}-{count}", std::process::id()));
        let start = lock_file(&folder, "start.lock");
        start.lock().expect("a lock");
        end_leftover(&folder);
        make(&folder, settings, files);
        start_in(&folder);
        let uses = joined(&folder, PRIVATE_LINGER);
        Self { folder, is_shared: false, _uses: uses }
    }

    /// How a database of it is reached, as its superuser.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.to_str().expect("a folder's name is text").replace('/', "%2F");
        format!("postgres://postgres@{folder}/{database}")
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has it do something by `psql`, and returns what that printed, without headings.
    ///
    /// # Panics
    ///
    /// Where a statement fails.
    pub fn psql(&self, database: &str, statements: &[&str]) -> String {
        self.try_psql(database, statements)
            .unwrap_or_else(|error| panic!("{statements:?}: {error}"))
    }

    /// The same, of a server whose settings name a port.
    ///
    /// # Panics
    ///
    /// Where a statement fails.
    pub fn psql_at(&self, port: u16, database: &str, statements: &[&str]) -> String {
        let done = self.ask(port, database, statements);
        done.unwrap_or_else(|error| panic!("{statements:?}: {error}"))
    }

    /// The same; an error is what the server said.
    pub fn try_psql(&self, database: &str, statements: &[&str]) -> Result<String, String> {
        self.ask(PORT, database, statements)
    }

    fn ask(&self, port: u16, database: &str, statements: &[&str]) -> Result<String, String> {
        let mut psql = command("psql", &self.folder);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=postgres"])
            .args(["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse", "--host"])
            .arg(&self.folder)
            .arg(format!("--port={port}"))
            .arg("--dbname")
            .arg(database);
        for statement in statements {
            psql.arg("--command").arg(statement);
        }
        let output = output(&mut psql);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// Stops it; [`Server::start`] starts it again, with all that it confirmed.
    ///
    /// # Panics
    ///
    /// Where other tests use it too.
    pub fn stop(&self, how: Stop) {
        assert!(!self.is_shared, "others use the shared server");
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Crash => "immediate",
        };
        run(command("pg_ctl", &self.folder).args(["stop", "--wait", "--mode", mode, "-D", "data"]));
    }

    /// Starts it after [`Server::stop`].
    pub fn start(&self) {
        start_in(&self.folder);
    }

    /// Its major version.
    ///
    /// # Panics
    ///
    /// Where it has no files.
    pub fn version(&self) -> u32 {
        let text = fs::read_to_string(self.data().join("PG_VERSION")).expect("a server's files");
        text.trim().parse().expect("a number since PostgreSQL 10")
    }

    /// The files of the database, for tests that look at them.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Held by whoever prepares what all share.
    pub(crate) fn alone(&self) -> File {
        let lock = lock_file(&self.folder, "start.lock");
        lock.lock().expect("a lock");
        lock
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_shared {
            end_leftover(&self.folder);
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// The folder of a server. It is short, because a socket's path may have a hundred bytes, and no test
/// run of another user or another checkout has the same.
fn folder(more: &str) -> PathBuf {
    let (user, group) = owner();
    let mut hasher = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut hasher);
    let name = format!("gerai-postgres-{user}-{:08x}{more}", hasher.finish() & 0xffff_ffff);
    let folder = std::env::temp_dir().join(name);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            panic!("{}: {error}", folder.display())
        }
        Ok(()) | Err(_) => {}
    }
    let is = fs::symlink_metadata(&folder).expect("the folder is there");
    let is_ours = is.uid() == user.as_raw() || is.uid() == nix::unistd::geteuid().as_raw();
    assert!(is.is_dir() && is_ours, "{} belongs to somebody else", folder.display());
    // By whoever made it, or by us where that one has not come to it yet.
    chown(&folder, Some(user.as_raw()), Some(group.as_raw())).expect("a folder of the server");
    folder
}

fn lock_file(folder: &Path, name: &str) -> File {
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // What looks after the server is the server's user too.
    let (user, group) = owner();
    chown(&path, Some(user.as_raw()), Some(group.as_raw())).expect("a file of the server");
    file
}

/// Whether a server listens there.
fn answers(folder: &Path) -> bool {
    UnixStream::connect(folder.join(format!(".s.PGSQL.{PORT}"))).is_ok()
}

/// Ends a server that a killed run left behind, if it is really there: its number may be another
/// process's by now.
fn end_leftover(folder: &Path) {
    let data = folder.join("data");
    let process = fs::read_to_string(data.join("postmaster.pid")).ok();
    let process =
        process.as_deref().and_then(|text| text.lines().next()?.trim().parse::<u32>().ok());
    let is_it = process.is_some_and(|process| {
        fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|cwd| cwd == data)
    });
    if is_it {
        drop(output(command("pg_ctl", folder).args([
            "stop",
            "-w",
            "-m",
            "immediate",
            "-D",
            "data",
        ])));
    }
    drop(fs::remove_dir_all(&data));
}

/// Makes a server's files.
fn make(folder: &Path, settings: &str, files: &[(&str, &[u8])]) {
    run(command("initdb", folder)
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .args(["--pgdata", "data"]));
    let data = folder.join("data");
    for (name, bytes) in files {
        let path = data.join(name);
        fs::write(&path, bytes).expect("a file of the server");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("for it alone");
        let (user, group) = owner();
        chown(&path, Some(user.as_raw()), Some(group.as_raw())).expect("of its own");
    }
    let mut options = OpenOptions::new();
    let mut conf = options.append(true).open(data.join("postgresql.conf")).expect("its settings");
    let socket = format!("unix_socket_directories = '{}'\n", folder.display());
    for text in [socket.as_str(), SETTINGS, settings] {
        conf.write_all(text.as_bytes()).expect("its settings");
    }
}

/// Starts a server, and waits until it answers.
fn start_in(folder: &Path) {
    let mut start = command("pg_ctl", folder);
    start.args(["start", "--wait", "--silent", "--timeout=120", "-D", "data", "-l", "data/log"]);
    // Whoever waits for this test's output must not wait for the server's.
    let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_up = status.is_ok_and(|status| status.success());
    let log = || fs::read_to_string(folder.join("data/log")).unwrap_or_default();
    assert!(is_up, "the server does not start: {}", log());
}

/// Says that this process uses the server, and that somebody looks after it.
fn joined(folder: &Path, linger: u32) -> File {
    let uses = lock_file(folder, "users.lock");
    uses.lock_shared().expect("a lock");
    if lock_file(folder, "watch.lock").try_lock().is_ok() {
        command("sh", folder)
            .args(["-c", include_str!("watch.sh"), "gerai-postgres-watch"])
            .arg(folder)
            .arg(pg_ctl())
            .arg(linger.to_string())
            // Whoever ends this test's group must not end what tidies up after it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("sh is there");
    }
    uses
}
