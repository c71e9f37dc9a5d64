//! Commands that change something, from another process of the same machine.
//!
//! A running gateway listens on `gerai.sock` in its data folder, which only its owner can reach
//! (mode 0600), or the members of a group too (`operators_group`). A caller sends one line of JSON and gets one line of JSON back. Where no gateway
//! runs, [`call`] takes the folder's lock and runs the pipeline itself for that one command.

mod approve;

mod office;

mod person;

mod redeliver;

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
use storage::{Place, StorageError};

pub(crate) use approve::Proposal;
pub(crate) use office::Office;
pub(crate) use redeliver::{REDELIVER_MAX, Redeliver, Redelivered};
pub(crate) use socket::Socket;

use crate::{bootstrap, config::Config, reconcile::Order, sandbox::travel};

/// What can be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// Something of the gateway's own.
    Admin(Box<AdminCommand>),
    /// A retailer's day is posted.
    Reconcile(Box<Order>),
    /// Another master key.
    RotateMasterKey,
}

/// What can be asked. Who asks is not in it: that is what the operating system says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    /// That something is done; where it needs a second person, that it is proposed.
    Act {
        /// What.
        act: Act,
        /// Why; needed where a second person is.
        reason: Option<String>,
    },
    /// That notifications are sent again.
    Redeliver(Redeliver),
    /// What time it is in a sandbox, and before that, that its clock is moved.
    Clock(Option<travel::Wish>),
    /// What is proposed.
    Proposals {
        /// What was decided, too.
        all: bool,
    },
    /// One proposal.
    Proposal {
        /// Its number.
        no: i64,
    },
    /// That a proposal is approved and carried out.
    Approve {
        /// Its number.
        no: i64,
    },
    /// That a proposal is rejected.
    Reject {
        /// Its number.
        no: i64,
        /// Why.
        why: String,
    },
}

impl Ask {
    /// That this is done, by somebody who gives no reason.
    pub(crate) fn act(act: Act) -> Self {
        Self::Act { act, reason: None }
    }
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is done and durable.
    Done(AdminReply),
    /// Notifications are sent again, or not.
    Redelivered(Redelivered),
    /// What time it is in a sandbox.
    Clock(travel::Told),
    /// Nothing is done yet: it waits for a second person.
    Waits(Proposal),
    /// Proposals that were asked for, or the one that was rejected.
    Proposals(Vec<Proposal>),
    /// What was proposed is done and durable.
    CarriedOut {
        /// What.
        act: Act,
        /// What it came to.
        reply: AdminReply,
    },
}

/// What is said to a caller.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// An answer.
    Answer(Box<Answer>),
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
) -> anyhow::Result<Answer> {
    if let Some(answer) = socket::ask(folder, &ask).await? {
        return heard(answer);
    }
    let place = match config.place() {
        Place::Folder(_) | Place::Memory(_) => Place::Folder(folder.to_owned()),
        place @ Place::Postgres(_) => place,
    };
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
                Some(answer) => return heard(answer),
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
    let office = Office::new(gateway.clone(), keeper, Some(folder.to_owned()), config.approvals)
        .with_profiles(config.profiles.clone())
        .with_rows(place);
    let committer = std::thread::Builder::new()
        .name("committer".to_owned())
        .spawn(move || committer.run())
        .context("cannot start the committer")?;
    let answer = office.answer(ask, person::own()).await;
    gateway.stop();
    let ended = tokio::task::spawn_blocking(move || committer.join()).await?;
    ended.map_err(|_| anyhow!("the committer panicked"))??;
    answer
}

fn heard(said: Said) -> anyhow::Result<Answer> {
    match said {
        Said::Answer(answer) => Ok(*answer),
        Said::Error(why) => Err(anyhow!(why)),
    }
}
