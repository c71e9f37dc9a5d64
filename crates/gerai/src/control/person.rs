//! Who gives a command: the user of the operating system, as its kernel knows it. Nothing that the
//! caller says changes that.

use anyhow::Context;
use nix::unistd::{Group, Uid, User};
use storage::Person;
use tokio::net::UnixStream;

/// Whoever is at the other end. Two persons are two users: who becomes root with `sudo` is root.
pub(super) async fn at_the_other_end(stream: &UnixStream) -> std::io::Result<Person> {
    let uid = stream.peer_cred()?.uid();
    // Users may be kept in a directory on the network.
    tokio::task::spawn_blocking(move || named(uid)).await.map_err(std::io::Error::other)
}

/// Whoever runs this process.
pub(super) fn own() -> Person {
    named(Uid::effective().as_raw())
}

/// A user with its name; one that has none is called by its number.
fn named(uid: u32) -> Person {
    let found = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    Person { uid, name: found.map_or_else(|| "nobody known".to_owned(), |user| user.name) }
}

/// The number of a group.
pub(super) fn group(name: &str) -> anyhow::Result<u32> {
    let found =
        Group::from_name(name).with_context(|| format!("cannot look up the group {name}"))?;
    let group = found.with_context(|| {
        format!("operators_group names the group {name}, which this machine does not know")
    })?;
    Ok(group.gid.as_raw())
}
