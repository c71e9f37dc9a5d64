//! PostgreSQL's programs, and the user that may run them.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use nix::unistd::{Gid, Uid, User, geteuid};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The program of the newest version that is installed; its bare name, to be found in the path, where
/// Debian's folder is not there.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let path = entry.path().join("bin").join(name);
        path.is_file().then_some((number, path))
    });
    numbered.max().map_or_else(|| PathBuf::from(name), |(_, path)| path)
}

/// Who the server runs as. PostgreSQL refuses to run as root.
pub(crate) fn owner() -> (Uid, Gid) {
    let us = geteuid();
    if !us.is_root() {
        return (us, nix::unistd::getegid());
    }
    let known = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok()?);
    let user = known.expect("there is neither a user postgres nor a user nobody");
    (user.uid, user.gid)
}

/// A program of PostgreSQL, as the server's user, in a folder that this user may enter.
pub(crate) fn command(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(program(name));
    command.current_dir(folder);
    if geteuid().is_root() {
        let (user, group) = owner();
        command.uid(user.as_raw()).gid(group.as_raw());
    }
    command
}

/// What a program printed.
///
/// # Panics
///
/// Where it is not installed, or says no.
pub(crate) fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a program printed, and how it ended.
pub(crate) fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        panic!(
            "PostgreSQL's programs are missing ({command:?}: {error}); `make deps` installs them, or \
             `apt-get install postgresql`"
        )
    })
}

/// Where `pg_ctl` is, for a program that is not ours.
pub(crate) fn pg_ctl() -> PathBuf {
    program("pg_ctl")
}
