//! Commands that change something, from another process of the same machine.
//!
//! A running gateway listens on `gerai.sock` in its data folder, which only its owner can reach
//! (mode 0600). A caller sends one line of JSON and gets one line of JSON back. Where no gateway
//! runs, [`call`] takes the folder's lock and runs the pipeline itself for that one command.

mod office;

mod socket;

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use gateway::{
    Environment,
    admin::{AdminCommand, AdminReply},
    clock::Clock,
};
use serde::{Deserialize, Serialize};
use storage::{StorageError, sqlite::Place};

pub(crate) use office::Office;
pub(crate) use socket::Socket;

use crate::{bootstrap, config::Config};

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Something of the gateway's own.
    Admin(Box<AdminCommand>),
    /// Another master key.
    RotateMasterKey,
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is done and durable.
    Ok(AdminReply),
    /// Nothing was changed, and why.
    Error(String),
}

/// Has `ask` carried out by the gateway that runs on `folder`, or by one that runs for this command
/// only.
///
/// A folder without a database is refused, unless `may_create`: then production begins in it.
pub(crate) async fn call(
    folder: &Path,
    config: &Config,
    may_create: bool,
    ask: Ask,
) -> anyhow::Result<AdminReply> {
    if let Some(answer) = socket::ask(folder, &ask).await? {
        return said(answer);
    }
    let place = Place::Folder(folder.to_owned());
    let environment = match bootstrap::environment_of(&place, config) {
        Ok(environment) => environment,
        Err(error) => match error.downcast_ref::<StorageError>() {
            Some(StorageError::Missing(_)) if may_create => Environment::Production,
            Some(_) | None => return Err(error),
        },
    };
    let started = match bootstrap::start(&place, config, environment, Clock::system()) {
        Ok(started) => started,
        Err(error) => match error.downcast_ref::<StorageError>() {
            // It may have started, or stopped listening, between the two looks.
            Some(StorageError::InUse(_)) => match socket::ask(folder, &ask).await? {
                Some(answer) => return said(answer),
                None => bail!(
                    "{} is in use by another gerai that does not answer; it may be starting or \
                     stopping: try again",
                    folder.display()
                ),
            },
            Some(_) | None => return Err(error),
        },
    };
    let bootstrap::Started { gateway, committer, keeper, .. } = started;
    let office = Office::new(gateway.clone(), keeper, Some(folder.to_owned()));
    let committer = std::thread::Builder::new()
        .name("committer".to_owned())
        .spawn(move || committer.run())
        .context("cannot start the committer")?;
    let answer = office.answer(ask).await;
    gateway.stop();
    let ended = tokio::task::spawn_blocking(move || committer.join()).await?;
    ended.map_err(|_| anyhow!("the committer panicked"))??;
    said(answer)
}

fn said(answer: Answer) -> anyhow::Result<AdminReply> {
    match answer {
        Answer::Ok(reply) => Ok(reply),
        Answer::Error(why) => Err(anyhow!(why)),
    }
}
