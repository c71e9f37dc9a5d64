//! A PostgreSQL of the run's own, on the disk that is to be measured, as careful as a shop's.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write as _,
    os::unix::{
        fs::{DirBuilderExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, anyhow, bail};
use nix::unistd::{User, geteuid};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// What a shop's server would be told: nothing is confirmed before it is on the disk, and the log may
/// grow until checkpoints are apart.
const SETTINGS: &str = "\
    listen_addresses = ''\n\
    fsync = on\n\
    full_page_writes = on\n\
    synchronous_commit = on\n\
    max_connections = 200\n\
    shared_buffers = '512MB'\n\
    max_wal_size = '4GB'\n\
    timezone = 'UTC'\n";

/// A program of PostgreSQL: the newest version's that is installed, or the one in the path.
pub(super) fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let path = entry.path().join("bin").join(name);
        path.is_file().then_some((number, path))
    });
    numbered.max().map_or_else(|| PathBuf::from(name), |(_, path)| path)
}

/// Runs a program to its end, which must be a good one; what it printed.
pub(super) fn run(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {name}; Debian has it in the package postgresql"))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    bail!("{name} failed: {}", said.lines().next_back().unwrap_or("it said nothing"))
}

/// A server; it ends, and its files go, when this is dropped.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Its files.
    folder: PathBuf,
    /// Its socket, in a folder whose name is short.
    socket: PathBuf,
}

impl Cluster {
    /// A new one, with its files in `parent`.
    pub(super) fn start(parent: &Path) -> anyhow::Result<Self> {
        let name = format!("gerai-bench-{}", std::process::id());
        let cluster =
            Self { folder: parent.join("postgres"), socket: std::env::temp_dir().join(name) };
        for folder in [&cluster.folder, &cluster.socket] {
            DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            if let Some((user, group)) = owner()? {
                chown(folder, Some(user), Some(group))?;
            }
        }
        run(cluster
            .command("initdb")?
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .arg("--pgdata")
            .arg(cluster.data()))?;
        let conf = cluster.data().join("postgresql.conf");
        let mut conf = OpenOptions::new().append(true).open(conf)?;
        let socket = cluster.socket.display();
        write!(conf, "unix_socket_directories = '{socket}'\n{SETTINGS}")?;
        // Its output goes to its own log: whoever reads ours must not wait for it.
        let mut start = cluster.command("pg_ctl")?;
        start.args(["start", "--wait", "--silent", "--timeout=60", "-D"]).arg(cluster.data());
        start.arg("-l").arg(cluster.folder.join("log"));
        let status =
            start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if status.is_ok_and(|status| status.success()) {
            return Ok(cluster);
        }
        let log = fs::read_to_string(cluster.folder.join("log")).unwrap_or_default();
        Err(anyhow!("PostgreSQL does not start: {}", log.lines().next_back().unwrap_or("no log")))
    }

    /// How its only database is reached.
    pub(super) fn url(&self) -> String {
        let folder = self.socket.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A program, as who may run a server: PostgreSQL refuses root.
    fn command(&self, name: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(program(name));
        command.current_dir(&self.folder);
        if let Some((user, group)) = owner()? {
            command.uid(user).gid(group);
        }
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What cannot be ended or removed is left to the person who began it.
        if let Ok(mut stop) = self.command("pg_ctl") {
            stop.args(["stop", "--wait", "--silent", "--mode=immediate", "-D"]).arg(self.data());
            drop(stop.stdout(Stdio::null()).stderr(Stdio::null()).status());
        }
        drop(fs::remove_dir_all(&self.socket));
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Who the server runs as, where that is not who we are.
fn owner() -> anyhow::Result<Option<(u32, u32)>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let known = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok()?);
    let user =
        known.ok_or_else(|| anyhow!("there is neither a user postgres nor a user nobody"))?;
    Ok(Some((user.uid.as_raw(), user.gid.as_raw())))
}
