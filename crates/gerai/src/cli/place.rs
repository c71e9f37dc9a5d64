//! Which data a command is about.

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use domain::time::Timestamp;
use gateway::{
    admin::{AdminCommand, AdminReply, lookup::Lookup},
    clock::Clock,
};
use storage::{Directory, Engine, Place, Reader, postgres::Deadlines};

use super::approve;
use crate::{
    bootstrap,
    config::Config,
    control::{self, Act, Answer, Ask},
    sandbox::ahead,
};

/// Which data, and for whom the output is.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// The data folder [default: ./gerai-data, or what the configuration says]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration of the server whose data it is
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON, for machines
    #[arg(long)]
    pub(crate) json: bool,
}

/// A data folder, and the configuration that goes with it.
#[derive(Debug)]
pub(crate) struct Located {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The configuration.
    pub(crate) config: Config,
    /// Whether a configuration was named: then a folder without data is no slip of the fingers.
    is_configured: bool,
}

impl Where {
    /// Reads the configuration, and settles where the data is.
    pub(crate) fn locate(&self) -> anyhow::Result<Located> {
        let mut config = Config::load(self.config.as_deref())?;
        let folder = self.data.clone().unwrap_or_else(|| config.data.clone());
        config.data.clone_from(&folder);
        Ok(Located { folder, config, is_configured: self.config.is_some() })
    }
}

impl Located {
    /// The rows, to be read only.
    pub(crate) fn reader(&self) -> anyhow::Result<Reader> {
        Ok(Engine::open_reader(&self.place())?)
    }

    /// The keys that lead from a payment's id or code to its row, and open personal data.
    pub(crate) fn lookup(&self, rows: &Directory) -> anyhow::Result<Lookup> {
        let vault = bootstrap::vault_for_reading(&self.place(), &self.config)?;
        Ok(Lookup::new(rows, vault)?)
    }

    /// Where the rows are. A command may take its time, unlike a gateway in front of which others wait.
    pub(crate) fn place(&self) -> Place {
        match self.config.place() {
            place @ (Place::Folder(_) | Place::Memory(_)) => place,
            Place::Postgres(place) => {
                let deadlines = Deadlines {
                    statement: Duration::ZERO,
                    idle_in_transaction: Duration::ZERO,
                    ..Deadlines::default()
                };
                Place::Postgres(place.with_deadlines(deadlines))
            }
        }
    }

    /// Has a command carried out that one person may give.
    pub(crate) fn admin(&self, command: AdminCommand) -> anyhow::Result<AdminReply> {
        match self.ask(Ask::act(Act::Admin(Box::new(command))))? {
            Answer::Done(reply) => Ok(reply),
            Answer::Waits(proposal) => bail!(
                "nothing is changed yet: it waits for a second person as proposal {}",
                proposal.no
            ),
            Answer::Redelivered(_)
            | Answer::Clock(_)
            | Answer::Proposals(_)
            | Answer::CarriedOut { .. } => {
                bail!("the gateway answers in a way not known")
            }
        }
    }

    /// Has something carried out for which production may ask a second person (rule 20). None where
    /// it waits for one, which is printed.
    pub(crate) fn guarded(
        &self,
        act: Act,
        reason: Option<String>,
        json: bool,
    ) -> anyhow::Result<Option<AdminReply>> {
        match self.ask(Ask::Act { act, reason })? {
            Answer::Done(reply) => Ok(Some(reply)),
            Answer::Waits(proposal) => approve::waits(proposal, json).map(|()| None),
            Answer::Redelivered(_)
            | Answer::Clock(_)
            | Answer::Proposals(_)
            | Answer::CarriedOut { .. } => {
                bail!("the gateway answers in a way not known")
            }
        }
    }

    /// Refuses what is about SQLite's files alone; `instead` is what PostgreSQL has for it.
    pub(crate) fn in_sqlite(&self, instead: &str) -> anyhow::Result<()> {
        match self.config.place() {
            Place::Folder(_) | Place::Memory(_) => Ok(()),
            Place::Postgres(place) => bail!("the rows are in {}: {instead}", place.shown()),
        }
    }

    /// Now, as it is in this data: a sandbox's clock may be ahead.
    pub(crate) fn now(&self) -> Timestamp {
        let clock = Clock::system();
        clock.begin_ahead(ahead::read(&self.folder).unwrap_or_default());
        clock.now()
    }

    /// Asks the gateway.
    pub(crate) fn ask(&self, ask: Ask) -> anyhow::Result<Answer> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let call = control::call(&self.folder, &self.config, self.is_configured, ask);
        runtime.block_on(call)
    }
}

/// Now in the world outside, which keys follow that retire (rule 43), and whoever names a file.
pub(crate) fn real_now() -> Timestamp {
    Clock::system().real_now()
}
